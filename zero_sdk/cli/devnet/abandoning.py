"""The end of a process in which a block is still being executed, and nobody waits for it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from devnet.network import Network
from zero_sdk.cli.devnet.settings import Settings
from zero_sdk.cli.folder_problems import folder_problems
from zero_sdk.cli.output import YELLOW, Paint, report, say
from zero_sdk.errors import Problem, ZeroError


def end_at_once(network: Network, settings: Settings, dump_path: Path | None, code: int) -> NoReturn:
    """Ends the process without another look at the network, which its thread still changes.

    What was reported is in the data folder already; a block that is not sealed was reported to nobody.
    """
    left = "it is not sealed" + ("; its transactions wait in the folder" if network.is_kept else "")
    say(f"{Paint.for_stream(sys.stderr)(YELLOW, 'warning')}: a block was still being executed: {left}")
    try:
        _leave_files(network, settings, dump_path)
    except ZeroError as error:
        report(error)
        code = code or error.problem.exit_code
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    # The interpreter's own end would take itself down under the threads that still work.
    os._exit(code)


def _leave_files(network: Network, settings: Settings, dump_path: Path | None) -> None:
    if settings.data_dir is not None:
        with folder_problems(settings.data_dir):
            network.sync()
    if dump_path is not None:
        raise ZeroError(
            Problem.FILE_UNWRITABLE,
            f"{dump_path} was not written: a block was still being executed",
            "stop the network when no block is under way",
        )
