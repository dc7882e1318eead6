"""Names in the archive, its listing and its checksums."""

import pytest

from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame
from klagg_tui.exchange.binance.archive import MARKETS, UM
from klagg_tui.exchange.binance.archive.published import Entry, Series, read_checksum, read_listing

SPOT = next(market for market in MARKETS if market.flag == "spot")
LISTING = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>data.binance.vision</Name>
<Prefix>data/</Prefix><Marker></Marker><MaxKeys>1</MaxKeys><IsTruncated>true</IsTruncated>
<Contents><Key>data/a&amp;b.zip</Key><LastModified>2024-02-01T00:00:00.000Z</LastModified>
<ETag>&quot;0123456789abcdef0123456789abcdef-7&quot;</ETag><Size>42</Size></Contents>
<CommonPrefixes><Prefix>data/spot/</Prefix></CommonPrefixes></ListBucketResult>"""


def test_files_lie_where_the_exchange_says() -> None:
    trades, bars = Series(UM, "BTCUSDT", None), Series(SPOT, "BTCUSDT", Period.MO1)
    assert trades.key("2024-01") == "data/futures/um/monthly/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-01.zip"
    assert trades.key("2024-01-31") == "data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2024-01-31.zip"
    assert bars.key("2024-01") == "data/spot/monthly/klines/BTCUSDT/1mo/BTCUSDT-1mo-2024-01.zip"


def test_a_page_of_the_listing_is_read() -> None:
    page = read_listing(LISTING)
    assert page.entries == [Entry("data/a&b.zip", "0123456789abcdef0123456789abcdef-7", 42)]
    assert page.folders == ["spot"]
    assert page.next_marker == "data/spot/"
    assert read_listing(LISTING.replace(b">true<", b">false<")).next_marker is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>log in</body></html>",
        b"\xff\x00",
        LISTING.replace(b"42", b"-1"),
        LISTING.replace(b"&quot;0123", b"../0123"),
    ],
)
def test_what_is_no_listing_is_refused(body: bytes) -> None:
    with pytest.raises(BadFrame):
        read_listing(body)


def test_a_checksum_is_that_of_the_file_it_names() -> None:
    digest = "AB" * 32
    assert read_checksum(f"{digest}  a.zip\n".encode(), "a.zip") == digest.lower()
    assert read_checksum(f"{digest} *x/a.zip".encode(), "a.zip") == digest.lower()
    for body in (f"{digest}  b.zip\n", digest, f"{digest[1:]}  a.zip", "<html>"):
        with pytest.raises(BadFrame):
            read_checksum(body.encode(), "a.zip")
