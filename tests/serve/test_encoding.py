"""Bars as JSON."""

from __future__ import annotations

import orjson
import pytest

from klagg_tui.bar_json import bar_json
from klagg_tui.engine.bar import State
from klagg_tui.evidence import Evidence
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
        "witness": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lack", "field"),
    [
        (Evidence.NO_TURNOVER, "quote_volume"),
        (Evidence.NO_COUNT, "count"),
        (Evidence.NO_TAKER_VOLUME, "taker_buy_volume"),
        (Evidence.NO_TAKER_TURNOVER, "taker_buy_quote_volume"),
    ],
    ids=["turnover", "count", "taker volume", "taker turnover"],
)
def test_what_is_not_known_of_a_bar_is_null_and_no_zero(lack: Evidence, field: str) -> None:
    whole = bar(state=State.CONFIRMED)
    sent = orjson.loads(bar_json(whole._replace(evidence=lack | Evidence.CANDLE_ONLY), is_final=True))
    known = orjson.loads(bar_json(whole, is_final=True))
    assert [name for name in sent if sent[name] is None] == [field]
    assert (sent["witness"], known["witness"]) == ("candle", "ids")
    assert {**known, field: None, "witness": "candle"} == sent
