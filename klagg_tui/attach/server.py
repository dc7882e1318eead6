"""The socket that windows of this machine open: a thread with a loop of its own, so that they cost the engine nothing but its beats.

Here they come, go and ask; what they are told is sent by `spreading`. One that is cut off comes again and gets a whole picture.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from websockets.asyncio.server import ServerConnection, unix_serve
from websockets.exceptions import ConnectionClosed

from klagg_tui.attach import codec
from klagg_tui.attach.answers import Answers
from klagg_tui.attach.codec import Message
from klagg_tui.attach.place import Listening
from klagg_tui.attach.recorder import Beat, Recorder
from klagg_tui.attach.spreading import MOST_WAITING_BYTES, OpenWindow, Spreading
from klagg_tui.engine.period import Period
from klagg_tui.errors import BadFrame, KlaggError
from klagg_tui.runtime.look import Look

log = logging.getLogger(__name__)

MOST_WINDOWS: Final = 100
_MOST_ASKED: Final = 8
"""Questions of one window that are answered at once."""
_MOST_SEEN: Final = 500
"""Symbols that one window may say it has on view."""
_MOST_BYTES: Final = 1_000_000
"""Of what a window says at once."""
_GOING_AWAY: Final = 1001
_TRY_LATER: Final = 1013
_CLOSE_S: Final = 1.0
_RECALL_S: Final = 0.2


class _Asking(OpenWindow):
    """With its questions."""

    def __init__(self, number: int, connection: ServerConnection) -> None:
        super().__init__(number, connection)
        self.asking: set[asyncio.Task[None]] = set()
        self.turn = asyncio.Semaphore(_MOST_ASKED)


class WindowServer:
    """Serves windows while it is started. An `Audience`: `put` is called on the engine's loop."""

    def __init__(self, listening: Listening, greeting: Message, engine: asyncio.AbstractEventLoop) -> None:
        self._listening = listening
        self._greeting = codec.packed(greeting)
        self._engine = engine
        self._recorder: Recorder | None = None
        self._answers: Answers | None = None
        self._spreading = Spreading()
        self._windows = self._spreading.windows
        self._number = self._open_now = 0
        self._telling: asyncio.Task[None] | None = None
        self._is_ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._run, name="klagg-windows", daemon=True)

    def start(self, recorder: Recorder, answers: Answers) -> None:
        """Let windows in."""
        self._recorder, self._answers = recorder, answers
        self._thread.start()

    def stop(self) -> None:
        """Close all windows, and end; the socket's name is free."""
        self._listening.remove()
        if self._loop and self._stop and self._thread.is_alive():
            with suppress(RuntimeError):  # it has just ended
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(2 * _CLOSE_S)

    @property
    def is_ready(self) -> bool:
        """See `Audience`."""
        return self._is_ready.is_set()

    @property
    def windows(self) -> int:
        """See `Audience`."""
        return len(self._windows)

    @property
    def newcomers(self) -> int:
        """See `Audience`."""
        return sum(not window.has_picture for window in list(self._windows.values()))

    def put(self, beat: Beat) -> None:
        """See `Audience`."""
        assert self._loop is not None, "there are windows"
        self._is_ready.clear()
        with suppress(RuntimeError):  # it has just ended
            self._loop.call_soon_threadsafe(self._take, beat)

    def _take(self, beat: Beat) -> None:
        self._telling = asyncio.ensure_future(self._tell(beat))

    async def _tell(self, beat: Beat) -> None:
        try:
            await self._spreading.tell(beat)
        except Exception:  # the edge of a task
            log.exception("windows were not told")
        finally:
            self._is_ready.set()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception:  # the outer edge of the thread
            log.exception("no window can attach any more")
        finally:
            self._is_ready.clear()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with unix_serve(
            self._open,
            sock=self._listening.socket,
            compression=None,
            max_size=_MOST_BYTES,
            close_timeout=_CLOSE_S,
            logger=log,
        ):
            self._is_ready.set()
            await self._stop.wait()
            for window in list(self._windows.values()):
                if window.waiting:  # its farewell would wait behind that
                    window.connection.transport.abort()

    async def _open(self, connection: ServerConnection) -> None:
        if self._open_now >= MOST_WINDOWS:
            await connection.close(_TRY_LATER, f"there are {MOST_WINDOWS} windows already")
            return
        self._number += 1
        self._open_now += 1
        window = _Asking(self._number, connection)
        try:
            await connection.send(self._greeting)
            async for data in connection:
                await self._hear(window, codec.unpacked(data))
        except ConnectionClosed:
            pass
        except BadFrame as error:
            log.warning("window %d: %s", window.number, error)
            await connection.close(_GOING_AWAY, "that cannot be read")
        finally:
            self._open_now -= 1
            self._windows.pop(window.number, None)
            for task in window.asking:
                task.cancel()
            await asyncio.gather(*window.asking, return_exceptions=True)
            self._in_engine(lambda recorder: recorder.forget(window.number))

    async def _hear(self, window: _Asking, said: Message) -> None:
        """One thing that a window says."""
        number = window.number
        if "join" in said:
            self._windows[number] = window
            self._in_engine(lambda recorder: recorder.comes.set())
        elif "follow" in said:
            symbol = said["follow"]
            if symbol is not None and not isinstance(symbol, str):
                raise BadFrame("A window follows what is no symbol.")
            self._in_engine(lambda recorder: recorder.follow(number, symbol))
        elif "look" in said:
            look = _look_in(said)
            self._in_engine(lambda recorder: recorder.look_at(number, look))
        elif "ask" in said:
            await window.turn.acquire()
            task = asyncio.ensure_future(self._answer(window, said))
            window.asking.add(task)
            task.add_done_callback(window.asking.discard)

    async def _answer(self, window: _Asking, question: Message) -> None:
        assert self._answers is not None, "it is started"
        answer: Message = {"answer": question["ask"]}
        try:
            if question.get("what") == "recall":
                await self._recall(window)
            else:
                answer["value"] = await self._answers.answer(question)
        except KlaggError as error:
            answer["error"] = str(error)
        except ConnectionClosed:
            return
        except Exception:  # the edge of a task
            log.exception("a window's question failed")
            answer["error"] = "The recorder met something unexpected; its log says what."
        finally:
            window.turn.release()
        with suppress(ConnectionClosed):
            await window.connection.send(codec.packed(answer))

    async def _recall(self, window: _Asking) -> None:
        """Send what was told of contracts lately, as fast as the window takes it."""
        assert self._answers is not None, "it is started"
        async for minutes in self._answers.recalled():
            await window.connection.send(codec.packed({"recalled": minutes}))
            while window.waiting > MOST_WAITING_BYTES:  # noqa: ASYNC110 - what is sent tells nobody
                await asyncio.sleep(_RECALL_S)

    def _in_engine(self, work: Callable[[Recorder], object]) -> None:
        recorder = self._recorder
        assert recorder is not None, "it is started"
        with suppress(RuntimeError):  # it has just ended
            self._engine.call_soon_threadsafe(work, recorder)


def _look_in(said: Message) -> Look:
    opened = said.get("opened")
    if opened is not None and not isinstance(opened, str):
        raise BadFrame("A window opens what is no symbol.")
    try:
        period = Period.parse(said["period"])
    except (KlaggError, LookupError) as error:
        raise BadFrame("A window shows no period.") from error
    return Look(tuple(codec.symbols_in(said["look"])[:_MOST_SEEN]), period, opened)
