"""`zero profile`: how parallel blocks are, and what keeps them from being more so (docs/profile.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from zero_sdk.cli.help import CONTEXT
from zero_sdk.cli.options import URL, ZONE

BLOCKS_AT_ONCE = 100
"""What one request may ask for."""

TIME_LIMIT = 300.0
"""Seconds for one request: the network runs the blocks again."""


def profile(
    blocks: Annotated[
        str | None,
        typer.Option(metavar="A..B", help="Blocks, or one.  [default: the newest]", show_default=False),
    ] = None,
    tx: Annotated[
        str | None,
        typer.Option("--tx", metavar="HASH", help="The block of a transaction.", show_default=False),
    ] = None,
    run: Annotated[
        Path | None,
        typer.Option(
            "--run",
            metavar="SCRIPT",
            help="Run a Python script, with the zone's URL in ZERO_RPC_URL, and take the blocks it made.",
            show_default=False,
        ),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw the busiest block.", show_default=False)
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option("--html", metavar="FILE", help="Write a page about all blocks.", show_default=False),
    ] = None,
    cores: Annotated[int, typer.Option(metavar="N", min=1, max=64, help="Cores in the picture.")] = 4,
    as_json: Annotated[bool, typer.Option("--json", help="Print the network's answer.")] = False,
    url: URL = None,
    zone: ZONE = None,
) -> None:
    """Show how parallel blocks can run.

    Frames, the keys that transactions wait for each other at (by contract and variable where artifacts are
    known), the critical path, and the speed-up on 1 to 16 cores.
    """
    from zero_sdk.cli.endpoint import endpoint
    from zero_sdk.cli.output import result, result_json, say
    from zero_sdk.cli.profile_table import describe
    from zero_sdk.errors import Problem, ZeroError

    if sum(choice is not None for choice in (blocks, tx, run)) > 1:
        raise ZeroError(
            Problem.CONTRADICTION, "--blocks, --tx and --run say three different things", "give one of them"
        )
    target = endpoint(url, zone)
    if run is not None:
        profiles = _of_script(target, run)
    elif tx is not None:
        profiles = _ask(target, [tx])
    else:
        profiles = _of_range(target, blocks)
    if svg is not None:
        from zero_sdk.cli.profile_picture import draw

        _write(svg, draw(_busiest(profiles), cores))
    if html is not None:
        from zero_sdk.cli.profile_picture import page

        _write(html, page(profiles, cores))
    for file in (svg, html):
        if file is not None:
            say(f"wrote {file}")
    if as_json:
        result_json(profiles)
    else:
        result("\n\n".join(describe(entry) for entry in profiles))


def _ask(target: str, parameters: list[Any]) -> list[dict[str, Any]]:
    from zero_sdk.cli.call import call

    answer: list[dict[str, Any]] = call(target, "zero_getScheduleProfile", parameters, TIME_LIMIT)
    return answer


def _of_range(target: str, blocks: str | None) -> list[dict[str, Any]]:
    if blocks is None:
        return _ask(target, ["latest"])
    first, dots, last = blocks.partition("..")
    if not dots:
        return _ask(target, [_reference(blocks)])
    return _between(target, _number(target, first), _number(target, last))


def _between(target: str, first: int, last: int) -> list[dict[str, Any]]:
    from zero_sdk.errors import Problem, ZeroError

    if last < first:
        raise ZeroError(Problem.BAD_VALUE, f"--blocks {first}..{last}: the first comes after the last")
    found: list[dict[str, Any]] = []
    for start in range(first, last + 1, BLOCKS_AT_ONCE):
        found += _ask(target, [hex(start), hex(min(start + BLOCKS_AT_ONCE - 1, last))])
    return found


def _reference(word: str) -> str:
    return hex(int(word)) if word.isdecimal() else word


def _number(target: str, word: str) -> int:
    """A block's number, of a decimal, a hash or a tag."""
    from zero_sdk.cli.call import call
    from zero_sdk.errors import Problem, ZeroError

    if word.isdecimal():
        return int(word)
    method = "eth_getBlockByHash" if len(word) == 66 else "eth_getBlockByNumber"
    block = call(target, method, [word or "latest", False])
    if block is None:
        raise ZeroError(Problem.BAD_VALUE, f"--blocks: there is no block {word}")
    return int(block["number"], 16)


def _of_script(target: str, script: Path) -> list[dict[str, Any]]:
    """Runs the script; the profiles of the blocks with transactions that came meanwhile."""
    import os
    import subprocess
    import sys

    from zero_sdk.cli.call import call
    from zero_sdk.errors import Problem, ZeroError

    if not script.is_file():
        raise ZeroError(Problem.BAD_VALUE, f"--run {script}: there is no such file")
    before = int(call(target, "eth_blockNumber", []), 16)
    environment = {**os.environ, "ZERO_RPC_URL": target}
    environment.pop("ZERO_ZONE", None)
    # What the script prints is not this command's result.
    done = subprocess.run([sys.executable, str(script)], env=environment, stdout=sys.stderr, check=False)
    if done.returncode != 0:
        raise ZeroError(Problem.BAD_VALUE, f"--run {script}: it ended with exit code {done.returncode}")
    after = int(call(target, "eth_blockNumber", []), 16)
    if after < before:
        raise ZeroError(
            Problem.BAD_VALUE, f"--run {script}: the zone went back from block {before} to {after} meanwhile"
        )
    profiles = _between(target, before + 1, after) if after > before else []
    made = [entry for entry in profiles if entry["transactions"]]
    if not made:
        raise ZeroError(
            Problem.BAD_VALUE,
            f"--run {script}: it made no block with transactions",
            f"does it send them to {target}?",
        )
    return made


def _busiest(profiles: list[dict[str, Any]]) -> dict[str, Any]:
    return max(profiles, key=lambda entry: len(entry["transactions"]))


def _write(file: Path, text: str) -> None:
    from zero_sdk.errors import Problem, ZeroError

    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ZeroError(Problem.BAD_VALUE, f"{file} cannot be written: {error.strerror}") from None


def register(app: typer.Typer) -> None:
    """Adds `zero profile`."""
    app.command(context_settings=CONTEXT)(profile)
