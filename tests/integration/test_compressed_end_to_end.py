"""Compressed files: told by their content, whatever they are called."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zipfile
from collections.abc import Callable
from functools import partial

import pytest

from fixtures.landing import Landing

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"id,v\n" + b"".join(b"%d,value %d\n" % (number, number) for number in range(500))


def _zip(data: bytes, members: int = 1) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"inside-{number}.csv", data)
    return out.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": partial(zstd.compress, options={zstd.CompressionParameter.checksum_flag: 1}),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": _zip,
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_compressed_file_under_a_wrong_name_is_loaded_all_the_same(landing: Landing, kind: str) -> None:
    packed = PACKED[kind](TEXT)
    wrong_name = "day.csv.gz" if kind != "gzip" else "day.csv"
    outcome = landing.put_and_load(packed, wrong_name)
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 500)
    assert landing.query("SELECT count(*), sum(id), max(v) FROM orders") == [(500, 124_750, "value 99")]
    assert (outcome.dialect or {})["compression"] == kind
    assert outcome.bytes == len(packed)


def test_a_plain_file_with_the_name_of_a_compressed_one_is_loaded(folder_landing: Landing) -> None:
    assert folder_landing.put_and_load(TEXT, "day.csv.gz").counts.inserted == 500


@pytest.mark.parametrize("kind", PACKED)
def test_a_file_that_was_cut_off_fails_whole(folder_landing: Landing, kind: str) -> None:
    landing = folder_landing
    packed = PACKED[kind](TEXT)
    failed = landing.put_and_load(packed[: len(packed) * 2 // 3])
    assert (failed.state, failed.error_code) == ("failed", "compression_error")
    assert failed.hint
    assert landing.query("SELECT to_regclass('orders')") == [(None,)]
    assert landing.states() == ["failed"]
    assert landing.put_and_load(packed).state == "loaded"


@pytest.mark.parametrize("kind", PACKED)
def test_a_damaged_file_fails_whole(folder_landing: Landing, kind: str) -> None:
    landing = folder_landing
    packed = bytearray(PACKED[kind](TEXT))
    middle = len(packed) // 2
    packed[middle : middle + 8] = b"damaged!"
    failed = landing.put_and_load(bytes(packed))
    assert (failed.state, failed.error_code) == ("failed", "compression_error")
    assert landing.query("SELECT to_regclass('orders')") == [(None,)]


def test_an_archive_of_two_files_under_another_name_is_refused_and_says_so(folder_landing: Landing) -> None:
    failed = folder_landing.put_and_load(_zip(TEXT, members=2), "day.csv")
    assert (failed.state, failed.error_code) == ("failed", "compression_error")
    assert "2" in (failed.error or "")
    assert ".zip" in (failed.hint or "")


def test_compressed_json_lines_are_loaded(folder_landing: Landing) -> None:
    outcome = folder_landing.put_and_load(gzip.compress(b'{"id": 1, "v": "a"}\n' * 3), "day.jsonl.gz")
    assert (outcome.state, outcome.counts.inserted) == ("loaded", 3)
