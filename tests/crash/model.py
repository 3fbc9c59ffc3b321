"""What a network must hold, kept beside it: everything that replies reported, and what may have happened.

Each `Actor` is an account that acts alone, so that what it did does not depend on the others. The last thing
it asked for may be open: no reply came. Everything before it must be there, and the open thing wholly or not
at all. A snapshot of the network is a copy of all this.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import encode
from devnet.chain.transaction_codec import UnsignedTransaction, sign
from devnet.chain.types import Address, Wei
from tests.crash.rpc import Client, Gone

GENESIS_BALANCE = 10_000 * 10**18

COUNTER = bytes.fromhex("60005460010180600055600052602a60206000a100")
"""Adds one to slot 0 and logs the new value with topic 0x2a."""
COUNTER_INIT = bytes.fromhex(f"60{len(COUNTER):02x}600c60003960{len(COUNTER):02x}6000f3") + COUNTER
DEPLOY, PAY, COUNT = "deploy", "pay", "count"


class Wrong(AssertionError):
    """The network does not hold what it must."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A transaction that was sent."""

    hash: str
    raw: str
    kind: str
    value: int


@dataclass
class Actor:
    """One account in one zone."""

    zone: str
    chain_id: int
    key: bytes
    address: Address
    payee: str
    """Gets all payments and nothing else."""
    minted: str
    """Its balance is set over RPC and not otherwise."""
    sent: list[Sent] = field(default_factory=list)
    """Reported, by nonce."""
    open: list[Sent] = field(default_factory=list)
    """Without a reply; a front part of them may be there."""
    included: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Blocks (number, hash) that receipts reported, by transaction."""
    balance: int = 0
    """Of `minted`."""
    open_balance: int | None = None

    @property
    def contract(self) -> str:
        """Where its contract is, which its first transaction makes."""
        return "0x" + keccak256(encode([bytes(self.address), b""]))[12:].hex()

    def next(self, kind: str, value: int, offset: int = 0) -> Sent:
        """Signs the transaction that follows the reported ones, or the `offset`-th after it."""
        to, data, gas = None, COUNTER_INIT, 200_000
        if kind != DEPLOY:
            to = Address(bytes.fromhex((self.payee if kind == PAY else self.contract)[2:]))
            data, gas = b"", 100_000
        signed = sign(
            UnsignedTransaction(
                type=2,
                chain_id=self.chain_id,
                nonce=len(self.sent) + offset,
                gas_limit=gas,
                max_fee_per_gas=Wei(10**12),
                max_priority_fee_per_gas=Wei(0),
                to=to,
                value=Wei(value),
                data=data,
                access_list=(),
                max_fee_per_blob_gas=Wei(0),
                blob_hashes=(),
                authorizations=(),
            ),
            self.key,
        )
        return Sent("0x" + signed.hash.hex(), "0x" + signed.encoded.hex(), kind, value)

    # ------------------------------------------------------------ what the network says

    def settle(self, client: Client) -> None:
        """Finds out what became of what is open. Raises Wrong where a later part is there and an earlier is
        not."""
        found = [client.call("eth_getTransactionByHash", sent.hash) is not None for sent in self.open]
        count = found.count(True)
        if found != [True] * count + [False] * (len(found) - count):
            raise Wrong(
                f"{self.zone}: of a run of transactions a later one is there without an earlier one: {found}"
            )
        self.sent += self.open[:count]
        self.open = []
        if self.open_balance is not None:
            balance = int(client.call("eth_getBalance", self.minted, "latest"), 16)
            if balance not in (self.balance, self.open_balance):
                raise Wrong(
                    f"{self.zone}: a balance set from {self.balance} to {self.open_balance} is {balance}"
                )
            self.balance, self.open_balance = balance, None

    def check(self, client: Client) -> None:
        """Everything of this actor, against the zone. Raises Wrong."""
        self.settle(client)
        # Blocks may come while this goes on.
        newest = client.call("eth_blockNumber")
        mined = self._check_transactions(client, int(newest, 16))
        paid = sum(sent.value for sent in mined if sent.kind == PAY)
        counted = sum(sent.kind == COUNT for sent in mined)
        self._equal("payee", client.call("eth_getBalance", self.payee, newest), paid)
        self._equal("minted", client.call("eth_getBalance", self.minted, "latest"), self.balance)
        account = "0x" + self.address.hex()
        self._equal("nonce", client.call("eth_getTransactionCount", account, newest), len(mined))
        self._equal(
            "pending nonce", client.call("eth_getTransactionCount", account, "pending"), len(self.sent)
        )
        self._equal("slot 0", client.call("eth_getStorageAt", self.contract, "0x0", newest), counted)
        logs = client.call("eth_getLogs", {"address": self.contract, "fromBlock": "0x0", "toBlock": newest})
        if [int(log["data"], 16) for log in logs] != list(range(1, counted + 1)):
            raise Wrong(f"{self.zone}: {counted} calls logged {[log['data'] for log in logs]}")
        spent = sum(self._fees[sent.hash] + (sent.value if sent.kind == PAY else 0) for sent in mined)
        self._equal("sender", client.call("eth_getBalance", account, newest), GENESIS_BALANCE - spent)

    def _check_transactions(self, client: Client, newest: int) -> list[Sent]:
        """Those that are in blocks up to `newest`; the others are in the pool, or were then."""
        mined: list[Sent] = []
        self._fees: dict[str, int] = {}
        answers: list[Any] = []
        for first in range(0, len(self.sent), 400):
            part = self.sent[first : first + 400]
            answers += client.batch([call for sent in part for call in _questions(sent.hash)])
        for index, sent in enumerate(self.sent):
            transaction, receipt = (_result(answer) for answer in answers[2 * index : 2 * index + 2])
            if transaction is None:
                raise Wrong(f"{self.zone}: transaction {index} ({sent.hash}) was reported and is not there")
            if receipt is None:
                if sent.hash in self.included:
                    raise Wrong(f"{self.zone}: transaction {index} ({sent.hash}) has lost its receipt")
                continue
            if int(receipt["blockNumber"], 16) > newest:
                continue
            if len(mined) != index:
                raise Wrong(f"{self.zone}: transaction {index} is in a block, one before it is not")
            block = (int(receipt["blockNumber"], 16), receipt["blockHash"])
            if self.included.setdefault(sent.hash, block) != block:
                raise Wrong(f"{self.zone}: {sent.hash} was in {self.included[sent.hash]} and is in {block}")
            if receipt["status"] != "0x1":
                raise Wrong(f"{self.zone}: {sent.hash} failed")
            self._fees[sent.hash] = int(receipt["gasUsed"], 16) * int(receipt["effectiveGasPrice"], 16)
            mined.append(sent)
        return mined

    def _equal(self, what: str, found: str, expected: int) -> None:
        if int(found, 16) != expected:
            raise Wrong(f"{self.zone}: {what} of 0x{self.address.hex()} is {int(found, 16)}, not {expected}")


def _questions(transaction_hash: str) -> tuple[tuple[str, list[str]], tuple[str, list[str]]]:
    return (
        ("eth_getTransactionByHash", [transaction_hash]),
        ("eth_getTransactionReceipt", [transaction_hash]),
    )


def _result(answer: dict[str, Any]) -> Any:
    if "error" in answer:
        raise Wrong(f"a question was answered with {answer['error']}")
    return answer["result"]


@dataclass
class Facts:
    """Everything that was reported."""

    actors: list[Actor]
    blocks: dict[str, dict[int, str]]
    """Hashes of blocks that replies showed, by zone and number."""

    def copy(self) -> Facts:
        return copy.deepcopy(self)


@dataclass
class Model:
    """The facts, and those of every snapshot that can be gone back to."""

    facts: Facts
    snapshots: dict[str, Facts] = field(default_factory=dict)
    """By id, oldest first."""
    open_revert: str | None = None

    def taken(self, identifier: str) -> None:
        """A snapshot was reported."""
        self.snapshots[identifier] = self.facts.copy()

    def reverted(self, identifier: str) -> None:
        """A revert was reported: the snapshot stays, newer ones do not."""
        self.facts = self.snapshots[identifier].copy()
        names = list(self.snapshots)
        for newer in names[names.index(identifier) + 1 :]:
            del self.snapshots[newer]

    def check(self, clients: dict[str, Client]) -> None:
        """Raises Wrong where the network is not what was reported, in every way it may have gone."""
        before = copy.deepcopy(self)
        try:
            self._check(clients)
        except Gone:
            # It was killed while it answered: nothing is decided.
            self.facts, self.snapshots = before.facts, before.snapshots
            raise
        self.open_revert = None

    def _check(self, clients: dict[str, Client]) -> None:
        before = copy.deepcopy(self)
        try:
            _check_facts(self.facts, clients)
        except Wrong as one:
            if self.open_revert is None:
                raise
            self.facts, self.snapshots = before.facts, before.snapshots
            self.reverted(self.open_revert)
            try:
                _check_facts(self.facts, clients)
            except Wrong as other:
                raise Wrong(f"a revert without a reply: neither before ({one}) nor after ({other})") from None


def _check_facts(facts: Facts, clients: dict[str, Client]) -> None:
    for actor in facts.actors:
        actor.check(clients[actor.zone])
    for zone, client in clients.items():
        known = {sent.hash for actor in facts.actors if actor.zone == zone for sent in actor.sent}
        _check_chain(zone, client, facts.blocks.setdefault(zone, {}), known)


def _check_chain(zone: str, client: Client, reported: dict[int, str], known: set[str]) -> None:
    """From genesis to the newest block everything hangs together; what was reported is there; nothing else
    is."""
    pool_before = _pool(client)
    newest = int(client.call("eth_blockNumber"), 16)
    if reported and max(reported) > newest:
        raise Wrong(f"{zone}: block {max(reported)} was reported, the newest is {newest}")
    parent = None
    in_blocks: set[str] = set()
    for first in range(0, newest + 1, 500):
        numbers = range(first, min(first + 500, newest + 1))
        answers = client.batch([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
        for number, answer in zip(numbers, answers, strict=True):
            block = _result(answer)
            if block is None or int(block["number"], 16) != number:
                raise Wrong(f"{zone}: block {number} of {newest} is not there")
            if parent is not None and block["parentHash"] != parent:
                raise Wrong(f"{zone}: block {number} does not follow block {number - 1}")
            if reported.get(number, block["hash"]) != block["hash"]:
                raise Wrong(f"{zone}: block {number} was {reported[number]} and is {block['hash']}")
            parent = block["hash"]
            in_blocks.update(block["transactions"])
    pool = _pool(client)
    for what, hashes in (("blocks", in_blocks), ("the pool", pool)):
        if hashes - known:
            raise Wrong(f"{zone}: {what} hold transactions that are not known: {sorted(hashes - known)}")
    if in_blocks & pool or known - in_blocks - pool_before:
        both, none = in_blocks & pool, known - in_blocks - pool_before
        raise Wrong(f"{zone}: transactions both in a block and in the pool {both}, in neither {none}")


def _pool(client: Client) -> set[str]:
    content = client.call("txpool_content")
    return {
        transaction["hash"]
        for part in content.values()
        for of_sender in part.values()
        for transaction in of_sender.values()
    }
