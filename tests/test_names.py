"""Names of instruments, with and without their exchange."""

from klagg_tui.names import Name, parted, typed


def test_a_name_is_parted_at_its_first_colon_and_put_together_again() -> None:
    assert parted("okx-swap:BTC-USDT-SWAP") == Name("okx-swap", "BTC-USDT-SWAP")
    assert parted("BTCUSDT") == Name("", "BTCUSDT")
    for name in ("okx-swap:BTC-USDT-SWAP", "BTCUSDT"):
        assert str(parted(name)) == name


def test_what_was_typed_is_in_the_letters_that_exchanges_use() -> None:
    assert typed("btcusdt") == "BTCUSDT"
    assert typed("Hyperliquid:kPEPE") == "hyperliquid:kPEPE"
