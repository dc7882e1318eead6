"""Symbols of several exchanges in one engine: they share nothing but readers and indexes."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import continuity, parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import (
    AbandonGap,
    AddSymbol,
    AmendBar,
    Counters,
    GapFound,
    HoldSymbol,
    MissingTrades,
    NumberedAnew,
    ReleaseSymbol,
    RemoveSymbol,
    SeedBars,
    TradeRejected,
    TradeTooLate,
)
from klagg_tui.engine.period import MINUTE_MS, Period
from tests.flows import flows, kinds, law
from tests.makers import DAY, MINUTE, START, SYMBOL, Seen, bar, from_deal, snapshot, trade
from tests.oracle import Deal

ONE, OTHER = f"one:{SYMBOL}", f"other:{SYMBOL}"


def both(*, holds_gaps: bool = True) -> KlineEngine:
    """An engine that follows the same name on two exchanges."""
    made = KlineEngine((Period.M1, Period.M5), holds_gaps=holds_gaps)
    for symbol in (ONE, OTHER):
        made.handle(AddSymbol(symbol, 0, venue=symbol.partition(":")[0]))
    return made


def seeded() -> KlineEngine:
    made = both()
    for symbol in (ONE, OTHER):
        made.handle(SeedBars(symbol, START, (), None, 1))
    return made


def test_trades_find_the_symbol_of_their_venue_and_bars_tell_whose_they_are() -> None:
    made = seeded()
    made.take([trade(1, price="7")], "one")
    made.take([trade(1, price="8"), trade(2, price="9")], "other")
    closes = {(bar.symbol, bar.period): bar.close for bar in snapshot(made)}
    assert closes == {
        (symbol, period): parsing.price(price)
        for symbol, price in ((ONE, "7"), (OTHER, "9"))
        for period in (Period.M1, Period.M5)
    }
    assert (made.next_id(ONE), made.next_id(OTHER)) == (2, 3)
    assert (made.traded_ms(ONE), made.traded_ms(SYMBOL)) == (START, 0)


def test_a_trade_of_a_venue_that_has_no_such_symbol_is_unknown_there() -> None:
    made = seeded()
    made.take([trade(1)])
    made.take([trade(1)], "elsewhere")
    made.take([trade(1, symbol=ONE)], "one")
    for symbol in ("one:NONE", SYMBOL):
        made.handle(HoldSymbol(symbol))
    made.handle(AmendBar(bar()))
    assert {venue: made.counters_of(venue).unknown_symbol for venue in ("", "elsewhere", "one", "other")} == {
        "": 2,
        "elsewhere": 1,
        "one": 2,
        "other": 0,
    }
    assert made.counters == Counters(unknown_symbol=5)


def test_a_venue_may_go_by_its_key_where_its_symbols_have_no_other_name_than_their_own() -> None:
    made = KlineEngine((Period.M1,), holds_gaps=False)
    made.handle(AddSymbol(SYMBOL, 0, venue="one"))
    made.handle(AddSymbol(ONE, 0, venue="one"))
    made.take([trade(1)], "one")
    assert [bar.symbol for bar in snapshot(made)] == [SYMBOL]
    assert made.symbols() == made.symbols("one") == (SYMBOL,)


def test_a_removed_symbol_leaves_its_name_in_the_other_venue_alone() -> None:
    made = seeded()
    made.handle(RemoveSymbol(ONE))
    made.handle(RemoveSymbol(ONE))
    for venue in ("one", "other"):
        made.take([trade(1)], venue)
    assert made.symbols() == (OTHER,)
    assert (made.symbols("one"), made.symbols("other")) == ((), (OTHER,))
    assert [made.counters_of(venue).trades for venue in ("one", "other")] == [0, 1]


def test_the_time_of_one_venue_ends_its_own_minutes_alone() -> None:
    made = seeded()
    for venue in ("one", "other"):
        made.take([trade(1)], venue)
    reader = made.reader()
    assert not made.tick(START + MINUTE, venue="one")
    assert [bar.symbol for bar in made.drain(reader).ended] == [ONE]
    assert made.tick(START + 3 * MINUTE, most=1, venue="other")
    made.tick(START + 3 * MINUTE)
    ended = made.drain(reader).ended
    assert [sum(bar.symbol == symbol for bar in ended) for symbol in (ONE, OTHER)] == [2, 3]


def test_each_venue_has_a_clock_that_no_trade_may_be_ahead_of() -> None:
    made = seeded()
    made.latest_ms = START
    made.bound("one", START + MINUTE)
    assert made.latest_ms == START
    late = trade(1, START + 2 * MINUTE)
    for venue in ("one", "other"):
        made.take([late], venue)
    assert [made.counters_of(venue).rejected for venue in ("one", "other")] == [1, 0]
    (report,) = made.take_reports()
    assert isinstance(report, TradeRejected)
    assert (report.symbol, report.trade) == (ONE, late)


def test_reports_are_taken_by_venue_and_tell_the_whole_name() -> None:
    made = seeded()
    for venue in ("one", "other"):
        made.take([trade(1), trade(3)], venue)
    assert made.waiting() == (ONE, OTHER)
    assert (made.waiting("one"), made.held_trades("one"), made.held_trades()) == ((ONE,), 1, 2)
    gap = made.pending_gap(ONE)
    assert gap
    assert gap.held == (trade(3),)
    assert made.pending_gap(SYMBOL) is None
    assert made.take_reports("one") == [GapFound(ONE)]
    assert made.take_reports("one") == []
    assert made.take_reports() == [GapFound(OTHER)]
    made.handle(MissingTrades(ONE, (trade(2),)))
    assert made.waiting() == (OTHER,)
    assert made.pending_gap(ONE) is None


def test_what_is_told_of_a_single_trade_tells_its_venue() -> None:
    made = both(holds_gaps=False)
    made.take([trade(5, START + DAY), trade(6, START)], "one")
    (late,) = made.take_reports()
    assert late == TradeTooLate(trade(6, START), ONE)
    assert late.symbol == ONE
    made.take([trade(1, START + 2 * DAY), trade(2, START + 2 * DAY)], "one")
    (anew,) = made.take_reports()
    assert anew == NumberedAnew(trade(1, START + 2 * DAY), ONE)
    assert anew.symbol == ONE


def test_reports_of_a_symbol_by_its_own_name_need_no_other() -> None:
    for report in (TradeRejected(trade(1), ""), TradeTooLate(trade(1)), NumberedAnew(trade(1))):
        assert report.symbol == SYMBOL


def test_a_storm_on_one_venue_lets_go_no_trade_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(continuity, "MOST_HELD_IN_SUM", 200)
    made = seeded()
    made.take([trade(number) for number in range(2, 50)], "other")
    for number in range(2, 500):
        made.take([trade(number)], "one")
        assert made.held_trades("one") <= 100
    assert made.held_trades("other") == 48
    assert made.counters_of("one").held_cut > 300
    assert made.counters_of("other").held_cut == 0


@dataclass
class Twin:
    """The same symbol in an engine with others, and in one of its own."""

    venue: str
    shared: KlineEngine
    alone: KlineEngine = field(default_factory=lambda: KlineEngine(kinds, holds_gaps=True))

    def __post_init__(self) -> None:
        self.symbol = f"{self.venue}:{SYMBOL}"
        self.alone.handle(AddSymbol(SYMBOL, 0))
        self.shared.handle(AddSymbol(self.symbol, 0, venue=self.venue))
        self.seen = Seen(self.alone)
        self.newest_ms = 0
        self.lost: list[Deal] = []

    def begin(self, deals: list[Deal]) -> None:
        minute_ms = deals[0].traded_ms // MINUTE_MS * MINUTE_MS
        self.shared.handle(SeedBars(self.symbol, minute_ms, (), None, deals[0].aggregate_id))
        self.alone.handle(SeedBars(SYMBOL, minute_ms, (), None, deals[0].aggregate_id))

    def tell(self, what: str, deal: Deal) -> None:
        """One thing that happens to both."""
        self.newest_ms = max(self.newest_ms, deal.traded_ms)
        if what == "lost":
            self.lost.append(deal)
            return
        self.shared.take([from_deal(deal)], self.venue)
        self.alone.take([from_deal(deal)])
        if what == "tick":
            self.shared.tick(self.newest_ms + MINUTE_MS, venue=self.venue)
            self.alone.tick(self.newest_ms + MINUTE_MS)
        elif what == "bound":
            self.shared.bound(self.venue, self.newest_ms)
            self.alone.latest_ms = self.newest_ms
        elif what == "hold":
            self.shared.handle(HoldSymbol(self.symbol))
            self.alone.handle(HoldSymbol(SYMBOL))
        elif what == "release":
            self.shared.handle(ReleaseSymbol(self.symbol))
            self.alone.handle(ReleaseSymbol(SYMBOL))
        elif what == "fetch":
            fetched = tuple(map(from_deal, self.lost))
            self.shared.handle(MissingTrades(self.symbol, fetched))
            self.alone.handle(MissingTrades(SYMBOL, fetched))
        elif what == "give up":
            self.shared.handle(AbandonGap(self.symbol))
            self.alone.handle(AbandonGap(SYMBOL))
        elif what == "amend":
            self.seen.look()
            for bar in list(self.seen.ended.values()):
                if bar.period is Period.M1:
                    self.alone.handle(AmendBar(bar))
                    self.shared.handle(AmendBar(bar._replace(symbol=self.symbol)))


HAPPENINGS = ("trade", "trade", "lost", "tick", "bound", "hold", "release", "fetch", "give up", "amend")


@law
@given(flows(min_size=2), flows(min_size=2), st.data())
def test_one_name_on_two_venues_in_turns_gives_the_bars_of_two_engines(
    first: list[Deal], second: list[Deal], data: st.DataObject
) -> None:
    shared = KlineEngine(kinds, holds_gaps=True)
    seen = Seen(shared)
    twins = [Twin("one", shared), Twin("other", shared)]
    left = [list(first), list(second)]
    for twin, deals in zip(twins, left, strict=True):
        twin.begin(deals)
    while any(left):
        place = data.draw(st.sampled_from([place for place in (0, 1) if left[place]]), "whose")
        twins[place].tell(data.draw(st.sampled_from(HAPPENINGS), "what"), left[place].pop(0))
        if data.draw(st.booleans(), "look"):
            seen.look()
    seen.look()
    for twin in twins:
        twin.seen.look()
        assert _of(seen.bars, twin.symbol) == twin.seen.bars
        assert shared.next_id(twin.symbol) == twin.alone.next_id(SYMBOL)
        assert shared.counters_of(twin.venue) == twin.alone.counters
        gap, alone = shared.pending_gap(twin.symbol), twin.alone.pending_gap(SYMBOL)
        assert (gap and gap.held) == (alone and alone.held)
        assert [report.symbol for report in shared.take_reports(twin.venue)] == [
            twin.symbol for _ in twin.alone.take_reports()
        ]
    spans = [span[1:] for twin in twins for span in Seen(twin.alone).look().spans]
    assert sorted(span[1:] for span in Seen(shared).look().spans) == sorted(spans)
    assert shared.counters.trades == sum(twin.alone.counters.trades for twin in twins)
    assert shared.take_reports() == []


def _of(bars: dict[tuple[str, Period, int], Bar], symbol: str) -> dict[tuple[str, Period, int], Bar]:
    """The bars of one symbol, under its own name."""
    own = (bar._replace(symbol=SYMBOL) for bar in bars.values() if bar.symbol == symbol)
    return {bar.key: bar for bar in own}


def test_an_inverse_contract_counts_contracts_and_is_paid_by_their_worth() -> None:
    made = KlineEngine((Period.M1, Period.M5), holds_gaps=False)
    made.handle(AddSymbol(ONE, 0, venue="one", contract_value=parsing.price("100")))
    made.handle(SeedBars(ONE, START, (), None, 1))
    seen = Seen(made)
    made.take(
        [
            trade(1, START, "61800.5", "3"),
            trade(2, START + 1, "61801", "2", buyer_maker=True),
            trade(3, START + MINUTE, "61802", "1"),
            trade(4, START + 2, "61700", "4"),
        ],
        "one",
    )
    seen.look()
    minute = seen.bars[ONE, Period.M1, START]
    assert (minute.open, minute.low) == (parsing.price("61800.5"), parsing.price("61700"))
    assert (minute.volume, minute.taker_buy_volume) == (parsing.quantity("9"), parsing.quantity("7"))
    assert (minute.turnover, minute.taker_buy_turnover) == (parsing.turnover("900"), parsing.turnover("700"))
    assert minute.state is State.CLOSED
    five = seen.bars[ONE, Period.M5, START]
    assert (five.volume, five.turnover) == (parsing.quantity("10"), parsing.turnover("1000"))


def test_a_gap_of_a_symbol_that_leaves_is_given_up() -> None:
    engine = KlineEngine((Period.M1,), holds_gaps=True)
    engine.handle(AddSymbol("BTCUSDT", 0))
    engine.handle(SeedBars("BTCUSDT", START, (), None, 1))
    engine.take([trade(1, START), trade(3, START + 1)])
    assert (engine.counters.gaps, engine.counters.gaps_abandoned) == (1, 0)
    engine.handle(RemoveSymbol("BTCUSDT"))
    assert (engine.counters.gaps, engine.counters.gaps_abandoned) == (1, 1)
