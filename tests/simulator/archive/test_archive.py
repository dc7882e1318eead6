"""The imitated archive over HTTP: names, listing, ranges, and equal bytes each time."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import aiohttp
import pytest

from klagg_tui.simulator import MarketSpec, SimulatedExchange

START_MS = int(datetime(2025, 2, 5, 12, tzinfo=UTC).timestamp()) * 1000
SPEC = MarketSpec(symbols=3, seed=5, activity=4, history_days=60, start_ms=START_MS)
DAY = "data/futures/um/daily/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2025-02-03.zip"
BUCKET = "/data.binance.vision"


@pytest.fixture
async def exchange() -> AsyncIterator[SimulatedExchange]:
    async with SimulatedExchange(SPEC, speed=0) as exchange:
        yield exchange


@pytest.fixture
async def http(exchange: SimulatedExchange) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(exchange.rest_url) as session:
        yield session


async def _listed(http: aiohttp.ClientSession, **query: str) -> tuple[list[str], str | None]:
    async with http.get(BUCKET, params=query) as reply:
        root = ET.fromstring(await reply.text())
    space = "{http://s3.amazonaws.com/doc/2006-03-01/}"
    names = [
        key.text or ""
        for kind in ("Contents/{0}Key", "CommonPrefixes/{0}Prefix")
        for key in root.iterfind(space + kind.format(space))
    ]
    is_cut = root.findtext(f"{space}IsTruncated") == "true"
    return names, names[-1] if is_cut else None


async def _body(http: aiohttp.ClientSession, key: str, **headers: str) -> tuple[int, bytes, str]:
    async with http.get(f"/{key}", headers=headers) as reply:
        return reply.status, await reply.read(), reply.headers.get("ETag", "")


async def test_a_file_its_checksum_and_its_entry_say_the_same(http: aiohttp.ClientSession) -> None:
    status, body, etag = await _body(http, DAY)
    assert (status, etag) == (200, f'"{hashlib.md5(body).hexdigest()}"')
    _, checksum, _ = await _body(http, f"{DAY}.CHECKSUM")
    assert checksum.decode() == f"{hashlib.sha256(body).hexdigest()}  BTCUSDT-aggTrades-2025-02-03.zip\n"
    async with SimulatedExchange(SPEC, speed=0) as twin, aiohttp.ClientSession(twin.rest_url) as other:
        assert await _body(other, DAY) == (status, body, etag)


async def test_the_listing_goes_page_by_page_behind_a_marker(http: aiohttp.ClientSession) -> None:
    prefix = "data/futures/um/daily/aggTrades/BTCUSDT/"
    whole, rest = await _listed(http, prefix=prefix)
    assert rest is None
    assert whole[-2:] == [
        f"{prefix}BTCUSDT-aggTrades-2025-02-04.zip",
        f"{prefix}BTCUSDT-aggTrades-2025-02-04.zip.CHECKSUM",
    ]
    found: list[str] = []
    marker: str | None = ""
    for _ in whole:
        page, marker = await _listed(http, prefix=prefix, marker=marker or "", **{"max-keys": "30"})
        found += page
        if marker is None:
            break
    assert found == whole


async def test_folders_are_listed_by_their_delimiter(http: aiohttp.ClientSession) -> None:
    symbols, _ = await _listed(http, prefix="data/futures/um/monthly/klines/", delimiter="/")
    assert "data/futures/um/monthly/klines/BTCUSDT/" in symbols
    intervals, _ = await _listed(http, prefix="data/futures/um/daily/klines/BTCUSDT/", delimiter="/")
    assert "data/futures/um/daily/klines/BTCUSDT/1m/" in intervals
    assert "data/futures/um/daily/klines/BTCUSDT/1w/" not in intervals, "given up in 2023"


async def test_a_month_is_there_from_the_first_monday_of_the_next_one_on(
    exchange: SimulatedExchange, http: aiohttp.ClientSession
) -> None:
    month = "data/futures/um/monthly/aggTrades/BTCUSDT/BTCUSDT-aggTrades-2025-01.zip"
    assert (await _body(http, month))[0] == 200
    async with SimulatedExchange(SPEC, speed=0) as early:
        early.jump(-3 * 86_400_000)
        async with aiohttp.ClientSession(early.rest_url) as other:
            assert (await _body(other, month))[0] == 404
    tomorrow = DAY.replace("02-03", "02-05")
    assert (await _body(http, tomorrow))[0] == 404
    exchange.jump(86_400_000)
    assert (await _body(http, tomorrow))[0] == 200


async def test_a_range_is_sent_while_the_edition_is_the_same(http: aiohttp.ClientSession) -> None:
    _, body, etag = await _body(http, DAY)
    assert await _body(http, DAY, Range="bytes=100-") == (206, body[100:], etag)
    assert (await _body(http, DAY, **{"Range": "bytes=100-", "If-Range": etag}))[:2] == (206, body[100:])
    assert (await _body(http, DAY, **{"Range": "bytes=100-", "If-Range": '"other"'}))[:2] == (200, body)
    assert (await _body(http, DAY, Range=f"bytes={len(body)}-"))[0] == 416


async def test_spot_has_no_header_one_column_more_and_microseconds() -> None:
    spot = DAY.replace("futures/um", "spot")
    async with (
        SimulatedExchange(SPEC, venue="binance-spot", speed=0) as exchange,
        aiohttp.ClientSession(exchange.rest_url) as http,
    ):
        _, body, _ = await _body(http, spot)
    with zipfile.ZipFile(io.BytesIO(body)) as zipped:
        assert zipped.namelist() == ["BTCUSDT-aggTrades-2025-02-03.csv"]
        first = zipped.read(zipped.namelist()[0]).decode().splitlines()[0].split(",")
    assert len(first) == 8
    assert len(first[5]) == 16
    assert first[7] == "True"


async def test_an_exchange_without_an_archive_has_none() -> None:
    async with (
        SimulatedExchange(SPEC, venue="binance-us", speed=0) as exchange,
        aiohttp.ClientSession(exchange.rest_url) as http,
        http.get(BUCKET) as reply,
    ):
        assert reply.status == 404


async def test_faults_strike_the_files_that_they_name(exchange: SimulatedExchange, http: aiohttp.ClientSession) -> None:
    _, before, etag = await _body(http, DAY)
    exchange.strike("republish", target="2025-02-03")
    _, after, other = await _body(http, DAY)
    assert (after != before, other != etag) == (True, True)
    exchange.strike("absent", target="BTCUSDT-aggTrades-2025-02-02")
    assert (await _body(http, DAY.replace("02-03", "02-02")))[0] == 404
    exchange.jump(60_000)
    assert await _body(http, DAY) == (200, before, etag)
