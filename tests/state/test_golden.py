"""Folders that a version wrote are opened by every later one, with the same roots, values and proofs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from devnet.persistence.header import FORMAT_VERSION
from devnet.persistence.home import Home
from devnet.state.qmdb import Qmdb
from devnet.state.store import KINDS, Position
from devnet.state.verify import verify
from tests.state.golden.make import CODES, CONFIG, IDENTITY, ZONE, block, expectations, main

GOLDEN = Path(__file__).parent / "golden"
FOLDERS = sorted(path.parent for path in GOLDEN.glob("format_*/*/expected.json"))


def opened(folder: Path, copy: Path) -> tuple[Qmdb, dict[str, Any]]:
    shutil.copytree(folder, copy)
    home = Home(copy, IDENTITY, ZONE, (folder / "position").read_bytes())
    return Qmdb(CONFIG, home), json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def test_the_present_format_has_golden_folders() -> None:
    names = {str(path.relative_to(GOLDEN).as_posix()) for path in FOLDERS}
    assert {f"format_{FORMAT_VERSION}/whole", f"format_{FORMAT_VERSION}/pruned"} <= names


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_folder_says_what_it_said(folder: Path, tmp_path: Path) -> None:
    state, expected = opened(folder, tmp_path / "copy")
    assert json.loads(json.dumps(expectations(state))) == expected
    view = state.view()
    for code_hash, code in CODES.items():
        assert view.code(code_hash) == code
    for height, proofs in expected["proofs"].items():
        root = bytes.fromhex(expected["roots"][height])
        for key, proof in proofs.items():
            value = verify(root, bytes.fromhex(key), bytes.fromhex(proof))
            assert (None if value is None else value.hex()) == expected["values"][height].get(key)
    state.close()
    home = Home(tmp_path / "copy", IDENTITY, ZONE, (folder / "position").read_bytes())
    roots = Qmdb.check(CONFIG, home)
    assert {str(height): root.hex() for height, root in roots.items()} == expected["roots"]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_golden_folder_goes_on(folder: Path, tmp_path: Path) -> None:
    """The next block gives the same root as in the state in memory that the folder was written from."""
    state, expected = opened(folder, tmp_path / "copy")
    state.rollback(8)
    assert state.root.hex() == expected["roots"]["8"]
    for height in (9, 10):
        assert state.commit(height, block(height + 5)).hex() == expected["roots"][str(height)]
    position = state.write()
    state.committed()
    state.close()
    again = Qmdb(CONFIG, Home(tmp_path / "copy", IDENTITY, ZONE, position))
    assert again.root.hex() == expected["roots"]["10"]
    again.close()


@pytest.mark.parametrize("name", ["whole", "pruned"])
def test_this_version_still_writes_these_records(name: str, tmp_path: Path) -> None:
    """Other records are another format."""
    main(tmp_path)
    golden = GOLDEN / f"format_{FORMAT_VERSION}"
    assert records_in(tmp_path / name) == records_in(golden / name)


def records_in(folder: Path) -> dict[str, list[bytes]]:
    position = (folder / "position").read_bytes()
    decoded = Position.decode(position)
    home = Home(folder, IDENTITY, ZONE, position, is_read_only=True)
    logs = {"entries": decoded.entries, "codes": decoded.codes, "base": decoded.base_log}
    return {
        name: [record for _, record in home.log(name, KINDS[name], of_log).scan()]
        for name, of_log in logs.items()
    }
