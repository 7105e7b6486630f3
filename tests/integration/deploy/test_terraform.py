"""The Terraform module: valid, tested with a mocked provider, and of the template's parameters."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from loadstone.deploy.parameters import template_parameters

MODULE = Path(__file__).resolve().parents[3] / "deploy" / "terraform"
PLUGIN_FOLDERS = ("/opt/tf-plugins", "/usr/share/terraform/plugins", "~/.terraform.d/plugins")


def in_terraforms_spelling(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def plugins() -> Path | None:
    """A folder that has the AWS provider: nothing is downloaded."""
    named = os.environ.get("LOADSTONE_TERRAFORM_PLUGINS")
    for folder in [named] if named else PLUGIN_FOLDERS:
        path = Path(folder).expanduser()
        if next(path.glob("**/terraform-provider-aws*"), None) is not None:
            return path
    return None


def test_the_module_takes_the_parameters_of_the_template() -> None:
    text = (MODULE / "variables.tf").read_text(encoding="utf-8")
    variables = set(re.findall(r'^variable "(\w+)"', text, re.MULTILINE))
    assert variables == {"name", *map(in_terraforms_spelling, template_parameters("pipeline"))}


def test_the_module_is_valid_and_its_own_tests_pass(
    tmp_path: Path, leave_out: Callable[[str], NoReturn]
) -> None:
    folder = plugins()
    if shutil.which("terraform") is None or folder is None:
        leave_out(
            "the Terraform module: terraform or its AWS provider is missing (LOADSTONE_TERRAFORM_PLUGINS)"
        )
    work = tmp_path / "module"
    shutil.copytree(MODULE, work, ignore=shutil.ignore_patterns(".terraform*"))
    for words in (
        ("init", "-input=false", f"-plugin-dir={folder}"),
        ("validate",),
        ("test",),
        ("fmt", "-check"),
    ):
        done = subprocess.run(
            ["terraform", words[0], *(() if words[0] == "fmt" else ("-no-color",)), *words[1:]],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, f"terraform {words[0]}\n{done.stdout}\n{done.stderr}"
