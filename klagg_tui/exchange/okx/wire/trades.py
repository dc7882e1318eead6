"""One trade, as the stream `trades-all` sends it and as REST answers it: one decoder for both.

Each has an id, one more than the one before of the same instrument. Sizes of swaps are contracts and come out as quantities.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.fields import Json, mapping
from klagg_tui.exchange.numerals import digits, moment_of_digits
from klagg_tui.exchange.okx.wire.answers import rows
from klagg_tui.exchange.reading import lone_trade, sound_trades
from klagg_tui.exchange.units import Contract, quantity

_IS_SELL: Final = {"buy": False, "sell": True}
"""`side` is the taker's."""


def trade_fields(row: dict[str, Json], symbol: str, contract: Contract) -> TradeFields:
    """The fields of a trade. It names no time of sending, so that is the time of the trade.

    Raises:
        BadFrame: a field is missing, of the wrong type or out of range, or it is another instrument's. Whether the texts of
            price and size are numbers is for the engine to judge.
        BadNumber: the size, which is multiplied, is none.
    """
    price, size, side = row.get("px"), row.get("sz"), row.get("side")
    if type(price) is not str or type(size) is not str or side not in ("buy", "sell"):
        raise BadFrame("a trade lacks a field or has one of another type")
    if row.get("instId", symbol) != symbol:
        raise BadFrame(f"a trade of {symbol} is another instrument's")
    traded_ms, trade_id = moment_of_digits(row.get("ts")), digits(row.get("tradeId"))
    return lone_trade(symbol, price, quantity(size, contract), traded_ms, _IS_SELL[side], trade_id)


def read_trades(raw: bytes, symbol: str, contract: Contract) -> list[AggTrade]:
    """The trades of a reply, in order of id: it has the newest first. It is good or bad as a whole, texts of price and size included.

    Where another contract had the name before, its last trades may stand behind the first ones of this: they are left out.

    Raises:
        BadFrame, BadNumber: any of them is damaged, or the ids do not fall.
    """
    found: list[AggTrade] = []
    for row in reversed(rows(raw)):
        trade = AggTrade(*trade_fields(mapping(row), symbol, contract))
        if found and trade.aggregate_id <= found[-1].aggregate_id:
            if trade.aggregate_id == found[-1].aggregate_id or trade.traded_ms <= found[-1].traded_ms:
                raise BadFrame(f"the trades of {symbol} are out of order")
            found.clear()
        found.append(trade)
    return sound_trades(found, symbol, PRICE_DECIMALS)
