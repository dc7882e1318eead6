"""One coin on every exchange, as somebody at the keyboard meets it."""

import pytest

from klagg_tui.screens.coin import CoinScreen
from klagg_tui.view.preferences import Preferences
from tests.made_market import MadeMarket
from tests.made_venues import made_venues, prices_of
from tests.pilot import Seen, opened

BY_SYMBOL = Preferences(sort="symbol", descending=False, period="1m")
SIZES = [(80, 24), (120, 40), (200, 50)]
EVEN = {
    "binance-um": "64000",
    "binance-spot": "64000",
    "coinbase": "64000",
    "okx-swap": "64000",
    "hyperliquid": "64000",
}


async def _to_bitcoin(seen: Seen) -> None:
    await seen.press("slash")
    await seen.type("base:btc quote:usd")
    await seen.press("enter", "b")
    await seen.beat()


@pytest.mark.parametrize("size", SIZES)
async def test_every_market_of_a_coin_has_a_line_and_the_rules_are_on_view(size: tuple[int, int]) -> None:
    async with opened(size, feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await _to_bitcoin(seen)
        assert "BTC: 8 markets on 6 exchanges · spread " in seen.text
        for venue in ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid"):
            assert any(line[1:].lstrip().startswith(venue) for line in seen.lines)
        for head in ("Exchange▲", "Last", "Chg", "Spread bp", "$Share", "First"):
            assert head in seen.text
        assert "half of the coin's median move" in " ".join(seen.text.split())
        assert "esc back" in seen.lines[-1]


async def test_the_numbers_follow_the_market_and_who_moved_first_is_told() -> None:
    feed = made_venues()
    async with opened((120, 40), feed=feed, preferences=BY_SYMBOL) as seen:
        prices_of(feed, "BTC", EVEN)
        await seen.beat()
        await _to_bitcoin(seen)
        assert "None was first" in seen.text
        for venue in ("coinbase", "okx-swap", "hyperliquid", "binance-um", "binance-spot"):
            feed.now_ms += 400
            prices_of(feed, "BTC", {venue: "64640"})
            await seen.beat()
        assert "First: coinbase:BTC-USD, of a move of +100.0 bp" in seen.text
        assert "first" in seen.line_with("coinbase     BTC-USD")
        assert "+400 ms" in seen.line_with("okx-swap     BTC-USDT-SWAP")
        assert "64,640" in seen.line_with("okx-swap     BTC-USDT-SWAP")


async def test_an_exchange_that_is_behind_fades_alone_and_is_held_against_none() -> None:
    feed = made_venues()
    feed.venues = tuple(one._replace(is_behind=one.key == "kraken") for one in feed.venues)
    async with opened((120, 40), feed=feed, preferences=BY_SYMBOL) as seen:
        await _to_bitcoin(seen)
        assert seen.line_with("kraken       BTC/USD").rstrip().endswith("✕")
        assert seen.line_with("coinbase     BTC-USD").rstrip().endswith("s"), "its age, and no sign"
        assert " – " in seen.line_with("kraken       BTC/USD")


async def test_it_is_sorted_by_keys_and_by_clicks() -> None:
    async with opened((120, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await _to_bitcoin(seen)
        await seen.press("s")
        assert "Symbol▲" in seen.text
        await seen.press("S")
        assert "Symbol▼" in seen.text
        at = next(y for y, line in enumerate(seen.lines) if "Spread bp" in line)
        await seen.pilot.click("#headers", offset=(seen.lines[at].index("Spread"), 0))
        await seen.pilot.pause()
        assert "▼Spread bp" in seen.text


async def test_a_frozen_picture_stands_still() -> None:
    feed = made_venues()
    async with opened((120, 40), feed=feed, preferences=BY_SYMBOL) as seen:
        await _to_bitcoin(seen)
        await seen.press("space")
        before = seen.line_with("coinbase     BTC-USD")
        feed.now_ms += 400
        prices_of(feed, "BTC", dict.fromkeys(EVEN, "99999"))
        await seen.beat()
        assert seen.line_with("coinbase     BTC-USD") == before
        assert "None was first" in seen.text
        await seen.press("space")
        assert "99,999" in seen.line_with("coinbase     BTC-USD")


async def test_a_market_is_opened_from_it_and_it_from_a_symbol() -> None:
    async with opened((120, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await _to_bitcoin(seen)
        await seen.press("down", "enter")
        assert seen.app.screen.id == "symbol"
        first = seen.app._symbol.symbol
        await seen.press("b", "end", "enter")
        assert seen.app.screen.id == "symbol"
        assert seen.app._symbol.symbol != first
        await seen.press("escape")
        assert isinstance(seen.app.screen, CoinScreen)
        await seen.press("escape")
        assert seen.app.screen.id == "market"


async def test_a_coin_that_no_listing_named_is_not_guessed() -> None:
    async with opened((80, 24), feed=MadeMarket(5), preferences=BY_SYMBOL) as seen:
        symbol = seen.current
        await seen.press("b")
        await seen.beat()
        told = f"No listing has said yet which coin {symbol} is: it is read from there, never cut from the name."
        assert told in " ".join(seen.text.split())
        await seen.press("enter", "b")
        assert seen.app.screen.id == "market"


async def test_a_coin_that_was_asked_for_too_early_comes_with_the_listing() -> None:
    feed = made_venues()
    listed, feed.instruments = feed.instruments, {}
    async with opened((80, 24), feed=feed, preferences=BY_SYMBOL) as seen:
        await seen.press("b")
        await seen.beat()
        assert "No listing has said yet" in seen.text
        base = listed[seen.app.screen._subject].base  # type: ignore[attr-defined]
        feed.instruments = listed
        feed.reopen()
        await seen.beat()
        assert f"{base}: " in seen.text
        assert "No listing has said yet" not in seen.text


async def test_a_coin_on_one_market_says_so() -> None:
    feed = made_venues(("hyperliquid",))
    async with opened((80, 24), feed=feed, preferences=BY_SYMBOL) as seen:
        await seen.press("b")
        await seen.beat()
        assert "so there is nothing to compare" in " ".join(seen.text.split())


async def test_the_palette_finds_a_coin_and_the_next_one_takes_its_place() -> None:
    async with opened((120, 40), feed=made_venues(), preferences=BY_SYMBOL) as seen:
        await _to_bitcoin(seen)
        symbol = next(row.symbol for row in seen.app.state.live.rows.values() if row.base == "ETH")
        await seen.app.open_coin(symbol)
        await seen.pilot.pause()
        assert "ETH: " in seen.text
        assert sum(isinstance(screen, CoinScreen) for screen in seen.app.screen_stack) == 1
        await seen.press("colon")
        await seen.type("coin: sol")
        await seen.pilot.pause(0.5)
        assert "Coin: SOL" in seen.text
