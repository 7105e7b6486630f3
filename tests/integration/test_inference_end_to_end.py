"""Types that files show, from file to table: whatever the values are, and wherever they stand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from fixtures.landing import Landing
from loadstone.errors import ConfigurationError
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.orders import Selection
from loadstone.wiring.workspace import Workspace

LATE = {
    "leading zeros": ("1", "007", "text"),
    "a plus sign": ("1", "+49", "text"),
    "a word": ("1", "n/a", "text"),
    "an overflow": ("1", "99999999999999999999", "numeric"),
    "a decimal": ("1", "1.50", "numeric"),
    "a decimal with leading zeros": ("1.5", "01.5", "text"),
    "no date": ("2024-01-31", "soon", "text"),
    "the other order": ("31/01/2024", "01/31/2024", "text"),
    "no truth": ("true", "perhaps", "text"),
    "a zone": ("2024-01-31 10:00:00", "2024-01-31 10:00:00+01", "text"),
    "no uuid": ("123e4567-e89b-12d3-a456-426614174000", "x", "text"),
    "broken JSON": ("{}", "{", "text"),
    "no address": ("10.0.0.1", "nowhere", "text"),
}


@pytest.mark.parametrize("what", LATE)
def test_the_type_of_a_new_column_is_what_all_its_values_prove(folder_landing: Landing, what: str) -> None:
    """A value far behind the sample counts as much as the first one, and keeps every character."""
    early, late, kind = LATE[what]
    landing = folder_landing
    outcome = landing.put_and_load("k,v\n" + f"1,{early}\n" * 1_200 + f"2,{late}\n")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1_201, 0)
    assert landing.types()["v"] == kind
    assert landing.query("SELECT v::text FROM orders WHERE k = 2") == [(late,)]
    assert landing.query("SELECT DISTINCT v::text FROM orders WHERE k = 1") == [(early,)]
    if kind == "text":
        assert any(note.startswith("v: kept as text: ") for note in outcome.notes)


def test_a_table_that_is_there_keeps_its_type_and_rejects(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load("k,v\n1,1\n", "a.csv")
    outcome = landing.put_and_load("k,v\n2,n/a\n3,4\n", "b.csv")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 1)
    assert landing.types()["v"] == "bigint"


def test_a_record_of_the_wrong_width_makes_no_column_text(folder_landing: Landing) -> None:
    landing = folder_landing
    outcome = landing.put_and_load("k,v\n1,1\n2,3,4\nx\n")
    assert (outcome.counts.inserted, outcome.counts.rejected) == (1, 2)
    assert landing.types() == {"k": "bigint", "v": "bigint"}


def test_dates_are_read_in_the_order_that_each_file_proves(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.put_and_load("k,d,t\n1,01/02/2024,13/02/2024 8:05\n2,13/02/2024,14/02/2024 18:05\n", "a.csv")
    assert landing.types() == {"k": "bigint", "d": "date", "t": "timestamp without time zone"}
    outcome = landing.put_and_load("k,d,t\n3,02/13/2024,2024-02-13 08:05:00\n", "b.csv")
    assert any("the month comes first, as '02/13/2024' proves" in note for note in outcome.notes)
    rows = landing.query("SELECT d, t::text FROM orders ORDER BY k")
    assert rows == [
        (date(2024, 2, 1), "2024-02-13 08:05:00"),
        (date(2024, 2, 13), "2024-02-14 18:05:00"),
        (date(2024, 2, 13), "2024-02-13 08:05:00"),
    ]


def test_a_file_that_proves_no_order_is_not_guessed_at_even_where_the_column_is_a_date(
    folder_landing: Landing,
) -> None:
    landing = folder_landing
    landing.put_and_load("k,d\n1,13/02/2024\n", "a.csv")
    outcome = landing.put_and_load("k,d\n2,01/02/2024\n", "b.csv")
    assert outcome.counts.rejected == 1
    (note,) = outcome.notes
    assert note.startswith(
        "d is date: 1 of 1 values are dates, but nothing shows whether the day or the month"
    )
    assert note.endswith("give the column a `format:`")


def test_words_that_mean_null_do_not_decide_a_type(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.options = {"columns": {"v": {"null_values": ["n/a"]}, "d": {"format": "%d/%m/%Y"}}}
    landing.put_and_load("v,d\n1.5,01/02/2024\nn/a,\n")
    assert landing.types() == {"v": "numeric", "d": "date"}
    assert landing.query("SELECT v, d FROM orders") == [(Decimal("1.5"), date(2024, 2, 1)), (None, None)]


@pytest.mark.parametrize("header", ["Order ID", "order_id", "orderId", "ORDER-ID", "OrderID"])
def test_a_name_in_another_dress_is_the_same_column(folder_landing: Landing, header: str) -> None:
    landing = folder_landing
    landing.put_and_load("order_id,v\n1,a\n", "a.csv")
    outcome = landing.put_and_load(f"v,{header}\nb,2\n", "b.csv")
    assert landing.types() == {"order_id": "bigint", "v": "text"}
    assert landing.rows("order_id, v") == [(1, "a"), (2, "b")]
    said = () if header == "order_id" else (f"the file's {header!r} is taken for 'order_id'",)
    assert outcome.notes == said


def test_a_name_that_could_be_two_columns_of_the_table_is_refused(folder_landing: Landing) -> None:
    landing = folder_landing
    landing.query("CREATE TABLE orders (order_id bigint, orderid bigint, _load_id bigint, _row bigint)")
    failed = landing.put_and_load("Order I.D.\n1\n")
    assert failed.error == "'Order I.D.' in the file could be any of the table's 'order_id' and 'orderid'"
    landing.query("DROP TABLE orders; CREATE TABLE orders (order_id bigint, _load_id bigint, _row bigint)")
    failed = landing.put_and_load("orderId,ORDERID\n1,2\n", "b.csv")
    assert failed.error == "'orderId' and 'ORDERID' would become the same column 'order_id'"


@pytest.mark.parametrize("how", ["types: text", "--all-text"])
def test_as_text_nothing_is_touched(folder_landing: Landing, how: str) -> None:
    landing = folder_landing
    if how == "types: text":
        landing.options["types"] = "text"
    landing.put("day.csv", 'a,b,c,d\n 007 ,"",,1.50\n" x",NULL,\t,2024-01-01\n')
    landing.load(selection=Selection(all_text=how == "--all-text"))
    assert set(landing.types().values()) == {"text"}
    rows = landing.query("SELECT a, b, c, d FROM orders ORDER BY _row")
    assert rows == [(" 007 ", "", None, "1.50"), (" x", "NULL", "\t", "2024-01-01")]


# --- no configuration at all ---


def load(folder: Path, url: str, *names: str, **how: object) -> list[tuple[str, int, int]]:
    with Workspace(Pipeline(), url) as workspace:
        done = workspace.load([str(folder / name) for name in names], **how)  # type: ignore[arg-type]
        return [(o.state, o.counts.inserted, o.counts.updated) for o in done]


def test_without_configuration_a_row_with_a_known_id_or_email_is_updated(
    tmp_path: Path, folder_landing: Landing
) -> None:
    url = folder_landing.database_url
    for day, rows in (("1", "1,a@x\n2,b@x\n"), ("2", "2,c@x\n3,d@x\n")):
        (tmp_path / day).mkdir()
        (tmp_path / day / "Users.csv").write_text("id,email\n" + rows)
        (tmp_path / day / "people.csv").write_text("n,E-Mail\n" + rows)
        (tmp_path / day / "mail.csv").write_text("n,Email\n" + rows)
    assert load(tmp_path, url, "1/") == [("loaded", 2, 0)] * 3
    assert sorted(load(tmp_path, url, "2/")) == [("loaded", 1, 1), ("loaded", 2, 0), ("loaded", 2, 0)]
    assert folder_landing.query("SELECT id, email FROM users ORDER BY id") == [
        (1, "a@x"),
        (2, "c@x"),
        (3, "d@x"),
    ]


def test_a_mode_or_a_key_that_is_named_goes_before_the_files_own(
    tmp_path: Path, folder_landing: Landing
) -> None:
    (tmp_path / "t.csv").write_text("id,v\n1,2\n1,3\n")
    url = folder_landing.database_url
    assert load(tmp_path, url, "t.csv", selection=Selection(mode="append")) == [("loaded", 2, 0)]


def test_files_that_would_share_a_table_by_accident_are_refused_before_anything_is_loaded(
    tmp_path: Path, folder_landing: Landing
) -> None:
    (tmp_path / "Day 1.csv").write_text("a\n1\n")
    (tmp_path / "day-1.jsonl").write_text('{"a": 1}\n')
    url = folder_landing.database_url
    with pytest.raises(ConfigurationError, match="would both become the table 'day_1'"):
        load(tmp_path, url, "*")
    assert folder_landing.query("SELECT to_regclass('day_1')") == [(None,)]
    assert load(tmp_path, url, "*", selection=Selection(table="day_1")) == [("loaded", 1, 0)] * 2


def test_a_column_whose_values_come_late_gets_their_type(landing: Landing) -> None:
    lines = [f"{number},{number // 2 if number > 20_000 else ''}\n" for number in range(200_000)]
    outcome = landing.put_and_load("id,half\n" + "".join(lines))
    assert [column["type"] for column in outcome.columns] == ["bigint", "bigint"]
    assert (
        "in 1,000 rows from the start, 450 rows from the middle, 150 rows from the end"
        in (outcome.evidence["half"])
    )
    assert (outcome.counts.inserted, outcome.counts.rejected) == (200_000, 0)


def test_what_stands_below_the_rows_of_a_large_file_is_left_out_each_time(landing: Landing) -> None:
    text = "id,v\n" + "".join(f"{number},{number}\n" for number in range(200_000)) + "-- 200000 rows\n"
    for _ in range(2):
        outcome = landing.put_and_load(text)
        assert (outcome.counts.read, outcome.counts.rejected) == (200_000, 0)
        assert "1 line below the rows left out: '-- 200000 rows'" in outcome.notes
        assert (outcome.dialect or {})["decided"]["footer_lines"]["value"] == 1
        text = text.replace("\n1,1\n", "\n1,7\n")
