"""Every setting, described once: from here come the checks, the flags with their help, and the example file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from klagg_tui.config.columns import Columns
from klagg_tui.config.kinds import Choice, FilePath, Kind, Number, Secret, Text, Url
from klagg_tui.config.many import Keep, Keymap, Many, Periods
from klagg_tui.config.sinks import DatasetAddress, SinkAddress
from klagg_tui.config.telling import CommandLine, HookUrl, Switch
from klagg_tui.config.venues import COINS, SYMBOLS, VenueName
from klagg_tui.engine.period import DEFAULT_PERIODS
from klagg_tui.exchange.registry import DEFAULT, keys, venue

T = TypeVar("T")
CONFIG_FLAG: Final = "--config"
CONFIG_ENV: Final = "KLAGG_CONFIG"


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    name: str
    """Section and key, `market.rest_url`."""
    kind: Kind[Any]
    default: Callable[[], object]
    help: str
    flag: str
    env: str
    sample: str = ""
    """Shown in the example file where the default shows nothing."""

    @property
    def section(self) -> str:
        """The table of the file it stands in."""
        return self.name.partition(".")[0]

    @property
    def key(self) -> str:
        """Its name inside the section."""
        return self.name.partition(".")[2]


SECTIONS: Final = {
    "market": "What is watched, and where it comes from",
    "storage": "The local database",
    "screen": "How the terminal looks, and its keys",
    "alerts": "How people are told of alerts",
    "log": "The log file",
    "serve": "Bars for other programs (`klagg serve`)",
    "sink": "Bars on other machines (`klagg record --sink`)",
}
_VENUE: Final = venue()
CONTRACT_TYPES: Final = tuple(dict.fromkeys(kind for key in keys() for kind in venue(key).contract_types))
THEMES: Final = (
    "klagg", "textual-dark", "textual-light", "nord", "gruvbox", "catppuccin-mocha", "catppuccin-latte",
    "catppuccin-frappe", "catppuccin-macchiato", "dracula", "tokyo-night", "monokai", "flexoki", "solarized-light",
    "solarized-dark", "rose-pine", "rose-pine-moon", "rose-pine-dawn", "atom-one-dark", "atom-one-light", "ansi-dark",
    "ansi-light",
)  # fmt: skip
"""Named here so that checking a file need not import Textual."""
TERMINAL_FORMS: Final = ("auto", "osc9", "osc777", "osc99", "none")
"""As `view.alerts.terminals` has them."""


def _setting(
    name: str,
    kind: Kind[T],
    default: T | Callable[[], T],
    text: str,
    *,
    flag: str = "",
    env: str = "",
    sample: str = "",
) -> Setting:
    flag = flag or f"--{name.partition('.')[2].replace('_', '-')}"
    env = env or f"KLAGG_{flag[2:].replace('-', '_').upper()}"
    return Setting(name, kind, default if callable(default) else lambda: default, text, flag, env, sample)


def _database() -> Path:
    from klagg_tui.paths import default_path

    return default_path()


def _log() -> Path:
    from klagg_tui.logs import default_path

    return default_path()


_HOST: Final = Text("HOST", "an address of this machine like 127.0.0.1, ::1 or 0.0.0.0", r"[A-Za-z0-9.:_-]{1,253}")
_ORIGIN: Final = Text("ORIGIN", "an origin like https://example.org:8080", r"https?://[A-Za-z0-9.:\[\]_-]{1,253}")

SETTINGS: Final = (
    _setting("market.venues", Many(VenueName(), "a list of exchanges"), (DEFAULT,),
             f"Exchanges to watch: {', '.join(keys())}.", flag="--venue"),
    _setting("market.rest_url", Url("https", "http"), _VENUE.rest_url,
             f"Where questions to {_VENUE.name} go, as a flag to the one exchange that is watched."),
    _setting("market.ws_url", Url("wss", "ws"), _VENUE.stream_url, "Where its trades come from."),
    _setting("market.symbols", SYMBOLS, (),
             "Symbols to watch: names, patterns like 'BTC*', with or without an exchange before a colon, or @FILE for a list "
             "in a file; none means all."),
    _setting("market.quote", COINS, (), "Only symbols quoted in these coins; none means any."),
    _setting("market.contract_types", Many(Choice("TYPE", *CONTRACT_TYPES), f"a list of {', '.join(CONTRACT_TYPES)}"),
             CONTRACT_TYPES[:1], f"Kinds of contracts: {', '.join(CONTRACT_TYPES)}."),
    _setting("market.periods", Periods(), DEFAULT_PERIODS, "Periods of the bars; 1m is always kept besides."),
    _setting("market.history", Number(int, 0, 100_000), _VENUE.requests.best_bars,
             "Bars of each period to fetch for what is not stored yet, as far back as an exchange has them; unless set, of 1m a whole day."),
    _setting("market.proxy", Url("http", "socks5", is_proxy=True), None,
             "Proxy for everything that goes to the exchange: http://HOST:PORT or socks5://HOST:PORT."),
    _setting("storage.database", FilePath(), _database, "Database file.", flag="--db"),
    _setting("storage.flush_seconds", Number(float, 0.1, 60), 2.0, "Seconds between two writes to the database."),
    _setting("storage.keep", Keep(), {}, "How long bars of a period are kept, like 1m=90d; others are kept forever.",
             sample='1m = "90d"'),
    _setting("screen.theme", Choice("THEME", *THEMES), "klagg", "Colours of the terminal."),
    _setting("screen.colours", Choice("PAIR", "green-up", "red-up", "colour-blind"), "green-up",
             "Colours of gain and loss: green-up, red-up or colour-blind."),
    _setting("screen.times", Choice("ZONE", "utc", "local"), "utc", "Times in UTC or this machine's zone."),
    _setting("screen.columns", Columns(), (), "Columns of the market table in order; none means its own choice."),
    _setting("screen.keymap", Keymap(), {}, "Other keys for actions, like freeze=f5.", sample='freeze = "f5"'),
    _setting("alerts.bell", Switch(), True, "Ring the terminal's bell.", flag="--alert-bell"),
    _setting("alerts.terminal", Choice("FORM", *TERMINAL_FORMS), "auto",
             "What makes the terminal show a notification: osc9 (iTerm2), osc777 (foot, WezTerm, Ghostty), osc99 (kitty), none, or "
             "auto, by what the terminal says that it is.", flag="--alert-terminal"),
    _setting("alerts.desktop", Switch(), False, "Show a notification of the desktop, by notify-send or osascript.",
             flag="--alert-desktop"),
    _setting("alerts.command", CommandLine(), (),
             "Command to run, with KLAGG_SYMBOL, KLAGG_PRICE, KLAGG_ALERT and more in its environment.", flag="--alert-command"),
    _setting("alerts.webhook", HookUrl(), None, "Address that is sent each alert as JSON.", flag="--alert-webhook"),
    _setting("log.path", FilePath(), _log, "Log file.", flag="--log-path"),
    _setting("log.level", Choice("LEVEL", "DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "The least that is logged.",
             flag="--log-level"),
    _setting("serve.host", _HOST, "127.0.0.1", "Address to listen at; any but the loopback address needs a token.",
             env="KLAGG_SERVE_HOST"),
    _setting("serve.port", Number(int, 1, 65_535), 8787, "Port to listen at.", env="KLAGG_SERVE_PORT"),
    _setting("serve.token", Secret(), None, "What readers must send; better in the file or environment than as a flag.",
             env="KLAGG_SERVE_TOKEN"),
    _setting("serve.origins", Many(_ORIGIN, "a list of origins like https://example.org:8080", may_be_empty=True), (),
             "Web pages that may read besides our own.", env="KLAGG_SERVE_ORIGINS"),
    _setting("sink.to", Many(SinkAddress(), "a list of addresses like postgresql://USER:PASSWORD@HOST/DATABASE or nats://USER:PASSWORD@HOST", may_be_empty=True), (),
             "Where bars are delivered to while they are recorded; a password better stands in the file or environment than in a flag.",
             flag="--sink"),
    _setting("sink.datasets", Many(DatasetAddress(), "a list of addresses like s3://BUCKET/FOLDER or file:///FOLDER", may_be_empty=True), (),
             "Where whole days are written as Parquet files while bars are recorded.", flag="--dataset"),
    _setting("sink.dataset_seconds", Number(float, 0, 86_400), 60.0,
             "Seconds between two looks whether files of a dataset are to be written; each costs a bucket two requests.",
             flag="--dataset-seconds"),
    _setting("sink.forming_seconds", Number(float, 0, 3_600), 0.0,
             "Seconds between two deliveries of the bars under way; 0: only bars that are over.", flag="--sink-forming"),
)  # fmt: skip

BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
