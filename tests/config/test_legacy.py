"""The predecessor's configuration, translated."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomlkit
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.config import load
from klagg_tui.config.legacy import convert
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFile

FILE = """\
supported_intervals = ["1m", "5m", "7m", "1w"]
max_symbols = 10000
persistence_interval_ms = 5000

[database]
database_path = "data/klines.db"
pool_size = 10

[websocket]
use_proxy = true
proxy_host = "127.0.0.1"
proxy_port = 1080
websocket_url = "wss://fstream.binance.com/ws"

[logging]
log_level = "trace"
"""


def written(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "Legacy.toml"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def test_what_has_an_equivalent_is_carried_over_and_the_source_stays_as_it_is(tmp_path: Path) -> None:
    source = written(tmp_path / "config", FILE)
    (tmp_path / "ours.toml").write_text(convert(source).toml)
    settings = load(tmp_path / "ours.toml", {}, {}).settings
    assert settings.market.periods == (Period.M1, Period.M5, Period.W1)
    assert settings.market.proxy == "socks5://127.0.0.1:1080"
    assert settings.market.ws_url == "wss://fstream.binance.com/market/stream"
    assert settings.storage.flush_seconds == 5.0
    assert settings.storage.database == tmp_path / "data" / "klagg.db"
    assert settings.log.level == "DEBUG"
    assert source.read_text() == FILE


def test_what_has_no_equivalent_is_listed(tmp_path: Path) -> None:
    notes = convert(written(tmp_path / "config", FILE)).notes
    assert [note.split()[0] for note in notes] == [
        "supported_intervals:",
        "max_symbols",
        "database.database_path:",
        "database.pool_size",
        "websocket.websocket_url",
    ]
    assert notes[0] == 'supported_intervals: "7m" is no period of klagg\'s; it is left out.'
    assert notes[1] == "max_symbols = 10000 has no equivalent."
    assert f"`klagg import --legacy {tmp_path}/data/klines.db`" in notes[2]


def test_the_old_database_is_looked_for_where_it_is(tmp_path: Path) -> None:
    source = written(tmp_path / "config", "[database]\ndatabase_path = 'k.db'\n")
    assert f'database = "{tmp_path}/klagg.db"' in convert(source).toml
    (tmp_path / "config" / "k.db").touch()
    assert f'database = "{tmp_path}/config/klagg.db"' in convert(source).toml


def test_an_address_of_another_host_is_kept(tmp_path: Path) -> None:
    source = written(tmp_path, "[websocket]\nwebsocket_url = 'ws://127.0.0.1:8808/market/stream'\n")
    assert 'ws_url = "ws://127.0.0.1:8808/market/stream"' in convert(source).toml


@pytest.mark.parametrize("use", ["false", "'yes'"])
def test_a_proxy_that_was_not_used_is_left_out(tmp_path: Path, use: str) -> None:
    converted = convert(written(tmp_path, f"[websocket]\nuse_proxy = {use}\nproxy_host = 'h'\nproxy_port = 1\n"))
    assert tomllib.loads(converted.toml) == {}
    assert converted.notes == ("websocket.use_proxy is not true, so its proxy is left out.",)


def test_values_that_cannot_be_are_left_out_and_told(tmp_path: Path) -> None:
    text = """\
supported_intervals = "1m"
persistence_interval_ms = "soon"
[database]
database_path = ""
[websocket]
use_proxy = true
websocket_url = "https://[::1"
[logging]
log_level = "loud"
"""
    converted = convert(written(tmp_path, text))
    assert list(tomllib.loads(converted.toml)) == []
    assert len(converted.notes) == 6
    assert all(note.endswith("it is left out.") for note in converted.notes)


def test_a_file_that_is_no_toml_or_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="line 1: this is not TOML"):
        convert(written(tmp_path, "= 3"))
    with pytest.raises(BadFile, match=r"There is no file .*no\.toml"):
        convert(tmp_path / "no.toml")


KEYS = (
    "supported_intervals persistence_interval_ms database_path use_proxy proxy_host proxy_port websocket_url log_level"
)
VALUES = (
    st.none().map(lambda _: True)
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.lists(st.sampled_from(["1m", "9x"]) | st.integers(), max_size=3)
    | st.dictionaries(st.text(max_size=4), st.integers(), max_size=2)
)
TABLES = st.dictionaries(st.sampled_from(KEYS.split()) | st.text(max_size=4), VALUES, max_size=4)


@given(st.dictionaries(st.sampled_from(["database", "websocket", "logging"]), TABLES, max_size=3), TABLES)
def test_whatever_it_held_what_comes_out_is_ours(
    tmp_path_factory: pytest.TempPathFactory, tables: dict[str, Any], top: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    converted = convert(written(folder, tomlkit.dumps({**top, **tables})))
    ours = folder / "ours.toml"
    ours.write_text(converted.toml, encoding="utf-8", newline="")
    assert load(ours, {}, {}).path == ours
    assert all(note.isprintable() for note in converted.notes)
