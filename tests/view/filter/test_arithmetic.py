"""Numbers of the language: what they are worth, held against Python's own arithmetic."""

import math
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.filter import Scope
from klagg_tui.view.filter.likeness import likeness
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import call
from tests.makers import START, bar
from tests.view.filter.figures import FakeFigures

_ALL = tuple(Period)
NOW = START + 30_000
T = TypeVar("T")
_PERIODS = (Period.M1, Period.M5, Period.H1)


def _row() -> Row:
    """100 to 102, 2,000 coins, 7 trades; 5 % up in 24 hours, four times the usual volume, no RSI yet."""
    row = Row("BTCUSDT")
    row.take(bar(START, "100", "103", "99", "102", "2000", trade_count=7, taker_buy_volume="1500"))
    row.take(bar(START, "107.36842105", close="102", period=Period.D1))
    row.last_trade_ms = START + 20_000
    row.figures = FakeFigures({"chg(24h)": 5.0, "rvol(5m,10)": 4.0, "rsi(1h)": None, "speed": 0.0})
    return row


def _value(text: str, scope: Scope | None = None) -> float | None:
    return filters.read_number(text, scope or Scope()).value(_row(), Period.M1, NOW)


@pytest.mark.parametrize(
    ("text", "value"),
    [("vol", 2000), ("vol*2+1", 4001), ("1+vol*2", 4001), ("(1+vol)*2", 4002), ("-vol", -2000), ("- -vol", 2000),
     ("vol - 2 - 3", 1995), ("vol-2-3", 1995), ("vol/4/5", 100), ("high-low", 4), ("2*-trades", -14), ("+trades", 7),
     ("abs(low-high)", 4), ("min(trades,3,9)", 3), ("max(trades, 3)", 7), ("sqrt(trades+2)", 3), ("log(1)", 0),
     ("log(trades)", math.log(7)), ("5m", 5e6), ("5k/2", 2500), ("60%", 60), (".5", 0.5), ("1e3", 1000), ("AGE", 10),
     ("age*6", 60), ("age-5", 5), ("5m-age", 290), ("1h/age", 360), ("bar.chg(1d)-1", -6), ("open(1d)-close(1d)", 5.36842105),
     ("bar.vol", 2000), ("taker", 75), ("chg(24h)*rvol(5m,10)", 20), ("chg(24h)", 5), ("vol / 2", 1000), ("abs(chg -1)", 1),
     ("2 * (3 + 4)", 14)],
)  # fmt: skip
def test_a_number_is_worth(text: str, value: float) -> None:
    assert _value(text) == pytest.approx(value)


@pytest.mark.parametrize(
    "text",
    ["vol/(trades-7)", "log(trades-7)", "sqrt(-vol)", "rsi(1h)", "rsi(1h)+1", "1+rsi(1h)", "abs(rsi(1h))", "min(rsi(1h),1)",
     "chg(24h)/speed", "open(1w)", "bar.chg(1w)*2", "vol*1e300*1e300-vol*1e300*1e300", "age(1w)+open(1w)"],
)  # fmt: skip
def test_what_is_not_known_or_no_number_is_none(text: str) -> None:
    assert _value(text) is None
    for sign in _HOLDS:
        assert not filters.read(f"{text}{sign}0").matches(_row(), Period.M1, NOW)
        assert not filters.read(f"0{sign}{text}").matches(_row(), Period.M1, NOW)
        assert not filters.read(f"{text}{sign}vol").matches(_row(), Period.M1, NOW)


def test_a_column_alone_is_the_bar_of_the_shown_period_and_one_with_a_length_the_figure() -> None:
    row = _row()
    assert filters.read("chg<0").matches(row, Period.D1, NOW)
    assert filters.read("chg>0").matches(row, Period.M1, NOW)
    for period in (Period.M1, Period.D1):
        assert filters.read("bar.chg(1d)<0 chg(24h)=5").matches(row, period, NOW)


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [("vol+", "missing at the end", 4), ("(vol", "A ( without its )", 0), ("vol)", "more stands behind", 3), ("1,2", "more stands", 1),
     ("abs()", "missing before )", 4), ("abs(1,2)", "abs takes one", 0), ("max(vol)", "two numbers or more", 0),
     ("abs", "needs a number in brackets", 0), ("volx", "no column volx; did you mean vol?", 0), ("vol+btc", "no column btc; there", 4),
     ("chg24h", "did you mean chg(24h)?", 0), ("open1h*2", "did you mean open(1h)?", 0), ("rvl(5m)", "no figure rvl; did you mean rvol?", 0),
     ("zzz(5m)", "no figure zzz; there are chg, ", 0), ("bar.volx", "no column volx; did you mean vol?", 4), ("bar.rsi(1h)", "no figure bar.rsi", 0),
     ("chg(8d)", "8d is too long", 4), ("rsi(2h)", "Bars of 2h are not kept; there are 1m, 5m, 1h", 4), ("3x", "3 times the usual volume is rvol(5m)>3", 0),
     ("bar.chg(2h)", "Bars of 2h are not kept", 8), ("bar.chg(soon)", "'soon' is no period", 8), ("state", "state is a text", 0),
     ("vol+state", "state is a text", 4), ("open(1h", "A ( without", 4), ("1/0", "No number comes of 1/0", 0), ("log(0)+vol", "No number comes", 0),
     ("sqrt(0-1)", "No number comes", 0), ("vol+30s", "'30s' is neither a number nor a column: it is a time", 4), ("1z", "'1z' is neither", 0),
     ("vol*1.2.3", "'1.2.3' is neither", 4), ("(1,2)", "Here a ) is missing", 2), ("hot(5m)", "hot is a name of your own", 0),
     ("liquid+1", "liquid says yes or no", 0), ("(" * 30 + "1" + ")" * 30, "too deep", 20), ("-" * 30 + "1", "too deep", 20),
     ("abs(" * 30 + "vol" + ")" * 30, "too deep", 80), ("x" * 501, "at most 500", 500)],
)  # fmt: skip
def test_what_is_no_number_is_told_with_its_place(text: str, said: str, position: int) -> None:
    scope = Scope(names={"hot": "vol*2", "liquid": "vol>5"}, periods=_PERIODS)
    with pytest.raises(FilterError) as raised:
        filters.read_number(text, scope)
    assert said in str(raised.value)
    assert raised.value.position == position


def test_the_figures_that_a_text_needs_are_told_through_names_and_saved_filters() -> None:
    scope = Scope({"deep": "@deeper or hot>3", "deeper": "!(rsi(1h)<30)"}, {"hot": "rvol(5m)*abs(chg(5m))"})
    wanted = {call("rvol", ["5m"], _ALL), call("chg", ["5m"], _ALL), call("rsi", ["1h"], _ALL)}
    assert filters.read("btc @deep vol>5", scope).calls == wanted
    assert filters.read_number("hot*2", scope).calls == wanted - {call("rsi", ["1h"], _ALL)}
    assert not filters.read("btc vol>5 last>open").calls


# Python's own arithmetic as the oracle.

_KNOWN = {"vol": 2000.0, "trades": 7.0, "high": 103.0, "low": 99.0, "chg(24h)": 5.0, "rvol(5m,10)": 4.0, "speed": 0.0}
_Pair = tuple[str, str]


def _variable(name: str) -> _Pair:
    return name, f"known[{name!r}]"


def _literal(value: float) -> _Pair:
    return f"{value:.3f}", f"{value:.3f}"


_leaves = st.one_of(
    st.sampled_from(sorted(_KNOWN)).map(_variable),
    st.floats(0, 1000).map(_literal),
    st.sampled_from([("2k", "2e3"), ("1.5m", "1.5e6"), ("30%", "30."), ("1b", "1e9")]),
)


def _larger(inner: st.SearchStrategy[_Pair]) -> st.SearchStrategy[_Pair]:
    def binary(left: _Pair, sign: str, right: _Pair, blanks: str) -> _Pair:
        return f"{left[0]}{blanks}{sign}{blanks}{right[0]}", f"{left[1]} {sign} {right[1]}"

    def called(name: str, arguments: list[_Pair]) -> _Pair:
        texts, pythons = zip(*arguments, strict=True)
        return f"{name}({','.join(texts)})", f"{name}({','.join(pythons)})"

    return st.one_of(
        st.builds(binary, inner, st.sampled_from("+-*/"), inner, st.sampled_from(["", " "])),
        inner.map(lambda pair: (f"({pair[0]})", f"({pair[1]})")),
        inner.map(lambda pair: (f"-{pair[0]}", f"-{pair[1]}")),
        st.builds(called, st.sampled_from(["abs", "log", "sqrt"]), st.lists(inner, min_size=1, max_size=1)),
        st.builds(called, st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=3)),
    )


_HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "=": operator.eq, "!=": operator.ne,
}  # fmt: skip
_expressions = st.recursive(_leaves, _larger, max_leaves=8)
_FUNCTIONS: dict[str, Any] = {"abs": abs, "min": min, "max": max, "log": math.log, "sqrt": math.sqrt, "known": _KNOWN}


def _as_python(text: str) -> float | None:
    try:
        value = eval(text, {"__builtins__": {}}, _FUNCTIONS)  # the text is ours
    except (ZeroDivisionError, ValueError):
        return None
    return float(value)


def _asked(read: Callable[[], T]) -> T | FilterError:
    try:
        return read()
    except FilterError as error:
        return error


def _with_known() -> Row:
    row = _row()
    row.figures = FakeFigures(_KNOWN)
    return row


def _worth(text: str) -> float | None:
    """What the text is worth; None also where it can be seen in the text that no number comes of it."""
    found = _asked(lambda: filters.read_number(text).value(_with_known(), Period.M1, NOW))
    if isinstance(found, FilterError):
        assert str(found).startswith("No number comes of")
        return None
    return found


def _fits(*pairs: _Pair) -> bool:
    """Whether the language takes as much."""
    text = "".join(pair[0] for pair in pairs)
    return len(text) < filters.MAX_LENGTH - 5 and text.count("(") + text.count("-") < 20


@given(_expressions.filter(_fits))
def test_arithmetic_is_pythons(pair: _Pair) -> None:
    value, wanted = _worth(pair[0]), _as_python(pair[1])
    assert value == wanted or (value is not None and wanted is not None and value == pytest.approx(wanted, rel=1e-12))


@given(_expressions, st.sampled_from(sorted(_HOLDS)), _expressions)
def test_a_comparison_is_of_both_numbers(left: _Pair, sign: str, right: _Pair) -> None:
    assume(_fits(left, right))
    found = _asked(lambda: filters.read(f"{left[0]} {sign} {right[0]}").matches(_with_known(), Period.M1, NOW))
    first, second = _worth(left[0]), _worth(right[0])
    if isinstance(found, FilterError):
        assert None in (first, second)
    else:
        assert found is (first is not None and second is not None and _HOLDS[sign](first, second))


# Likeness.


def test_letters_that_stand_together_and_begin_words_are_more_like_than_scattered_ones() -> None:
    names = ["btcusdt", "1000btcusdt", "abtcusdt", "bxtxcusdt", "bnbtusdc"]
    ranked = sorted(names, key=lambda name: -(likeness("btc", name) or 0))
    assert ranked == names
    assert likeness("btc", "ctb") is None
    assert likeness("btc", "") is None
    assert likeness("b", "b") == likeness("b", "bnb")


@given(st.text("abc1-", min_size=1, max_size=5), st.text("abc1-", max_size=9))
def test_a_name_is_like_exactly_what_is_a_subsequence_of_it(wanted: str, name: str) -> None:
    letters = iter(name)
    assert (likeness(wanted, name) is not None) is all(letter in letters for letter in wanted)
