"""Which symbols are followed."""

from pathlib import Path

import pytest

from klagg_tui.errors import ConfigError
from klagg_tui.exchange.instruments import SymbolFilter, patterns
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
