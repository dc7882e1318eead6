"""Bars as JSON."""

from __future__ import annotations

from tests.makers import MINUTE, START, SYMBOL, bar
from tests.serve.serving import put, reading, serving


async def test_a_bar_is_sent_in_exact_texts_under_the_exchanges_names() -> None:
    told_bar = bar(START, "100.10", "100.3", "99.9", "100.2", "1.00000001", trade_count=3, taker_buy_volume="0.5",
                   taker_buy_turnover="50.1", turnover_text="100.2000010020000001")  # fmt: skip
    async with serving() as server, reading(server) as reader:
        await reader.ask(subscribe="*")
        await put(server, ended=(told_bar,))
        (sent,) = (await reader.bars()).values()
    assert sent == {
        "symbol": SYMBOL, "period": "1m", "open_time": START, "close_time": START + MINUTE - 1, "open": "100.1",
        "high": "100.3", "low": "99.9", "close": "100.2", "volume": "1.00000001", "quote_volume": "100.2000010020000001",
        "count": 3, "taker_buy_volume": "0.5", "taker_buy_quote_volume": "50.1", "is_final": True, "state": "closed",
    }  # fmt: skip
