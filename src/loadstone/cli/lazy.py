"""A group of commands whose modules are imported only when one of them runs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

__all__ = ["LazyGroup", "Sections"]

#: Section -> command -> (`module:attribute`, one line of help).
Sections = Mapping[str, Mapping[str, tuple[str, str]]]


class LazyGroup(click.Group):
    """Lists its commands, and completes their names, without importing them."""

    def __init__(self, *args: Any, sections: Sections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sections = sections
        self._commands = {name: entry for section in sections.values() for name, entry in section.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, in the order in which the help shows them."""
        return list(self._commands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Imports the command."""
        if cmd_name not in self._commands:
            return None
        module, _, attribute = self._commands[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, and names the nearest command where there is none."""
        name = args[0]
        if name not in self._commands and not name.startswith("-"):
            import difflib  # noqa: PLC0415 - only where a name is wrong

            near = difflib.get_close_matches(name, self._commands, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"there is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """One list for each section."""
        widest = max(map(len, self._commands))
        for title, section in self._sections.items():
            with formatter.section(title):
                rows = [(name.ljust(widest), text) for name, (_, text) in section.items()]
                formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The names that begin so, with their help."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415 - only the shell asks

        names = [name for name in self._commands if name.startswith(incomplete)]
        items = [CompletionItem(name, help=self._commands[name][1]) for name in names]
        return items + click.Command.shell_complete(self, ctx, incomplete)
