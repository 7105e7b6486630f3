"""`loadstone completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

__all__ = ["completion"]

_EXAMPLES = """\b
Examples:
  loadstone completion bash > ~/.local/share/bash-completion/completions/loadstone
  loadstone completion zsh  > ~/.zfunc/_loadstone
  loadstone completion fish > ~/.config/fish/completions/loadstone.fish
"""


@click.command(epilog=_EXAMPLES)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of a shell."""
    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click has these three
    click.echo(kind(context.find_root().command, {}, "loadstone", "_LOADSTONE_COMPLETE").source())
