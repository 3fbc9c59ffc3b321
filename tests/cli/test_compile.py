"""`zero compile`, and the devnet that shows names from what it wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.cli.process import PATIENCE, environment, zero
from tests.compile.conftest import MakeProject, make_project
from zero_sdk.compile import load_build
from zero_sdk.project import Project

__all__ = ["make_project"]

pytestmark = pytest.mark.clients

SOURCE = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;
contract Box {
    error TooMuch(uint256 given, uint256 most);
    uint256 public value;
    function set(uint256 next) external { if (next > 9) revert TooMuch(next, 9); value = next; }
}
"""


def test_the_result_is_on_disk_and_in_json(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": SOURCE})
    first = zero("compile", "--json", folder=project.root / "contracts")
    assert (first.code, first.err) == (0, "")
    document = json.loads(first.out)
    assert (document["compiled"], document["diagnostics"]) == (1, [])
    [box] = document["contracts"]
    assert (box["name"], box["source"]) == ("Box", "contracts/Box.sol")
    assert box["runtimeSize"] == load_build(project).artifact("Box").runtime.size
    again = zero("compile", folder=project.root)
    assert (again.code, again.out) == (0, "")
    assert again.err == "nothing has changed: 1 contract in build/\n"
    assert zero("compile", "--force", folder=project.root).err == (
        "1 contract in build/, compiled by solc 0.8.37\n"
    )


def test_errors_are_shown_in_colour_and_in_json(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": SOURCE.replace("value = next", "worth = next")})
    plain = zero("compile", folder=project.root)
    assert (plain.code, plain.out) == (1, "")
    assert "--> contracts/Box.sol:6:82" in plain.err
    assert plain.err.endswith("error [ZERO-1801]: 1 error in contracts/Box.sol\n")
    coloured = zero("compile", folder=project.root, variables={"FORCE_COLOR": "1"})
    assert "\x1b[31merror[7576]\x1b[0m" in coloured.err
    machine = zero("compile", "--json", folder=project.root)
    assert machine.code == 1
    [error] = json.loads(machine.out)["diagnostics"]
    assert (error["source"], error["line"], error["code"]) == ("contracts/Box.sol", 6, "7576")


def test_warnings_about_packages_are_nobody_s_business(make_project: MakeProject) -> None:
    unused = "contract P { function f() public pure { uint256 x; } }\n"
    project = make_project(
        {
            "contracts/Box.sol": SOURCE.replace("contract Box", 'import "pkg/P.sol";\ncontract Box'),
            "node_modules/pkg/P.sol": "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n" + unused,
        }
    )
    assert "warning" not in zero("compile", folder=project.root).err
    (project.root / "contracts/Box.sol").write_text(SOURCE + unused)
    # They are shown again as long as they are true, also when nothing is compiled.
    for _ in range(2):
        assert "warning[2072]: Unused local variable." in zero("compile", folder=project.root).err


def test_outside_a_project_the_next_command_is_named(tmp_path: Path) -> None:
    ended = zero("compile", folder=tmp_path)
    assert ended.code == 2
    assert "`zero init NAME`" in ended.err


def test_watching_compiles_what_changes(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": SOURCE})
    watching = subprocess.Popen(
        [sys.executable, "-m", "zero_sdk", "compile", "--watch"],
        cwd=project.root,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
        # Whoever runs the tests in the background of a script has Ctrl-C ignored, for their children too.
        preexec_fn=None if os.name == "nt" else partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert watching.stderr is not None
    try:
        assert "compiled by solc" in watching.stderr.readline()
        assert "watching" in watching.stderr.readline()
        (project.root / "contracts/Box.sol").write_text("contract {")
        while "ZERO-1801" not in (line := watching.stderr.readline()):
            assert line
        (project.root / "contracts/Box.sol").write_text(SOURCE.replace("value", "worth"))
        while "compiled by solc" not in (line := watching.stderr.readline()):
            assert line
        assert "worth()" in load_build(project).artifact("Box").method_identifiers
    finally:
        watching.send_signal(signal.SIGINT if os.name != "nt" else signal.SIGTERM)
        watching.communicate(timeout=PATIENCE)
    assert os.name == "nt" or watching.returncode == 0


def test_a_devnet_shows_names_from_the_build_folder(make_project: MakeProject) -> None:
    project = make_project({"contracts/Box.sol": SOURCE})
    assert zero("compile", folder=project.root).code == 0
    box = load_build(project).artifact("Box")
    with Devnet("--artifacts", "build", "--rpc-timeout", "60", folder=project.root) as devnet:
        sender = devnet.call("eth_accounts")[0]
        creation = devnet.call(
            "eth_sendTransaction", {"from": sender, "data": "0x" + box.creation.link().hex()}
        )
        address = devnet.call("eth_getTransactionReceipt", creation)["contractAddress"]
        with pytest.raises(ValueError, match=r"TooMuch\(given: 11, most: 9\)"):
            devnet.call("eth_call", set_value(box.method_identifiers, address, 11), "latest")
        # A contract that is compiled while the network runs is known, too.
        Project.open(project.root)
        (project.root / "contracts/Jar.sol").write_text(
            SOURCE.replace("Box", "Jar").replace("TooMuch", "Overflowing")
        )
        assert zero("compile", folder=project.root).code == 0
        jar = load_build(project).artifact("Jar")
        creation = devnet.call(
            "eth_sendTransaction", {"from": sender, "data": "0x" + jar.creation.link().hex()}
        )
        address = devnet.call("eth_getTransactionReceipt", creation)["contractAddress"]
        deadline = time.monotonic() + PATIENCE
        while True:
            with pytest.raises(ValueError, match="revert") as reverted:
                devnet.call("eth_call", set_value(jar.method_identifiers, address, 12), "latest")
            if "Overflowing(given: 12, most: 9)" in str(reverted.value) or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        assert "Overflowing(given: 12, most: 9)" in str(reverted.value)


def set_value(selectors: object, address: str, value: int) -> dict[str, str]:
    assert isinstance(selectors, dict)
    return {"to": address, "data": f"0x{selectors['set(uint256)']}{value:064x}"}
