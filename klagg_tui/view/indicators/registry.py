"""Every indicator, in the order of the legend.

A new indicator is a file beside this one and a line in `INDICATORS`: the chart, its legend and keys, the help, the command
palette and the state file read them from here.
"""

from __future__ import annotations

from typing import Final

from klagg_tui.view.indicators.averages import AVERAGES, EMA
from klagg_tui.view.indicators.bollinger import BOLLINGER
from klagg_tui.view.indicators.contract import FUNDING, OPEN_INTEREST
from klagg_tui.view.indicators.delta import CVD, DELTA
from klagg_tui.view.indicators.indicator import Indicator
from klagg_tui.view.indicators.macd import MACD
from klagg_tui.view.indicators.profile import PROFILE
from klagg_tui.view.indicators.rsi import RSI
from klagg_tui.view.indicators.vwap import VWAP

INDICATORS: Final[tuple[Indicator, ...]] = (
    AVERAGES,
    EMA,
    VWAP,
    BOLLINGER,
    PROFILE,
    DELTA,
    CVD,
    RSI,
    MACD,
    OPEN_INTEREST,
    FUNDING,
)

OVER: Final = tuple(indicator for indicator in INDICATORS if not indicator.is_pane)
"""Those over the candles."""
PANES: Final = tuple(indicator for indicator in INDICATORS if indicator.is_pane)
"""Those below the candles."""

DEFAULT_INDICATORS: Final = tuple(indicator.key for indicator in INDICATORS if indicator.is_default)
