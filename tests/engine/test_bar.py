from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine import parsing
from klagg_tui.engine.bar import Bar, Check, State, blanked, empty_bar, fault_of, merge
from klagg_tui.engine.period import Period
from klagg_tui.evidence import Evidence
from tests.makers import MINUTE, START, SYMBOL, bar, candle
from tests.oracle import merged

states = st.sampled_from(State)


@st.composite
def rows(draw: st.DrawFn) -> list[Bar]:
    """Minutes in a row as an exchange has them: those without trades stand at the close before them."""
    made: list[Bar] = []
    for place, is_traded in enumerate(draw(st.lists(st.booleans(), min_size=1, max_size=8))):
        open_ms, state = START + place * MINUTE, draw(states)
        if not is_traded:
            made.append(empty_bar(SYMBOL, Period.M1, open_ms, made[-1].close if made else 77, state))
            continue
        low, first, last, high = sorted(draw(st.lists(st.integers(1, 10**9), min_size=4, max_size=4)))
        volume, turnover, count, bought, paid = (draw(st.integers(1, 10**12)) for _ in range(5))
        made.append(
            Bar(SYMBOL, Period.M1, open_ms, first, high, low, last, volume, turnover, count, bought, paid, state)
        )
    return made


def folded(minutes: list[Bar]) -> Bar:
    whole = minutes[0]
    for minute in minutes[1:]:
        whole = merge(whole, minute)
    return whole


@given(rows())
def test_joined_minutes_are_the_oracles_larger_bar(minutes: list[Bar]) -> None:
    whole = folded(minutes)
    assert candle(whole) == merged(map(candle, minutes))
    assert whole[:3] == minutes[0][:3]


@given(rows(), st.data())
def test_it_does_not_matter_where_a_row_is_joined_first(minutes: list[Bar], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, max(1, len(minutes) - 1)))
    parts = [folded(part) for part in (minutes[:cut], minutes[cut:]) if part]
    assert folded(parts) == folded(minutes)


@given(rows())
def test_a_partial_bar_without_trades_lends_no_price(minutes: list[Bar]) -> None:
    hole = empty_bar(SYMBOL, Period.M5, START, 0, State.PARTIAL)
    assert merge(hole, folded(minutes)) == folded(minutes)._replace(period=Period.M5, state=State.PARTIAL)
    assert merge(folded(minutes), hole) == folded(minutes)._replace(state=State.PARTIAL)


SUMS = {
    "turnover": Evidence.NO_TURNOVER,
    "trade_count": Evidence.NO_COUNT,
    "taker_buy_volume": Evidence.NO_TAKER_VOLUME,
    "taker_buy_turnover": Evidence.NO_TAKER_TURNOVER,
}


@given(rows(), st.data())
def test_what_one_minute_does_not_know_is_unknown_of_the_whole_and_nothing_else(
    minutes: list[Bar], data: st.DataObject
) -> None:
    lacked = [data.draw(st.integers(0, 31), "evidence") for _ in minutes]
    whole = folded(minutes)
    made = folded([blanked(bar._replace(evidence=bits)) for bar, bits in zip(minutes, lacked, strict=True)])
    for bit in Evidence:
        assert bool(made.evidence & bit) is any(bits & bit for bits in lacked)
    for name, bit in SUMS.items():
        assert getattr(made, name) == (0 if made.evidence & bit else getattr(whole, name))
    assert made[:8] == whole[:8]
    assert made.state is whole.state


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("CLOSED", "CLOSED", "CLOSED"),
        ("CLOSED", "CONFIRMED", "CLOSED"),
        ("CONFIRMED", "CONFIRMED", "CONFIRMED"),
        ("CLOSED", "FORMING", "FORMING"),
        ("CONFIRMED", "FORMING", "FORMING"),
        ("PARTIAL", "FORMING", "PARTIAL"),
        ("PARTIAL", "CONFIRMED", "PARTIAL"),
    ],
)
def test_the_less_certain_state_shows(first: str, second: str, both: str) -> None:
    one, other = bar(state=State[first]), bar(START + MINUTE, state=State[second])
    assert merge(one, other).state is State[both]
    assert merge(other, one).state is State[both]


def test_states_keep_their_numbers_because_they_are_on_disks() -> None:
    assert [(state.name, int(state)) for state in State] == [
        ("FORMING", 0),
        ("PARTIAL", 1),
        ("CLOSED", 2),
        ("CONFIRMED", 3),
    ]


def test_a_bar_knows_when_the_next_one_opens() -> None:
    minutes = [bar(START), bar(START + MINUTE)]
    assert [one.end_ms == two.open_ms for one, two in pairwise(minutes)] == [True]


def test_bars_that_differ_in_state_and_evidence_alone_have_the_same_values() -> None:
    assert bar().same_values(bar(state=State.CONFIRMED))
    assert bar().same_values(bar()._replace(evidence=Evidence.CANDLE_ONLY))
    assert not bar().same_values(bar(trade_count=2))


def test_only_a_bar_with_volume_is_traded() -> None:
    assert bar().is_traded
    assert not empty_bar(SYMBOL, Period.M1, START, 5, State.CLOSED).is_traded


@pytest.mark.parametrize(
    ("damage", "up_to", "said"),
    [
        ({"high": 1, "low": 2}, Check.ORDER, "is below low"),
        ({"open": 10**16}, Check.ORDER, "open 10000 lies outside"),
        ({"close": 1}, Check.ORDER, "close 0.000000000001 lies outside"),
        ({"low": 0}, Check.PRICES, "low 0 is no price"),
        ({"trade_count": -1}, Check.PARTS, "a sum is negative"),
        ({"taker_buy_volume": 10**12}, Check.PARTS, "takers bought more"),
        ({"taker_buy_turnover": 10**30}, Check.PARTS, "takers bought more"),
        ({"trade_count": 0}, Check.SUMS, "without a trade"),
        ({"turnover": 10**30}, Check.SUMS, "turnover"),
        ({"taker_buy_turnover": 0}, Check.SUMS, "taker turnover 0 cannot be paid"),
        ({"volume": 0, "taker_buy_volume": 0, "taker_buy_turnover": 0}, Check.SUMS, "trades without volume"),
        (dict.fromkeys(("volume", "turnover", "trade_count", "taker_buy_volume", "taker_buy_turnover"), 0), Check.SUMS,
         "prices moved without a trade"),
    ],
)  # fmt: skip
def test_a_bar_that_no_trades_can_make_is_named_by_the_check_that_finds_it(
    damage: dict[str, int], up_to: Check, said: str
) -> None:
    sound = bar(low="99", high="101", taker_buy_volume="0.5", taker_buy_turnover="50")
    assert fault_of(sound) is None
    damaged = sound._replace(**damage)  # type: ignore[arg-type]
    assert said in str(fault_of(damaged, up_to))
    if up_to > Check.ORDER:
        assert fault_of(damaged, Check(up_to - 1)) is None


def test_a_bar_without_trades_may_stand_at_one_price() -> None:
    assert fault_of(empty_bar(SYMBOL, Period.M1, START, 77, State.CLOSED)) is None


def test_a_turnover_may_lack_what_the_exchange_cut_off_each_trade() -> None:
    one = bar(
        low="100", high="100", volume="3", turnover_text="299.99999999", taker_buy_volume="0", taker_buy_turnover="0"
    )
    assert fault_of(one._replace(trade_count=1)) is None
    assert fault_of(one._replace(trade_count=1, turnover=one.turnover - 1)) is not None


SOUND = bar(low="99", high="101", taker_buy_volume="0.5", taker_buy_turnover="50")


@pytest.mark.parametrize("evidence", range(32))
def test_a_sound_bar_is_sound_whatever_is_unknown_of_it(evidence: int) -> None:
    assert fault_of(blanked(SOUND._replace(evidence=evidence))) is None


@pytest.mark.parametrize(
    ("evidence", "damage", "said"),
    [
        (Evidence.NO_TURNOVER, {"taker_buy_turnover": 10**30}, "taker turnover"),
        (Evidence.NO_TURNOVER, {"trade_count": 0}, "without a trade"),
        (Evidence.NO_TAKER_TURNOVER, {"taker_buy_volume": 10**12}, "takers bought more"),
        (Evidence.NO_TAKER_VOLUME, {"taker_buy_turnover": 10**30}, "takers bought more"),
        (Evidence.NO_TAKER_VOLUME, {"turnover": 10**30}, "turnover"),
        (Evidence.NO_COUNT, {"turnover": 10**30}, "turnover"),
        (Evidence.NO_COUNT, {"volume": 0, "taker_buy_volume": 0, "taker_buy_turnover": 0}, "trades without volume"),
    ],
    ids=[
        "turnover",
        "turnover and count",
        "taker turnover",
        "taker volume",
        "taker volume and turnover",
        "count",
        "sums",
    ],
)
def test_what_is_known_of_a_bar_is_asked_whatever_is_not(evidence: int, damage: dict[str, int], said: str) -> None:
    lacking = blanked(SOUND._replace(evidence=evidence))
    assert said in str(fault_of(lacking._replace(**damage)))  # type: ignore[arg-type]


def test_where_the_count_is_unknown_no_more_was_cut_off_than_so_many_trades_could_lose() -> None:
    unit = parsing.quantity("0.00000001")
    one = bar(low="100", high="100", volume="0.00000003", turnover_text="0.00000297")
    least = one._replace(trade_count=0, evidence=Evidence.NO_COUNT, volume=3 * unit)
    assert fault_of(least) is None
    assert fault_of(least._replace(turnover=least.turnover - 1)) is not None


def test_a_bar_of_contracts_is_paid_by_their_worth_and_not_by_its_prices() -> None:
    contracts = bar(
        open="61500",
        low="61000",
        high="62000",
        volume="3",
        turnover_text="300",
        taker_buy_volume="2",
        taker_buy_turnover="200",
    )
    value = parsing.price("100")
    assert fault_of(contracts, contract_value=value) is None
    assert "turnover 300 cannot be paid" in str(fault_of(contracts))
    for field in ("turnover", "taker_buy_turnover"):
        damaged = contracts._replace(**{field: getattr(contracts, field) - 1})
        assert "is not what its contracts are worth" in str(fault_of(damaged, contract_value=value))
    assert fault_of(contracts._replace(turnover=1, taker_buy_turnover=0), Check.PARTS, value) is None


def test_the_label_of_a_state_is_its_name_in_small_letters() -> None:
    assert [state.label for state in State] == ["forming", "partial", "closed", "confirmed"]


def test_evidence_is_a_plain_number_which_is_quick_to_join() -> None:
    empty, told = empty_bar(SYMBOL, Period.M5, START, 0, State.PARTIAL), bar(START)
    assert {type(one.evidence) for one in (empty, told, merge(empty, told))} == {int}


def test_the_key_of_a_bar_is_the_same_whatever_is_known_of_it() -> None:
    one = bar(START, period=Period.M5)
    assert one.key == one._replace(close=1, state=State.PARTIAL).key == (SYMBOL, Period.M5, START)
    assert one.series == (SYMBOL, Period.M5)
