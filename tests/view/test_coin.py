"""One coin at every exchange."""

import pytest

from klagg_tui.engine.changes import Changes
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from klagg_tui.feed import FeedUpdate, InstrumentFacts
from klagg_tui.view.coin import (
    COLUMNS,
    Coin,
    CoinSort,
    bases_of,
    cells_of,
    compared,
    fitting,
    movement,
    rows_of,
    rule_lines,
    sorted_markets,
    summary,
)
from klagg_tui.view.columns.column import RenderContext
from klagg_tui.view.model import Market
from klagg_tui.view.moves import NO_MOVE, Moved
from klagg_tui.view.role import Role
from tests.makers import MINUTE, START, bar

CONTEXT = RenderContext(Period.M1, START + 1_000, is_stale=False)


def _market(*listed: tuple[str, str, str, str, str]) -> Market:
    """Symbol, base, quote, price, volume."""
    market = Market()
    market.apply(
        FeedUpdate(
            Changes(tuple(bar(START, price, volume=volume, symbol=symbol) for symbol, _, _, price, volume in listed)),
            instruments={
                symbol: InstrumentFacts(symbol.partition(":")[0], "", "", base, quote)
                for symbol, base, quote, _, _ in listed
            },
            last_trade_ms={symbol: START for symbol, *_ in listed},
        )
    )
    return market


DOLLARS = (
    ("okx:BTC-USDT", "BTC", "USDT", "101", "1"),
    ("kraken:BTC/USD", "BTC", "USD", "100", "1"),
    ("um:BTCUSDC", "BTC", "USDC", "99", "2"),
    ("kraken:BTC/EUR", "BTC", "EUR", "90", "5"),
    ("kraken:ETH/USD", "ETH", "USD", "7", "5"),
)


def _coin(market: Market, *stale: str, moved: Moved = NO_MOVE) -> Coin:
    return compared("BTC", rows_of(market, "btc"), CONTEXT, stale, moved)


def _spreads(coin: Coin) -> dict[str, float | None]:
    return {one.row.symbol: one.spread_bp for one in coin.markets}


def test_prices_are_held_against_the_median_among_dollars_alone() -> None:
    coin = _coin(_market(*DOLLARS))
    assert _spreads(coin) == {"okx:BTC-USDT": 100, "kraken:BTC/USD": 0, "um:BTCUSDC": -100, "kraken:BTC/EUR": None}
    assert coin.spread_bp == 200
    assert coin.is_mixed
    assert "spread 200.0 bp (USD = USDC = USDT): 101 at okx:BTC-USDT, 99 at um:BTCUSDC" in summary(coin)
    assert summary(coin).startswith("BTC: 4 markets on 3 exchanges")


def test_what_is_from_before_is_held_against_nothing() -> None:
    coin = _coin(_market(*DOLLARS), "okx")
    assert _spreads(coin)["okx:BTC-USDT"] is None
    assert coin.spread_bp == pytest.approx(100 / 99.5 * 100)
    late = compared("BTC", rows_of(_market(*DOLLARS), "BTC"), CONTEXT._replace(now_ms=START + 9 * MINUTE), (), NO_MOVE)
    assert late.spread_bp is None
    assert "no two prices of now" in summary(late)


def test_where_there_are_no_two_dollars_those_of_the_commonest_quote_are_compared() -> None:
    market = _market(
        ("a:1", "BTC", "EUR", "90", "1"), ("b:2", "BTC", "EUR", "91", "1"), ("c:3", "BTC", "TRY", "900", "1"), ("d:4", "BTC", "USD", "99", "1")
    )  # fmt: skip
    coin = _coin(market)
    assert [symbol for symbol, spread in _spreads(coin).items() if spread is not None] == ["a:1", "b:2"]
    assert not coin.is_mixed
    assert "spread 110.5 bp" in summary(coin)


def test_shares_are_of_dollars_that_are_known_and_of_bars_of_one_time() -> None:
    market = _market(*DOLLARS, ("old:BTC", "BTC", "USD", "100", "9"), ("dark:BTC", "BTC", "USD", "100", "9"))
    market.rows["old:BTC"].bars[Period.M1.ordinal] = bar(START - MINUTE, "100", volume="9")
    market.rows["dark:BTC"].bars[Period.M1.ordinal] = bar(START, "100")._replace(
        evidence=Evidence.NO_TURNOVER, turnover=0
    )
    shares = {one.row.symbol: one.share for one in _coin(market).markets}
    assert shares["okx:BTC-USDT"] == pytest.approx(101 / 399)
    assert shares["um:BTCUSDC"] == pytest.approx(198 / 399)
    assert [shares[symbol] for symbol in ("kraken:BTC/EUR", "old:BTC", "dark:BTC")] == [None, None, None]


def test_nothing_traded_has_no_shares() -> None:
    assert {one.share for one in _coin(_market(("a:1", "BTC", "USD", "1", "0"))).markets} == {None}


def test_a_coin_on_one_market_says_that_there_is_nothing_to_compare() -> None:
    alone = _coin(_market(("a:1", "BTC", "USD", "1", "1")))
    assert (
        summary(alone)
        == "BTC: 1 market on 1 exchange · nothing else that is watched trades it, so there is nothing to compare"
    )
    assert movement(alone, 0) == ""


def test_who_moved_first_or_why_nobody_did_is_said() -> None:
    market = _market(*DOLLARS)
    first = Moved(12.0, {"okx:BTC-USDT": START, "um:BTCUSDC": START + 400})
    told = _coin(market, moved=first)
    assert movement(told, 60_000) == "First: okx:BTC-USDT, of a move of +12.0 bp in the last minute."
    assert {one.row.symbol: one.behind_ms for one in told.markets if one.behind_ms is not None} == {
        "okx:BTC-USDT": 0,
        "um:BTCUSDC": 400,
    }
    assert movement(_coin(market), 7_900).endswith("less than 2 bp in the 7 s since this view was opened.")
    alone = _coin(market, moved=Moved(12.0, {"okx:BTC-USDT": START}))
    assert "fewer than two prices made half of a move of +12.0 bp" in movement(alone, 60_000)


def test_coins_that_several_exchanges_trade_are_listed_those_on_most_first() -> None:
    market = _market(
        *DOLLARS, ("okx:ETH", "ETH", "USD", "1", "1"), ("okx:SOL", "SOL", "USD", "1", "1"), ("okx:X", "", "", "1", "1")
    )
    assert bases_of(market) == ["BTC", "ETH"]
    assert rows_of(market, "") == []


def _sorted(coin: Coin, key: str, *, descending: bool = True) -> list[str]:
    return [one.row.symbol for one in sorted_markets(coin.markets, CoinSort(key, descending), START)]


def test_markets_are_sorted_by_any_column_and_what_is_not_known_comes_last() -> None:
    coin = _coin(_market(*DOLLARS))
    assert _sorted(coin, "spread") == ["okx:BTC-USDT", "kraken:BTC/USD", "um:BTCUSDC", "kraken:BTC/EUR"]
    assert _sorted(coin, "spread", descending=False)[-1] == "kraken:BTC/EUR"
    assert _sorted(coin, "turnover")[0] == "um:BTCUSDC"
    assert _sorted(coin, "last")[-1] == "kraken:BTC/EUR"
    for column in COLUMNS:
        if column.title:
            assert len(_sorted(coin, column.key)) == 4


def test_the_next_column_is_sorted_by_round_and_round_and_the_same_turns_round() -> None:
    sort, seen = CoinSort("state"), []
    for _ in range(11):
        sort = sort.after(COLUMNS)
        seen.append(sort.key)
    assert seen[:2] == ["venue", "symbol"]
    assert seen[-1] == "venue"
    assert CoinSort("last", descending=True).by("last") == CoinSort("last", descending=False)
    assert CoinSort("last").by("chg") == CoinSort("chg", descending=True)
    assert CoinSort("last").by("venue") == CoinSort("venue", descending=False)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_columns_fit_and_those_of_most_worth_are_always_there(width: int) -> None:
    columns = fitting(width)
    assert sum(column.width for column in columns) < width
    if width >= 80:
        assert {"venue", "symbol", "last", "chg", "spread", "share", "first"} <= {column.key for column in columns}
    assert all(len(line) <= width for line in rule_lines(width))


def test_a_market_from_before_is_faint_and_each_cell_has_room() -> None:
    market = _market(*DOLLARS)
    moved = Moved(12.0, {"okx:BTC-USDT": START, "kraken:BTC/USD": START + 5})
    coin = _coin(market, "um", moved=moved)
    for one in coin.markets:
        cells = cells_of(one, CONTEXT, COLUMNS)
        assert all(len(text) <= column.width for column, (text, _) in zip(COLUMNS, cells, strict=True))
        assert ({role for _, role in cells} == {Role.FAINT}) is (one.row.venue == "um")
    told = {one.row.symbol: [text for text, _ in cells_of(one, CONTEXT, COLUMNS)] for one in coin.markets}
    assert told["okx:BTC-USDT"] == [
        "okx",
        "BTC-USDT",
        "USDT",
        "101",
        " 0.00%",
        "+49.8",
        "50.2%",
        "101",
        "first",
        "1s",
        "●",
    ]
    assert told["kraken:BTC/EUR"][5:7] == ["–", "–"]
    assert told["kraken:BTC/USD"][8] == "+5 ms"
    market.apply(
        FeedUpdate(symbols_added=("new:BTC",), instruments={"new:BTC": InstrumentFacts("new", "", "", "BTC", "")})
    )
    empty = next(one for one in _coin(market).markets if one.row.symbol == "new:BTC")
    assert [text for text, _ in cells_of(empty, CONTEXT, COLUMNS)] == ["new", "BTC", *["–"] * 9]
