"""Forced inclusion: whether updates consumed what the inbox says is due, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from devnet.chain.forced import Posting
from devnet.contracts.addresses import FORCED_INBOX
from devnet.contracts.forced_inbox import InboxParameters, read_part
from devnet.settlement.chain import ChainView
from devnet.settlement.due import NotDue, Overdue, check_consumed, demand_of
from devnet.settlement.system_facts import SYSTEM_ZONE_INDEX, settled_root
from devnet.settlement.system_proofs import BadSystemProof
from devnet.verifying.genesis import Genesis
from devnet.verifying.report import Lie, Report
from devnet.verifying.system_state import NotTold, SystemState


@dataclass(slots=True)
class Consumed:
    """What the updates of one zone in one settlement block consumed."""

    before: int
    """The settlement height that the block before them knows."""
    start: int
    """The place in the inbox from which on."""
    known: int = 0
    """The settlement height that their last block knows."""
    end: int = 0
    postings: list[Posting] | None = field(default_factory=list)
    """None where a proof that shows them is missing."""

    def add(self, known: int, end: int, postings: Sequence[Posting] | None) -> None:
        """The next update's."""
        self.known, self.end = known, end
        if self.postings is not None and postings is not None:
            self.postings += postings
        else:
            self.postings = None


class InboxChecks:
    """Holds settlement blocks against the inbox in the system zone's settled state."""

    def __init__(self, genesis: Genesis, state: SystemState, report: Report) -> None:
        self._genesis = genesis
        self._state = state
        self._report = report
        self._parameters = InboxParameters() if genesis.config.settlement.epoch is not None else None

    def check(self, chain: ChainView, zone: int, consumed: Consumed) -> None:
        """What the zone's updates in the settlement block after `chain` consumed."""
        report, height = self._report, chain.head.height + 1
        name = self._genesis.names[zone]
        if self._parameters is None:
            return
        demand = demand_of(chain, zone, consumed.before, consumed.known, self._parameters)
        number = chain.settled_number(SYSTEM_ZONE_INDEX)
        root = settled_root(chain, self._genesis.blocks[SYSTEM_ZONE_INDEX][1])
        load = self._state.storage(FORCED_INBOX, number, root)
        try:
            part = read_part(load, zone, consumed.start, consumed.end)
            if consumed.postings is not None:
                check_consumed(demand, zone, consumed.start, consumed.postings, part)
            elif demand.is_due(part):
                raise Overdue(f"place {consumed.end} of its inbox is due")
        except NotTold as error:
            report.gap("forced transactions that were due", f"{error} is no longer shown", 1)
            return
        except BadSystemProof as error:
            report.lie(Lie.FORCED, f"what shows the inbox: {error}", height, name)
            return
        except (NotDue, Overdue) as error:
            report.lie(Lie.FORCED, str(error), height, name)
            return
        if consumed.postings is None and consumed.end > consumed.start:
            report.gap("which forced transactions were consumed", "no proof of them is there", 1)
        report.counts["inboxes"] += 1
        if demand.is_late:
            behind = chain.head.height - consumed.known
            report.note(f"settlement block {height}, zone {name}: its last block is {behind} heights behind")
