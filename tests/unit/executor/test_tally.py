"""The reject limit: a count at once, a share at the end; exceeded means more than."""

from __future__ import annotations

import pytest

from loadstone.errors import RejectLimitExceeded
from loadstone.executor.tally import Tally
from loadstone.model.batch import Chunk, Reject
from loadstone.model.pipeline import RejectLimit


def chunk(records: int, rejects: int) -> Chunk:
    reject = Reject(1, 2, 0, 4, "n", "not_a_number", "'x' is not a number", b"x\n")
    return Chunk(tuples=b"", rows=records - rejects, rejects=[reject] * rejects, records=records)


def test_as_many_rejects_as_the_limit_are_fine_and_one_more_is_not() -> None:
    tally = Tally(RejectLimit(count=2))
    tally.add(chunk(10, 2))
    tally.check_count("f")
    tally.add(chunk(1, 1))
    with pytest.raises(
        RejectLimitExceeded, match=r"3 of 11 rows were rejected, the limit is 2 rows"
    ) as caught:
        tally.check_count("f")
    assert "n: not_a_number (3)" in caught.value.what


def test_a_share_is_looked_at_when_the_whole_file_was_read() -> None:
    tally = Tally(RejectLimit(share=0.1))
    tally.add(chunk(100, 50))
    tally.check_count("f")
    tally.add(chunk(900, 50))
    tally.check_share("f")
    tally.add(chunk(1, 1))
    with pytest.raises(RejectLimitExceeded, match="10 %"):
        tally.check_share("f")


def test_a_share_means_nothing_for_a_handful_of_rows() -> None:
    tally = Tally(RejectLimit(share=0.1))
    tally.add(chunk(99, 99))
    tally.check_share("f")


@pytest.mark.parametrize(
    ("text", "shown"), [("10%", "10 %"), ("0.5 %", "0.5 %"), ("25", "25 rows"), (1000, "1,000 rows")]
)
def test_a_limit_is_written_as_a_share_or_a_count(text: object, shown: str) -> None:
    assert str(RejectLimit.parse(text)) == shown


@pytest.mark.parametrize("text", ["ten", "%", True])
def test_anything_else_is_no_limit(text: object) -> None:
    with pytest.raises(ValueError, match="count"):
        RejectLimit.parse(text)
