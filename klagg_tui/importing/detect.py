"""What each file holds, found out from its first rows, and the order in which to read several."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from enum import Enum
from pathlib import Path, PurePath
from typing import Final, NamedTuple

from klagg_tui.errors import BadFile, BadRow
from klagg_tui.exchange.binance import archive
from klagg_tui.exchange.binance.archive import UM, ArchiveName, Evidence, Market, RowKind, shown_by_place
from klagg_tui.exchange.kraken import archive as pairs
from klagg_tui.exchange.okx import archive as daily
from klagg_tui.importing.foreign import instrument_in, name_in, shown_by_columns, shown_by_instrument
from klagg_tui.importing.layout import SYMBOL, VENUE, Layout, first_told, layout_of
from klagg_tui.importing.lines import Block, blocks
from klagg_tui.importing.outliers import first_of_many
from klagg_tui.importing.unpack import broken_package
from klagg_tui.texts import is_printable

_LOOKED_AT: Final = 200


class FileKind(Enum):
    """What a file holds."""

    TRADES = "aggregate trades"
    BARS = "bars"
    EVENTS = "events"
    SALES = "trades without ids"
    OWN = "bars as klagg exports them"


class SourceFile(NamedTuple):
    """A file that can be read."""

    path: Path
    kind: FileKind
    symbol: str | None
    """None for events, which bring their own."""
    name: ArchiveName
    first: int
    """Id of the first trade or time of the first row: what files of a symbol are sorted by."""
    size: int
    """Bytes on disk."""
    shown: tuple[Evidence, ...] = ()
    """What it shows of its market."""
    market: Market = UM
    """As was settled (see `markets`)."""
    unit: str | None = None
    """Coins in one unit of its sizes, where its rows name their instrument (see `foreign`); None for all others."""
    pair: str | None = None
    """Both sides of its symbol joined, as its name has it, where its rows have the columns of such files (see `sales`)."""
    doubt: str = ""
    """Why it has to be said of which market it is."""
    layout: Layout | None = None
    """Its columns, where klagg exported it with more than the exchange's (see `own`)."""
    venue: str = ""
    """Whose of its rows are read, where they say it."""

    @property
    def is_of_pair(self) -> bool:
        """Whether it is one of those files."""
        return self.pair is not None


def plan(
    paths: Iterable[Path], symbol: str | None, contract_value: str | None = None, known: Collection[str] = ()
) -> tuple[list[SourceFile], list[str]]:
    """The files that can be read, in the order to read them, and a sentence for each one that cannot; see `detect`."""
    sources, failures = [], []
    for path in dict.fromkeys(paths):
        try:
            source = detect(path, symbol, contract_value, known)
            sources += [source._replace(venue=venue) for venue in _venues_of(source)] or [source]
        except BadFile as error:
            failures.append(str(error))
    return sorted(sources, key=lambda source: (source.kind.value, source.symbol or "", source.first)), failures


def detect(
    path: Path, symbol: str | None, contract_value: str | None = None, known: Collection[str] = ()
) -> SourceFile:
    """What the file is; `symbol` is for files of rows that do not name theirs, in small letters or capitals.

    `contract_value`: coins that a contract is worth, for files that count contracts and do not say it. `known`: stored symbols of the
    venue whose files' names join both sides of a pair.

    Raises:
        BadFile: it cannot be read, is none of the files klagg knows, holds bars that it does not keep, or names
            another symbol.
    """
    block = _first_block(path)
    lines = [line for line in block.lines if line.strip()][:_LOOKED_AT]
    if layout := layout_of(lines[0]):
        return _detect_own(path, symbol, layout, block, lines)
    if instrument := instrument_in(lines):
        return _detect_foreign(path, symbol, instrument, lines, contract_value)
    if kind_of_pair := pairs.kind_of(lines):
        return _detect_pair(path, symbol, kind_of_pair, block, known)
    lines = archive.plain_lines(lines)
    kind = _kind_of(path, lines)
    if kind is FileKind.BARS and (fault := archive.fault_of_klines(lines)):
        raise BadFile(f"{path} {fault}")
    name = name_of(block.part, path)
    shown = (*archive.shown_by_rows(lines), *shown_by_place(path.absolute()), *shown_by_place(PurePath(block.part)))
    if kind is FileKind.EVENTS:
        return SourceFile(path, kind, None, name, _first_event_ms(lines), path.stat().st_size, shown)
    symbol = symbol.strip().upper() if symbol else name.symbol
    if not symbol:
        raise BadFile(f"{path} does not say which symbol it is about; add --symbol.")
    if not is_printable(symbol):
        raise BadFile(f"{path} is about {symbol}, which cannot be a symbol: not every sign of it can be seen.")
    if name.symbol not in {None, symbol}:
        raise BadFile(
            f"{path} is about {name.symbol} by its name, not about {symbol}; leave --symbol out, or rename it."
        )
    shown = (*shown, *archive.shown_by_symbol(symbol))
    doubt = (
        ""
        if archive.can_be_symbol(symbol)
        else f"{path} has the columns of an exchange that has no symbol like {symbol}; where klagg exported it from bars of another "
        "one, --venue says of which."
    )
    return SourceFile(path, kind, symbol, name, _first_number(lines, kind), path.stat().st_size, shown, doubt=doubt)


def _detect_foreign(
    path: Path, symbol: str | None, instrument: str, lines: list[str], contract_value: str | None
) -> SourceFile:
    """An archive of trades whose rows name their instrument."""
    if obstacle := daily.obstacle(instrument, lines[0], contract_value):
        raise BadFile(f"{path} {obstacle}")
    name = name_in(path.name)
    for other in (symbol.strip().upper() if symbol else None, name.symbol):
        if other not in {None, instrument}:
            raise BadFile(
                f"{path} is about {instrument} by its rows, not about {other}; leave --symbol out, or rename it."
            )
    unit, shown = daily.unit_of(instrument, contract_value), tuple(shown_by_instrument(instrument))
    first = _first_number(daily.plain_rows(instrument, lines, unit), FileKind.TRADES)
    return SourceFile(path, FileKind.TRADES, instrument, name, first, path.stat().st_size, shown, unit=unit)


def _detect_own(path: Path, symbol: str | None, layout: Layout, block: Block, lines: list[str]) -> SourceFile:
    """Bars as klagg exports them, with more columns than the exchange's."""
    name = name_of(block.part, path)
    named = symbol.strip().upper() if symbol else name.symbol
    if layout.names_symbol:
        if symbol:
            raise BadFile(f"{path} names the symbol of each bar; leave --symbol out.")
        symbols, named = first_told(layout, lines, SYMBOL), None
    elif named:
        symbols = [named]
    else:
        raise BadFile(f"{path} does not say which symbol it is about; add --symbol.")
    strange = [one for one in symbols if not archive.can_be_symbol(one)]
    doubt = (
        ""
        if VENUE in layout.before or not strange
        else f"{path} has bars of {strange[0]}; --venue says of which exchange."
    )
    return SourceFile(path, FileKind.OWN, named, name, 0, path.stat().st_size, doubt=doubt, layout=layout)


def _venues_of(source: SourceFile) -> list[str]:
    """The exchanges that rows of a file name, where they do."""
    if source.layout is None or VENUE not in source.layout.before:
        return []
    found = dict[str, None]()
    for block in blocks(source.path):
        found |= dict.fromkeys(line.partition(",")[0] for line in block.lines if line.strip() and not layout_of(line))
    return list(found)


def _detect_pair(
    path: Path, symbol: str | None, kind: pairs.RowKind, block: Block, known: Collection[str]
) -> SourceFile:
    """An archive whose name joins both sides of a pair."""
    name = pairs.read_name(PurePath(block.part).name)
    named = pairs.symbol_of(symbol) if symbol else pairs.pair_of(name, known)
    if named is None or not is_printable(named):
        raise BadFile(f"{path} {pairs.unknown_pair(name)}")
    is_shown = name is not None and pairs.is_named(name.pair, named)
    if not is_shown and (other := pairs.pair_of(name, known)):
        raise BadFile(f"{path} is about {other} by its name, not about {named}; leave --symbol out, or rename it.")
    times = [at_ms for line in block.lines[:_LOOKED_AT] if (at_ms := pairs.time_ms(line.partition(",")[0]))]
    return SourceFile(
        path,
        FileKind.SALES if kind is pairs.RowKind.SALES else FileKind.BARS,
        named,
        ArchiveName(),
        min(times, default=0),
        path.stat().st_size,
        tuple(shown_by_columns()),
        pair=name.pair if name else "",
        doubt="" if is_shown else f"{path} {pairs.unknown_owner()}",
    )


def name_of(part: str, path: Path) -> ArchiveName:
    """What the name of the part says, or else that of the file it is in."""
    name = name_in(part)
    return name if name.symbol else name_in(path.name)


def _first_block(path: Path) -> Block:
    reader = blocks(path, block_bytes=64 << 10)
    block = next(reader, None)
    reader.close()
    if block is None or not any(line.strip() for line in block.lines):
        raise BadFile(f"{path} is empty.")
    return block


def _kind_of(path: Path, lines: list[str]) -> FileKind:
    kinds = [kind for line in lines if (kind := archive.row_kind(line))]
    # Among lines of random bytes there is always one that begins like a row.
    if 2 * len(kinds) < len(lines) and (package := broken_package(path)):
        raise BadFile(f"{path} is a damaged {package} file: nothing of it can be read. Fetch it again.")
    if not kinds and any("\0" in line for line in lines):
        raise BadFile(f"{path} is no text.")
    if not kinds and (obstacle := archive.obstacle(lines)):
        raise BadFile(f"{path} is not as the exchange writes it: {obstacle}.")
    if not kinds:
        raise BadFile(
            f"{path} holds neither aggregate trades (7 or 8 columns), nor bars (12 columns), nor events (a JSON text a line)."
        )
    kind = Counter(kinds).most_common(1)[0][0]  # a damaged first row must not decide
    if kind is RowKind.SINGLE_TRADE:
        raise BadFile(f"{path} holds single trades; klagg reads the exchange's aggregate trades (aggTrades) instead.")
    return _KINDS[kind]


_KINDS: Final = {
    RowKind.AGGREGATE_TRADE: FileKind.TRADES,
    RowKind.KLINE: FileKind.BARS,
    RowKind.EVENT: FileKind.EVENTS,
}


def _first_number(lines: list[str], kind: FileKind) -> int:
    """The smallest of the first rows' ids or times: a misplaced row must not misplace the file, nor must a damaged one."""
    rows = (line for line in lines if (found := archive.row_kind(line)) and _KINDS.get(found) is kind)
    numbers = sorted(number for line in rows if (number := archive.first_number(line)) is not None)
    return numbers[first_of_many(numbers)] if numbers else 0


def _first_event_ms(lines: list[str]) -> int:
    for line in lines:
        try:
            event = archive.read_event(line)
            if event is not None and (time := archive.sent_ms(event)) is not None:
                return time
        except BadRow:
            continue
    return 0
