"""Whether what a client read is what the exchange says: a few words for what is wrong, and none where all is right."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Final

from clients.child import COUNT, MINUTES, SYMBOL
from clients.exchange import Exchange
from clients.readings import BAR_STREAM, BARS, CONTRACTS, TRADE_STREAM, TRADES, Bar, Contract, Trade

_SECOND_MS: Final = 1_000
_MINUTE_MS: Final = 60_000


async def judged(action: str, read: list[list], exchange: Exchange) -> str:
    """What is wrong with what was read, if anything."""
    if not read:
        return "nothing came"
    if action == CONTRACTS:
        return contracts([Contract(*row) for row in read])
    if action == BARS:
        return await bars([Bar(*row) for row in read], exchange)
    if action == BAR_STREAM:
        return await streamed_bars([Bar(*row) for row in read], exchange)
    assert action in (TRADES, TRADE_STREAM)
    return await trades([Trade(*row) for row in read], exchange)


def contracts(read: list[Contract]) -> str:
    """Their names; ticks and expiries are judged apart."""
    names = [contract.symbol for contract in read]
    if len(set(names)) < len(names):
        return "a symbol comes twice"
    return "" if SYMBOL in names else f"no {SYMBOL}"


async def bars(read: list[Bar], exchange: Exchange) -> str:
    """Of REST: one a minute, sound in themselves, and equal to the exchange's as far as they are over."""
    if len(read) < COUNT:
        return f"{len(read)} bars instead of {COUNT}"
    if any(after.open_ms - before.open_ms != _MINUTE_MS for before, after in pairwise(read)):
        return "not one bar a minute in order"
    return _sound(read) or await _equal(read[:-1], exchange)


async def streamed_bars(read: list[Bar], exchange: Exchange) -> str:
    """Of the websocket: each minute grows, and its last word is what REST says afterwards."""
    wrong = _sound(read) or _grown(read)
    if wrong:
        return wrong
    last = {bar.open_ms: bar for bar in read}
    if len(last) < MINUTES:
        return f"{len(last)} minutes instead of {MINUTES}"
    # The newest may not be over.
    *ended, newest = last.values()
    ended += [newest] if newest.is_closed else []
    if any(bar.is_closed is False for bar in ended):
        return "a minute ends without its closed bar"
    return await _equal(ended, exchange)


async def trades(read: list[Trade], exchange: Exchange) -> str:
    """Without a hole, in order of time, and equal to the exchange's."""
    if len(read) < COUNT:
        return f"{len(read)} trades instead of {COUNT}"
    if any(after.aggregate_id != before.aggregate_id + 1 for before, after in pairwise(read)):
        return "ids are not consecutive"
    # Now and then a trade is stamped some milliseconds before its predecessor.
    if any(after.traded_ms < before.traded_ms - _SECOND_MS for before, after in pairwise(read)):
        return "times go back"
    said = await exchange.ask("aggTrades", symbol=SYMBOL, fromId=read[0].aggregate_id, limit=len(read))
    told = [Trade(row["a"], row["p"], row["q"], row["T"], row["m"]) for row in said]
    if len(told) < len(read):
        return f"the exchange has no such trades: {read[0]}"
    for mine, theirs in zip(read, told, strict=True):
        if _numbers(mine) != _numbers(theirs):
            return f"trade {mine.aggregate_id} is read as {tuple(mine[1:])}, and is {tuple(theirs[1:])}"
    return ""


def details(read: list[Contract], info: dict) -> tuple[list[str], list[str]]:
    """What the client reads of ticks and expiries, and what is wrong with that."""
    by_symbol = {contract.symbol: contract for contract in read}
    missing = [said["symbol"] for said in info["symbols"] if said["symbol"] not in by_symbol]
    without = f" (not {', '.join(missing[:3])})" if missing else ""
    shown, wrong = [f"{len(by_symbol)} of {len(info['symbols'])} contracts{without}"], []
    if SYMBOL in by_symbol:
        shown.append(f"{SYMBOL} tick {by_symbol[SYMBOL].tick}")
    for said in info["symbols"]:
        contract = by_symbol.get(said["symbol"])
        if contract is None:
            continue
        if Decimal(contract.tick) != Decimal(_tick(said)):
            wrong.append(f"{contract.symbol}'s tick is read as {contract.tick}, and is {_tick(said)}")
        if delivery := re.search(r"_(\d{6})$", contract.symbol):
            due = datetime.strptime(delivery[1] + "08Z", "%y%m%d%H%z").astimezone(UTC)
            shown.append(f"{contract.symbol} {_moment(contract.expires_ms)}")
            if contract.expires_ms != due.timestamp() * 1000:
                wrong.append(
                    f"{contract.symbol} expires {_moment(contract.expires_ms)} instead of {due:%Y-%m-%d %H:%M}"
                )
    return shown, wrong


def misleading(info: dict) -> list[str]:
    """What the exchange says otherwise than the real one does, and clients take for granted."""
    # Some take a price's decimals from the tick, others from the precision; the real ones agree in every contract.
    odd = [said for said in info["symbols"] if len(_tick(said).partition(".")[2]) != said["pricePrecision"]]
    if not odd:
        return []
    example = f"{odd[0]['symbol']} {_tick(odd[0])} and {odd[0]['pricePrecision']}"
    return [f"tickSize and pricePrecision differ in {len(odd)} contracts, as in {example}"]


def _tick(said: dict) -> str:
    return next(rule["tickSize"] for rule in said["filters"] if rule["filterType"] == "PRICE_FILTER")


def _moment(at_ms: int | None) -> str:
    return "never" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M}"


def _sound(read: list[Bar]) -> str:
    for bar in read:
        low, high, volume = map(Decimal, (bar.low, bar.high, bar.volume))
        if not 0 < low <= min(Decimal(bar.open), Decimal(bar.close)):
            return f"a low is not the lowest: {bar}"
        if high < max(Decimal(bar.open), Decimal(bar.close)) or volume < 0:
            return f"a high is not the highest: {bar}"
        if bar.open_ms % _MINUTE_MS:
            return "a bar does not begin with a minute"
    return ""


def _grown(read: list[Bar]) -> str:
    for before, after in pairwise(read):
        if after.open_ms < before.open_ms:
            return "a minute comes back"
        # Before its first trade a minute stands where the last one closed.
        if after.open_ms > before.open_ms or not Decimal(before.volume):
            continue
        if Decimal(after.open) != Decimal(before.open):
            return "an open changes"
        if any(Decimal(new) < Decimal(old) for new, old in ((after.high, before.high), (after.volume, before.volume))):
            return "a high or a volume shrinks"
        if Decimal(after.low) > Decimal(before.low):
            return "a low rises"
        if before.is_closed:
            return "a closed bar changes"
    return ""


async def _equal(read: list[Bar], exchange: Exchange) -> str:
    said = await exchange.ask("klines", symbol=SYMBOL, interval="1m", startTime=read[0].open_ms, limit=len(read))
    told = [Bar(*row[:6]) for row in said]
    if len(told) < len(read):
        return f"the exchange has no such bars: {read[0]}"
    for mine, theirs in zip(read, told, strict=True):
        if _numbers(mine[:6]) != _numbers(theirs[:6]):
            return f"the bar of {mine.open_ms} is read as {tuple(mine[1:6])}, and is {tuple(theirs[1:6])}"
    return ""


def _numbers(values: tuple) -> list[object]:
    return [Decimal(value) if isinstance(value, str) else value for value in values]
