"""Writes the golden folders of the present format: small states in files, and what they must say.

    python -m tests.state.golden.make tests/state/golden/format_1

Run it once for a new format version, into a new folder. The folders of older ones stay: every later version,
and every other writer of the format, has to open them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from devnet.chain.account import Account, ChangeSet
from devnet.chain.types import Address, Hash32, Wei
from devnet.persistence.home import Home
from devnet.state.qmdb import Qmdb, QmdbConfig, account_key, slot_key

CONFIG = QmdbConfig(1, 9, 10)
IDENTITY = bytes(range(100, 132))
ZONE = 2
PEOPLE = [Address(bytes([n]) * 20) for n in range(1, 8)]
NOBODY = Address(b"\xfe" * 20)
CODES = {Hash32(bytes([0xC0 + n]) * 32): bytes([n]) * (n + 1) for n in range(3)}
SLOTS = (0, 1, 2**255)


def block(height: int) -> ChangeSet:
    """Creates, updates and deletes accounts and slots; every third block brings code."""
    accounts: dict[Address, Account | None] = {
        PEOPLE[height % 7]: Account(height, Wei(10**18 + height)),
        PEOPLE[(height + 3) % 7]: None if height % 2 else Account(2**64 - 1, Wei(2**256 - 1 - height)),
    }
    codes = {}
    if height % 3 == 0:
        code_hash = sorted(CODES)[height // 3 % 3]
        accounts[PEOPLE[6]] = Account(1, Wei(0), code_hash)
        codes[code_hash] = CODES[code_hash]
    storage = {
        (PEOPLE[height % 3], SLOTS[height % 3]): height * height % 4,
        (PEOPLE[6], height % 2): 2**256 - 1 - height,
    }
    return ChangeSet(accounts, storage, codes)


def build(state: Qmdb) -> bytes:
    """Blocks with a rollback and empty ones among them, in commits of different sizes; the position."""
    for height in range(10):
        state.commit(height, ChangeSet() if height == 4 else block(height))
        if height in (0, 2, 3, 6, 9):
            state.write()
            state.committed()
    state.rollback(7)
    for height in (8, 9, 10):
        state.commit(height, block(height + 5))
    return state.write()


def keys() -> list[bytes]:
    """Of everything that there may be, and of nothing."""
    holders = (*PEOPLE, NOBODY)
    return [account_key(a) for a in holders] + [slot_key(a, slot) for a in holders[:3] for slot in SLOTS]


def expectations(state: Qmdb) -> dict[str, object]:
    """Heights, roots, values and proofs, in hexadecimal digits."""
    kept = range(state.oldest_height, state.height + 1)
    return {
        "height": state.height,
        "oldest": state.oldest_height,
        "roots": {str(height): state.root_at(height).hex() for height in kept},
        "codes": {key.hex(): code.hex() for key, code in sorted(CODES.items())},
        "proofs": {
            str(height): {key.hex(): state.prove(key, height).encode().hex() for key in keys()}
            for height in (state.oldest_height, state.height)
        },
        "values": {
            str(height): {
                key.hex(): value.hex()
                for key in keys()
                if (value := state.prove(key, height).value) is not None
            }
            for height in kept
        },
    }


def main(folder: Path) -> None:
    for name in ("whole", "pruned"):
        home = Home(folder / name, IDENTITY, ZONE, None)
        state = Qmdb(CONFIG, home, segment_size=900)
        position = build(state)
        if name == "pruned":
            state.forget(7)
            state.compact_files()
            position = state.write()
        state.committed()
        (folder / name / "position").write_bytes(position)
        expected = json.dumps(expectations(state), indent=1) + "\n"
        (folder / name / "expected.json").write_text(expected, encoding="utf-8")
        state.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
