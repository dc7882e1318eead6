"""Base of the widgets that draw their lines themselves: no border, no padding, no opacity, one background.

Textual's own way composes each line from those, of which there are none here, at twice the price of drawing it.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.filter import ANSIToTruecolor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from klagg_tui.texts import is_printable, printable


class LineWidget(Widget):
    """`render_line` gives each line in its whole width; its colours are true ones already."""

    can_focus = False

    def render_lines(self, crop: Region) -> list[Strip]:
        """The visible lines asked for."""
        strips = self.printable_lines(crop)
        for line_filter in self.get_line_filters():
            if not isinstance(line_filter, ANSIToTruecolor):
                strips = [strip.apply_filter(line_filter, self.background_colors[1]) for strip in strips]
        if crop.column_span != (0, self.size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def printable_lines(self, crop: Region) -> list[Strip]:
        """Those lines in their whole width, fit for every terminal."""
        return [printable_strip(self.render_line(y)) for y in crop.line_range]


def printable_strip(strip: Strip) -> Strip:
    """The line, with codes for what a name or sentence may hold that would move the terminal's cursor or hide."""
    if is_printable(strip.text):
        return strip
    shown = Strip([Segment(printable(text), style) for text, style, _ in strip])
    return shown.adjust_cell_length(strip.cell_length)
