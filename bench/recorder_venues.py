"""A recorder without a screen of 1,500 symbols, by exchange: processor time from the socket to the disk, REST included.

python -m bench.recorder_venues

Each exchange's imitation is a process of its own, as in `venues`. At two rates, so that what a trade costs is told apart from what 1,500
symbols cost that nobody trades.
"""

from __future__ import annotations

from typing import Final

from bench.venues import recorder_cost
from klagg_tui.runtime import interpreter

VENUES: Final = ("binance-um", "binance-spot", "coinbase", "okx-swap", "kraken", "hyperliquid")
"""One of each kind of market data."""
RATES: Final = (100, 1_000)
SECONDS: Final = 15.0


def figures() -> list[tuple[str, str]]:
    """Name and text of each figure."""
    return [(f"1,500 symbols of {key}", _line(key)) for key in VENUES]


def _line(key: str) -> str:
    (few_us, few), (many_us, many) = (
        (cost * 1e6, rate) for cost, rate in (recorder_cost((key,), rate, SECONDS) for rate in RATES)
    )
    trade_us = (many_us * many - few_us * few) / (many - few)
    idle = (few_us - trade_us) * few / 1e6
    return (
        f"{trade_us:.0f} µs a trade and {idle:.1%} of a core for all others; in all {many_us:.0f} µs a trade at {many:,.0f} trades/s, "
        f"{few_us:.0f} at {few:,.0f}"
    )


def main() -> None:
    """Print them."""
    interpreter.tune()
    for name, text in figures():
        print(f"{name:<60} {text}", flush=True)


if __name__ == "__main__":
    main()
