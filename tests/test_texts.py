"""What others wrote is shown as it is where it can be seen, and as codes where it cannot."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from klagg_tui.errors import KlaggError
from klagg_tui.texts import is_printable, printable, without_login, without_password, without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("BTCUSDT refused: -1121", "BTCUSDT refused: -1121"),
        ("币安人生USDT · [red]X", "币安人生USDT · [red]X"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("abc\u202edef", r"abc\u202edef"),
        ("B\u200bT\u00adC", r"B\u200bT\xadC"),
        ("\u3164\u2800\ufe0f\U000e0041", r"\u3164\u2800\ufe0f\U000e0041"),
        ("a\u00a0b\u3000c\u2028", r"a\xa0b\u3000c\u2028"),
        ("name\udcff.zip", r"name\udcff.zip"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_a_code(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text(st.characters(codec=None)))
def test_what_is_shown_is_one_line_that_can_be_written_anywhere_and_shown_again(text: str) -> None:
    shown = printable(text)
    assert is_printable(shown)
    assert printable(shown) == shown
    assert shown.splitlines() == ([shown] if shown else [])
    assert not {unicodedata.category(sign) for sign in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    shown.encode()


@given(st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E)))
def test_ordinary_letters_stay(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    "line",
    [
        "cannot use socks5://me:hunter2@proxy:1080",
        "cannot use 'http://me:hun:ter2@proxy:1080/x'",
        "cannot use http:/me:hunter2@proxy:1080",
        "cannot use me:hunter2@proxy:1080",
        "cannot use http://me:hunter2/@!@proxy:1080",
        "cannot use http://:hunter2@[::1]:1080",
        "GET /api/bars?token=hunter2&symbol=BTCUSDT",
        "Authorization: Bearer hunter2",
        "nats://hunter2@mq.example.org: no server answers there",
        "postgresql://me://hunter2@db: refused",
        "postgresql://me:hunter2@ter2@db: refused",
    ],
)
def test_a_line_tells_no_secret(line: str) -> None:
    assert "hunter2" in line.replace("hun:ter2", "hunter2")
    shown = without_secrets(line)
    assert "ter2" not in shown
    assert "hidden" in shown


@pytest.mark.parametrize(
    "line",
    [
        "connected to fstream.binance.com",
        "2026-11-29 09:00:00 INFO    klagg_tui.app: 3 symbols",
        "at wss://host:443/ws",
        "postgresql://klagg@127.0.0.1:5432/market: Connection refused.",
    ],
)
def test_other_lines_stay_as_they_are(line: str) -> None:
    assert without_secrets(line) == line


def test_what_is_left_of_an_address_is_an_address() -> None:
    assert without_secrets("nats://hunter2@mq:4222/klagg: no server") == "nats://hidden@mq:4222/klagg: no server"
    assert without_secrets("postgresql://me:hunter2@db/market") == "postgresql://me:hidden@db/market"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("socks5://proxy:1080", "socks5://proxy:1080"),
        ("http://[::1]:1080/", "http://[::1]:1080/"),
        ("proxy:1080", "proxy:1080"),
        ("socks5://me:secret@proxy:1080", "socks5://me:hidden@proxy:1080"),
        ("socks5://me:sec@ret@proxy:1080", "socks5://me:hidden@proxy:1080"),
        ("http:/me:secret@proxy:1080", "http:hidden@proxy:1080"),
        ("me:secret@proxy", "me:hidden@proxy"),
        ("http://me:secret", "http://hidden"),
        ("me@proxy:secret", "hidden"),
        ("http://me secret", "http://hidden"),
    ],
)
def test_an_address_is_shown_without_its_password_also_where_it_is_malformed(address: str, shown: str) -> None:
    assert without_password(address) == shown


def _kinds(kind: type[KlaggError]) -> Iterator[type[KlaggError]]:
    yield kind
    for narrower in kind.__subclasses__():
        yield from _kinds(narrower)


@pytest.mark.parametrize("kind", sorted(set(_kinds(KlaggError)), key=str))
def test_every_error_of_ours_tells_printably_what_it_quotes(kind: type[KlaggError]) -> None:
    error = kind.__new__(kind)
    Exception.__init__(error, "it said \x1b[2J and \u202ehid\r.")
    assert str(error) == r"it said \x1b[2J and \u202ehid\r."


def test_an_address_that_all_know_has_no_login() -> None:
    assert without_login("https://me:secret@fapi.example:443/x") == "https://fapi.example:443/x"
    assert without_login("https://fapi.example") == "https://fapi.example"
