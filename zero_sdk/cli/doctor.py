"""`zero doctor`: what this installation is made of, and what is wrong with it."""

from __future__ import annotations

from typing import Annotated

import typer

from zero_sdk.cli.help import CONTEXT, GroupedCommand


def doctor(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check the installation: versions, engines, tools, and packages that get in each other's way.

    Ends with exit code 1 when something is broken; warnings alone do not count as broken.
    """
    import dataclasses
    import sys

    from zero_sdk.cli.output import GREEN, RED, YELLOW, Ending, Paint, result, result_json
    from zero_sdk.diagnosis import Verdict, diagnose

    findings = diagnose()
    if json:
        result_json([dataclasses.asdict(finding) for finding in findings])
    else:
        paint = Paint.for_stream(sys.stdout)
        colours = {Verdict.OK: GREEN, Verdict.WARNING: YELLOW, Verdict.BROKEN: RED}
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            mark = paint(colours[finding.verdict], f"{finding.verdict.value:<7}")
            result(f"{mark}  {finding.subject:<{width}}  {finding.message}")
    if any(finding.verdict is Verdict.BROKEN for finding in findings):
        raise Ending(1)


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("doctor", cls=GroupedCommand, context_settings=CONTEXT)(doctor)
