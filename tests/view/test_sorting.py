"""The order of the rows."""

from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.columns.registry import COLUMNS, find, view_columns
from klagg_tui.view.model import Row
from klagg_tui.view.sorting import Sort, ordered, unknown_count
from tests.makers import START, bar


def _row(symbol: str, close: str, volume: str = "1") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100", close=close, volume=volume, symbol=symbol))
    return row


def _names(rows: list[Row]) -> list[str]:
    return [row.symbol for row in rows]


def test_rows_are_ordered_by_value_then_by_name_and_those_without_a_value_come_last() -> None:
    rows = [Row("EMPTY"), _row("B", "101"), _row("C", "99"), _row("A", "101")]
    assert _names(ordered(rows, Sort("chg"), Period.M1, START)) == ["A", "B", "C", "EMPTY"]
    assert _names(ordered(rows, Sort("chg", descending=False), Period.M1, START)) == ["C", "A", "B", "EMPTY"]
    assert _names(ordered(rows, Sort("symbol", descending=False), Period.M1, START)) == ["A", "B", "C", "EMPTY"]


def test_the_same_column_again_turns_the_order_round() -> None:
    assert Sort("chg").by("chg") == Sort("chg", descending=False)
    assert Sort("chg").by("vol") == Sort("vol")
    assert Sort("chg").by("symbol") == Sort("symbol", descending=False)


def test_every_column_can_be_sorted_by() -> None:
    rows = [_row("A", "101"), _row("B", "99"), Row("EMPTY")]
    for column in (*COLUMNS, *view_columns((), DEFAULT_PERIODS, all_periods=True)):
        assert len(ordered(rows, Sort(column.key), Period.M1, START)) == 3
        assert find(column.key) is not None


def _paid_in(quote: str, volume: str, name: str) -> Row:
    row = _row(name, "100", volume)
    row.learn(InstrumentFacts(quote=quote))
    return row


def test_turnover_in_other_money_than_dollars_comes_below_quote_by_quote_either_way() -> None:
    rows = [
        _paid_in("BTC", "99", "A"),
        _paid_in("EUR", "5", "B"),
        _paid_in("USDT", "1", "C"),
        _paid_in("USD", "2", "D"),
        _paid_in("BTC", "98", "E"),
        Row("F"),
    ]
    assert _names(ordered(rows, Sort("turnover"), Period.M1, START)) == ["D", "C", "A", "E", "B", "F"]
    assert _names(ordered(rows, Sort("turnover", descending=False), Period.M1, START)) == ["C", "D", "E", "A", "B", "F"]


def test_volume_is_no_money_and_is_ordered_by_itself() -> None:
    rows = [_paid_in("USDT", "1", "A"), _paid_in("BTC", "99", "B")]
    assert _names(ordered(rows, Sort("vol"), Period.M1, START)) == ["B", "A"]


def test_a_value_that_the_exchange_does_not_tell_comes_last_either_way() -> None:
    unknown = Row("A")
    unknown.take(bar(START, symbol="A")._replace(evidence=Evidence.NO_TURNOVER, turnover=0))
    rows = [unknown, _row("B", "100"), _row("C", "100", "0")]
    for descending in (True, False):
        assert _names(ordered(rows, Sort("turnover", descending), Period.M1, START))[-1] == "A"


def test_rows_whose_amount_is_not_known_come_last_by_what_they_turn_over_in_the_bar() -> None:
    rows = [_row("A", "101", "1"), _row("B", "101", "9"), Row("EMPTY")]
    assert _names(ordered(rows, Sort("turnover(24h)"), Period.M1, START)) == ["B", "A", "EMPTY"]
    assert unknown_count(rows, Sort("turnover(24h)"), Period.M1, START) == 3
    assert unknown_count(rows, Sort("chg"), Period.M1, START) == 1
