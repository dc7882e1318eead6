"""Large answers as gzip, for whoever asks for it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import aiohttp
import pytest

from klagg_tui.serve.compression import LARGE_BYTES, accepts_gzip
from klagg_tui.storage.store import Store
from tests.makers import SYMBOL, bars
from tests.serve.serving import serving


async def fetched(url: str, accepted: str | None) -> tuple[dict[str, str], bytes]:
    """Headers and body as they came."""
    headers = {} if accepted is None else {"Accept-Encoding": accepted}
    without = [] if accepted is not None else ["Accept-Encoding"]
    async with (
        aiohttp.ClientSession(auto_decompress=False, skip_auto_headers=without) as session,
        session.get(url, headers=headers) as answer,
    ):
        assert answer.status == 200
        return {name.title(): value for name, value in answer.headers.items()}, await answer.read()


async def test_a_large_answer_is_compressed_for_whoever_accepts_that(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await store.add_confirmed(bars(200))
    async with serving(database=tmp_path / "klagg.db") as server:
        url = f"{server.url}api/bars?symbol={SYMBOL}"
        plain, body = await fetched(url, None)
        assert len(body) > LARGE_BYTES
        assert "Content-Encoding" not in plain
        packed, smaller = await fetched(url, "br, gzip;q=0.8")
        assert packed["Content-Encoding"] == "gzip"
        assert len(smaller) < len(body) / 4
        assert int(packed["Content-Length"]) == len(smaller)
        assert gzip.decompress(smaller) == body
        for headers in (plain, packed):
            assert "Accept-Encoding" in headers["Vary"].split(", ")
        async with aiohttp.ClientSession() as session, session.head(url) as answer:
            assert answer.status == 200


async def test_a_small_answer_and_one_for_others_come_as_they_are(tmp_path: Path) -> None:
    async with await Store.open(tmp_path / "klagg.db") as store:
        await store.add_confirmed(bars(200))
    async with serving(database=tmp_path / "klagg.db") as server:
        headers, body = await fetched(f"{server.url}api/symbols", "gzip")
        assert "Content-Encoding" not in headers
        assert json.loads(body)[0]["symbol"] == SYMBOL
        headers, body = await fetched(f"{server.url}api/bars?symbol={SYMBOL}", "gzip;q=0, br")
        assert "Content-Encoding" not in headers
        assert len(json.loads(body)) == 200


@pytest.mark.parametrize(
    ("header", "is_accepted"),
    [
        (None, False), ("", False), ("identity", False), ("br", False), ("gzipped", False), ("gzip;q=0", False),
        ("gzip;q=0.000", False), ("*;q=0", False), ("gzip;q=0, *", False), ("gzip;q=2", False), ("gzip;level=9", False),
        ("gzip", True), ("GZIP", True), ("deflate, gzip;q=1.0, *;q=0.5", True), ("x-gzip", True), ("*", True),
        ("br;q=1,gzip ; q=0.001", True), (",, gzip", True),
    ],
)  # fmt: skip
def test_what_is_accepted_is_read_by_the_rules(header: str | None, is_accepted: bool) -> None:
    assert accepts_gzip(header) is is_accepted
