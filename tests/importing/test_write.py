"""Trades into the store."""

from pathlib import Path

from klagg_tui.engine.events import AggTrade
from klagg_tui.importing.outcome import Imported
from klagg_tui.importing.shelf import Shelf
from klagg_tui.importing.write import TradeWriter
from klagg_tui.storage.store import Store
from tests.makers import START


async def test_a_trade_the_engine_refuses_is_bad_too(tmp_path: Path) -> None:
    outcome = Imported()
    good = AggTrade("BTCUSDT", "100", "1", START, False, 1, 1, 1, START)
    async with await Store.open(tmp_path / "klagg.db") as store:
        writer = TradeWriter(Shelf(store, "binance-um"), outcome)
        await writer.write([good, good._replace(aggregate_id=2, first_trade_id=99, last_trade_id=1)])
        await writer.finish()
    assert outcome.trades == 1
    assert outcome.tally.first_bad == ["BTCUSDT, aggregate id 2: trade ids run backwards"]
