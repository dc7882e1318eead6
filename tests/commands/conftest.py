"""What a whole program changes in its process, put back after each test that runs one in here."""

from __future__ import annotations

import gc
import logging
import signal
import sys
from collections.abc import Iterator

import pytest

from tests.commands.visitor import visit  # noqa: F401 - a fixture for every module
from tests.sinks.conftest import address, bucket, nats_server, server, stream  # noqa: F401 - likewise

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def whole_program() -> Iterator[None]:
    """For commands that take over signals, log and interpreter; a signal that comes too late hits nobody."""
    handlers = {number: signal.signal(number, lambda *_: None) for number in _SIGNALS}
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    logger = logging.getLogger("klagg_tui")
    logging_to, propagate, level = logger.handlers[:], logger.propagate, logger.level
    yield
    for handler in set(logger.handlers) - set(logging_to):
        logger.removeHandler(handler)
        handler.close()
    logger.handlers[:], logger.propagate = logging_to, propagate
    logger.setLevel(level)
    gc.unfreeze()
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)
    for number, before in handlers.items():
        signal.signal(number, before)
