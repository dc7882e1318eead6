"""Settings out of flags, environment and file."""

import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import example, given
from hypothesis import strategies as st
from textual.theme import BUILTIN_THEMES

from klagg_tui.config import DEFAULT, defaults, load
from klagg_tui.config import example as examples
from klagg_tui.config.file import ConfigFile, line_numbers
from klagg_tui.config.kinds import BadValue
from klagg_tui.config.reading import Effective, settings_of
from klagg_tui.config.table import BY_NAME, SECTIONS, SETTINGS, THEMES
from klagg_tui.engine.period import DAY_MS, Period
from klagg_tui.errors import ConfigError
from klagg_tui.screens.palette import Tints
from klagg_tui.screens.themes import KLAGG
from klagg_tui.view.columns import registry


def read(tmp_path: Path, text: str, flags: dict[str, list[str]] | None = None, **environment: str) -> Effective:
    path = tmp_path / "config.toml"
    path.write_bytes(text.encode())
    return load(path, flags or {}, environment)


def complaints(tmp_path: Path, text: str) -> list[str]:
    """The sentences about a file, without its folder."""
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}{os.sep}", "").splitlines()


def typed(name: str, *texts: str) -> Any:
    return load(None, {name: texts}, {"XDG_CONFIG_HOME": "/nowhere"}).values[name]


@pytest.fixture(autouse=True)
def no_file_of_the_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "empty"))


def test_the_table_describes_exactly_the_fields_of_the_settings() -> None:
    settings = defaults()
    named = [
        f"{section.name}.{one.name}"
        for section in fields(settings)
        if section.name not in ("venue", "names")
        for one in fields(getattr(settings, section.name))
    ]
    assert sorted(named) == sorted(BY_NAME)
    assert [section.name for section in fields(settings)] == [*SECTIONS, "venue", "names"]


def test_no_two_settings_share_a_flag_or_a_variable() -> None:
    assert len({setting.flag for setting in SETTINGS}) == len({setting.env for setting in SETTINGS}) == len(SETTINGS)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_every_default_is_allowed_and_survives_being_written(setting: Any) -> None:
    default = setting.default()
    written = tomllib.loads(f"it = {setting.kind.to_toml(default)}")["it"]
    assert setting.kind.from_toml(written, Path()) == default


def test_names_kept_here_for_a_fast_start_are_those_of_the_rooms_above() -> None:
    assert set(THEMES) == {*BUILTIN_THEMES, KLAGG.name}
    assert {tint.value.replace(" ", "-") for tint in Tints} == set(BY_NAME["screen.colours"].kind.choices)


def test_flag_goes_before_environment_before_file_before_default(tmp_path: Path) -> None:
    text = "[market]\nhistory = 1\nproxy = 'http://a:1'\n[screen]\ntheme = 'nord'\n"
    effective = read(
        tmp_path, text, {"market.history": ["3"]}, KLAGG_HISTORY="2", KLAGG_PROXY="socks5://b:2", KLAGG_THEME=""
    )
    assert effective.settings.market.history == 3
    assert effective.settings.market.proxy == "socks5://b:2"
    assert effective.settings.screen.theme == "nord"
    assert effective.settings.screen.times == "utc"
    origins = [effective.origin(name) for name in ("market.history", "market.proxy", "screen.theme", "screen.times")]
    assert origins == ["--history", "KLAGG_PROXY", f"{effective.path}, line 5", DEFAULT]


def test_the_file_is_the_one_asked_for_then_the_environments_then_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / name for name in ("flag.toml", "variable.toml", "klagg/config.toml")]
    files[2].parent.mkdir()
    for number, file in enumerate(files):
        file.write_text(f"[market]\nhistory = {number}\n")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    variable = {"KLAGG_CONFIG": str(files[1])}
    assert load(files[0], {}, variable).settings.market.history == 0
    assert load(None, {}, variable).settings.market.history == 1
    if sys.platform == "linux":
        assert load(None, {}, {}).settings.market.history == 2


def test_a_missing_file_is_an_error_only_where_it_was_named(tmp_path: Path) -> None:
    assert load(None, {}, {}).settings == defaults()
    for asked, environment in ((tmp_path / "no.toml", {}), (None, {"KLAGG_CONFIG": str(tmp_path / "no.toml")})):
        with pytest.raises(ConfigError, match=r"There is no file .*no\.toml"):
            load(asked, {}, environment)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path, {}, {})


def test_everything_wrong_in_a_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = """\
theme = 3
[markt]
[market]
symbls = ["A"]
history = -3
periods = [
  "1m",
  "7x", "9z",
]
quote = "USDT"
[storage.keep]
1m = "3m"
2x = "90d"
[screen]
flush_seconds = 3
zz = 1
keymap = { a = 3 }
theme = "drakula"
"""
    told = complaints(tmp_path, text)
    assert [line.partition(":")[0] for line in told] == [
        f"config.toml, line {number}" for number in (1, 2, 4, 5, 6, 6, 10, 12, 13, 15, 16, 17, 18)
    ]
    assert told[0].endswith("there is no setting theme outside of a section; it belongs into [screen].")
    assert told[1].endswith("there is no section [markt]; did you mean [market]?")
    assert told[2].endswith("there is no setting market.symbls; did you mean market.symbols?")
    assert told[3].endswith("market.history is -3, but must be a whole number from 0 to 100000.")
    assert '"7x", but must be one of 1m, 3m' in told[4]
    assert told[6].endswith('market.quote is "USDT", but must be a list of coins like USDT.')
    assert 'storage.keep.1m is "3m", but must be a time like' in told[7]
    assert "storage.keep.2x is no period" in told[8]
    assert told[9].endswith("did you mean storage.flush_seconds?")
    known = ", ".join(setting.key for setting in SETTINGS if setting.section == "screen")
    assert told[10].endswith(f"there is no setting screen.zz; known are {known}.")
    assert "screen.keymap.a is 3" in told[11]
    assert told[12].endswith("did you mean dracula?")


def test_wrong_flags_variables_and_files_are_told_together(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, "[log]\nlevel = 'loud'\n", {"market.history": ["many"]}, KLAGG_KEEP="1m=2d 5m=x")
    assert [line.partition(" is ")[0].rpartition(": ")[2] for line in str(caught.value).splitlines()] == [
        "log.level", "--history", "KLAGG_KEEP (5m)",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("[market\n", 1, "not TOML"),
        ("[market]\nhistory = \n", 2, "not TOML"),
        ("[market]\nhistory = 1\nhistory = 2\n", 3, "not TOML"),
        ("a = 1\n[market]\nperiods = ['1m'", 3, "not TOML"),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    (told,) = complaints(tmp_path, text)
    assert told.startswith(f"config.toml, line {line}: this is {what}")


def test_what_is_no_text_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"[market]\n\xff\n")
    with pytest.raises(ConfigError, match=r"line 2: this is not UTF-8"):
        load(path, {}, {})


@pytest.mark.parametrize(
    "text",
    [
        "[market]\nhistory = 0x" + "f" * 5000,
        "[market]\nhistory = " + "9" * 5000,
        "[market]\nhistory = nan",
        "[market]\nhistory = true",
        "[storage]\nflush_seconds = inf",
        "[storage]\nflush_seconds = 1979-05-27T07:32:00",
        "[storage]\nflush_seconds = 1979-99-27",
        "[storage]\ndatabase = '''\u0001'''",
        '[storage]\ndatabase = "\\u0000"',
        "[storage]\ndatabase = '~nobody-of-this-name/x'",
        "[market]\nperiods = []",
        "market = 3",
        "[[market]]\nhistory = 1",
        "market.history.deeper = 1",
        "x = " + "[" * 100_000,
        "[market]\nsymbols = [['BTCUSDT']]",
        "[market]\nrest_url = 'https://[::1'",
        "[market]\nrest_url = 'https://a:99999'",
        "[market]\nrest_url = 'https://a b'",
        "[market]\nrest_url = 'wss://fstream.binance.com'",
        "[market]\nproxy = 'socks5://host-without-port'",
        "[screen.keymap]\nquit = ''",
        "[screen.keymap]\n'' = 'q'",
        "'\\n' = 1",
        "#" * 1_000_001,
    ],
    ids=lambda text: text[:40],
)
def test_odd_files_get_one_short_sentence(tmp_path: Path, text: str) -> None:
    told = complaints(tmp_path, text)
    assert len(told) == 1
    assert len(told[0]) < 400


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.datetimes()
    | st.dates()
    | st.times()
    | st.sampled_from(["1m", "none", "forever", "90d", "@x", "~", "BTC*", "http://a:1", "\0", "klagg"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.just("1m"), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(SETTINGS), VALUES)
@example(BY_NAME["storage.keep"], {"1m": "99999y"})
@example(BY_NAME["market.symbols"], ["@\0"])
def test_a_value_is_taken_and_written_back_or_complained_about(setting: Any, value: Any) -> None:
    text = tomlkit.dumps({setting.section: {setting.key: value}})
    found: Any
    try:
        file = ConfigFile.of(text.encode(), Path("config.toml"))
        found = setting.kind.from_toml(file.content[setting.section][setting.key], Path("/base"))
    except ConfigError:
        return
    except BadValue as bad:
        found = bad
    if isinstance(found, BadValue):
        assert found.problems
        assert str(found).isprintable()
        return
    again = tomllib.loads(f"it = {setting.kind.to_toml(found)}")["it"]
    assert setting.kind.from_toml(again, Path("/base")) == found


@given(st.dictionaries(st.sampled_from(["market", "storage", "x", "1m"]) | st.text(max_size=5), VALUES, max_size=4))
def test_no_file_raises_anything_but_a_config_error(
    tmp_path_factory: pytest.TempPathFactory, content: dict[str, Any]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(tomlkit.dumps(content), encoding="utf-8", newline="")
    told: list[str] = []
    try:
        load(path, {}, {})
    except ConfigError as error:
        told = str(error).split("\n")
    assert all(re.match(r".*any\.toml(, line \d+)?: ", line) and line.isprintable() for line in told)


@given(st.binary(max_size=200) | st.text(alphabet="[]a.=1\"'\n{}#\\ ,", max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_a_config_error(raw: bytes) -> None:
    file: ConfigFile | None
    complaint = ""
    try:
        file = ConfigFile.of(raw, Path("config.toml"))
    except ConfigError as error:
        complaint, file = str(error), None
    if file is None:
        assert len(complaint.splitlines()) == 1
        return
    for section, content in file.content.items():
        assert file.line(section) is not None
        for key in content if isinstance(content, dict) else ():
            assert file.line(section, key) is not None


@given(st.sampled_from(SETTINGS), st.text(max_size=30))
@example(BY_NAME["market.history"], "9" * 5000)
@example(BY_NAME["storage.flush_seconds"], "nan")
@example(BY_NAME["storage.keep"], "1m=90d;;5m")
def test_no_text_of_a_flag_raises_anything_but_a_config_error(setting: Any, text: str) -> None:
    complaint = setting.flag
    try:
        load(None, {setting.name: [text]}, {})
    except ConfigError as error:
        complaint = str(error)
    assert complaint.startswith(setting.flag)


def test_lines_are_found_through_comments_strings_and_dotted_keys() -> None:
    text = '''\
# a = 1
top = """
[a]
x = 1
"""

[a]  # here
x.y = 2
"q z" = [
  1, # ]
  [2],
  """ ] """,
]
[ a . b ]
c = { d = 1 }
[[list]]
e = 1
[[list]]
'''
    found = line_numbers(text)
    expected = {
        ("top",): 2, ("a",): 7, ("a", "x"): 8, ("a", "x", "y"): 8, ("a", "q z"): 9, ("a", "b"): 14, ("a", "b", "c"): 15,
        ("a", "b", "c", "d"): 15, ("list",): 16, ("list", "e"): 17,
    }  # fmt: skip
    assert found == expected


def test_the_header_of_an_inner_table_begins_those_around_it() -> None:
    assert line_numbers("a = 1\n[0.0]\n[0.b]\n") == {("a",): 1, ("0",): 2, ("0", "0"): 2, ("0", "b"): 3}


def test_lines_of_a_long_list_are_found_in_time() -> None:
    names = "".join(f'  "S{number}USDT",\n' for number in range(5_000))
    assert line_numbers(f"[market]\nsymbols = [\n{names}]\nhistory = 1\n")["market", "history"] == 5_004


def test_lines_end_as_on_windows_too(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, "[market]\r\nperiods = ['1m']\r\nhistory = 'x'\r\n")
    assert told.startswith("config.toml, line 3:")


def test_the_example_file_says_what_counts_anyway(tmp_path: Path) -> None:
    assert read(tmp_path, examples.example()).settings == defaults()


def test_the_example_file_uncommented_is_the_defaults_and_names_every_setting(tmp_path: Path) -> None:
    uncommented = re.sub(r"(?m)^# ([a-z0-9_]+ = )", r"\1", examples.example())
    effective = read(tmp_path, uncommented)
    samples = {"storage.keep": {Period.M1: 90 * DAY_MS}, "screen.keymap": {"freeze": "f5"}}
    assert dict(effective.values) == {**{setting.name: setting.default() for setting in SETTINGS}, **samples}
    assert all(effective.origin(setting.name) != DEFAULT for setting in SETTINGS)
    assert all(f"{setting.flag}, {setting.env}" in uncommented for setting in SETTINGS)


def test_symbols_come_from_names_globs_and_files(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(
        "\ufeffethusdt, solusdt # the big ones\n\n# none\n币安人生USDT\n", encoding="utf-8"
    )
    effective = read(tmp_path, "[market]\nsymbols = ['btc*', '@list.txt', 'ETHUSDT']\n")
    assert effective.settings.market.symbols == ("BTC*", "ETHUSDT", "SOLUSDT", "币安人生USDT")
    assert typed("market.symbols", f"@{tmp_path}/list.txt", "x,y") == ("ETHUSDT", "SOLUSDT", "币安人生USDT", "X", "Y")


@pytest.mark.parametrize("content", ["", "# nothing\n", "@other.txt", '"A"'])
def test_a_list_of_symbols_that_names_none_does_not_mean_all(tmp_path: Path, content: str) -> None:
    (tmp_path / "list.txt").write_text(content)
    (told,) = complaints(tmp_path, "[market]\nsymbols = ['@list.txt']\n")
    assert told.startswith("config.toml, line 2: market.symbols has an entry that is ")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"A" * 1_000_001])
def test_a_list_of_symbols_must_be_a_text_of_sensible_size(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "list.txt").write_bytes(content)
    assert len(complaints(tmp_path, "[market]\nsymbols = ['@list.txt']\n")) == 1


def test_a_missing_list_of_symbols_says_so(tmp_path: Path) -> None:
    (told,) = complaints(tmp_path, "[market]\nsymbols = ['@no.txt']\n")
    assert told.endswith('is "@no.txt", but that file cannot be read (No such file or directory).')


def test_lists_are_sorted_where_order_means_nothing_and_kept_where_it_does() -> None:
    assert typed("market.periods", "1h,1m", "1M", "1h") == (Period.M1, Period.H1, Period.MO1)
    assert typed("screen.columns", "taker,LAST,taker") == ("taker", "last")
    assert typed("market.quote", "usdt,usdc") == ("USDT", "USDC")


def test_times_to_keep_are_milliseconds_and_forever_is_none() -> None:
    assert typed("storage.keep", "1m=36h 5m=8w;1h=forever", "1d=2y") == {
        Period.M1: DAY_MS * 3 // 2,
        Period.M5: 56 * DAY_MS,
        Period.D1: 730 * DAY_MS,
    }
    keep = BY_NAME["storage.keep"].kind
    assert keep.to_toml({Period.M5: 7 * DAY_MS, Period.M1: DAY_MS * 3 // 2}) == '{ 1m = "36h", 5m = "7d" }'


def test_keys_are_a_text_or_a_list() -> None:
    kind = BY_NAME["screen.keymap"].kind
    assert kind.from_toml({"freeze": ["space", "ctrl+z"], "market.sort": "s,S"}, Path()) == {
        "freeze": "space,ctrl+z",
        "market.sort": "s,S",
    }


def test_paths_begin_at_the_file_that_says_them_and_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    effective = read(tmp_path, "[storage]\ndatabase = 'bars.db'\n[log]\npath = '~/k.log'\n")
    assert effective.settings.storage.database == tmp_path / "bars.db"
    assert effective.settings.log.path == Path("/home/me/k.log")
    assert typed("storage.database", "bars.db") == Path("bars.db")


def test_of_a_single_value_typed_twice_the_last_counts() -> None:
    assert typed("market.history", "1", "2") == 2


def test_proxies_are_http_or_socks5_with_a_port_or_none() -> None:
    assert typed("market.proxy", "socks5://me:pass@10.0.0.1:1080/") == "socks5://me:pass@10.0.0.1:1080"
    assert typed("market.proxy", "http://[::1]:8080") == "http://[::1]:8080"
    assert typed("market.proxy", "none") is None


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    effective = read(tmp_path, "[serve]\ntoken = 'sesame-open'\n[market]\nproxy = 'http://me:sesame@h:1'\n")
    assert effective.settings.serve.token == "sesame-open"
    assert "sesame" not in str(examples.rows(effective))
    for text in ("[serve]\ntoken = 'sesame \\n'", "[market]\nproxy = 'ftp://me:sesame@h:1'"):
        assert "sesame" not in str(complaints(tmp_path, text))


def test_a_variable_that_looks_like_ours_and_is_not_is_noted(tmp_path: Path) -> None:
    effective = read(tmp_path, "", KLAGG_SYMBLS="x", KLAGG_XYZ="1", OTHER="1", _KLAGG_COMPLETE="1")
    assert effective.notes == (
        "The environment variable KLAGG_SYMBLS is not one of klagg's; did you mean KLAGG_SYMBOLS?",
        "The environment variable KLAGG_XYZ is not one of klagg's.",
    )


def test_settings_are_made_of_values_by_name() -> None:
    values = {setting.name: setting.default() for setting in SETTINGS}
    assert settings_of({**values, "serve.port": 1}).serve.port == 1


def test_importing_the_settings_stays_cheap() -> None:
    heavy = "tomllib tomlkit textual rich typer asyncio logging platformdirs aiosqlite sqlite3 aiohttp difflib"
    code = f"import sys, klagg_tui.config; print([name for name in '{heavy}'.split() if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert found.stdout.strip() == "[]"


def test_the_columns_that_can_be_set_are_those_of_the_table() -> None:
    kind = BY_NAME["screen.columns"].kind
    assert kind.choices == tuple(column.key for column in registry.COLUMNS)
    assert all(column.key in kind.allowed for column in registry.COLUMNS)
