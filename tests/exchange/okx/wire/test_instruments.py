"""The listing, whole, recorded and damaged."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import BadFrame
from klagg_tui.exchange.listing import Instrument, Unread
from klagg_tui.exchange.okx import facts
from klagg_tui.exchange.okx.wire.instruments import Listed, read_instruments
from klagg_tui.exchange.units import Contract
from tests.conftest import needs_data
from tests.exchange.okx.samples import BTC, COIN, INVERSE, SPOT, SWAP, recorded_listing, reply, with_change


def read(*rows: object, market: facts.Market = facts.SWAP) -> Listed:
    return read_instruments(reply(*rows), market)


def one(**changes: object) -> Instrument:
    return read(with_change(SWAP, **changes)).instruments.instruments[0]


def test_a_linear_swap_is_counted_in_its_base() -> None:
    found = read(SWAP)
    assert found.instruments.instruments == (
        Instrument(BTC, "USDT", "linear", True, 1, 4, 1_611_916_828_000, False, "BTC", ""),
    )
    assert found.contracts == {BTC: Contract(size="0.01")}


def test_an_inverse_swap_is_counted_in_contracts_of_dollars() -> None:
    found = read(COIN)
    assert found.instruments.instruments == (
        Instrument(INVERSE, "USD", "inverse", True, 1, 0, 1_611_916_828_000, False, "BTC", "100"),
    )
    assert found.contracts == {INVERSE: Contract(value="100")}


def test_spot_is_counted_in_its_base() -> None:
    found = read(SPOT, market=facts.SPOT)
    assert found.instruments.instruments == (
        Instrument("BTC-USDT", "USDT", "SPOT", True, 1, 8, 1_548_133_413_000, False, "BTC", ""),
    )


def test_a_multiplier_counts() -> None:
    assert read(with_change(SWAP, ctMult="10")).contracts[BTC] == Contract(size="0.1")
    assert read(with_change(COIN, ctMult="10")).contracts[INVERSE] == Contract(value="1000")
    assert read(with_change(SWAP, ctMult="")).contracts[BTC] == Contract(size="0.01")


@pytest.mark.parametrize(
    ("state", "is_trading", "is_halted"),
    [
        ("live", True, False), ("suspend", False, True), ("rebase", False, True), ("post_only", False, True),
        ("preopen", False, False), ("test", False, False),
    ],
)  # fmt: skip
def test_a_state_says_who_trades_and_who_rests(state: str, is_trading: bool, is_halted: bool) -> None:
    found = one(state=state)
    assert (found.is_trading, found.is_halted) == (is_trading, is_halted)


def test_twelve_decimals_of_a_price_are_read() -> None:
    assert one(tickSz="0.000000000001").price_decimals == 12


@pytest.mark.parametrize("listed", ["", None, ...], ids=["empty", "null", "absent"])
def test_a_time_of_listing_that_is_not_told_is_unknown(listed: object) -> None:
    assert one(listTime=listed).listed_ms == 0


ODD: dict[str, tuple[dict[str, object], str]] = {
    "a state": ({"state": "asleep"}, "the state 'asleep' is unknown"),
    "another market": ({"instType": "FUTURES"}, "the market 'FUTURES'"),
    "another contract": ({"ctType": "quanto"}, "of the type 'quanto'"),
    "worth nothing": ({"ctVal": "0"}, "worth nothing"),
    "worth no number": ({"ctVal": "x"}, "a number was expected"),
    "paid in what it counts": ({"ctValCcy": "USDT"}, "worth USDT and paid in it"),
    "no tick": ({"tickSz": ...}, "the field 'tickSz' is missing"),
    "a tick that is a number": ({"tickSz": 0.1}, "a text was expected"),
    "thirteen decimals": ({"tickSz": "0.0000000000001"}, "prices have 13 decimals"),
    "nine decimals": ({"lotSz": "0.0000001"}, "quantities 9"),
    "a time of listing": ({"listTime": "soon"}, "no text of digits"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "reason"), ODD.values(), ids=list(ODD))
def test_an_odd_entry_costs_itself_and_says_why(changes: dict[str, object], reason: str) -> None:
    found = read(COIN, with_change(SWAP, **changes)).instruments
    assert [instrument.symbol for instrument in found.instruments] == [INVERSE]
    assert (found.unread.entries, found.unread.symbols) == (1, frozenset({BTC}))
    assert reason in found.unread.reason


@pytest.mark.parametrize("row", [None, 7, [], {}, {"instId": 7}, with_change(SWAP, instId="a b")])
def test_an_entry_without_a_name_may_be_of_any_symbol(row: object) -> None:
    assert read(COIN, row).instruments.unread.nameless == 1


@pytest.mark.parametrize("raw", [reply(), reply(SWAP, code="50001"), b"{}", b"[]", b"x"])
def test_no_listing_at_all_is_refused(raw: bytes) -> None:
    with pytest.raises(BadFrame):
        read_instruments(raw, facts.SWAP)


SCRAPS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 1.5, "", "nan", "1", "\x00", [], {}, "9" * 40, ...]
)


@given(st.sampled_from([SWAP, COIN]), st.sets(st.sampled_from(sorted(SWAP)), min_size=1), st.data())
def test_no_damage_of_an_entry_raises(entry: dict[str, Any], names: set[str], data: st.DataObject) -> None:
    found = read(with_change(entry, **{name: data.draw(SCRAPS) for name in sorted(names)})).instruments
    assert found.entries == 1


@needs_data
def test_the_recorded_listings_are_read_to_the_last_entry() -> None:
    swaps = read_instruments(recorded_listing("SWAP"), facts.SWAP)
    coins = read_instruments(recorded_listing("SPOT"), facts.SPOT)
    assert swaps.instruments.unread == coins.instruments.unread == Unread()
    kinds = [instrument.contract_type for instrument in swaps.instruments.instruments]
    assert (kinds.count("linear"), kinds.count("inverse"), len(coins.instruments.instruments)) == (126, 40, 513)
    assert sum(instrument.price_decimals > 8 for instrument in coins.instruments.instruments) == 33
    assert sum(instrument.price_decimals > 8 for instrument in swaps.instruments.instruments) == 6
    assert max(instrument.price_decimals for instrument in coins.instruments.instruments) == 12
    assert (swaps.contracts["BTC-USDT-SWAP"], swaps.contracts["BTC-USD-SWAP"]) == (
        Contract(size="0.01"),
        Contract(value="100"),
    )
    assert {instrument.quote for instrument in swaps.instruments.instruments} == {"USDT", "USD"}


@needs_data
def test_entries_of_another_market_are_not_read() -> None:
    assert read_instruments(recorded_listing("FUTURES"), facts.SWAP).instruments.instruments == ()
