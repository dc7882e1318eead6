"""Which exchanges are watched, and the table that each may have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from klagg_tui.config import DEFAULT, VenueTable, defaults, load
from klagg_tui.config import example as examples
from klagg_tui.config.reading import Effective
from klagg_tui.errors import ConfigError
from klagg_tui.exchange.registry import keys, venue

SPOT = "binance-spot"


def read(tmp_path: Path, text: str, flags: dict[str, list[str]] | None = None, **environment: str) -> Effective:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return load(path, flags or {}, environment)


def complaint(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    return str(caught.value).replace(f"{tmp_path}{os.sep}", "")


def test_without_a_word_the_default_exchange_is_watched(tmp_path: Path) -> None:
    assert defaults().market.venues == keys()[:1]
    assert read(tmp_path, "").settings.venue == {}


def test_a_flag_goes_before_a_variable_and_that_before_the_file(tmp_path: Path) -> None:
    text = f"[market]\nvenues = ['{SPOT}']\n"
    assert read(tmp_path, text).settings.market.venues == (SPOT,)
    by_variable = read(tmp_path, text, KLAGG_VENUE=f"{SPOT.upper()},binance-um")
    assert by_variable.settings.market.venues == (SPOT, "binance-um")
    by_flag = read(tmp_path, text, {"market.venues": ["binance-um", SPOT]}, KLAGG_VENUE=SPOT)
    assert by_flag.settings.market.venues == ("binance-um", SPOT)
    assert by_flag.origin("market.venues") == "--venue"


def test_an_unknown_exchange_is_one_sentence_with_a_near_name_and_its_place(tmp_path: Path) -> None:
    told = complaint(tmp_path, "[market]\nhistory = 3\nvenues = ['binance-spto']\n")
    assert told.startswith('config.toml, line 3: market.venues has an entry that is "binance-spto", but must be one of')
    assert told.endswith("did you mean binance-spot?")
    assert complaint(tmp_path, "\n[venue.binance-spto]\n") == (
        "config.toml, line 2: there is no exchange binance-spto; did you mean [venue.binance-spot]?"
    )
    assert complaint(tmp_path, "[market]\nvenues = ['OKX']\n").endswith("; did you mean okx-swap or okx-spot?")
    assert complaint(tmp_path, "[venue.binance]\n").endswith(
        "; did you mean [venue.binance-um], [venue.binance-spot], [venue.binance-us] or [venue.binance-coinm]?"
    )
    assert complaint(tmp_path, "[venue.qqqq]\n").endswith(f"there is no exchange qqqq; there are {', '.join(keys())}.")


def test_a_table_is_what_is_set_for_one_exchange_alone(tmp_path: Path) -> None:
    effective = read(
        tmp_path, f"[venue.{SPOT}]\nsymbols = ['btc*']\nquote = []\nws_url = 'wss://x'\n[venue.binance-um]\n"
    )
    assert effective.settings.venue == {SPOT: VenueTable(symbols=("BTC*",), quote=(), ws_url="wss://x")}
    shown = [line for line in examples.rows(effective) if line[0].startswith("venue.")]
    assert shown == [
        (f"venue.{SPOT}.symbols", '["BTC*"]', f"{effective.path}, line 2"),
        (f"venue.{SPOT}.quote", "[]", f"{effective.path}, line 3"),
        (f"venue.{SPOT}.ws_url", '"wss://x"', f"{effective.path}, line 4"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (
            f"[venue.{SPOT}]\nsymbol = []",
            2,
            f"there is no setting venue.{SPOT}.symbol; did you mean venue.{SPOT}.symbols?",
        ),
        (f"[venue.{SPOT}]\nzzz = 1", 2, "known are symbols, quote, contract_types, rest_url, ws_url."),
        (f"[venue.{SPOT}]\nquote = 3", 2, f"venue.{SPOT}.quote is 3, but must be a list of coins like USDT."),
        (f"[venue.{SPOT}]\nrest_url = 'ftp://x'", 2, f"venue.{SPOT}.rest_url is"),
        (f"[venue.{SPOT}]\ncontract_types = ['PERPETUAL']", 2, "must be one of"),
        (f"[venue]\n{SPOT} = 3", 2, f"venue.{SPOT} is 3, but must be a table, [venue.{SPOT}]."),
        ("venue = 3", 1, "venue is 3, but must be tables, [venue.NAME]."),
        ("[venu]\nx = 1", 1, "there is no section [venu]; did you mean [venue]?"),
    ],
)
def test_what_is_wrong_in_a_table_is_told_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    told = complaint(tmp_path, text)
    assert told.startswith(f"config.toml, line {line}: ")
    assert words in told


def test_an_address_that_is_typed_means_the_one_exchange_that_is_watched(tmp_path: Path) -> None:
    flags = {"market.venues": [SPOT], "market.rest_url": ["http://127.0.0.1:1"]}
    effective = read(tmp_path, "", flags, KLAGG_WS_URL="ws://127.0.0.1:1")
    assert effective.settings.venue == {SPOT: VenueTable(rest_url="http://127.0.0.1:1", ws_url="ws://127.0.0.1:1")}
    assert effective.settings.market.rest_url == venue().rest_url
    assert effective.origin(f"venue.{SPOT}.ws_url") == "KLAGG_WS_URL"
    assert effective.origin("market.ws_url") == DEFAULT
    both = read(tmp_path, "", {**flags, "market.venues": [SPOT, "binance-um"]})
    assert both.settings.venue == {}
    assert both.settings.market.rest_url == "http://127.0.0.1:1"
    in_file = read(tmp_path, f"[market]\nvenues = ['{SPOT}']\nrest_url = 'http://127.0.0.1:1'\n")
    assert in_file.settings.venue == {}


@pytest.mark.parametrize("watched", ["kraken", "kraken,coinbase"])
def test_an_address_in_the_file_that_nobody_uses_is_told_with_its_line(tmp_path: Path, watched: str) -> None:
    text = "[market]\nhistory = 3\nws_url = 'wss://mirror.example'\nrest_url = 'https://mirror.example'\n"
    told = [
        note.replace(f"{tmp_path}{os.sep}", "") for note in read(tmp_path, text, {"market.venues": [watched]}).unused
    ]
    assert told == [
        f"config.toml, line {line}: market.{name} is where Binance USDⓈ-M is, which is not watched: it is not used; one of "
        f"Kraken belongs below [venue.kraken]."
        for line, name in ((4, "rest_url"), (3, "ws_url"))
    ]


def test_an_address_in_the_file_that_is_used_or_the_usual_one_is_not_spoken_of(tmp_path: Path) -> None:
    own = f"[market]\nrest_url = '{venue().rest_url}'\n"
    other = "[market]\nrest_url = 'https://mirror.example'\n"
    watched = {"market.venues": ["kraken,binance-um"]}
    typed = {"market.venues": ["kraken"], "market.rest_url": ["http://127.0.0.1:1"]}
    assert read(tmp_path, own, {"market.venues": ["kraken"]}).unused == ()
    assert read(tmp_path, other, watched).unused == read(tmp_path, other).unused == ()
    assert read(tmp_path, other, typed).unused == ()


def test_an_address_that_is_typed_for_none_of_several_is_refused(tmp_path: Path) -> None:
    flags = {"market.venues": ["kraken", "coinbase"], "market.rest_url": ["http://127.0.0.1:1"]}
    with pytest.raises(ConfigError) as told:
        read(tmp_path, "", flags, KLAGG_WS_URL="ws://127.0.0.1:1")
    assert [str(problem).partition(" is where one")[0] for problem in told.value.args] == ["--rest-url", "KLAGG_WS_URL"]
    assert "[venue.kraken]" in told.value.args[0]


def test_a_symbol_of_an_exchange_that_nobody_knows_is_told_with_its_line(tmp_path: Path) -> None:
    assert complaint(tmp_path, "[market]\nsymbols = ['BTC*', 'krakn:BTC*']\n").endswith(
        'line 2: market.symbols has an entry that is "krakn:BTC*", but no exchange is called krakn; did you mean kraken?'
    )
    assert "no exchange is called qqqq; there are binance-um," in complaint(
        tmp_path, "[venue.kraken]\nquote = ['qqqq:USD']\n"
    )
    known = read(tmp_path, "[market]\nsymbols = ['okx:BTC*', 'o*:ETH*', 'kraken:BTC/USD', 'BTC*']\n")
    assert len(known.settings.market.symbols) == 4


def test_a_word_where_a_list_belongs_is_shown_as_the_list(tmp_path: Path) -> None:
    assert complaint(tmp_path, "[market]\nvenues = 'kraken'\n").endswith(
        'must be a list of exchanges; did you mean ["kraken"]?'
    )


def test_the_example_has_a_table_for_each_exchange() -> None:
    written = examples.example()
    assert all(f"[venue.{key}]" in written for key in keys())
    assert f'# rest_url = "{venue(SPOT).rest_url}"' in written


def test_coins_and_symbols_may_name_their_exchange(tmp_path: Path) -> None:
    text = "[market]\nsymbols = ['binance-spot:btc*', 'ETHUSDT']\nquote = ['binance-spot:usdc', 'usdt']\n"
    market = read(tmp_path, text).settings.market
    assert market.symbols == ("BINANCE-SPOT:BTC*", "ETHUSDT")
    assert market.quote == ("BINANCE-SPOT:USDC", "USDT")
