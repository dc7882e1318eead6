"""The other end of `bench.stream`: a process that listens, shakes hands and sends trades at a pace, or all at once.

`python -m bench.stream_sender COUNT RATE SYMBOLS AHEAD_MS` says its port on standard output; rate 0 is a burst. The event time of
each message is the moment of its sending in microseconds of the machine's steady clock, which both processes read; see `late_us`.
The time of its trade is this machine's and so much more.
"""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import Iterable, Iterator

import orjson
from websockets.http11 import Request
from websockets.server import ServerProtocol

SYMBOLS = 500
_ROUND_US = 10**12
"""Eleven days, after which the times begin anew."""


def main() -> None:
    count, rate, symbols, ahead_ms = map(int, sys.argv[1:])
    trades = Trades(symbols, ahead_ms)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        print(listening.getsockname()[1], flush=True)
        connection, _ = listening.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        shake_hands(connection)
        if rate:
            send_paced(connection, trades, count, rate)
        else:
            connection.sendall(b"".join(framed(trades.made(number)) for number in range(count)))
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


def send_paced(connection: socket.socket, trades: Trades, count: int, rate: int) -> None:
    """Each message in a packet of its own, as they come in reality."""
    began, send = time.perf_counter(), connection.sendall
    for number in range(count):
        while (early := number / rate - (time.perf_counter() - began)) > 0:
            time.sleep(early / 2)
        send(framed(trades.made(number)))


def sent_us() -> int:
    """This moment by the steady clock, as a number that fits where an exchange has its event time."""
    return time.monotonic_ns() // 1_000 % _ROUND_US


def late_us(event_times: Iterable[int]) -> list[int]:
    """How long ago messages with these event times were sent."""
    now_us = sent_us()
    return [(now_us - event_us) % _ROUND_US for event_us in event_times]


def symbol(number: int) -> str:
    return f"S{number}USDT"


class Trades:
    """Trades of so many symbols in turns, as they look in 2026, some 210 bytes; put together by hand, so that the sender keeps its pace."""

    VARIANTS = 41

    def __init__(self, symbols: int, ahead_ms: int) -> None:
        self._symbols, self._ahead_ms = symbols, ahead_ms
        self._parts = [parts(of, variant) for of in range(symbols) for variant in range(self.VARIANTS)]

    def made(self, number: int) -> bytes:
        """The trade of that number, sent now."""
        place, of = divmod(number, self._symbols)
        head, tail = self._parts[of * self.VARIANTS + place % self.VARIANTS]
        times = b'%d,"a":%d' % (sent_us(), place + 1)
        return b"%b%b%b%d%b" % (
            head,
            times,
            tail,
            time.time_ns() // 1_000_000 + self._ahead_ms,
            b',"m":true,"st":1}}' if number % 2 else b',"m":false,"st":1}}',
        )


def parts(of: int, variant: int) -> tuple[bytes, bytes]:
    """What stands before and behind the event time and the id."""
    name = symbol(of)
    quantity = f"{variant * 7 % 89 / 10 + 0.1:.3f}"
    head = f'{{"stream":"{name.lower()}@aggTrade","data":{{"e":"aggTrade","E":'
    tail = (
        f',"s":"{name}","p":"{100 + variant * 13 % 97 / 100:.2f}","q":"{quantity}","nq":"{quantity}",'
        f'"f":{1_000_000 + 2 * variant},"l":{1_000_001 + 2 * variant},"T":'
    )
    return head.encode(), tail.encode()


def framed(payload: bytes) -> bytes:
    """One text frame of 126 to 65,535 bytes."""
    return b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload


if __name__ == "__main__":
    main()
