"""Own names in the settings: read, checked with their place, and shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from klagg_tui.config import defaults, load, names
from klagg_tui.config import example as examples
from klagg_tui.config.reading import Effective
from klagg_tui.errors import ConfigError
from klagg_tui.view.columns.registry import BY_KEY
from klagg_tui.view.screener.figure import FIGURES

TEXT = """[market]
periods = ["5m", "1h"]

[names]
hot = "rvol(5m)*abs(chg(5m))"
Liquid = "turnover(24h)>5m and hot>1"
"""


def _read(tmp_path: Path, text: str) -> Effective:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load(path, {}, {})


def _complaints(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}{os.sep}", "").splitlines()


def test_names_are_in_lower_case_and_say_where_they_come_from(tmp_path: Path) -> None:
    assert defaults().names == {}
    effective = _read(tmp_path, TEXT)
    assert effective.settings.names == {"hot": "rvol(5m)*abs(chg(5m))", "liquid": "turnover(24h)>5m and hot>1"}
    shown = {name: (value, origin) for name, value, origin in examples.rows(effective)}
    assert shown["names.hot"] == ('"rvol(5m)*abs(chg(5m))"', f"{effective.path}, line 5")


@pytest.mark.parametrize(
    ("lines", "said"),
    [("hot = 5", 'names.hot is 5, but must be a text like "rvol(5m)*abs(chg(5m))".'),
     ("chg = '1'", "names.chg: chg means something already; take another name."),
     ("'a b' = '1'", "names.a b: A letter, then letters, digits and _ only; at most 30."),
     ("'' = '1'", 'names."": A letter, then letters, digits and _ only; at most 30.'),
     ("hot = 'volx*2'", "names.hot: In the name 'hot': There is no column volx; did you mean vol?"),
     ("hot = 'chg24h>5'", "names.hot: In the name 'hot': There is no column chg24h; did you mean chg(24h)?"),
     ("hot = 'rsi(4h)'", "names.hot: In the name 'hot': Bars of 4h are not kept; there are 1m, 5m."),
     ("hot = 'hot+1'", "names.hot: In the name 'hot': The name 'hot' holds itself.")],
)  # fmt: skip
def test_what_cannot_hold_is_told_with_line_and_key(tmp_path: Path, lines: str, said: str) -> None:
    told = _complaints(tmp_path, f"[market]\nperiods = ['5m']\n[names]\n{lines}\n")
    assert told == [f"config.toml, line 4: {said}"]


def test_names_must_be_a_table(tmp_path: Path) -> None:
    assert _complaints(tmp_path, "names = 'hot'\n") == [
        'config.toml, line 1: names is "hot", but must be a table, [names].'
    ]
    assert _complaints(tmp_path, "[name]\n") == [
        "config.toml, line 1: there is no section [name]; did you mean [names]?"
    ]


def test_the_example_file_shows_names_that_can_be_read(tmp_path: Path) -> None:
    shown = [line.removeprefix("# ") for line in names.lines_of_example()]
    assert "\n".join(f"# {line}" for line in shown[1:]) in examples.example()
    assert set(_read(tmp_path, "\n".join(shown)).settings.names) == {"hot", "liquid"}


def test_figures_are_columns_in_the_settings_too(tmp_path: Path) -> None:
    text = '[screen]\ncolumns = ["symbol", "Chg", "rvol(5m,20)", "abs(chg(15m)) / natr(5m)"]\n'
    wanted = ("symbol", "chg", "rvol(5m,20)", "abs(chg(15m)) / natr(5m)")
    assert _read(tmp_path, text).settings.screen.columns == wanted
    flag = {"screen.columns": ["symbol,rvol(5m,20)", "chg(24h)"]}
    assert load(None, flag, {"XDG_CONFIG_HOME": "/nowhere"}).values["screen.columns"] == (
        "symbol", "rvol(5m,20)", "chg(24h)",
    )  # fmt: skip
    told = _complaints(tmp_path, '[screen]\ncolumns = ["rvl(5m)", 7, "chg(24h)>5"]\n')
    assert [line.partition("has an entry that ")[2] for line in told] == [
        'is "rvl(5m)": There is no figure rvl; did you mean rvol?',
        told[1].partition("has an entry that ")[2],
        'is "chg(24h)>5": Here a number ends, and more stands behind it.',
    ]
    assert "is 7, but must be one of symbol, " in told[1]


def test_columns_take_own_names_that_stand_behind_them_in_the_file(tmp_path: Path) -> None:
    text = """
[screen]
columns = ["symbol", "Hot", "hot", "hot*2", "abs(chg(15m)) / hot"]
[names]
hot = "rvol(5m)*abs(chg(5m))"
"""
    assert _read(tmp_path, '[screen]\ncolumns = ["rsi"]\n').settings.screen.columns == ("rsi",)
    assert _read(tmp_path, text).settings.screen.columns == ("symbol", "hot", "hot*2", "abs(chg(15m)) / hot")
    (tmp_path / "config.toml").write_text("[names]\nhot = 'speed*2'\n")
    flag = {"screen.columns": ["symbol,hot"]}
    assert load(tmp_path / "config.toml", flag, {}).values["screen.columns"] == ("symbol", "hot")


def test_columns_that_are_no_own_name_are_told_with_what_is_near(tmp_path: Path) -> None:
    text = """[screen]
columns = ["hott", "abs(chg(15m))/hott", "liquid", "rsi(3m)", "vlo", "zzz"]
[names]
hot = "rvol(5m)*abs(chg(5m))"
liquid = "turnover(24h)>5m"
"""
    lead = "config.toml, line 2: screen.columns has an entry that is "
    columns, figures = ", ".join((*BY_KEY, "hot", "liquid")), ", ".join(FIGURES)
    assert _complaints(tmp_path, text) == [
        f'{lead}"hott": hott is no column, figure or own name in [names]; did you mean hot?',
        f'{lead}"abs(chg(15m))/hott": hott is no column, figure or own name in [names]; did you mean hot?',
        f'{lead}"liquid": liquid says yes or no: it is no number.',
        f'{lead}"rsi(3m)": Bars of 3m are not kept; there are 1m, 5m, 30m, 1h, 4h, 1d, 1w.',
        f'{lead}"vlo": vlo is no column, figure or own name in [names]; did you mean vol?',
        f'{lead}"zzz": zzz is no column, figure or own name in [names]; there are {columns} and figures like chg(24h): {figures}.',
    ]
    with pytest.raises(ConfigError, match=r"--columns has an entry that is \"hott\""):
        load(None, {"screen.columns": ["symbol,hott"]}, {"XDG_CONFIG_HOME": "/nowhere"})
