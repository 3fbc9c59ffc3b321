"""A zone under asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from zero_sdk.client import bridging, forcing, proving
from zero_sdk.client.addresses import AddressLike, to_address
from zero_sdk.client.asynchronous.contract import AsyncContract
from zero_sdk.client.asynchronous.transaction import AsyncTransaction
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows import developing, messaging, reading, transacting, waiting
from zero_sdk.client.flows.asynchronously import run_async
from zero_sdk.client.flows.reading import BlockLike, call_request
from zero_sdk.client.flows.steps import Flow, Outcome
from zero_sdk.client.octets import octets
from zero_sdk.client.packets import ENDPOINT
from zero_sdk.client.transaction import Log, Receipt, Sent
from zero_sdk.client.transports import AsyncTransport, Call
from zero_sdk.client.zone_base import ZoneBase, first_refused, named_refusal

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.network import AsyncNetwork
    from zero_sdk.proofs import SettledStateProof


class AsyncZone(ZoneBase):
    """A zone of an `AsyncNetwork`. Made by it. The methods are those of `Zone`."""

    def __init__(self, network: AsyncNetwork, facts: ZoneFacts, transport: AsyncTransport) -> None:
        super().__init__(facts)
        self.network = network
        self.transport = transport

    @property
    def url(self) -> str | None:
        """Of its node; None in process."""
        return self.transport.url

    def run(self, flow: Flow[Outcome]) -> Coroutine[Any, Any, Outcome]:
        """Takes the steps of a flow (`zero_sdk.client.flows`) at the zone's node."""
        return run_async(flow, self.transport)

    # ------------------------------------------------------------ JSON-RPC

    async def rpc(self, method: str, *parameters: Any) -> Any:
        """The result of a method, as JSON has it. Raises Refused and NoAnswer."""
        return await self.run(developing.rpc(self.facts, method, parameters))

    async def batch(self, calls: Sequence[Call], *, return_errors: bool = False) -> list[Any]:
        """The results of many methods, in one request."""
        outcomes = await self.transport.batch(calls)
        refused = None if return_errors else first_refused(outcomes)
        if refused is not None:
            raise named_refusal(self.facts, refused)
        return outcomes

    # ------------------------------------------------------------ reading

    async def eid(self) -> int:
        """The number of its endpoint, by which contracts in other zones name it."""
        return await self.run(messaging.eid(self.facts, ENDPOINT))

    async def balance(self, of: AddressLike, block: BlockLike = "latest") -> int:
        """In wei."""
        return await self.run(reading.number("eth_getBalance", of, block))

    async def nonce(self, of: AddressLike, block: BlockLike = "latest") -> int:
        """How many transactions the account sent."""
        return await self.run(reading.number("eth_getTransactionCount", of, block))

    async def code(self, of: AddressLike, block: BlockLike = "latest") -> bytes:
        """The code at an address; empty where there is none."""
        return await self.run(reading.code(of, block))

    async def storage(self, of: AddressLike, slot: int | bytes, block: BlockLike = "latest") -> bytes:
        """The 32 bytes of a storage slot."""
        return await self.run(reading.storage(of, slot, block))

    async def block(self, which: BlockLike = "latest") -> Mapping[str, Any] | None:
        """A block as the node gives it; None where there is none."""
        return await self.run(reading.block(which))

    async def block_number(self) -> int:
        """Of the newest block."""
        return int(await self.rpc("eth_blockNumber"), 16)

    async def call(
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
        """What a call returns. Raises Reverted."""
        target = None if to is None else to_address(to)
        request = call_request(self.facts, target, octets(data), sender, value, gas)
        return await self.run(reading.call(self.facts, request, block, overrides, "", self.interface_at(to)))

    async def logs(
        self,
        address: AddressLike | None = None,
        *,
        topics: Sequence[Any] = (),
        from_block: BlockLike = "earliest",
        to_block: BlockLike = "latest",
    ) -> tuple[Log, ...]:
        """Logs of a range of blocks, oldest first."""
        of = None if address is None else to_address(address)
        return await self.run(reading.logs(of, list(topics), from_block, to_block))

    # ------------------------------------------------------------ sending

    async def send(
        self,
        to: AddressLike | None,
        *,
        value: int = 0,
        data: bytes | str = b"",
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
        **fees: Any,
    ) -> AsyncTransaction:
        """Sends a transaction; with `wait` it is in a block, and a Reverted is raised where it failed."""
        return await self.transact(
            to=to,
            data=octets(data),
            value=value,
            sender=sender,
            wait=wait,
            timeout=timeout,
            interface=self.interface_at(to),
            **fees,
        )

    async def transact(self, **options: Any) -> AsyncTransaction:
        """As `send`, with everything by keyword: see `flows.transacting.transact`."""
        return await self.run(transacting.transact(self.facts, self._made, **options))

    def _made(self, sent: Sent) -> AsyncTransaction:
        return AsyncTransaction(self, sent)

    async def bridge(
        self,
        destination: AsyncZone | str | int,
        amount: int,
        to: AddressLike | None = None,
        *,
        gas: int | None = None,
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> AsyncTransaction:
        """See `Zone.bridge`."""
        there = destination if isinstance(destination, AsyncZone) else self.network.zone(destination)
        bridging.check_zones(self, there)
        source = self._source(sender)
        receiver = source if to is None else to_address(to)
        if gas is None:
            gas = bridging.receiver_gas(await there.code(receiver))
        eid = await there.eid()
        fee = int.from_bytes(await self.call(**bridging.quoting(eid, gas)), "big")
        request = bridging.sending(eid, receiver, amount, gas, fee, source)
        return await self.transact(sender=sender, wait=wait, timeout=timeout, **request)

    async def claim_bridged(
        self, account: AddressLike, *, sender: Any = None, wait: bool = True, timeout: float | None = None
    ) -> AsyncTransaction:
        """See `Zone.claim_bridged`."""
        request = bridging.claiming(account)
        return await self.transact(sender=sender, wait=wait, timeout=timeout, **request)

    async def force(
        self,
        transaction: bytes | str,
        *,
        gas: int | None = None,
        sender: Any = None,
        wait: bool = True,
        timeout: float | None = None,
    ) -> AsyncTransaction:
        """See `Zone.force`."""
        system = self.network.zone("system")
        stored = await system.storage(forcing.INBOX, forcing.PARAMETERS_SLOT)
        status = await self.rpc("zero_status")
        request = forcing.posting(status["index"], transaction, gas, stored)
        return await system.transact(sender=sender, wait=wait, timeout=timeout, **request)

    async def forced_transactions(self, first: int | None = None) -> list[dict[str, Any]]:
        """See `Zone.forced_transactions`."""
        found: list[dict[str, Any]] = await self.rpc(
            "zero_getForcedTransactions", None if first is None else hex(first)
        )
        return found

    async def deploy(
        self,
        artifact: Any,
        *arguments: Any,
        libraries: Mapping[str, Any] | None = None,
        salt: int | bytes | None = None,
        **options: Any,
    ) -> AsyncContract:
        """Deploys a contract and waits for it: as `Zone.deploy`."""
        known = self.deployable(artifact)
        address, transaction = await self.run(
            transacting.deploy(self.facts, self._made, known, arguments, libraries, salt, **options)
        )
        contract = AsyncContract(self, address, known.interface, known.source)
        contract.deployment = transaction
        return contract

    def contract(self, address: AddressLike, artifact: Any) -> AsyncContract:
        """A contract that is there already: with an artifact, an ABI, or the name of an artifact."""
        known = self.deployable(artifact)
        return AsyncContract(self, address, known.interface, known.source)

    def transaction(self, transaction_hash: str | bytes) -> AsyncTransaction:
        """A transaction that somebody sent."""
        return self._made(Sent.of(transaction_hash))

    async def wait_for(
        self, transaction: AsyncTransaction | str, tag: str = "latest", timeout: float | None = None
    ) -> Receipt:
        """Waits until a transaction's block is `latest`, `safe` or `finalized`; gives its receipt. Raises
        Timeout."""
        named = transaction if isinstance(transaction, str) else transaction.hash
        return await self.run(waiting.settled(self.facts, named, tag, timeout))

    # ------------------------------------------------------------ proofs for other zones

    async def index(self) -> int:
        """The zone's index in its Zero network: see `Zone.index`."""
        index: int = (await self.rpc("zero_status"))["index"]
        return index

    async def prove(
        self,
        address: AddressLike,
        slots: Sequence[int | bytes] = (),
        *,
        for_zone: AsyncZone | str | None = None,
        height: int | None = None,
        recorded: bool = False,
    ) -> SettledStateProof:
        """Proves an account and some of its slots to contracts of another zone: see `Zone.prove`."""
        return await self.proven(partial(proving.of_state, address, slots), for_zone, height, recorded)

    async def proven(
        self,
        asking: proving.Asking[Outcome],
        for_zone: AsyncZone | str | None,
        height: int | None,
        recorded: bool,
    ) -> Outcome:
        """The answer to a question of `zero_sdk.client.proving`, checked."""
        reader = self.network.zone(for_zone) if isinstance(for_zone, str) else for_zone
        settled = proving.settled_for(None if reader is None else reader.name, height, recorded)
        question = asking(await self.index(), settled)
        answer = await self.rpc(question.method, *question.parameters)
        root = await (reader or self).run(proving.settlement_root(settled, answer))
        return question.check(root, answer)

    # ------------------------------------------------------------ development

    async def mine(self, blocks: int = 1) -> None:
        """Seals blocks."""
        await self.run(developing.ask(self.facts, "mine", hex(blocks)))

    async def fund(self, account: AddressLike, amount: int) -> None:
        """Adds wei to a balance."""
        await self.run(developing.add_balance(self.facts, account, amount))

    async def deal(self, token: AddressLike, account: AddressLike, amount: int) -> None:
        """Sets a balance of an ERC-20 token, in its smallest unit."""
        await self.run(developing.deal(self.facts, token, account, amount))

    @asynccontextmanager
    async def impersonate(self, account: AddressLike) -> AsyncIterator[str]:
        """Inside it the account is a sender without its key; gives its address."""
        address = to_address(account)
        was_unlocked = await self.run(developing.begin_impersonation(self.facts, address))
        try:
            yield address
        finally:
            await self.run(developing.end_impersonation(self.facts, address, was_unlocked))
