"""The verifier in a process of its own, which has the statement, the proof and an engine, and no state."""

from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

from tests.proving.updates import Chain

PROGRAM = """
import pickle, sys
from devnet.execution.pyevm import PyEvmEngine
from devnet.proving.stateless import WitnessVerifier

statement, proof = pickle.loads(open(sys.argv[1], "rb").read())
checked = WitnessVerifier(PyEvmEngine()).verify(statement, proof)
assert checked.batch_hash is not None
absent = ("devnet.state.qmdb", "devnet.state.native", "devnet.state.recorder", "devnet.zone")
print([name for name in absent if name in sys.modules], statement.post_state_root.hex())
"""


def test_statement_and_proof_are_all_that_is_needed(tmp_path: Path) -> None:
    chain = Chain()
    chain.send(0, chain.accounts[1], value=1)
    chain.mine(2)
    update = chain.update(1)
    path = tmp_path / "update"
    path.write_bytes(pickle.dumps((update.statement, update.proof)))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    assert done.stdout.split(" ", 1) == ["[]", update.statement.post_state_root.hex() + "\n"]
