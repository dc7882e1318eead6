"""From the texts of trades to the texts of files, by way of engine and database: no digit is lost anywhere."""

import asyncio
import io
import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, example, given, settings
from pyarrow import ipc, parquet

from klagg_tui.engine.period import Period
from klagg_tui.exporting import formats
from klagg_tui.exporting.exporter import export
from klagg_tui.exporting.selection import Selection
from klagg_tui.storage.store import Store
from tests.flows import expected, flows, following, seed
from tests.makers import START, SYMBOL, Seen, candle, from_deal
from tests.oracle import Candle, Deal

FINE = [
    Deal("0.000000000123", "1000000000000.00000001", START, False, 1, 1, 1),
    Deal("0.000000000124", "0.00000001", START + 1, True, 2, 2, 2),
    Deal("61800.300000000001", "0.00000001", START + 2, False, 3, 3, 3),
]
"""Of prices with twelve decimals, and of quantities with eight."""
M1 = (Period.M1,)


def _of_texts(row: dict[str, str]) -> tuple[int, Candle]:
    """A row of a file, in the oracle's words."""
    names = ("open", "high", "low", "close", "volume", "quote_volume", "taker_buy_volume", "taker_buy_quote_volume")
    first, high, low, close, volume, turnover, bought, paid = (Decimal(row[name]) for name in names)
    return int(row["open_time"]), Candle(first, high, low, close, volume, turnover, int(row["count"]), bought, paid)


def _told(name: str, data: bytes) -> dict[int, Candle]:
    if name == "jsonl":
        return dict(_of_texts(json.loads(line)) for line in data.splitlines())
    if name == "csv":
        head, *lines = (line.split(",") for line in data.decode().splitlines())
        return dict(_of_texts(dict(zip(head, line, strict=True))) for line in lines)
    read = parquet.read_table(io.BytesIO(data)) if name == "parquet" else ipc.open_stream(data).read_all()
    rows = read.to_pylist()
    return dict(_of_texts({**row, "open_time": row["open_time"].timestamp() * 1000}) for row in rows)


async def _exported(deals: list[Deal], path: Path, name: str) -> tuple[list[Candle], dict[int, Candle]]:
    """What the database gives back, and what the file says."""
    engine = following(M1)
    seen = Seen(engine)
    engine.handle(seed(deals))
    engine.take([from_deal(deal) for deal in deals])
    async with await Store.open(path, periods=M1) as store:
        await store.write(seen.look())
        stored = [candle(bar) async for bar in store.bars(SYMBOL, Period.M1)]
        pipe = io.BytesIO()
        await export(store, Selection((SYMBOL,), M1), pipe, formats.load(name))
    return stored, _told(name, pipe.getvalue())


@pytest.mark.parametrize("name", formats.NAMES)
@settings(max_examples=10, deadline=None)
@given(deals=flows(late=False))
@example(deals=FINE)
def test_what_a_file_says_is_what_the_trades_come_to(name: str, deals: list[Deal]) -> None:
    wanted = {at_ms: made for (_, at_ms), made in expected(deals, M1, deals[-1].traded_ms).items()}
    assume(name not in {"parquet", "arrow"} or max(one.turnover for one in wanted.values()) < 10**18)
    with TemporaryDirectory() as folder:
        stored, told = asyncio.run(_exported(deals, Path(folder, "klagg.db"), name))
    assert told == wanted
    assert stored == [wanted[at_ms] for at_ms in sorted(wanted)]
