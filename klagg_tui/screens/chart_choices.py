"""What is chosen on a chart: its indicators and their lengths, where a VWAP begins, its scale."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.binding import Binding, BindingType

from klagg_tui import formatting
from klagg_tui.screens.base import KlaggScreen
from klagg_tui.screens.dialogs.indicators import IndicatorsDialog
from klagg_tui.screens.widgets.line import Clickable
from klagg_tui.screens.widgets.live_chart import LiveChart
from klagg_tui.view.indicators.averages import AVERAGES
from klagg_tui.view.indicators.indicator import Indicator
from klagg_tui.view.indicators.registry import INDICATORS
from klagg_tui.view.indicators.vwap import VWAP
from klagg_tui.view.role import Piece, Role

CHOICE_KEYS: Final[tuple[Binding, ...]] = (
    *(Binding(each.binding, f"indicator('{each.key}')", each.note, id=each.key) for each in INDICATORS),
    Binding("i", "indicators", "Indicators and their lengths: over the candles and below them", id="indicators"),
    Binding(
        "W", "anchor", "Anchor a VWAP at the crosshair, or at the first bar on view; there again: away", id="anchor"
    ),
    Binding("y", "log_scale", "Logarithmic scale on or off", id="log_scale"),
)
_TABBED: Final = (AVERAGES.key, VWAP.key)
"""Indicators that are named above the chart, to be clicked."""


class ChartChoices(KlaggScreen):
    """A screen with one chart."""

    BINDINGS: ClassVar[list[BindingType]] = [*CHOICE_KEYS]
    chart: LiveChart

    def legend(self) -> list[Piece]:
        """The lines that are mostly wanted, to click."""
        chosen = self.state.preferences
        return [
            Clickable(
                f" ─ {line.label} ",
                line.role if indicator.key in chosen.indicators else Role.FAINT,
                f"screen.indicator('{indicator.key}')",
            )
            for indicator in chosen.all_indicators
            if indicator.key in _TABBED
            for line in indicator.lines
        ]

    def action_indicator(self, key: str) -> None:
        """Show or hide an indicator."""
        if why := self._lacking.get(key):
            self.notify(why, timeout=6)
            return
        self.state.choose(indicators=self.state.preferences.with_indicator_switched(key).indicators)
        self.chart.rechosen()

    def action_indicators(self) -> None:
        """Choose indicators to show or to hide, and their lengths."""
        self.ask(
            IndicatorsDialog(lambda: self.state.preferences, self.action_indicator, self._use_indicator, self._lacking),
            lambda _: None,
        )

    def _use_indicator(self, indicator: Indicator) -> None:
        chosen = self.state.preferences.with_indicator(indicator)
        self.state.choose(indicators=chosen.indicators, lengths=chosen.lengths)
        self.chart.rechosen()

    @property
    def _lacking(self) -> dict[str, str]:
        """Keys of the indicators that this symbol cannot have, and why."""
        row = self.chart.row
        if row is None:
            return {}
        lacking: dict[str, str] = {}
        if not row.tells_derivatives:
            exchange = row.venue_name or "This exchange"
            why = f"{exchange} tells no open interest and no funding: no panes of them here."
            lacking |= {each.key: why for each in INDICATORS if each.is_told}
        if row.is_inverse:
            lacking[VWAP.key] = "Volume of this symbol counts contracts: there is no VWAP of it."
        return lacking

    def action_anchor(self) -> None:
        """Anchor a VWAP at the crosshair, or at the first bar on view; where it is anchored there, take it away."""
        if why := self._lacking.get(VWAP.key):
            self.notify(why, timeout=6)
            return
        anchored_ms = self.chart.anchor_vwap()
        self.chart.rechosen()
        if anchored_ms is None:
            self.notify("There is no anchored VWAP any more.", timeout=4)
        else:
            moment = formatting.date_time(anchored_ms, local=self.state.preferences.local_time)
            self.notify(f"The VWAP is anchored at {moment}; the same key there takes it away.", timeout=4)

    def action_log_scale(self) -> None:
        """Equal ratios or equal differences of prices equally far apart."""
        self.state.choose(log_scale=not self.state.preferences.log_scale)
        self.chart.redraw()
