"""A zone: one EVM with its own chain id, state and blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from zero_sdk.client import bridging, forcing, proving
from zero_sdk.client.addresses import AddressLike, to_address
from zero_sdk.client.contract import Contract
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows import developing, messaging, reading, transacting, waiting
from zero_sdk.client.flows.reading import BlockLike, call_request
from zero_sdk.client.flows.steps import Flow, Outcome, run
from zero_sdk.client.octets import octets, word
from zero_sdk.client.packets import ENDPOINT
from zero_sdk.client.transaction import Log, Receipt, Sent, Transaction
from zero_sdk.client.transports import Call, Transport
from zero_sdk.client.zone_base import ZoneBase, first_refused, named_refusal

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3

    from zero_sdk.client.network import Network
    from zero_sdk.proofs import SettledStateProof


class Zone(ZoneBase):
    """A zone of a `Network`. Made by it."""

    def __init__(self, network: Network, facts: ZoneFacts, transport: Transport) -> None:
        super().__init__(facts)
        self.network = network
        self.transport = transport

    @property
    def url(self) -> str | None:
        """Of its node; None in process."""
        return self.transport.url

    def run(self, flow: Flow[Outcome]) -> Outcome:
        """Takes the steps of a flow (`zero_sdk.client.flows`) at the zone's node."""
        return run(flow, self.transport)

    # ------------------------------------------------------------ JSON-RPC

    def rpc(self, method: str, *parameters: Any) -> Any:
        """The result of a method, as JSON has it. Raises Refused and NoAnswer."""
        return self.run(developing.rpc(self.facts, method, parameters))

    def batch(self, calls: Sequence[Call], *, return_errors: bool = False) -> list[Any]:
        """The results of many methods, in one request: `zone.batch([("eth_blockNumber", []), ...])`. Raises
        the first Refused, unless they are asked for."""
        outcomes = self.transport.batch(calls)
        refused = None if return_errors else first_refused(outcomes)
        if refused is not None:
            raise named_refusal(self.facts, refused)
        return outcomes

    @property
    def w3(self) -> Web3:
        """web3.py at this zone. Imported when it is asked for, which takes about a second."""
        from zero_sdk.client.web3_provider import web3_of

        return web3_of(self.transport)

    @property
    def async_w3(self) -> AsyncWeb3[Any]:
        """web3.py's asynchronous twin at this zone."""
        from zero_sdk.client.web3_provider import async_web3_of

        return async_web3_of(self.transport)

    # ------------------------------------------------------------ reading

    @property
    def eid(self) -> int:
        """The number of its endpoint, by which contracts in other zones name it (docs/messages.md). Raises
        WrongArguments where it has none."""
        return self.run(messaging.eid(self.facts, ENDPOINT))

    def balance(self, of: AddressLike, block: BlockLike = "latest") -> int:
        """In wei."""
        return self.run(reading.number("eth_getBalance", of, block))

    def nonce(self, of: AddressLike, block: BlockLike = "latest") -> int:
        """How many transactions the account sent; at "pending" with those that wait."""
        return self.run(reading.number("eth_getTransactionCount", of, block))

    def code(self, of: AddressLike, block: BlockLike = "latest") -> bytes:
        """The code at an address; empty where there is none."""
        return self.run(reading.code(of, block))

    def storage(self, of: AddressLike, slot: int | bytes, block: BlockLike = "latest") -> bytes:
        """The 32 bytes of a storage slot."""
        return self.run(reading.storage(of, slot, block))

    def block(self, which: BlockLike = "latest") -> Mapping[str, Any] | None:
        """A block as the node gives it; None where there is none."""
        return self.run(reading.block(which))

    @property
    def block_number(self) -> int:
        """Of the newest block."""
        return int(self.rpc("eth_blockNumber"), 16)

    @property
    def timestamp(self) -> int:
        """Of the newest block, in seconds."""
        newest = self.block("latest")
        return 0 if newest is None else int(newest["timestamp"], 16)

    def call(
        self,
        to: AddressLike | None,
        data: bytes | str = b"",
        *,
        sender: Any = None,
        value: int = 0,
        gas: int | None = None,
        block: BlockLike = "latest",
        overrides: Mapping[str, Any] | None = None,
    ) -> bytes:
        """What a call returns. `overrides` are eth_call's state overrides by address. Raises Reverted."""
        target = None if to is None else to_address(to)
        request = call_request(self.facts, target, octets(data), sender, value, gas)
        return self.run(reading.call(self.facts, request, block, overrides, "", self.interface_at(to)))

    def estimate_gas(
        self, to: AddressLike | None, data: bytes | str = b"", *, sender: Any = None, value: int = 0
    ) -> int:
        """The gas that a transaction needs. Raises Reverted."""
        target = None if to is None else to_address(to)
        request = call_request(self.facts, target, octets(data), sender, value)
        return self.run(reading.estimate(self.facts, request))

    def logs(
        self,
        address: AddressLike | None = None,
        *,
        topics: Sequence[Any] = (),
        from_block: BlockLike = "earliest",
        to_block: BlockLike = "latest",
    ) -> tuple[Log, ...]:
        """Logs of a range of blocks, oldest first."""
        of = None if address is None else to_address(address)
        return self.run(reading.logs(of, list(topics), from_block, to_block))

    # ------------------------------------------------------------ sending

    def send(
        self,
        to: AddressLike | None,
        *,
        value: int = 0,
        data: bytes | str = b"",
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
        **fees: Any,
    ) -> Transaction:
        """Sends a transaction; with `wait` it is in a block, and a Reverted is raised where it failed.

        `sender` is an Account, an address whose key the node holds or impersonates, or an account of
        eth-account; by default the first account of a devnet. What is not given is filled in: gas, gas_price,
        max_fee, max_priority_fee, nonce; access_list and authorizations (EIP-7702) are taken, too.
        """
        return self.transact(
            to=to,
            data=octets(data),
            value=value,
            sender=sender,
            wait=wait,
            timeout=timeout,
            interface=self.interface_at(to),
            **fees,
        )

    @contextmanager
    def step(self, name: str, *, anew: bool = False) -> Iterator[None]:
        """Names the transaction inside, where a deployment writes it down (`RecordedZone.step`); here it has
        no name."""
        yield

    def transact(self, **options: Any) -> Transaction:
        """As `send`, with everything by keyword: see `flows.transacting.transact`."""
        return self.run(transacting.transact(self.facts, self._made, **options))

    def _made(self, sent: Sent) -> Transaction:
        return Transaction(self, sent)

    def send_raw(self, raw: bytes | str, *, wait: bool = True, timeout: float | None = None) -> Transaction:
        """Sends a signed transaction."""
        text = f"0x{raw.hex()}" if isinstance(raw, bytes) else raw
        transaction = self.transaction(self.rpc("eth_sendRawTransaction", text))
        return transaction.wait(timeout) if wait else transaction

    def bridge(
        self,
        destination: Zone | str | int,
        amount: int,
        to: AddressLike | None = None,
        *,
        gas: int | None = None,
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Transaction:
        """Sends an amount of the currency, in wei, to an account of another zone (its name or itself), by
        default to the sender's own: `zone.bridge("beta", 10**18).message.delivered()`. The fee comes on top.
        `gas` is what the receiver's own code may take; by default nothing where it has none, else 100,000.
        A receiver that refuses is owed the amount: `claim_bridged`."""
        there = destination if isinstance(destination, Zone) else self.network.zone(destination)
        bridging.check_zones(self, there)
        source = self._source(sender)
        receiver = source if to is None else to_address(to)
        if gas is None:
            gas = bridging.receiver_gas(there.code(receiver))
        eid = there.eid
        fee = int.from_bytes(self.call(**bridging.quoting(eid, gas)), "big")
        request = bridging.sending(eid, receiver, amount, gas, fee, source)
        return self.transact(sender=sender, wait=wait, timeout=timeout, **request)

    def claim_bridged(
        self, account: AddressLike, *, sender: Any = None, wait: bool = True, timeout: float | None = None
    ) -> Transaction:
        """Has an account of this zone paid what it refused when it arrived; anybody may send this. Raises
        Reverted where it is owed nothing, or refuses again."""
        request = bridging.claiming(account)
        return self.transact(sender=sender, wait=wait, timeout=timeout, **request)

    def force(
        self,
        transaction: bytes | str,
        *,
        gas: int | None = None,
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> Transaction:
        """Posts a signed transaction to the zone's inbox in the system zone, whatever the zone's producers
        like (docs/settlement.md): it is in a block some heights after the posting settled. Gives the posting,
        which `sender` pays: 1 gwei for each of `gas`, by default the transaction's own gas limit.
        `forced_transactions` says what became of it."""
        system = self.network.zone("system")
        stored = system.storage(forcing.INBOX, forcing.PARAMETERS_SLOT)
        request = forcing.posting(self.rpc("zero_status")["index"], transaction, gas, stored)
        return system.transact(sender=sender, wait=wait, timeout=timeout, **request)

    def forced_transactions(self, first: int | None = None) -> list[dict[str, Any]]:
        """At most 100 of what was posted to the zone's inbox, from a place on or the newest: as JSON, with
        `status` (posted, settled, due, consumed), `dueHeight`, and the block that consumed it."""
        found: list[dict[str, Any]] = self.rpc(
            "zero_getForcedTransactions", None if first is None else hex(first)
        )
        return found

    def deploy(
        self,
        artifact: Any,
        *arguments: Any,
        sender: Any = None,
        value: int = 0,
        libraries: Mapping[str, Any] | None = None,
        salt: int | bytes | None = None,
        timeout: float | None = None,
        **fees: Any,
    ) -> Contract:
        """Deploys a contract and waits for it. `artifact` is an artifact of any compiler or tool, or the
        name of one that `network.artifacts` has; `libraries` are addresses by name; with a `salt` the
        address depends on salt and code only, by the deterministic deployment proxy (CREATE2).

        Raises Reverted where the constructor failed, and WrongArguments before anything is sent.
        """
        known = self.deployable(artifact)
        address, transaction = self.run(
            transacting.deploy(
                self.facts,
                self._made,
                known,
                arguments,
                libraries,
                salt,
                sender=sender,
                value=value,
                timeout=timeout,
                **fees,
            )
        )
        contract = Contract(self, address, known.interface, known.source)
        contract.deployment = transaction
        return contract

    def contract(self, address: AddressLike, artifact: Any) -> Contract:
        """A contract that is there already: with an artifact, an ABI, or the name of an artifact."""
        known = self.deployable(artifact)
        return Contract(self, address, known.interface, known.source)

    # ------------------------------------------------------------ waiting

    def transaction(self, transaction_hash: str | bytes) -> Transaction:
        """A transaction that somebody sent."""
        return self._made(Sent.of(transaction_hash))

    def wait_for(
        self, transaction: Transaction | str, tag: str = "latest", timeout: float | None = None
    ) -> Receipt:
        """Waits until a transaction's block is `latest`, `safe` or `finalized`; gives its receipt. Raises
        Timeout."""
        named = transaction if isinstance(transaction, str) else transaction.hash
        return replace(self.run(waiting.settled(self.facts, named, tag, timeout)), zone=self)

    def receipt_of(self, sent: Sent, timeout: float | None = None) -> Receipt:
        """Waits for a receipt. Raises Timeout."""
        sent.receipt = replace(self.run(waiting.receipt(self.facts, sent, timeout)), zone=self)
        return sent.receipt

    def confirm(self, transaction: Transaction, timeout: float | None = None) -> None:
        """Waits for a transaction's receipt. Raises Reverted where it failed, and Timeout."""
        self.run(transacting.confirm(self.facts, transaction.sent, transaction, timeout))

    def return_value_of(self, sent: Sent) -> Any:
        """What a transaction returned: decoded where its function is known."""
        return self.run(waiting.returned(self.facts, sent))

    def update(self, number: int) -> Mapping[str, Any] | None:
        """The update of a Zero network that settled the zone's block with that number, as JSON; None as long
        as none did. Its `hash` names it in `network.data`."""
        found: Mapping[str, Any] | None = self.rpc("zero_getZoneUpdate", hex(number))
        return found

    # ------------------------------------------------------------ proofs for other zones

    @property
    def index(self) -> int:
        """The zone's index in its Zero network: how contracts name it that read what it settled."""
        index: int = self.rpc("zero_status")["index"]
        return index

    def prove(
        self,
        address: AddressLike,
        slots: Sequence[int | bytes] = (),
        *,
        for_zone: Zone | str | None = None,
        height: int | None = None,
        recorded: bool = False,
    ) -> SettledStateProof:
        """Proves an account and some of its slots to contracts of another zone of a Zero network, as they are
        settled (docs/proofs.md): under a settlement block that `for_zone` knows in its next block (with
        `recorded` in its newest one), or under that of a height. Raises Refused where nothing of the zone is
        settled there, and `zero_sdk.proofs.InvalidProof`."""
        return self.proven(partial(proving.of_state, address, slots), for_zone, height, recorded)

    def proven(
        self,
        asking: proving.Asking[Outcome],
        for_zone: Zone | str | None,
        height: int | None,
        recorded: bool,
    ) -> Outcome:
        """The answer to a question of `zero_sdk.client.proving`, checked."""
        reader = self.network.zone(for_zone) if isinstance(for_zone, str) else for_zone
        settled = proving.settled_for(None if reader is None else reader.name, height, recorded)
        question = asking(self.index, settled)
        answer = self.rpc(question.method, *question.parameters)
        return question.check((reader or self).run(proving.settlement_root(settled, answer)), answer)

    # ------------------------------------------------------------ development

    def mine(self, blocks: int = 1) -> None:
        """Seals blocks."""
        self.run(developing.ask(self.facts, "mine", hex(blocks)))

    def fund(self, account: AddressLike, amount: int) -> None:
        """Adds wei to a balance."""
        self.run(developing.add_balance(self.facts, account, amount))

    def set_balance(self, account: AddressLike, amount: int) -> None:
        """In wei."""
        self.run(developing.set_account(self.facts, "setBalance", account, hex(amount)))

    def set_code(self, account: AddressLike, code: bytes | str) -> None:
        """Puts code at an address."""
        self.run(developing.set_account(self.facts, "setCode", account, f"0x{octets(code).hex()}"))

    def set_nonce(self, account: AddressLike, nonce: int) -> None:
        """Of the account's next transaction."""
        self.run(developing.set_account(self.facts, "setNonce", account, hex(nonce)))

    def set_storage(self, account: AddressLike, slot: int | bytes, value: int | bytes) -> None:
        """Writes a storage slot."""
        words = (word(slot), word(value))
        self.run(developing.set_account(self.facts, "setStorageAt", account, *words))

    def deal(self, token: AddressLike, account: AddressLike, amount: int) -> None:
        """Sets a balance of an ERC-20 token, in its smallest unit, by finding its storage slot."""
        self.run(developing.deal(self.facts, token, account, amount))

    @contextmanager
    def impersonate(self, account: AddressLike) -> Iterator[str]:
        """Inside it the account is a sender without its key; gives its address."""
        address = to_address(account)
        was_unlocked = self.run(developing.begin_impersonation(self.facts, address))
        try:
            yield address
        finally:
            self.run(developing.end_impersonation(self.facts, address, was_unlocked))
