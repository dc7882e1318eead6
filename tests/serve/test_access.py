"""Who may read."""

from __future__ import annotations

import aiohttp
import pytest

from klagg_tui.errors import ConfigError
from klagg_tui.serve.access import AccessPolicy, malformed
from klagg_tui.serve.server import PushServer
from tests.serve.serving import MALFORMED, get, raw_status, reading, serving, status


async def test_pages_of_others_may_not_read() -> None:
    async with serving() as server:
        own = server.url.rstrip("/")
        for origin, code in (("https://elsewhere.example", 403), ("null", 403), (own, 200)):
            assert (await get(server, "api/symbols", headers={"Origin": origin}))[0] == code
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with reading(server, origin="https://elsewhere.example"):
                pass
        assert refused.value.status == 403
        # A name of somebody else that was made to point at this machine.
        assert (await get(server, "api/symbols", headers={"Host": f"elsewhere.example:{server.port}"}))[0] == 403
    async with serving(AccessPolicy("127.0.0.1", 0, origins=("https://good.example",))) as server:
        assert (await get(server, "api/symbols", headers={"Origin": "https://good.example"}))[0] == 200


async def test_with_a_token_only_its_owners_read() -> None:
    async with serving(AccessPolicy("127.0.0.1", 0, token="secret-token")) as server:
        assert (await get(server, "api/symbols"))[0] == 401
        assert (await get(server, "api/symbols?token=wrong-token"))[0] == 401
        assert (await get(server, "api/symbols?token=secret-token"))[0] == 200
        assert (await get(server, "api/symbols", headers={"Authorization": "Bearer secret-token"}))[0] == 200
        assert (await get(server, "", headers={}))[0] == 200
        with pytest.raises(aiohttp.WSServerHandshakeError):
            async with reading(server):
                pass


def test_other_machines_need_a_token() -> None:
    for host in ("0.0.0.0", "::", "192.168.1.5", "example.org"):
        with pytest.raises(ConfigError, match="token"):
            PushServer(AccessPolicy(host, 0), None, status)
        PushServer(AccessPolicy(host, 0, token="secret-token"), None, status)
    for host in ("127.0.0.1", "::1", "localhost", "127.5.0.1"):
        PushServer(AccessPolicy(host, 0), None, status)


@pytest.mark.parametrize("path", ["", "ws", "api/symbols", "api/bars?symbol=BTCUSDT", "nothing/there"])
@pytest.mark.parametrize("headers", MALFORMED)
async def test_a_malformed_host_or_origin_is_refused_before_anything_else(path: str, headers: tuple[str, ...]) -> None:
    async with serving(AccessPolicy("127.0.0.1", 0, token="secret-token")) as server:
        assert await raw_status(server.port, path, headers) == 400


@pytest.mark.parametrize(
    ("hosts", "origins"),
    [
        (["127.0.0.1:8787"], []),
        (["[::1]:8787"], ["http://[::1]:8787"]),
        (["localhost"], ["null"]),
        (["bars.example.org"], ["https://good.example"]),
        (["my_host"], ["moz-extension://6a2b8f6e-0000-4000-8000-000000000000"]),
    ],
)
def test_what_browsers_and_programs_send_is_well_formed(hosts: list[str], origins: list[str]) -> None:
    assert malformed(hosts, origins) is None
