"""Through which proxy an address is reached."""

import pytest

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.transport.proxy import proxy_for

VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "socks_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_without_any_one_goes_there_directly() -> None:
    assert proxy_for("wss://fstream.example") is None


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://proxy:3128", "http://proxy:3128"),
        ("proxy:3128", "http://proxy:3128"),
        ("socks5://me:secret@proxy:1080", "socks5://me:secret@proxy:1080"),
        ("socks5h://proxy:1080", "socks5://proxy:1080"),
        ("socks4://proxy:1080", "socks4://proxy:1080"),
    ],
)
def test_the_given_one_is_used(given: str, used: str) -> None:
    assert proxy_for("wss://fstream.example", given) == used


@pytest.mark.parametrize(
    "given", ["https://proxy:1", "ftp://proxy:1", "http://:80", "socks5://proxy", "http://proxy:x"]
)
def test_what_is_no_proxy_of_ours_is_refused_with_what_is_allowed(given: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        proxy_for("https://fapi.example", given)


@pytest.mark.parametrize(
    "given",
    [
        "ftp://me:hunter2@proxy:1",
        "http://me:hunter2",
        "http://me:hunter2@proxy",
        "http:/me:hunter2@proxy:1",
        "http://me:hun[ter2@proxy:1",
        "http://me:hunter2@proxy:port",
        "me:hunter2",
        "socks5://proxy:hunter2",
    ],
)
def test_a_password_is_not_told_also_where_the_proxy_is_malformed(given: str) -> None:
    with pytest.raises(ConfigError, match="cannot be used") as raised:
        proxy_for("https://fapi.example", given)
    assert "ter2" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


def test_the_environment_counts_by_kind_of_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://secure:1")
    monkeypatch.setenv("http_proxy", "http://plain:2")
    assert proxy_for("wss://fstream.example") == proxy_for("https://fapi.example") == "http://secure:1"
    assert proxy_for("ws://127.0.0.1:5") == "http://plain:2"
    assert proxy_for("wss://fstream.example", "socks5://mine:3") == "socks5://mine:3"


def test_the_environment_may_name_one_proxy_for_all_and_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://all:1")
    monkeypatch.setenv("no_proxy", "fapi.example,127.0.0.1")
    assert proxy_for("wss://fstream.example") == "socks5://all:1"
    assert proxy_for("https://fapi.example") is None
    assert proxy_for("ws://127.0.0.1:8080") is None
