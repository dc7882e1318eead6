"""Dealing symbols out to lines, so that few change place when symbols come and go."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def assign_shards(
    symbols: Collection[str], per_line: int, current: Sequence[Sequence[str]] = ()
) -> tuple[tuple[str, ...], ...]:
    """The symbols of each line, at most `per_line` each; position i goes on from position i of `current`.

    Nobody changes lines. Newcomers go where there is most room; new lines are opened only where there is none, all at the
    same load, because the first symbols of a listing are the busiest. A line may be left empty.
    """
    wanted = dict.fromkeys(symbols)
    lines = [[symbol for symbol in line if wanted.pop(symbol, wanted) is None] for line in current]
    missing = len(wanted) - sum(max(0, per_line - len(line)) for line in lines)
    lines += [[] for _ in range(-(-missing // per_line))]
    for symbol in wanted:
        min(lines, key=len).append(symbol)
    return tuple(map(tuple, lines))
