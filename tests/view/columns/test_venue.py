"""The columns of what a symbol is, and when they are there."""

from klagg_tui.engine.period import DEFAULT_PERIODS, Period
from klagg_tui.feed import InstrumentFacts
from klagg_tui.view.columns.column import Column, RenderContext
from klagg_tui.view.columns.registry import BY_KEY, DEFAULT_KEYS, view_columns
from klagg_tui.view.columns.venue import short_key
from klagg_tui.view.model import Row
from tests.makers import START, bar

CONTEXT = RenderContext(Period.M1, START, is_stale=False)


def _drawn(row: Row, columns: tuple[Column, ...]) -> list[str]:
    return [column.draw(row, bar(), CONTEXT, 30)[0] for column in columns]


def _row(symbol: str = "okx-swap:BTC-USDT-SWAP") -> Row:
    row = Row(symbol)
    row.learn(InstrumentFacts("okx-swap", "OKX swaps", "BTC-USDT-SWAP", "BTC", "USDT"))
    return row


def test_the_exchange_stands_beside_the_symbols_own_name_where_several_are_watched() -> None:
    columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=False, has_venues=True)
    assert _drawn(_row(), columns[:2]) == ["BTC-USDT-SWAP", "okx-swap"]
    beside_periods = view_columns((), DEFAULT_PERIODS, all_periods=True, has_venues=True)
    assert _drawn(_row(), beside_periods[:2]) == ["BTC-USDT-SWAP", "okx-swap"]


def test_the_exchange_stands_in_the_name_where_nobody_chose_its_column() -> None:
    assert _drawn(_row(), view_columns(("symbol", "base", "quote"), (), all_periods=False, has_venues=True)) == [
        "okx-swap:BTC-USDT-SWAP",
        "BTC",
        "USDT",
    ]


def test_the_exchange_is_hidden_where_one_is_watched() -> None:
    for all_periods in (False, True):
        columns = view_columns(DEFAULT_KEYS, DEFAULT_PERIODS, all_periods=all_periods)
        assert "venue" not in [column.key for column in columns]
        assert _drawn(_row("BTCUSDT"), columns[:1]) == ["BTCUSDT"]


def test_what_the_listing_has_not_said_is_a_dash_and_no_value() -> None:
    row = Row("BTCUSDT")
    assert _drawn(row, tuple(BY_KEY[key] for key in ("venue", "base", "quote"))) == ["–", "–", "–"]
    assert [BY_KEY[key].measure(row, None, START) for key in ("venue", "base", "quote")] == [None, None, None]


def test_turnover_is_marked_where_several_quotes_stand_for_a_dollar() -> None:
    titles = [column.title for column in view_columns(("turnover", "vol"), (), all_periods=False, mixes_quotes=True)]
    assert titles == ["$Turnover", "Volume"]


def test_where_an_exchange_is_cut_its_kind_of_market_stays() -> None:
    cut = [short_key(key, 9) for key in ("binance-um", "binance-spot", "okx-swap", "hyperliquid", "kraken")]
    assert cut == ["binan…-um", "bin…-spot", "okx-swap", "hyperliq…", "kraken"]
