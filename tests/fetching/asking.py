"""What is asked of the imitated archive, and what must come of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.period import Period
from klagg_tui.fetching.parts import ms_of
from klagg_tui.fetching.remote import Addresses
from klagg_tui.fetching.request import Request, series_of
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.storage.store import Store

START_MS = int(datetime(2024, 4, 10, 12, tzinfo=UTC).timestamp()) * 1000
SPEC = MarketSpec(symbols=4, seed=3, activity=4, history_days=70, start_ms=START_MS)


def asked(
    exchange: SimulatedExchange,
    folder: Path,
    first: date,
    after: date,
    *,
    symbols: tuple[str, ...] = ("BTCUSDT",),
    what: str = "aggTrades",
    periods: tuple[Period, ...] = (),
    market: str | None = None,
    keeps: bool = False,
) -> Request:
    series, addresses = series_of(symbols, what, periods, market), Addresses.of(exchange.rest_url)
    return Request(series, first, after, folder / "files", addresses, keeps=keeps, pause_s=0.001)


async def bars(store: Store, symbol: str, period: Period, first: date, after: date) -> list[Bar]:
    return [bar async for bar in store.bars(symbol, period, ms_of(first), ms_of(after))]


def truth(exchange: SimulatedExchange, symbol: str, period: Period, first: date, after: date) -> list[Bar]:
    return list(exchange.bars(symbol, period, ms_of(first), ms_of(after)))


def closed(bars: list[Bar]) -> list[tuple[object, ...]]:
    """Without what says how they became known."""
    assert all(bar.state in {State.CLOSED, State.CONFIRMED} for bar in bars)
    return [bar[:12] for bar in bars]


def sent(exchange: SimulatedExchange, part: str) -> list[tuple[int, int]]:
    """First byte and number of bytes of each answer with a zip of that name."""
    return [
        (served.first, served.sent)
        for served in exchange.archive.served
        if part in served.key and served.key.endswith(".zip")
    ]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())
