"""Stored bars as columns of floats."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from klagg_tui.engine.bar import SUM_BITS, Bar, State, blanked
from klagg_tui.engine.changes import Changes
from klagg_tui.engine.columns import COLUMN_FIELDS, BarColumns
from klagg_tui.engine.exact import price_as_decimal, quantity_as_decimal, turnover_as_decimal
from klagg_tui.engine.period import Period
from klagg_tui.errors import StorageError
from klagg_tui.evidence import Evidence
from klagg_tui.storage import columns as columns_module
from klagg_tui.storage.mantissas import in_order
from klagg_tui.storage.store import Store
from tests.filed import in_new_store, listed
from tests.makers import MINUTE, START, SYMBOL, bar, bars


def _value(one: Bar, name: str) -> float:
    """What a column has to hold of a bar."""
    unknown = {Bar._fields[place]: bit for place, bit in SUM_BITS}
    if one.evidence & unknown.get(name, 0):
        return math.nan
    exact = getattr(one, name)
    if name == "trade_count":
        return float(exact)
    if "turnover" in name:
        return float(turnover_as_decimal(exact))
    return float(quantity_as_decimal(exact) if "volume" in name else price_as_decimal(exact))


def _rows(columns: BarColumns) -> list[str]:
    """Row by row, as text so that what is no number equals itself."""
    return [repr(row) for row in zip(*columns, strict=True)]


def _expected(of: list[Bar]) -> list[str]:
    return [
        repr((one.open_ms, int(one.state), int(one.evidence), *(_value(one, name) for name in COLUMN_FIELDS)))
        for one in of
    ]


NUMBERS = st.integers(1, 10**12)


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.integers(0, 40),
        st.tuples(NUMBERS, st.integers(0, 12), st.sampled_from([0, 0, 0, 1, 3, 15, 31]), st.sampled_from([*State][1:])),
        min_size=1,
    )
)
def test_every_field_of_every_bar_is_the_float_nearest_to_it(
    made: dict[int, tuple[int, int, int, State]],
) -> None:
    """Whatever decimals, states and unknown fields stand beside each other."""
    told = []
    for minute, (number, places, evidence, state) in made.items():
        price = f"{number / 10**6:.{min(places, 6)}f}1"
        one = bar(START + minute * MINUTE, price, volume=f"{number}.5", trade_count=number, state=state)
        told.append(blanked(one._replace(evidence=evidence)))

    async def read(store: Store) -> None:
        await store.write(Changes(ended=tuple(told)))
        assert _rows(await store.columns(SYMBOL, Period.M1)) == _expected(await listed(store))

    in_new_store(read)


async def test_a_stretch_comes_whole_in_whatever_parts_it_is_read(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write(Changes(ended=tuple(bars(10)), current=(bar(START + 10 * MINUTE, state=State.FORMING),)))
    wanted = (await listed(store))[2:9]
    for rows in (1, 3, 7, 100):
        monkeypatch.setattr(columns_module, "_AT_ONCE", rows)
        found = await store.columns(SYMBOL, Period.M1, START + 2 * MINUTE, START + 9 * MINUTE)
        assert _rows(found) == _expected(wanted)
    assert len((await store.columns(SYMBOL, Period.M1)).open_ms) == 10  # the current one is not over
    assert not await store.columns("NEVERUSDT", Period.M1)
    assert not await store.columns(SYMBOL, Period.H1)


async def test_only_the_fields_that_are_wanted_are_filled(store: Store) -> None:
    await store.write(Changes(ended=tuple(bars(3))))
    found = await store.columns(SYMBOL, Period.M1, fields=("trade_count", "close"))
    assert found.trade_count.tolist() == [3.0, 4.0, 5.0]
    assert {name for name in COLUMN_FIELDS if getattr(found, name)} == {"close", "trade_count"}
    assert found.open_ms.tolist() == [START, START + MINUTE, START + 2 * MINUTE]


async def test_numbers_that_are_stored_as_text_are_read_too(store: Store) -> None:
    huge = bar(volume="9999999999.12345678", turnover_text="99999999999999999.123456789012")
    await store.write(Changes(ended=(huge, *bars(2, START + MINUTE))))
    stored = await listed(store)
    assert _rows(await store.columns(SYMBOL, Period.M1)) == _expected(stored)
    assert _rows(await store.columns(SYMBOL, Period.M1, to_ms=START + MINUTE)) == _expected(stored[:1])


def test_columns_that_come_in_another_order_are_put_in_order_of_time() -> None:
    page: list[list[Any]] = [[3, 1, 2], ["c", "a", "b"]]
    assert in_order(page) == [[1, 2, 3], ["a", "b", "c"]]


@pytest.mark.parametrize(
    "damage", ["minute = 4000000000000", "close = 'x'", "scale = -1, close = 'x'"], ids=lambda text: text[:5]
)
async def test_a_damaged_row_is_told_and_not_shown(store: Store, damage: str) -> None:
    await store.write(Changes(ended=tuple(bars(2))))
    with closing(sqlite3.connect(store.path, isolation_level=None)) as database:
        database.execute(f"UPDATE history SET {damage} WHERE minute = {START // MINUTE + 1}")
    with pytest.raises(StorageError, match="damaged"):
        await store.columns(SYMBOL, Period.M1)


def test_what_is_told_of_a_bar_has_bits_for_each_field_that_can_be_unknown() -> None:
    assert set(columns_module._UNKNOWN.values()) == {bit for _, bit in SUM_BITS}
    assert max(Evidence.CANDLE_ONLY | bit for _, bit in SUM_BITS) <= columns_module._EVIDENCE_MASK
