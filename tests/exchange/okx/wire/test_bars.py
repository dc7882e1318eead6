"""The exchange's own bars."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import Bar, State
from klagg_tui.engine.parsing import price, quantity, turnover
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.evidence import Evidence
from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.okx.wire.bars import read_bars
from klagg_tui.exchange.units import Contract
from tests.exchange.okx.samples import BAR, reply

OPEN = int(BAR[0])
HOUR = 3_600_000
LATER = OPEN + 10 * 24 * HOUR
LINEAR = Contract(size="10")


def read(
    *rows: object,
    period: Period = Period.M1,
    now_ms: int = LATER,
    market: facts.Market = facts.SWAP,
    contract: Contract = LINEAR,
) -> list[Bar]:
    return read_bars(reply(*rows), now_ms, "X", period, market, contract)


def row(**changes: Any) -> list[Any]:
    names = ("ts", "o", "h", "l", "c", "vol", "volCcy", "volCcyQuote", "confirm")
    return [changes.get(name, value) for name, value in zip(names, BAR, strict=True)]


def test_a_bar_of_a_linear_swap_counts_coins_and_lacks_count_and_takers() -> None:
    found = read(BAR)
    lacks = Evidence.NO_COUNT | Evidence.NO_TAKER_VOLUME | Evidence.NO_TAKER_TURNOVER
    first, high, low, last = (price(text) for text in BAR[1:5])
    volume, paid = quantity("11990"), turnover("6889.352")
    assert found == [Bar("X", Period.M1, OPEN, first, high, low, last, volume, paid, 0, 0, 0, State.CONFIRMED, lacks)]


def test_a_bar_of_an_inverse_swap_counts_contracts_and_what_they_are_worth() -> None:
    [bar] = read(row(vol="7", volCcy="0.02331", volCcyQuote="699.9999"), contract=Contract(value="100"))
    assert (bar.volume, bar.turnover) == (quantity("7"), turnover("700"))


def test_a_bar_of_spot_counts_coins_and_the_quote() -> None:
    coins = row(vol="1.5784361", volCcy="0.90", volCcyQuote="0.9")
    [bar] = read(coins, market=facts.SPOT, contract=Contract())
    assert (bar.volume, bar.turnover) == (quantity("1.5784361"), turnover("0.9"))


def test_prices_have_up_to_twelve_decimals() -> None:
    [bar] = read(row(o="0.000000002612", h="0.000000002612", l="0.000000002611", c="0.000000002611", volCcyQuote="1"))
    assert bar.open == 2612


def test_of_a_minute_without_trades_everything_is_known() -> None:
    [bar] = read(row(o="1", h="1", l="1", c="1", vol="0", volCcy="0", volCcyQuote="0"))
    assert (bar.is_traded, bar.evidence, bar.state) == (False, Evidence.ALL, State.CONFIRMED)
    assert type(bar.evidence) is int


def test_the_newest_first_comes_out_in_order() -> None:
    found = read(row(ts=str(OPEN + 60_000), confirm="0"), BAR)
    assert [(bar.open_ms - OPEN, bar.state) for bar in found] == [(0, State.CONFIRMED), (60_000, State.FORMING)]


@pytest.mark.parametrize(
    ("confirm", "now_ms", "state"),
    [
        ("1", OPEN + 60_000, State.CONFIRMED),
        ("1", OPEN + 59_999, State.FORMING),
        ("0", LATER, State.FORMING),
    ],
    ids=["over and final", "final before its end", "over and not final"],
)
def test_a_bar_is_confirmed_where_both_it_and_our_clock_say_so(confirm: str, now_ms: int, state: State) -> None:
    assert [bar.state for bar in read(row(confirm=confirm), now_ms=now_ms)] == [state]


def test_the_exchanges_own_day_begins_at_utc_plus_8_and_is_refused() -> None:
    midnight_ms = 1_692_576_000_000  # 2023-08-21 00:00 UTC
    assert len(read(row(ts=str(midnight_ms)), period=Period.D1)) == 1
    with pytest.raises(BadFrame, match="off the grid of 1d"):
        read(row(ts=str(midnight_ms - 8 * HOUR)), period=Period.D1)


DAMAGED: dict[str, list[Any]] = {
    "too short": BAR[:8],
    "a time that is a number": row(ts=OPEN),
    "a price that is a number": row(o=0.5747),
    "a price that is none": row(o="x"),
    "open above high": row(o="0.6"),
    "high below low": row(h="0.5"),
    "no price": row(o="0", h="0", l="0", c="0"),
    "a volume that is null": row(volCcy=None),
    "a turnover that is empty": row(volCcyQuote=""),
    "neither final nor not": row(confirm="2"),
    "a list for final": row(confirm=[]),
    "off the grid": row(ts=str(OPEN + 1)),
}


@pytest.mark.parametrize("damaged", DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_bar_is_refused_with_its_reply(damaged: list[Any]) -> None:
    with pytest.raises((BadFrame, BadNumber)):
        read(damaged)


@pytest.mark.parametrize("rows", [[BAR, BAR], [BAR, row(ts=str(OPEN + 60_000))]], ids=["twice", "the oldest first"])
def test_bars_out_of_order_are_refused(rows: list[object]) -> None:
    with pytest.raises(BadFrame, match="out of order"):
        read(*rows)


SCRAPS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "nan", "-1", "1", "1e5", "\x00", [], {}, "9" * 40]
)


@given(st.lists(st.integers(0, 8), min_size=1, max_size=3), st.data())
def test_no_damage_of_a_row_raises_anything_else(places: list[int], data: st.DataObject) -> None:
    damaged = [data.draw(SCRAPS) if at in places else value for at, value in enumerate(BAR)]
    for contract in (LINEAR, Contract(value="100")):
        try:
            read(damaged, contract=contract)
        except (BadFrame, BadNumber):
            continue
