"""Control messages of the simulated exchange's websocket: acknowledged by id, refused in the exchange's two shapes."""

from typing import Any

import orjson
import pytest

from klagg_tui.simulator.streams.control import MOST_STREAMS, Subscriptions


def _ask(subscriptions: Subscriptions, method: str, params: object = None, number: object = 1) -> Any:
    request = {"method": method, "id": number} | ({} if params is None else {"params": params})
    return orjson.loads(subscriptions.answer(orjson.dumps(request).decode()))


def test_streams_are_acknowledged_whether_they_exist_or_not() -> None:
    subscriptions = Subscriptions((), combined=True)
    asked = ["btcusdt@aggTrade", "币安人生usdt@aggTrade", "nosuch@aggTrade", "BTCUSDT@aggTrade", "!contractInfo"]
    assert _ask(subscriptions, "SUBSCRIBE", asked, 7) == {"result": None, "id": 7}
    assert _ask(subscriptions, "LIST_SUBSCRIPTIONS", number=8) == {"result": asked, "id": 8}
    assert _ask(subscriptions, "UNSUBSCRIBE", asked[1:], 9) == {"result": None, "id": 9}
    assert _ask(subscriptions, "LIST_SUBSCRIPTIONS", number=10) == {"result": asked[:1], "id": 10}


def test_wrapping_can_be_asked_and_changed() -> None:
    subscriptions = Subscriptions((), combined=False)
    assert _ask(subscriptions, "GET_PROPERTY", ["combined"]) == {"result": False, "id": 1}
    assert _ask(subscriptions, "SET_PROPERTY", ["combined", True]) == {"result": None, "id": 1}
    assert subscriptions.combined


@pytest.mark.parametrize(
    ("method", "params", "number", "code"),
    [
        ("SET_PROPERTY", ["colour", True], 1, 0),
        ("GET_PROPERTY", ["colour"], 1, 0),
        ("SET_PROPERTY", ["combined", 1], 1, 1),
        ("SET_PROPERTY", ["combined", True, True], 1, 2),
        ("SUBSCRIBE", ["btcusdt"], 1, 2),
        ("SUBSCRIBE", [], 1, 2),
        ("SUBSCRIBE", [7], 1, 2),
        ("SUBSCRIBE", "btcusdt@aggTrade", 1, 2),
        ("SUBSCRIBE", ["btcusdt@aggTrade"], -1, 2),
        ("SUBSCRIBE", ["btcusdt@aggTrade"], "1", 2),
        ("SUBSCRIBE", ["btcusdt@aggTrade"], None, 2),
        ("LISTEN", ["btcusdt@aggTrade"], 1, 2),
    ],
)
def test_what_cannot_be_carried_out_is_refused_without_an_id(
    method: str, params: object, number: object, code: int
) -> None:
    subscriptions = Subscriptions((), combined=True)
    refused = _ask(subscriptions, method, params, number)
    assert set(refused) == {"code", "msg"}
    assert refused["code"] == code
    assert not subscriptions.streams


@pytest.mark.parametrize(("text", "code"), [("{", 3), ("", 3), ("[]", 2), ("{}", 2), ("7", 2)])
def test_what_is_no_request_is_refused(text: str, code: int) -> None:
    assert orjson.loads(Subscriptions((), combined=True).answer(text))["code"] == code


def test_one_stream_too_many_is_refused_in_the_wrapped_shape_and_changes_nothing() -> None:
    subscriptions = Subscriptions((), combined=True)
    streams = [f"s{number}@aggTrade" for number in range(MOST_STREAMS)]
    assert _ask(subscriptions, "SUBSCRIBE", streams)["result"] is None
    assert _ask(subscriptions, "SUBSCRIBE", streams[:5])["result"] is None
    refused = _ask(subscriptions, "SUBSCRIBE", ["one-more@aggTrade"], 3)
    assert (refused["id"], refused["error"]["code"]) == (3, 2)
    assert len(subscriptions.streams) == MOST_STREAMS


def test_ten_messages_a_second_are_let_through_and_the_eleventh_is_not() -> None:
    subscriptions = Subscriptions((), combined=True)
    assert not any(subscriptions.is_too_fast(1000 + number) for number in range(10))
    assert subscriptions.is_too_fast(1999)
    patient = Subscriptions((), combined=True)
    assert not any(patient.is_too_fast(number * 101) for number in range(100))
