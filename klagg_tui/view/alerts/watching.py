"""What alerts there are, for which symbols each is armed, and when one fires. Pure: rows and times come as arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Final

from klagg_tui import formatting
from klagg_tui.alert import Alert, Firing, Repeat
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadPeriod, FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns.prices import LAST
from klagg_tui.view.columns.registry import BY_NAME
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FigureCall
from klagg_tui.view.screener.recipes import is_of_day


class State(Enum):
    """How an alert stands."""

    ARMED = "armed"
    """It fires for the next symbol for which it comes true."""
    FIRED = "fired"
    """It still holds for a symbol for which it fired, or rests since; for others it is armed."""
    ENDED = "ended"
    UNREAD = "not watched"
    """Its text cannot be read any more."""


def read_alert(text: str, scope: Scope) -> filters.Filter:
    """The filter of an alert.

    Raises:
        FilterError: it cannot be read, or can never come true after it was untrue.
    """
    found = filters.read(text, scope)
    if found.is_fixed:
        raise FilterError("This never changes, so it would never fire; say for example last>70000 or chg(5m)<-3.")
    return found


class _Watched:
    """One alert and where it stands."""

    __slots__ = ("alert", "armed", "filter", "held", "period")

    def __init__(self, alert: Alert, read: filters.Filter, period: Period) -> None:
        self.alert = alert
        self.filter = read
        self.period = period
        self.armed: set[str] = set()
        """Symbols for which it was seen not to hold since it fired."""
        self.held: set[str] = set()
        """Symbols for which it fired and still holds."""


class Alerts:
    """Fires for a symbol when its alert comes true after it was seen not to be; again only after it was untrue, and after a pause."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._watched: dict[str, _Watched] = {}
        """Those of them that can be read."""
        self._fired_ms: dict[tuple[str, str], int] = {}
        """When, by text and symbol."""
        self._scope = Scope()
        self.errors: dict[str, str] = {}
        """Why the others cannot be read, by text."""
        self.version = 0
        """Grows with each change of what is watched, or of which have ended."""
        self.wants_all = False
        """Whether one is new: it is to be checked for every row, also for those that do not change for hours."""

    @property
    def all(self) -> tuple[Alert, ...]:
        """Every alert as it stands, in the order they were made."""
        return tuple(self._alerts.values())

    @property
    def texts(self) -> tuple[str, ...]:
        """Those of the alerts that are watched."""
        return tuple(self._watched)

    @property
    def calls(self) -> frozenset[FigureCall]:
        """What has to be computed for them."""
        live = (one.filter.calls for one in self._watched.values() if not one.alert.has_ended)
        return frozenset[FigureCall]().union(*live)

    @property
    def filters(self) -> tuple[tuple[Alert, filters.Filter], ...]:
        """Those that have not ended, and what each asks of a row."""
        return tuple((one.alert, one.filter) for one in self._watched.values() if not one.alert.has_ended)

    def use(self, alerts: Iterable[Alert], scope: Scope | None = None) -> dict[str, str]:
        """Watch exactly these from now on; returns the error of each that cannot be read."""
        wanted = {alert.text: alert for alert in alerts}
        before, self._watched = self._watched, {}
        is_same = scope is None or scope == self._scope
        self._scope = scope or self._scope
        self._alerts, self.errors = wanted, {}
        self.version += 1
        for text, alert in wanted.items():
            old = before.get(text)
            try:
                read = old.filter if old is not None and is_same else read_alert(text, self._scope)
                watched = _Watched(alert, read, _period_of(alert, self._scope))
            except FilterError as error:
                self.errors[text] = str(error)
                continue
            if old is not None and old.period is watched.period:
                watched.armed, watched.held = old.armed, old.held
            else:
                self.wants_all = True
            self._watched[text] = watched
        return self.errors

    def put(self, alert: Alert) -> None:
        """Watch this one too, in the place of one of the same text."""
        self.use({**self._alerts, alert.text: alert}.values())

    def remove(self, text: str) -> None:
        """Watch the one of this text no longer."""
        self.use([alert for alert in self.all if alert.text != text])

    def remember(self, fired_ms: Mapping[tuple[str, str], int]) -> None:
        """When alerts fired before this run, by text and symbol: they rest since."""
        for key, at_ms in fired_ms.items():
            self._fired_ms[key] = max(at_ms, self._fired_ms.get(key, at_ms))

    def doubt(self, symbols: Collection[str], days: Collection[str] = ()) -> None:
        """Stored bars of these were read: figures became others by that, and not by what the market did.

        `days`: those of which the exchange told the last 24 hours; of them only figures over a day became others.
        """
        for one in self._watched.values():
            if one.filter.calls:
                one.armed.difference_update(symbols)
            if days and any(map(is_of_day, one.filter.calls)):
                one.armed.difference_update(days)

    def state_of(self, text: str, now_ms: int) -> State:
        """How the alert of this text stands."""
        watched = self._watched.get(text)
        if watched is None:
            return State.UNREAD
        alert = watched.alert
        if alert.has_ended:
            return State.ENDED
        rests = alert.last_ms is not None and now_ms - alert.last_ms < alert.pause_ms
        return State.FIRED if rests or watched.held else State.ARMED

    def holds_for(self, symbol: str) -> bool:
        """Whether an alert fired for the symbol and still holds."""
        return any(symbol in one.held for one in self._watched.values())

    def expire(self, now_ms: int) -> list[Alert]:
        """End those whose time has come; returns them."""
        over = [
            one
            for one in self._watched.values()
            if not one.alert.has_ended and one.alert.until_ms is not None and now_ms >= one.alert.until_ms
        ]
        for one in over:
            self._change(one, replace(one.alert, has_ended=True))
        return [one.alert for one in over]

    def go_back(self, at_ms: int, kept: Sequence[Firing], undone: Sequence[Firing]) -> None:
        """Stand as at a moment before, of what fired until then and since; for whom each is armed is seen from the rows that come."""
        self._fired_ms = {(one.text, one.symbol): one.at_ms for one in kept}
        last_ms = {one.text: one.at_ms for one in kept}
        first_undone = {one.text: one.number for one in reversed(undone)}
        for one in self._watched.values():
            alert = one.alert
            count = min(alert.count, first_undone.get(alert.text, alert.count + 1) - 1)
            ends_once = alert.repeat is Repeat.ONCE and count > 0
            is_over = alert.until_ms is not None and at_ms >= alert.until_ms
            self._change(
                one, replace(alert, count=count, last_ms=last_ms.get(alert.text), has_ended=ends_once or is_over)
            )
            one.armed.clear()
            one.held.clear()
        self.version += 1

    def check(self, rows: Iterable[Row], now_ms: int, *, is_news: bool = True) -> list[Firing]:
        """What came true among these rows; `all` has the alerts as they stand then. What is no news fires nothing."""
        fired: list[Firing] = []
        self.wants_all = False
        live = [one for one in self._watched.values() if not one.alert.has_ended]
        for row in rows if live else ():
            symbol = row.symbol
            for one in live:
                if not one.filter.matches(row, one.period, now_ms):
                    if symbol not in one.armed:
                        one.held.discard(symbol)
                        # What asks for a value that is not known yet was not seen to be untrue.
                        if one.filter.denies(row, one.period, now_ms):
                            one.armed.add(symbol)
                elif symbol in one.armed:
                    one.armed.discard(symbol)
                    if not is_news:
                        if (one.alert.text, symbol) in self._fired_ms:
                            one.held.add(symbol)
                    elif self._may_fire(one.alert, symbol, now_ms):
                        fired.append(self._fire(one, row, now_ms))
        return fired

    def _may_fire(self, alert: Alert, symbol: str, now_ms: int) -> bool:
        before_ms = self._fired_ms.get((alert.text, symbol))
        return not alert.has_ended and (before_ms is None or now_ms - before_ms >= alert.pause_ms)

    def _fire(self, one: _Watched, row: Row, now_ms: int) -> Firing:
        before = one.alert
        ends = before.repeat is Repeat.ONCE
        self._fired_ms[before.text, row.symbol] = now_ms
        one.held.add(row.symbol)
        self._change(one, replace(before, count=before.count + 1, last_ms=now_ms, has_ended=ends))
        value = _value(one, row, now_ms)
        return Firing(now_ms, row.symbol, row.venue, before.text, before.name, _price(row), value, before.count + 1)

    def _change(self, one: _Watched, alert: Alert) -> None:
        one.alert = self._alerts[alert.text] = alert
        self.version += alert.has_ended


def _period_of(alert: Alert, scope: Scope) -> Period:
    """The period that the alert means where its text names none.

    Raises:
        FilterError: there is no such, or its bars are not kept.
    """
    try:
        period = Period.parse(alert.period)
    except BadPeriod as error:
        raise FilterError(str(error)) from error
    if scope.periods is not None and period not in scope.periods:
        kept = ", ".join(map(str, sorted(scope.periods)))
        raise FilterError(f"It is about bars of {period}, which are not kept; there are {kept}.")
    return period


def is_price(text: str) -> bool:
    """Whether a text is the newest price's name."""
    return BY_NAME.get(text.lower()) is LAST


def _price(row: Row) -> str:
    """The newest price, as the exchange told it where no trade was seen; empty where it is not known."""
    if row.last is not None:
        return formatting.price(row.last, row.decimals)
    told = row.told_last
    return "" if told is None else formatting.plain(told)


_SIGNIFICANT: Final = 6
"""Digits of a value."""


def _value(one: _Watched, row: Row, now_ms: int) -> str:
    """What the alert compares, each number once; the newest price is told anyway."""
    numbers = [number for number in one.filter.numbers if not is_price(number.text)]
    found = {number.text: number.value(row, one.period, now_ms) for number in numbers}
    return ", ".join(
        f"{text} {formatting.without_sign_of_nothing(f'{value:.{_SIGNIFICANT}g}')}"
        for text, value in found.items()
        if value is not None
    )
