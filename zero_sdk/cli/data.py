"""`zero data`: what is done to a data folder while no network runs in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand

if TYPE_CHECKING:
    from devnet.maintenance.checking import Report
    from devnet.maintenance.repairing import Repair
    from devnet.maintenance.shrinking import Shrunk

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The data folder.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def check(
    folder: Folder,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Go back to the newest commit that is whole; keep what is removed."),
    ] = False,
    json: Json = False,
) -> None:
    """Read everything and compute every hash and root again.

    Writes nothing without --repair. Ends with exit code 0 when the folder is whole, 1 when it is damaged.
    """
    from devnet.maintenance.checking import check as look_at
    from devnet.maintenance.repairing import repair as put_right
    from zero_sdk.cli.bars import shown_progress
    from zero_sdk.cli.output import Ending, result, result_json

    with _folder_problems(folder), shown_progress() as progress:
        repaired = put_right(folder, progress) if repair else None
        report = look_at(folder, progress) if repaired is None else repaired.before
    if json:
        result_json(_report_as_json(report, repaired))
    else:
        for line in (*_report_in_words(report), *_repair_in_words(report, repaired)):
            result(line)
    if not report.is_whole and (repaired is None or repaired.went_back_to is None):
        raise Ending(1)


def info(folder: Folder, json: Json = False) -> None:
    """Say what is in a folder.

    The network, its zones and blocks, snapshots, sizes.
    """
    from devnet.maintenance.measuring import describe
    from zero_sdk.cli.data_words import described_as_json, described_in_words
    from zero_sdk.cli.output import result, result_json

    with _folder_problems(folder):
        described = describe(folder)
    if json:
        result_json(described_as_json(described))
        return
    for line in described_in_words(described):
        result(line)


def prune(
    folder: Folder,
    history: Annotated[
        str,
        typer.Option(
            metavar="N", help="How many blocks to keep below the newest of each zone.", show_default=False
        ),
    ],
    json: Json = False,
) -> None:
    """Forget older blocks and their states.

    What a snapshot needs is kept.
    """
    from devnet.maintenance.shrinking import prune as shrink
    from zero_sdk.cli import kinds
    from zero_sdk.errors import Problem, ZeroError

    try:
        blocks = kinds.integer("N", 0, (1 << 63) - 1).parse(history)
    except ValueError as error:
        raise ZeroError(Problem.BAD_VALUE, f"--history: {error}") from None
    with _folder_problems(folder):
        shrunk = shrink(folder, blocks)
    _tell_shrunk(shrunk, json)


def compact(folder: Folder, json: Json = False) -> None:
    """Write the files anew, without what nothing needs."""
    from devnet.maintenance.shrinking import compact as shrink

    with _folder_problems(folder):
        shrunk = shrink(folder)
    _tell_shrunk(shrunk, json)


def _tell_shrunk(shrunk: Shrunk, json: bool) -> None:
    from zero_sdk.cli.counting import blocks_in_words, counted
    from zero_sdk.cli.data_words import size
    from zero_sdk.cli.output import result, result_json

    if json:
        zones = [
            {
                "name": zone.name,
                "oldestBefore": zone.oldest_before,
                "oldest": zone.oldest,
                "newest": zone.newest,
                "pinned": zone.pinned,
            }
            for zone in shrunk.zones
        ]
        result_json({"bytesBefore": shrunk.bytes_before, "bytesAfter": shrunk.bytes_after, "zones": zones})
        return
    for zone in shrunk.zones:
        forgotten = zone.oldest - zone.oldest_before
        words = f"{counted(forgotten, 'block')} forgotten" if forgotten else "nothing forgotten"
        why = "" if zone.pinned is None else f"; a snapshot needs block {zone.pinned:,} and what follows"
        are = "is" if zone.oldest == zone.newest else "are"
        result(f"{zone.name}: {words}, {blocks_in_words(zone.oldest, zone.newest)} {are} kept{why}")
    result(f"{size(shrunk.bytes_before)} before, {size(shrunk.bytes_after)} now")


# ---------------------------------------------------------------- what was found


def _report_as_json(report: Report, repaired: Repair | None) -> dict[str, Any]:
    document: dict[str, Any] = {
        "folder": str(report.folder),
        "whole": report.is_whole,
        "commit": report.sequence,
        "zones": [
            {
                "name": zone.name,
                "number": zone.number,
                "hash": f"0x{zone.hash.hex()}",
                "blocks": zone.blocks,
                "transactions": zone.transactions,
                "roots": zone.roots,
            }
            for zone in report.zones
        ],
        "findings": [
            {
                "kind": finding.flaw.name.lower(),
                "file": str(finding.path),
                "offset": finding.offset,
                "zone": finding.zone,
                "detail": finding.detail,
            }
            for finding in report.findings
        ],
    }
    if repaired is not None and not report.is_whole:
        document["repair"] = {
            "commit": repaired.went_back_to,
            "lost": [{"zone": lost.zone, "first": lost.first, "last": lost.last} for lost in repaired.lost],
            "sideFile": None if repaired.side_file is None else str(repaired.side_file),
        }
    return document


def _report_in_words(report: Report) -> Iterator[str]:
    from zero_sdk.cli.counting import counted

    damaged = {finding.zone for finding in report.findings}
    for zone in report.zones:
        state = "damaged" if zone.name in damaged else "whole"
        yield (
            f"{zone.name}: {state}, newest block {zone.number:,}; {counted(zone.blocks, 'block')} with "
            f"{counted(zone.transactions, 'transaction')} and {counted(zone.roots, 'state root')} are as "
            "they must be"
        )
    for finding in report.findings:
        place = f"{finding.path}" if finding.offset is None else f"{finding.path}, byte {finding.offset}"
        yield f"{place}: {finding.flaw.value}: {finding.detail}"
    yield f"{report.folder} is {'whole' if report.is_whole else 'damaged'}"


def _repair_in_words(report: Report, repaired: Repair | None) -> Iterator[str]:
    from zero_sdk.cli.counting import blocks_in_words

    if report.is_whole:
        return
    if repaired is None:
        command = f"zero data check {report.folder} --repair"
        yield f"`{command}` goes back to the newest commit that is whole, if there is one"
        return
    if repaired.went_back_to is None:
        yield "no commit of the folder is whole, and nothing was changed; what helps is a copy or a dump"
        return
    yield f"went back to commit {repaired.went_back_to}; the files as they were are in {repaired.side_file}"
    for lost in repaired.lost:
        are = "is" if lost.first == lost.last else "are"
        yield f"{lost.zone}: {blocks_in_words(lost.first, lost.last)} {are} gone"
    if not repaired.lost:
        yield "no block is gone; mempools, snapshots and settings may be those of a moment earlier"


@contextmanager
def _folder_problems(folder: Path) -> Iterator[None]:
    from devnet.maintenance.looking import NothingThere
    from zero_sdk.cli.folder_problems import folder_problems
    from zero_sdk.errors import Problem, ZeroError

    try:
        with folder_problems(folder):
            yield
    except NothingThere as error:
        raise ZeroError(Problem.FOLDER_EMPTY, str(error), "name the folder given to --data-dir") from None


def register(app: typer.Typer) -> None:
    """Adds the command and its subcommands."""
    group = typer.Typer(
        name="data",
        help="Check, describe, repair and shrink the folder of --data-dir.",
        context_settings=CONTEXT,
    )
    for command in (check, info, prune, compact):
        group.command(command.__name__, cls=GroupedCommand, context_settings=CONTEXT)(command)
    app.add_typer(group)
