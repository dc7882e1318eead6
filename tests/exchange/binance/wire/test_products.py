"""What differs between the product lines: requests, listings and units."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.binance.products import COINM, SPOT, UM, US, Product
from klagg_tui.exchange.listing import Instrument
from klagg_tui.exchange.registry import venue
from tests.exchange.binance.samples import BAR, LISTED, body, with_change

LONGEST_MS = 200 * DAY_MS
PAIR: dict[str, Any] = {
    "symbol": "NKNUSDT", "status": "TRADING", "baseAsset": "NKN", "quoteAsset": "USDT", "isSpotTradingAllowed": True,
    "filters": [
        {"filterType": "PRICE_FILTER", "tickSize": "0.00010000"}, {"filterType": "LOT_SIZE", "stepSize": "1.00000000"},
    ],
}  # fmt: skip
CONTRACT: dict[str, Any] = {
    "symbol": "BTCUSD_PERP", "pair": "BTCUSD", "contractType": "PERPETUAL", "onboardDate": 1_597_042_800_000,
    "contractStatus": "TRADING", "contractSize": 100, "baseAsset": "BTC", "quoteAsset": "USD", "pricePrecision": 1,
    "quantityPrecision": 0,
}  # fmt: skip


def read(product: Product, entry: dict[str, Any]) -> Instrument:
    (found,) = wire.read_instruments(body({"symbols": [entry]}), product).instruments
    return found


@pytest.mark.parametrize(
    ("product", "bars", "trades", "listing"),
    [(UM, 5, 20, 1), (COINM, 5, 20, 1), (SPOT, 2, 4, 20), (US, 1, 1, 10)],
    ids=lambda value: value.key if isinstance(value, Product) else str(value),
)
def test_requests_go_to_its_own_paths_at_its_own_weights(
    product: Product, bars: int, trades: int, listing: int
) -> None:
    assert wire.time_request(product) == (f"{product.prefix}/time", (), 1, None)
    assert wire.listing_request(product) == (f"{product.prefix}/exchangeInfo", (), listing, None)
    asked = wire.bars_request("A", Period.M1, limit=1000, product=product)
    assert (asked.path, asked.cost) == (f"{product.prefix}/klines", bars)
    after = wire.trades_request("A", 7, 1000, product)
    assert (after.path, after.cost) == (f"{product.prefix}/aggTrades", trades)


@pytest.mark.parametrize(
    ("key", "own", "others"),
    [
        ("binance-spot", ("api.binance.com", "data-api.binance.vision", "api-gcp.binance.com"), ("api.binance.us",)),
        ("binance-us", ("api.binance.us", "stream.binance.us"), ("api.binance.com", "testnet.binance.us")),
        ("binance-coinm", ("dapi.binance.com", "dstream.binance.com"), ("fapi.binance.com", "demo-dapi.binance.com")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_venue_knows_its_own_hosts(key: str, own: tuple[str, ...], others: tuple[str, ...]) -> None:
    found = venue(key)
    assert found.is_at(found.rest_url)
    assert found.is_at(found.stream_url)
    assert all(found.is_at(f"https://{host}/x") for host in own)
    assert not any(found.is_at(f"https://{host}/x") for host in others)
    assert found.stream_url.endswith(found.codec.path)
    assert found.doubts


@pytest.mark.parametrize("key", ["binance-um", "binance-spot", "binance-us", "binance-coinm"])
async def test_an_imitation_may_say_how_fast_its_time_runs_and_the_venue_may_not(key: str) -> None:
    one = venue(key)
    for url, has_speed in (("http://127.0.0.1:9", True), (one.rest_url, False)):
        data = one.market_data(url, 5)
        assert data.now_ms() >= 5
        assert data.http._has_speed is has_speed  # type: ignore[attr-defined]
        assert data.codec.path == one.codec.path


def test_a_pair_has_the_decimals_of_its_steps() -> None:
    assert read(SPOT, PAIR) == Instrument("NKNUSDT", "USDT", "SPOT", True, 4, 0, 0, base="NKN")


@pytest.mark.parametrize(
    ("changes", "is_trading", "is_halted"),
    [
        ({"status": "HALT"}, False, True),
        ({"status": "BREAK"}, False, False),
        ({"isSpotTradingAllowed": False}, False, False),
        ({"status": "HALT", "isSpotTradingAllowed": False}, False, False),
    ],
    ids=["halted", "taken off", "not spot", "not spot, halted"],
)
def test_a_pair_is_followed_while_it_is_traded_or_rests(
    changes: dict[str, object], is_trading: bool, is_halted: bool
) -> None:
    found = read(SPOT, with_change(PAIR, **changes))
    assert (found.is_trading, found.is_halted) == (is_trading, is_halted)


@pytest.mark.parametrize(
    "changes",
    [
        {"filters": []},
        {"filters": 7},
        {"filters": [7, *PAIR["filters"][:1]]},
        {"filters": [{"filterType": "PRICE_FILTER", "tickSize": "fine"}]},
        {"filters": [{"filterType": "PRICE_FILTER"}]},
        {"isSpotTradingAllowed": ...},
        {"status": "ASLEEP"},
    ],
    ids=["no filters", "a number", "no lot size", "no number", "no tick", "no word on spot", "unknown status"],
)
def test_an_odd_pair_costs_only_itself(changes: dict[str, object]) -> None:
    found = wire.read_instruments(body({"symbols": [with_change(PAIR, **changes), PAIR]}), SPOT)
    assert (len(found.instruments), found.unread.entries) == (1, 1)


def test_a_contract_on_a_coin_has_a_value() -> None:
    expected = Instrument(
        "BTCUSD_PERP", "USD", "PERPETUAL", True, 1, 0, 1_597_042_800_000, base="BTC", contract_value="100"
    )
    assert read(COINM, CONTRACT) == expected


@pytest.mark.parametrize("size", [0, -1, 10**7, "100", 99.5, None], ids=repr)
def test_a_contract_of_no_sound_size_is_not_read(size: object) -> None:
    found = wire.read_instruments(body({"symbols": [with_change(CONTRACT, contractSize=size), CONTRACT]}), COINM)
    assert (len(found.instruments), found.unread.entries) == (1, 1)


def test_the_base_of_a_contract_is_what_the_listing_says() -> None:
    assert read(UM, with_change(LISTED, baseAsset="XBT")).base == "XBT"


def test_turnover_of_contracts_is_their_number_times_their_value_whatever_the_columns_say() -> None:
    row = with_columns(BAR, {5: "1893", 7: "nonsense", 9: "1368", 10: None})
    (bar,) = wire.read_bars(body([row]), "ETHUSD_PERP", Period.M5, 0, 0, price("10"))
    assert bar.state is State.FORMING
    assert (bar.volume, bar.turnover) == (quantity("1893"), turnover("18930"))
    assert (bar.taker_buy_volume, bar.taker_buy_turnover) == (quantity("1368"), turnover("13680"))
    with pytest.raises(BadFrame):
        wire.read_bars(body([with_columns(row, {5: "x"})]), "ETHUSD_PERP", Period.M5, 0, 0, price("10"))


def with_columns(row: list[Any], changes: dict[int, Any]) -> list[Any]:
    return [changes.get(at, value) for at, value in enumerate(row)]


def test_without_a_limit_to_their_span_bars_are_asked_for_at_once() -> None:
    assert wire.windows(Period.D1, 5, None, 1500, 9, None) == [(5, None, 1500)]


def test_months_are_counted_back_by_the_calendar_where_nothing_is_said_of_the_first() -> None:
    may, july = 1_714_521_600_000, 1_719_792_000_000
    found = wire.windows(Period.MO1, None, july, 3, july + 1, LONGEST_MS)
    assert (found[0].start_ms, found[-1].end_ms) == (may, july)


PERIODS = st.sampled_from([period for period in Period if period is not Period.D3])
MOMENTS = st.integers(1_400_000_000_000, 1_900_000_000_000)


@given(PERIODS, st.none() | MOMENTS, st.none() | MOMENTS, st.integers(1, 1500), MOMENTS)
def test_windows_hold_what_is_asked_for_and_no_window_more_than_its_rows(
    period: Period, start_ms: int | None, end_ms: int | None, limit: int, now_ms: int
) -> None:
    found = wire.windows(period, start_ms, end_ms, limit, now_ms, LONGEST_MS)
    bounds = [(one.start_ms, one.end_ms) for one in found]
    assert all(start is not None and end is not None and 0 <= end - start <= LONGEST_MS for start, end in bounds)
    assert all(later[0] == earlier[1] + 1 for earlier, later in pairwise(bounds))  # type: ignore[operator]
    opens = [list(period_opens(period, start, end)) for start, end in bounds]  # type: ignore[arg-type]
    assert all(len(inside) <= one.limit <= limit for inside, one in zip(opens, found, strict=True))
    last_ms = min(now_ms, now_ms if end_ms is None else end_ms)
    held = [at for inside in opens for at in inside]
    if start_ms is None:
        assert len(held) == limit or held[0] == 0  # before that there are no times
        assert held[-1] == period.open_ms(last_ms)
    else:
        wanted = [at for at, _ in zip(period_opens(period, start_ms, last_ms), range(limit), strict=False)]
        assert held[: len(wanted)] == wanted
        assert len(held) >= len(wanted)


def period_opens(period: Period, from_ms: int, to_ms: int) -> list[int]:
    at = period.open_ms(from_ms)
    if at < from_ms:
        at = period.end_ms(at)
    found: list[int] = []
    while at <= to_ms and len(found) <= 1_600:
        found.append(at)
        at = period.end_ms(at)
    return found
