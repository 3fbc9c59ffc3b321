"""`zero doctor` on real installations: this one, and ones with a stranger or a shadow in them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.process import Ended, zero


def findings(ended: Ended) -> dict[str, dict[str, Any]]:
    return {finding["subject"]: finding for finding in json.loads(ended.out)}


SOUND = ("zero", "python", "engine native", "engine pyevm", "packages")


def test_a_sound_installation_is_told_with_versions(tmp_path: Path) -> None:
    ended = zero("doctor", "--json", folder=tmp_path)
    told = findings(ended)
    assert ended.code == 0
    assert {told[subject]["verdict"] for subject in SOUND} == {"ok"}
    assert told["engine pyevm"]["message"].startswith("py-evm 0.")
    assert {told[subject]["verdict"] for subject in ("module devnet", "module zero_sdk")} == {"ok"}


def test_the_text_has_one_line_a_finding(tmp_path: Path) -> None:
    text = zero("doctor", folder=tmp_path).out.splitlines()
    assert len(text) == len(json.loads(zero("doctor", "--json", folder=tmp_path).out))


def stranger(folder: Path, module: str) -> dict[str, str]:
    """Installs metadata of a foreign distribution that owns `module`; gives the environment that sees it."""
    info = folder / "strange_network-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: strange-network\nVersion: 1.0\n")
    (info / "top_level.txt").write_text(f"{module}\n")
    return {"PYTHONPATH": str(folder)}


@pytest.mark.parametrize("module", ["devnet", "zero_sdk"])
def test_another_distribution_with_our_module_is_a_warning(tmp_path: Path, module: str) -> None:
    ended = zero("doctor", "--json", folder=tmp_path, variables=stranger(tmp_path, module))
    finding = findings(ended)[f"module {module}"]
    assert finding["verdict"] == "warning"
    assert "strange-network" in finding["message"]


def test_a_local_devnet_py_is_a_warning_or_a_break(tmp_path: Path) -> None:
    (tmp_path / "devnet.py").write_text("")
    # `python -m` puts the folder first on the path, as pytest does: the import finds the stranger.
    finding = findings(zero("doctor", "--json", folder=tmp_path))["module devnet"]
    assert finding["verdict"] == "broken"
    assert str(tmp_path / "devnet.py") in finding["message"]
    # The installed command does not, but programs started there will.
    safe = findings(zero("doctor", "--json", folder=tmp_path, variables={"PYTHONSAFEPATH": "1"}))[
        "module devnet"
    ]
    assert safe["verdict"] == "warning"
    assert str(tmp_path / "devnet.py") in safe["message"]


def test_missing_and_old_tools_are_warnings(tmp_path: Path) -> None:
    empty = tmp_path / "bin"
    empty.mkdir()
    nowhere = {"PATH": str(empty), "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}
    nowhere["ZERO_CACHE_DIR"] = str(tmp_path / "cache")
    told = findings(zero("doctor", "--json", folder=tmp_path, variables=nowhere))
    assert told["node"]["verdict"] == "warning"
    # Compilers come by themselves.
    assert told["solc"]["verdict"] == "ok"
    assert told["solc"]["message"].startswith("none here")
    if os.name == "nt":
        return
    node = empty / "node"
    node.write_text("#!/bin/sh\necho v18.1.0\n")
    node.chmod(0o755)
    told = findings(zero("doctor", "--json", folder=tmp_path, variables={"PATH": f"{empty}:/bin:/usr/bin"}))
    assert "v18.1.0" in told["node"]["message"]
    assert told["node"]["verdict"] == "warning"
