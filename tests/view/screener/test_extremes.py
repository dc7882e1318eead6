"""Where the known prices of a window begin."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.view.screener.extremes import FirstKnown
from klagg_tui.view.screener.tape import Ring, Tape


@given(
    st.lists(st.sampled_from((0, 0, 0, 1, 256, 65_536, 2**40)), min_size=1, max_size=40),
    st.integers(1, 40),
    st.sampled_from(("H", "I", "Q")),
    st.integers(0, 60),
)
def test_the_first_known_minute_is_found_wherever_the_ring_begins(
    prices: list[int], length: int, kind: str, begin: int
) -> None:
    tape = Tape()
    tape.end = begin + len(prices)
    ring = Ring(kind, len(prices))
    if max(prices) >= 2 ** (8 * ring.values.itemsize):
        prices = [min(price, 2 ** (8 * ring.values.itemsize) - 256) for price in prices]
    for minute, price in enumerate(prices, begin):
        ring.values[minute % ring.size] = price
    first = FirstKnown(tape, min(length, len(prices)), ring)
    first.sync()
    window = range(tape.end - first.length, tape.end)
    assert first.at == next((minute for minute in window if prices[minute - begin]), tape.end)
