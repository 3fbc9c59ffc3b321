"""A zone: one EVM with its own chain id, state and blocks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zero_sdk.client.addresses import AddressLike, to_address, to_bytes
from zero_sdk.client.contract import Contract
from zero_sdk.client.deployable import Deployable, deployable_from
from zero_sdk.client.errors import NotADevnet, Refused, UnknownContract
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows import deploying, developing, reading, sending, waiting
from zero_sdk.client.flows.reading import BlockLike, call_request
from zero_sdk.client.flows.steps import Flow, Outcome, run
from zero_sdk.client.transaction import Log, Receipt, Sent, Transaction
from zero_sdk.client.transports import Call, Transport
from zero_sdk.client.transports.messages import METHOD_NOT_FOUND

if TYPE_CHECKING:
    from web3 import AsyncWeb3, Web3

    from zero_sdk.client.interface import Function, Interface
    from zero_sdk.client.network import Network


class Zone:
    """A zone of a `Network`. Made by it."""

    def __init__(self, network: Network, facts: ZoneFacts, transport: Transport) -> None:
        self.network = network
        self.facts = facts
        """What the zone knows of itself; shared with what is made of it."""
        self.transport = transport

    @property
    def name(self) -> str:
        """In its network; "main" for a single RPC."""
        return self.facts.name

    @property
    def chain_id(self) -> int:
        """As EIP-155 has it."""
        return self.facts.chain_id

    @property
    def url(self) -> str | None:
        """Of its node; None in process."""
        return self.transport.url

    @property
    def is_devnet(self) -> bool:
        """Whether its node has development calls: a Zero devnet, Anvil, Hardhat."""
        return self.facts.network.is_devnet

    def run(self, flow: Flow[Outcome]) -> Outcome:
        """Takes the steps of a flow (`zero_sdk.client.flows`) at the zone's node."""
        return run(flow, self.transport)

    # ------------------------------------------------------------ JSON-RPC

    def rpc(self, method: str, *parameters: Any) -> Any:
        """The result of a method, as JSON has it. Raises Refused and NoAnswer."""
        try:
            return self.transport.request(method, parameters)
        except Refused as refused:
            raise self._named(refused) from None

    def batch(self, calls: Sequence[Call], *, return_errors: bool = False) -> list[Any]:
        """The results of many methods, in one request: `zone.batch([("eth_blockNumber", []), ...])`. Raises
        the first Refused, unless they are asked for."""
        outcomes = self.transport.batch(calls)
        for outcome in outcomes:
            if isinstance(outcome, Refused) and not return_errors:
                raise self._named(outcome)
        return outcomes

    def _named(self, refused: Refused) -> Refused:
        is_development = refused.method.startswith(("evm_", "anvil_", "hardhat_", "zero_"))
        if refused.code == METHOD_NOT_FOUND and is_development and not self.is_devnet:
            return NotADevnet(
                refused.method,
                refused.code,
                f"{refused.method} is a development call, and {self.name} is not a devnet",
                zone=self.name,
            )
        refused.zone = self.name
        return refused

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
        request = call_request(self.facts, target, _octets(data), sender, value, gas)
        interface = None if to is None else self.facts.interfaces.get(to_bytes(to))
        return self.run(reading.call(self.facts, request, block, overrides, "", interface))

    def estimate_gas(
        self, to: AddressLike | None, data: bytes | str = b"", *, sender: Any = None, value: int = 0
    ) -> int:
        """The gas that a transaction needs. Raises Reverted."""
        target = None if to is None else to_address(to)
        request = call_request(self.facts, target, _octets(data), sender, value)
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
        found = self.run(reading.logs(of, list(topics), from_block, to_block))
        return tuple(Log.from_json(entry) for entry in found)

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
        interface = None if to is None else self.facts.interfaces.get(to_bytes(to))
        return self.transact(
            to=to,
            data=_octets(data),
            value=value,
            sender=sender,
            wait=wait,
            timeout=timeout,
            interface=interface,
            **fees,
        )

    def transact(
        self,
        *,
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
        function: Function | None = None,
        interface: Interface | None = None,
        action: str = "",
        **fields: Any,
    ) -> Transaction:
        """As `send`, for a function of a contract."""
        request = sending.request_of(**fields)
        sent = self.run(sending.send(self.facts, request, sender, function, interface, action))
        transaction = Transaction(self, sent)
        return transaction.wait(timeout) if wait else transaction

    def send_raw(self, raw: bytes | str, *, wait: bool = True, timeout: float | None = None) -> Transaction:
        """Sends a signed transaction."""
        text = f"0x{raw.hex()}" if isinstance(raw, bytes) else raw
        transaction = self.transaction(self.rpc("eth_sendRawTransaction", text))
        return transaction.wait(timeout) if wait else transaction

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
        request, expected = deploying.request_of(known, arguments, libraries, salt)
        transaction = self.transact(
            sender=sender,
            timeout=timeout,
            function=known.interface.constructor,
            interface=known.interface,
            action=f"{known.interface.name or 'contract'} constructor",
            value=value,
            **request,
            **fees,
        )
        address = expected or transaction.contract_address
        if expected is not None and not self.code(expected):
            raise UnknownContract(f"{known.interface.name} was not deployed at {expected}")
        contract = Contract(self, address, known.interface, known.source)
        contract.deployment = transaction
        return contract

    def deployable(self, artifact: Any) -> Deployable:
        """An artifact of any kind, or the name of one, as what can be deployed. Raises UnknownContract."""
        if isinstance(artifact, str):
            return self.facts.network.artifacts.named(artifact)
        return deployable_from(artifact)

    def contract(self, address: AddressLike, artifact: Any) -> Contract:
        """A contract that is there already: with an artifact, an ABI, or the name of an artifact."""
        known = self.deployable(artifact)
        return Contract(self, address, known.interface, known.source)

    # ------------------------------------------------------------ waiting

    def transaction(self, transaction_hash: str | bytes) -> Transaction:
        """A transaction that somebody sent."""
        text = f"0x{transaction_hash.hex()}" if isinstance(transaction_hash, bytes) else transaction_hash
        return Transaction(self, Sent(text, {}))

    def wait_for(
        self, transaction: Transaction | str, tag: str = "latest", timeout: float | None = None
    ) -> Receipt:
        """Waits until a transaction's block is `latest`, `safe` or `finalized`; gives its receipt. Raises
        Timeout."""
        named = transaction if isinstance(transaction, str) else transaction.hash
        return self.run(waiting.settled(self.facts, named, tag, timeout))

    def receipt_of(self, sent: Sent, timeout: float | None = None) -> Receipt:
        """Waits for a receipt. Raises Timeout."""
        return self.run(waiting.receipt(self.facts, sent, timeout))

    def check(self, transaction: Transaction) -> None:
        """Raises Reverted where a transaction with a receipt failed."""
        if transaction.status == 0:
            raise self.run(waiting.failure(self.facts, transaction._sent, transaction))

    def return_value_of(self, sent: Sent) -> Any:
        """What a transaction returned: decoded where its function is known."""
        self.receipt_of(sent)
        data = self.run(waiting.returned(sent))
        return data if sent.function is None else sent.function.decode(data)

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
        self.run(developing.set_account(self.facts, "setCode", account, f"0x{_octets(code).hex()}"))

    def set_nonce(self, account: AddressLike, nonce: int) -> None:
        """Of the account's next transaction."""
        self.run(developing.set_account(self.facts, "setNonce", account, hex(nonce)))

    def set_storage(self, account: AddressLike, slot: int | bytes, value: int | bytes) -> None:
        """Writes a storage slot."""
        words = (developing.word(slot), developing.word(value))
        self.run(developing.set_account(self.facts, "setStorageAt", account, *words))

    def deal(self, token: AddressLike, account: AddressLike, amount: int) -> None:
        """Sets a balance of an ERC-20 token, in its smallest unit, by finding its storage slot."""
        self.run(developing.deal(self.facts, token, account, amount))

    @contextmanager
    def impersonate(self, account: AddressLike) -> Iterator[str]:
        """Inside it the account is a sender without its key; gives its address."""
        address = to_address(account)
        unlocked = self.facts.network.unlocked
        was_unlocked = to_bytes(address) in unlocked
        self.run(developing.impersonate(self.facts, address, True))
        unlocked.add(to_bytes(address))
        try:
            yield address
        finally:
            if not was_unlocked:
                unlocked.discard(to_bytes(address))
                self.run(developing.impersonate(self.facts, address, False))

    def __repr__(self) -> str:
        return (
            f"<Zone {self.name}, chain id {self.chain_id}{f', {self.url}' if self.url else ', in process'}>"
        )


def _octets(data: bytes | str) -> bytes:
    return bytes.fromhex(data.removeprefix("0x")) if isinstance(data, str) else data
