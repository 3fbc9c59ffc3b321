"""One transaction, exactly once: what is meant is written down before it is sent, with its nonce, and
whoever comes back after a crash finds out from the chain what became of it.

A transaction that was signed here is known by its hash and sent again unchanged; one that the node signs is
known by its sender and nonce. A chain takes a nonce once, so neither can happen twice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devnet.chain import rlp
from devnet.chain.keccak import keccak256
from zero_sdk.client.accounts import Account
from zero_sdk.client.addresses import checksum, to_bytes
from zero_sdk.client.errors import Refused
from zero_sdk.client.flows import sending
from zero_sdk.client.flows.failing import reverted_from
from zero_sdk.client.signing import unsigned_from
from zero_sdk.client.transaction import Sent, Transaction
from zero_sdk.deploy.identity import Identity
from zero_sdk.deploy.journal import Journal
from zero_sdk.deploy.steps import Done, Head, Intent, StepState, current, record_of
from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone

TRIES = 4
"""How often a step is begun again because others used the account's nonce."""

SCANNED_BLOCKS = 10_000
"""How far back a transaction is looked for on a node that cannot tell it by sender and nonce."""

Watch = Callable[[str, str, Done | None], None]
"""Told of a zone's step when it begins, and of what was done when it is."""

_KNOWN_ALREADY = ("already known", "already imported", "alreadyknown", "already exists")
_NONCE_USED = ("nonce too low", "nonce is too low")
_NONCE_PENDING = ("replacement transaction underpriced", "replacement underpriced", *_KNOWN_ALREADY)
_TOO_CHEAP = ("underpriced", "max fee per gas less than block base fee", "fee cap less than")


class Recorder:
    """Sends a zone's transactions, each with a record before and after."""

    def __init__(
        self,
        zone: Zone,
        journal: Journal,
        name: str,
        *,
        redo: frozenset[str] = frozenset(),
        fresh: bool = False,
        tell: Callable[[str], None] = lambda text: None,
        watch: Watch = lambda zone, step, done: None,
    ) -> None:
        """`name` is the deployment's; steps in `redo` are done again; `fresh` begins anew; `tell` gets what a
        person would like to know, `watch` each step. Raises NoAnswer, Refused."""
        self._zone = zone
        self._journal = journal
        self._redo = redo
        self._tell = tell
        self._watch = watch
        identity = Identity.of(zone)
        head, self._steps = current(journal.records())
        difference = None if head is None else head.identity.difference(identity)
        if difference is not None:
            tell(f"zone {zone.name}: {difference}, so a new deployment begins")
        if head is None or difference is not None or fresh:
            self._steps = {}
            self._write(Head(name, zone.name, identity).record())

    @property
    def steps(self) -> Mapping[str, StepState]:
        """What is known of each step, in the order of their first records."""
        return self._steps

    def is_done(self, step: str) -> bool:
        """Whether the journal has the step as done, and nobody wants it done again."""
        state = self._steps.get(step)
        return state is not None and state.done is not None and step not in self._redo

    def keep_layout(self, address: str, layout: Mapping[str, Any]) -> None:
        """Remembers the storage layout of a contract, for its upgrade."""
        if self.layout_at(address) is None:
            code = _hash(self._zone.code(address))
            self._write({"kind": "layout", "address": address, "code": code, "layout": layout})

    def layout_at(self, address: str) -> Mapping[str, Any] | None:
        """What was remembered of the code that is at an address."""
        code = _hash(self._zone.code(address))
        for record in self._journal.records():
            if record["kind"] == "layout" and (record["address"], record["code"]) == (address, code):
                found: Mapping[str, Any] = record["layout"]
                return found
        return None

    def perform(
        self,
        step: str,
        request: dict[str, Any],
        account: Account,
        *,
        contract: str | None = None,
        address: str | None = None,
    ) -> Done:
        """Does a step, or finds that it is done. `request` is a transaction as JSON-RPC has it, `contract`
        the name of what it deploys and `address` where that will be if salt and code fix it.

        Raises ZeroError where the step is done, but with other contents; Reverted; and Refused, NoAnswer and
        Timeout, after which a later run goes on here."""
        digest = _digest(request)
        if step in self._redo and step in self._steps:
            self._drop(step, "to be done again")
        for _ in range(TRIES):
            state = self._steps.get(step, StepState())
            if state.done is not None and self._stands(state.done):
                return self._same(state.done, digest)
            if state.intent is not None:
                done = self._outcome(state.intent, state.hash)
                if done is not None:
                    return self._same(done, digest)
                state = self._steps.get(step, StepState())
            if address is not None and self._zone.code(address):
                return self._write_done(Done(step, digest, None, 0, 0, contract, address), address)
            intent = state.intent
            if intent is None or intent.digest != digest:
                intent = self._intend(step, digest, dict(request), account, contract, address)
            done = self._send(intent, account)
            if done is not None:
                return done
        raise ZeroError(
            Problem.NONCE_CONTENDED,
            f"{step}: others send from {account} all the time",
            "end what else uses the account, and run this again",
        )

    # ------------------------------------------------------------ what is known

    def _stands(self, done: Done) -> bool:
        """Whether the chain still has what was done; a devnet may have gone back since."""
        if done.address is not None:
            code = self._zone.code(done.address)
            if code and _hash(code) == done.code:
                return True
            what = "its code is another" if code else "there is no code"
            self._gone(done.step, f"{done.contract or 'the contract'} at {done.address}: {what}")
            return False
        if done.hash is None or self._zone.rpc("eth_getTransactionReceipt", done.hash) is not None:
            return True
        self._gone(done.step, f"the chain has no transaction {done.hash}")
        return False

    def _gone(self, step: str, why: str) -> None:
        if not self._zone.is_devnet:
            raise ZeroError(
                Problem.DEPLOYMENT_GONE,
                f"{step} is done in the journal, but {why}",
                f"make sure that the URL leads to the right chain; `--redo {step}` does it again",
            )
        self._tell(f"zone {self._zone.name}: {step} is done again: {why}")
        self._drop(step, why)

    def _same(self, done: Done, digest: str) -> Done:
        if done.digest != digest:
            raise ZeroError(
                Problem.STEP_CHANGED,
                f"{done.step} was done otherwise: its code, arguments or value have changed since",
                f"`--redo {done.step}` does it again, `--fresh` everything; another step name keeps both",
            )
        return done

    def _outcome(self, intent: Intent, found: str | None) -> Done | None:
        """What became of an intent: done, or None. Where another transaction took its nonce it is dropped."""
        # Counted first: an earlier run's request may still be on its way, and what it brings between the two
        # questions must not look like somebody else's transaction.
        used = int(self._zone.rpc("eth_getTransactionCount", intent.sender, "latest"), 16)
        if found is None:
            found = self._by_nonce(intent)
        elif self._zone.rpc("eth_getTransactionByHash", found) is None:
            found = None
        if found is not None:
            return self._finish(intent, found)
        if used > intent.nonce:
            self._drop(intent.step, f"another transaction has nonce {intent.nonce}")
        return None

    def _by_nonce(self, intent: Intent) -> str | None:
        """The hash of the transaction with the intent's sender, nonce and contents; None where there is
        none."""
        try:
            entry = self._zone.rpc("eth_getTransactionBySenderAndNonce", intent.sender, hex(intent.nonce))
        except Refused:
            entry = self._scan(intent)
        if entry is None or _digest(entry) != intent.digest:
            return None
        return str(entry["hash"])

    def _scan(self, intent: Intent) -> Mapping[str, Any] | None:
        newest = self._zone.block_number
        numbers = range(newest, max(intent.block, newest - SCANNED_BLOCKS) - 1, -1)
        for which in ("pending", *map(hex, numbers)):
            block = self._zone.rpc("eth_getBlockByNumber", which, True) or {}
            for entry in block.get("transactions", ()):
                if entry["from"].lower() == intent.sender.lower() and int(entry["nonce"], 16) == intent.nonce:
                    return dict(entry)
        return None

    # ------------------------------------------------------------ doing

    def _intend(
        self,
        step: str,
        digest: str,
        request: dict[str, Any],
        account: Account,
        contract: str | None,
        address: str | None,
    ) -> Intent:
        self._watch(self._zone.name, step, None)
        request["from"] = account.address
        self._complete(step, request)
        nonce = int(request["nonce"], 16)
        if contract is not None and address is None:
            address = create_address(account.address, nonce)
        intent = Intent(
            step,
            digest,
            account.address,
            nonce,
            request,
            None,
            None,
            contract,
            address,
            self._zone.block_number,
        )
        if not self._is_held(account):
            intent = self._signed(intent, account)
        self._write(record_of("intent", intent))
        self._steps[step] = StepState(intent, intent.hash)
        return intent

    def _complete(self, step: str, request: dict[str, Any]) -> None:
        """Fills in the transaction. Raises Reverted where it would fail, and Refused."""
        facts = self._zone.facts
        try:
            self._zone.run(sending.complete(facts, request))
        except Refused as refused:
            known = self._zone.interface_at(request.get("to"))
            raise (reverted_from(refused, facts, request, step, known) or refused) from None

    def _is_held(self, account: Account) -> bool:
        """Whether the node signs for the account."""
        return to_bytes(account.address) in self._zone.facts.network.unlocked or not account.can_sign

    def _signed(self, intent: Intent, account: Account) -> Intent:
        signer = account.signer
        assert signer is not None
        raw = signer.sign_transaction(unsigned_from(intent.request, self._zone.chain_id))
        return replace(intent, raw=f"0x{raw.hex()}", hash=_hash(raw))

    def _send(self, intent: Intent, account: Account) -> Done | None:
        """Sends and waits; None where the step has to begin again."""
        try:
            if intent.raw is not None:
                found = self._zone.rpc("eth_sendRawTransaction", intent.raw)
            else:
                found = self._zone.rpc("eth_sendTransaction", intent.request)
        except Refused as refused:
            reply = refused.reply.lower()
            if intent.hash is not None and any(words in reply for words in _KNOWN_ALREADY):
                found = intent.hash
            elif any(words in reply for words in (*_NONCE_USED, *_NONCE_PENDING)):
                # Ours, if an earlier answer was lost; else somebody else's.
                return self._settled(intent, refused)
            else:
                # The node does not have it, so its nonce is free again.
                self._drop(intent.step, refused.reply)
                if intent.raw is not None and any(words in reply for words in _TOO_CHEAP):
                    return None
                raise
        self._write({"kind": "sent", "step": intent.step, "hash": found})
        self._steps[intent.step] = StepState(intent, found)
        return self._finish(intent, found)

    def _settled(self, intent: Intent, refused: Refused) -> Done | None:
        """The outcome of an intent whose nonce is taken. Raises `refused` where somebody else's transaction
        with that nonce waits: what becomes of it has to be seen first."""
        done = self._outcome(intent, intent.hash)
        if done is None and intent.step in self._steps:
            raise refused
        return done

    def _finish(self, intent: Intent, found: str) -> Done:
        """Waits for the transaction and writes down how it ended. Raises Reverted and Timeout."""
        transaction = Transaction(self._zone, Sent(found, intent.request))
        receipt = transaction.receipt
        if receipt.status == 0:
            self._drop(intent.step, f"transaction {found} reverted")
            self._zone.confirm(transaction)
        block, gas = receipt.block_number, receipt.gas_used
        done = Done(intent.step, intent.digest, found, block, gas, intent.contract)
        return self._write_done(done, intent.address)

    def _write_done(self, done: Done, address: str | None) -> Done:
        if address is not None:
            code = self._zone.code(address)
            if not code:
                self._drop(done.step, f"no code at {address}")
                raise ZeroError(
                    Problem.NO_CODE_DEPLOYED,
                    f"{done.step}: transaction {done.hash} left no code at {address}",
                    "the constructor returned none; an immutable proxy in between may have failed",
                )
            done = replace(done, address=address, code=_hash(code))
        self._write(record_of("done", done))
        self._steps[done.step] = StepState(done=done)
        self._watch(self._zone.name, done.step, done)
        return done

    def _drop(self, step: str, why: str) -> None:
        self._write({"kind": "dropped", "step": step, "why": why})
        self._steps.pop(step, None)

    def _write(self, record: Mapping[str, Any]) -> None:
        self._journal.append(record)


def create_address(sender: str, nonce: int) -> str:
    """Where a transaction puts the contract that it creates."""
    parts = (rlp.encode_bytes(to_bytes(sender)), rlp.encode_int(nonce))
    return checksum(keccak256(rlp.encode_list(parts))[12:])


def _digest(request: Mapping[str, Any]) -> str:
    """Of receiver, value and data: of a request, or of a transaction as the node gives it back."""
    to = request.get("to")
    data = request.get("data") or request.get("input") or "0x"
    value = int(request.get("value") or "0x0", 16)
    parts = (to_bytes(to) if to else b"", value.to_bytes(32), bytes.fromhex(data[2:]))
    return _hash(b"".join(len(part).to_bytes(4) + part for part in parts))


def _hash(data: bytes) -> str:
    return f"0x{keccak256(data).hex()}"
