"""What every screen of the app has: the status line, a beat, the period keys, clicks on drawn pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widgets import Static

from klagg_tui.market.face import Mode
from klagg_tui.market.role import Piece, Role
from klagg_tui.screens.desk import Desk
from klagg_tui.screens.header import StatusLine
from klagg_tui.screens.line import Line, Touch

Answer = TypeVar("Answer")

LEAST_WIDTH: Final = 60
LEAST_HEIGHT: Final = 15

PERIOD_KEYS: Final[list[BindingType]] = [
    *[
        Binding(
            str((number + 1) % 10), f"period({number})", "Period by its number", show=False, id=f"period_{number + 1}"
        )
        for number in range(10)
    ],
    Binding("left_square_bracket", "shift_period(-1)", "Shorter period", show=False, id="shorter", key_display="["),
    Binding("right_square_bracket", "shift_period(1)", "Longer period", show=False, id="longer", key_display="]"),
]


class KlaggScreen(Screen[None]):
    """Base of the full screens."""

    DEFAULT_CSS = """
    KlaggScreen { background: $background; }
    KlaggScreen > #too-small {
        display: none; width: 100%; height: 100%; background: $background;
        content-align: center middle; text-align: center; color: $warning;
    }
    KlaggScreen.small > * { display: none; }
    KlaggScreen.small > #too-small { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = PERIOD_KEYS
    NAME_FOR_PEOPLE: ClassVar[str] = ""

    def __init__(self, desk: Desk, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.desk = desk
        # Kept, not looked up: a beat may come while the app is being taken down.
        self.status_line = StatusLine(desk, id="status")
        self.foot = Line(desk, id="foot")

    def too_small(self) -> ComposeResult:
        """What is shown where there is no room for the screen; to be composed by each."""
        yield Static("", id="too-small")

    def on_resize(self, event: events.Resize) -> None:
        """Say where the terminal is too small."""
        width, height = event.size
        small = width < LEAST_WIDTH or height < LEAST_HEIGHT
        self.set_class(small, "small")
        if small:
            self.query_one("#too-small", Static).update(
                f"klagg needs {LEAST_WIDTH}×{LEAST_HEIGHT},\nhere are {width}×{height}."
            )

    def beat(self, touched: set[str]) -> None:
        """A fifth of a second went by, and these symbols changed."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Nothing was drawn while another screen was on top."""
        self.repaint()

    def repaint(self) -> None:
        """Draw everything anew, in other colours."""
        for line in self.query(Line):
            line.refresh()

    def put_up(self, question: ModalScreen[Answer], then: Callable[[Answer | None], None]) -> None:
        """Put a question over the screen.

        It takes the keys from the moment of the call, so that fast fingers do not type into the screen below.
        """
        _ = self.app.push_screen(question, then)

    def leave(self) -> None:
        """Go back to the screen below."""
        # Not awaited: a screen that waits for its own end waits for ever.
        _ = self.app.pop_screen()

    def period_changed(self) -> None:
        """Another period was chosen."""

    async def on_line_clicked(self, message: Line.Clicked) -> None:
        """A click on a piece is the action it stands for."""
        message.stop()
        await self.run_action(message.action)

    def action_period(self, number: int) -> None:
        """Show another period."""
        if number < len(self.desk.feed.periods):
            self.desk.choose(period=str(self.desk.feed.periods[number]))
            self.period_changed()

    def action_shift_period(self, step: int) -> None:
        """Show the next shorter or longer period."""
        self.action_period(max(0, self.desk.feed.periods.index(self.desk.period) + step))


def key_pieces(keys: Sequence[tuple[str, str, str]]) -> list[Piece]:
    """Keys to press, as pieces to click: key, word, action."""
    pieces: list[Piece] = []
    for key, word, action in keys:
        pieces += [Touch(f" {key}", Role.KEY, action), Touch(f" {word} ", Role.DIM, action)]
    return pieces


def foot_pieces(desk: Desk, keys: Sequence[tuple[str, str, str]]) -> list[Piece]:
    """The gravest trouble there is, otherwise the keys."""
    if desk.status.notices:
        return [Piece(f" ▲ {desk.status.notices[0]}", Role.WARN)]
    if desk.status.mode is Mode.OFFLINE:
        return key_pieces((("D", "simulated market", "app.demo"), *keys))
    return key_pieces(keys)
