"""The Solidity verifier of QMDB proofs, asked on a real zone, and the Python verifier with the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from eth_abi.abi import decode
from eth_utils.abi import collapse_if_tuple

from devnet.chain.types import Address
from devnet.contracts import artifacts
from devnet.contracts.addresses import MULTICALL3
from devnet.network import Network
from devnet.state import verify as python
from tests.contracts.calling import DeployedContract, error_selector

VERIFIER = Address(b"\x5e" * 20)

FLAWS = {
    "ProofMalformed": python.Flaw.FORMAT,
    "EntryOutsideShard": python.Flaw.COUNTERS,
    "EntryNotOnPath": python.Flaw.LEAF,
    "PathNotToShardRoot": python.Flaw.PATH,
    "EntryInactive": python.Flaw.INACTIVE,
    "ShardNotUnderRoot": python.Flaw.ROOT,
    "EntryAboutOtherKey": python.Flaw.OTHER_KEY,
}
_BY_SELECTOR = {error_selector("QmdbProof", name): flaw for name, flaw in FLAWS.items()}

Question = tuple[bytes, bytes, bytes]
"""Root, key, proof."""

Verdict = bytes | None | python.Flaw
"""The value, None for a key that is proven not to be there, or why the proof proves nothing."""


def in_python(question: Question) -> Verdict:
    try:
        return python.verify(*question)
    except python.InvalidProof as error:
        return error.flaw


class OnChain:
    """QmdbVerifier in a zone of its own."""

    def __init__(self) -> None:
        self.network = Network()
        zone = self.network.default_zone
        zone.set_account(VERIFIER, code=artifacts.load("QmdbVerifier").runtime)
        self.contract = DeployedContract(self.network, "QmdbVerifier", VERIFIER)
        self._multicall = DeployedContract(self.network, "Multicall3", MULTICALL3)

    def verdicts(self, questions: Iterable[Question]) -> list[Verdict]:
        """What `verify` says to each; many go into one call."""
        waiting = list(questions)
        found: list[Verdict] = []
        while waiting:
            batch, waiting = waiting[:100], waiting[100:]
            found += self._batch(batch)
        return found

    def _batch(self, questions: Sequence[Question]) -> list[Verdict]:
        calls = [(VERIFIER, True, self.contract.data("verify", *question)) for question in questions]
        return [_verdict(ok, data) for ok, data in self._multicall.call("aggregate3", calls)]


def _verdict(is_answer: bool, data: bytes) -> Verdict:
    if not is_answer:
        return _BY_SELECTOR[data[:4]]
    exists, value = decode(["bool", "bytes"], data)
    assert exists or value == b""
    return value if exists else None


def answer_types(function: str) -> list[str]:
    """The types that a function of QmdbVerifier returns."""
    entries: list[Any] = [e for e in artifacts.load("QmdbVerifier").abi if e.get("name") == function]
    return [collapse_if_tuple(output) for output in entries[0]["outputs"]]
