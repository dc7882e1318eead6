"""One client's websocket connection to the simulated exchange: what it is subscribed to and how it is answered. Pure."""

from __future__ import annotations

from collections import deque
from typing import Final

import orjson

MOST_STREAMS: Final = 1024
MOST_BYTES: Final = 4088
"""Of a message from a client; the exchange is deaf to a longer one."""
MOST_MESSAGES: Final = 10
"""Messages a second from a client of futures; one more closes its connection with 1008."""
_METHODS: Final = ("SUBSCRIBE", "UNSUBSCRIBE", "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")


class Subscriptions:
    """What a connection has asked for. Every stream is acknowledged; only real ones will ever send something."""

    def __init__(self, streams: tuple[str, ...], *, combined: bool, most_messages: int = MOST_MESSAGES) -> None:
        self.streams = dict.fromkeys(streams)
        self.combined = combined
        """Whether messages come wrapped with the name of their stream."""
        self._heard_ms: deque[int] = deque(maxlen=most_messages)

    def is_too_fast(self, now_ms: int) -> bool:
        """Counts one message from the client; whether it is one too many for its second."""
        full = len(self._heard_ms) == self._heard_ms.maxlen and now_ms - self._heard_ms[0] < 1000
        self._heard_ms.append(now_ms)
        return full

    def answer(self, text: str) -> bytes:
        """The reply to a control message."""
        try:
            request = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            return _refusal(3, f"Invalid JSON: expected value at line {error.lineno} column {error.colno}")
        if not isinstance(request, dict) or "method" not in request:
            return _refusal(2, "Invalid request: missing field `method` at line 1 column 2")
        number = request.get("id")
        if type(number) is not int or number < 0:
            return _refusal(2, "Invalid request: request ID must be an unsigned integer")
        method = request["method"]
        if method not in _METHODS:
            return _refusal(
                2, f"Invalid request: unknown variant {str(method)[:40]}, expected one of {', '.join(_METHODS)}"
            )
        return self._carry_out(method, request.get("params", []), number)

    def _carry_out(self, method: str, params: object, number: int) -> bytes:
        if method == "LIST_SUBSCRIPTIONS":
            return _result(list(self.streams), number)
        if not isinstance(params, list):
            return _refusal(2, "Invalid request: params must be an array")
        if method == "SET_PROPERTY":
            return self._set_property(params, number)
        if method == "GET_PROPERTY":
            return _result(self.combined, number) if params == ["combined"] else _refusal(0, "Unknown property")
        streams = [stream for stream in params if isinstance(stream, str) and ("@" in stream or stream.startswith("!"))]
        if len(streams) != len(params) or not streams:
            return _refusal(2, "Invalid request: invalid stream")
        if method == "UNSUBSCRIBE":
            for stream in streams:
                self.streams.pop(stream, None)
        elif len(self.streams | dict.fromkeys(streams)) > MOST_STREAMS:
            return orjson.dumps({"error": {"code": 2, "msg": "Invalid request: too many streams"}, "id": number})
        else:
            self.streams |= dict.fromkeys(streams)
        return _result(None, number)

    def _set_property(self, params: list[object], number: int) -> bytes:
        if len(params) != 2:
            return _refusal(2, "Invalid request: too many parameters")
        name, value = params
        if name != "combined":
            return _refusal(0, "Unknown property")
        if not isinstance(value, bool):
            return _refusal(1, "Invalid value type: expected Boolean")
        self.combined = value
        return _result(None, number)


def _result(value: object, number: int) -> bytes:
    return orjson.dumps({"result": value, "id": number})


def _refusal(code: int, message: str) -> bytes:
    return orjson.dumps({"code": code, "msg": message})
