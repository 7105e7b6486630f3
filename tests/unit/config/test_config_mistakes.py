# ruff: noqa: E501 - tables of mistakes, a line each
"""Every mistake in a pipeline file is told at once: where, what, and the nearest thing that would do."""

from __future__ import annotations

from pathlib import Path

import pytest

from loadstone.config.pipeline_file import check_pipeline, parse_pipeline, read_pipeline
from loadstone.config.problem import InvalidPipeline
from loadstone.errors import ConfigurationError
from loadstone.model.pipeline import Dataset, Pipeline


def mistakes(text: str) -> list[tuple[str, str, str | None]]:
    with pytest.raises(InvalidPipeline) as raised:
        parse_pipeline(text, "p.yaml", {})
    return [(one.where("p.yaml"), one.what, one.hint) for one in raised.value.problems]


def dataset_mistakes(text: str) -> list[tuple[str, str | None]]:
    """Of the dataset `d` with these lines, the path shortened."""
    indented = "\n".join("    " + line for line in text.strip().splitlines())
    found = mistakes(f"datasets:\n  d:\n    files: x.csv\n{indented}\n")
    return [(what.removeprefix("datasets.d."), hint) for _, what, hint in found]


def test_all_mistakes_are_reported_together_in_the_order_of_the_file() -> None:
    text = """\
source: data
datasets:
  car_data:
    files: telemetry/*.csv
    colums: {a: {type: text}}
    mode: merg
    columns:
      odometer_km: {typ: integer}
      device_id: {max_length: ten}
      "a.b": integer
  b:
    table: x
"""
    assert mistakes(text) == [
        ("p.yaml:5:5", "datasets.car_data.colums: unknown key", "did you mean columns?"),
        (
            "p.yaml:6:11",
            "datasets.car_data.mode: 'merg' is none of append, merge, replace",
            "did you mean merge?",
        ),
        ("p.yaml:8:21", "datasets.car_data.columns.odometer_km.typ: unknown key", "did you mean type?"),
        (
            "p.yaml:9:31",
            "datasets.car_data.columns.device_id.max_length: 'ten' is not a whole number",
            None,
        ),
        (
            "p.yaml:10:14",
            "datasets.car_data.columns.\"a.b\": 'integer' is not a mapping of keys to values",
            "write a.b: {type: integer}",
        ),
        ("p.yaml:11:3", "datasets.b.files: is missing", 'write files: ["folder/*.csv"]'),
    ]


def test_one_mistake_is_the_error_itself_and_several_are_listed_in_it() -> None:
    with pytest.raises(ConfigurationError) as raised:
        parse_pipeline("nam: x", "p.yaml", {})
    assert (str(raised.value), raised.value.hint) == ("p.yaml:1:1: nam: unknown key", "did you mean name?")
    with pytest.raises(ConfigurationError, match="2 mistakes") as raised:
        parse_pipeline("nam: x\nsorce: y", "p.yaml", {})
    assert "p.yaml:2:1: sorce: unknown key\n    hint: did you mean source?" in str(raised.value)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("mode: merge", "mode: merge needs a key"),
        ("order_by: x", "order_by goes with mode: merge"),
        ("on_overwrite: sometimes", "'sometimes' is none of replace_rows, append, ignore, upsert"),
        ("reject_limit: 10 percent", "'10 percent' is neither a count (25) nor a share (10%)"),
        ("columns: {c: {type: 'no such('}}", "'no such(' is not the name of a PostgreSQL type"),
        ("columns: {c: {otherwise: maybe}}", "'maybe': otherwise takes reject, null, or {set: VALUE}"),
        ("columns: {c: {otherwise: {put: 1}}}", "otherwise takes reject, null, or {set: VALUE}"),
        ("columns: {c: {range: [1, 2, 3]}}", "is too long: it takes 2 values"),
        ("columns: {c: {required: maybe}}", "'maybe' is neither true nor false"),
        ("format: {escape: ';;'}", "';;' is too long: it takes one character"),
        ("format: {skip_lines: -1}", "-1 is less than 0"),
        ("partition_by: {hash: [a]}", "partition_by hash takes `partitions: N`, a positive number"),
        ("indexes: [a, [b, {c: d}]]", "is not text"),
        ("key: {a: b}", "is not a list"),
    ],
)
def test_what_is_wrong_is_said_in_words_of_the_file(line: str, what: str) -> None:
    found = dataset_mistakes(line)
    assert len(found) == 1
    assert what in found[0][0]


@pytest.mark.parametrize(
    ("lines", "path", "what", "hint"),
    [
        ("columns: {c: {pattern: '('}}", "columns.c.pattern", "is not a regular expression", None),
        ("columns: {c: {timezone: Mars/Base}}", "columns.c.timezone", "is not a time zone", "IANA"),
        ("columns: {c: {type: integer, range: [5, 1]}}", "columns.c.range", "5 is more than 1", "smaller"),
        ("columns: {c: {type: integer, range: [a, b]}}", "columns.c.range", "'a' is not a value of type int", "deci"),
        ("columns: {c: {type: integer, range: ['1_0', 20]}}", "columns.c.range", "'1_0' is not a value", "deci"),
        ("columns: {c: {type: date, range: [2024-02-30, null]}}", "columns.c.range", "is not a value of", "dates"),
        ("columns: {c: {type: timestamptz, range: [2025-01-01, 2024-01-01]}}", "columns.c.range", "more than", ""),
        ("columns: {c: {type: text, range: [1, 2]}}", "columns.c.range", "text has no range", "numeric"),
        ("columns: {c: {otherwise: null}}", "columns.c.otherwise", "there is no rule", "range, values"),
        ("columns: {c: {values: []}}", "columns.c.values", "no value is allowed", "list"),
        ("columns: {a: {rename: x}, b: {rename: x}}", "columns.b", "2 columns would be called 'x'", "rename"),
        ("columns: {Unit Price: {}, unit_price: {}}", "columns.unit_price", "'unit_price' in the table", "rename"),
        ("columns: {a: {rename: _row}}", "columns.a", "name of a lineage column", "lineage off"),
        ("columns: {a: {split: [x, y]}, b: {split: [y]}}", "columns.b.split", "a part of 'a', too", "own"),
        ("columns: {a: {split: [x]}, x: {constant: 1}}", "columns.a.split", "column of its own kind", None),
        ("columns: {a: {split: [x], rename: b}}", "columns.a.rename", "no name of its own", "parts"),
        ("contract: freeze\nkey: [device]\ncolumns: {device_id: {}}", "key[0]", "no column", "device_id"),
        ("key: [Model]\ncolumns: {Model: {}}", "key[0]", "is called 'model' in the table", "model"),
        ("key: [a]\ncolumns: {a: {split: [x, y]}}", "key[0]", "'a' is split: the table has x, y", None),
        ("key: [a, a]", "key", "'a' is there 2 times", None),
        ("partition_by: {range: [d], partitions: {p: 5}}", "partition_by.partitions.p", "two bounds", "from, to"),
        ("columns: {c: {required: true, values: [a], otherwise: null}}", "columns.c.otherwise", "contradicts", "set"),
    ],
)  # fmt: skip
def test_contradictions_are_found_before_any_file_is_read(
    lines: str, path: str, what: str, hint: str | None
) -> None:
    (found,) = dataset_mistakes(lines)
    assert found[0].startswith(f"{path}: ")
    assert what in found[0]
    assert (hint or "") in (found[1] or "")


@pytest.mark.parametrize(
    "lines",
    [
        "columns: {c: {range: [0, null]}}",
        "columns: {c: {type: numeric, range: [0.5, 1e3]}}",
        "columns: {c: {type: interval, range: [1 day, 2 days]}}",
        "columns: {c: {type: double precision, range: [-Infinity, 0]}}",
        "columns: {location: {split: [city, country]}, city: {type: text, required: true}}",
        "mode: merge\nkey: [somewhere]\norder_by: later",
        "contract: freeze\nmode: merge\nkey: [unit_price]\ncolumns: {Unit Price: {}}",
        "indexes: [_load_id]\ncontract: freeze\ncolumns: {a: {}}",
        "partition_by: {range: [d], partitions: {p: [2024-01-01, 2025-01-01], rest: default}}",
        "partition_by: {list: [d], partitions: {p: [NO, 001]}}",
    ],
)
def test_what_can_be_right_is_let_through(lines: str) -> None:
    indented = "\n".join("    " + line for line in lines.splitlines())
    assert parse_pipeline(f"datasets:\n  d:\n    files: x\n{indented}", "p.yaml", {}).datasets["d"]


def test_partition_values_stay_text() -> None:
    text = "datasets: {d: {files: x, partition_by: {list: [d], partitions: {p: [NO, 001]}}}}"
    partition_by = parse_pipeline(text, "p.yaml", {}).datasets["d"].partition_by
    assert partition_by is not None
    assert partition_by.partitions == {"p": ["NO", "001"]}


def test_two_datasets_may_share_a_table_only_if_they_agree() -> None:
    text = "datasets:\n  a: {files: a, table: t}\n  b: {files: b, table: public.t, mode: merge, key: id}\n"
    ((where, what, _),) = mistakes(text)
    assert (where, what) == (
        "p.yaml:3:24",
        "datasets.b.table: the dataset 'a' loads public.t with another mode or key",
    )
    assert parse_pipeline(text.replace(", mode: merge, key: id", ""), "p.yaml", {})


def test_a_replaced_table_belongs_to_one_dataset() -> None:
    text = "datasets:\n  a: {files: a, table: t, mode: replace}\n  b: {files: b, table: t, mode: replace}\n"
    assert "mode: replace empties it" in mistakes(text)[0][1]


def test_a_pipeline_written_in_code_is_checked_the_same_way() -> None:
    dataset = Dataset.from_dict({"files": "x", "key": "a", "columns": {"a": {"rename": "b"}}})
    with pytest.raises(InvalidPipeline, match=r"datasets\.d\.key\[0\]: 'a' is called 'b' in the table"):
        check_pipeline(Pipeline(datasets={"d": dataset}))
    check_pipeline(Pipeline())


def test_a_file_that_cannot_be_read_is_a_configuration_error(tmp_path: Path) -> None:
    for path, what in [
        (tmp_path / "missing.yaml", "there is no such file"),
        (tmp_path, "is a directory"),
        (tmp_path / "latin.yaml", "not UTF-8 text: byte 7"),
    ]:
        (tmp_path / "latin.yaml").write_bytes("name: \xe9".encode("latin-1"))
        with pytest.raises(ConfigurationError, match=what):
            read_pipeline(path, {})


def test_a_relative_source_lies_beside_the_file(tmp_path: Path) -> None:
    file = tmp_path / "pipeline.yaml"
    for written, read in [("data", str(tmp_path / "data")), ("/abs", "/abs"), ("s3://b/p", "s3://b/p")]:
        file.write_text(f"source: {written}", encoding="utf-8-sig")
        assert read_pipeline(file, {}).source == read
