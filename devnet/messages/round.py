"""Carries out what was planned for a round: transactions with the courier's accounts, and with its faults."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from devnet.accounts.keyring import KeyRing
from devnet.chain.errors import InvalidTransaction
from devnet.chain.types import Address, Hash32
from devnet.contracts.delivering import (
    COMMIT_SELECTOR,
    COMPOSE_SELECTOR,
    DROP_AND_EXECUTE_SELECTOR,
    EXECUTE_SELECTOR,
    Carried,
    carried_by,
)
from devnet.messages.accounts import account_for
from devnet.messages.carrying import Commit, Composing, Deliver, Plan
from devnet.messages.corrupting import corrupted_commit, corrupted_delivery
from devnet.messages.errors import NotDeliverable
from devnet.messages.faults import (
    CorruptDeliveries,
    CorruptPart,
    CourierFault,
    CourierFaults,
    DuplicateDeliveries,
)
from devnet.messages.host import MessageHost
from devnet.messages.jobs import commit_job, compose_job, deliver_job, gas_limit_of
from devnet.messages.message import Message
from devnet.messages.messages import Messages
from devnet.messages.pool_jobs import PoolJobs
from devnet.messages.sending import CannotPay, Job, ZoneSender
from devnet.messages.sent import SentJobs
from devnet.messages.turn import Action, ActionKind

_KINDS = {
    COMMIT_SELECTOR: ActionKind.COMMIT,
    EXECUTE_SELECTOR: ActionKind.DELIVER,
    DROP_AND_EXECUTE_SELECTOR: ActionKind.DELIVER,
    COMPOSE_SELECTOR: ActionKind.COMPOSE,
}


class Round:
    """One round. `actions` say what came of it, and `trouble` what came in the way of the last plan."""

    def __init__(
        self,
        host: MessageHost,
        messages: Messages,
        keys: KeyRing,
        faults: CourierFaults,
        sent: SentJobs,
        pools: dict[int, PoolJobs],
    ) -> None:
        """`pools` has what is known of mempools from rounds before, by zone."""
        self._host = host
        self._messages = messages
        self._keys = keys
        self._faults = faults
        self._sent = sent
        self._pools = pools
        self._senders: dict[int, ZoneSender] = {}
        self.actions: list[Action] = []
        self.trouble: str | None = None
        self._stopped: dict[tuple[int, Address], str] = {}
        """Zones and accounts whose transaction could not be sent: those after it would not fare better."""

    def carry(self, plan: Plan) -> int:
        """Sends what is planned and is not on its way already; gives for how many messages."""
        carried: set[Hash32] = set()
        self.trouble = None
        for item in plan.work:
            message = item.message
            assert message.destination is not None
            account = account_for(self._keys, message.path)
            trouble = self._stopped.get((message.destination, account))
            if trouble is not None:
                self.trouble = trouble
                break
            sender = self._sender(message.destination)
            does = _does(item)
            if any(map(sender.waiting.does, does)):
                continue
            failed = next(filter(None, map(self._sent.given_up, does)), None)
            if failed is not None:
                self.trouble = (
                    f"transaction 0x{failed.hex()} failed; the message is not tried again by itself"
                )
                continue
            kind, jobs = self._jobs(item, message)
            if self._send(sender, message, kind, jobs):
                carried.add(message.guid)
        return len(carried)

    def seal(self) -> None:
        """Has the zones that do so by themselves seal what was sent."""
        ports = list(self._host.zones.values())
        for zone, sender in self._senders.items():
            if sender.has_sent:
                self._host.automine(ports[zone])
        self._sent.look(ports)

    def _send(self, sender: ZoneSender, message: Message, kind: ActionKind, jobs: list[Job]) -> bool:
        assert message.destination is not None
        account = account_for(self._keys, message.path)
        for job in jobs:
            try:
                transaction = sender.send(account, job)
            except CannotPay as error:
                zone = list(self._host.zones)[message.destination]
                owner = f"the courier's account 0x{error.account.hex()}"
                self.trouble = f"{owner} has too little in zone {zone}: send it some"
                self._stopped[message.destination, account] = self.trouble
                return False
            except InvalidTransaction as error:
                self.trouble = f"zone {list(self._host.zones)[message.destination]} refuses it: {error}"
                self._stopped[message.destination, account] = self.trouble
                return False
            self.actions.append(Action(kind, message.guid, message.destination, transaction.hash))
            if job is jobs[-1] and (carried := carried_by(job.data)) is not None:
                self._sent.add(carried, message.destination, transaction.hash)
        return True

    def _sender(self, zone: int) -> ZoneSender:
        sender = self._senders.get(zone)
        if sender is None:
            port = list(self._host.zones.values())[zone]
            pool = self._pools.get(zone)
            if pool is None or pool.port is not port:
                pool = self._pools[zone] = PoolJobs(port)
            sender = self._senders[zone] = ZoneSender(port, self._keys, pool)
            for carried, transaction_hash in sender.replace_cheap():
                self.actions.append(Action(ActionKind.REPLACE, carried.subject, zone, transaction_hash))
                self._sent.add(carried, zone, transaction_hash)
        return sender

    def force(self, message: Message, job: Job) -> Hash32:
        """Sends this, whatever was planned or failed before. Raises NotDeliverable."""
        carried = carried_by(job.data)
        assert message.destination is not None
        assert carried is not None
        kind = _KINDS[carried.selector]
        if not self._send(self._sender(message.destination), message, kind, [job]):
            raise NotDeliverable(self.trouble or "")
        transaction_hash = self.actions[-1].transaction_hash
        assert transaction_hash is not None
        return transaction_hash

    # ------------------------------------------------------------ jobs, the right one last

    def _jobs(self, item: Commit | Deliver | Composing, message: Message) -> tuple[ActionKind, list[Job]]:
        copies = 2 if self._faults.on(message, DuplicateDeliveries) else 1
        match item:
            case Commit(_, height, trial_gas):
                proof = self._messages.prove(message, height)
                right = commit_job(message, proof, trial_gas)
                wrong = [
                    corrupted_commit(message, proof, trial_gas, part, fault.draw(message))
                    for fault, part in self._corruptions(message)
                    if part is not CorruptPart.MESSAGE
                ]
                # A second one fails: what was proven is.
                return ActionKind.COMMIT, [*wrong, *_copies(right, copies)]
            case Deliver(_, is_dropped):
                cap = self._cap(message)
                right = deliver_job(message, cap, is_dropped)
                wrong = [
                    corrupted_delivery(message, cap, fault.draw(message))
                    for fault, part in self._corruptions(message)
                    if part is CorruptPart.MESSAGE
                ]
                again = [deliver_job(message, cap, True)] if copies > 1 else []
                return ActionKind.DELIVER, [*wrong, *again, right]
            case Composing(_, asked):
                options = message.decoded_options
                assert asked.compose is not None
                assert options is not None
                paid = options.composes[asked.compose.index]
                cap = self._cap(message)
                right = compose_job(message.guid, asked.compose, asked.composed, paid.gas, paid.value, cap)
                return ActionKind.COMPOSE, _copies(right, copies)

    def _cap(self, message: Message) -> int:
        return gas_limit_of(list(self._host.zones.values())[message.destination or 0])

    def _corruptions(self, message: Message) -> Iterator[tuple[CourierFault, CorruptPart]]:
        for fault in self._faults.on(message, CorruptDeliveries):
            assert isinstance(fault.kind, CorruptDeliveries)
            yield fault, fault.kind.part


def _does(item: Commit | Deliver | Composing) -> tuple[Carried, ...]:
    """What its transaction does; a delivery is one with its drops or without."""
    guid = item.message.guid
    match item:
        case Commit():
            return (Carried(COMMIT_SELECTOR, guid),)
        case Deliver():
            return Carried(EXECUTE_SELECTOR, guid), Carried(DROP_AND_EXECUTE_SELECTOR, guid)
        case Composing(_, asked):
            return (Carried(COMPOSE_SELECTOR, guid, None if asked.compose is None else asked.compose.index),)


def _copies(job: Job, count: int) -> list[Job]:
    """The same more than once, as jobs of their own."""
    return [replace(job) for _ in range(count)]
