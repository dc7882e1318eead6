"""The exchange's four markets, and what files show of theirs: no archive says it.

Sources: README of binance-public-data (folders; seven columns of trades in futures files, eight in spot ones; microseconds in
spot files since 2025-01-01), the listings of the markets (symbols, `contractSize`), the change notice of June 2026 (`st`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Final, NamedTuple, TypeVar

from klagg_tui.engine.exact import Exact
from klagg_tui.engine.parsing import price
from klagg_tui.errors import BadRow
from klagg_tui.exchange.binance.archive.columns import TRADE_COLUMNS
from klagg_tui.exchange.binance.archive.events import is_trade, read_event
from klagg_tui.exchange.binance.archive.rows import END_OF_TIME_MS, RowKind, first_number, row_kind
from klagg_tui.exchange.binance.wire.trades import OWN_MARK
from klagg_tui.exchange.fields import Json

T = TypeVar("T", bound=Hashable)


class Market(NamedTuple):
    """One market of the exchange."""

    flag: str
    """How people call it on the command line, and how archives' folders do."""
    key: str
    """How databases are marked with it, for ever."""
    name: str
    """For people."""
    mark: int = OWN_MARK
    """What `st` says in its events, where it is there."""
    is_in_contracts: bool = False
    """Whether its quantities are contracts, each worth a fixed sum, and no coins."""


UM: Final = Market("um", "binance-um", "USDⓈ-M futures")
CM: Final = Market("cm", "binance-coinm", "COIN-M futures", mark=2, is_in_contracts=True)
SPOT: Final = Market("spot", "binance-spot", "Binance spot")
US: Final = Market("us", "binance-us", "Binance.US")

MARKETS: Final = (UM, CM, SPOT, US)
"""The likelier before the less likely, where a file leaves a choice."""


class Evidence(NamedTuple):
    """What something about a file says of its market."""

    markets: frozenset[Market]
    """Those that it can be of."""
    by: str
    """What shows that, to be read after "by"."""
    is_own: bool = False
    """Whether it only tells the exchange's own markets from each other."""


_FUTURES: Final = frozenset({UM, CM})
_SPOTS: Final = frozenset({SPOT, US})


def shown_by_place(path: PurePath) -> Iterator[Evidence]:
    """What the folders say in which a file lies, or a member of an archive: `data/futures/um/daily/…`, `data/spot/…`."""
    folders = tuple(part.lower() for part in path.parts[:-1])
    for market, names in _FOLDERS.items():
        for at in range(len(folders)):
            if folders[at : at + len(names)] == names:
                yield Evidence(frozenset({market}), f"its folder {'/'.join(names)}")


_FOLDERS: Final[Mapping[Market, tuple[str, ...]]] = {
    UM: ("futures", "um"),
    CM: ("futures", "cm"),
    SPOT: ("data", "spot"),
}


def shown_by_symbol(symbol: str) -> Iterator[Evidence]:
    """What a symbol's name says: contracts on coins, and those that end, have a mark of their own."""
    if _ON_COIN.search(symbol):
        yield Evidence(frozenset({CM}), f"its symbol {symbol}", is_own=True)
    elif _WITH_END.search(symbol):
        yield Evidence(frozenset({UM}), f"its symbol {symbol}", is_own=True)
    elif "_" not in symbol:
        yield Evidence(frozenset(MARKETS) - {CM}, f"its symbol {symbol}", is_own=True)


def can_be_symbol(name: str) -> bool:
    """Whether the exchange can have such a symbol: letters of any script, digits and `_`."""
    return name.replace("_", "").isalnum()


_ON_COIN: Final = re.compile(r"USD_(PERP|\d{6})$")
_WITH_END: Final = re.compile(r"_\d{6}$")


def shown_by_rows(lines: Sequence[str]) -> Iterator[Evidence]:
    """What the first rows of a file show, most of them: a damaged one must not decide."""
    kinds = [(line, kind) for line in lines if (kind := row_kind(line))]
    if columns := _most(line.count(",") + 1 for line, kind in kinds if kind is RowKind.AGGREGATE_TRADE):
        yield Evidence(_FUTURES if columns == TRADE_COLUMNS[0] else _SPOTS, f"its {columns} columns")
    times = {RowKind.AGGREGATE_TRADE: 5, RowKind.KLINE: 0}
    if _most(_is_micro(line.split(",")[times[kind]]) for line, kind in kinds if kind in times):
        yield Evidence(_SPOTS, "its times in microseconds")
    if events := {shown for line, kind in kinds if kind is RowKind.EVENT for shown in _shown_by_line(line)}:
        # A recording may hold several markets: it can be of each, and what is of others is left out.
        markets = frozenset().union(*(shown.markets for shown in events))
        yield Evidence(markets, " and ".join(sorted({shown.by for shown in events})))


def likely_among(markets: frozenset[Market]) -> Market | None:
    """The one of these that there are archives of, where there are of one alone: the US exchange publishes none."""
    return SPOT if markets == _SPOTS else None


def can_be_of(event: dict[str, Json], market: Market) -> bool:
    """Whether a recorded trade can be one of that market."""
    return all(market in evidence.markets for evidence in _shown_by_event(event))


def contract_value(symbol: str) -> Exact:
    """US dollars of one contract on a coin, as a price; `contractSize` in the listing: 100 for bitcoin, 10 for all others."""
    return price("100" if symbol.startswith("BTCUSD_") else "10")


def _shown_by_line(line: str) -> Iterator[Evidence]:
    try:
        event = read_event(line)
    except BadRow:
        return
    if event is not None and is_trade(event):
        shown = list(_shown_by_event(event))
        if markets := frozenset(MARKETS).intersection(*(evidence.markets for evidence in shown)):
            yield Evidence(markets, shown[0].by)


def _shown_by_event(event: dict[str, Json]) -> Iterator[Evidence]:
    """Trades of spot say whether they were the best match (`M`); those of futures since June 2026 their market (`st`)."""
    if "st" in event:
        mark = event["st"]
        yield Evidence(
            frozenset(one for one in _FUTURES if one.mark == mark), f"its events, in which st is {mark!s:.20}"
        )
    elif "M" in event:
        yield Evidence(_SPOTS, "its events with a field M")
    else:
        yield Evidence(_FUTURES, "its events without a field M")
    yield from shown_by_symbol(str(event.get("s")))


def _is_micro(text: str) -> bool:
    time = first_number(text)
    return time is not None and time >= END_OF_TIME_MS


def _most(values: Iterable[T]) -> T | None:
    counted = Counter(values).most_common(1)
    return counted[0][0] if counted else None
