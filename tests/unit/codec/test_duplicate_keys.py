from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fixtures.codec_cells import column, feed, plan_of, tuples_of, written
from loadstone.codec.bloom import BloomFilter
from loadstone.codec.delimited import DelimitedEncoder
from loadstone.model.batch import Chunk


def keyed(*types: str, **more: object) -> object:
    columns = [column(type_name, f"k{i}") for i, type_name in enumerate(types)]
    key = tuple(c.name for c in columns)
    return plan_of(*columns, column("text", "rest"), key=key, deduplicate=True, **more)


def numbers(data: object) -> list[bytes]:
    return [row[-1] or b"" for row in tuples_of(bytes(data))]  # type: ignore[call-overload]


def test_a_row_whose_key_came_before_is_late() -> None:
    chunk = feed(b"1,a\n2,b\n1,c\n3,d\n1,e\n", keyed("integer"))
    assert (numbers(chunk.tuples), numbers(chunk.late)) == ([b"a", b"b", b"d"], [b"c", b"e"])
    assert (chunk.rows, chunk.late_rows) == (3, 2)


def test_keys_are_remembered_over_blocks_and_over_encoders_that_share_them() -> None:
    bloom = BloomFilter(1000)
    encoder = DelimitedEncoder(keyed("integer"), bloom=bloom)
    encoder.feed(b"1,a\n", False)
    chunk, _ = encoder.feed(b"1,b\n2,c\n", True)
    assert numbers(chunk.late) == [b"b"]
    chunk, _ = DelimitedEncoder(keyed("integer"), bloom=bloom).feed(b"2,d\n", True)
    assert numbers(chunk.late) == [b"d"]


@pytest.mark.parametrize(
    ("type_name", "one", "same"),
    [
        ("integer", "7", "+07"),
        ("numeric", "1.0", "1.000"),
        ("numeric", "0", "-0.00"),
        ("numeric", "1e2", "100"),
        ("numeric", "NaN", "nan"),
        ("double precision", "0", "-0.0"),
        ("real", "0", "-0"),
        ("double precision", "0.5", "5e-1"),
        ("character(5)", "ab", "ab  "),
        ("character", "a", "a "),
        ("timestamptz", "2024-01-01T00:00:00Z", "2024-01-01 02:00:00+02"),
        ("uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc999c0b4ef8bb6d6bb9bd380a11"),
        ("boolean", "yes", "t"),
        ("inet", "1.2.3.4", "1.2.3.4/32"),
        ("interval", "1 mon", "30 days"),
        ("jsonb", '{"a":1,"b":2}', '{"b":2,"a":1.0}'),
        ("numeric[]", "{1.0}", "{1.00}"),
        ("text", "ü", "ü"),
    ],
)
def test_values_that_postgres_holds_equal_are_one_key(type_name: str, one: str, same: str) -> None:
    chunk = feed(written([[one, "first"], [same, "second"]]), keyed(type_name))
    assert numbers(chunk.late)[-1] == b"second"


def test_parts_of_a_key_do_not_run_into_each_other() -> None:
    chunk = feed(b"ab,c,1\na,bc,2\n,abc,3\nabc,,4\n", keyed("text", "text"))
    assert chunk.late_rows == 0
    assert chunk.null_keys == 2


def test_rows_with_a_null_in_the_key_are_counted_and_compared_like_others() -> None:
    chunk = feed(b",1,a\n,1,b\n,2,c\n1,1,d\n", keyed("integer", "integer"))
    assert (chunk.null_keys, numbers(chunk.late)) == (3, [b"b"])
    plan = plan_of(column("integer", "k"), key=("k",))
    assert feed(b"\n1\n", plan).null_keys == 1


def test_rejected_and_discarded_rows_leave_no_key_behind() -> None:
    plan = plan_of(column("integer", "k"), column("integer", "v"), key=("k",), deduplicate=True)
    chunk = feed(b"1,x\n1,2\n", plan)
    assert (chunk.rows, chunk.late_rows) == (1, 0)


def test_late_rows_are_traced_on_their_own() -> None:
    chunk = feed(b"1,a\n1,b\n2,c\n", keyed("integer", trace=True))
    assert chunk.index is not None
    assert chunk.late_index is not None
    assert list(chunk.index.row_numbers) == [1, 3]
    assert list(chunk.index.tuple_ends) == [len(chunk.tuples) // 2, len(chunk.tuples)]
    assert (list(chunk.late_index.row_numbers), list(chunk.late_index.tuple_ends)) == ([2], [len(chunk.late)])
    assert chunk.late_index.raw(0) == b"1,b\n"


@given(st.lists(st.integers(0, 2**64 - 1), max_size=200), st.sampled_from([1, 64, 10_000]))
def test_the_filter_never_forgets(hashes: list[int], expected_rows: int) -> None:
    bloom = BloomFilter(expected_rows)
    seen = [bloom.add(one) for one in hashes]
    first = {one: position for position, one in reversed(list(enumerate(hashes)))}
    assert all(
        was_seen
        for position, (one, was_seen) in enumerate(zip(hashes, seen, strict=True))
        if first[one] != position
    )
    assert all(bloom.add(one) for one in hashes)


def late_share(rows: int, bloom: BloomFilter) -> float:
    encoder = DelimitedEncoder(keyed("integer", "text"), bloom=bloom)
    chunk: Chunk
    chunk, _ = encoder.feed(b"".join(b"%d,device-%d,\n" % (n, n % 7) for n in range(rows)), True)
    return chunk.late_rows / rows


def test_of_the_expected_rows_few_are_late_for_nothing() -> None:
    assert late_share(5000, BloomFilter(5000)) < 0.01


def test_a_filter_takes_no_more_memory_than_it_may_and_then_only_makes_more_rows_late() -> None:
    bloom = BloomFilter(10_000_000, max_bytes=1024)
    assert bloom.size == 1024
    assert 0.1 < late_share(5000, bloom) <= 1
    assert BloomFilter(10_000_000).size == 16 * 2**20
