"""The committed templates are what the code makes, and pass AWS's own rules for them."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import NoReturn

import pytest

from loadstone.deploy.committed import STACKS, template_path, template_text
from loadstone.deploy.infrastructure import synthesize

LeaveOut = Callable[[str], NoReturn]


@pytest.fixture
def cdk(leave_out: LeaveOut) -> None:
    wanted = ("aws_cdk", "cdk_nag")
    if missing := [name for name in wanted if importlib.util.find_spec(name) is None]:
        leave_out(f"making the templates: {', '.join(missing)} is not installed (pip install '.[infra]')")
    if shutil.which("node") is None:
        leave_out("making the templates: node is not installed")


@pytest.mark.usefixtures("cdk")
def test_the_committed_templates_are_what_the_code_makes_and_cdk_nag_finds_nothing() -> None:
    made = synthesize(with_checks=True)
    assert set(made) == set(STACKS)
    for stack, text in made.items():
        assert text == template_text(stack), f"{stack} differs: make templates"


def test_cfn_lint_finds_nothing(leave_out: LeaveOut) -> None:
    if importlib.util.find_spec("cfnlint") is None:
        leave_out("cfn-lint, which is not installed (pip install '.[infra]')")
    program = [sys.executable, "-c", "import sys; from cfnlint.runner import main; sys.exit(main())"]
    files = [str(template_path(stack)) for stack in STACKS]
    done = subprocess.run([*program, *files], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
