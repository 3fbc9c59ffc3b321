"""A process that has everything loaded and forks a `zero` for each order it reads: a start costs what the
command does, and not a second of imports. Run by `tests.crash.node`.

Orders are lines of JSON on stdin, answers lines on stdout:

    {"run": [arguments], "out": path, "error": path, "interference": {...} | null, "data_dir": path}
        → its process id
    {"wait": process id, "patience": seconds}
        → its wait status, null if it runs on

When stdin ends, because the tests ended or were killed, it kills what still runs and ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from typing import Any

PR_SET_PDEATHSIG = 1
"""linux/prctl.h"""


def main() -> None:
    import devnet.execution.pyevm
    import devnet.rpc.openrpc
    import devnet.zone.zone  # noqa: F401
    import zero_sdk.cli.app
    import zero_sdk.cli.devnet.serve  # noqa: F401

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    running: set[int] = set()
    try:
        for line in sys.stdin:
            order = json.loads(line)
            if "run" in order:
                running.add(pid := _run(order))
                answer: int | None = pid
            else:
                answer = _wait(order["wait"], order["patience"])
                if answer is not None:
                    running.discard(order["wait"])
            print(json.dumps(answer), file=answers, flush=True)
    except BrokenPipeError:
        pass
    finally:
        for left in running:
            # Not reaped, so the number is still this child's.
            os.kill(left, signal.SIGKILL)


def _run(order: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        _die_with_parent()
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for number, target in ((0, os.devnull), (1, order["out"]), (2, order["error"])):
            file = os.open(
                target, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
            )
            os.dup2(file, number)
            os.close(file)
        if order["interference"] is not None:
            from tests.crash.interference import Interference

            Interference(**order["interference"]).install(order["data_dir"])
        from zero_sdk.cli.app import run

        code = run(order["run"])
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _die_with_parent() -> None:
    """Where the zygote is killed itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _wait(pid: int, patience: float) -> int | None:
    deadline = time.monotonic() + patience
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        if time.monotonic() > deadline:
            return None
        time.sleep(0.005)


if __name__ == "__main__":
    main()
