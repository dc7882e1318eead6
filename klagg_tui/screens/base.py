"""What every screen of the app has: the status line, a beat, the period keys, clicks on drawn pieces."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Final, TypeAlias, TypeVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Static

from klagg_tui.feed import Mode, Progress
from klagg_tui.screens.app_state import AppState
from klagg_tui.screens.bindings import own_bindings
from klagg_tui.screens.widgets.header import StatusLine
from klagg_tui.screens.widgets.line import Clickable, Line
from klagg_tui.view.role import Piece, Role
from klagg_tui.view.venues import notices_of

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


FootKey: TypeAlias = tuple[str, str, str]
"""A key as it is written (empty: the one that is bound), a word, the action."""
_REPLAY_KEYS: Final[tuple[FootKey, ...]] = (
    ("", "pause", "app.playback('pause')"),
    ("", "faster", "app.playback('faster')"),
    ("", "go to", "app.playback('until')"),
)
_ALWAYS: Final = frozenset({"app.help", "app.quit", "screen.back"})
_SHORT_NAMES: Final = {"space": "␣"}


class KlaggScreen(Screen[None]):
    """Base of the full screens."""

    DEFAULT_CSS = """
    KlaggScreen { background: $background; }
    KlaggScreen > #too-small {
        display: none; width: 100%; height: 100%; background: $background;
        content-align: center middle; text-align: center; color: $warning;
    }
    KlaggScreen > #notice { display: none; }
    KlaggScreen > #notice.shown { display: block; }
    KlaggScreen.small > *, KlaggScreen.small > #notice.shown { display: none; }
    KlaggScreen.small > #too-small { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = PERIOD_KEYS
    HELP_TITLE: ClassVar[str] = ""
    FOOT_HAS_REPLAY: ClassVar[bool] = True
    """Whether the foot names the keys of a replay too; not where they are letters that somebody types."""

    def __init__(self, state: AppState, *, id: str | None = None) -> None:  # noqa: A002  # Textual's own name
        super().__init__(id=id)
        self.state = state
        # Kept, not looked up: a beat may come while the app is being taken down.
        self.status_line = StatusLine(state, id="status")
        self.notice = Line(state, id="notice")
        self.footer = Line(state, id="footer")
        self._had_focus: Widget | None = None
        """Who has the keys again as soon as there is room."""

    def too_small(self) -> ComposeResult:
        """What is shown where there is no room for the screen; to be composed by each."""
        yield Static("", id="too-small")

    def on_resize(self, event: events.Resize) -> None:
        """Say where the terminal is too small."""
        width, height = event.size
        small = width < LEAST_WIDTH or height < LEAST_HEIGHT
        if small and not self.has_class("small"):
            self._had_focus = self._had_focus or self.focused  # what is not displayed loses it
        self.set_class(small, "small")
        if small:
            self.query_one("#too-small", Static).update(
                f"klagg needs {LEAST_WIDTH}×{LEAST_HEIGHT},\nhere are {width}×{height}."
            )
        elif self._had_focus is not None:
            # Behind what it was told: that it is not displayed, by which it loses the keys, may have to wait there.
            self._had_focus.call_later(self.app.call_later, self._give_back_focus)

    def _give_back_focus(self) -> None:
        if self._had_focus is not None and not self.has_class("small"):
            self.set_focus(self._had_focus)
            self._had_focus = None

    def beat(self, touched: set[str]) -> None:
        """A fifth of a second went by, and these symbols changed."""
        raise NotImplementedError

    def on_screen_resume(self) -> None:
        """Nothing was drawn while another screen was on top."""
        self.repaint()

    def repaint(self) -> None:
        """Draw everything again, in other colours."""
        for line in self.query(Line):
            line.refresh()

    def ask(self, question: ModalScreen[Answer], then: Callable[[Answer | None], None]) -> None:
        """Put a question over the screen.

        It takes the keys from the moment of the call, so that fast fingers do not type into the screen below.
        """
        _ = self.app.push_screen(question, then)

    def show_footer(self, keys: Sequence[FootKey]) -> None:
        """Show the keys, and above them notices and how far longer work is, where there are any."""
        status = self.state.status
        keys = (*self._replay_keys(), *keys)
        labelled = [(label or self._shown_keys.get(_plain(action), ""), word, action) for label, word, action in keys]
        self.footer.show(key_pieces(_fitting(labelled, self.footer.size.width)))
        progress = progress_pieces(status.progress)
        room = self.notice.size.width - sum(cell_len(piece.text) for piece in progress)
        notices = notice_pieces(notices_of(status, self.state.venue), room)
        if self.notice.is_mounted:
            self.notice.show(notices, progress)
            self.notice.set_class(bool(notices or progress), "shown")

    def _replay_keys(self) -> list[FootKey]:
        """Those of a replay, where one is played: what nobody is told of is not found."""
        status = self.state.status
        if status.mode is not Mode.REPLAY or not self.FOOT_HAS_REPLAY:
            return []
        keys = _REPLAY_KEYS[-1:] if status.connection == "ended" else _REPLAY_KEYS
        return [key for key in keys if _plain(key[2]) in self._shown_keys]

    @cached_property
    def _shown_keys(self) -> Mapping[str, str]:
        """The first key of each action as the keymap has it."""
        shown: dict[str, str] = {}
        for active in own_bindings(self):
            name = self.app.get_key_display(active.binding)
            shown.setdefault(active.binding.action, _SHORT_NAMES.get(name, name))
        return shown

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
        if number < len(self.state.feed.periods):
            self.state.choose(period=str(self.state.feed.periods[number]))
            self.period_changed()

    def action_shift_period(self, step: int) -> None:
        """Show the next shorter or longer period."""
        self.action_period(max(0, self.state.feed.periods.index(self.state.period) + step))


def kinds_below(kind: type[KlaggScreen]) -> list[type[KlaggScreen]]:
    """The kinds of screens that are derived from one and have a title in the help, as far as they are loaded."""
    found = [below for each in kind.__subclasses__() for below in (each, *kinds_below(each))]
    return [each for each in dict.fromkeys(found) if each.HELP_TITLE]


def key_pieces(keys: Sequence[tuple[str, str, str]]) -> list[Piece]:
    """Keys to press, as pieces to click: key, word, action."""
    pieces: list[Piece] = []
    for key, word, action in keys:
        pieces += [Clickable(f" {key}", Role.KEY, action), Clickable(f" {word} ", Role.DIM, action)]
    return pieces


def _fitting(keys: Sequence[FootKey], width: int) -> list[FootKey]:
    """As many keys as there is room for, those to find more and to leave always among them; 0: not laid out yet."""
    fitting = list(keys)
    others = [key for key in keys if key[2] not in _ALWAYS]
    while width and others and sum(cell_len(piece.text) for piece in key_pieces(fitting)) > width:
        fitting.remove(others.pop())
    return fitting


def notice_pieces(notices: Sequence[str], room: int) -> list[Piece]:
    """The most serious notice, and how many more there are; of one that is too long the first sentences, as many as have room."""
    if not notices:
        return []
    more = f"  (+{len(notices) - 1})" if len(notices) > 1 else ""
    shown = told = notices[0]

    def is_too_long() -> bool:
        return cell_len(f" ▲ {shown}{more} ") > room

    while is_too_long() and ". " in told:
        told = told.rpartition(". ")[0]
        shown = f"{told}. … (health tells all)"
    if is_too_long() and told != notices[0]:
        shown = f"{told}. …"
    return [Clickable(f" ▲ {shown}{more}", Role.WARN, "app.health")]


def progress_pieces(progress: Progress | None, cells: int = 12) -> list[Piece]:
    """How far a longer work in the background is."""
    if progress is None:
        return []
    share = progress.done / progress.total if progress.total else 0.0
    full = round(share * cells)
    return [
        Piece(f" {progress.what} ", Role.DIM),
        Piece("━" * full, Role.LINE_A),
        Piece("━" * (cells - full), Role.GRID),
        Piece(f" {share:>4.0%} ", Role.TEXT),
    ]


def _plain(action: str) -> str:
    return action.removeprefix("screen.").removeprefix("app.")
