"""`klagg probe`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Final

import typer

from klagg_tui.commands.shared.options import Json
from klagg_tui.commands.shared.output import tell
from klagg_tui.commands.shared.running import wait_for

_EXAMPLES: Final = """
[bold]Examples[/bold]

klagg probe coinbase

klagg probe kraken --minutes 10 --symbols 'BTC/*,ETH/*' -o kraken.json
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("probe", epilog=_EXAMPLES)(probe)


def probe(
    venue: Annotated[str, typer.Argument(metavar="VENUE", help="The exchange, such as coinbase or okx-swap.")],
    minutes: Annotated[int, typer.Option(min=1, max=120, help="Whole minutes to listen for.")] = 3,
    symbols: Annotated[
        list[str] | None, typer.Option("--symbols", metavar="SYMBOL", help="Names or patterns. Default: some of all.")
    ] = None,
    rest_url: Annotated[
        str | None, typer.Option(metavar="URL", help="Where questions go, if not to the exchange.")
    ] = None,
    ws_url: Annotated[str | None, typer.Option(metavar="URL", help="Where its trades come from.")] = None,
    proxy: Annotated[str | None, typer.Option(metavar="URL", help="http://HOST:PORT or socks5://HOST:PORT.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the report there too, as JSON.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check at an exchange what klagg supposes of it, and print a report that can be sent back.

    Leaves with 0 where everything holds or nothing speaks against it, with 1 where something does not hold.
    """
    from klagg_tui.errors import BadUsage
    from klagg_tui.exchange.instruments import SymbolFilter, patterns
    from klagg_tui.exchange.registry import keys
    from klagg_tui.exchange.registry import venue as found
    from klagg_tui.hints import ended, hint_or_all
    from klagg_tui.probing.report import lines
    from klagg_tui.probing.run import Target
    from klagg_tui.probing.run import probe as run
    from klagg_tui.runtime.plans import require_one_market

    if venue.lower() not in keys():
        raise BadUsage(ended(f"There is no exchange called {venue}{hint_or_all(venue, keys())}"))
    _require_address("--rest-url", rest_url, "https", "http")
    _require_address("--ws-url", ws_url, "wss", "ws")
    _require_address("--proxy", proxy, "http", "socks5", is_proxy=True)
    exchange = found(venue.lower())
    require_one_market(exchange, rest_url or exchange.rest_url, ws_url or exchange.stream_url)
    if output is not None:
        _write(output, "")
    wanted = patterns(symbols or [])
    target = Target(
        exchange,
        rest_url or exchange.rest_url,
        ws_url or exchange.stream_url,
        minutes,
        SymbolFilter(wanted, (), () if wanted else exchange.contract_types[:1]),
        proxy,
    )
    report = wait_for(run(target, lambda sentence: tell(f"{exchange.name}: {sentence}", err=True)))
    text = json.dumps(report.as_json(), ensure_ascii=False, indent=2)
    if output is not None:
        _write(output, text + "\n")
    for line in [text] if as_json else lines(report):
        tell(line)
    raise typer.Exit(1 if report.has_failed else 0)


def _require_address(option: str, address: str | None, *schemes: str, is_proxy: bool = False) -> None:
    """Refuse what is none as the settings do."""
    from klagg_tui.config.kinds import BadValue, Url
    from klagg_tui.errors import BadUsage

    if address is None:
        return
    try:
        Url(*schemes, is_proxy=is_proxy).from_text(address, Path())
    except BadValue as error:
        raise BadUsage(f"{option} {error}.") from error


def _write(output: Path, text: str) -> None:
    """Write the report; before it is made an empty one, so that nobody listens for minutes to a disk that takes nothing."""
    from klagg_tui.errors import ExportError

    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"The report cannot be written to {output}: {error.strerror}.") from error
