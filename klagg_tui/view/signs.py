"""The legend: every sign that screens draw, and what it means."""

from __future__ import annotations

from typing import Final

LEGEND: Final = (
    ("●", "the market is live; before a symbol and on a bar: closed, all its trades were seen; of klagg itself: well"),
    ("◌", "connecting, or starting: no trade has come yet"),
    ("○", "offline, an exchange that is not reached: what is stored is shown"),
    ("✕", "stale: what is shown is from before; of klagg itself: this suffers now"),
    ("▫", "of klagg itself: it happened, but not lately, or is being seen to"),
    ("❚❚", "the picture is frozen, or a replay is paused"),
    ("▶", "a replay is played"),
    ("■", "a replay has ended"),
    ("·", "the bar is under way"),
    ("◐", "the bar is partial: trades are missing"),
    ("✔", "the bar is confirmed: equal to the exchange's own"),
    ("✔~", "the same, by the exchange's own bar alone and not by ids of trades"),
    ("=", "trading rests at the exchange; below the table: unchanged"),
    ("★", "on the watchlist; before a name: a list"),
    ("▣", "marked for the wall of charts"),
    ("✪", "on the watchlist and marked"),
    ("◇", "an alert on this symbol is armed; on the chart the price that it waits for"),
    ("◆", "an alert fired for the symbol and still holds"),
    (
        "▲",
        "rising, or sorted from small to large; before a sentence: a trouble, something to look at, or an alert that fired",
    ),
    ("▼", "falling, or sorted from large to small"),
    (
        "≈",
        "about: a part of the window is not known yet, or it is the exchange's word and not of trades that were seen",
    ),
    ("$", "before a title or a sum: USD, USDT, USDC and their like are in it together, each taken for a dollar"),
    ("≥", "at least: an exchange does not tell since when the symbol is listed, so the oldest stored bar counts"),
    ("⌕", "a filter is in use; before a title: the filter goes by this column, which goes with it"),
    ("‹", "there are more exchanges to the left"),
    ("◂", "at the left edge of a chart: older bars are fetched, or why there are none"),
    ("▌", "the cursor"),
    ("▐", "how far the table is scrolled"),
    ("━╸─", "what buyers and what sellers took; how far a longer work is"),
    ("▁▂▃▄▅▆▇█", "closes or amounts, oldest first"),
    ("┃│╽╿╶", "a bar in one cell: long body, mostly wick, wick above, wick below, no movement"),
    ("╻╹╷╵▀", "its halves: body below, above, wick below, above, and a broad body above"),
    ("┈", "the grid of a chart: a price or a level"),
    ("┊┄╴", "the crosshair and its price"),
    ("╌", "the price line of an alert"),
    ("⠉⠒⠤⣀", "a curve over the candles or below them: averages, bands, VWAP, RSI, open interest"),
    (
        "█▉▊▋▌▍▎▏",
        "beside the candles: volume by price; the longest bar, in another colour, is the point of control (POC)",
    ),
    ("×", "times: of the usual, or how often an alert fired"),
    ("–", "there is no value, or it is not known"),
    ("…", "what has no room is cut; in a menu: more is asked"),
    ("← → ↑ ↓ ␣", "keys: the arrows and the space bar"),
)
"""Signs, words."""
