"""Writes bars as nautilus_trader keeps them in Parquet: see `programs.nautilus`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Final

from klagg_tui.columnar import pl
from klagg_tui.engine.exact import PRICE_DECIMALS, QUANTITY_DECIMALS
from klagg_tui.errors import ExportError
from klagg_tui.exporting import arrow
from klagg_tui.exporting.frame_writer import FrameWriter
from klagg_tui.exporting.frames import DIGITS, LONG, WHOLE, Layout

if TYPE_CHECKING:
    import pyarrow as pa

_CLOSE_TIME: Final = "close_time"
_VOLUME: Final = "volume"
_BYTES: Final = 16
_DECIMALS: Final = 16
"""`FIXED_PRECISION` of high precision."""
_MOST_PRICE: Final = 17_014_118_346_046
_MOST_QUANTITY: Final = 34_028_236_692_093
"""`PRICE_MAX` and `QUANTITY_MAX`, `crates/model/src/types/price.rs` and `quantity.rs`."""
_NS: Final = 1_000_000


class CatalogWriter(FrameWriter):
    """A `Writer` of one file of the catalog."""

    def __init__(self, file: BinaryIO, metadata: Mapping[str, str], values: Sequence[str]) -> None:
        """Write its beginning.

        Args:
            file: where to.
            metadata: of its schema.
            values: the columns with numbers: prices, and the volume.
        """
        self._rows_of = _Rows(file, metadata, values)
        layout = Layout(with_series=False, chosen=frozenset((*values, _CLOSE_TIME)))
        super().__init__(file, layout, lambda _file, _schema: self._rows_of)

    @property
    def edges(self) -> tuple[int, int] | None:
        """When the first and the last bar were over, in milliseconds; None before any."""
        return self._rows_of.edges


class _Rows:
    """A `Sink` that turns frames into the catalog's columns."""

    def __init__(self, file: BinaryIO, metadata: Mapping[str, str], values: Sequence[str]) -> None:
        library = arrow.library()
        self.edges: tuple[int, int] | None = None
        self._library = library
        self._values = values
        fields = [library.field(name, library.binary(_BYTES), nullable=False) for name in values]
        fields += [library.field(name, library.uint64(), nullable=False) for name in ("ts_event", "ts_init")]
        self._schema = library.schema(fields, metadata=dict(metadata))
        self._writer = import_module("pyarrow.parquet").ParquetWriter(file, self._schema)

    def write(self, frame: pl.DataFrame) -> None:
        """See `Sink`; raises ExportError where a value is more than nautilus_trader holds."""
        over_ms = frame[_CLOSE_TIME].cast(WHOLE) + 1
        self.edges = (self.edges[0] if self.edges else int(over_ms[0]), int(over_ms[-1]))
        over = (over_ms * _NS).cast(pl.UInt64).to_arrow()
        columns = [self._numbers(frame[name], is_price=name != _VOLUME) for name in self._values]
        self._writer.write_table(self._library.Table.from_arrays([*columns, over, over], schema=self._schema))

    def close(self) -> None:
        """See `Sink`."""
        self._writer.close()

    def discard(self) -> None:
        """See `Sink`."""
        self._writer.close()

    def _numbers(self, values: pl.Series, *, is_price: bool) -> pa.Array:
        """Whole numbers in 16 bytes, the lowest first: as a decimal lies in memory anyway."""
        held = PRICE_DECIMALS if is_price else QUANTITY_DECIMALS
        units = values.reinterpret(dtype=LONG)
        most, largest = (_MOST_PRICE if is_price else _MOST_QUANTITY), units.max()
        assert isinstance(largest, int)
        if largest > most * 10**held:
            raise ExportError(
                f"A {'price' if is_price else 'volume'} is more than {most:,}, which nautilus_trader cannot hold."
            )
        factor = pl.Series([10 ** (_DECIMALS - held)], dtype=LONG)
        decimals = (units * factor).reinterpret(dtype=pl.Decimal(DIGITS, 0)).to_arrow()
        return self._library.Array.from_buffers(
            self._library.binary(_BYTES), len(decimals), [None, decimals.buffers()[1]], offset=decimals.offset
        )
