"""The tests that the crates carry themselves."""

from __future__ import annotations

import os
import re
import subprocess

from tests.packaging.source_copy import ROOT
from tests.packaging.toolchain import claimed_target


def test_the_crates_pass_their_own_tests() -> None:
    command = ["cargo", "test", "--release", "--locked", "--workspace", "--exclude", "zero_kernel"]
    done = subprocess.run(
        command,
        cwd=ROOT / "kernel",
        env={**os.environ, "CARGO_TARGET_DIR": claimed_target()},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    passed = [int(count) for count in re.findall(r"test result: ok\. (\d+) passed", done.stdout)]
    assert sum(passed) > 0
