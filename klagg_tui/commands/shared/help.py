"""What `--help` shows, where typer's own way would mislead.

A switch has no value, so none is named behind it; the lines of a docstring flow together to the width of the terminal.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from klagg_tui.commands.shared.settings import as_typed

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING: Final = ""


class Command(TyperCommand):
    """A command."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own types are private
        """Its parameters, as they are to be shown."""
        return _shown(super().get_params(ctx))


class Group(TyperGroup):
    """A command that has others."""

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own types are private
        """Its parameters, as they are to be shown."""
        return _shown(super().get_params(ctx))


def polish(app: typer.Typer) -> None:
    """See to the help of all commands that were added to it."""
    for command in app.registered_commands:
        command.cls = Command
        command.help = _flowing(inspect.getdoc(command.callback) or "")
    for group in app.registered_groups:
        if group.typer_instance is not None:
            polish(group.typer_instance)


def _shown(parameters: Sequence[Any]) -> list[Any]:
    for parameter in parameters:
        as_typed(parameter)
        if isinstance(parameter, TyperOption) and parameter.is_bool_flag and parameter.metavar is None:
            parameter.metavar = _NOTHING
    return list(parameters)


def _flowing(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))
