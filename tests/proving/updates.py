"""Real networks in process whose blocks are proven: what the tests of this folder share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import encode
from devnet.chain.transaction import Transaction
from devnet.chain.transaction_codec import UnsignedTransaction
from devnet.chain.types import Address, Wei
from devnet.execution import Engine
from devnet.kernel import absence
from devnet.network import Network, NetworkConfig
from devnet.parts import Parts, native_parts, reference_parts
from devnet.proving import Checked, Proof
from devnet.proving.batch import BatchBlock, decode_batch
from devnet.proving.program import Program
from devnet.proving.prover import WitnessProver
from devnet.proving.stateless import WitnessVerifier
from devnet.proving.statement import Statement, build_statement
from devnet.proving.witness import Witness
from devnet.zone.messages import Mining
from devnet.zone.updates import record_update
from devnet.zone.zone import Zone

GWEI = 10**9
COMMITMENT = keccak256(b"what the batch was dispersed under")
INBOX_INDEX = 7
"""Of the first forced transaction that an update of these tests could consume."""


@cache
def parts_of(name: str) -> Parts:
    """Made once for each: all networks share the kernel's threads."""
    return reference_parts() if name == "reference" else native_parts(2)


PARTS = ("reference",) if absence() is not None else ("reference", "native")


@cache
def engine_of(name: str) -> Engine:
    """The engine of those parts."""
    return parts_of(name).engine()


@dataclass(frozen=True)
class Update:
    """A recorded update with its statement."""

    witness: Witness
    statement: Statement

    @property
    def proof(self) -> Proof:
        return WitnessProver().prove(self.statement, self.witness)

    @property
    def blocks(self) -> tuple[BatchBlock, ...]:
        return decode_batch(self.witness.batch)[0]


def state_update(witness: Witness) -> Update:
    """The witness with the statement that its blocks give."""
    blocks, _ = decode_batch(witness.batch)
    statement = build_statement(
        witness.program, witness.parent, blocks, COMMITMENT, INBOX_INDEX, witness.outbox
    )
    return Update(witness, statement)


def verifier_of(engine: str = PARTS[-1], opens: str | None = None, **limits: Any) -> WitnessVerifier:
    """A verifier with that engine, on the partial state of these parts or of others."""
    return WitnessVerifier(engine_of(engine), open_state=parts_of(opens or engine).open_state, **limits)


def verify(update: Update, engine: str = PARTS[-1], opens: str | None = None) -> Checked:
    """What such a verifier says."""
    return verifier_of(engine, opens).verify(update.statement, update.proof)


class Chain:
    """A network of which one zone makes blocks when told to, and proofs of them."""

    def __init__(self, parts: str = PARTS[-1], **changes: Any) -> None:
        config = NetworkConfig(zones=("alpha",), accounts=5, mining=Mining(automine=False))
        self.config = replace(config, **changes)
        self.parts = parts
        self.network = Network(self.config, parts_of(parts))
        zone = self.network.default_zone
        assert isinstance(zone, Zone)
        self.zone = zone
        self.accounts: Sequence[Address] = self.network.keys.addresses

    @property
    def number(self) -> int:
        return self.zone.number()

    @property
    def program(self) -> Program:
        return self.config.program(1)

    def transaction(
        self, sender: int = 0, to: Address | None = None, data: bytes = b"", value: int = 0, **fields: Any
    ) -> Transaction:
        """A signed transaction of one of the network's accounts."""
        address = self.accounts[sender]
        unsigned = UnsignedTransaction(
            type=fields.pop("type", 2),
            chain_id=fields.pop("chain_id", self.config.chain_id),
            nonce=self.zone.nonce(address, "pending"),
            gas_limit=fields.pop("gas", 1_000_000 if data or to is None else 21_000),
            max_fee_per_gas=Wei(20 * GWEI),
            max_priority_fee_per_gas=Wei(fields.pop("tip", GWEI)),
            to=to,
            value=Wei(value),
            data=data,
            **fields,
        )
        return self.network.keys.sign_transaction(unsigned, address)

    def send(self, *arguments: Any, **fields: Any) -> Transaction:
        """Puts such a transaction into the mempool."""
        transaction = self.transaction(*arguments, **fields)
        self.zone.submit(transaction)
        return transaction

    def deploy(self, runtime: bytes, sender: int = 0) -> Address:
        """Puts a contract into the next block; its address."""
        init = b"\x61" + len(runtime).to_bytes(2, "big") + bytes.fromhex("80600a3d393df3") + runtime
        transaction = self.send(sender, None, init)
        nonce = transaction.nonce
        number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
        return Address(keccak256(encode([bytes(transaction.sender), number]))[12:])

    def mine(self, count: int = 1) -> None:
        """Seals blocks."""
        self.network.mine(self.zone, count)

    def update(self, first: int, last: int | None = None, blobs: Sequence[bytes] = ()) -> Update:
        """The blocks from `first` on."""
        zone = self.zone
        witness = record_update(
            zone._ledger,
            engine_of(self.parts),
            self.network.codec,
            self.program,
            first,
            self.number if last is None else last,
            blobs,
        )
        return state_update(witness)
