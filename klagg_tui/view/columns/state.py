"""The column of the bar's state, and the state in one cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Final, NamedTuple

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
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
_MANY: Final = 5
"""With fewer rows, what a state is said of is seen at once beside it."""
_USUAL: Final = 0.9
"""Which part of the rows has a state that is usual."""
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


class UsualState(NamedTuple):
    """The state of most rows on view, which is said once for all of them."""

    label: str = State.FORMING.label
    sign: str = ""
    role: RoleIndex = Role.DIM
    is_of_all: bool = True
    """Whether every row has it that is not told apart by something else: halted, outdated, or without a bar."""

    @property
    def told(self) -> str:
        """What is said; nothing of bars that are under way."""
        return f"{self.sign} {'all' if self.is_of_all else 'most'} {self.label}" if self.sign else ""


FORMING: Final = UsualState()


def usual_state(rows: Collection[Row], period: Period, now_ms: int) -> UsualState:
    """That of nine rows in ten; where there is none, or there are few rows, a bar under way is the usual one."""
    ordinal = period.ordinal
    bars = [bar for row in rows if (bar := row.bars[ordinal]) and not row.is_halted and not is_stale_bar(bar, now_ms)]
    if len(bars) < _MANY:
        return FORMING
    label, count = Counter(map(state_label, bars)).most_common(1)[0]
    if count < _USUAL * len(bars) or label == State.FORMING.label:
        return FORMING
    one = next(bar for bar in bars if state_label(bar) == label)
    return UsualState(label, bar_sign(one), _ROLES[one.state], count == len(bars))


def state_sign(row: Row, bar: Bar | None, context: RenderContext) -> tuple[str, RoleIndex]:
    """The state in at most two cells; blank where it is the usual one."""
    if row.is_halted:
        return "=", Role.WARN
    if context.is_stale and _shows_anything(row, bar):
        return "✕", Role.WARN
    if bar is None or state_label(bar) == context.usual:
        return "", Role.DIM
    return bar_sign(bar), _ROLES[bar.state]


def _shows_anything(row: Row, bar: Bar | None) -> bool:
    """Whether there is a value that could be from before: at a first start there is none."""
    return bar is not None or row.last is not None or row.told_last is not None


def _draw(row: Row, bar: Bar | None, context: RenderContext, width: int) -> tuple[str, RoleIndex]:
    if row.is_halted:
        return HALTED, Role.WARN
    if context.is_stale and _shows_anything(row, bar):
        return STALE, Role.WARN
    if bar is None:
        return NO_BAR, Role.FAINT
    label = state_label(bar)
    return ("", Role.DIM) if label == context.usual else (label[:width], _ROLES[bar.state])


def _measure(row: Row, bar: Bar | None, now_ms: int) -> Value:
    if row.is_halted:
        return HALTED
    if bar is None:
        return None
    return STALE if is_stale_bar(bar, now_ms) else state_label(bar)


STATE: Final = Column(
    key="state",
    title="State",
    note="where it is not forming, or what the top line says of most rows on view: partial, closed, confirmed (~ by the exchange's bar alone), stale, or halted by the exchange",
    importance=78,
    width=10,
    measure=_measure,
    draw=_draw,
    is_left=True,
    unit=Unit.TEXT,
    is_descending=False,
    values=(*(state.label for state in State), f"{State.CONFIRMED.label}{BY_CANDLE}", STALE, HALTED),
)
