"""What the wires of all exchanges read alike."""

from __future__ import annotations

import pytest

from klagg_tui.engine.bar import Bar, Check, State
from klagg_tui.engine.events import AggTrade
from klagg_tui.errors import BadFrame, BadNumber
from klagg_tui.exchange import reading
from klagg_tui.exchange.fields import Json, symbol, text, whole
from klagg_tui.exchange.listing import Instrument, Unread
from klagg_tui.exchange.messages import Batch, Skipped
from klagg_tui.exchange.reading import (
    bars_of,
    decode_each,
    judged,
    lone_trade,
    read_listing,
    rising_bars,
    shown_over,
    sound,
    sound_trades,
)
from tests.makers import MINUTE, START, bar, bars

Entry = dict[str, Json]


def instrument(entry: Entry) -> Instrument:
    return Instrument(name_of(entry), "USD", "SPOT", True, whole(entry["decimals"]), 8, 0)


def name_of(entry: Entry) -> str:
    return symbol(text(entry["name"]))


def test_an_odd_entry_costs_only_itself_and_is_named_where_it_can_be() -> None:
    entries: list[Entry] = [{"name": "A", "decimals": 2}, {"name": "B"}, {"decimals": 2}, {"name": "C", "decimals": -1}]
    found = read_listing(entries, instrument, name_of)
    assert [one.symbol for one in found.instruments] == ["A"]
    assert found.unread == Unread(3, frozenset({"B", "C"}), "the field 'decimals' is missing")
    assert found.unread.nameless == 1


def test_a_listing_of_nothing_is_none() -> None:
    with pytest.raises(BadFrame, match="lists nothing at all"):
        read_listing([], instrument, name_of)


def test_a_listing_without_end_is_read_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_LISTED", 2)
    entries: list[Entry] = [{"name": name, "decimals": 2} for name in "ABCDE"]
    found = read_listing(entries, instrument, name_of)
    assert len(found.instruments) == 2
    assert found.unread == Unread(3, frozenset(), "a listing is read up to its 2th entry")


@pytest.mark.parametrize("error", [BadFrame("no"), BadNumber("no")], ids=["frame", "number"])
def test_a_damaged_message_costs_only_itself(error: Exception) -> None:
    def read(raw: bytes, batch: Batch) -> None:
        if raw == b"x":
            raise error
        batch.others.append(Skipped(raw.decode()))

    found = decode_each([b"a", b"x", b"b"], read, {"BTC"})
    assert found == Batch([], [Skipped("a"), Skipped("b")], [(b"x", error)], {"BTC"})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"high": "92000000000.1"}, "prices out of range"),
        ({"open_ms": START + 1}, "off the grid of 1m"),
        ({"low": "1000"}, "is none: high"),
    ],
)
def test_a_bar_that_none_can_be_is_refused(change: dict[str, object], reason: str) -> None:
    made = bar(**change)  # type: ignore[arg-type]
    with pytest.raises(BadFrame, match=reason):
        sound(made, Check.PRICES)
    assert sound(bar(), Check.PRICES) == bar()


def test_a_bar_is_over_by_a_newer_one_or_by_the_date_of_the_answer_and_by_our_clock() -> None:
    two = bars(2)

    def states(now_ms: int, shown_ms: int) -> list[State]:
        return [one.state for one in shown_over(two, now_ms, shown_ms)]

    later = START + 5 * MINUTE
    assert states(later, 0) == [State.CONFIRMED, State.FORMING]
    assert states(later, later) == [State.CONFIRMED, State.CONFIRMED]
    assert states(START, later) == [State.FORMING, State.FORMING]
    assert shown_over([], later, later) == []
    assert judged(two, 0) == [one._replace(state=State.FORMING) for one in two]


def test_bars_out_of_order_are_refused() -> None:
    first, second = bars(2)
    assert rising_bars([first, second], "X") == [first, second]
    with pytest.raises(BadFrame, match="the bars of X are out of order"):
        rising_bars([second, first], "X")


def test_the_bars_of_a_reply_are_good_or_bad_as_a_whole() -> None:
    first, second = bars(2)
    by_name: dict[str, Bar] = {"first": first, "second": second}
    assert bars_of(["first", "second"], by_name.__getitem__, "X") == [first, second]
    with pytest.raises(BadFrame, match="a bar of X cannot be read: 'third'"):
        bars_of(["first", "third"], by_name.__getitem__, "X")
    with pytest.raises(BadFrame, match="the bars of X are out of order"):
        bars_of(["second", "first"], by_name.__getitem__, "X")


def lone(trade_id: int, price: str = "1.5", quantity: str = "2") -> AggTrade:
    return AggTrade(*lone_trade("X", price, quantity, START, True, trade_id))


def test_a_trade_that_stands_for_itself_has_one_id_and_one_time() -> None:
    assert lone(7) == AggTrade("X", "1.5", "2", START, True, 7, 7, 7, START)


def test_the_trades_of_a_reply_rise_and_have_numbers_within_the_decimals_of_the_exchange() -> None:
    assert sound_trades([lone(1), lone(3)], "X", 1) == [lone(1), lone(3)]
    with pytest.raises(BadFrame, match="the trades of X are out of order"):
        sound_trades([lone(1), lone(1)], "X", 1)
    for damaged in (lone(1, price="1.55"), lone(1, quantity="two")):
        with pytest.raises(BadNumber):
            sound_trades([damaged], "X", 1)
