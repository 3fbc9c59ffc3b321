"""The thread that decides loads what it needs before there is something to decide."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import sys
from devnet.rpc.serving.settlement_thread import SettlementThread

rehearsed = []
thread = SettlementThread(lambda outcome: None, lambda: rehearsed.append(1))
assert thread.stop(0)
assert not thread.is_ready
assert "devnet.settlement.settler" not in sys.modules
thread.prepare()
thread.prepare()
assert thread.stop(60)
assert thread.is_ready
assert rehearsed == [1]
assert "devnet.settlement.settler" in sys.modules
assert "devnet.proving.stateless" in sys.modules
print("loaded")
"""


@pytest.mark.own_parts
def test_what_deciding_needs_is_loaded_beside_the_requests() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == ("loaded\n", "")
