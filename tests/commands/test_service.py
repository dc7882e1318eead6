"""`klagg service`: what it writes is what the system reads, and what it cannot do is said."""

from __future__ import annotations

import os
import plistlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from klagg_tui.commands import service
from klagg_tui.commands.service import launchd, program, systemd
from klagg_tui.commands.service.launchd import Launchd
from klagg_tui.commands.service.manager import Manager, Told
from klagg_tui.commands.service.program import Program
from klagg_tui.commands.service.systemd import UNIT, Systemd
from klagg_tui.commands.shared.lazy import LazyCommands
from klagg_tui.errors import KlaggError
from tests.shell import Klagg

SHOWN = """LoadState=loaded
ActiveState=active
SubState=running
MainPID=4711
ActiveEnterTimestamp=Mon 2026-11-30 09:00:00 UTC
UnitFileState=enabled
NRestarts=2
Result=success
"""


def program_of(folder: Path, name: str, text: str) -> Path:
    """A program that stands for one of the system; what it was asked stands in `asked` beside it."""
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/asked"\n{text}\n')
    path.chmod(0o755)
    return path


@pytest.fixture
def manager(klagg: Klagg, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Systemd:
    """The user's systemd of a machine where it runs, with a systemctl that does all it is asked."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    program_of(tmp_path, "systemctl", f"cat <<'END'\n{SHOWN}END")
    (tmp_path / "running").mkdir()
    made = Systemd(os.environ, running=tmp_path / "running", lingering=tmp_path / "lingering")
    monkeypatch.setattr(service, "_manager", lambda: made)
    return made


def asked(tmp_path: Path) -> list[str]:
    file = tmp_path / "asked"
    return file.read_text().splitlines() if file.exists() else []


def test_it_writes_a_unit_for_its_owner_alone_and_says_what_starts_it(
    klagg: Klagg, manager: Systemd, tmp_path: Path
) -> None:
    said = klagg("service", "install", "--venue", "coinbase,kraken", "--db", "a.db")
    assert (said.status, said.err) == (0, "")
    first, *lines = said.out.splitlines()
    assert first == f"Written: {tmp_path}/config/systemd/user/klagg.service (klagg record). Nothing was started."
    assert any("systemctl --user daemon-reload && systemctl --user enable --now klagg" in line for line in lines)
    assert any("loginctl enable-linger" in line for line in lines)
    assert manager.path.stat().st_mode & 0o777 == 0o600
    (start,) = [line for line in manager.path.read_text().splitlines() if line.startswith("ExecStart=")]
    assert start.endswith(f'"record" "--venue=coinbase,kraken" "--db={tmp_path}/a.db"')
    assert asked(tmp_path) == [], "nothing is started"
    assert klagg("service", "install").out.startswith("Replaced: ")


def test_one_that_lingers_already_is_not_told_to(klagg: Klagg, manager: Systemd, tmp_path: Path) -> None:
    import getpass

    (tmp_path / "lingering").mkdir()
    (tmp_path / "lingering" / getpass.getuser()).touch()
    assert "enable-linger" not in klagg("service", "install").out


def test_what_counts_in_the_shell_counts_in_the_service(
    klagg: Klagg, manager: Systemd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "list.txt").write_text("BTCUSDT\n")
    (tmp_path / "klagg.toml").write_text("")
    monkeypatch.setenv("KLAGG_DB", "a.db")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("KLAGG_CONFIG", "klagg.toml")
    assert klagg("service", "install", "--serve", "--symbols", "@list.txt,ETH*", "--port", "9000").status == 0
    text = manager.path.read_text()
    assert f'Environment="KLAGG_DB={tmp_path}/a.db"' in text
    assert 'Environment="HTTPS_PROXY=http://proxy.example:3128"' in text
    assert f'Environment="KLAGG_CONFIG={tmp_path}/klagg.toml"' in text
    assert f'"serve" "--symbols=@{tmp_path}/list.txt,ETH*" "--port=9000"' in text
    (tmp_path / "other.toml").write_text("")
    klagg("service", "install", "--config", "other.toml")
    assert f'Environment="KLAGG_CONFIG={tmp_path}/other.toml"' in manager.path.read_text()


def test_no_password_is_in_the_command_line(klagg: Klagg, manager: Systemd) -> None:
    said = klagg("service", "install", "--serve", "--token", "secret-of-mine", "--proxy", "http://me:secret@host:1")
    assert "secret" not in said.out
    text = manager.path.read_text()
    (start,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    assert "secret" not in start
    assert 'Environment="KLAGG_SERVE_TOKEN=secret-of-mine"' in text
    assert 'Environment="KLAGG_PROXY=http://me:secret@host:1"' in text


def test_settings_that_are_wrong_make_no_service(klagg: Klagg, manager: Systemd) -> None:
    said = klagg("service", "install", "--venue", "krakn")
    assert said.status == 2
    assert "did you mean kraken?" in said.err
    assert not manager.path.exists()


def test_what_is_about_serving_needs_a_service_that_serves(klagg: Klagg, manager: Systemd) -> None:
    said = klagg("service", "install", "--port", "9000")
    assert said.status == 2
    assert "--serve" in said.err
    assert not manager.path.exists()


@pytest.mark.parametrize("command", ["record", "serve"])
def test_it_takes_every_setting_of_what_it_runs(command: str) -> None:
    commands = LazyCommands(["service", command])

    def settings(one: Any) -> set[str]:
        return {parameter.name for parameter in one.get_params(typer.Context(one)) if "__" in parameter.name}

    assert settings(commands[command]) <= settings(commands["service"].commands["install"])


def test_without_systemd_it_is_refused_with_another_way_but_the_unit_can_be_seen(
    klagg: Klagg, manager: Systemd, tmp_path: Path
) -> None:
    (tmp_path / "running").rmdir()
    said = klagg("service", "install")
    assert (said.status, said.out) == (1, "")
    assert "no systemd running this machine" in said.err
    assert "klagg record" in said.err
    assert klagg("service", "status").status == 1
    assert not manager.path.exists()
    said = klagg("service", "install", "--print")
    assert said.status == 0
    assert "[Install]\nWantedBy=default.target\n" in said.out


def test_a_unit_that_cannot_be_written_is_told(klagg: Klagg, manager: Systemd, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("a file")
    said = klagg("service", "install")
    assert said.status == 1
    assert "cannot be written" in said.err


def test_status_says_whether_it_runs_and_will_run(klagg: Klagg, manager: Systemd, tmp_path: Path) -> None:
    assert "There is no service" in klagg("service", "status").err
    klagg("service", "install")
    said = klagg("service", "status")
    assert (said.status, said.err) == (0, "")
    assert said.out.splitlines() == [
        "klagg.service: active (running)",
        "process 4711, since Mon 2026-11-30 09:00:00 UTC",
        "started anew after a failure: 2 times",
        "starts at login",
        "ends at logout: loginctl enable-linger",
    ]
    broken = SHOWN.replace("=active", "=failed").replace("=running", "=failed").replace("success", "exit-code")
    program_of(tmp_path, "systemctl", f"cat <<'END'\n{broken.replace('enabled', 'disabled')}END")
    said = klagg("service", "status")
    assert said.status == 1
    assert "it ended with: exit-code; journalctl --user -u klagg says more" in said.out
    assert "does not start at login" in said.out
    program_of(tmp_path, "systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    said = klagg("service", "status")
    assert (said.status, said.out) == (1, "systemd does not answer (Failed to connect to bus).\n")


def test_uninstall_ends_it_and_takes_its_file_away(klagg: Klagg, manager: Systemd, tmp_path: Path) -> None:
    assert "There is no service" in klagg("service", "uninstall").err
    klagg("service", "install")
    said = klagg("service", "uninstall")
    assert (said.status, said.err) == (0, "")
    assert not manager.path.exists()
    assert asked(tmp_path) == [f"--user --no-pager disable --now {UNIT}", "--user --no-pager daemon-reload"]
    klagg("service", "install")
    program_of(tmp_path, "systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    said = klagg("service", "uninstall")
    assert said.status == 0
    assert "Whether it still runs is not known (Failed to connect to bus)" in said.err
    assert not manager.path.exists()


def test_a_file_that_cannot_be_removed_is_told(klagg: Klagg, manager: Systemd) -> None:
    manager.path.mkdir(parents=True)
    said = klagg("service", "uninstall")
    assert said.status == 1
    assert "cannot be removed" in said.err


HARD = Program(
    ("/opt/a b/klagg", "record", '--db=/srv/50% $HOME "x" \\n\'.db', "--symbols=BTC*,ETH*"),
    {"KLAGG_PROXY": 'http://u%20:p"$w\\@h:1'},
)


def verified(text: str, tmp_path: Path) -> str:
    """What systemd itself says of a unit."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze is installed here")
    unit = tmp_path / UNIT
    unit.write_text(text)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    ended = subprocess.run(
        [analyze, "verify", "--user", str(unit)], env=environment, capture_output=True, text=True, check=False
    )
    return ended.stderr if ended.returncode or ended.stderr else ""


def test_systemd_has_nothing_to_say_against_the_unit(tmp_path: Path) -> None:
    begun = (sys.executable, *HARD.words[1:])
    text = Systemd({"XDG_CONFIG_HOME": str(tmp_path)}).text(Program(begun, HARD.environment))
    assert verified(text, tmp_path) == ""
    assert "Unknown key" in verified(text.replace("Nice=", "Nicer="), tmp_path), "it looks closely"


def test_every_sign_of_a_unit_means_itself(tmp_path: Path) -> None:
    text = Systemd({}).text(HARD)
    assert '"/opt/a b/klagg" "record" "--db=/srv/50%% $$HOME \\"x\\" \\\\n\'.db" "--symbols=BTC*,ETH*"' in text
    assert 'Environment="KLAGG_PROXY=http://u%%20:p\\"$w\\\\@h:1"' in text


@pytest.mark.parametrize("folder", ["/home/me/.cache/uv/archive-v0/x", "/home/me/.local/share/pipx/.cache/15e7"])
def test_a_klagg_that_will_not_be_there_for_long_makes_no_service(
    klagg: Klagg, manager: Systemd, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    monkeypatch.setattr(sys, "executable", f"{folder}/bin/python")
    said = klagg("service", "install")
    assert said.status == 1
    assert "uv tool install klagg-tui" in said.err
    assert program._begin() == (f"{folder}/bin/python", "-m", "klagg_tui")


# macOS


@pytest.fixture
def mac(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Launchd:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(sys, "platform", "darwin")
    made = service._manager()
    assert isinstance(made, Launchd)
    monkeypatch.undo()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(service, "_manager", lambda: made)
    return made


def test_an_agent_of_launchd_is_a_property_list(tmp_path: Path) -> None:
    content = plistlib.loads(Launchd().text(HARD).encode())
    assert content["ProgramArguments"] == list(HARD.words)
    assert content["EnvironmentVariables"] == HARD.environment
    assert content["KeepAlive"] == {"SuccessfulExit": False}
    assert content["Label"] == launchd.LABEL


def test_launchd_is_asked_in_its_own_words(mac: Launchd, tmp_path: Path) -> None:
    with pytest.raises(KlaggError, match="no launchctl"):
        mac.require()
    program_of(tmp_path, "launchctl", "printf '\\tstate = running\\n\\tpid = 99\\n'")
    mac.require()
    assert mac.path == tmp_path / "Library" / "LaunchAgents" / "io.github.klagg.plist"
    assert any("launchctl bootstrap gui/" in line for line in mac.advice())
    assert mac.status() == Told(worked=True, words="io.github.klagg: running, process 99")
    assert mac.stop() == ""
    mac.forget()
    target = f"gui/{os.getuid()}/io.github.klagg"
    assert asked(tmp_path) == [f"print {target}", f"bootout {target}"]
    program_of(tmp_path, "launchctl", "printf '\\tstate = not running\\n'")
    assert "does not run" in mac.status().words
    program_of(tmp_path, "launchctl", "exit 3")
    assert "is not started" in mac.status().words


def test_elsewhere_than_on_linux_and_macos_it_is_systemd_that_is_missed() -> None:
    assert isinstance(service._manager(), Manager)
    assert isinstance(service._manager(), systemd.Systemd)


def test_a_program_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert Launchd().stop() == "No such file or directory"
