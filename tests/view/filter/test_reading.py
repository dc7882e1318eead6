"""What is entered, what is still being typed, own names, and the filters to start from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.engine.period import Period
from klagg_tui.errors import FilterError
from klagg_tui.view import filter as filters
from klagg_tui.view.columns.registry import COLUMNS
from klagg_tui.view.filter import Complete, Scope, Unfinished
from klagg_tui.view.filter.quantity import MAX_PARTS
from klagg_tui.view.model import Row
from klagg_tui.view.screener.figure import FIGURES
from tests.makers import START, bar
from tests.view.filter.figures import FakeFigures

SCOPE = Scope(
    saved={"mine": "btc"},
    names={"hot": "rvol(5m)*2", "liquid": "turnover(24h)>5m", "wait": "age*2"},
    watched={"kraken": "Kraken", "okx-swap": "OKX swaps"},
    periods=(Period.M1, Period.M5, Period.H1),
)


def _row(symbol: str = "BTCUSDT") -> Row:
    row = Row(symbol)
    row.take(bar(START, "100", close="102", volume="2000", symbol=symbol))
    row.last_trade_ms = START
    row.figures = FakeFigures({"rvol(5m)": 4.0, "turnover(24h)": 6e6})
    return row


def _passes(text: str, scope: Scope = SCOPE, row: Row | None = None) -> bool:
    return filters.read(text, scope).matches(row or _row(), Period.M1, START + 90_000)


@pytest.mark.parametrize(
    "text",
    ["state(1m):stale", "bar.state:stale", "hot>7", "hot=8", "HOT<9", "hot/4>1", "liquid", "Liquid btc", "liquid and hot>1", "!(!liquid)", "(liquid)", "wait>2m wait<4m",
     "rvol(5m,20)>3 and chg>1 or rsi(1h)<25", "vol*2>3k vol>-5", "vol>5 -usdt or btc", "vol>1e3 /^btc/", "(vol+1)*2>4k", "((vol))>1",
     "age>1m age<2m", "1 < vol", "btc (vol>1)", "(1000) or btc", "5m or btc", "(vol>1) btc", "vol>1 and(btc)", '"btc"'],
)  # fmt: skip
def test_it_lets_through(text: str) -> None:
    assert _passes(text)


@pytest.mark.parametrize(
    "text", ["hot>9", "!liquid", "wait>4m", "rsi(1h)<25", "!rvol(5m)>3", "bb", "delta", "vol>5 -usdt", "1000", "(1000)"]
)
def test_it_keeps_out(text: str) -> None:
    assert not _passes(text)


@pytest.mark.parametrize(
    "word",
    ["btc-usd", "1000pepe", "btc/usd", "a+b", "btc-1", "vol-usdt", "5m", "2-usd", "vol!x", "chg,5", "bb", "max", "log"],
)
def test_a_word_is_a_part_of_a_name_where_it_is_no_number(word: str) -> None:
    assert _passes(word, row=_row(f"X{word.upper()}Y"))
    assert not _passes(word)
    assert _passes(f"vol>5 {word}", row=_row(f"X{word.upper()}Y"))


@pytest.mark.parametrize(
    ("text", "said", "position"),
    [("chg24h>5", "There is no column chg24h; did you mean chg(24h)?", 0), ("btc chg24h > 5", "did you mean chg(24h)?", 4),
     ("chg(8d)>1", "too long", 4), ("rsi(3m)<2", "Bars of 3m are not kept; there are 1m, 5m, 1h.", 4), ("state:fomring", "there are forming, partial", 6),
     ("state:form,zz", "no state zz", 6), ("state!=zz", "no state zz", 7), ("state(3m):form", "Bars of 3m are not kept", 6), ("state>1", "not >", 5),
     ("chg>state", "state is a text", 4), ("state", 'compared with nothing; say for example state:…, or "state"', 0),
     ("high", 'say for example high>2, or "high" for names', 0), ("(high)", "compared with nothing", 0), ("hot", "hot is compared with nothing", 0),
     ("vol*2", "vol*2 is compared with nothing", 0), ("vol *", "missing at the end", 5), ("vol + rvl>5", "no column rvl; did you mean rvol?", 6), ("state -2", "is a text", 0), ("liquid>1", "yes or no", 0),
     ("vol>liquid", "yes or no", 4), ("1<chg<5", "ends with chg", 5), ("chg>)", "compared with", 4), ("chg>>1", "compared with", 4),
     ("(vol+volx)*2>3", "no column volx", 5), ("(btc)*2>1", "no column btc", 1), ("(btc)>1", "no column btc", 1), ("btc(eth)", "no figure btc", 0),
     ("x->y", "no column x", 0), ("krakn:btc", "did you mean kraken:?", 0), ("a=b", "no column a", 0), ("*>5", "'*' is neither", 0),
     (">5", "missing before >", 0), ("age>5z", "'5z' is neither", 4), ("vol>30s", "it is a time", 4), ("@gone", "No filter is saved", 0),
     ("hot(5m)>1", "name of your own", 0), ("okx-swp:btc", "near: okx-swap", 0), ("venue:kraken,zzz", "No exchange called zzz", 6)],
)  # fmt: skip
def test_what_cannot_hold_is_told_with_its_place(text: str, said: str, position: int) -> None:
    with pytest.raises(FilterError) as raised:
        filters.read(text, SCOPE)
    assert said in str(raised.value)
    assert raised.value.position == position


def test_a_bare_word_that_is_a_column_is_no_name_but_in_quotes() -> None:
    for column in COLUMNS:
        for name in (column.key, *column.aliases):
            with pytest.raises(FilterError, match=f'"{name}" for names'):
                filters.read(name)
            assert _passes(f'"{name}"', row=_row(f"{name.upper()}USDT"))


# What is still being typed.


@pytest.mark.parametrize(
    "text",
    [
        "",
        "btc",
        "btc ",
        "b ",
        "bt",
        "!bt",
        "chg>1",
        "hot>1",
        "liquid",
        "~b",
        '"b',
        "@mine",
        "state:f",
        "chg>1 xy",
        "vol-usd",
        "1000",
        "vol>5 -usdt",
    ],
)
def test_what_can_be_read_is_used_while_it_is_typed(text: str) -> None:
    read = filters.read_partial(text, SCOPE)
    assert isinstance(read, Complete)
    assert read.filter.text == text


@pytest.mark.parametrize(
    "text", ["b", "ch", "chg>1 b", "!b", "rv", "an", "btc o", "delta", "bb", "abs", "vol-o", "1e", "vol*", "lo", "ho"]
)
def test_a_last_word_that_begins_something_else_is_no_name_yet(text: str) -> None:
    read = filters.read_partial(text, SCOPE)
    assert isinstance(read, Unfinished)
    assert not read.is_error
    assert "Enter looks for names that hold" in read.reason


@pytest.mark.parametrize(
    "text",
    ["chg", "vol*2", "chg>", "chg>ab", "chg>(1", "chg>1e", "chg>1 and", "(chg>1", "rvol(5m", "rvol(5m,", "(b", "/bt", "@mi", "state", "state:", "state=form",
     "vol *", "not", "venue:kra", "chg>max", "chg>bar.ch", "chg>rsi(", "vol>-", "venue:"],
)  # fmt: skip
def test_what_more_typing_can_mend_is_unfinished(text: str) -> None:
    read = filters.read_partial(text, SCOPE)
    assert isinstance(read, Unfinished)
    assert read.reason
    assert 0 <= read.position <= len(text)
    assert read.is_error


@pytest.mark.parametrize(
    "text",
    ["volx>", "chg24h>5", "chg(8d)", "chgx(", "chg>abx", "btc)", "()", "/(/", "@zz", "state:fomr", "state=form,", "venue:zz", "venue:zz,k", "high btc",
     "chg(5m) btc", "1<chg<", "abs(1,2)", "chg>1x", "chg>5s", "x" * 501],
)  # fmt: skip
def test_what_no_typing_can_mend_is_refused_at_once(text: str) -> None:
    with pytest.raises(FilterError):
        filters.read_partial(text, SCOPE)
    for more in ("", "1", ")", "chg", " >1", "forming", "(5m)>1"):
        with pytest.raises(FilterError):
            filters.read(text + more, SCOPE)


_PARTS = st.sampled_from([
    "btc", "vol", "chg", "(5m)", "(", ")", ">", "<=", ":", "!", "~b", "/", "@m", "@mine", " and ", " or ", "not ", "1e6", "5m", "2%", "state", "f", "abs(", ",", "+",
    "-", "*", " ", "bar.", "hot", "liquid", "wait", "kraken", "1", "rsi", '"', "é",
])  # fmt: skip


@given(st.lists(_PARTS, max_size=9).map("".join), st.lists(_PARTS, max_size=4).map("".join))
def test_typing_agrees_with_entering(text: str, more: str) -> None:
    """Complete: it means the same when entered. Refused: so is all that begins so."""
    try:
        read = filters.read_partial(text, SCOPE)
    except FilterError:
        with pytest.raises(FilterError):
            filters.read(text + more, SCOPE)
        return
    entered = _entered(text)
    if isinstance(read, Complete):
        assert entered is not None
        assert entered.calls == read.filter.calls
        assert entered.matches(_row(), Period.M1, START) is read.filter.matches(_row(), Period.M1, START)
    else:
        assert read.is_error is (entered is None)


def _entered(text: str) -> filters.Filter | None:
    try:
        return filters.read(text, SCOPE)
    except FilterError:
        return None


# Own names, saved filters, ready ones.


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [("hot", "rvol(5m)*2", None), ("HOT", "vol>5", None), ("hot_1", "btc or eth", None), ("chg", "1", "means something already"), ("rsi", "1", "means something"),
     ("abs", "1", "means something"), ("or", "1", "means something"), ("bar", "1", "means something"), ("1x", "1", "A letter, then"), ("a-b", "1", "A letter"),
     ("x" * 31, "1", "at most 30"), ("hot", "volx*2", "In the name 'hot': There is no column volx"), ("hot", "hot*2", "holds itself"), ("hot", "cold+1", None),
     ("hot", "x" * 501, "at most 500"), ("hot", "rsi(3m)", "not kept"), ("hot", "state:zz", "no state zz")],
)  # fmt: skip
def test_an_own_name_is_a_word_that_means_nothing_yet_and_stands_for_what_can_be_read(
    name: str, text: str, said: str | None
) -> None:
    scope = Scope(names={"cold": "1", name.lower(): text}, periods=SCOPE.periods)
    problem = filters.name_problem(name, text, scope)
    assert (said or "None") in str(problem)


def test_what_is_kept_by_a_name_is_told_of_by_it() -> None:
    scope = Scope({"a": "@b", "b": "volx>1"}, {"n": "m*2", "m": "volx"})
    for text, said in (
        ("@a", "In the saved filter 'a': In the saved filter 'b': There"),
        ("n>1", "In the name 'n': In the name 'm': There"),
    ):
        with pytest.raises(FilterError, match=said):
            filters.read(text, scope)
    with pytest.raises(FilterError, match="In the name 'n'") as raised:
        filters.read_partial("btc n>1 and", scope)
    assert raised.value.position == 4


def test_names_that_hold_each_other_many_times_are_refused_not_written_out() -> None:
    names = {"a0": "vol", **{f"a{place}": f"a{place - 1}+a{place - 1}" for place in range(1, 19)}}
    saved = {"s0": "vol>1", **{f"s{place}": f"@s{place - 1} @s{place - 1}" for place in range(1, 19)}}
    for text in ("a18>1", "@s18"):
        with pytest.raises(FilterError, match=f"more than {MAX_PARTS} parts"):
            filters.read(text, Scope(saved, names))
    assert _passes("a3>15999 a3<16001 @s3", Scope(saved, names))


def test_a_name_that_cannot_be_read_is_tried_once_however_often_it_is_used() -> None:
    names = {"a0": "volx", **{f"a{place}": f"a{place - 1}+a{place - 1}>1 a{place - 1}" for place in range(1, 15)}}
    with pytest.raises(FilterError, match="There is no column volx"):
        filters.read("!(a14) or a14", Scope(names=names))


def test_the_ready_filters_can_be_read_and_give_way_to_a_saved_one() -> None:
    for name in filters.PRESETS:
        read = filters.read(f"@{name}", Scope(periods=tuple(Period)))
        assert read.calls
        assert all(each.key in FIGURES for each in read.calls)
    first = next(iter(filters.PRESETS))
    assert not filters.read(f"@{first}", Scope({first: "btc"})).calls


# Which filters rank.


@pytest.mark.parametrize("text", ["~btu", "~btu vol>1", "vol>1 and ~btu", "@x", "(~btu) venue:kraken"])
def test_letters_of_a_name_alone_rank_the_rows(text: str) -> None:
    ranking = filters.read(text, Scope({"x": "~btu"})).likeness
    assert ranking is not None
    assert ranking(_row("BTUSDT")) > ranking(_row("BTCUSDT")) > ranking(_row("XBXTXU")) > ranking(_row("ETH"))


@pytest.mark.parametrize(
    "text",
    [
        "btu",
        "~btu btc",
        "~btu ~us",
        "!~btu",
        "~btu or vol>1",
        "~btu /T$/",
        "~btu symbol:btc",
        "~btu kraken:b",
        "vol>1",
        "",
    ],
)
def test_no_other_filter_ranks_them(text: str) -> None:
    assert filters.read(text).likeness is None
