"""What was measured is kept in a form that a program can read, and two commits are measured in turns."""

from pathlib import Path

import orjson
import pytest

from bench import __main__ as command
from bench import against, history
from bench.against import CannotMeasure, Compared


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1,113 ns a trade", [1113]),
        ("6.7 to 8.4 % of a core (aim: 8)", [6.7, 8.4, 8]),
        ("p50 -1.5 ms", [-1.5]),
        ("12,000 of 12,000 bars", [12000, 12000]),
        ("all equal", []),
    ],
)
def test_the_numbers_of_a_figure_are_read(text: str, numbers: list[float]) -> None:
    assert history.numbers_of(text) == numbers


def test_each_run_adds_a_line_that_says_where_it_was_measured(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    history.keep("store", [("a flush", "17 ms")], 1.26, path)
    history.keep("store", [("a flush", "18 ms")], 0, path)
    first, second = map(orjson.loads, path.read_bytes().splitlines())
    assert first["figures"] == {"a flush": {"text": "17 ms", "numbers": [17.0]}}
    assert second["figures"]["a flush"]["numbers"] == [18.0]
    assert first["part"] == "store"
    assert first["machine"].keys() == {"processor", "cores", "system", "python", "load"}
    assert first["machine"]["load"] == 1.3
    assert first["commit"]


def test_only_what_both_commits_measure_in_every_round_is_compared() -> None:
    ours = [{"a": 1.0, "b": 4.0, "new": 1.0}, {"a": 3.0, "b": 4.0, "new": 1.0}]
    theirs = [{"b": 8.0, "a": 4.0}, {"b": 0.0, "a": 0.0, "gone": 1.0}]
    assert against.joined(ours, theirs) == [Compared("a", 2.0, 2.0), Compared("b", 4.0, 4.0)]
    assert Compared("a", 1.0, 4.0).ratio == 0.25
    assert Compared("a", 1.0, 0.0).ratio is None


def test_both_trees_measure_in_turns_and_each_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, number in (("ours", 2), ("theirs", 4)):
        (tmp_path / name / "bench").mkdir(parents=True)
        (tmp_path / name / "bench" / "__init__.py").touch()
        lines = f"print('noise')\ndef figures(): return [('a thing', '{number} ms of 9'), ('words', 'none')]\n"
        (tmp_path / name / "bench" / "part.py").write_text(lines)
    turns: list[str] = []
    measured = against.measured

    def noted(tree: Path, part: str) -> list[tuple[str, str]]:
        turns.append(tree.name)
        return measured(tree, part)

    monkeypatch.setattr(against, "measured", noted)
    monkeypatch.setattr(against, "ROOT", tmp_path / "ours")
    monkeypatch.setattr(against, "checked_out", lambda _revision: _Given(tmp_path / "theirs"))
    assert against.compare("part", "HEAD", 2) == [Compared("a thing", 2.0, 4.0)]
    assert turns == ["ours", "theirs", "theirs", "ours"]


class _Given:
    """A folder that is there anyway."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree

    def __enter__(self) -> Path:
        return self._tree

    def __exit__(self, *_: object) -> None:
        """It stays."""


def test_what_cannot_be_measured_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["stoer"]) == 2
    assert command.main(["store", "--rounds", "0"]) == 2
    assert command.main(["store", "--against", "no-such-commit"]) == 1
    said = capsys.readouterr().out
    assert "There is no stoer" in said
    assert "--rounds takes 1 or more" in said
    assert "There is no commit no-such-commit." in said
    with pytest.raises(CannotMeasure, match="nothing failed in"):
        against.measured(Path(__file__).parents[2], "nothing")
