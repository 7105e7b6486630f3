"""The demonstration shows true figures, and what it tells to try works."""

from __future__ import annotations

import shlex

import pytest

from fixtures.commandline import CommandLine


@pytest.mark.parametrize(
    ("name", "layout", "rows"),
    [
        ("car-telemetry", "csv", 3_000),
        ("car-telemetry", "jsonl", 3_000),
        ("car-telemetry", "json", 3_000),
        ("online-retail", "csv", 20_000),
        ("table-per-file", "csv", 3_000),
        ("table-per-file", "xlsx", 3_000),
    ],
)
def test_every_figure_is_as_expected_and_the_next_commands_work(
    alone: CommandLine, name: str, layout: str, rows: int
) -> None:
    screen = alone("demo", name, "--format", layout, "--rows", rows).out
    assert "WRONG" not in screen
    assert " ok\n" in screen
    assert "rows/s; peak memory " in screen
    commands = [line.strip() for line in screen.partition("try next:\n")[2].splitlines() if line.strip()]
    assert len(commands) == 3
    for command in commands:
        program, *words = shlex.split(command)
        assert program == "loadstone"
        alone(*words)


def test_json_has_the_same_figures(alone: CommandLine) -> None:
    (example,) = alone("demo", "car-telemetry", "--rows", 1_000, "--json").document["examples"]
    assert example["ok"]
    assert example["rows_read"] == sum(load["rows_read"] for load in example["loads"]) >= 1_000
    assert all(figure["ok"] for figure in example["figures"])


def test_an_example_is_generated_and_loaded_by_hand(alone: CommandLine) -> None:
    result = alone("generate", "car-telemetry", "--rows", 500, "--dirty", "5%", "--out", "mine", "--files", 2)
    assert result.out.count(" rows, ") == 2
    variables, _, command = result.err.removeprefix("hint: ").strip().partition(" loadstone ")
    name, _, value = variables.partition("=")
    by_hand = CommandLine(alone.folder, {name: value})
    loads = by_hand(*shlex.split(command), "--json").document["loads"]
    assert [load["state"] for load in loads] == ["loaded", "loaded"]


def test_wrong_wishes_are_clear_errors(alone: CommandLine) -> None:
    assert "did you mean car-telemetry?" in alone("demo", "car-telemtry", code=2).err
    assert "embedded database" in alone("demo", "--to", "postgresql://h/d", code=2).err
    assert "no share" in alone("generate", "car-telemetry", "--dirty", "much", code=2).err
