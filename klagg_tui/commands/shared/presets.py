"""Presets of the terminal's export form, for those who export without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from klagg_tui.errors import BadUsage

if TYPE_CHECKING:
    from klagg_tui.view.exports import ExportPreset
    from klagg_tui.view.preferences import Preferences


class Choices(NamedTuple):
    """What a preset says, as it would be typed; None where it says nothing."""

    symbols: tuple[str, ...] | None
    periods: str | None
    """None: all that are stored."""
    begin: str | None
    end: str | None
    states: tuple[str, ...] | None
    format: str | None


def choices_of(name: str) -> Choices:
    """Those of the preset of that name.

    Raises:
        BadUsage: there is none, or the watchlist that it names is gone.
    """
    from klagg_tui.view.exports import ALL_PERIODS, BARS, find

    chosen = _preferences()
    preset = find(chosen.export_presets, name)
    states = BARS[preset.bars][1]
    return Choices(
        _symbols(preset, chosen),
        None if preset.periods == ALL_PERIODS else preset.periods.replace(" ", ","),
        preset.begin or None,
        preset.end or None,
        None if states is None else tuple(sorted(state.label for state in states)),
        preset.format or None,
    )


def show() -> None:
    """Print all presets, the saved ones first."""
    from klagg_tui.commands.shared.tables import print_table, table
    from klagg_tui.formatting import NOTHING
    from klagg_tui.view.exports import READY, known

    presets = known(_preferences().export_presets).values()
    made = table("preset", "symbols", "periods", "from", "to", "bars", "format", "", left=8)
    for each in presets:
        told = (each.symbols, each.periods, each.begin, each.end, each.bars, each.format)
        made.add_row(each.name, *(text or NOTHING for text in told), "ready" if each in READY else "saved")
    print_table(made, "to", "format")


def preset_names() -> list[str]:
    """Names of all presets."""
    from klagg_tui.view.exports import known

    return list(known(_preferences().export_presets))


def _symbols(preset: ExportPreset, chosen: Preferences) -> tuple[str, ...] | None:
    from klagg_tui.hints import ended, hint
    from klagg_tui.view.exports import ALL_SYMBOLS, LIST_SIGN, SHOWN_SYMBOLS

    if preset.symbols in ("", ALL_SYMBOLS, SHOWN_SYMBOLS):
        return None
    if not preset.symbols.startswith(LIST_SIGN):
        return (preset.symbols,)
    name, lists = preset.symbols.removeprefix(LIST_SIGN), dict(chosen.watchlists)
    if not lists.get(name):
        what = "is empty" if name in lists else f"is not there any more{hint(name, lists)}"
        raise BadUsage(ended(f"The watchlist {name} of the preset {preset.name} {what}"))
    return lists[name]


def _preferences() -> Preferences:
    """What was chosen in the terminal on real markets; presets do not depend on settings."""
    from klagg_tui.screens.state_file import StateFile, defaults_from, path_of

    return StateFile(path_of(), defaults_from(None)).load()
