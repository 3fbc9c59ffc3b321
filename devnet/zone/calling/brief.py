"""Calls that are tried where nothing may wait for them: the event loop of a server.

The engine bounds what one try costs. A call that is not as plain as can be, or that would take longer, is
given up; then it is run as any other, from the start, and that is what is answered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from devnet.blocks.environment import environment_of
from devnet.chain.types import ZERO_ADDRESS, Address, Wei
from devnet.execution import BriefCalls, Engine, TransactionResult
from devnet.state import StateGone
from devnet.zone.block_record import BlockRecord
from devnet.zone.errors import ZoneError
from devnet.zone.ledger import Ledger
from devnet.zone.messages import CallRequest

_KEPT_LONG: Final = 256
"""How many long calls are known at once."""


@dataclass(frozen=True, slots=True)
class _Site:
    """The newest block, and how calls are tried there."""

    record: BlockRecord
    chain_id: int
    calls: BriefCalls | None
    """None where the engine gives no such promise."""
    long: set[tuple[Address, bytes]]
    """Recipient and selector of calls that were given up: they are not tried again."""


class BriefCaller:
    """Tries calls at the newest block. One thread asks, beside the one that changes the zone."""

    def __init__(self, ledger: Ledger, engine: Engine, unknown: Collection[Address]) -> None:
        """`unknown` are accounts whose storage the view of the newest block does not tell as calls see it."""
        self._ledger = ledger
        self._engine = engine
        self._unknown = unknown
        self._gas_cap = ledger.config.call_gas_cap
        self._site: _Site | None = None

    def call(self, request: CallRequest) -> TransactionResult | None:
        """What `calling.call.call` finds at "latest", if that takes no time worth mentioning."""
        tip = self._ledger.tip
        to = request.to
        if to is None or tip.overlay or not _is_plain(request):
            return None
        site = self._site
        if site is None or site.record is not tip.record or site.chain_id != self._ledger.rules.chain_id:
            site = self._site = self._make(tip.record)
        calls = site.calls
        data = request.data
        key = (to, data[:4])
        if calls is None or key in site.long:
            return None
        gas = request.gas
        cap = self._gas_cap
        result = calls.run(
            ZERO_ADDRESS if request.sender is None else request.sender,
            to,
            cap if gas is None or gas > cap else gas,
            request.value or Wei(0),
            data,
        )
        if result is None:
            if len(site.long) >= _KEPT_LONG:
                site.long.clear()
            site.long.add(key)
        return result

    def _make(self, record: BlockRecord) -> _Site:
        ledger = self._ledger
        rules = ledger.rules
        header = record.block.header
        calls: BriefCalls | None = None
        try:
            env = environment_of(header, ledger.chain.recent_hashes(header.number))
            calls = self._engine.brief_calls(rules, env, ledger.state_after(record), self._unknown)
        except (StateGone, ZoneError):
            # Rolled back this very moment: the usual way asks again.
            pass
        return _Site(record, rules.chain_id, calls, set())


def _is_plain(request: CallRequest) -> bool:
    """Whether it has neither fees nor anything that belongs to one type of transaction only."""
    return (
        request.gas_price is None
        and request.max_fee_per_gas is None
        and request.max_priority_fee_per_gas is None
        and request.max_fee_per_blob_gas is None
        and request.access_list is None
        and request.blob_hashes is None
        and request.sidecar is None
        and request.authorizations is None
        and request.chain_id is None
    )
