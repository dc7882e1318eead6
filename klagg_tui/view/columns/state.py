"""The column of the bar's state, and the state in one cell."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence
from klagg_tui.view.columns.column import Column, RenderContext, Unit, Value
from klagg_tui.view.model import Row, is_stale_bar
from klagg_tui.view.role import Role, RoleIndex

STALE: Final = "stale"
NO_BAR: Final = "no bar yet"
"""Nothing was seen of the period on view; no state that a filter could ask for."""
HALTED: Final = "halted"
"""Nobody trades it for a while: the exchange says so."""
BY_CANDLE: Final = "~"
"""Behind what the exchange's bar alone vouches for."""
_SIGNS: Final = {State.FORMING: "·", State.PARTIAL: "◐", State.CLOSED: "●", State.CONFIRMED: "✔"}
_ROLES: Final = {
    State.FORMING: Role.DIM,
    State.PARTIAL: Role.WARN,
    State.CLOSED: Role.TEXT,
    State.CONFIRMED: Role.GOOD,
}


def state_label(bar: Bar) -> str:
    """The state as a word; `~` behind `confirmed` where the exchange's bar alone vouches for it, and not ids of trades."""
    is_candle = bar.state is State.CONFIRMED and bar.evidence & Evidence.CANDLE_ONLY
    return f"{bar.state.label}{BY_CANDLE}" if is_candle else bar.state.label


def bar_sign(bar: Bar) -> str:
    """The state in at most two cells: ✔ for confirmed by ids, ✔~ by the exchange's bar alone."""
    is_candle = bar.state is State.CONFIRMED and bar.evidence & Evidence.CANDLE_ONLY
    return f"{_SIGNS[bar.state]}{BY_CANDLE}" if is_candle else _SIGNS[bar.state]


def state_sign(row: Row, bar: Bar | None, context: RenderContext) -> tuple[str, RoleIndex]:
    """The state in at most two cells; blank where it is the usual one."""
    if row.is_halted:
        return "=", Role.WARN
    if context.is_stale:
        return "✕", Role.WARN
    return ("", Role.DIM) if bar is None or bar.state is State.FORMING else (bar_sign(bar), _ROLES[bar.state])


def _draw(row: Row, bar: Bar | None, context: RenderContext, width: int) -> tuple[str, RoleIndex]:
    if row.is_halted:
        return HALTED, Role.WARN
    if context.is_stale:
        return STALE, Role.WARN
    if bar is None:
        return NO_BAR, Role.FAINT
    return ("", Role.DIM) if bar.state is State.FORMING else (state_label(bar)[:width], _ROLES[bar.state])


def _measure(row: Row, bar: Bar | None, now_ms: int) -> Value:
    if row.is_halted:
        return HALTED
    if bar is None:
        return None
    return STALE if is_stale_bar(bar, now_ms) else state_label(bar)


STATE: Final = Column(
    key="state",
    title="State",
    note="where it is not forming, as usual: partial, closed, confirmed (~ by the exchange's bar alone), stale, or halted by the exchange",
    importance=78,
    width=10,
    measure=_measure,
    draw=_draw,
    is_left=True,
    unit=Unit.TEXT,
    is_descending=False,
    values=(*(state.label for state in State), f"{State.CONFIRMED.label}{BY_CANDLE}", STALE, HALTED),
)
