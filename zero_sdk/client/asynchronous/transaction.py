"""A transaction of an asynchronous zone."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from zero_sdk.client import proving
from zero_sdk.client.flows import transacting, waiting
from zero_sdk.client.transaction import (
    Event,
    Log,
    Receipt,
    TransactionBase,
    events_of,
    one_of,
    trace_config,
)

if TYPE_CHECKING:
    from zero_sdk.client.asynchronous.message import AsyncMessage
    from zero_sdk.client.asynchronous.zone import AsyncZone
    from zero_sdk.proofs import ProvenLog, ProvenReceipt, ProvenTransaction, SettledItemProof


class AsyncTransaction(TransactionBase):
    """As `Transaction`, and what may wait is a coroutine."""

    __slots__ = ()
    zone: AsyncZone

    async def receipt(self) -> Receipt:
        """What became of it, whether it succeeded or not. Raises Timeout."""
        return await self.zone.run(waiting.receipt(self.zone.facts, self.sent))

    async def wait(self, timeout: float | None = None) -> AsyncTransaction:
        """Waits for the receipt; gives the transaction. Raises Reverted where it failed, and Timeout."""
        await self.zone.run(transacting.confirm(self.zone.facts, self.sent, self, timeout))
        return self

    async def events(self) -> tuple[Event, ...]:
        """What it left, as far as an ABI is known."""
        return self._events(await self.receipt())

    async def events_of(self, contract: Any, name: str | None = None) -> tuple[Event, ...]:
        """The events of one contract, perhaps of one name (or signature)."""
        return events_of(await self.events(), contract, name)

    async def messages(self) -> tuple[AsyncMessage, ...]:
        """The messages that it sent to other zones."""
        from zero_sdk.client.asynchronous.message import AsyncMessage

        network = self.zone.network
        return tuple(AsyncMessage(network, sent) for sent in (await self.receipt()).packets)

    async def message(self) -> AsyncMessage:
        """The one message that it sent. Raises UnknownMessage where there is none, or are several."""
        return one_of(await self.messages())

    async def return_value(self) -> Any:
        """What the function returned, out of a trace."""
        return await self.zone.run(waiting.returned(self.zone.facts, self.sent))

    async def trace(self, tracer: str | None = "callTracer", **options: Any) -> Any:
        """The node's trace of it: debug_traceTransaction."""
        await self.receipt()
        return await self.zone.rpc("debug_traceTransaction", self.hash, trace_config(tracer, options))

    async def prove(
        self, *, for_zone: AsyncZone | str | None = None, height: int | None = None, recorded: bool = False
    ) -> SettledItemProof[ProvenTransaction]:
        """Proves to contracts of another zone that this transaction is in a settled block; for whom, as
        `AsyncZone.prove` says."""
        return await self.zone.proven(partial(proving.of_transaction, self.hash), for_zone, height, recorded)

    async def prove_receipt(
        self, *, for_zone: AsyncZone | str | None = None, height: int | None = None, recorded: bool = False
    ) -> SettledItemProof[ProvenReceipt]:
        """The same for its receipt."""
        asking = partial(proving.of_receipt, self.hash, await self.receipt())
        return await self.zone.proven(asking, for_zone, height, recorded)

    async def prove_log(
        self,
        log: Event | Log | int,
        *,
        for_zone: AsyncZone | str | None = None,
        height: int | None = None,
        recorded: bool = False,
    ) -> SettledItemProof[ProvenLog]:
        """The same for one of its events or logs, or the log with an index in the block. Raises
        WrongArguments where it has none such."""
        asking = partial(proving.of_log, self.hash, await self.receipt(), log)
        return await self.zone.proven(asking, for_zone, height, recorded)
