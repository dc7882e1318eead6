"""What the screens' state keeps of a recording that is played from its beginning again: nothing but alerts as they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from klagg_tui.view.model import Market

if TYPE_CHECKING:
    from klagg_tui.screens.app_state import AppState


def begin_anew(state: AppState, until_ms: int) -> set[str]:
    """Begin with an empty market; up to `until_ms` what comes is no news. Returns the symbols of before: all of them changed."""
    before = state.live
    state.unfreeze()
    state.watch(Market())
    state.book.go_back(until_ms)
    state.seeded.clear()
    return set(before.rows)
