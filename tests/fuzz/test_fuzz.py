"""Inputs that once broke something stay mended, and random ones break nothing: `make fuzz` searches for more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import loadstone
from fuzz.copyformat import Malformed, read_tuples
from fuzz.targets import TARGETS

FOLDER = Path(__file__).parent
SEEDS = FOLDER / "seeds"
PIECES = {
    "delimited": [b",", b";", b'"', b'""', b"\n", b"\r\n", b"\r", b"\\", b"1", b"-2.5", b"a", b"\xc3\xa4", b"\xff", b"\0"]
    + [b"{1,2}", b"2024-02-29", b"12:30", b"\\x00ff", b"10.0.0.1", b"[1,2]", b"NA", b"1,2,3\n", b'"a\nb",c\n'],
    "jsonlines": [b'{"c0": 1}\n', b'{"c1": ', b'"c0"', b": ", b", ", b"}", b"{", b"[", b"]", b"\n", b'"', b"\\u0000"]
    + [b"\\ud800", b"null", b"true", b"1.50", b"-1e5", b'"a"', b"\xc3\xa4", b"\xff", b"\0", b" ", b'{"c0": ["a", 1]}\n'],
}


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_that_once_broke_something_break_nothing(name: str) -> None:
    seeds = list((SEEDS / name).iterdir())
    assert seeds
    for path in seeds:
        TARGETS[name].run(path.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_the_bytes_are_the_front_end_keeps_its_promises(name: str) -> None:
    @settings(max_examples=150)
    @given(st.binary(min_size=4, max_size=4), st.lists(st.sampled_from(PIECES[name]), max_size=30))
    def run(options: bytes, pieces: list[bytes]) -> None:
        TARGETS[name].run(options + b"".join(pieces))

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_the_source_and_the_compiled_codec_make_the_same_of_every_seed(name: str) -> None:
    printed = set()
    for codec in ("python", ""):
        environment = os.environ | {"LOADSTONE_CODEC": codec, "PYTHONPATH": str(Path(loadstone.__file__).parents[1])}
        command = [sys.executable, str(FOLDER / "replay.py"), name, str(SEEDS / name)]
        printed.add(subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout)
    assert len(printed) == 1


@pytest.mark.parametrize(
    ("data", "types"),
    [
        (b"\x00\x02" + b"\xff" * 8, ["text"]),
        (b"\x00\x01\x00\x00\x00\x03abc", ["integer"]),
        (b"\x00\x01\x00\x00\x00\x09abc", ["text"]),
        (b"\x00\x01\x00\x00\x00\x01\x00", ["text"]),
    ],
    ids=["too many fields", "too short a value", "beyond the end", "a NUL"],
)
def test_broken_tuples_are_told_from_whole_ones(data: bytes, types: list[str]) -> None:
    with pytest.raises(Malformed):
        read_tuples(data, types)
