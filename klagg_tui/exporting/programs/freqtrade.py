"""The data folder of freqtrade, `user_data/data`: `okx/futures/BTC_USDT_USDT-1h-futures.feather`.

As its `freqtrade/data/history/datahandlers/idatahandler.py` names files (`_pair_data_filename`, `timeframe_to_file`; `misc.pair_to_filename`) and
`arrowdatahandler.py` and `featherdatahandler.py` write them: Arrow IPC packed with LZ4, the columns of `freqtrade/candle_columns.py`. Folders of exchanges and pairs
have the names of ccxt. In futures mode freqtrade also wants funding rates and mark prices, which it downloads itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from klagg_tui.exporting import row
from klagg_tui.exporting.elsewhere import names_of
from klagg_tui.exporting.format import Format, Holds, Writer
from klagg_tui.exporting.series import Coins, Series

if TYPE_CHECKING:
    from klagg_tui.exporting.frame_writer import FrameWriter


_OPEN_TIME, *_VALUES = [column.name for column in row.BAR[:6]]
_COLUMNS: Final = ("date", *_VALUES)
_NOT_IN_NAMES: Final = str.maketrans(dict.fromkeys("/ .@$+:", "_"))


def fault_of(series: Series) -> str | None:
    """Why freqtrade cannot have a series."""
    names = names_of(series.venue)
    if names is None:
        return f"Nobody said which exchange {series.symbol} is of, and freqtrade has a folder for each."
    if names.has_end(series.symbol):
        return f"{series.symbol} is a contract that ends on a day: freqtrade knows none."
    if series.coins is None:
        return f"No listing has told yet which coins {series.symbol} is of: --quote USDT says what it is paid in."
    return None


def pair_of(coins: Coins, *, is_futures: bool) -> str:
    """As ccxt writes it: `BTC/USDT`, and behind a colon what a contract is settled in."""
    pair = f"{coins.base}/{coins.quote}"
    return f"{pair}:{coins.base if coins.is_inverse else coins.quote}" if is_futures else pair


def file_name(series: Series) -> Path:
    """Below the data folder."""
    names = names_of(series.venue)
    # See `fault_of`.
    assert series.coins is not None
    assert names is not None
    pair = pair_of(series.coins, is_futures=names.is_futures).translate(_NOT_IN_NAMES)
    name = f"{pair}-{str(series.period).replace('M', 'Mo')}"
    if names.is_futures:
        return Path(names.ccxt, "futures", f"{name}-futures.feather")
    return Path(names.ccxt, f"{name}.feather")


def open_writer(file: BinaryIO, holds: Holds, series: Series | None = None) -> FrameWriter:  # noqa: ARG001 - as all do
    """Write the file's beginning, and be ready for bars."""
    # Late, as in `formats.parquet`.
    from klagg_tui.exporting.frame_writer import FrameWriter
    from klagg_tui.exporting.frames import Layout
    from klagg_tui.exporting.sinks import packed_arrow_sink, renamed

    layout = Layout(with_series=False, in_floats=True, chosen=frozenset((_OPEN_TIME, *_VALUES)))
    return FrameWriter(file, layout, renamed(packed_arrow_sink, _COLUMNS))


def final_path(writer: Writer, path: Path) -> Path | None:
    """Nowhere where there are no bars: what freqtrade has of that pair stays."""
    return None if cast("FrameWriter", writer).is_empty else path


FORMAT: Final = Format(
    "freqtrade",
    (".feather",),
    35,
    file_name,
    open_writer,
    is_text=False,
    needs_folder=True,
    fault_of=fault_of,
    final_path=final_path,
)
