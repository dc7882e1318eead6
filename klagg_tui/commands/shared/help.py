"""What `--help` shows, where typer's own way would mislead, and words that stand for a command of another name.

A switch has no value, so none is named behind it; the lines of a docstring flow together to the width of the terminal.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from klagg_tui.commands.shared.settings import as_typed
from klagg_tui.commands.shared.words import MEANT, meant

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOTHING: Final = ""


class Command(TyperCommand):
    """A command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own types are private
        """Read what was typed behind its name."""
        at = next((place for place, word in enumerate(args) if self._is_first(ctx, args, place, word)), None)
        instead = None if at is None else meant(self.name, args, at, has_commands=False)
        return super().parse_args(ctx, args if instead is None else instead)

    def _is_first(self, ctx: Any, args: list[str], place: int, word: str) -> bool:  # noqa: ANN401
        """Whether the word stands for something and only whole options are before it."""
        if word not in MEANT.get(self.name or "", {}):
            return False
        try:
            _, others, _ = self.make_parser(ctx).parse_args(args[:place])
        except typer.TyperException:  # it is the value of an option
            return False
        return not others

    def get_params(self, ctx: Any) -> list[Any]:  # noqa: ANN401 - typer's own types are private
        """Its parameters, as they are to be shown."""
        return _shown(super().get_params(ctx))


class Group(TyperGroup):
    """A command that has others."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer's own types are private
        """Read what was typed behind its name; where a command is named that is none, what is meant by that."""
        typed = list(args)
        left = super().parse_args(ctx, args)
        name = ctx._protected_args[0] if ctx._protected_args else ""  # noqa: SLF001 - there is no other way to ask typer
        if not name or name in self.commands:
            return left
        instead = meant(self.name, typed, len(typed) - len(left) - 1, has_commands=True)
        if instead is None:
            return left
        ctx._protected_args = []  # noqa: SLF001
        return self.parse_args(ctx, instead)

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
