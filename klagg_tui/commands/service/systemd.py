"""A unit of the user's own systemd, and what that says of it."""

from __future__ import annotations

import getpass
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from klagg_tui.commands.service.manager import Manager, Told, ask
from klagg_tui.commands.service.program import NAME, Program
from klagg_tui.errors import KlaggError
from klagg_tui.formatting import counted

UNIT: Final = f"{NAME}.service"
_RUNNING: Final = Path("/run/systemd/system")
"""There while systemd is what started this machine: sd_booted(3)."""
_LINGERING: Final = Path("/var/lib/systemd/linger")
"""A file for each user whose services run without anybody logged in."""
_PROPERTIES: Final = (
    "LoadState",
    "ActiveState",
    "SubState",
    "MainPID",
    "ActiveEnterTimestamp",
    "UnitFileState",
    "NRestarts",
    "Result",
)
_UNIT: Final = """\
# Written by `klagg service install`; `klagg service uninstall` takes it away.
[Unit]
Description=klagg records crypto markets
# A network that comes later is waited for by klagg itself.
StartLimitIntervalSec=0

[Service]
Type=exec
{environment}ExecStart={command}
# 2 is wrong usage: once more would be as wrong.
Restart=on-failure
RestartSec=10
RestartPreventExitStatus=2
# SIGTERM has the last state written.
KillSignal=SIGTERM
KillMode=mixed
TimeoutStopSec=60
Nice=5
UMask=0077
NoNewPrivileges=yes
RestrictRealtime=yes
LockPersonality=yes

[Install]
WantedBy=default.target
"""


class Systemd(Manager):
    """The user's own systemd."""

    def __init__(
        self, environment: Mapping[str, str], *, running: Path = _RUNNING, lingering: Path = _LINGERING
    ) -> None:
        home = environment.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
        self.path = Path(home) / "systemd" / "user" / UNIT
        self._running = running
        self._lingering = lingering

    def require(self) -> None:
        """Refuse where there is none.

        Raises:
            KlaggError: there is none, or not for users.
        """
        if not self._running.is_dir() or shutil.which("systemctl") is None:
            raise KlaggError(
                "There is no systemd running this machine, so no service was made: have whatever starts services here run "
                "`klagg record`, or use a container (docs/install.md). `klagg service install --print` shows a unit for elsewhere."
            )

    def text(self, program: Program) -> str:
        """The unit."""
        environment = "".join(
            f"Environment={_quoted(f'{name}={value}')}\n" for name, value in program.environment.items()
        )
        first, *others = program.words
        command = " ".join([_quoted(first), *(_quoted(word.replace("$", "$$")) for word in others)])
        return _UNIT.format(environment=environment, command=command)

    def advice(self) -> tuple[str, ...]:
        """What to type next."""
        lines = [
            f"Start it, now and at every login:  systemctl --user daemon-reload && systemctl --user enable --now {NAME}",
            f"What it says:                      journalctl --user -u {NAME} -f",
        ]
        if not self._lingers():
            lines.insert(1, "Without anybody logged in too:     loginctl enable-linger")
        return tuple(lines)

    def stop(self) -> str:
        """End it and forget it."""
        told = _ask("disable", "--now", UNIT)
        return "" if told.worked else told.words

    def forget(self) -> None:
        """Have systemd read its units anew."""
        _ask("daemon-reload")

    def status(self) -> Told:
        """Whether it runs, since when, and whether it will tomorrow."""
        told = _ask("show", UNIT, f"--property={','.join(_PROPERTIES)}")
        if not told.worked:
            return Told(worked=False, words=f"systemd does not answer ({told.words}).")
        shown = dict(line.partition("=")[::2] for line in told.words.splitlines())
        is_active = shown.get("ActiveState") == "active"
        lines = [f"{UNIT}: {shown.get('ActiveState', 'unknown')} ({shown.get('SubState', '')})"]
        if is_active:
            lines.append(f"process {shown.get('MainPID')}, since {shown.get('ActiveEnterTimestamp')}")
        elif shown.get("Result", "success") != "success":
            lines.append(f"it ended with: {shown['Result']}; journalctl --user -u {NAME} says more")
        if restarts := int(shown.get("NRestarts", 0)):
            lines.append(f"started anew after a failure: {counted(restarts, 'time')}")
        enabled = shown.get("UnitFileState") == "enabled"
        lines.append("starts at login" if enabled else f"does not start at login: systemctl --user enable {NAME}")
        lines.append("runs without anybody logged in" if self._lingers() else "ends at logout: loginctl enable-linger")
        return Told(worked=is_active, words="\n".join(lines))

    def _lingers(self) -> bool:
        try:
            return (self._lingering / getpass.getuser()).exists()
        except (OSError, KeyError):  # a user without a name
            return False


def _quoted(text: str) -> str:
    """One word of a line of a unit: systemd.syntax(7) for quotes, systemd.unit(5) for the sign of a specifier."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("\n", "\\n")
    return f'"{escaped}"'


def _ask(*words: str) -> Told:
    return ask(("systemctl", "--user", "--no-pager", *words))
