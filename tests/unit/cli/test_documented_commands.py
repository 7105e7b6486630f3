"""The commands that the docs show are the program's: no option of them is unknown."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from loadstone.cli.application import root

DOCS = Path(__file__).parents[3] / "docs"
#: What a shell does with a line, what is said of it beside it, and what another program is to see.
AFTER = re.compile(r"(?:\s(?:#|\||>|&&|2>|<|--\s)|  ).*$")


def commands() -> list[tuple[str, str]]:
    """File, and command with its arguments, of each that stands on a line of its own."""
    pattern = re.compile(r"^(?:    |\$ |    \$ )((?:[A-Z_]+=\S+ )*loadstone [a-z].*)$", re.MULTILINE)
    return [
        (path.relative_to(DOCS).as_posix(), AFTER.sub("", line))
        for path in sorted(DOCS.rglob("*.md"))
        if path.parent.name != "decisions"
        for line in pattern.findall(path.read_text("utf-8").replace("\\\n", " "))
    ]


def test_there_are_commands_to_look_at() -> None:
    assert len(commands()) > 40


@pytest.mark.parametrize(("page", "line"), commands())
def test_every_option_of_a_documented_command_is_known(page: str, line: str) -> None:
    words = shlex.split(line)
    words = words[words.index("loadstone") + 1 :]
    command: click.Command = root
    while isinstance(command, click.Group):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"{page}: there is no command {words[0]}"
        command, words = found, words[1:]
    known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    assert given <= known, f"{page}: {line}"
