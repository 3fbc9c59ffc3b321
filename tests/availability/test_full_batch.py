"""One batch of 128 MiB over 32,768 columns, natively, in bounded memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.packaging.source_copy import ROOT

RUN = """
import json, random, resource, time
from devnet.availability.checking import ColumnCheck, verify_batch
from devnet.availability.dispersal import encode
from devnet.availability.holdings import assign, parameters_for
from devnet.availability.native import NativeCoder
from devnet.availability.parameters import MOST_BATCH_BYTES
from devnet.availability.retrieval import reconstruct
from devnet.kernel import load

coder = NativeCoder(load().Pool(2))
stakes = [10**18] * 1200
parameters = parameters_for(stakes)
held = assign(parameters.columns, stakes)
batch = random.Random(6).randbytes(MOST_BATCH_BYTES)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
seconds = {}

def timed(name, action):
    start = time.perf_counter()
    found = action()
    seconds[name] = round(time.perf_counter() - start, 2)
    return found

made = timed("encode", lambda: encode(batch, parameters, coder))
after_encoding = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
mine = list(made.columns(held[600]))
timed("check of one validator", lambda: ColumnCheck(made.header, made.combination, coder).verify(mine))
timed("check of the whole batch", lambda: verify_batch(made.header, made.combination, batch, coder))
# A third of the validators withhold, among them those of the first columns: data that has to be decoded.
served = [made.column(index) for columns in held[400:] for index in columns]
found = timed("retrieval", lambda: reconstruct(made.header, made.combination, served, coder))
print(json.dumps({
    "is_same": found == batch, "served": len(served),
    "share": sum(len(c.data) + 32 * len(c.path) for c in mine) + len(made.combination),
    "kib_before": before, "kib_encoding": after_encoding - before,
    "kib_all": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before,
    "seconds": seconds,
}))
"""


@pytest.mark.full
@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is counted in KiB on Linux only")
def test_the_largest_batch_is_dispersed_and_retrieved_in_bounded_memory() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stdout)
    found = json.loads(done.stdout)
    assert found["is_same"]
    assert found["served"] == 21_846
    assert found["share"] in (27 * 16_230 + 136_352, 28 * 16_230 + 136_352)
    # The parity alone takes 364 MiB; retrieval holds what it was given, what it checks together, the batch.
    assert found["kib_encoding"] < 500 * 1_024
    assert found["kib_all"] < 1_300 * 1_024
