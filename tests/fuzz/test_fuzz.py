"""Inputs that once broke something are mended, random ones break nothing: `make fuzz` searches for more."""

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
MARKS = {
    "delimited": r',|;|"|""|\n|\r\n|\r|\\|1|-2.5|a|{1,2}|2024-02-29'
    r'|12:30|\\x00ff|10.0.0.1|[1,2]|NA|1,2,3\n|"a\nb",c\n',
    "json": r'{"c0": 1}|{"c1": |"c0"|: |, |,|}|{|[|]|\n|\n  |"|\\u0000|\\ud800|null|true'
    r'|1.50|-1e5|"a"| |{"c0": ["a", 1]}|{"c0": {"c1": "b"}}|{"c0": [\n|]}\n|[\n{|},\n{',
    "jsonlines": r'{"c0": 1}\n|{"c1": |"c0"|: |, |}|{|[|]|\n|"|\\u0000|\\ud800|null|true'
    r'|1.50|-1e5|"a"| |{"c0": ["a", 1]}\n',
    "workbook": r'<row r="2">|<row>|</row>|<row/>|<c r="A2"|<c r="B2" s="3"|<c r="E2"|<c| t="s"| t="str"'
    r'| t="b"| s="1"|>|/>|<v>|</v>|</v></c>|</c>|><v>0</v></c>|<f>1</f>|<is><t>|</t></is>|0|1|40513|60'
    r"|2.5499999999999998|1E-7|a|\x00|<si>|</si>|<si/>|<t>|</t>|<r>|</r>|<![CDATA[|]]>|&amp;|&#13;|\r|\n"
    r'|_x000D_|_x005F_|<!--a-->| |yyyy|<row r="2"><c r="A2"><v>1</v></c></row>|<si><t>b</t></si>'
    r'|<c r="C2" s="3"><v>40513.351388888892</v></c>',
    "columnar": r"\x01|\x02|\x03|\x05|\x07|\x0c|\x11|\x1f|\x21|\x22|\x80|\x00\x00\x00\x00|\xff\xff\xff\xff"
    r"|abc",
}
PIECES = {
    name: [
        *(mark.encode().decode("unicode_escape").encode() for mark in marks.split("|")),
        "ä".encode(),
        b"\xff",
        b"\0",
    ]
    for name, marks in MARKS.items()
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
        environment = os.environ | {
            "LOADSTONE_CODEC": codec,
            "PYTHONPATH": str(Path(loadstone.__file__).parents[1]),
        }
        command = [sys.executable, str(FOLDER / "replay.py"), name, str(SEEDS / name)]
        printed.add(
            subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
        )
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
