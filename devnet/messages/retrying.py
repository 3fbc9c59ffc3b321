"""What is sent to deliver a message again that failed, or to make a composed call."""

from __future__ import annotations

from devnet.chain.types import Hash32, Wei
from devnet.messages.destination import Destination, height_to_prove
from devnet.messages.errors import NotDeliverable, UnknownMessage
from devnet.messages.host import MessageHost
from devnet.messages.jobs import commit_job, compose_job, deliver_job, gas_limit_of
from devnet.messages.life import Status
from devnet.messages.message import Message
from devnet.messages.messages import NOT_INITIALIZABLE, Found, Messages
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
        found = self._messages.found(guid)
        if found is None:
            raise UnknownMessage(guid)
        if found.message.destination is None:
            raise NotDeliverable("the network has no zone with the eid that the message goes to")
        if compose is not None:
            return found.message, [self._compose_again(found, compose, gas, value)]
        return found.message, self._deliver_again(found, gas, value)

    def _deliver_again(self, found: Found, gas: int | None, value: Wei | None) -> list[Job]:
        message, status, jobs = found.message, found.life.status, []
        if status in (Status.SENT, Status.DELIVERED, Status.SKIPPED, Status.BURNT, Status.NILIFIED):
            raise NotDeliverable(f"the message is {status}")
        port = self._port(message.destination or 0)
        destination = Destination(port)
        if not destination.is_verified(message.packet):
            height = height_to_prove(self._host, port)
            if height is None:
                raise NotDeliverable("its destination holds no settlement block yet; mine a block there")
            if found.life.reason == NOT_INITIALIZABLE:
                raise NotDeliverable(NOT_INITIALIZABLE.text)
            proof = self._messages.prove(message, height)
            outcome = destination.try_commit(message.packet, proof)
            if outcome.failure is not None:
                raise NotDeliverable(self._messages.explain(outcome.output).text)
            jobs.append(commit_job(message, proof, outcome.gas_used))
        is_dropped = self._messages.told(message).has_dropped
        return [*jobs, deliver_job(message, gas_limit_of(port), is_dropped, gas, value)]

    def _compose_again(self, found: Found, index: int, gas: int | None, value: Wei | None) -> Job:
        message = found.message
        calls = [call for call in found.life.composes if call.key.index == index]
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
