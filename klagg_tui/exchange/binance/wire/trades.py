"""One aggregate trade, as the stream sends it, as REST answers it and as recorders keep it: one decoder for all."""

from __future__ import annotations

from typing import Final

from klagg_tui.engine.events import AggTrade, TradeFields
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance.facts import DECIMALS
from klagg_tui.exchange.fields import LARGEST, LATEST_MS, MOST_FILLS, Json, decoded, mapping, sequence, symbol
from klagg_tui.exchange.messages import Skipped
from klagg_tui.exchange.reading import sound_trades

OWN_MARK: Final = 1
"""`st` of USDⓈ-M symbols; since June 2026 the all-market streams carry COIN-M (2) too. Absent in older messages and of spot."""


def read_trade(event: dict[str, Json], mark: int = OWN_MARK) -> TradeFields | Skipped:
    """One event `aggTrade`; `Skipped` where it belongs to the other market.

    Raises:
        BadFrame: a field is missing, of the wrong type or out of range. Whether the texts of price and
            quantity are numbers is for the engine to judge.
    """
    if event.get("st", mark) != mark:
        return Skipped("aggTrade of another market")
    return trade_fields(event)


def trade_fields(event: dict[str, Json]) -> TradeFields:
    """The fields of a trade. Its `nq`, the quantity without retail price improvement, is not used: bars count `q`."""
    try:
        price, quantity, is_buyer_maker = event["p"], event["q"], event["m"]
        traded_ms, event_ms = event["T"], event["E"]
        aggregate_id, first_id, last_id = event["a"], event["f"], event["l"]
        if (
            type(price) is str
            and type(quantity) is str
            and type(traded_ms) is int
            and 0 <= traded_ms < LATEST_MS
            and type(event_ms) is int
            and 0 <= event_ms < LATEST_MS
            and type(aggregate_id) is int
            and 0 <= aggregate_id <= LARGEST
            and type(first_id) is int
            # Records of no trade, with quantity 0, carry -1. They take an aggregate id, so they must come through.
            and type(last_id) is int
            and -1 <= first_id <= last_id <= LARGEST
            and last_id - first_id < MOST_FILLS  # all of it as in `are_trade_ids`, in place
            and type(is_buyer_maker) is bool
        ):
            return (
                symbol(event["s"]),  # type: ignore[arg-type]  # it checks the type itself
                price,
                quantity,
                traded_ms,
                is_buyer_maker,
                aggregate_id,
                first_id,
                last_id,
                event_ms,
            )
    except (KeyError, TypeError) as error:
        raise BadFrame(f"a trade lacks a field or has one of another type: {error}") from error
    raise BadFrame("a trade has a field of another type or out of range")


def read_trades(raw: bytes, name: str) -> list[AggTrade]:
    """The trades of a reply, in order of id. It is good or bad as a whole, texts of price and quantity included.

    Raises:
        BadFrame, BadNumber: any of them is damaged, or the ids do not rise.
    """
    found = [_row(mapping(row), name) for row in sequence(decoded(raw))]
    return sound_trades(found, name, DECIMALS)


def _row(row: dict[str, Json], name: str) -> AggTrade:
    """A row names neither its symbol nor a time of sending."""
    return AggTrade(*trade_fields({**row, "s": name, "E": row.get("T")}))
