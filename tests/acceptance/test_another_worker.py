"""An object that another worker is loading, from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fixtures.commandline import CommandLine
from loadstone.model.pipeline import Pipeline
from loadstone.wiring.orders import Selection, orders_for
from loadstone.wiring.workspace import Workspace


@contextmanager
def another_worker(loadstone: CommandLine, database_url: str) -> Iterator[None]:
    """It has begun to load `a.csv`, and never gets beyond that."""
    path = loadstone.write("a.csv", "id,v\n1,a\n")
    (sourced,) = orders_for([str(path)], Pipeline(), Selection(table="public.a"))
    request, dataset = sourced.order.request, sourced.order.dataset
    with (
        Workspace(Pipeline(), database_url) as workspace,
        workspace.database.admit(request, dataset) as admission,
    ):
        assert admission.state is None
        yield


def test_what_another_worker_is_loading_is_not_loaded_yet_and_the_exit_status_says_so(
    loadstone: CommandLine, database_url: str
) -> None:
    with another_worker(loadstone, database_url):
        result = loadstone("load", "a.csv", code=1)
        assert result.out.startswith("in progress ")
        assert result.err.endswith("hint: another worker is loading it; --wait waits for the outcome\n")
        assert loadstone("load", "a.csv", "--json", code=1).document["loads"][0]["state"] == "in_progress"


def test_wait_waits_for_the_other_worker_and_loads_what_that_one_did_not(
    loadstone: CommandLine, database_url: str
) -> None:
    with another_worker(loadstone, database_url):
        process = loadstone.start("load", "a.csv", "--wait")
        assert process.stderr is not None
        assert "another worker is loading this object" in process.stderr.readline()
    out, _ = process.communicate(timeout=60)
    assert (process.returncode, out.split()[0]) == (0, "loaded")
