"""What Coinbase's and Kraken's faces say to commands and questions that no client of ours sends, and where they stop answering."""

from __future__ import annotations

import json

import pytest

from klagg_tui.exchange.kraken.wire.frames import decode_batch
from klagg_tui.simulator import MarketSpec, SimulatedExchange
from klagg_tui.simulator.face import Asked, Client, Face, Knock

SPEC = MarketSpec(symbols=3, seed=5, activity=6, history_days=2)


def face_of(venue: str) -> Face:
    exchange = SimulatedExchange(SPEC, venue=venue, speed=0)
    exchange.jump(60_000)
    return exchange.face


def said(client: Client, command: object) -> list[dict[str, object]]:
    text = command if isinstance(command, str) else json.dumps(command)
    return [json.loads(message) for message in client.answer(text, 0)]


def asked(face: Face, path: str, **query: str) -> tuple[int, object]:
    reply = face.answer(Asked("GET", path, query), SPEC.start_ms + 60_000)
    return reply.status, json.loads(reply.body)


def coinbase_command(kind: str, *products: str, channels: tuple[str, ...] = ("matches",)) -> dict[str, object]:
    return {"type": kind, "product_ids": list(products), "channels": list(channels)}


def test_coinbase_answers_with_its_whole_state_and_the_last_match_of_what_is_new() -> None:
    client = face_of("coinbase").open(Knock("/", {}, {}))
    state, last = said(client, coinbase_command("subscribe", "BTC-USD"))
    assert state == {"type": "subscriptions", "channels": [{"name": "matches", "product_ids": ["BTC-USD"]}]}
    assert (last["type"], last["product_id"]) == ("last_match", "BTC-USD")
    state, last = said(client, coinbase_command("subscribe", "BTC-USD", "ETH-USD"))
    assert last["product_id"] == "ETH-USD"
    (state,) = said(client, coinbase_command("unsubscribe", "BTC-USD", "ETH-USD"))
    assert state["channels"] == []
    assert list(client.streams) == []


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("{", "Malformed JSON"),
        ("{}", "Malformed JSON"),
        (coinbase_command("dance", "BTC-USD"), "Failed to dance"),
        (coinbase_command("subscribe", "BTC-USD", channels=("level2",)), "not a valid channel"),
        (coinbase_command("subscribe", "BTC-USD", "NOSUCH-USD"), "NOSUCH-USD is not a valid product"),
    ],
    ids=["no JSON", "no command", "unknown", "channel", "product"],
)
def test_coinbase_subscribes_to_nothing_where_anything_is_wrong(command: object, reason: str) -> None:
    client = face_of("coinbase").open(Knock("/", {}, {}))
    (answer,) = said(client, command)
    assert answer["type"] == "error"
    assert reason in f"{answer['message']} {answer.get('reason')}"
    assert list(client.streams) == []


def test_coinbase_throws_out_who_talks_too_much() -> None:
    client = face_of("coinbase").open(Knock("/", {}, {}))
    for at_ms in [*range(0, 2_000, 20), *[2_000] * 100]:
        client.count(at_ms)
    assert client.ending is None
    client.count(2_001)
    assert client.ending is not None


def test_coinbase_refuses_what_it_does_not_know_and_too_much() -> None:
    face = face_of("coinbase")
    assert asked(face, "/products/NOSUCH-USD/trades") == (404, {"message": "NotFound"})
    assert asked(face, "/products/BTC-USD/book") == (404, {"message": "NotFound"})
    assert asked(face, "/products/BTC-USD/candles")[0] == 400
    wide = {"granularity": "60", "start": "1790035200", "end": str(1_790_035_200 + 300 * 60)}
    assert asked(face, "/products/BTC-USD/candles", **wide)[0] == 400
    status, trades = asked(face, "/products/BTC-USD/trades", limit="2")
    assert (status, len(trades) if isinstance(trades, list) else None) == (200, 2)
    statuses = [asked(face, "/time")[0] for _ in range(120)]
    assert (statuses[0], statuses[-1], 429 in statuses) == (200, 429, True)
    assert face.unknown("/x", "GET").status == 404


def kraken_command(method: str, *pairs: str, **further: object) -> dict[str, object]:
    return {"method": method, "params": {"channel": "trade", "symbol": list(pairs), **further}, "req_id": 7}


def test_kraken_answers_for_each_pair_and_sends_a_snapshot_where_it_is_wanted() -> None:
    client = face_of("kraken").open(Knock("/v2", {}, {}))
    answers = said(client, kraken_command("subscribe", "BTC/USD", "NO/USD", snapshot=True))
    assert [answer.get("success") for answer in answers] == [True, None, False]
    batch = decode_batch(client.answer(json.dumps(kraken_command("subscribe", "ETH/USD", snapshot=True)), 0))
    assert len(batch.trades) == 50
    assert not batch.damaged
    (gone,) = said(client, kraken_command("unsubscribe", "ETH/USD"))
    assert (gone["success"], gone["req_id"]) == (True, 7)
    assert len(list(client.streams)) == 1
    (pong,) = said(client, {"method": "ping", "req_id": 8})
    assert (pong["method"], pong["req_id"]) == ("pong", 8)


@pytest.mark.parametrize("command", ["{", "[]", "{}", '{"method":"subscribe","params":7}'])
def test_kraken_refuses_what_it_cannot_read(command: str) -> None:
    (answer,) = said(face_of("kraken").open(Knock("/v2", {}, {})), command)
    assert answer["success"] is False


def test_kraken_gives_a_sign_of_life_each_second_to_who_has_subscribed() -> None:
    client = face_of("kraken").open(Knock("/v2", {}, {}))
    assert b"status" in next(iter(client.beat(0, 0)))
    assert list(client.beat(0, 5_000)) == []
    said(client, kraken_command("subscribe", "BTC/USD"))
    assert list(client.beat(0, 5_000)) == [b'{"channel":"heartbeat"}']
    assert list(client.beat(0, 5_500)) == []


def test_kraken_does_not_answer_commands_that_come_too_fast() -> None:
    client = face_of("kraken").open(Knock("/v2", {}, {}))
    for _ in range(21):
        client.count(100)
    assert said(client, {"method": "ping"}) == [{"Error": "Exceeded msg rate"}]
    client.count(1_100)
    assert said(client, {"method": "ping"})[0]["method"] == "pong"


def test_kraken_refuses_with_status_200() -> None:
    face = face_of("kraken")
    assert asked(face, "/0/public/OHLC", pair="NOSUCH") == (200, {"error": ["EQuery:Unknown asset pair"]})
    assert asked(face, "/0/public/OHLC", pair="XBTUSD", interval="7") == (
        200,
        {"error": ["EGeneral:Invalid arguments"]},
    )
    assert asked(face, "/0/public/Depth", pair="XBTUSD") == (200, {"error": ["EGeneral:Unknown method"]})
    replies = [asked(face, "/0/public/Time") for _ in range(30)]
    assert replies[-1] == (200, {"error": ["EGeneral:Too many requests"]})


def test_krakens_weighted_price_is_cut_off_to_the_tick() -> None:
    face = face_of("kraken")
    _, reply = asked(face, "/0/public/OHLC", pair="XBTUSD")
    assert isinstance(reply, dict)
    traded = [row for row in reply["result"]["XXBTZUSD"] if row[7]]
    assert len(traded) > 10
    for row in traded:
        low, high, vwap = float(row[3]), float(row[2]), float(row[5])
        assert low <= vwap <= high
        assert len(row[5].partition(".")[2]) == len(row[1].partition(".")[2])
