"""Bars as lines of text: the columns of the exchange's own archives, or a JSON object a line.

Ten million lines are the measure, so a line is one template filled with whole numbers: a price of 61766.20 goes in as
61766 and 20. Values with more decimals than their symbol's are written in full, the slower way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import orjson

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.exact import turnover_unpacked, unpacked
from klagg_tui.engine.period import MINUTE_MS, Period
from klagg_tui.engine.precision import Precision
from klagg_tui.exporting.files import Series
from klagg_tui.storage.lines import Printf, RowFormat

Line = Callable[[Bar], str]

COLUMNS: Final = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore"
)
SERIES_COLUMNS: Final = f"symbol,period,{COLUMNS}"
"""Of a file with several symbols or periods, which the exchange does not have."""

_SPLITTING: Final = frozenset("\n\0")
"""Signs at which the database would end a line, or the text of all."""

STATES: Final = tuple(state.label for state in State)
"""Names of the states by number."""

# P, Q and T stand for a price, a quantity and a turnover, N for a whole number, S for the state, - for no state.
_CSV: Final = "N,P,P,P,P,Q,N,T,N,Q,T,0-\n"
_JSON: Final = (
    '"open_time":N,"open":"P","high":"P","low":"P","close":"P","volume":"Q","close_time":N,"quote_volume":"T",'
    '"count":N,"taker_buy_volume":"Q","taker_buy_quote_volume":"T","state":"S"}\n'
)


class Layout(NamedTuple):
    """A line with signs for values; `head` is the same on every line of a series."""

    head: str
    body: str


def csv_layout(_: Series) -> Layout:
    """A bar as the exchange's archive has it."""
    return Layout("", _CSV)


def series_csv_layout(series: Series) -> Layout:
    """The same, with symbol and period before it."""
    return Layout(f"{_quoted(series.symbol)},{series.period.value},", _CSV)


def json_layout(series: Series) -> Layout:
    """A bar as a JSON object; values are texts, because JSON readers make floats of numbers."""
    symbol = orjson.dumps(series.symbol).decode()
    return Layout(f'{{"symbol":{symbol},"period":"{series.period.value}",', _JSON)


def csv_line(series: Series) -> Line:
    """A function that writes a bar as the exchange's archive does, values padded to the symbol's decimals."""
    return line_of(series, csv_layout(series))


def series_csv_line(series: Series) -> Line:
    """As `csv_line`, with symbol and period before it."""
    return line_of(series, series_csv_layout(series))


def json_line(series: Series) -> Line:
    """A function that writes a bar as a JSON object."""
    return line_of(series, json_layout(series))


def encoded(line: Line, bars: Iterable[Bar]) -> bytes:
    """The lines of some bars."""
    return "".join(map(line, bars)).encode()


def line_of(series: Series, layout: Layout) -> Line:
    """A function that writes bars of a series in a layout."""
    grain = series.grain
    head = layout.head.replace("%", "%%")
    template = head + _template(layout.body, *map(_spec, grain.all()))
    in_full = _line_in_full(grain, head + _template(layout.body, "%s", "%s", "%s"))
    price, quantity, turnover = (10**decimals for decimals in grain.all())
    price_step, quantity_step = unpacked(1, grain.price), unpacked(1, grain.quantity)
    turnover_step = turnover_unpacked(1, grain.turnover)
    span_ms = None if series.period is Period.MO1 else series.period.nominal_ms

    def line(bar: Bar) -> str:
        _, _, open_ms, opened, high, low, close, volume, paid, count, bought, bought_for, state = bar
        if (
            opened % price_step
            or high % price_step
            or low % price_step
            or close % price_step
            or volume % quantity_step
            or bought % quantity_step
            or paid % turnover_step
            or bought_for % turnover_step
        ):
            return in_full(bar)
        return template % (
            open_ms,
            *divmod(opened // price_step, price),
            *divmod(high // price_step, price),
            *divmod(low // price_step, price),
            *divmod(close // price_step, price),
            *divmod(volume // quantity_step, quantity),
            (open_ms + span_ms if span_ms else bar.end_ms) - 1,
            *divmod(paid // turnover_step, turnover),
            count,
            *divmod(bought // quantity_step, quantity),
            *divmod(bought_for // turnover_step, turnover),
            STATES[state],
        )

    return line


def wording_of(series: Series, layout: Layout) -> RowFormat:
    """The same for the database; it leaves to `line_of` what needs more decimals than the symbol's, and months."""
    head = layout.head.replace("%", "%%")
    wanted = dict(zip("PQT", series.grain.all(), strict=True))

    def wording(scale: int) -> Printf | None:
        decimals = dict(zip("PQT", (scale & 15, scale >> 4 & 15, scale >> 8), strict=True))
        if (
            series.period is Period.MO1
            or not _SPLITTING.isdisjoint(head)
            or any(decimals[sign] > wanted[sign] for sign in wanted)
        ):
            return None
        columns = iter(_columns(series.period.nominal_ms))
        form, values = head, []
        for sign in layout.body:
            if sign in wanted:
                part, taken = _printed(next(columns), decimals[sign], wanted[sign])
                form += part
                values += taken
            elif sign in "NS":
                form += "%d" if sign == "N" else "%s"
                values.append(next(columns))
            elif sign != "-":
                form += sign
        return Printf(form, ", ".join(values))

    return wording


def _columns(span_ms: int) -> tuple[str, ...]:
    """SQL for the values of a line, in the order of both layouts; `minute` and `state` as in `schema`."""
    states = " ".join(f"WHEN {number} THEN '{name}'" for number, name in enumerate(STATES))
    opens = f"minute * {MINUTE_MS}"
    prices_and_volume = ("open", "high", "low", "close", "volume")
    sums = ("turnover", "trade_count", "taker_buy_volume", "taker_buy_turnover")
    return opens, *prices_and_volume, f"{opens} + {span_ms - 1}", *sums, f"CASE state {states} END"


def _printed(column: str, decimals: int, wanted: int) -> tuple[str, list[str]]:
    """What prints a mantissa with so many decimals as a number with `wanted`, which are no fewer."""
    zeros = "0" * (wanted - decimals)
    if decimals:
        return f"%d.%0{decimals}d{zeros}", [f"{column} / {10**decimals}", f"{column} % {10**decimals}"]
    return f"%d.{zeros}" if zeros else "%d", [column]


def _line_in_full(grain: Precision, template: str) -> Line:
    def line(bar: Bar) -> str:
        return template % (
            bar.open_ms,
            *map(grain.price_text, bar[3:7]),
            grain.quantity_text(bar.volume),
            bar.end_ms - 1,
            grain.turnover_text(bar.turnover),
            bar.trade_count,
            grain.quantity_text(bar.taker_buy_volume),
            grain.turnover_text(bar.taker_buy_turnover),
            STATES[bar.state],
        )

    return line


def _template(layout: str, price: str, quantity: str, turnover: str) -> str:
    """The layout with its signs replaced by what Python's % fills in."""
    signs = {"P": price, "Q": quantity, "T": turnover, "N": "%d", "S": "%s", "-": "%.0s"}
    return "".join(signs.get(sign, sign) for sign in layout)


def _spec(decimals: int) -> str:
    """Two whole numbers as one with decimals; without decimals the second one is swallowed."""
    return f"%d.%0{decimals}d" if decimals else "%d%.0s"


def _quoted(symbol: str) -> str:
    """A symbol as a CSV field: the exchange's need no quotes, but a file may say anything."""
    if any(sign in symbol for sign in ',"\r\n'):
        return '"' + symbol.replace('"', '""') + '"'
    return symbol
