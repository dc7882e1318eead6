"""The other end of `bench.stream`: a process that listens, shakes hands and sends trades at a pace, or all at once.

`python -m bench.stream_sender COUNT RATE` says its port on standard output; rate 0 is a burst. The event time of each
message is the moment of its sending by the machine's steady clock, which both processes read.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterator

import orjson
from websockets.http11 import Request
from websockets.server import ServerProtocol

SYMBOLS = 300
START_MS = 1_790_000_000_000


def main() -> None:
    count, rate = int(sys.argv[1]), int(sys.argv[2])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        connection, _ = listening.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        shake_hands(connection)
        if rate:
            send_paced(connection, count, rate)
        else:
            connection.sendall(b"".join(framed(trade(number, START_MS)) for number in range(count)))
        while connection.recv(65_536):
            pass


def shake_hands(connection: socket.socket) -> None:
    """Accept, and acknowledge the one command that comes."""
    protocol = ServerProtocol()
    for message in messages(connection, protocol):
        if isinstance(message, Request):
            protocol.send_response(protocol.accept(message))
        else:
            protocol.send_text(orjson.dumps({"result": None, "id": orjson.loads(message)["id"]}))
        for data in protocol.data_to_send():
            connection.sendall(data)
        if not isinstance(message, Request):
            return


def messages(connection: socket.socket, protocol: ServerProtocol) -> Iterator[Request | bytes]:
    while data := connection.recv(65_536):
        protocol.receive_data(data)
        for event in protocol.events_received():
            yield event if isinstance(event, Request) else bytes(event.data)  # type: ignore[union-attr]


def send_paced(connection: socket.socket, count: int, rate: int) -> None:
    """Each message in a packet of its own, as they come in reality."""
    began = time.perf_counter()
    for number in range(count):
        while (early := number / rate - (time.perf_counter() - began)) > 0:
            time.sleep(early / 2)
        connection.sendall(framed(trade(number, time.monotonic_ns() // 1_000_000)))


def symbol(number: int) -> str:
    return f"S{number}USDT"


def trade(number: int, event_ms: int) -> bytes:
    """A trade as it looks in 2026, some 210 bytes."""
    name, place = symbol(number % SYMBOLS), number // SYMBOLS
    data = {
        "e": "aggTrade", "E": event_ms, "a": place + 1, "s": name, "p": f"{100 + number % 97 / 100:.2f}",
        "q": f"{number % 89 / 10 + 0.1:.3f}", "nq": "0.100", "f": 2 * number, "l": 2 * number + 1,
        "T": START_MS + place, "m": number % 2 == 0, "st": 1,
    }  # fmt: skip
    return orjson.dumps({"stream": f"{name.lower()}@aggTrade", "data": data})


def framed(payload: bytes) -> bytes:
    """One text frame of 126 to 65,535 bytes."""
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


if __name__ == "__main__":
    main()
