"""`klagg completions`: what lets a shell complete commands, options and their values."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

import typer

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg completions bash > ~/.local/share/bash-completion/completions/klagg

klagg completions zsh > ~/.zfunc/_klagg

klagg completions fish > ~/.config/fish/completions/klagg.fish
"""
_PROGRAM: Final = "klagg"
_VARIABLE: Final = "_KLAGG_COMPLETE"
_ZSH_REGISTERS: Final = "compdef _klagg_completion klagg"
_ZSH_IN_A_FOLDER: Final = f"""\
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _klagg_completion "$@"
else
  {_ZSH_REGISTERS}
fi"""
"""Found in a folder of $fpath the script is run when the first word is to be completed, and has to complete that too."""


class Shell(StrEnum):
    """A shell that can complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("completions", epilog=_EXAMPLES)(completions)


def completions(shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Print what lets a shell complete klagg's commands, options and their values, for a file where the shell looks for it.

    Packages bring these files along; `klagg --install-completion` writes one for the shell that is running.
    """
    typer.echo(script(shell), nl=False)


def script(shell: Shell) -> str:
    """The script; it asks klagg itself what can stand there, so it fits every version."""
    from typer._completion_shared import get_completion_script

    text: str = get_completion_script(prog_name=_PROGRAM, complete_var=_VARIABLE, shell=shell.value)
    return text.replace(_ZSH_REGISTERS, _ZSH_IN_A_FOLDER) + "\n"
