"""Zip archives with many files: each an object of its own in the ledger."""

from __future__ import annotations

import gzip
import io
import os
import struct
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from fixtures.bucket import Bucket
from fixtures.landing import Landing
from loadstone.errors import ObjectChanged, ObjectMissing, UsageError
from loadstone.model.load import LoadOutcome
from loadstone.model.pipeline import Pipeline
from loadstone.platform.decompression import RATIO_FLOOR
from loadstone.sources import open_source
from loadstone.wiring.orders import Selection
from loadstone.wiring.workspace import Workspace

DAY = "id,v\n{0},{0}\n"
ORDERS = {"files": "**/*.zip!/orders/*.csv", "table": "orders"}
CUSTOMERS = {"files": "**/*.zip!/**/customers*", "table": "customers"}


def zipped(members: Mapping[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def days(*numbers: int) -> dict[str, str]:
    return {f"{number}.csv": DAY.format(number) for number in numbers}


def load(landing: Landing, *uris: str, datasets: Mapping[str, object] | None = None) -> list[LoadOutcome]:
    pipeline = landing.pipeline
    if datasets is not None:
        pipeline = Pipeline.from_dict({"source": landing.source, "datasets": datasets})
    with Workspace(pipeline, landing.database_url) as workspace:
        return list(workspace.load([landing.uri(uri) for uri in uris]))


def told(outcomes: list[LoadOutcome], landing: Landing) -> list[tuple[str, str]]:
    root = landing.uri("")
    return [(one.uri.removeprefix(root).lstrip("/"), one.state) for one in outcomes]


def test_each_file_of_an_archive_is_an_object_of_the_ledger(landing: Landing) -> None:
    landing.put("in/day.zip", zipped({**days(1, 2), "deep/er/3.csv": DAY.format(3)}))
    outcomes = load(landing)
    assert told(outcomes, landing) == [
        ("in/day.zip!/1.csv", "loaded"),
        ("in/day.zip!/2.csv", "loaded"),
        ("in/day.zip!/deep/er/3.csv", "loaded"),
    ]
    assert landing.rows("id") == [(1,), (2,), (3,)]
    assert {(one.dialect or {})["compression"] for one in outcomes} == {"zip"}
    assert outcomes[0].bytes == len(DAY.format(1))
    keys = landing.query("SELECT key, size_bytes FROM loadstone.loads ORDER BY load_id")
    assert keys[-1] == ("in/day.zip!/deep/er/3.csv", len(DAY.format(3)))
    assert [state for _, state in told(load(landing), landing)] == ["skipped"] * 3
    assert landing.rows("id") == [(1,), (2,), (3,)]


def test_the_files_of_one_archive_go_to_the_datasets_that_name_them(landing: Landing) -> None:
    landing.put(
        "export.zip",
        zipped({"orders/1.csv": DAY.format(1), "customers.csv": "id\n7\n", "README.txt": "read me"}),
    )
    datasets = {"orders": ORDERS, "customers": CUSTOMERS}
    outcomes = load(landing, datasets=datasets)
    assert [(one.dataset, one.state) for one in outcomes] == [("customers", "loaded"), ("orders", "loaded")]
    assert landing.query("SELECT id FROM customers") == [(7,)]
    assert landing.rows("id") == [(1,)]
    (note,) = [note for one in outcomes for note in one.notes if "left out" in note]
    assert note.endswith("export.zip, no dataset matches: README.txt")
    named = load(landing, "export.zip", datasets=datasets)
    assert [one.state for one in named] == ["skipped", "skipped"]


def test_a_dataset_that_names_the_archive_gets_what_no_other_one_names(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put("export.zip", zipped({"orders/1.csv": DAY.format(1), "rest.csv": "id\n7\n"}))
    datasets = {"orders": ORDERS, "rest": {"files": "*.zip", "table": "rest"}}
    outcomes = load(landing, datasets=datasets)
    assert {one.dataset: one.uri.rpartition("!/")[2] for one in outcomes} == {
        "orders": "orders/1.csv",
        "rest": "rest.csv",
    }


def test_what_desktops_add_is_left_out_and_told(folder_landing: Landing) -> None:
    members = {"__MACOSX/._1.csv": b"\0", ".DS_Store": b"\0", "a/": b"", ".old.csv": "x\n", **days(1, 2)}
    folder_landing.put("day.zip", zipped(members))
    outcomes = load(folder_landing)
    assert [one.uri.rpartition("!/")[2] for one in outcomes] == ["1.csv", "2.csv"]
    notes = [note for one in outcomes for note in one.notes if "left out" in note]
    assert len(notes) == 1
    assert notes[0].endswith("added by a desktop: __MACOSX/._1.csv, .DS_Store, .old.csv")


def test_an_archive_with_one_file_keeps_the_key_of_the_archive(landing: Landing) -> None:
    landing.put("day.csv.zip", zipped(days(1)))
    assert told(load(landing), landing) == [("day.csv.zip", "loaded")]
    assert told(load(landing), landing) == [("day.csv.zip", "skipped")]
    assert landing.query("SELECT key FROM loadstone.loads") == [("day.csv.zip",)]


def test_a_pattern_into_an_archive_finds_its_only_file_too(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put("a.zip", zipped({"orders/1.csv": DAY.format(1)}))
    datasets = {"orders": ORDERS, "rest": {"files": "*.zip", "table": "rest"}}
    with pytest.raises(ObjectMissing, match="no file matches"):
        load(landing, datasets={"orders": {**ORDERS, "files": "*.zip!/nothing*"}})
    assert told(load(landing, datasets=datasets), landing) == [("a.zip!/orders/1.csv", "loaded")]
    assert told(load(landing, "a.zip", datasets=datasets), landing) == [("a.zip!/orders/1.csv", "skipped")]


def test_a_changed_archive_replaces_the_rows_of_each_file(landing: Landing) -> None:
    landing.put("day.zip", zipped(days(1, 2)))
    load(landing)
    landing.put("day.zip", zipped({"1.csv": DAY.format(10), "2.csv": DAY.format(2), "3.csv": DAY.format(3)}))
    states = [state for _, state in told(load(landing), landing)]
    # A folder's file whose content is as before keeps its load; a bucket's is loaded anew.
    assert states in (["loaded", "skipped", "loaded"], ["loaded", "loaded", "loaded"])
    assert landing.rows("id") == [(2,), (3,), (10,)]
    assert [state for _, state in told(load(landing), landing)] == ["skipped"] * 3


def test_an_archive_that_was_one_file_is_not_loaded_twice_when_it_grows(landing: Landing) -> None:
    landing.put("day.zip", zipped(days(1)))
    (first,) = load(landing)
    landing.put("day.zip", zipped(days(1, 2)))
    outcomes = load(landing)
    assert {(one.state, one.error_code) for one in outcomes} == {("failed", "loaded_as_one_file")}
    assert all(f"loadstone undo {first.load_id}" in (one.hint or "") for one in outcomes)
    assert landing.rows("id") == [(1,)]
    landing.undo(first.load_id)
    assert [one.state for one in load(landing)] == ["loaded", "loaded"]
    assert landing.rows("id") == [(1,), (2,)]


def test_a_file_that_its_archive_comes_to_hold_alone_keeps_its_key(landing: Landing) -> None:
    landing.put("day.zip", zipped(days(1, 2)))
    load(landing)
    landing.put("day.zip", zipped({"1.csv": DAY.format(10)}))
    assert told(load(landing), landing) == [("day.zip!/2.csv", "removed"), ("day.zip!/1.csv", "loaded")]
    assert landing.rows("id") == [(2,), (10,)]


GONE = [("day.zip!/2.csv", "removed"), ("day.zip!/1.csv", "loaded"), ("day.zip!/3.csv", "loaded")]


def changed(landing: Landing) -> list[LoadOutcome]:
    """An archive without the file 2.csv that it had before."""
    landing.put("day.zip", zipped(days(1, 2)))
    load(landing)
    landing.put("day.zip", zipped({"1.csv": DAY.format(10), "3.csv": DAY.format(3)}))
    return load(landing)


@pytest.mark.parametrize(
    ("options", "rows"),
    [({}, [(2,), (3,), (10,)]), ({"on_delete": "remove_rows"}, [(3,), (10,)])],
    ids=["keep", "remove_rows"],
)
def test_a_file_that_its_archive_no_longer_holds_counts_as_deleted(
    landing: Landing, options: dict[str, str], rows: list[tuple[int]]
) -> None:
    landing.options = {"files": "*.zip", **options}
    outcomes = changed(landing)
    assert told(outcomes, landing) == GONE
    assert outcomes[0].notes[0].endswith("day.zip no longer holds 2.csv, which counts as deleted")
    assert landing.rows("id") == rows
    assert "removed*" in landing.states()
    assert [state for _, state in told(load(landing), landing)] == ["skipped", "skipped"]
    landing.put("day.zip", zipped({**days(2, 3), "1.csv": DAY.format(10)}))
    assert ("day.zip!/2.csv", "loaded") in told(load(landing), landing)
    assert landing.rows("id") == [(2,), (3,), (10,)]


@pytest.mark.parametrize("options", [{"on_overwrite": "append"}, {"mode": "merge", "key": "id"}])
def test_where_a_new_version_replaces_no_rows_a_file_that_is_gone_from_it_keeps_its_own(
    folder_landing: Landing, options: dict[str, str]
) -> None:
    folder_landing.options = {"files": "*.zip", "on_delete": "remove_rows", **options}
    outcomes = changed(folder_landing)
    assert told(outcomes, folder_landing) == GONE[1:]
    assert (2,) in folder_landing.rows("id")


def test_merged_rows_of_a_file_that_its_archive_no_longer_holds_go_where_they_are_its_own(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    merge = {"mode": "merge", "key": "id", "on_overwrite": "replace_rows", "on_delete": "remove_rows"}
    landing.options = {"files": "*.zip", **merge}
    landing.put("day.zip", zipped({"1.csv": "id,v\n1,1\n", "2.csv": "id,v\n2,1\n3,1\n"}))
    load(landing)
    landing.put("day.zip", zipped({"1.csv": "id,v\n1,1\n2,2\n", "9.csv": "id,v\n9,9\n"}))
    load(landing)
    assert landing.rows() == [(1, 1), (2, 2), (9, 9)]


def test_rows_that_moved_to_another_file_of_the_archive_are_not_in_their_own_way(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    landing.query("CREATE TABLE orders (id bigint PRIMARY KEY, v bigint, _load_id bigint, _row bigint)")
    landing.options = {"files": "*.zip", "on_delete": "remove_rows"}
    landing.put("day.zip", zipped(days(1, 2)))
    load(landing)
    landing.put("day.zip", zipped({"1.csv": DAY.format(1), "new.csv": DAY.format(2)}))
    assert [one.counts.rejected for one in load(landing)] == [0, 0, 0]
    assert landing.rows("id") == [(1,), (2,)]


def test_only_files_that_were_named_are_looked_for(landing: Landing) -> None:
    landing.options = {"files": "*.zip", "on_delete": "remove_rows"}
    for name in ("day.zip", "other.zip"):
        landing.put(name, zipped(days(1, 2)))
    load(landing)
    for name in ("day.zip", "other.zip"):
        landing.put(name, zipped({"1.csv": DAY.format(1), "3.csv": DAY.format(3)}))
    assert told(load(landing, "day.zip!/[13].csv"), landing)[-1] == ("day.zip!/3.csv", "loaded")
    assert landing.query("SELECT count(*) FROM orders WHERE id = 2") == [(2,)]
    assert told(load(landing, "day.zip"), landing)[0] == ("day.zip!/2.csv", "removed")
    assert landing.query("SELECT count(*) FROM orders WHERE id = 2") == [(1,)]


@pytest.mark.parametrize("content", [zipped({}), zipped(days(1, 2, 3))[:200]], ids=["empty", "cut off"])
def test_an_archive_without_files_or_that_cannot_be_read_takes_no_rows_out(
    landing: Landing, content: bytes
) -> None:
    landing.options = {"files": "*.zip", "on_delete": "remove_rows"}
    landing.put("day.zip", zipped(days(1, 2)))
    load(landing)
    landing.put("day.zip", content)
    (outcome,) = load(landing)
    assert outcome.state == "failed"
    assert landing.rows("id") == [(1,), (2,)]
    event = landing.event(None, "removed", key="day.zip!/1.csv")
    assert (event.state == "failed") == (content != zipped({}))


def test_each_dataset_says_what_becomes_of_the_files_that_are_gone(folder_landing: Landing) -> None:
    landing = folder_landing
    both = {"orders/1.csv": DAY.format(1), "orders/2.csv": DAY.format(2), "customers.csv": "id\n7\n"}
    datasets = {"orders": {**ORDERS, "on_delete": "remove_rows"}, "customers": CUSTOMERS}
    landing.put("x.zip", zipped(both))
    load(landing, datasets=datasets)
    landing.put("x.zip", zipped({"orders/1.csv": DAY.format(1)}))
    with pytest.raises(ObjectMissing, match="no file matches"):  # of customers
        load(landing, datasets=datasets)
    assert set(told(load(landing, "x.zip", datasets=datasets), landing)) == {
        ("x.zip!/customers.csv", "removed"),
        ("x.zip!/orders/2.csv", "removed"),
        ("x.zip!/orders/1.csv", "skipped"),
    }
    assert landing.rows("id") == [(1,)]
    assert landing.query("SELECT id FROM customers") == [(7,)]


def test_what_the_command_line_says_of_a_load_is_not_asked_of_other_datasets(folder_landing: Landing) -> None:
    landing = folder_landing
    merged = {"files": "m/*", "table": "merged", "mode": "merge", "key": "id", "order_by": "v"}
    datasets = {"orders": {"files": "*.zip", "table": "orders", "on_delete": "remove_rows"}, "merged": merged}
    pipeline = Pipeline.from_dict({"source": landing.source, "datasets": datasets})
    landing.put("day.zip", zipped(days(1, 2)))
    with Workspace(pipeline, landing.database_url) as workspace:
        list(workspace.load([landing.uri("day.zip")], selection=Selection(mode="append")))
        landing.put("day.zip", zipped(days(2, 3)))
        outcomes = list(workspace.load([landing.uri("day.zip")], selection=Selection(mode="append")))
    assert told(outcomes, landing)[0] == ("day.zip!/1.csv", "removed")
    assert landing.rows("id") == [(2,), (3,)]


def test_a_plan_tells_what_would_count_as_deleted_and_takes_nothing_out(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"files": "*.zip", "on_delete": "remove_rows"}
    landing.put("day.zip", zipped(days(1, 2)))
    load(landing)
    landing.put("day.zip", zipped({"1.csv": DAY.format(10), "3.csv": DAY.format(3)}))
    with landing.workspace() as workspace:
        planned = list(workspace.plan([landing.uri("day.zip")]))
    assert len(planned) == 2
    assert planned[0].outcome.notes[0].endswith("counts as deleted (on_delete: remove_rows)")
    assert landing.rows("id") == [(1,), (2,)]
    assert landing.states() == ["loaded*", "loaded*"]


def test_a_bad_file_does_not_keep_the_others_of_its_archive_from_loading(folder_landing: Landing) -> None:
    landing = folder_landing
    packed = bytearray(zipped({**days(1, 2, 3), "4.csv": ""}))
    at = packed.index(b"2.csv") + len(b"2.csv")
    packed[at : at + 4] = b"\xff\xff\xff\xff"
    landing.put("day.zip", bytes(packed))
    outcomes = load(landing)
    assert [one.state for one in outcomes] == ["loaded", "failed", "loaded", "failed"]
    assert [one.error_code for one in outcomes if one.error_code] == ["compression_error", "format_error"]
    assert "truncated or corrupt" in (outcomes[1].error or "")
    assert landing.rows("id") == [(1,), (3,)]
    assert landing.states() == ["loaded*", "failed", "loaded*", "failed"]


def encrypted(packed: bytes) -> bytes:
    """With the flags of encrypted files in all headers."""
    out = bytearray(packed)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = out.find(mark)
        while at >= 0:
            out[at + flags] |= 1
            at = out.find(mark, at + 4)
    return bytes(out)


def with_method(packed: bytes, method: int) -> bytes:
    out = bytearray(packed)
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        at = out.find(mark)
        while at >= 0:
            out[at + offset : at + offset + 2] = struct.pack("<H", method)
            at = out.find(mark, at + 4)
    return bytes(out)


@pytest.mark.parametrize(
    ("packed", "error"),
    [
        (encrypted(zipped(days(1, 2))), "the file in the archive is encrypted"),
        (with_method(zipped(days(1, 2)), 9), "compressed in a way that is not read here"),
    ],
    ids=["encrypted", "Deflate64"],
)
def test_what_cannot_be_taken_out_fails_with_its_reason(
    folder_landing: Landing, packed: bytes, error: str
) -> None:
    folder_landing.put("day.zip", packed)
    outcomes = load(folder_landing)
    assert [one.state for one in outcomes] == ["failed", "failed"]
    assert all(error in (one.error or "") and one.hint for one in outcomes)


def test_a_name_that_is_there_twice_is_refused(folder_landing: Landing) -> None:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        warnings.simplefilter("ignore")
        for name, number in (("1.csv", 1), ("1.csv", 2), ("3.csv", 3)):
            archive.writestr(name, DAY.format(number))
    folder_landing.put("day.zip", out.getvalue())
    outcomes = load(folder_landing)
    assert told(outcomes, folder_landing) == [("day.zip!/1.csv", "failed"), ("day.zip!/3.csv", "loaded")]
    assert "2 files of this name" in (outcomes[0].error or "")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_all_ways_of_compressing_that_zip_programs_use_are_read(folder_landing: Landing, method: int) -> None:
    text = "id,v\n" + "".join(f"{number},{number}\n" for number in range(50_000))
    folder_landing.put("day.zip", zipped({"a.csv": text, "b.csv": DAY.format(-1)}, method))
    assert [one.counts.inserted for one in load(folder_landing)] == [50_000, 1]


class Unseekable(io.RawIOBase):
    """A pipe: what writes a zip archive to it puts the sizes behind the data."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        taken = bytes(data)  # type: ignore[call-overload]
        self.data += taken
        return len(taken)


def test_an_archive_that_was_written_to_a_pipe_is_read(landing: Landing) -> None:
    pipe = Unseekable()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in days(1, 2).items():
            archive.writestr(name, data)
    assert b"PK\x07\x08" in pipe.data
    landing.put("day.zip", pipe.data)
    assert [one.state for one in load(landing)] == ["loaded", "loaded"]


def test_zip64_is_read(landing: Landing) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in days(1, 2).items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data.encode())
    landing.put("day.zip", out.getvalue())
    assert [one.state for one in load(landing)] == ["loaded", "loaded"]


def test_a_bomb_is_refused_before_it_grows(folder_landing: Landing) -> None:
    folder_landing.put("day.zip", zipped({"1.csv": DAY.format(1), "bomb.csv": bytes(RATIO_FLOOR + 1)}))
    outcomes = load(folder_landing)
    assert [(one.state, one.error_code) for one in outcomes] == [
        ("loaded", None),
        ("failed", "decompression_bomb"),
    ]


def test_a_truncated_archive_is_told_in_the_ledger(landing: Landing) -> None:
    packed = zipped({name: DAY.format(1) * 100 for name in "abc"})
    landing.put("day.zip", packed[: len(packed) // 2])
    for datasets in (None, {"orders": {"files": "*.zip!/*", "table": "orders"}}):
        (failed,) = load(landing, datasets=datasets)
        assert (failed.state, failed.error_code) == ("failed", "compression_error")
    assert landing.states() == ["failed", "failed"]


def test_files_in_archives_are_named_like_others(landing: Landing) -> None:
    landing.put("in/day.zip", zipped({**days(1, 2), "a[1].csv": DAY.format(3)}))
    assert told(load(landing, "in/day.zip!/1.csv"), landing) == [("in/day.zip!/1.csv", "loaded")]
    assert told(load(landing, "in/day.zip!/a[1].csv"), landing) == [("in/day.zip!/a[1].csv", "loaded")]
    assert told(load(landing, "in/*.zip!/[12].csv"), landing) == [
        ("in/day.zip!/1.csv", "skipped"),
        ("in/day.zip!/2.csv", "loaded"),
    ]
    with pytest.raises(ObjectMissing) as missing:
        load(landing, "in/day.zip!/11.csv")
    assert missing.value.hint == "did you mean 1.csv?"


def test_replay_rejects_and_undo_work_on_files_in_archives(landing: Landing) -> None:
    landing.options = {"columns": {"id": {"type": "integer"}}, "reject_limit": "100%"}
    landing.put("day.zip", zipped({"1.csv": "id\n1\nx\n", **days(2)}))
    first, second = load(landing)
    assert (first.counts.rejected, landing.rows("id")) == (1, [(1,), (2,)])
    assert landing.replay(str(first.load_id), rejects=True).counts.rejected == 1
    again = landing.replay(str(first.load_id))
    assert (again.state, again.uri) == ("loaded", first.uri)
    assert landing.undo(second.load_id) == "undone"
    assert landing.rows("id") == [(1,)]


def test_without_a_pipeline_each_file_becomes_a_table(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put("export.zip", zipped({"x/users.csv": "id\n1\n", "sales.jsonl": '{"id": 7}\n', "NOTES": "-"}))
    with Workspace(Pipeline.unchecked(), landing.database_url) as workspace:
        outcomes = list(workspace.load([landing.uri("export.zip")]))
    assert [(one.table, one.state) for one in outcomes] == [("sales", "loaded"), ("users", "loaded")]
    assert any(note.endswith("that they hold data: NOTES") for note in outcomes[0].notes)


def test_an_archive_in_which_no_dataset_wants_a_file_is_refused(folder_landing: Landing) -> None:
    folder_landing.put("export.zip", zipped(days(1, 2)))
    with pytest.raises(UsageError, match="no dataset matches"):
        load(folder_landing, "export.zip", datasets={"orders": ORDERS})


def test_formats_that_need_seeking_are_read_out_of_an_archive(folder_landing: Landing) -> None:
    out = io.BytesIO()
    parquet.write_table(pa.table({"id": [1], "v": [1]}), out)
    members = {"a.parquet": out.getvalue(), "b.csv.gz": gzip.compress(DAY.format(2).encode())}
    folder_landing.put("day.zip", zipped(members))
    assert [one.counts.inserted for one in load(folder_landing)] == [1, 1]


def test_an_archive_that_changes_while_it_is_loaded_mixes_no_versions(tmp_path: Path) -> None:
    path = tmp_path / "day.zip"
    path.write_bytes(zipped({"big.csv": os.urandom(5_000_000), **days(2)}))
    source = open_source(str(tmp_path))
    _, big = source.list(["*.zip"])
    with source.open(big) as stream:
        stream.read(10)
        path.write_bytes(zipped({"big.csv": os.urandom(5_000_000), **days(2)}))
        os.utime(path, (1_780_000_000, 1_780_000_000))
        with pytest.raises(ObjectChanged):
            b"".join(iter(lambda: bytes(stream.read(1_000_000)), b""))


def test_a_large_archive_in_a_bucket_is_read_in_ranges(s3: Bucket) -> None:
    big = os.urandom(5_000_000)
    s3.put("day.zip", zipped({"big.csv": big, "small.csv": b"id\n1\n"}))
    source = open_source(s3.uri())
    large, small = source.list(["*.zip"])
    with source.open(small) as stream:
        assert stream.read(100) == b"id\n1\n"
    with source.open(large) as stream:
        assert b"".join(iter(lambda: bytes(stream.read(1_000_000)), b"")) == big
