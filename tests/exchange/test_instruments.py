"""Which symbols are followed."""

from pathlib import Path

import pytest

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter, nothing_called, patterns
from klagg_tui.exchange.listing import Instrument


def listed(
    symbol: str, quote: str = "USDT", contract_type: str = "PERPETUAL", *, is_trading: bool = True
) -> Instrument:
    return Instrument(symbol, quote, contract_type, is_trading, 2, 3, 0)


MARKET = (
    listed("BTCUSDT"),
    listed("BTCUSDC", quote="USDC"),
    listed("ETHUSDT"),
    listed("币安人生USDT"),
    listed("LUNAUSDT", is_trading=False),
    listed("BTCUSDT_261225", contract_type="CURRENT_QUARTER"),
    listed("TSLAUSDT", contract_type="TRADIFI_PERPETUAL"),
)


def chosen(choice: SymbolFilter) -> list[str]:
    return list(choice.chosen(MARKET))


def test_without_a_choice_everything_that_trades_is_followed() -> None:
    assert chosen(SymbolFilter()) == [one.symbol for one in MARKET if one.is_trading]


def test_kinds_of_contracts_narrow_the_choice() -> None:
    assert chosen(SymbolFilter(contract_types=("PERPETUAL",))) == ["BTCUSDT", "BTCUSDC", "ETHUSDT", "币安人生USDT"]


def test_a_quote_narrows_the_choice() -> None:
    assert chosen(SymbolFilter(quotes=("USDC",))) == ["BTCUSDC"]


def test_globs_narrow_the_choice() -> None:
    assert chosen(SymbolFilter(patterns=("BTC*",))) == ["BTCUSDT", "BTCUSDC", "BTCUSDT_261225"]
    assert chosen(SymbolFilter(patterns=("BTC*",), quotes=("USDT",))) == ["BTCUSDT", "BTCUSDT_261225"]


def test_a_symbol_named_outright_is_followed_whatever_its_type_and_quote() -> None:
    assert chosen(SymbolFilter(patterns=("TSLAUSDT", "BTCUSDT_261225"), quotes=("USDC",))) == [
        "BTCUSDT_261225",
        "TSLAUSDT",
    ]


def test_what_does_not_trade_is_not_followed_even_if_named() -> None:
    assert chosen(SymbolFilter(patterns=("LUNAUSDT",))) == []


def test_other_contract_types_can_be_asked_for() -> None:
    assert chosen(SymbolFilter(contract_types=("TRADIFI_PERPETUAL",))) == ["TSLAUSDT"]


def test_names_that_match_nothing_listed_are_named() -> None:
    assert SymbolFilter(patterns=("BTC*", "NOPE", "LUNAUSDT")).unknown([one.symbol for one in MARKET]) == ("NOPE",)


def test_names_come_from_commas_repeats_and_files(tmp_path: Path) -> None:
    file = tmp_path / "names.txt"
    file.write_text("# mine\nsolusdt, ethusdt  # two\n\n币安人生usdt\n", encoding="utf-8")
    assert patterns(["btcusdt,eth*", f"@{file}", "BTCUSDT", " "]) == (
        "BTCUSDT",
        "ETH*",
        "SOLUSDT",
        "ETHUSDT",
        "币安人生USDT",
    )


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["absent", "no text"])
def test_a_file_of_names_that_cannot_be_read_is_reported_by_name(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "names.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"names\.txt"):
        patterns([f"@{file}"])


def test_names_match_in_any_case_and_whatever_sign_parts_two_coins() -> None:
    names = [listed("kPEPE"), listed("BTC/USD", quote="USD"), listed("ETH-USD", quote="usd"), listed("two:XRPUSDT")]
    assert list(SymbolFilter(patterns=("KPEPE",)).chosen(names)) == ["kPEPE"]
    assert list(SymbolFilter(patterns=("BTC-USD", "ETH/*"), quotes=("USD",)).chosen(names)) == ["BTC/USD", "ETH-USD"]
    assert list(SymbolFilter(patterns=("XRP*",)).chosen(names)) == ["two:XRPUSDT"]


def test_patterns_with_an_exchange_mean_that_one_alone() -> None:
    patterns_, quotes = ("OKX:BTC*", "ETHUSDT", "one:SOL*"), ("okx:USD", "USDT")
    assert SymbolFilter.of_venue("okx-swap", patterns_, quotes, ()) == SymbolFilter(
        ("BTC*", "ETHUSDT"), ("USD", "USDT")
    )
    assert SymbolFilter.of_venue("one", patterns_, quotes, ()) == SymbolFilter(("ETHUSDT", "SOL*"), ("USDT",))
    none = SymbolFilter.of_venue("two", ("one:SOL*",), ("one:USD",), ())
    assert none == SymbolFilter(takes_none=True)
    assert chosen(none) == []
    assert chosen(SymbolFilter.of_venue("two", (), (), ())) == chosen(SymbolFilter())


def test_what_matches_nothing_is_told_with_a_name_that_is_near() -> None:
    names = [one.symbol for one in MARKET]
    unknown = SymbolFilter(patterns=("BTCUSDX", "ZZZ", "ETHUSDT")).unknown_with_hints(names)
    assert unknown == {"BTCUSDX": "BTCUSDT", "ZZZ": ""}
    assert nothing_called(unknown) == "The exchange lists nothing called BTCUSDX, ZZZ; did you mean BTCUSDT?"
    assert nothing_called({"ZZZ": ""}) == "The exchange lists nothing called ZZZ."
