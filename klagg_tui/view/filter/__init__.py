"""The filter language: from a text to a test of rows. Pure.

    btc                       the name contains it, whatever the case
    ~btusd                    the name is like it
    /^1000.*T$/               the name matches it
    vol>1e6  chg<=-2          a column against a number, also
    age>30s  taker>60%        against a time or a share,
    last>open                 against another column,
    state:partial             or against a text
    chg(1d)>5                 the column of another period
    @mine                     the saved filter of that name
    !usdc  not usdc           the opposite
    a b, a and b · a or b · ( … )

Words that stand side by side must all hold. k, m, b and t behind a number are thousands to trillions; behind an age
s, m, h and d are seconds to days. A row without the value that is asked for does not match, whatever is asked.
"""

from __future__ import annotations

from klagg_tui.view.filter.parser import MAX_LENGTH, Filter, read

__all__ = ["MAX_LENGTH", "Filter", "read"]
