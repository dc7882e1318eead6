"""Running another program, for so long at most; it does not get the Ctrl+C that is meant for klagg, and none is left behind."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from klagg_tui.errors import Undelivered


async def run_program(words: Sequence[str], variables: Mapping[str, str], limit_s: float) -> None:
    """Run it to its end, without a shell; what it writes is not kept.

    Raises:
        Undelivered: it cannot be started, ended badly, or took too long.
    """
    nothing = asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            *words,
            env={**os.environ, **variables},
            stdin=nothing,
            stdout=nothing,
            stderr=nothing,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Undelivered(f"{words[0]} cannot be started ({reason})") from error
    try:
        async with asyncio.timeout(limit_s):
            status = await process.wait()
    except TimeoutError:
        raise Undelivered(f"{words[0]} took more than {limit_s:g} s and was ended") from None
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if status:
        how = f"with status {status}" if status > 0 else f"by signal {-status}"
        raise Undelivered(f"{words[0]} ended {how}")
