"""The health screen's lines: the verdict, what needs a person, a line for each group, then the groups in full."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from klagg_tui.feed import Mode, Status
from klagg_tui.view.health.grades import SIGNS, Grade, Judgement, counted_sentence
from klagg_tui.view.health.groups import AlertsNow, Graded, Group, group_line, metric_lines
from klagg_tui.view.health.samples import Health
from klagg_tui.view.role import Piece, Role, sentence_lines

_INDENT: Final = "  "


def needs(graded: Sequence[Graded], notices: Sequence[str]) -> list[Judgement]:
    """What a person should look at, the gravest first; what a notice says of the connections is not said again."""
    found = [
        one
        for group in graded
        for one in group.judgements
        if one.grade >= Grade.WATCH and one.sentence and not (notices and _is_explained(group, one))
    ]
    told = {one.sentence for one in found}
    found += [Judgement(Grade.WATCH, notice) for notice in notices if notice not in told]
    return sorted(found, key=lambda one: -one.grade)


def _is_explained(group: Graded, one: Judgement) -> bool:
    """Whether the exchange's own notices say why: that it is not reached is no second thing."""
    return group.group is Group.CONNECTIONS and one is group.judgements[-1] and one.grade is Grade.BAD


def verdict_lines(graded: Sequence[Graded], status: Status, told: Collection[str], width: int) -> list[list[Piece]]:
    """The verdict in one line, and below it each thing that needs a person; those told elsewhere on the screen are only counted."""
    things = needs(graded, status.notices)
    if not things:
        sign, role = SIGNS[Grade.WELL]
        return sentence_lines(f"All is well{_besides(graded, status)}.", role, width, f"{sign} ")
    sign, role = SIGNS[max(things[0].grade, *(one.grade for one in graded))]
    where = sorted({one.group.value for one in graded if one.grade >= Grade.WATCH}, key=[g.value for g in Group].index)
    named = f": {', '.join(where)}" if where else ""
    lines = [[Piece(f" {sign} ", role), Piece(f"{counted_sentence(len(things))}{named}", Role.STRONG)]]
    for one in things:
        if one.sentence not in told:
            sign, role = SIGNS[one.grade]
            lines += sentence_lines(one.sentence, role, width, f"{_INDENT}{sign} ")
    return lines


def _besides(graded: Sequence[Graded], status: Status) -> str:
    """What is still to come where all is well."""
    beginning = next((one for group in graded for one in group.judgements if one.sentence), None)
    if beginning is not None:
        return f" so far. {beginning.sentence.rstrip('.')}"
    is_fetched = status.progress is not None and status.mode is not Mode.REPLAY
    return f"; {status.owed}" if status.owed else "; history is being fetched" if is_fetched else ""


def group_lines(
    graded: Sequence[Graded], health: Health, status: Status, alerts: AlertsNow, width: int
) -> list[list[Piece]]:
    """A line for each group."""
    return [group_line(one, health, status, alerts, width) for one in graded]


def detail_lines(graded: Sequence[Graded], health: Health, columns: int, width: int) -> list[list[Piece]]:
    """All metrics in their groups, in several columns of `width` cells, read downward; no group is parted."""
    blocks = [lines for one in graded if (lines := metric_lines(one, health, width - 2))]
    rows = -(-sum(map(len, blocks)) // max(1, columns))
    stacks: list[list[list[Piece]]] = [[]]
    for block in blocks:
        if stacks[-1] and len(stacks[-1]) + len(block) // 2 > rows and len(stacks) < columns:
            stacks.append([])
        stacks[-1] += block
    return [[piece for stack in stacks for piece in _padded(stack, at, width)] for at in range(max(map(len, stacks)))]


def _padded(lines: Sequence[list[Piece]], at: int, width: int) -> list[Piece]:
    line = lines[at] if at < len(lines) else []
    return [*line, Piece(" " * (width - sum(len(piece.text) for piece in line)), Role.TEXT)]
