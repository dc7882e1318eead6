"""What is shipped for shells fits klagg as it is, and real shells complete with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from klagg_tui.cli import COMMANDS
from klagg_tui.commands.completions import Shell, script
from tests.shell import Klagg

SHARE = Path(__file__).resolve().parents[2] / "share"
SHIPPED = {
    Shell.BASH: SHARE / "bash-completion" / "completions" / "klagg",
    Shell.ZSH: SHARE / "zsh" / "site-functions" / "_klagg",
    Shell.FISH: SHARE / "fish" / "vendor_completions.d" / "klagg.fish",
}
FOUND = {
    Shell.BASH: """
source "$FILE"; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _klagg_completion klagg
printf '%s\\n' "${{COMPREPLY[@]}}"
""",
    Shell.FISH: 'source "$FILE"; complete --do-complete "{line}"',
}


@pytest.mark.parametrize("shell", Shell)
def test_the_shipped_file_is_what_the_command_prints(klagg: Klagg, shell: Shell) -> None:
    said = klagg("completions", shell.value)
    assert (said.status, said.err) == (0, "")
    assert said.out == script(shell)
    assert SHIPPED[shell].read_text(encoding="utf-8") == script(shell), "`python -m tools.shipped` writes it anew"


def test_another_shell_is_told_which_there_are(klagg: Klagg) -> None:
    said = klagg("completions", "ksh")
    assert said.status == 2
    assert "'bash', 'zsh', 'fish'" in said.err


def completed(shell: Shell, tmp_path: Path, *words: str) -> list[str]:
    """What a shell offers behind `klagg` and these words, the last one being typed."""
    program = shutil.which(shell.value)
    if program is None:
        pytest.skip(f"no {shell.value} is installed here")
    klagg = tmp_path / "klagg"
    klagg.write_text(f'#!/bin/sh\nexec {sys.executable} -m klagg_tui "$@"\n')
    klagg.chmod(0o755)
    typed = ["klagg", *words]
    text = FOUND[shell].format(words=" ".join(f"'{word}'" for word in typed), line=" ".join(typed))
    environment = {
        **os.environ,
        "FILE": str(SHIPPED[shell]),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(sys.path),
        "HOME": str(tmp_path),
    }
    ended = subprocess.run([program, "-c", text], env=environment, capture_output=True, text=True, check=True)
    return [line.split("\t")[0] for line in ended.stdout.splitlines() if line]


@pytest.mark.parametrize("shell", FOUND)
def test_a_shell_completes_commands_options_and_values(shell: Shell, tmp_path: Path) -> None:
    assert set(COMMANDS) <= set(completed(shell, tmp_path, ""))
    assert completed(shell, tmp_path, "reco") == ["record"]
    assert "--venue" in completed(shell, tmp_path, "record", "--ven")
    assert completed(shell, tmp_path, "record", "--venue", "krak") == ["kraken"]
    assert completed(shell, tmp_path, "db", "back") == ["backup"]


@pytest.mark.parametrize("shell", FOUND)
def test_each_option_is_one_line_however_long_its_description(shell: Shell, tmp_path: Path) -> None:
    found = completed(shell, tmp_path, "export", "-")
    assert {"--symbol", "--with", "--numbers", "--what", "--preset"} <= set(found)
    assert [word for word in found if not word.startswith("-")] == []


def test_zsh_completes_at_the_first_tab(tmp_path: Path) -> None:
    """The function is found in a folder of $fpath and has to offer something already while it is loaded."""
    program = shutil.which("zsh")
    if program is None:
        pytest.skip("no zsh is installed here")
    klagg = tmp_path / "klagg"
    klagg.write_text(f'#!/bin/sh\nexec {sys.executable} -m klagg_tui "$@"\n')
    klagg.chmod(0o755)
    text = f"""
fpath=({SHIPPED[Shell.ZSH].parent} $fpath); autoload -Uz compinit _klagg; compinit -u -D
_arguments() {{ print -r -- "$@" }}; _describe() {{ print -r -- "$@" ${{(P)2}} }}; compadd() {{ print -r -- "$@" }}
words=(klagg reco); CURRENT=2; _klagg
"""
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run([program, "-fc", text], env=environment, capture_output=True, text=True, check=False)
    assert "record" in ended.stdout, ended.stderr
