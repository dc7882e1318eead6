"""OKX in files: its daily archives of trades, `INST-trades-YYYY-MM-DD.zip`. Pure.

Rows are `instrument_name,trade_id,side,price,size,created_time[,source]`, under a header that mixes Chinese in early files. A day is one
of UTC+8, so it begins at 16:00 UTC of the day before. Sizes of swaps are contracts, and the file does not say what one is worth.
Source: okx.com/docs-v5, "Get historical market data", and the recorded minute of MATIC-USDT-SWAP.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from klagg_tui.engine.exact import PRICE_DECIMALS
from klagg_tui.engine.period import DAY_MS
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.numerals import digits, moment_of_digits, product
from klagg_tui.exchange.okx.facts import SPOT, SWAP, Market
from klagg_tui.exchange.units import ONE

MARKETS: Final = (SWAP, SPOT)
DECIMALS: Final = PRICE_DECIMALS
"""The most that it writes of a price."""
_AHEAD_MS: Final = 8 * 3_600_000
_NAME: Final = re.compile(
    r"(?P<symbol>[A-Z0-9_]+(?:-[A-Z0-9_]+)+)-trades-(?P<day>\d{4}-\d\d-\d\d)(?:[. ].*)?", re.IGNORECASE
)
_ROW: Final = re.compile(
    r"\s*\"?([A-Z0-9_]+(?:-[A-Z0-9_]+)+)\"?\s*,\s*\"?\d+\"?\s*,\s*\"?(?:buy|sell)\"?\s*,", re.IGNORECASE
)
_ORDER: Final = ("instrument_name", "trade_id", "side", "price", "size", "created_time")
_COLUMNS: Final = (6, 7)
_IS_SELL: Final = {"buy": "false", "sell": "true"}


class DailyName(NamedTuple):
    """What the name of a file says."""

    symbol: str
    from_ms: int
    to_ms: int
    """The whole day that it holds, end excluded."""


def read_name(name: str) -> DailyName | None:
    """What the name of a file or of a zip member says; None where it is no archive's name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    try:
        begin = datetime.strptime(found["day"], "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return None
    from_ms = int(begin.timestamp()) * 1000 - _AHEAD_MS
    return DailyName(found["symbol"].upper(), from_ms, from_ms + DAY_MS)


def instrument_of(line: str) -> str | None:
    """Whose trade a row is, by its first columns; None: it is no such row."""
    found = _ROW.match(line)
    return found[1].upper() if found else None


def market_of(symbol: str) -> Market:
    """Swaps are called so."""
    return SWAP if symbol.endswith("-SWAP") else SPOT


def is_inverse(symbol: str) -> bool:
    """Whether a swap is paid in its coin, so that its contracts are worth US dollars: those against the dollar itself."""
    return symbol.endswith("-USD-SWAP")


def is_header(line: str) -> bool:
    """Whether a line names columns."""
    fields = _fields(line)
    return len(fields) > 1 and line[:1].isalpha() and not any(field[:1].isdecimal() for field in fields)


def obstacle(symbol: str, first_line: str, contract_value: str | None) -> str | None:
    """Why the trades of a file cannot be read, to follow its name; None: they can.

    `contract_value`: coins that one contract is worth, None where nobody said it.
    """
    names = tuple(
        field.partition("/")[0].lower() for field in _fields(first_line)
    )  # twice in early files: `side/交易方向`
    if is_header(first_line) and names[: len(_ORDER)] != _ORDER:
        return f"has other columns than {','.join(_ORDER)}, and klagg reads these alone."
    if market_of(symbol) is SPOT:
        return None
    if is_inverse(symbol):
        return f"is of {symbol}, which is paid in its coin; of swaps, klagg imports those that are paid in their quote."
    if contract_value is None:
        return (
            f"counts contracts of {symbol} and does not say what one is worth; add --contract-value with what OKX lists as "
            "ctVal x ctMult, such as 0.01 for BTC-USDT-SWAP."
        )
    return None


def unit_of(symbol: str, contract_value: str | None) -> str:
    """Coins in one unit of the sizes of a file that can be read."""
    return ONE if market_of(symbol) is SPOT or contract_value is None else contract_value


def plain_rows(symbol: str, lines: Sequence[str], size: str) -> list[str]:
    """The rows as `id,price,quantity,id,id,time,buyer is maker`, each in its place; a header becomes nothing, damage stays.

    `size`: coins in one of the file's units.
    """
    return [_plain(symbol, line, size) or ("" if is_header(line) else line) for line in lines]


def fault_of(symbol: str, line: str) -> str:
    """What is wrong with a row that holds no trade."""
    fields = _fields(line)
    if len(fields) not in _COLUMNS:
        return f"{len(fields)} columns instead of 6 or 7"
    if fields[0].upper() != symbol:
        return f"it is of {fields[0][:40]!r}"
    if fields[2].lower() not in _IS_SELL:
        return f"{fields[2][:40]!r} is no side"
    return "its id, size or time is no number"


def _plain(symbol: str, line: str, size: str) -> str | None:
    fields = _fields(line)
    if len(fields) not in _COLUMNS or fields[0].upper() != symbol:
        return None
    _, trade_id, side, price, contracts, time = fields[:6]
    try:
        digits(trade_id), moment_of_digits(time)
        return f"{trade_id},{price},{product(contracts, size)},{trade_id},{trade_id},{time},{_IS_SELL[side.lower()]}"
    except (BadFrame, KeyError):
        return None


def _fields(line: str) -> list[str]:
    return [field.strip().strip('"').strip() for field in line.split(",")]
