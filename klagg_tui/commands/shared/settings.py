"""Settings as options: a command says which it takes, and gets them merged with environment and file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer

from klagg_tui.commands.shared.output import tell
from klagg_tui.config import Effective, find
from klagg_tui.config import load as load_settings
from klagg_tui.config.kinds import Kind
from klagg_tui.config.reading import problems_of_flag
from klagg_tui.config.table import BY_NAME, CONFIG_ENV, CONFIG_FLAG, SECTIONS, SETTINGS, Setting
from klagg_tui.errors import BadUsage

R = TypeVar("R")
_CONTEXT: Final = "context_of_settings"
_CONFIG: Final = "config_file"
_META: Final = "klagg_tui.commands.shared.settings"


@dataclass(frozen=True)
class Chosen:
    """What was typed; nothing is read before it is asked for."""

    config: Path | None
    flags: Mapping[str, tuple[str, ...]]
    subcommand: str | None = None
    """What follows on the line, where this was typed before a command's name."""

    @property
    def path(self) -> Path:
        """The configuration file, which need not exist."""
        return find(self.config, os.environ)

    def load(self, *, watches: bool = False) -> Effective:
        """The settings that count; what is worth knowing but not wrong goes to stderr.

        `watches`: the market is to be watched by them.

        Raises:
            ConfigError: a line for each thing that is wrong.
        """
        effective = load_settings(self.config, self.flags, os.environ)
        for note in (*effective.notes, *(effective.unused if watches else ())):
            tell(note, err=True)
        return effective


def inherited(ctx: typer.Context) -> Chosen:
    """What was typed before the name of the command under way."""
    found = ctx.meta.get(_META)
    return found if isinstance(found, Chosen) else Chosen(None, {})


def with_settings(*names: str) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command the options of some sections (`market`) or settings (`storage.database`), and `--config`.

    The command has a parameter of type `Chosen`, which gets what was typed for them, also before the command's name.
    """
    settings = [setting for setting in SETTINGS if setting.section in names or setting.name in names]

    def decorate(command: Callable[..., R]) -> Callable[..., R]:
        own = signature(command, eval_str=True)
        slot = next(name for name, parameter in own.parameters.items() if parameter.annotation is Chosen)
        # Typer hands over one context only, so a command that asks for it shares its own.
        shared = next((name for name, one in own.parameters.items() if one.annotation is typer.Context), None)

        def run(**given: Any) -> R:  # noqa: ANN401 - what typer hands to a command
            typed = {setting.name: _texts(given.pop(_parameter_name(setting))) for setting in settings}
            ctx = given[shared] if shared else given.pop(_CONTEXT)
            given[slot] = _merged(ctx, given.pop(_CONFIG), typed)
            return command(**given)

        update_wrapper(run, command)
        del run.__wrapped__  # type: ignore[attr-defined] # typer would look at the command's own parameters
        parameters = [parameter for name, parameter in own.parameters.items() if name != slot]
        parameters += [] if shared else [Parameter(_CONTEXT, Parameter.KEYWORD_ONLY, annotation=typer.Context)]
        parameters += [_config_parameter(), *map(_parameter, settings)]
        run.__signature__ = Signature(parameters, return_annotation=own.return_annotation)  # type: ignore[attr-defined]
        run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return run

    return decorate


def as_typed(parameter: Any) -> None:  # noqa: ANN401 - typer's own types are private
    """Let an option of settings be taken as it was typed, and any option for nothing where it was not typed.

    typer would load pydantic to see that a text is one: that takes as long as all the rest until the settings are read.
    """
    if "process_value" in vars(parameter):  # a command is asked for its parameters again and again
        return
    whole, read = parameter.process_value, _READ.get(parameter.name)

    def process(ctx: Any, value: Any) -> Any:  # noqa: ANN401
        is_many = parameter.multiple or parameter.nargs == -1
        if value is None and not parameter.required:
            found: Any = () if is_many else None
        elif value is not None and read is not None:
            found = tuple(map(read, value)) if is_many else read(value)
        else:
            return whole(ctx, value)
        return parameter.callback(ctx, parameter, found) if parameter.callback else found

    parameter.process_value = process


def _merged(ctx: typer.Context, path: Path | None, typed: Mapping[str, tuple[str, ...]]) -> Chosen:
    """What was typed here and before; a bad value is wrong usage."""
    problems = [p for name, texts in typed.items() if texts for p in problems_of_flag(BY_NAME[name], texts)]
    if problems:
        raise BadUsage(*problems)
    before = inherited(ctx)
    flags = {**before.flags, **{name: texts for name, texts in typed.items() if texts}}
    chosen = ctx.meta[_META] = Chosen(path or before.config, flags, ctx.invoked_subcommand)
    return chosen


def _texts(given: str | list[str] | None) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


def _parameter_name(setting: Setting) -> str:
    return setting.name.replace(".", "__")


_READ: Final[Mapping[str, Callable[[str], Any]]] = {_CONFIG: Path} | {_parameter_name(one): str for one in SETTINGS}
"""What becomes of the text behind each option."""


def _config_parameter() -> Parameter:
    option = typer.Option(CONFIG_FLAG, metavar="PATH", help=f"Configuration file ({CONFIG_ENV}).")
    return Parameter(_CONFIG, Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[Path | None, option])


def _parameter(setting: Setting) -> Parameter:
    option = typer.Option(
        setting.flag,
        metavar=setting.kind.metavar,
        help=f"{setting.help} ({setting.env})",
        rich_help_panel=SECTIONS[setting.section],
        autocompletion=_completion(setting.kind),
    )
    type_ = list[str] | None if setting.kind.joint else str | None
    return Parameter(
        _parameter_name(setting), Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[type_, option]
    )


def _completion(kind: Kind[Any]) -> Callable[[str], list[str]]:
    def complete(incomplete: str) -> list[str]:
        return [choice for choice in kind.choices if choice.startswith(incomplete)]

    return complete
