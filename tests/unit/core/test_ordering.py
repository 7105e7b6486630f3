from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from loadstone.core.ordering import is_older, newest, sequencer_key

sequencers = st.text("0123456789ABCDEFabcdef", min_size=1, max_size=24)


@given(sequencers, sequencers)
def test_sequencers_compare_as_if_the_shorter_were_padded_with_zeros_on_the_right(a: str, b: str) -> None:
    length = max(len(a), len(b))
    padded = a.upper().ljust(length, "0") < b.upper().ljust(length, "0")
    assert (sequencer_key(a) < sequencer_key(b)) is padded
    assert is_older(a, b) is padded


@given(sequencers)
def test_a_sequencer_is_not_older_than_itself_nor_than_its_padded_self(a: str) -> None:
    assert not is_older(a, a + "00")
    assert not is_older(a + "00", a)
    assert not is_older(a, a.lower())


def test_an_unknown_sequencer_says_nothing_of_the_order() -> None:
    assert not is_older(None, "01")
    assert not is_older("01", None)


@given(sequencers, sequencers)
def test_the_newest_of_two_is_older_than_neither(a: str, b: str) -> None:
    assert newest(a, b) in {a, b}
    assert not is_older(newest(a, b), a)
    assert not is_older(newest(a, b), b)


def test_the_newest_of_one_known_sequencer_is_that_one() -> None:
    assert newest(None, "0A") == "0A"
    assert newest("0A", None) == "0A"
    assert newest(None, None) is None
