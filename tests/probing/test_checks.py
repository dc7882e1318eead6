"""What a probe judges: each law held, each law broken, and too little to tell."""

from __future__ import annotations

from klagg_tui.engine.bar import Bar, State
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.venue import CandleFacts, Ids
from klagg_tui.probing.checks import (
    Look,
    Pair,
    holes,
    judge_empty,
    judge_final,
    judge_first_price,
    judge_ids,
    judge_seam,
    judge_sums,
)
from klagg_tui.probing.report import Verdict
from tests.makers import MINUTE, START, bar, trade

_WHOLE = CandleFacts()


def test_holes_are_what_lies_between_ids_in_any_order() -> None:
    assert holes([5, 2, 1, 9, 5]) == [(3, 4), (6, 8)]


def test_ids_without_a_hole_hold() -> None:
    heard = {"A": [trade(1), trade(2)]}
    assert judge_ids(Ids.DENSE, heard, {"A": [trade(1), trade(2)]}).verdict is Verdict.HOLDS


def test_a_hole_on_the_stream_fails_where_ids_are_said_to_be_dense_and_holds_where_only_pages_are() -> None:
    heard, fetched = {"A": [trade(1), trade(3)]}, {"A": [trade(1), trade(2), trade(3)]}
    dense = judge_ids(Ids.DENSE, heard, fetched)
    assert (dense.verdict, dense.examples) == (Verdict.FAILS, ("stream A: 2 to 2",))
    assert judge_ids(Ids.DENSE_IN_REST, heard, fetched).verdict is Verdict.HOLDS
    assert judge_ids(Ids.DENSE_IN_REST, heard, heard).verdict is Verdict.FAILS


def test_a_single_trade_shows_nothing_of_ids() -> None:
    assert judge_ids(Ids.DENSE, {"A": [trade(1)]}, {}).verdict is Verdict.OPEN


def test_equal_bars_hold() -> None:
    assert judge_sums(_WHOLE, [Pair(bar(), bar())]).verdict is Verdict.HOLDS


def test_a_field_that_differs_is_named_with_both_values() -> None:
    measured = judge_sums(_WHOLE, [Pair(bar(trade_count=2), bar(trade_count=3)), Pair(bar(), bar())])
    assert measured.verdict is Verdict.FAILS
    assert measured.sentence.endswith("different: trade_count in 1")
    assert measured.examples == (f"BTCUSDT {START}: trade_count of the trades 2, of the bar 3",)


def test_differences_are_shown_in_units_of_their_kind() -> None:
    ours, theirs = bar(high="102"), bar(high="101", volume="2", turnover_text="7")
    examples = judge_sums(_WHOLE, [Pair(ours, theirs)]).examples
    assert [example.partition(": ")[2] for example in examples] == [
        "high of the trades 102, of the bar 101",
        "volume of the trades 1, of the bar 2",
        "turnover of the trades 100, of the bar 7",
    ]


def test_what_a_candle_does_not_have_is_not_compared() -> None:
    facts = CandleFacts(lacks=Evidence.NO_TURNOVER | Evidence.NO_COUNT)
    assert judge_sums(facts, [Pair(bar(trade_count=2), bar(trade_count=0, turnover_text="0"))]).verdict is Verdict.HOLDS


def test_prices_of_bars_that_open_at_the_previous_close_are_not_compared_with_trades() -> None:
    facts = CandleFacts(opens_at_previous_close=True)
    assert judge_sums(facts, [Pair(bar(), bar(open="99", close="100"))]).verdict is Verdict.HOLDS


def test_sums_of_nothing_show_nothing() -> None:
    assert judge_sums(_WHOLE, []).verdict is Verdict.OPEN


def _flat(open_ms: int = START) -> Bar:
    return bar(open_ms, volume="0", trade_count=0)


def test_flat_bars_of_quiet_minutes_hold_where_they_are_supposed() -> None:
    quiet = [("A", START), ("A", START + MINUTE)]
    sent = {("A", START): _flat(), ("A", START + MINUTE): _flat(START + MINUTE)}
    assert judge_empty(_WHOLE, quiet, sent).verdict is Verdict.HOLDS
    assert judge_empty(CandleFacts(has_empty_minutes=False), quiet, sent).verdict is Verdict.FAILS


def test_a_quiet_minute_without_a_bar_fails_where_bars_are_supposed() -> None:
    quiet = [("A", START)]
    assert judge_empty(_WHOLE, quiet, {}).verdict is Verdict.FAILS
    assert judge_empty(CandleFacts(has_empty_minutes=False), quiet, {}).verdict is Verdict.HOLDS
    assert judge_empty(_WHOLE, [], {}).verdict is Verdict.OPEN


def test_a_traded_bar_of_a_quiet_minute_fails() -> None:
    assert judge_empty(_WHOLE, [("A", START)], {("A", START): bar()}).verdict is Verdict.FAILS


def test_the_first_price_is_that_of_the_first_trade_or_of_the_bar_before() -> None:
    ours = bar(open="101")
    before = {("BTCUSDT", START): bar(START - MINUTE, close="100")}
    at_trade, at_close = Pair(ours, bar(open="101")), Pair(ours, bar(open="100", high="101", close="101"))
    later = CandleFacts(opens_at_previous_close=True)
    assert judge_first_price(_WHOLE, [at_trade], before).verdict is Verdict.HOLDS
    assert judge_first_price(_WHOLE, [at_close], before).verdict is Verdict.FAILS
    assert judge_first_price(later, [at_close], before).verdict is Verdict.HOLDS
    assert judge_first_price(later, [at_trade], before).verdict is Verdict.FAILS


def test_a_first_trade_at_the_previous_close_tells_nothing() -> None:
    before = {("BTCUSDT", START): bar(START - MINUTE, close="100")}
    assert judge_first_price(_WHOLE, [Pair(bar(), bar())], before).verdict is Verdict.OPEN
    assert judge_first_price(_WHOLE, [Pair(bar(), bar())], {}).verdict is Verdict.OPEN


def looks(*seen: tuple[int, Bar | None], error_ms: int = 0) -> dict[str, list[Look]]:
    """At one bar, so long after its end by a clock that may be off by so much."""
    return {"A": [Look(at_ms - error_ms, at_ms + error_ms, found) for at_ms, found in seen]}


def test_a_bar_is_final_from_the_look_on_that_shows_what_the_last_one_did() -> None:
    early, final = bar(trade_count=1), bar(trade_count=2)
    seen = looks((500, None), (1_000, early), (2_000, final), (4_000, final))
    assert judge_final(2_000, seen).verdict is Verdict.HOLDS
    between = judge_final(1_500, seen)
    assert between.verdict is Verdict.OPEN
    assert between.sentence.endswith(
        "the look before may have been 1 s after the end, and they are timed to within 0 s: too coarse to tell"
    )
    assert judge_final(1_000, seen).verdict is Verdict.FAILS
    assert judge_final(1_000, looks((3_000, final))).verdict is Verdict.OPEN


def test_a_late_change_that_a_wrong_clock_would_explain_is_none() -> None:
    early, final = bar(trade_count=1), bar(trade_count=2)
    seen = ((15_542, early), (30_845, final), (40_000, final))
    assert judge_final(10_000, looks(*seen)).verdict is Verdict.FAILS
    assert judge_final(10_000, looks(*seen, error_ms=5_542)).verdict is Verdict.FAILS
    doubtful = judge_final(10_000, looks(*seen, error_ms=5_543))
    assert doubtful.verdict is Verdict.OPEN
    assert "timed to within 11.086 s" in doubtful.sentence


def test_a_bar_that_a_wrong_clock_would_have_let_come_late_is_not_said_to_be_final() -> None:
    final = bar()
    assert judge_final(10_000, looks((8_000, final), error_ms=2_000)).verdict is Verdict.HOLDS
    doubtful = judge_final(10_000, looks((8_000, final), error_ms=2_001))
    assert doubtful.verdict is Verdict.OPEN
    assert "no look was earlier" in doubtful.sentence


def test_a_bar_that_says_itself_that_it_is_forming_changes_as_it_may() -> None:
    forming, final = bar(trade_count=1, state=State.FORMING), bar(trade_count=2)
    assert judge_final(10_000, looks((15_000, forming), (30_000, final))).verdict is Verdict.OPEN
    assert judge_final(10_000, looks((9_000, forming), (9_500, final), (30_000, final))).verdict is Verdict.HOLDS
    assert judge_final(10_000, looks((15_000, final), (30_000, forming))).verdict is Verdict.OPEN


def test_bars_that_never_come_show_nothing() -> None:
    assert judge_final(1_000, {**looks((500, None)), "B": []}).verdict is Verdict.OPEN


def test_a_traded_minute_without_a_bar_is_no_sum() -> None:
    measured = judge_sums(_WHOLE, [], missing=[bar()])
    assert measured.verdict is Verdict.FAILS
    assert measured.examples == (f"BTCUSDT {START}: traded, and without a bar",)


def test_a_seam_is_there_where_a_new_connection_begins_with_older_trades() -> None:
    opened, served = START + 5, {"A": START + 7, "B": START + 7}
    older = {"A": [trade(7, START), trade(8, START + 9)], "B": [trade(1, START + 9)]}
    newer = {"A": [trade(3, START + 7)], "B": [trade(1, START + 6)]}
    assert judge_seam(True, opened, served, older).verdict is Verdict.HOLDS
    assert judge_seam(True, opened, served, newer).verdict is Verdict.FAILS
    assert judge_seam(False, opened, served, newer).verdict is Verdict.HOLDS
    assert judge_seam(False, opened, served, older).verdict is Verdict.FAILS
    assert judge_seam(None, opened, served, older).verdict is Verdict.TOLD
    assert judge_seam(True, opened, served, {"A": []}).verdict is Verdict.OPEN


def test_trades_from_while_a_connection_was_being_opened_show_no_seam_and_none_missing() -> None:
    between = {"A": [trade(3, START + 5)], "B": [trade(1, START + 9)]}
    measured = judge_seam(True, START + 5, {"A": START + 3_005}, between)
    assert measured.verdict is Verdict.OPEN
    assert "all began in the 3 s in which the connection may have been opened" in measured.sentence


def test_minutes_that_a_trade_straddles_are_equal_together() -> None:
    early, late = bar(volume="3", trade_count=3), bar(START + MINUTE, volume="1", trade_count=1)
    early_theirs, late_theirs = bar(volume="2", trade_count=2), bar(START + MINUTE, volume="2", trade_count=2)
    pairs = [Pair(early, early_theirs), Pair(late, late_theirs)]
    measured = judge_sums(_WHOLE, pairs)
    assert measured.verdict is Verdict.HOLDS
    assert "2 equal together" in measured.sentence
    assert judge_sums(_WHOLE, pairs[:1], pairs[1:]).verdict is Verdict.HOLDS
    assert judge_sums(_WHOLE, pairs[1:], pairs[:1]).verdict is Verdict.HOLDS
    assert judge_sums(_WHOLE, pairs[:1]).verdict is Verdict.FAILS
    assert judge_sums(_WHOLE, [pairs[0], Pair(late, late)]).verdict is Verdict.FAILS
    assert judge_sums(_WHOLE, [pairs[0], Pair(late, bar(START + MINUTE, volume="5"))]).verdict is Verdict.FAILS
