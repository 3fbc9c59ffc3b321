"""`zero chaos`: faults at random against a running devnet, and whether it kept its promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT
from zero_sdk.cli.options import URL

if TYPE_CHECKING:
    from zero_sdk.chaos.running import Verdict

TIME_LIMIT = 300.0
"""Seconds for one answer: validators may need some rounds."""


def chaos(
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", min=0, help="Which faults.  [default: drawn]", show_default=False),
    ] = None,
    slots: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="How many slots.")] = 20,
    kinds: Annotated[
        str | None,
        typer.Option(
            metavar="KIND,...", help="Only these faults (docs/faults.md).  [default: all]", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    url: URL = None,
) -> None:
    """Break a running devnet at random, and see whether it keeps its promises.

    Producers and validators stop, lag, lie and sign two things, data is withheld, messages are lost, while
    transactions are sent and settled. Everything is healed at the end. A seed gives the same faults in the
    same slots. Exit code 1: a promise was broken.
    """
    import secrets

    from zero_sdk.chaos.plan import draw
    from zero_sdk.chaos.running import Run, shape_of
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import Ending, result_json, say
    from zero_sdk.client.connecting import connect
    from zero_sdk.errors import Problem, ZeroError

    seed = secrets.randbits(32) if seed is None else seed
    wanted = [] if kinds is None else [kind.strip() for kind in kinds.split(",") if kind.strip()]
    network = connect(endpoint(url), timeout=TIME_LIMIT)
    with network:
        try:
            actions = draw(seed, slots, shape_of(network), wanted)
        except ValueError as error:
            raise ZeroError(Problem.BAD_VALUE, f"--kinds: {error}") from None
        say(f"seed {seed}: {len(actions)} faults in {slots} slots")
        verdict = Run(network, seed, actions, slots, say).run()
    if as_json:
        result_json(_as_json(seed, verdict))
    else:
        _print(seed, verdict)
    if not verdict.is_kept:
        raise Ending(1)


def _as_json(seed: int, verdict: Verdict) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "seed": seed,
        "kept": verdict.is_kept,
        "promises": [{**asdict(promise), "kept": promise.is_kept} for promise in verdict.promises],
        "slots": [asdict(slot) for slot in verdict.slots],
    }


def _print(seed: int, verdict: Verdict) -> None:
    import sys

    from zero_sdk.cli.output import result

    still = sum(slot.standstill is not None for slot in verdict.slots)
    picture = "".join("×" if slot.standstill else "·" if not slot.settled else "█" for slot in verdict.slots)
    head = f"seed {seed}: {len(verdict.slots)} slots, nothing decided in {still}"
    if sys.stdout.isatty():
        _print_table(head, picture, verdict)
        return
    lines = [head, f"slots  {picture}  (█ settled, · nothing to settle, × not decided)"]
    for promise in verdict.promises:
        lines.append(f"{'kept  ' if promise.is_kept else 'BROKEN'}  {promise.text}  ({promise.seen})")
        lines += [f"        {against}" for against in promise.broken]
    result("\n".join(lines))


def _print_table(head: str, picture: str, verdict: Verdict) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colours = {"█": "green", "·": "dim", "×": "red"}
    drawn = Text()
    for cell in picture:
        drawn.append(cell, colours[cell])
    table = Table(title=head, title_justify="left")
    for title in ("", "promise", "seen"):
        table.add_column(title)
    for promise in verdict.promises:
        mark = Text("kept", "green") if promise.is_kept else Text("BROKEN", "bold red")
        table.add_row(mark, Text("\n".join((promise.text, *promise.broken))), Text(promise.seen))
    console = Console()
    console.print(drawn)
    console.print(Text("█ settled, · nothing to settle, × not decided", "dim"))
    console.print(table)


def register(app: typer.Typer) -> None:
    """Adds `zero chaos`."""
    app.command(context_settings=CONTEXT)(chaos)
