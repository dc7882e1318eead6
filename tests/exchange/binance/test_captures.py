"""Recorded messages of spot, Binance.US and COIN-M: ids follow each other, and the exchange's bar grows by the trades between."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import pytest

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price, quantity
from klagg_tui.engine.period import Period
from klagg_tui.exchange.binance import wire
from klagg_tui.exchange.binance.products import COINM, SPOT, UM, US, Product
from klagg_tui.exchange.binance.wire.bars import read_bar
from klagg_tui.exchange.listing import Instruments
from tests.conftest import DATA, needs_data

pytestmark = needs_data


def lines(product: Product, name: str) -> Iterator[bytes]:
    with gzip.open(DATA / f"venues/{product.key}/{name}.txt.gz", "rb") as packed:
        yield from (line.strip() for line in packed if line.strip())


def messages(product: Product) -> list[bytes]:
    return [line.split(b": ", 1)[1] for line in lines(product, "ws-aggTrade-kline")]


def listing(product: Product) -> Instruments:
    raw = b"".join(lines(product, "exchangeInfo"))
    return wire.read_instruments(raw.split(b": ", 1)[1], product)


class Progress(NamedTuple):
    """A bar under way, and the id of the last fill in it."""

    bar: Bar
    last_id: int


class Grown(NamedTuple):
    """By what a bar grows."""

    volume: Exact
    turnover: Exact
    trade_count: int
    taker_buy_volume: Exact
    taker_buy_turnover: Exact


def states(product: Product, worth: dict[str, Exact]) -> dict[tuple[str, int], list[Progress]]:
    found = defaultdict(list)
    for raw in messages(product):
        data: dict[str, Any] = json.loads(raw)["data"]
        if data["e"] == "kline":
            k = data["k"]
            row = [k["t"], k["o"], k["h"], k["l"], k["c"], k["v"], k["T"], k["q"], k["n"], k["V"], k["Q"], "0"]
            bar = read_bar(k["s"], Period.M1, row, State.FORMING, contract_value=worth.get(k["s"], 0))
            found[k["s"], k["t"]].append(Progress(bar, k["L"]))
    return found


def growth(product: Product, symbol: str, after: int, until: int, worth: Exact) -> tuple[Grown, Exact]:
    """What the trades with fills after one id up to another come to, and the last price of them."""
    grown, close = Grown(0, 0, 0, 0, 0), 0
    for trade in wire.codec(product).decode_batch(messages(product)).trades:
        name, price_text, quantity_text, _, is_buyer_maker, _, first, last, _ = trade
        if name == symbol and first > after and last <= until:
            close, amount = price(price_text), quantity(quantity_text)
            paid = amount * (worth or close)
            taken = (0, 0) if is_buyer_maker else (amount, paid)
            one = Grown(amount, paid, last - first + 1, *taken)
            grown = Grown(*(left + right for left, right in zip(grown, one, strict=True)))
    return grown, close


@pytest.mark.parametrize(("product", "pairs"), [(US, 5), (COINM, 21)], ids=["us", "coinm"])
def test_the_exchanges_bar_grows_by_exactly_the_trades_between(product: Product, pairs: int) -> None:
    worth = {one.symbol: price(one.contract_value) for one in listing(product).instruments if one.contract_value}
    # A bar may be sent with part of an aggregate in it: such states prove nothing.
    ends = {(trade[0], trade[7]) for trade in wire.codec(product).decode_batch(messages(product)).trades}
    seen = 0
    for (symbol, _), series in states(product, worth).items():
        for earlier, later in combinations([one for one in series if (symbol, one.last_id) in ends], 2):
            if earlier.last_id == later.last_id:
                continue
            grown, close = growth(product, symbol, earlier.last_id, later.last_id, worth.get(symbol, 0))
            assert tuple(left - right for left, right in zip(later.bar[7:12], earlier.bar[7:12], strict=True)) == grown
            assert later.bar.close == close
            seen += 1
    assert seen == pairs


@pytest.mark.parametrize(("product", "count"), [(US, 11), (COINM, 51), (SPOT, 2)], ids=["us", "coinm", "spot"])
def test_ids_of_recorded_trades_follow_each_other_one_by_one(product: Product, count: int) -> None:
    batch = wire.codec(product).decode_batch(messages(product))
    assert (len(batch.trades), batch.damaged) == (count, [])
    ids = defaultdict(list)
    for trade in batch.trades:
        ids[trade[0]].append(trade[5])
    assert all(later == earlier + 1 for own in ids.values() for earlier, later in pairwise(own))


@pytest.mark.parametrize(
    ("product", "name", "count"),
    [
        (SPOT, "trades-BTCUSDT-2024-08-08", 9_757),
        (SPOT, "trades-ETHUSDT-2024-08-08", 6_106),
        (COINM, "trades-BTCUSD_PERP-2024-08-08", 2_286),
        (COINM, "trades-ETHUSD_PERP-2024-08-08", 1_732),
    ],
    ids=["spot-btc", "spot-eth", "coinm-btc", "coinm-eth"],
)
def test_single_trades_have_no_hole_in_their_ids_and_are_skipped(product: Product, name: str, count: int) -> None:
    raws = [line.split(b" ", 1)[1] for line in lines(product, name)]
    ids = [json.loads(raw)["data"]["t"] for raw in raws]
    assert ids == list(range(ids[0], ids[0] + count))
    batch = wire.codec(product).decode_batch(raws[:100])
    assert ({message.event for message in batch.others}, batch.damaged) == ({"trade"}, [])  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("product", "listed", "trading"), [(SPOT, 1695, 1222), (US, 121, 117), (COINM, 36, 36)], ids=["spot", "us", "coinm"]
)
def test_recorded_listings_are_read_whole(product: Product, listed: int, trading: int) -> None:
    found = listing(product)
    assert (len(found.instruments), found.unread.entries) == (listed, 0)
    assert sum(one.is_trading for one in found.instruments) == trading
    assert all(one.base and one.quote for one in found.instruments)


def test_a_pair_has_the_decimals_of_its_steps_and_no_day_of_listing() -> None:
    pair = next(one for one in listing(SPOT).instruments if one.symbol == "ETHBTC")
    assert (pair.price_decimals, pair.quantity_decimals) == (6, 4)
    assert (pair.base, pair.quote, pair.contract_type, pair.listed_ms) == ("ETH", "BTC", "SPOT", 0)
    assert not pair.contract_value


def test_a_pair_that_was_taken_off_is_neither_traded_nor_halted() -> None:
    gone = next(one for one in listing(US).instruments if one.symbol == "XRPUSD")
    assert not gone.is_followable


def test_a_contract_says_what_it_is_worth() -> None:
    worth = {one.symbol: one.contract_value for one in listing(COINM).instruments}
    assert (worth["BTCUSD_PERP"], worth["ETHUSD_PERP"]) == ("100", "10")
    assert {one.contract_type for one in listing(COINM).instruments} <= set(COINM.contract_types)


def test_trades_of_the_other_futures_market_are_skipped_by_both() -> None:
    trade = json.loads(next(raw for raw in messages(COINM) if b"aggTrade" in raw))
    for product, mark in ((UM, 2), (COINM, 1)):
        trade["data"]["st"] = mark
        batch = wire.codec(product).decode_batch([json.dumps(trade).encode()])
        assert (batch.trades, len(batch.others)) == ([], 1)
    trade["data"]["st"] = 2
    assert len(wire.codec(COINM).decode_batch([json.dumps(trade).encode()]).trades) == 1
