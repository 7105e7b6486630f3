from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import loadstone.codec
from loadstone.codec import codes, kinds, tokens

FOLDER = Path(loadstone.codec.__file__).parent


@pytest.mark.parametrize("module", [codes, kinds, tokens], ids=lambda module: module.__name__)
def test_compiled_code_and_python_use_the_same_numbers(module: object) -> None:
    declared = (FOLDER / f"{module.__name__.rpartition('.')[2]}.pxd").read_text()
    numbers = re.findall(r"^    ([A-Z][A-Z0-9_]+) = (\d+)$", declared, re.MULTILINE)
    assert numbers
    source = (FOLDER / f"{module.__name__.rpartition('.')[2]}.py").read_text()
    assert dict(numbers) == dict(re.findall(r"^(?:    )?([A-Z][A-Z0-9_]+) = (\d+)\b", source, re.MULTILINE))


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
