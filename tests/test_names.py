"""Names of instruments, with and without their exchange."""

from klagg_tui.names import Name, Spellings, parted, typed


def test_a_name_is_parted_at_its_first_colon_and_put_together_again() -> None:
    assert parted("okx-swap:BTC-USDT-SWAP") == Name("okx-swap", "BTC-USDT-SWAP")
    assert parted("BTCUSDT") == Name("", "BTCUSDT")
    for name in ("okx-swap:BTC-USDT-SWAP", "BTCUSDT"):
        assert str(parted(name)) == name


def test_what_was_typed_is_in_the_letters_that_exchanges_use() -> None:
    assert typed("btcusdt") == "BTCUSDT"
    assert typed("Hyperliquid:kPEPE") == "hyperliquid:kPEPE"


def test_a_name_is_meant_with_and_without_its_exchange_or_the_beginning_of_that_in_any_letters() -> None:
    spellings = Spellings(
        ["okx-swap:X-SWAP", "okx-spot:X", "okx-swap:X", "kraken:X", "hyperliquid:kY", "hyperliquid:KY"]
    )
    assert spellings.meant("x-swap") == spellings.meant("OKX:x-swap") == ["okx-swap:X-SWAP"]
    assert spellings.meant("okx:x") == ["okx-spot:X", "okx-swap:X"]
    assert spellings.meant("X") == ["okx-spot:X", "okx-swap:X", "kraken:X"]
    assert spellings.meant("hyperliquid:kY") == ["hyperliquid:kY"]
    assert spellings.meant("hyperliquid:ky") == ["hyperliquid:kY", "hyperliquid:KY"]
    assert spellings.meant("coinbase:X") == spellings.meant("okx-:X") == []


def test_a_name_that_says_no_exchange_is_one_of_the_only_one() -> None:
    assert Spellings(["X"], "okx-swap").meant("okx:x") == ["X"]
    assert Spellings(["X"]).meant("okx:x") == []
