"""Bars from recorded trades, field by field beside those the exchange made of the same trades."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.events import AggTrade, SeedBars
from klagg_tui.engine.period import Period
from tests.conftest import DATA, needs_data
from tests.makers import MINUTE, Seen, current_bars, engine

pytestmark = needs_data

CAPTURE = DATA / "um-capture-2021-07-22" / "ws.txt.gz"
BTCUSDT = DATA / "um-BTCUSDT-2024-08-08"
FIRST_FULL_MS = 1_723_161_300_000
"""23:55, the first minute that was recorded from its beginning."""


def from_event(event: dict[str, Any]) -> AggTrade:
    return AggTrade(
        event["s"],
        event["p"],
        event["q"],
        event["T"],
        event["m"],
        event["a"],
        event["f"],
        event["l"],
        event["E"],
    )


def aggregated() -> Iterator[AggTrade]:
    with gzip.open(BTCUSDT / "aggTrade-derived.jsonl.gz", "rt") as lines:
        for line in lines:
            yield from_event(json.loads(line))


def raw() -> Iterator[AggTrade]:
    with gzip.open(BTCUSDT / "trades.csv.gz", "rt") as rows:
        for row in csv.DictReader(rows):
            one, traded_ms, is_maker = int(row["t"]), int(row["T"]), row["m"] == "true"
            yield AggTrade("BTCUSDT", row["p"], row["q"], traded_ms, is_maker, one, one, one, int(row["E"]))


def made_of(trades: Iterable[AggTrade]) -> dict[int, Bar]:
    made = engine()
    seen = Seen(made)
    for trade in trades:
        made.handle(trade)
    made.tick(FIRST_FULL_MS + 5 * MINUTE)
    seen.look()
    return {bar.open_ms: bar for bar in seen.ended.values()}


def told() -> dict[int, Bar]:
    with (BTCUSDT / "klines-1m.csv").open() as rows:
        return {int(row["open_time"]): from_row(row) for row in csv.DictReader(rows)}


def from_row(row: dict[str, str]) -> Bar:
    return Bar(
        "BTCUSDT",
        Period.M1,
        int(row["open_time"]),
        parsing.price(row["open"]),
        parsing.price(row["high"]),
        parsing.price(row["low"]),
        parsing.price(row["close"]),
        parsing.quantity(row["volume"]),
        parsing.turnover(row["quote_volume"]),
        int(row["count"]),
        parsing.quantity(row["taker_buy_volume"]),
        parsing.turnover(row["taker_buy_quote_volume"]),
        State.CLOSED,
    )


@pytest.mark.parametrize("trades", [aggregated, raw])
def test_the_five_full_minutes_equal_the_exchanges_bars_in_every_field(trades: Any) -> None:
    ours, theirs = made_of(trades()), told()
    full = [FIRST_FULL_MS + place * MINUTE for place in range(5)]
    assert [ours[open_ms] for open_ms in full] == [theirs[open_ms] for open_ms in full]
    assert ours[FIRST_FULL_MS - MINUTE].state is State.PARTIAL
    assert len(ours) == 6


def test_the_cut_first_minute_is_the_sum_of_what_was_recorded() -> None:
    assert made_of(aggregated())[FIRST_FULL_MS - MINUTE] == made_of(raw())[FIRST_FULL_MS - MINUTE]


def captured(symbol: str) -> tuple[list[AggTrade], list[dict[str, Any]]]:
    """All trades and all bar messages of a symbol, in order of coming."""
    trades, messages = [], []
    with gzip.open(CAPTURE, "rt") as lines:
        for line in lines:
            if not line[0].isdigit():
                continue  # the first line holds the address
            event = json.loads(line.partition(": ")[2])["data"]
            if event.get("s") == symbol and event["e"] == "aggTrade":
                trades.append(from_event(event))
            elif event.get("s") == symbol and event["e"] == "kline":
                messages.append(event["k"])
    return trades, messages


def from_message(message: dict[str, Any]) -> Bar:
    return Bar(
        message["s"],
        Period.M1,
        message["t"],
        parsing.price(message["o"]),
        parsing.price(message["h"]),
        parsing.price(message["l"]),
        parsing.price(message["c"]),
        parsing.quantity(message["v"]),
        parsing.turnover(message["q"]),
        message["n"],
        parsing.quantity(message["V"]),
        parsing.turnover(message["Q"]),
        State.CLOSED if message["x"] else State.FORMING,
    )


@pytest.mark.parametrize(
    ("symbol", "whole", "cut"), [("CTKUSDT", 28, 3), ("AKROUSDT", 2, 5), ("SUSHIUSDT", 15, 5), ("KEEPUSDT", 3, 1)]
)
def test_every_bar_message_equals_the_bar_as_its_last_trade_has_come(symbol: str, whole: int, cut: int) -> None:
    trades, messages = captured(symbol)
    by_last_id = {trade.last_trade_id: trade for trade in trades}
    # The recording begins within a minute: the first message that ends with one of its trades is what we stand on.
    place = next(place for place, message in enumerate(messages) if message["L"] in by_last_id)
    start = messages[place]
    standing_on = from_message(start)
    next_id = by_last_id[start["L"]].aggregate_id + 1
    made = engine(SeedBars(symbol, standing_on.open_ms, (), standing_on, next_id), periods=(Period.M1,), symbol=symbol)
    seen = Seen(made)
    after: dict[int, Bar] = {}
    for trade in trades:
        made.handle(trade)
        after[trade.last_trade_id] = current_bars(made, symbol)[Period.M1]
    made.tick(messages[-1]["T"] + 1)
    seen.look()
    compared = {"whole": 0, "cut": 0}
    for message in messages[place + 1 :]:
        theirs = from_message(message)
        if message["x"]:
            assert seen.ended[symbol, Period.M1, theirs.open_ms] == theirs
            compared["whole"] += 1
        elif message["L"] in after:
            assert after[message["L"]] == theirs
            compared["whole"] += 1
        else:  # it was sent in the middle of an aggregate trade, all of whose fills have one price
            last_id = min(one for one in after if one > message["L"])
            ours = after[last_id]
            assert ours[:7] == theirs[:7]
            assert ours.trade_count - theirs.trade_count == last_id - message["L"]
            compared["cut"] += 1
    assert compared == {"whole": whole, "cut": cut}
