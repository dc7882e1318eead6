"""The terminal as Textual drives it, made safe against a window that is closed meanwhile, and given back whole."""

from __future__ import annotations

import os
import sys
import termios
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, TextIO

from textual.drivers.linux_driver import LinuxDriver

if TYPE_CHECKING:
    from textual.app import App

_PIXELS_OFF: Final = "\x1b[?1016l"
"""Textual asks for the mouse in pixels and leaves that on: the next program with a mouse would be off by a factor."""
_GIVEN_BACK: Final = "".join(
    f"\x1b[?{mode}" for mode in ("2004l", "2048l", "1000l", "1003l", "1015l", "1006l", "1016l", "1004l", "7h")
)
"""Bracketed paste, reports of size, mouse and focus off, lines wrapped: https://invisible-island.net/xterm/ctlseqs/."""
_LEFT: Final = "\x1b[<u\x1b[?1049l\x1b[?25h"
"""Keyboard, screen and cursor as they were."""


class SafeOutput:
    """The terminal's end for writing. Where nobody looks any more, what is written goes nowhere, and is noted."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self.is_gone = False

    def write(self, text: str) -> None:
        """Write, as long as somebody is there."""
        self._try(lambda: self._file.write(text))

    def flush(self) -> None:
        """Send what was written."""
        self._try(self._file.flush)

    def fileno(self) -> int:
        """The file's number."""
        return self._file.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal."""
        return self._file.isatty()

    def _try(self, work: Callable[[], object]) -> None:
        if not self.is_gone:
            try:
                work()
            except (OSError, ValueError):
                self.is_gone = True


class TerminalDriver(LinuxDriver):
    """Textual's own, whose writer never dies: it fills a queue that the app would wait for without an end."""

    def __init__(self, app: App[Any], **options: Any) -> None:  # noqa: ANN401 - Textual's own options
        super().__init__(app, **options)
        self._is_drawing = False
        self._output = SafeOutput(_terminal_output())
        self._file = self._output  # type: ignore[assignment] # what its writer needs of a file

    @property
    def is_gone(self) -> bool:
        """Whether the terminal was closed."""
        return self._output.is_gone

    def run_input_thread(self) -> None:
        """Take keys until the end; a terminal that is gone brings no more, and a key that is not UTF-8 is none."""
        while True:
            try:
                super().run_input_thread()
            except UnicodeDecodeError:
                continue
            except OSError:
                self._output.is_gone = True
            return

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._is_drawing = True
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Give the terminal back, where it was taken: of a job in the background, it never was."""
        self._is_drawing = False
        if self._writer_thread is not None:
            self.write(_PIXELS_OFF)
            super().stop_application_mode()

    def write(self, data: str) -> None:
        """Draw; what is drawn while the terminal is not ours goes nowhere."""
        if self._writer_thread is not None:
            super().write(data)

    def disable_input(self) -> None:
        """Take no more keys; to empty the queue of a terminal that is not ours would stop the process."""
        if self._writer_thread is not None:
            super().disable_input()

    def close(self) -> None:
        """Draw nothing more."""
        super().close()
        self._writer_thread = None

    def _sigcont_application(self, *_: object) -> None:
        """Go on. A session manager sends SIGCONT behind SIGTERM, also to what was not suspended.

        Taken twice, a terminal could not be given back as it was found; after the app has left it, it is not ours. A shell
        wakes a stopped job to be ended: that one would be stopped again for reaching out to the terminal.
        """
        if getattr(self._app, "is_asked_to_leave", False):
            return
        if self._is_drawing:
            self.suspend_application_mode()
            self._must_signal_resume = True
        if self._must_signal_resume:
            super()._sigcont_application()


def _terminal_output() -> TextIO:
    """Textual draws on standard error; where that goes to a file, as with `klagg 2> errors`, the screen is the output."""
    error, output = sys.__stderr__ or sys.stderr, sys.__stdout__ or sys.stdout
    return error if error.isatty() else output


class TerminalState:
    """How the terminal was before the app, for an end that nothing else can follow."""

    def __init__(self) -> None:
        self._settings: list[Any] | None = None
        with suppress(termios.error, OSError, ValueError, AttributeError):
            self._settings = termios.tcgetattr(sys.__stdin__.fileno())  # type: ignore[union-attr]

    def restore(self) -> None:
        """Give it back at once, from within a signal."""
        if self._settings is None:
            return
        with suppress(termios.error, OSError, ValueError, AttributeError):
            # Opened anew, to be written to without waiting: a terminal that takes nothing must not hold up the end.
            own = os.open(os.ttyname(_terminal_output().fileno()), os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            os.write(own, (_GIVEN_BACK + _LEFT).encode())
            termios.tcsetattr(sys.__stdin__.fileno(), termios.TCSANOW, self._settings)  # type: ignore[union-attr]
