"""The language of filters, alerts, orders and columns: from a text to a test or a number of rows. Pure.

    btc  "high"               the name or the base contains it, whatever the case
    ~btusd                    the name has these letters in this order; the likest first
    /^1000.*T$/               the name matches it
    vol>1e6  chg<=-2          a column of the bar on view against a number,
    age>30s  taker>60%        against a time or a share,
    last>open                 or against another column
    chg(24h)>5  rvol(5m)>3    a figure over the last 24 hours, 5 minutes, …
    rsi(1h,14)<25             or over bars of a period
    bar.chg(1d)>5  open(1d)   the bar's own value in another period
    abs(chg(15m))/natr(5m)>2  + - * / and abs, min, max, log, sqrt
    hot>3                     a name of your own: [names] in the settings, or ctrl+s
    state:partial             a column against a text
    venue:okx* base:btc,eth   an exchange, a coin, what it is paid in:
    quote:usd* !venue:kraken  * and ? stand for any letters, commas for or
    okx-swap:btc              a symbol of that exchange
    @mine  @movers            a saved filter, or one that is ready
    !usdc  not usdc           the opposite
    a b, a and b, a && b · a or b, a || b · ( … )

Words that stand side by side must all hold. A name with a length in brackets is the figure where there is one of that name, and the
column in that period's bar otherwise; with bar. before it is always the bar's. A word alone is a part of a symbol's name, unless it
is a column: in quotes it is a part of a name all the same.

k, m, b and t behind a number are thousands to trillions; beside an age s, m, h and d are seconds to days. A minus with a blank
before and none behind begins a new word. An exchange's name without its kind of market (venue:okx) means all of them; a symbol
without an exchange means every one that is watched. A row without a value that is asked for does not match, whatever is asked.
"""

from __future__ import annotations

from klagg_tui.view.filter.library import MAX_LENGTH
from klagg_tui.view.filter.presets import PRESETS
from klagg_tui.view.filter.reading import (
    Complete,
    Expression,
    Filter,
    Unfinished,
    name_problem,
    read,
    read_number,
    read_partial,
)
from klagg_tui.view.filter.scope import Scope

__all__ = [
    "MAX_LENGTH",
    "PRESETS",
    "Complete",
    "Expression",
    "Filter",
    "Scope",
    "Unfinished",
    "name_problem",
    "read",
    "read_number",
    "read_partial",
]
