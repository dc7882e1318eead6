"""The keys of the market table, and those of them that its foot names."""

from __future__ import annotations

from typing import Final

from textual.binding import Binding, BindingType

from klagg_tui.view.columns.prices import LAST
from klagg_tui.view.columns.symbol import SYMBOL
from klagg_tui.view.columns.taker import TAKER

SORT_KEYS: Final = (
    ("A", SYMBOL.key, "name", "name"),
    ("L", LAST.key, "last", "the newest price"),
    ("P", "chg(24h)", "change", "the change over 24 hours, in percent"),
    ("O", "chg(1h)", "hour", "the change over one hour"),
    ("T", "turnover(24h)", "turnover", "the turnover over 24 hours"),
    ("R", "rvol(5m)", "rvol", "the relative volume of 5 minutes"),
    ("V", "range(24h)", "range", "the range of 24 hours: how volatile it is"),
    ("B", TAKER.key, "buyers", "what buyers took of the volume"),
)
"""Letter, key of the column, what the keymap calls it, words for the help."""
FOOT_OF_DEMO: Final = ("", "simulated market", "app.demo")
FOOT_KEYS: Final = (
    ("", "filter", "screen.filter"),
    ("", "sort", "screen.sort"),
    ("", "view", "screen.view"),
    ("", "chart", "screen.split"),
    ("", "freeze", "screen.freeze"),
    ("", "list", "screen.mark"),
    ("", "mark", "screen.wall_mark"),
    ("", "wall", "screen.wall"),
    ("", "export", "app.export"),
    ("", "health", "app.health"),
    ("", "help", "app.help"),
    ("", "quit", "app.quit"),
)


FOOT_OF_SEVERAL: Final = (("", "exchange", "screen.venue(1)"), ("", "coin", "screen.coin"))
"""Where several exchanges are watched."""

MARKET_BINDINGS: Final[list[BindingType]] = [
    Binding("slash", "filter", "Filter", id="filter", key_display="/"),
    Binding("f", "saved_filters", "Saved filters, ready ones, own names", id="saved_filters"),
    Binding("escape", "clear_filter", "Clear the filter", show=False, id="clear_filter"),
    Binding("s", "sort", "Sort by a column", id="sort"),
    Binding("S,r", "turn", "Turn the order round", show=False, id="turn"),
    Binding("greater_than_sign", "sort_beside(1)", "Sort by the next column", id="sort_right", key_display=">"),
    Binding(
        "less_than_sign", "sort_beside(-1)", "Sort by the previous column", show=False, id="sort_left", key_display="<"
    ),
    *[
        Binding(letter, f"sort_by({key!r})", f"Sort by {words}", show=False, id=f"sort_{name}")
        for letter, key, name, words in SORT_KEYS
    ],
    Binding("v", "view", "One period or all periods", id="view"),
    Binding("x,vertical_line", "split", "Table, chart beside it, chart beside a list", id="split"),
    Binding("left", "cross(-1)", "Crosshair of the chart to the left", show=False, id="market_cross_left"),
    Binding("right", "cross(1)", "Crosshair of the chart to the right", show=False, id="market_cross_right"),
    Binding("plus,equals_sign", "zoom(1)", "Broader candles", show=False, id="market_zoom_in", key_display="+"),
    Binding("minus", "zoom(-1)", "Narrower candles", show=False, id="market_zoom_out", key_display="-"),
    Binding("c", "columns", "Choose columns", id="columns"),
    Binding("space", "freeze", "Freeze the picture, or go on", id="freeze"),
    Binding("m", "mark", "Put on the watchlist, or take off", id="mark"),
    Binding("M", "wall_mark", "Mark for the wall of charts, or take the mark away", id="wall_mark"),
    Binding("X", "unmark", "Take every mark away", id="unmark"),
    Binding("W", "wall", "Wall: charts of the marked symbols", id="wall"),
    Binding("tab", "tab(1)", "Next watchlist", id="next_list"),
    Binding("shift+tab", "tab(-1)", "Previous watchlist", show=False, id="previous_list"),
    Binding("w", "lists", "Watchlists: show, make, delete", id="lists"),
    Binding("right_curly_bracket", "venue(1)", "Next exchange", id="next_venue", key_display="}"),
    Binding("left_curly_bracket", "venue(-1)", "Previous exchange", show=False, id="previous_venue", key_display="{"),
    Binding("b", "coin", "The same coin on every exchange", id="coin"),
    Binding("n", "match(1)", "Next match", show=False, id="next"),
    Binding("N", "match(-1)", "Previous match", show=False, id="previous"),
]
