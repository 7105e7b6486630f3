from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import loadstone.codec
from loadstone.codec import _COMPILED_TOGETHER as COMPILED_TOGETHER
from loadstone.codec import codes, tokens

FOLDER = Path(loadstone.codec.__file__).parent


def test_every_module_with_c_declarations_is_compiled() -> None:
    declared = {path.stem for path in FOLDER.glob("*.pxd")} - {"words"}  # C functions of its own, no module
    assert declared <= set(COMPILED_TOGETHER)
    assert all((FOLDER / f"{name}.py").exists() for name in COMPILED_TOGETHER)


def test_each_compiled_module_comes_after_those_that_it_imports() -> None:
    for position, name in enumerate(COMPILED_TOGETHER):
        imported = re.findall(
            r"^from loadstone\.codec\.(\w+) import", (FOLDER / f"{name}.py").read_text(), re.MULTILINE
        )
        assert set(imported).isdisjoint(COMPILED_TOGETHER[position:]), name


def test_every_code_has_a_name_of_its_own_and_a_sentence() -> None:
    numbers = {value for name, value in vars(codes).items() if name.isupper() and isinstance(value, int)}
    assert numbers == set(codes.CODES)
    names = [code.name for code in codes.CODES.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)
    assert not any(code.sentence.endswith(".") for code in codes.CODES.values())


def test_the_environment_can_ask_for_the_source_even_where_it_is_compiled() -> None:
    program = "import loadstone.codec.delimited as d; print(loadstone.codec.COMPILED, d.__file__)"
    printed = subprocess.run(
        [sys.executable, "-c", f"import loadstone.codec; {program}"],
        env=os.environ | {"LOADSTONE_CODEC": "python", "PYTHONPATH": str(FOLDER.parents[1])},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert printed.split() == ["False", str(FOLDER / "delimited.py")]


def test_the_codec_is_compiled_exactly_where_its_modules_are() -> None:
    assert (not str(tokens.__file__).endswith(".py")) == loadstone.codec.COMPILED
