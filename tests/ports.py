"""A port for a server that a test starts."""

from __future__ import annotations

import random
import socket

# Below the ports that Linux (32768) and macOS (49152) give to what connects, so that nothing gets it in between by chance.
_FROM, _TO = 20_000, 32_000


def free_port() -> int:
    """One that nobody listens at, and that nobody gets who did not ask for it by its number."""
    while True:
        port = random.randrange(_FROM, _TO)
        with socket.socket() as asked:
            # As servers ask for it, so that the ends of lines to it that closed just now are nothing.
            asked.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                asked.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
