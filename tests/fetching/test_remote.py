"""The archive as it answers."""

from datetime import date

import pytest
from aiohttp import web

from klagg_tui.errors import Unreachable
from klagg_tui.exchange.binance.archive import UM
from klagg_tui.exchange.binance.archive.published import Series
from klagg_tui.fetching.parts import days_between
from klagg_tui.fetching.remote import Addresses, Archive
from klagg_tui.simulator import SimulatedExchange

SERIES = Series(UM, "BTCUSDT", None)


async def test_a_page_to_log_in_at_is_no_listing() -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="<html><body>Log in</body></html>", content_type="text/html")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    addresses = Addresses.of(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    try:
        async with Archive(addresses, proxy=None, pause_s=0.001, at_once=1) as archive:
            with pytest.raises(Unreachable, match="listing of the archive cannot be read"):
                await archive.has(SERIES)
    finally:
        await runner.cleanup()


async def test_of_the_listing_only_the_pages_with_what_is_wanted_are_asked_for(exchange: SimulatedExchange) -> None:
    days = list(days_between(date(2024, 3, 10), date(2024, 3, 14)))
    async with Archive(Addresses.of(exchange.rest_url), proxy=None, pause_s=0.001, at_once=1) as archive:
        found = await archive.listed(SERIES, days, monthly=False)
    assert list(found) == [day.text for day in days]
    assert exchange.archive.listings == 1


def test_the_exchanges_own_address_is_known() -> None:
    assert Addresses.of(None).is_own
    assert not Addresses.of("http://127.0.0.1:8808").is_own
