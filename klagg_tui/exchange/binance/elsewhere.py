"""What other programs call Binance's products and their symbols.

Sources: ccxt's `binance.py` and `binanceus.py`; nautilus_trader's `adapters/binance/common/symbol.py` (`BinanceSymbol.parse_as_nautilus`).
"""

from __future__ import annotations

from typing import Final

from klagg_tui.exchange.elsewhere import NamesElsewhere

_PERPETUAL: Final = "_PERP"


def _has_end(symbol: str) -> bool:
    """`BTCUSDT_240927`, `BTCUSD_240927`."""
    return "_" in symbol and symbol[-1].isdigit()


def _linear(symbol: str) -> str:
    return f"{symbol}.BINANCE" if _has_end(symbol) else f"{symbol}-PERP.BINANCE"


def _inverse(symbol: str) -> str:
    return f"{symbol.replace(_PERPETUAL, '-PERP')}.BINANCE"


def _spot(symbol: str) -> str:
    return f"{symbol}.BINANCE"


UM: Final = NamesElsewhere("binance", _linear, is_futures=True, has_end=_has_end)
COINM: Final = NamesElsewhere(
    "binance",
    _inverse,
    is_futures=True,
    coins=lambda symbol: symbol.removesuffix(_PERPETUAL),
    has_end=_has_end,
    is_inverse=lambda _: True,
)
SPOT: Final = NamesElsewhere("binance", _spot)
US: Final = NamesElsewhere("binanceus", _spot)
