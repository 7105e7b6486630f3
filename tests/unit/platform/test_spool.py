"""What is set aside comes back, whether it was kept in memory or on disk."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadstone.errors import Transient
from loadstone.platform.spool import SpooledBytes


@given(
    chunks=st.lists(st.binary(max_size=50), max_size=20),
    limit=st.integers(0, 200),
    size=st.integers(1, 100),
)
def test_all_bytes_come_back_in_order_any_number_of_times(chunks: list[bytes], limit: int, size: int) -> None:
    with SpooledBytes(limit) as spool:
        for chunk in chunks:
            spool.append(chunk)
        whole = b"".join(chunks)
        assert len(spool) == len(whole)
        assert spool.is_on_disk == (len(whole) > limit)
        for _ in range(2):
            blocks = list(spool.blocks(size))
            assert b"".join(blocks) == whole
            assert all(0 < len(block) <= size for block in blocks)


def test_appending_after_reading_is_read_next_time() -> None:
    with SpooledBytes(4) as spool:
        spool.append(b"abc")
        assert b"".join(spool.blocks()) == b"abc"
        spool.append(memoryview(b"defg"))
        spool.append(bytearray(b"h"))
        assert b"".join(spool.blocks()) == b"abcdefgh"


def test_it_opens_as_a_seekable_file() -> None:
    with SpooledBytes(3) as spool:
        spool.append(b"0123456789")
        file = spool.open()
        assert file.seek(-3, os.SEEK_END) == 7
        assert file.read() == b"789"
        assert file.seek(2) == 2
        assert file.read(3) == b"234"
        assert file.tell() == 5
        with pytest.raises(OSError, match="negative"):
            file.seek(-1)


def test_the_file_has_no_name_and_goes_with_the_spool(tmp_path: Path) -> None:
    spool = SpooledBytes(10, directory=str(tmp_path))
    spool.append(b"x" * 100)
    assert spool.is_on_disk
    assert list(tmp_path.iterdir()) == []
    spool.close()
    spool.close()
    with pytest.raises(ValueError, match="closed"):
        spool.append(b"x")
    with pytest.raises(ValueError, match="closed"):
        spool.read_at(0, 1)


@contextmanager
def no_file_beyond(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_transient_and_names_the_way_out(tmp_path: Path) -> None:
    with SpooledBytes(10, directory=str(tmp_path)) as spool, no_file_beyond(1000):
        with pytest.raises(Transient) as caught:
            spool.append(b"x" * 2000)
        assert caught.value.code == "disk_full"
        assert caught.value.where == str(tmp_path)
        assert "TMPDIR" in str(caught.value.hint)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with SpooledBytes(10, directory=str(tmp_path / "gone")) as spool, pytest.raises(Transient) as caught:
        spool.append(b"x" * 2000)
    assert caught.value.code == "spool_failed"
    assert caught.value.where == str(tmp_path / "gone")
