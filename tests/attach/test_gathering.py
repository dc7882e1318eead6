"""Several updates laid over each other leave the same market as one after the other."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.attach.gathering import Gathering
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import StoredStretch
from klagg_tui.engine.derivatives import DerivativeMinute
from klagg_tui.engine.period import Period
from klagg_tui.exchange.tickers import Ticker24h
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view.model import Market
from tests.makers import MINUTE, START, bar

SYMBOLS = ("A", "B")


@st.composite
def told(draw: st.DrawFn) -> list[FeedUpdate]:
    """What an engine could tell: bars end one after the other, symbols come and go."""
    minute, found = dict.fromkeys(SYMBOLS, 0), []
    followed: set[str] = set()
    for number in range(draw(st.integers(1, 6))):
        symbol = draw(st.sampled_from(SYMBOLS))
        removed = draw(st.booleans()) and symbol in followed and draw(st.booleans())
        if removed:
            followed.discard(symbol)
            found.append(FeedUpdate(symbols_removed=(symbol,)))
            continue
        added = () if symbol in followed else (symbol,)
        followed.add(symbol)
        ended: tuple[Bar, ...] = ()
        if draw(st.booleans()):
            ended = (_bar(symbol, minute[symbol], number, State.CLOSED),)
            minute[symbol] += 1
        current = (_bar(symbol, minute[symbol], number, State.FORMING),)
        found.append(
            FeedUpdate(
                Changes(current, ended),
                added,
                (),
                {symbol: START + minute[symbol] * MINUTE + number},
                {symbol: InstrumentFacts("one", "One", symbol, symbol, f"Q{number}")},
                (StoredStretch(symbol, Period.M1, START, START + number * MINUTE),),
                {symbol: Ticker24h(START + number, last=float(number))},
                (DerivativeMinute(symbol, START + number % 2 * MINUTE, number),),
            )
        )
    return found


def _bar(symbol: str, minute: int, number: int, state: State) -> Bar:
    return bar(START + minute * MINUTE, symbol=symbol)._replace(trade_count=number + 1, state=state)


def shown(market: Market) -> dict[str, tuple[object, ...]]:
    return {
        symbol: (row.bars, row.last_trade_ms, row.quote, [row._closes[0] and list(row._closes[0].closes)])
        for symbol, row in market.rows.items()
    }


@given(told())
def test_as_one_they_leave_what_they_leave_one_by_one(updates: list[FeedUpdate]) -> None:
    gathering, one_by_one, as_one = Gathering(), Market(), Market()
    for update in updates:
        one_by_one.apply(update)
        gathering.add(update)
    as_one.apply(gathering.take())
    assert shown(as_one) == shown(one_by_one)
    assert not any(gathering.take())


def test_what_begins_anew_takes_the_place_of_all_before() -> None:
    gathering = Gathering()
    gathering.add(FeedUpdate(symbols_added=("A",), last_trade_ms={"A": 1}))
    gathering.add(FeedUpdate(symbols_added=("B",), anew_until_ms=5))
    assert gathering.take() == FeedUpdate(symbols_added=("B",), anew_until_ms=5)


def test_what_is_recalled_of_contracts_is_older_than_what_was_told() -> None:
    told, before = DerivativeMinute("A", START, 2), DerivativeMinute("A", START - MINUTE, 1)
    gathering = Gathering()
    gathering.add(FeedUpdate(derivatives=(told,)))
    gathering.recall([before, DerivativeMinute("A", START, 1)])
    assert gathering.take().derivatives == (told, before)
