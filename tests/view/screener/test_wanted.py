"""What stored history is read next."""

from klagg_tui.engine.period import DEFAULT_PERIODS, MINUTE_MS, Period
from klagg_tui.view.screener.figure import FigureCall, parsed
from klagg_tui.view.screener.screener import Need, Screener
from klagg_tui.view.screener.wanted import AT_ONCE, Wanted
from tests.makers import START


def calls(texts: str) -> list[FigureCall]:
    return [parsed(text, DEFAULT_PERIODS) for text in texts.split()]


def made(texts: str, symbols: int = 3) -> tuple[Screener, Wanted]:
    screener = Screener(lambda _symbol: [None] * len(Period))
    screener.now_ms = START
    screener.use(calls(texts))
    for number in range(symbols):
        screener.add(f"S{number}")
    return screener, Wanted(screener)


def taken(wanted: Wanted, visible: tuple[str, ...] = (), urgent: str = "") -> list[list[tuple[str, str]]]:
    """Symbols and first fields of each turn."""
    turns = []
    while needs := wanted.next(visible, calls(urgent)):
        turns.append([(need.symbol, need.fields[0]) for need in needs])
    return turns


def test_nothing_is_wanted_before_anything_is_asked_or_the_time_is_known() -> None:
    screener, wanted = made("")
    assert not wanted.gather()
    assert wanted.next((), ()) == []
    screener.now_ms = 0
    screener.use(calls("chg(1h)"))
    assert not wanted.gather()
    screener.now_ms = START
    assert wanted.gather()


def test_symbols_on_view_come_first_and_from_the_top() -> None:
    _, wanted = made("chg(1h) rsi(1h)")
    assert wanted.gather()
    turns = taken(wanted, ("S2", "S0"))
    assert [symbol for symbol, _ in turns[0]][:2] == ["S2", "S0"]
    assert sum(map(len, turns)) == 6


def test_what_the_rows_are_ordered_by_comes_before_the_rest() -> None:
    for urgent, first in (("chg(1h)", Period.M1), ("rsi(1h)", Period.H1), ("chg(1h) rsi(1h)", Period.M1)):
        _, wanted = made("chg(1h) rsi(1h)")
        assert wanted.gather()
        assert {need.period for need in wanted.next((), calls(urgent))} == {first}


def test_each_is_given_out_once_and_so_many_symbols_at_a_time() -> None:
    screener, wanted = made("chg(1h)", AT_ONCE + 3)
    assert wanted.gather()
    assert [len(turn) for turn in taken(wanted)] == [AT_ONCE, 3]
    assert not wanted.gather()
    screener.add("NEW")
    assert wanted.gather()


def test_what_could_not_be_read_is_given_out_again() -> None:
    _, wanted = made("chg(1h)")
    assert wanted.gather()
    needs = wanted.next((), ())
    wanted.put_back(needs)
    assert wanted.next((), ()) == needs


def test_what_the_store_holds_anew_is_read_again_where_somebody_looks_at_it() -> None:
    screener, wanted = made("chg(1h)")
    from_ms = START - 30 * MINUTE_MS
    screener.note_stored("S0", Period.M1, from_ms, from_ms + 5 * MINUTE_MS)
    screener.note_stored("S0", Period.H1, from_ms, START)
    screener.note_stored("GONE", Period.M1, from_ms, START)
    assert wanted.gather()
    screener.add("NEW")
    assert wanted.gather(), "nothing is forgotten over new symbols"
    found = [need for _ in range(2) for need in wanted.next((), ())]
    assert [need for need in found if need.is_anew] == [
        Need("S0", Period.M1, ("close",), from_ms, from_ms + 5 * MINUTE_MS, is_anew=True)
    ]
    assert len([need for need in found if not need.is_anew]) == 4
