"""Every command line in the README and in docs can be typed as it is written: a shell and klagg understand it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import typer
from typer.main import get_command

from klagg_tui import cli

ROOT: Final = Path(__file__).resolve().parents[1]
_PAGES: Final = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
_FENCED: Final = re.compile(r"^```(?:sh|bash)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_INDENTED: Final = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
_INLINE: Final = re.compile(r"(?<!`)`(klagg [^`]+)`(?!`)")
_LEFT_OUT: Final = {"SHELL": "bash", "TEXT": "last>1", "NUMBER": "1"}
"""What stands for a value of which only some are taken."""

_AT_ONCE: Final = {"--help", "--version", "--install-completion"}
"""What is done while the line is still being read."""


def _blocks() -> Iterator[tuple[str, str]]:
    for page in _PAGES:
        text = page.read_text()
        for block in (*_FENCED.findall(text), *_INDENTED.findall(text)):
            for line in re.sub(r"\\\n", " ", block).splitlines():
                typed = line.strip().removeprefix("$ ")
                if typed.startswith("klagg "):
                    yield page.name, typed


def _inline() -> Iterator[tuple[str, str]]:
    for page in _PAGES:
        for typed in _INLINE.findall(page.read_text()):
            if "…" not in typed and "..." not in typed:
                yield page.name, " ".join(typed.split())


BLOCKS: Final = sorted(set(_blocks()))
ALL: Final = sorted({*BLOCKS, *_inline()})


@pytest.mark.parametrize(("page", "line"), BLOCKS)
def test_a_shell_takes_it_as_it_is_written(page: str, line: str) -> None:
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", "", line.partition(" #")[0])
    assert not set("?*&;") & set(bare), f"{page}: quotes are missing"


@pytest.mark.parametrize(("page", "line"), ALL)
def test_klagg_takes_it_as_it_is_written(page: str, line: str) -> None:
    words = shlex.split(line, comments=True)[1:]
    end = next((at for at, word in enumerate(words) if word in {">", "|", "&&"}), len(words))
    typed = [_LEFT_OUT.get(word, word) for word in words[:end] if word not in _AT_ONCE]
    try:
        _parsed(get_command(cli.app), "klagg", typed, None)
    except typer.TyperException as error:
        complaint = error.format_message()
        is_name_alone = (page, line) not in BLOCKS and re.match("Missing|Option .* requires an argument|$", complaint)
        assert is_name_alone, f"{page}: {complaint}"


def _parsed(command: Any, name: str, words: list[str], parent: Any) -> None:
    context = command.make_context(name, words, parent=parent)
    left = [*getattr(context, "_protected_args", ()), *context.args]
    if left and hasattr(command, "resolve_command"):
        below, found, rest = command.resolve_command(context, left)
        _parsed(found, below, rest, context)


@pytest.mark.parametrize("page", [*_PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: str(page.relative_to(ROOT)))
def test_no_paragraph_says_a_sentence_twice(page: Path) -> None:
    """As one does that was merged from two branches by taking the lines of both."""
    for paragraph in re.split(r"\n\s*\n|\n- ", page.read_text()):
        sentences = [" ".join(sentence.split()) for sentence in re.split(r"(?<=[.;])\s+", paragraph)]
        assert [one for one in set(sentences) if len(one) > 20 and sentences.count(one) > 1] == []
