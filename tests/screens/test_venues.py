"""Several exchanges in the market table, as somebody at the keyboard meets them."""

from pathlib import Path

import pytest

from klagg_tui.feed import Mode
from klagg_tui.screens.widgets.chart_pane import ChartPane
from klagg_tui.view.columns.registry import DEFAULT_KEYS
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.made_venues import COINS, VENUES, made_venues
from tests.pilot import opened

BY_SYMBOL = Preferences(sort="symbol", descending=False, period="1m")
SIZES = [(80, 24), (120, 40), (200, 50)]


def _broken(key: str, notice: str = "It answers 451.") -> MadeMarket:
    """One of six cannot be reached."""
    feed = made_venues()
    name = VENUES[key][0]
    feed.venues = tuple(
        one._replace(mode=Mode.OFFLINE, connection="no connection", notices=(notice,)) if one.key == key else one
        for one in feed.venues
    )
    feed.notices = ("The disk is slow.", f"{name}: {notice}")
    return feed


@pytest.mark.parametrize("size", SIZES)
async def test_there_is_a_tab_for_each_exchange_and_the_table_says_where_a_symbol_is(size: tuple[int, int]) -> None:
    async with opened(size, feed=made_venues(), preferences=BY_SYMBOL) as seen:
        assert all(key[:7] in seen.lines[2] for key in VENUES)
        assert seen.lines[2].startswith(" All")
        assert "53 of 53" in seen.lines[0]
        assert "6 exchanges" in seen.lines[0]
        assert "Exchange" in seen.lines[3]
        assert "binance-spot" in seen.line_with("ADABTC")
        assert "} exchange  b coin" in seen.lines[-1]


async def test_one_exchange_has_no_tabs_and_no_column() -> None:
    async with opened((120, 36), preferences=BY_SYMBOL) as seen:
        assert "Exchange" not in seen.text
        assert "Symbol" in seen.lines[2]
        await seen.press("right_curly_bracket")
        assert len(seen.table.rows) == 40


async def test_keys_and_clicks_show_one_exchange_after_the_other() -> None:
    async with opened((120, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        shown = []
        for _ in range(7):
            shown.append({row.venue for row in seen.table.rows})
            await seen.press("right_curly_bracket")
        assert shown == [set(VENUES), *({key} for key in VENUES)]
        await seen.press("left_curly_bracket")
        assert {row.venue for row in seen.table.rows} == {"hyperliquid"}
        assert "Exchange " not in seen.lines[3], "one is on view: its tab says which"
        await seen.pilot.click("#venues", offset=(seen.lines[2].index("kraken"), 0))
        await seen.pilot.pause()
        assert {row.venue for row in seen.table.rows} == {"kraken"}
        assert f"{2 * len(COINS)} of 53" in seen.lines[0]
        await seen.press("2")
        assert seen.app.state.preferences.period == "5m", "periods keep their keys"


async def test_the_exchange_on_view_is_remembered_and_forgotten_where_it_is_not_watched(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    async with opened(feed=made_venues(), preferences=BY_SYMBOL, state_path=path) as seen:
        await seen.press("left_curly_bracket", "q")
    async with opened(feed=made_venues(), preferences=BY_SYMBOL, state_path=path) as seen:
        assert {row.venue for row in seen.table.rows} == {"hyperliquid"}
    async with opened(feed=made_venues(("kraken", "coinbase")), preferences=BY_SYMBOL, state_path=path) as seen:
        assert {row.venue for row in seen.table.rows} == {"kraken", "coinbase"}
    async with opened(preferences=BY_SYMBOL, state_path=path) as seen:
        assert len(seen.table.rows) == 40


async def test_an_exchange_that_is_down_is_marked_in_its_tab_and_fades_its_own_rows_only() -> None:
    async with opened((120, 40), feed=_broken("coinbase"), preferences=BY_SYMBOL) as seen:
        assert "○ coinbase" in seen.lines[2]
        assert seen.line_with("BTC-USD ")[2] == "✕"
        assert seen.line_with("BTC/USD ")[2] == " "
        assert "The disk is slow.  (+1)" in seen.lines[-2]
        await seen.press(*["right_curly_bracket"] * 3)
        assert "▲ Coinbase Exchange: It answers 451." in seen.lines[-2]
        assert {row.venue for row in seen.table.rows} == {"coinbase"}


async def test_an_exchange_without_a_symbol_says_why() -> None:
    feed = _broken("coinbase")
    feed.symbols = [symbol for symbol in feed.symbols if not symbol.startswith("coinbase")]
    async with opened((120, 40), feed=feed, preferences=BY_SYMBOL) as seen:
        seen.app.state.live.rows = {
            symbol: row for symbol, row in seen.app.state.live.rows.items() if row.venue != "coinbase"
        }
        seen.app.state.live.counts.pop("coinbase")
        await seen.press(*["right_curly_bracket"] * 3)
        assert "No symbol of coinbase yet." in seen.text
        assert "It answers 451." in seen.text


async def test_filters_know_exchanges_coins_and_quotes() -> None:
    async with opened((120, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await seen.press("slash")
        await seen.type("venue:binance base:btc quote:usd*")
        await seen.press("enter")
        assert sorted(row.symbol for row in seen.table.rows) == [
            "binance-spot:BTCUSDT", "binance-um:BTCUSDC", "binance-um:BTCUSDT",
        ]  # fmt: skip
        await seen.press("slash")
        await seen.type("venue:krakn")
        assert "No exchange called krakn is watched; near: kraken." in seen.text


async def test_the_rest_of_an_exchange_is_offered_while_it_is_typed() -> None:
    async with opened((120, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await seen.press("slash")
        await seen.type("venue:coi")
        await seen.pilot.pause(0.2)
        await seen.press("right", "enter")
        assert {row.venue for row in seen.table.rows} == {"coinbase"}


async def test_a_mark_means_one_exchange_and_a_bare_name_every_one() -> None:
    chosen = Preferences(
        sort="symbol", descending=False, period="1m", watchlists=(("Mine", ("BTCUSDT",)),), shown_list="Mine"
    )
    async with opened((120, 40), feed=made_venues(), preferences=chosen) as seen:
        assert [row.symbol for row in seen.table.rows] == ["binance-spot:BTCUSDT", "binance-um:BTCUSDT"]
        assert all(row.symbol in seen.table.marked for row in seen.table.rows)
        await seen.press("m")
        assert list(seen.table.rows) == []
        await seen.press("tab", "home", "m")
        marked = seen.app.state.preferences.watchlists[0][1]
        assert len(marked) == 1
        assert ":" in marked[0]
        assert seen.table.marked == set(marked)


async def test_an_alert_by_a_bare_name_fires_on_every_exchange_that_has_it() -> None:
    feed = made_venues()
    chosen = Preferences(
        sort="symbol",
        descending=False,
        period="1m",
        alerts=("symbol=BTCUSDT last>70000", "symbol=binance-um:BTCUSDT last>80000"),
    )
    async with opened((120, 40), feed=feed, preferences=chosen) as seen:
        for price in ("60000", "90000"):
            for venue in ("binance-um", "binance-spot"):
                feed.trade_at(f"{venue}:BTCUSDT", price)
            await seen.beat()
        assert sorted((one.text[:13], one.symbol) for one in seen.app.state.fired) == [
            ("symbol=BTCUSD", "binance-spot:BTCUSDT"),
            ("symbol=BTCUSD", "binance-um:BTCUSDT"),
            ("symbol=binanc", "binance-um:BTCUSDT"),
        ]


async def test_turnover_is_ordered_among_dollars_and_marked_while_several_are_mixed() -> None:
    chosen = Preferences(period="30m")
    async with opened((120, 50), feed=made_venues(), preferences=chosen) as seen:
        assert "▼$Turn 24h" in seen.lines[3]
        quotes = [row.quote for row in seen.table.rows]
        assert all(quote.startswith("USD") for quote in quotes[: -2 * len(COINS) + 1])
        assert quotes[-2 * len(COINS) + 1 :] == ["BTC"] * (len(COINS) - 1) + ["EUR"] * len(COINS)
        await seen.press("slash")
        await seen.type("quote:usd")
        await seen.press("enter")
        assert "$" not in seen.lines[3]
        assert "▼Turn 24h" in seen.lines[3]


async def test_the_exchange_stands_in_the_symbol_where_its_column_is_not_chosen() -> None:
    keys = tuple(key for key in DEFAULT_KEYS if key != "venue")
    async with opened((120, 60), feed=made_venues(), preferences=Preferences(sort="symbol", columns=keys)) as seen:
        assert "okx-swap:BTC-USDT-SWAP" in seen.text
        assert "Exchange " not in seen.lines[3]


@pytest.mark.parametrize("size", SIZES)
async def test_health_has_a_line_for_each_exchange(size: tuple[int, int]) -> None:
    async with opened(size, feed=_broken("kraken"), preferences=BY_SYMBOL) as seen:
        await seen.press("h")
        await seen.beat()
        assert "○ no connection" in seen.line_with("kraken")
        assert "120/2.40K" in seen.line_with("okx-swap")
        assert sum("It answers 451." in line for line in seen.lines) == 1
        assert "The disk is slow." in seen.text


async def test_the_help_tells_of_exchanges_and_of_the_keys() -> None:
    async with opened((120, 150), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await seen.press("question_mark")
        for part in ("Next exchange", "The same coin on every exchange", "venue:okx* base:btc,eth"):
            assert part in seen.text


@pytest.mark.parametrize(
    ("width", "heads"), [(120, ["Symbol", "Exchange", "Last", "Chg 24h"]), (110, ["Symbol", "Exchange", "Last"])]
)
async def test_beside_a_large_chart_each_row_says_its_exchange(width: int, heads: list[str]) -> None:
    chosen = Preferences(sort="symbol", descending=False, period="1m", layout="chart")
    async with opened((width, 40), feed=made_venues(), preferences=chosen) as seen:
        assert seen.app.screen.query_one(ChartPane).display
        assert all(head in seen.lines[3] for head in heads)
        assert "okx-swap" in seen.line_with("ADA-USDT-SWAP")


async def test_where_a_list_of_several_exchanges_leaves_a_chart_no_room_the_key_says_so() -> None:
    async with opened((80, 24), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await seen.press("x")
        assert seen.told[-1].startswith("A chart beside a list of several exchanges wants 110 columns:")
        assert not seen.app.screen.query_one(ChartPane).display
        await seen.press("right_curly_bracket", "x")
        assert seen.app.screen.query_one(ChartPane).display, "one exchange is on view"
        assert "Chg 24h" in seen.lines[3]
        await seen.press("left_curly_bracket")
        assert not seen.app.screen.query_one(ChartPane).display
