"""The processes of these tests end with them, however they end."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tests.cli.process import PATIENCE
from tests.crash.node import Node, Zygote

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked as POSIX does it")


def ends(pid: int) -> bool:
    """Whether there soon is no such process, or only what nobody reaped of it."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        status = Path(f"/proc/{pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.01)
    return False


def test_what_runs_ends_when_the_tests_do(tmp_path: Path) -> None:
    with Zygote() as zygote:
        node = Node(zygote, tmp_path, tmp_path / "data")
        assert node.is_ready
    assert ends(node.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="a child hears of its parent's death as Linux does it")
def test_what_runs_ends_when_the_zygote_is_killed(tmp_path: Path) -> None:
    with Zygote() as zygote:
        node = Node(zygote, tmp_path, tmp_path / "data")
        assert node.is_ready
        os.kill(zygote.pid, signal.SIGKILL)
        assert ends(node.pid)
