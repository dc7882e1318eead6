"""The filter language: what it lets through, and that it never raises but its own error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.bar import State
from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns.column import Unit
from klagg_tui.view.columns.registry import BY_KEY
from klagg_tui.view.filter import Scope
from klagg_tui.view.model import Row
from tests.makers import MINUTE, START, bar

NOW = START + 30_000


def _row(symbol: str = "BTCUSDT", state: State = State.FORMING) -> Row:
    """Up 2 % in the minute, down 5 % in the day; 2,000 coins at 102 traded, three quarters by buyers, 10 s ago."""
    row = Row(symbol)
    row.take(
        bar(
            START, "100", "103", "99", "102", "2000", symbol=symbol, trade_count=7, taker_buy_volume="1500", state=state
        )
    )
    row.take(bar(START, "107.36842105", close="102", period=Period.D1, symbol=symbol, state=state))
    row.last_trade_ms = START + 20_000
    return row


def _passes(text: str, row: Row | None = None, saved: dict[str, str] | None = None, now_ms: int = NOW) -> bool:
    return filters.read(text, Scope(saved or {})).matches(row or _row(), Period.M1, now_ms)


@pytest.mark.parametrize(
    "text",
    ["", "  ", "btc", "BTC usdt", "~btusd", "~bcut", "/^btc/", "/T$/", "!eth", "not eth", "! eth", "not(eth)",
     "vol>1e3", "vol>1k", "vol >= 2000", "vol=2000", "vol==2k", "vol:2000", "vol!=1", "turnover>0.2m", "turnover<1b",
     "chg>1.9 chg<2.1", "chg>1%", "bar.chg(1d)<-4.9", "bar.change(1d)<0", "last>open", "last<high",
     "open<open(1d)", "chg>bar.chg(1d)", "taker>70%", "buyers<80", "age>5", "age<30s", "age<1m", "age<2h", "trades=7",
     "range>4", "state:form", "state=forming", "state!=partial", "symbol:btc", "symbol=BTCUSDT", 'symbol="btcusdt"',
     "name!=ethusdt", "btc or eth", "eth or btc", "eth or sol or btc", "btc and usdt", "(btc)", "(eth or btc) usdt",
     "btc !(eth or sol)", "!(eth)", "btc && usdt", "btc&&chg>1", "eth || btc", "(eth||btc)&&vol>1k", "eth | btc & usdt",
     "!eth&&!sol", "state:form&&btc", "eth && sol || btc", '"btc"', "turnover>5k and not usdc", "vol>1e3 chg>1 btc"],
)  # fmt: skip
def test_it_lets_through(text: str) -> None:
    assert _passes(text)


@pytest.mark.parametrize(
    "text",
    ["eth", "~xyzzy", "/^usdt/", "!btc", "not btc", "vol>1m", "chg>2.5", "chg(1d)>0", "last<open", "taker<50", "age>1m",
     "state:partial", "symbol=btc", "btc eth", "eth or sol", "(btc) eth", "!(btc or eth)", "btc && eth", "eth||sol", "btc&&vol>1m", "chg(1w)>-100",
     "chg(1w)<100", "open>close(1w)"],
)  # fmt: skip
def test_it_keeps_out(text: str) -> None:
    assert not _passes(text)


def test_a_stale_row_is_found_by_its_state() -> None:
    assert _passes("state:stale", now_ms=START + 10 * MINUTE)
    assert not _passes("state:forming", now_ms=START + 10 * MINUTE)
    assert _passes("state:partial", _row(state=State.PARTIAL))


def test_names_of_other_scripts_are_matched_whatever_their_case() -> None:
    assert _passes("人生", _row("币安人生USDT"))
    assert _passes("ÄB", _row("äbUSDT"))


@pytest.mark.parametrize(
    ("text", "said"),
    [("volx>1", "no column volx"), ("bar.chg(7m)>1", "no period"), ("state=form", "no state form; there are forming, "), ("chg>", "compared with"), ("chg>abc", "no column abc"),
     ("chg>1x2", "neither a number"), ("chg>5s", "neither a number nor"), ("chg(5m)", "compared with nothing"),
     ("(btc", "without its )"), ("btc)", "without its ("), ("()", "missing before )"), ("!", "missing at the end"),
     ("/btc", "ends with another /"), ("/(/", "cannot be read"), ("state>1", "not >"), ("@mine", "No filter is saved"),
     ("btc or", "missing at the end"), ("chg(5m>2", "without its )"), ("x" * 501, "at most 500")],
)  # fmt: skip
def test_what_it_cannot_read_is_said_in_a_sentence(text: str, said: str) -> None:
    with pytest.raises(FilterError) as raised:
        filters.read(text)
    assert said in str(raised.value)
    assert 0 <= raised.value.position <= len(text)


def test_saved_filters_are_used_by_name() -> None:
    saved = {"mine": "btc or eth", "risers": "chg>1 @mine", "bad": "volx>1", "me": "@me"}
    assert _passes("@risers usdt", saved=saved)
    with pytest.raises(FilterError, match="In the saved filter 'bad'"):
        filters.read("@bad", Scope(saved))
    with pytest.raises(FilterError, match="holds itself"):
        filters.read("@me", Scope(saved))


def test_a_deep_nest_is_refused_not_crashed_into() -> None:
    for text in ("(" * 400 + "a" + ")" * 90, "!" * 400 + "a", "not " * 100 + "a"):
        with pytest.raises(FilterError, match="too deep"):
            filters.read(text)


_PARTS = st.sampled_from([
    "btc", "vol", "chg", "(5m)", "(1d)", "(", ")", ">", "<=", "=", ":", "!", "~", "/", "@x", "and", "or", "not", "1e6",
    "5m", "2%", "state", "partial", '"', " ", "  ", "é", "币", "\\", "[", "*", "(?P<", "{9999999}", ".", "-", "last", "age",
])  # fmt: skip


_TYPED = st.one_of(
    st.text(max_size=60), st.lists(_PARTS, max_size=14).map("".join), st.lists(_PARTS, max_size=9).map(" ".join)
)


def _read(text: str, saved: dict[str, str]) -> tuple[filters.Filter | None, FilterError | None]:
    try:
        return filters.read(text, Scope(saved)), None
    except FilterError as error:
        return None, error


def _odd_rows() -> list[Row]:
    """A usual one, one without a bar, one without a trade, one at the edge of what numbers can be."""
    flat, vast = Row("1000É币USDT"), Row("VASTUSDT")
    flat.take(bar(START, "0.00000001", volume="0", trade_count=0, symbol=flat.symbol))
    vast.take(bar(START, "0.00000001", "99999999999", "0.00000001", "99999999999", "9" * 15, symbol=vast.symbol))
    vast.last_trade_ms = NOW + 5_000
    return [_row(), Row("EMPTY"), flat, vast]


@given(
    _TYPED,
    st.dictionaries(st.sampled_from(["x", "mine"]), _TYPED),
    st.sampled_from(list(Period)),
    st.integers(0, 1 << 50),
)
def test_whatever_is_typed_is_either_understood_or_refused_with_its_own_error(
    text: str, saved: dict[str, str], period: Period, now_ms: int
) -> None:
    understood, refused = _read(text, saved)
    if understood is None:
        assert str(refused)
        assert refused is not None
        assert 0 <= refused.position <= len(text)
        return
    for row in _odd_rows():
        found = understood.matches(row, period, now_ms)
        assert found in (True, False)
        assert understood.matches(row, period, now_ms) is found


@given(st.sampled_from(sorted(BY_KEY)), st.sampled_from([">", "<", ">=", "<=", "="]), st.floats(-1e9, 1e9))
def test_a_comparison_and_its_opposite_part_the_rows_that_have_the_value(key: str, operator: str, value: float) -> None:
    if BY_KEY[key].unit is Unit.TEXT:
        return
    text = f"{key}{operator}{value:.3f}"
    row = _row()
    is_known = BY_KEY[key].measure(row, row.bar(Period.M1), NOW) is not None
    assert [_passes(text), _passes(f"!{text}")].count(True) == is_known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("last>0", (False, False)),
        ("!(last>0)", (False, False)),
        ("last>0 or btc", (True, False)),
        ("last>0 or eth", (False, False)),
        ("last>0 eth", (False, True)),
        ("last>0 btc", (False, False)),
        ("last>open", (False, False)),
        ("oi_value>100m", (False, False)),
        ("state=partial", (False, False)),
        ("btc", (True, False)),
        ("venue=kraken or base=eth", (False, True)),
        ("", (True, False)),
    ],
)
def test_of_a_row_without_a_value_it_is_neither_said_that_it_matches_nor_that_it_does_not(
    text: str, said: tuple[bool, bool]
) -> None:
    row, read = Row("BTCUSDT"), filters.read(text)
    assert (read.matches(row, Period.M1, NOW), read.denies(row, Period.M1, NOW)) == said


@pytest.mark.parametrize("text", ["&&", "&& btc", "| btc", "btc && || eth", "btc &&", "btc &"])
def test_a_sign_for_and_or_or_with_nothing_on_one_side_is_an_error_and_no_name(text: str) -> None:
    with pytest.raises(FilterError, match=r"Something is missing"):
        filters.read(text)
