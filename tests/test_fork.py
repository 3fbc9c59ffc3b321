"""A process may fork after it made a network: each goes on with its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from devnet.folder import DataFolder
from devnet.network import Network, NetworkConfig
from devnet.persistence.errors import Flaw, FolderError
from tests.cli.process import PATIENCE, environment
from tests.parts import choice_under_test, parts_under_test

ROOT = Path(__file__).resolve().parents[1]

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


def test_every_process_goes_on_from_the_fork_and_gets_the_same_roots() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tests.forking", choice_under_test().value],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    roots = json.loads(ended.stdout)
    assert roots.keys() == {"parent", "child", "grandchild", "its parent", "multiprocessing"}
    assert len(set(roots["parent"])) == 2
    assert all(of_process == roots["parent"] for of_process in roots.values())


def test_a_forked_process_does_not_write_into_its_parents_folder(tmp_path: Path) -> None:
    path = tmp_path / "data"
    config = NetworkConfig()
    network = Network(config, parts_under_test(), folder=DataFolder.open(path, config))
    network.commit()
    lock = (path / "lock").read_bytes()
    with warnings.catch_warnings():
        # From 3.12 on Python warns of forks while threads run, as the kernel's do.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if not child:
        # No assertion here: whatever happens, the child must not go on with the tests.
        code = 1
        try:
            network.mine(network.default_zone, 5)
            network.commit()
        except FolderError as error:
            network.close()
            code = 10 if error.flaw is Flaw.IN_USE and str(os.getppid()) in str(error) else 2
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 10
    assert (path / "lock").read_bytes() == lock
    with pytest.raises(FolderError) as raised:
        DataFolder.open(path, config)
    assert raised.value.flaw is Flaw.IN_USE
    network.mine(network.default_zone, 2)
    expected = network.default_zone.block("latest")
    network.close()
    again = Network(config, parts_under_test(), folder=DataFolder.open(path, config))
    assert again.default_zone.block("latest") == expected
    again.close()
