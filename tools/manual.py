"""The manual page, made from the parser of the command line and from the table of settings: man(7).

One page for all commands, since people look for `man klagg`. Options that are settings stand once for each command that takes
them, as its `--help` has it, by name; what each means stands in SETTINGS.
"""

# ruff: noqa: ANN401 - typer's own types are private
from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import typer
from typer.main import get_command

from klagg_tui import __version__
from klagg_tui.cli import app
from klagg_tui.config.table import CONFIG_ENV, SECTIONS, SETTINGS

_MARKUP: Final = re.compile(r"\\?\[/?[a-z]+\]")
_OF_SETTINGS: Final = frozenset({"config_file", *(setting.name.replace(".", "__") for setting in SETTINGS)})
"""Names of parameters, as `commands.shared.settings` gives them."""
_HELP: Final = "help"
_FILES: Final = (
    ("~/.config/klagg/config.toml", "Settings; `klagg config --example` prints one to begin with."),
    ("~/.local/share/klagg/klagg.db", "The database, SQLite."),
    ("~/.local/state/klagg/log/klagg.log", "The log."),
    ("~/.local/state/klagg/screen.json", "What was chosen on the screen."),
)
_STATUS: Final = (
    ("0", "Done; for check, audit and doctor: nothing is wrong."),
    ("1", "Failed; for those: something is wrong."),
    ("2", "What was typed makes no sense."),
    ("130", "Stopped by Ctrl+C."),
)


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    root = get_command(app)
    context = typer.Context(root, info_name="klagg")
    yield '.\\" Made by `python -m tools.shipped`; not to be edited by hand.'
    yield f'.TH KLAGG 1 "" "klagg {__version__}" "User Commands"'
    yield ".SH NAME"
    yield "klagg \\- whole crypto markets in a terminal and in a file, exact to the last digit"
    yield ".SH SYNOPSIS"
    yield ".B klagg"
    yield "[\\fIOPTIONS\\fR] [\\fICOMMAND\\fR [\\fIARGS\\fR]...]"
    yield ".SH DESCRIPTION"
    yield from _paragraphs(root.help or "")
    yield ".SH OPTIONS"
    yield from _parameters(root, context)
    yield ".SH COMMANDS"
    for name, command in _commands(root, "klagg"):
        yield f".SS {_escaped(name)}"
        yield from _command(command, typer.Context(command, info_name=name))
    yield ".SH SETTINGS"
    yield (
        "Each is a flag, a variable of the environment and a line of the file; a flag goes before a variable, and both before "
        "the file. In brackets: the commands take those flags that concern them, see COMMANDS."
    )
    for section, title in SECTIONS.items():
        yield f".SS {_escaped(f'[{section}] {_plain(title)}')}"
        for setting in (setting for setting in SETTINGS if setting.section == section):
            yield from _item(
                f"{_bold(setting.flag)} {_italic(setting.kind.metavar)}, {_bold(setting.env)}", setting.help
            )
    yield ".SH ENVIRONMENT"
    yield from _item(_bold(CONFIG_ENV), "The file of settings.")
    yield from _item(_bold("HTTPS_PROXY, ALL_PROXY, NO_PROXY"), "Proxies, where none is set.")
    yield ".SH FILES"
    for path, text in _FILES:
        yield from _item(_italic(path), text)
    yield ".SH EXIT STATUS"
    for status, text in _STATUS:
        yield from _item(_bold(status), text)


def _commands(group: Any, before: str) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        yield f"{before} {name}", command
        if hasattr(command, "commands"):
            yield from _commands(command, f"{before} {name}")


def _command(command: Any, context: typer.Context) -> Iterator[str]:
    yield from _paragraphs(command.help or "")
    yield ".PP"
    pieces = " ".join(command.collect_usage_pieces(context))
    yield f"{_bold(context.info_name or '')} {_escaped(pieces)}"
    yield from _parameters(command, context)
    examples = [_plain(line) for line in (command.epilog or "").splitlines() if line.startswith("klagg")]
    if examples:
        yield ".PP"
        yield "Examples:"
        yield ".PP"
        yield ".RS"
        yield ".nf"
        yield from map(_escaped, examples)
        yield ".fi"
        yield ".RE"


def _parameters(command: Any, context: typer.Context) -> Iterator[str]:
    """Its own ones explained, those of settings named."""
    settings = []
    for parameter in command.get_params(context):
        if parameter.param_type_name == "argument":
            yield from _item(_italic(parameter.display_name_raw), parameter.help or "")
        elif parameter.name in _OF_SETTINGS:
            settings.append(parameter.opts[0])
        elif not parameter.hidden and (parameter.name != _HELP or context.command.name == "klagg"):
            names = ", ".join(map(_bold, (*parameter.opts, *parameter.secondary_opts)))
            yield from _item(f"{names}{_value(parameter, context)}", parameter.help or "")
    if settings:
        yield ".PP"
        yield f"Settings, as flags: {', '.join(map(_bold, settings))}."


def _value(parameter: Any, context: typer.Context) -> str:
    if parameter.is_flag or parameter.count:
        return ""
    return f" {_italic(parameter.display_type_rich(context))}"


def _item(head: str, text: str) -> Iterator[str]:
    yield ".TP"
    yield head
    yield from _paragraphs(text, between=".IP")


def _paragraphs(text: str, between: str = ".PP") -> Iterator[str]:
    for number, paragraph in enumerate(_plain(text).split("\n\n")):
        if number:
            yield between
        yield _escaped(" ".join(paragraph.split()))


def _plain(text: str) -> str:
    return _MARKUP.sub(lambda found: found[0][1:] if found[0].startswith("\\") else "", text).replace("`", "")


def _bold(text: str) -> str:
    return f"\\fB{_escaped(text)}\\fR"


def _italic(text: str) -> str:
    return f"\\fI{_escaped(text)}\\fR"


def _escaped(text: str) -> str:
    """groff_char(7): what has a meaning of its own, and a hyphen that can be copied."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{escaped}" if escaped[:1] in {".", "'"} else escaped
