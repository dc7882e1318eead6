"""The filter language: from a text to a test of rows. Pure.

    btc                       the name or the base contains it, whatever the case
    ~btusd                    the name is like it
    /^1000.*T$/               the name matches it
    vol>1e6  chg<=-2          a column against a number, also
    age>30s  taker>60%        against a time or a share,
    last>open                 against another column,
    state:partial             or against a text
    venue:okx* base:btc,eth   an exchange, a coin, what it is paid in:
    quote:usd* !venue:kraken  * and ? stand for any letters, commas for or
    okx-swap:btc              a symbol of that exchange
    chg(1d)>5                 the column of another period
    @mine                     the saved filter of that name
    !usdc  not usdc           the opposite
    a b, a and b · a or b · ( … )

Words that stand side by side must all hold. k, m, b and t behind a number are thousands to trillions; behind an age
s, m, h and d are seconds to days. An exchange's name without its kind of market (venue:okx) means all of them; a symbol
without an exchange means every one that is watched. A row without the value that is asked for does not match, whatever is asked.
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
