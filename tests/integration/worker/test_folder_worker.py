"""A watched folder: files are dropped, overwritten, removed, also while no worker looks."""

from __future__ import annotations

import signal
from pathlib import Path

from fixtures.workers import Harbour, eventually

A = "id,v\n1,a\n2,b\n"
B = "id,v\n2,B\n3,c\n"
ROWS_A = [(1, "a"), (2, "b")]
ROWS_B = [(2, "B"), (3, "c")]


def _landing(quay: Harbour) -> Path:
    return quay.shell.folder / "landing"


def test_files_that_are_dropped_overwritten_and_removed_change_the_table(quay: Harbour) -> None:
    landing = _landing(quay)
    with quay.worker() as process:
        (landing / "day.csv").write_text(A)
        (landing / ".hidden.csv").write_text(B)
        quay.await_rows(ROWS_A)
        (landing / "day.csv").write_text(B)
        quay.await_rows(ROWS_B)
        (landing / "day.csv").unlink()
        quay.await_rows([])
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    assert quay.states() == ["replaced", "removed", "removed*"]


def test_what_happened_while_no_worker_looked_is_seen_by_the_next(quay: Harbour) -> None:
    landing = _landing(quay)
    (landing / "kept.csv").write_text(A)
    (landing / "gone.csv").write_text("id,v\n9,x\n")
    quay.shell("run", "--once")
    (landing / "gone.csv").unlink()
    (landing / "new.csv").write_text("id,v\n7,y\n")
    done = quay.shell("run", "--once")
    assert quay.rows() == [*ROWS_A, (7, "y")]
    assert "kept.csv" not in done.out


def test_a_file_that_cannot_be_read_is_told_of_once_and_loaded_when_it_is_mended(quay: Harbour) -> None:
    landing = _landing(quay)
    with quay.worker() as process:
        (landing / "day.csv").write_text("")
        eventually(lambda: quay.states() == ["failed"], "the failure's being in the ledger")
        (landing / "other.csv").write_text(B)  # by the time that it is loaded, the folder was looked at again
        quay.await_rows(ROWS_B)
        assert quay.states().count("failed") == 1
        (landing / "day.csv").write_text("id,v\n1,a\n")
        quay.await_rows([(1, "a"), *ROWS_B])
        process.kill()


def test_a_folder_that_is_taken_away_ends_the_worker_with_its_reason(quay: Harbour) -> None:
    landing = _landing(quay)
    (landing / "day.csv").write_text(A)
    with quay.worker() as process:
        quay.await_rows(ROWS_A)
        landing.rename(quay.shell.folder / "elsewhere")
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "no such folder" in err
    assert quay.rows() == ROWS_A


def test_a_worker_loads_one_file_after_the_other_by_the_connections_it_has(quay: Harbour) -> None:
    quay.query(
        "CREATE TABLE orders (id int, v text, _load_id bigint, _row bigint, pid int DEFAULT pg_backend_pid())"
    )
    rows = []
    with quay.worker("--concurrency", 1):
        for number in range(4):
            (_landing(quay) / f"{number}.csv").write_text(f"id,v\n{number},a\n")
            rows.append((number, "a"))
            quay.await_rows(rows)
    assert quay.query("SELECT count(DISTINCT pid) FROM orders") == [(1,)]
