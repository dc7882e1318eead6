"""What is unknown of a bar stays so, and ids that prove nothing close none."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, BarKey, State, blanked, empty_bar
from klagg_tui.engine.engine import KlineEngine
from klagg_tui.engine.events import (
    AbandonGap,
    AddSymbol,
    AmendBar,
    HoldSymbol,
    MissingTrades,
    QuietUntil,
    ReleaseSymbol,
    RemoveSymbol,
    SeedBars,
)
from klagg_tui.engine.minute import with_trade
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.evidence import Evidence
from tests.flows import HELD, flows, kinds, law
from tests.makers import MINUTE, START, SYMBOL, Seen, bars, from_deal, trade
from tests.oracle import Deal

LACKS = Evidence.NO_TURNOVER | Evidence.NO_COUNT
UNKNOWN = LACKS | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
FIVE = (SYMBOL, Period.M5, START)

evidences = st.one_of(st.just(0), st.integers(0, (UNKNOWN | Evidence.CANDLE_ONLY).value))


def lacking(bar: Bar, evidence: int) -> Bar:
    return blanked(bar._replace(evidence=evidence))


def following(*, proves: bool = True, holds_gaps: bool = False) -> KlineEngine:
    made = KlineEngine(kinds, holds_gaps=holds_gaps, held_minutes=HELD)
    made.handle(AddSymbol(SYMBOL, 0, proves=proves))
    return made


def begun(*, proves: bool = True, forming: Bar | None = None, stored: Iterable[Bar] = ()) -> tuple[KlineEngine, Seen]:
    """An engine begun at a day's open (or behind stored minutes), and who sees all of it."""
    ended = tuple(stored)
    made = following(proves=proves)
    seen = Seen(made)
    made.handle(SeedBars(SYMBOL, START + len(ended) * MINUTE, ended, forming, 1))
    return made, seen


def test_a_forming_minute_remembers_what_its_seed_does_not_know_until_the_next_one() -> None:
    (known,) = bars(1)
    forming = lacking(known._replace(state=State.FORMING), LACKS)
    made, seen = begun(forming=forming)
    made.take([trade(1, START + 1, "100", "2"), trade(2, START + MINUTE, "100", "3")])
    seen.look()
    first, second = seen.bars[SYMBOL, Period.M1, START], seen.bars[SYMBOL, Period.M1, START + MINUTE]
    assert (first.evidence, first.turnover, first.trade_count) == (LACKS, 0, 0)
    assert first.volume == known.volume + parsing.quantity("2")
    assert first.taker_buy_volume == known.taker_buy_volume + parsing.quantity("2")
    assert (second.evidence, second.trade_count) == (0, 1)
    assert seen.bars[FIVE].evidence == LACKS
    assert seen.bars[FIVE].turnover == seen.bars[FIVE].trade_count == 0
    assert seen.bars[FIVE].volume == first.volume + second.volume


def test_a_late_trade_teaches_nothing_of_what_is_unknown() -> None:
    made, seen = begun(stored=[lacking(one._replace(state=State.PARTIAL), LACKS) for one in bars(2)])
    made.take([trade(1, START + 1, "100", "2")])
    seen.look()
    minute = seen.ended[SYMBOL, Period.M1, START]
    assert minute == blanked(minute)
    assert minute.evidence == LACKS
    assert minute.volume == bars(1)[0].volume + parsing.quantity("2")


def test_a_flat_minute_that_follows_another_close_stays_as_unknown_as_it_was() -> None:
    first, second = bars(2)
    flat = empty_bar(SYMBOL, Period.M1, second.open_ms, first.close, State.PARTIAL, LACKS)
    made, seen = begun(stored=[first, flat])
    made.handle(AmendBar(first._replace(high=first.high + 5, close=first.close + 5)))
    seen.look()
    assert seen.ended[flat.key] == empty_bar(SYMBOL, Period.M1, second.open_ms, first.close + 5, State.PARTIAL, LACKS)


@law
@given(flows(), st.lists(evidences, min_size=1, max_size=8), evidences)
def test_unknown_fields_never_come_back_as_known(deals: list[Deal], stored: list[int], forming: int) -> None:
    """Beside an engine that stands on the same bars with all their fields: only what they lack is missing, wherever it went."""
    minute_ms = deals[0].traded_ms // MINUTE_MS * MINUTE_MS
    *whole, under_way = bars(len(stored) + 1, minute_ms - len(stored) * MINUTE)
    under_way = under_way._replace(state=State.FORMING)
    lacked: dict[int, int] = {
        bar.open_ms: bits for bar, bits in zip((*whole, under_way), (*stored, forming), strict=True)
    }
    seen = []
    for known in (True, False):
        made = following()
        seen.append(Seen(made))
        ended, begun = (
            [bar if known else lacking(bar, lacked[bar.open_ms]) for bar in some] for some in (whole, [under_way])
        )
        made.handle(SeedBars(SYMBOL, minute_ms, tuple(ended), begun[0], deals[0].aggregate_id))
        for deal in deals:
            made.handle(from_deal(deal))
        seen[-1].look()
    known_bars, unknown_bars = (each.bars for each in seen)
    assert known_bars.keys() == unknown_bars.keys()
    for key, bar in unknown_bars.items():
        bits = [bits for open_ms, bits in lacked.items() if bar.open_ms <= open_ms < bar.end_ms]
        assert bar.evidence == _joined(bits)
        assert bar == lacking(known_bars[key], bar.evidence)


def _joined(bits: Iterable[int]) -> int:
    whole = 0
    for one in bits:
        whole |= one
    return whole


def test_a_candle_without_all_fields_confirms_our_minute_with_all_of_them() -> None:
    made, seen = begun()
    made.take([trade(1), trade(2, START + MINUTE), trade(3, START + 2 * MINUTE)])
    seen.look()
    first, second = (seen.ended[SYMBOL, Period.M1, START + place * MINUTE] for place in (0, 1))
    other = lacking(second._replace(volume=second.volume + 1), LACKS)
    made.handle(AmendBar(lacking(first, LACKS)))
    made.handle(AmendBar(other))
    seen.look()
    assert seen.ended[first.key] == first._replace(state=State.CONFIRMED)
    assert seen.ended[other.key] == other._replace(state=State.CONFIRMED, evidence=LACKS | Evidence.CANDLE_ONLY)
    assert seen.bars[FIVE].evidence == LACKS | Evidence.CANDLE_ONLY
    assert seen.bars[FIVE].turnover == 0
    assert (made.counters.equal, made.counters.amended) == (1, 1)


def test_a_partial_minute_equal_to_a_candle_without_all_fields_rests_on_it_alone() -> None:
    made, seen = begun()
    made.take([trade(1), trade(3, START + 1), trade(4, START + MINUTE)])
    seen.look()
    minute = seen.ended[SYMBOL, Period.M1, START]
    assert minute.state is State.PARTIAL
    made.handle(AmendBar(lacking(minute, LACKS)))
    seen.look()
    assert seen.ended[minute.key] == minute._replace(state=State.CONFIRMED, evidence=Evidence.CANDLE_ONLY)
    assert made.counters.equal == 1


def test_a_candle_that_opens_at_the_close_before_is_equal_to_ours_with_that_price() -> None:
    made, seen = begun()
    made.take([trade(1, price="100"), trade(2, START + MINUTE, "105"), trade(3, START + 2 * MINUTE, "101")])
    seen.look()
    before, minute = (seen.ended[SYMBOL, Period.M1, START + place * MINUTE] for place in (0, 1))
    theirs = minute._replace(open=before.close, low=before.close)
    made.handle(AmendBar(lacking(theirs, LACKS), before.close))
    seen.look()
    assert seen.ended[minute.key] == theirs._replace(state=State.CONFIRMED)
    assert made.counters.equal == 1


def test_without_proof_an_ended_minute_is_partial_until_the_exchanges_own_shows_that_it_is_whole() -> None:
    made, seen = begun(proves=False)
    made.take([trade(number, START + place * MINUTE) for number, place in enumerate((0, 1, 3, 5), 1)])
    made.handle(QuietUntil(SYMBOL, START + 6 * MINUTE))
    seen.look()
    minutes = [bar for bar in seen.ended.values() if bar.period is Period.M1]
    assert [bar.state for bar in minutes] == [State.PARTIAL] * 6
    assert seen.ended[FIVE].state is State.PARTIAL
    for bar in minutes:
        made.handle(AmendBar(lacking(bar, LACKS)))
    seen.look()
    assert seen.ended[FIVE].state is State.CONFIRMED
    assert (seen.ended[FIVE].evidence, seen.ended[FIVE].trade_count) == (Evidence.CANDLE_ONLY, 3)
    assert seen.bars[SYMBOL, Period.H1, START].state is State.FORMING


def test_ids_that_prove_nothing_make_no_spans() -> None:
    made, seen = begun(proves=False)
    made.take([trade(1), trade(2, START + MINUTE), trade(5, START + 2 * MINUTE)])
    made.handle(RemoveSymbol(SYMBOL))
    seen.look()
    assert seen.spans == {}


HAPPENINGS = ("trade", "trade", "trade", "lost", "tick", "quiet", "hold", "release", "fetch", "give up", "amend")


@law
@given(flows(min_size=2), st.booleans(), st.data())
def test_ids_that_prove_nothing_close_no_bar(deals: list[Deal], holds_gaps: bool, data: st.DataObject) -> None:
    made = following(proves=False, holds_gaps=holds_gaps)
    seen = Seen(made)
    if data.draw(st.booleans(), "seeded"):
        minute_ms = deals[0].traded_ms // MINUTE_MS * MINUTE_MS
        made.handle(SeedBars(SYMBOL, minute_ms, (), None, deals[0].aggregate_id))
    lost: list[Deal] = []
    newest_ms = 0
    confirmed: set[BarKey] = set()
    for deal in deals:
        newest_ms = max(newest_ms, deal.traded_ms)
        what = data.draw(st.sampled_from(HAPPENINGS), "what")
        if what == "lost":
            lost.append(deal)
            continue
        made.handle(from_deal(deal))
        if what == "tick":
            made.tick(newest_ms + MINUTE)
        elif what == "quiet":
            made.handle(QuietUntil(SYMBOL, newest_ms + MINUTE))
        elif what == "hold":
            made.handle(HoldSymbol(SYMBOL))
        elif what == "release":
            made.handle(ReleaseSymbol(SYMBOL))
        elif what == "fetch":
            made.handle(MissingTrades(SYMBOL, tuple(map(from_deal, lost))))
        elif what == "give up":
            made.handle(AbandonGap(SYMBOL))
        elif what == "amend":
            seen.look()
            some = [bar for bar in seen.ended.values() if bar.period is Period.M1]
            for bar in data.draw(st.lists(st.sampled_from(some), unique=True) if some else st.just([]), "amended"):
                made.handle(AmendBar(lacking(bar, LACKS)))
                confirmed.add(bar.key)
        seen.look()
        assert not [bar for bar in seen.bars.values() if bar.state is State.CLOSED]
    assert {key for key, bar in seen.ended.items() if bar.state is State.CONFIRMED and key[1] is Period.M1} <= confirmed
    assert seen.spans == {}


@law
@given(flows(late=False), st.data())
def test_but_for_states_bars_are_what_ids_that_prove_would_make_of_them(deals: list[Deal], data: st.DataObject) -> None:
    steps = [data.draw(st.booleans(), "tick") for _ in deals]
    made: list[dict[BarKey, Bar]] = []
    for proves in (True, False):
        engine = following(proves=proves)
        seen = Seen(engine)
        for deal, is_tick in zip(deals, steps, strict=True):
            engine.handle(from_deal(deal))
            if is_tick:
                engine.tick(deal.traded_ms + MINUTE)
        seen.look()
        made.append(seen.bars)
    assert made[0].keys() == made[1].keys()
    assert all(bar.same_values(made[0][key]) for key, bar in made[1].items())


@pytest.mark.parametrize("proves", [True, False])
def test_a_gap_is_held_whatever_ids_prove(proves: bool) -> None:
    made = following(proves=proves, holds_gaps=True)
    made.handle(SeedBars(SYMBOL, START, (), None, 1))
    made.take([trade(1), trade(3)])
    assert made.waiting() == (SYMBOL,)
    made.handle(MissingTrades(SYMBOL, (trade(2),)))
    assert made.waiting() == ()


def quiet(*, proves: bool = True) -> tuple[KlineEngine, Seen, Bar]:
    """A traded minute and a quiet one behind it, which a candle without all fields has shown."""
    made, seen = begun(proves=proves)
    made.take([trade(1)])
    made.tick(START + 2 * MINUTE)
    seen.look()
    minute = seen.ended[SYMBOL, Period.M1, START + MINUTE]
    made.handle(AmendBar(lacking(minute, LACKS)))
    seen.look()
    assert seen.ended[minute.key] == minute._replace(state=State.CONFIRMED, evidence=Evidence.CANDLE_ONLY)
    return made, seen, minute


def test_the_next_trade_shows_by_its_id_what_the_candle_alone_did() -> None:
    made, seen, minute = quiet()
    made.handle(QuietUntil(SYMBOL, START + 2 * MINUTE))
    seen.look()
    assert seen.ended[minute.key].evidence == Evidence.CANDLE_ONLY
    assert seen.bars[FIVE].evidence == Evidence.CANDLE_ONLY
    made.take([trade(2, START + 2 * MINUTE)])
    seen.look()
    assert seen.ended[minute.key] == minute._replace(state=State.CONFIRMED)
    assert seen.bars[FIVE].evidence == 0
    assert made._states[SYMBOL].until_ms == START + 3 * MINUTE


def test_a_trade_behind_missing_ones_shows_nothing_of_what_the_candle_alone_did() -> None:
    made, seen, minute = quiet()
    made.take([trade(3, START + 2 * MINUTE)])
    seen.look()
    assert seen.ended[minute.key].evidence == Evidence.CANDLE_ONLY
    assert made._states[SYMBOL].until_ms == START + 3 * MINUTE


def test_ids_that_prove_nothing_take_no_word_from_the_candle() -> None:
    made, seen, minute = quiet(proves=False)
    made.take([trade(2, START + 2 * MINUTE), trade(3, START + 3 * MINUTE)])
    seen.look()
    assert seen.ended[minute.key].evidence == Evidence.CANDLE_ONLY


def cut_and_confirmed(opens_at: str = "", *, is_close_before: bool = True) -> tuple[KlineEngine, Seen, Bar, Bar]:
    """An engine that went silent inside its first minute, of which the exchange's bar came before the missing trades.

    With it what the minute must be, and the exchange's bar of it.
    """
    whole, witness = begun()
    whole.take([trade(1), trade(2, START + 2), trade(3, START + MINUTE)])
    witness.look()
    true = witness.ended[SYMBOL, Period.M1, START]._replace(state=State.CONFIRMED)
    price = parsing.price(opens_at) if opens_at else None
    if price is not None:
        true = true._replace(open=price, low=min(true.low, price))
    theirs = lacking(true, LACKS)
    made = following(holds_gaps=True)
    seen = Seen(made)
    made.handle(SeedBars(SYMBOL, START, (), None, 1))
    made.take([trade(1)])
    made.tick(START + 3 * MINUTE)
    made.handle(HoldSymbol(SYMBOL))
    made.handle(AmendBar(theirs, price if is_close_before else None))
    return made, seen, true, theirs


@pytest.mark.parametrize("opens_at", ["", "99"], ids=["at its first trade", "at the close before"])
def test_a_minute_gone_silent_that_the_exchanges_bar_stands_for_is_whole_once_its_missing_trades_have_come(
    opens_at: str,
) -> None:
    made, seen, true, theirs = cut_and_confirmed(opens_at)
    seen.look()
    assert seen.ended[true.key] == theirs._replace(evidence=LACKS | Evidence.CANDLE_ONLY)
    made.handle(MissingTrades(SYMBOL, (trade(2, START + 2), trade(3, START + MINUTE))))
    seen.look()
    assert seen.ended[true.key] == true
    assert seen.bars[FIVE].evidence == 0


def test_a_minute_gone_silent_stays_the_exchanges_where_its_trades_say_something_else() -> None:
    made, seen, true, theirs = cut_and_confirmed()
    made.handle(MissingTrades(SYMBOL, (trade(2, START + 2, "7"), trade(3, START + MINUTE))))
    seen.look()
    assert seen.ended[true.key] == theirs._replace(evidence=LACKS | Evidence.CANDLE_ONLY)


def test_a_minute_gone_silent_stays_the_exchanges_where_its_trades_open_elsewhere() -> None:
    made, seen, true, theirs = cut_and_confirmed("99", is_close_before=False)
    made.handle(MissingTrades(SYMBOL, (trade(2, START + 2), trade(3, START + MINUTE))))
    seen.look()
    assert seen.ended[true.key] == theirs._replace(evidence=LACKS | Evidence.CANDLE_ONLY)


def test_a_minute_gone_silent_stays_the_exchanges_where_its_trades_are_given_up() -> None:
    made, seen, true, theirs = cut_and_confirmed()
    made.take([trade(3, START + MINUTE)])
    made.handle(AbandonGap(SYMBOL))
    seen.look()
    assert seen.ended[true.key] == theirs._replace(evidence=LACKS | Evidence.CANDLE_ONLY)


def test_a_late_trade_completes_a_minute_that_the_exchanges_bar_stands_for_also_where_nothing_waits() -> None:
    made, seen = begun()
    made.take([trade(1), trade(2, START + MINUTE), trade(3, START + 2 * MINUTE)])
    seen.look()
    ours = seen.ended[SYMBOL, Period.M1, START]
    whole = lacking(with_trade(ours, trade(4, START + 5))._replace(state=State.CONFIRMED), LACKS)
    made.handle(AmendBar(whole))
    made.take([trade(4, START + 5)])
    seen.look()
    assert seen.ended[ours.key] == with_trade(ours, trade(4, START + 5))._replace(state=State.CONFIRMED)


@pytest.mark.parametrize("is_another_amended", [True, False])
def test_minutes_that_left_memory_are_not_completed(is_another_amended: bool) -> None:
    made, seen, true, theirs = cut_and_confirmed()
    made.handle(ReleaseSymbol(SYMBOL))
    made.tick(START + (HELD + 9) * MINUTE)
    made.handle(HoldSymbol(SYMBOL))
    last = bars(HELD + 8)[-1]
    if is_another_amended:
        made.handle(AmendBar(lacking(last._replace(state=State.CONFIRMED), LACKS)))
    made.handle(MissingTrades(SYMBOL, (trade(2, START + 2), trade(3, START + (HELD + 9) * MINUTE))))
    seen.look()
    assert seen.ended[true.key] == theirs._replace(evidence=LACKS | Evidence.CANDLE_ONLY)
