"""What is sent to deliver a message again that failed, or to make a composed call."""

from __future__ import annotations

from devnet.chain.types import Hash32, Wei
from devnet.messages.destination import Destination, height_to_prove
from devnet.messages.errors import NotDeliverable, UnknownMessage
from devnet.messages.host import MessageHost
from devnet.messages.jobs import commit_job, compose_job, deliver_job, gas_limit_of
from devnet.messages.life import Status
from devnet.messages.message import Message
from devnet.messages.messages import Messages
from devnet.messages.sending import Job
from devnet.zone.port import ZonePort


class Retrying:
    """For one network. Whoever asks holds the lock of its messages."""

    def __init__(self, host: MessageHost, messages: Messages) -> None:
        self._host = host
        self._messages = messages

    def jobs(
        self, guid: Hash32, compose: int | None, gas: int | None, value: Wei | None
    ) -> tuple[Message, list[Job]]:
        """The message, and what delivers it or makes its composed call with that index. Raises
        UnknownMessage and NotDeliverable."""
        message = self._messages.get(guid)
        if message is None:
            raise UnknownMessage(guid)
        if message.destination is None:
            raise NotDeliverable("the network has no zone with the eid that the message goes to")
        if compose is not None:
            return message, [self._compose_again(message, compose, gas, value)]
        return message, self._deliver_again(message, gas, value)

    def _deliver_again(self, message: Message, gas: int | None, value: Wei | None) -> list[Job]:
        status, jobs = self._messages.status(message), []
        if status in (Status.SENT, Status.DELIVERED, Status.SKIPPED, Status.BURNT, Status.NILIFIED):
            raise NotDeliverable(f"the message is {status}")
        port = self._port(message.destination or 0)
        destination = Destination(port)
        if not destination.is_verified(message.packet):
            height = height_to_prove(self._host, port)
            if height is None:
                raise NotDeliverable("its destination holds no settlement block yet; mine a block there")
            proof = self._messages.prove(message, height)
            trial = destination.try_commit(message.packet, proof, self._messages.explain)
            if trial.refusal is not None:
                raise NotDeliverable(trial.refusal.text)
            jobs.append(commit_job(message, proof, trial.gas_used))
        is_dropped = self._messages.told(message).has_dropped
        return [*jobs, deliver_job(message, gas_limit_of(port), is_dropped, gas, value)]

    def _compose_again(self, message: Message, index: int, gas: int | None, value: Wei | None) -> Job:
        composes = self._messages.life(message).composes
        calls = [call for call in composes if call.key.index == index]
        call = next((call for call in calls if call.status is not Status.DELIVERED), None)
        if call is None:
            raise NotDeliverable(
                f"composed call {index} was made already"
                if calls
                else f"nobody asked for composed call {index}"
            )
        given = call.gas if gas is None else gas
        if given is None:
            raise NotDeliverable(f"the options pay for no composed call {index}: say how much gas it gets")
        paid = (call.value or Wei(0)) if value is None else value
        cap = gas_limit_of(self._port(message.destination or 0))
        return compose_job(message.guid, call.key, call.message, given, paid, cap)

    def _port(self, zone: int) -> ZonePort:
        return list(self._host.zones.values())[zone]
