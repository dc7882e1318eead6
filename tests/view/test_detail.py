"""One symbol in words and numbers."""

from collections.abc import Sequence

from klagg_tui.engine.bar import State
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.events import AggTrade
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import FeedUpdate
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.columns.registry import find
from klagg_tui.view.detail import bar_lines, known_pieces, period_lines, tape_lines
from klagg_tui.view.model import Market, Row
from klagg_tui.view.role import Piece, Role
from tests.makers import MINUTE, START, bar


def _texts(lines: Sequence[Sequence[Piece]]) -> list[str]:
    return ["".join(piece.text for piece in line) for line in lines]


def test_a_bar_is_written_exactly_with_its_state() -> None:
    first, second = _texts(bar_lines(bar(START, "100", close="101.5", volume="1.00000001"), 2, local=False))
    assert "O 100.00" in first
    assert "C 101.50" in first
    assert "+1.50%" in first
    assert "Volume 1.00000001" in second
    assert second.endswith("closed ●")


def test_what_the_exchange_does_not_tell_is_a_dash_and_who_vouches_for_the_bar_is_said() -> None:
    unknown = Evidence.NO_TURNOVER | Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.CANDLE_ONLY
    told = bar(START, "100", state=State.CONFIRMED)._replace(evidence=unknown)
    second = _texts(bar_lines(told, 2, local=False))[1]
    for field in ("Turnover –", "Trades –", "Buyers –"):
        assert field in second
    assert second.endswith("confirmed ✔~")
    assert _texts(bar_lines(told._replace(evidence=0), 2, local=False))[1].endswith("confirmed ✔")


def test_a_bar_without_trades_has_no_buyers() -> None:
    assert "Buyers –" in _texts(bar_lines(bar(START, "100", volume="0"), 2, local=False))[1]


def test_every_period_has_a_line_also_without_a_bar() -> None:
    row = Row("BTCUSDT")
    row.take(bar(START, "100", close="101"))
    context = RenderContext(Period.M1, START, is_stale=False)
    title, minute, day = _texts(period_lines(row, (Period.M1, Period.D1), context, 36))
    assert title == " Periods"
    assert "+1.00%" in minute
    assert minute.startswith("▌")
    assert day.endswith("no bar yet")


def test_the_newest_trade_stands_first_in_the_takers_colour() -> None:
    trades = [AggTrade("A", f"{100 + at}", "1", START + at, at == 1, at, at, at, START + at) for at in range(3)]
    lines = tape_lines(trades, 0, 3, local=False)
    assert [line.split()[1:3] for line in _texts(lines)[1:]] == [["▲", "102"], ["▼", "101"]]
    assert [line[1].role for line in lines[1:]] == [Role.GAIN, Role.LOSS]
    assert _texts(tape_lines([], 0, 9, local=False))[1] == " none yet"


def test_of_a_figure_that_is_known_in_part_it_is_told_how_much_is() -> None:
    market = Market()
    columns = [column for key in ("chg(5m)", "vol(10m)", "last", "rvol(5m)") if (column := find(key)) is not None]
    market.screener.use({call for column in columns for call in column.calls})
    market.apply(FeedUpdate(Changes((), tuple(bar(START + at * MINUTE, "100") for at in range(6))), ("BTCUSDT",)))
    (piece,) = known_pieces(market.rows["BTCUSDT"], columns)
    assert piece.text == "≈ known of vol(10m) 70%, rvol(5m) 6% "
    assert known_pieces(market.rows["BTCUSDT"], columns[:1]) == []
