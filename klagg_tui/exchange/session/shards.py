"""Distributing symbols over connections, so that few change place when symbols come and go."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def assign_shards(
    symbols: Collection[str], per_shard: int, current: Sequence[Sequence[str]] = ()
) -> tuple[tuple[str, ...], ...]:
    """The symbols of each shard, at most `per_shard` each; position i goes on from position i of `current`.

    No symbol changes its shard. New ones go where there is most room; new shards are opened only where there is none, all at
    the same load, because the first symbols of a listing are the busiest. A shard may be left empty.
    """
    wanted = dict.fromkeys(symbols)
    shards = [[symbol for symbol in shard if wanted.pop(symbol, wanted) is None] for shard in current]
    missing = len(wanted) - sum(max(0, per_shard - len(shard)) for shard in shards)
    shards += [[] for _ in range(-(-missing // per_shard))]
    for symbol in wanted:
        min(shards, key=len).append(symbol)
    return tuple(map(tuple, shards))
