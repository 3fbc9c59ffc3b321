"""The fixtures `carry` and `faulty_turn`: messages are carried to their end, or wrongly once, on purpose.

    carry = Carry(network)
    faulty_turn = FaultyTurn(network)

    message = alpha.write(eid, b"hello", b"", value=fee).message
    faulty_turn("duplicate")  # AssertionError unless it was carried twice
    assert beta.count() == 1
    carry()

Nothing here needs pytest. What shows a fault is in `zero_sdk.testing.shown`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zero_sdk.client.courier_state import CourierTurn
    from zero_sdk.client.message import Message
    from zero_sdk.client.network import Network

__tracebackhide__ = True

MOST_DELIVERED = 100
"""Of what was delivered so many of the newest are looked at for composed calls that are still to be made."""


class Carry:
    """The fixture `carry`."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, slots: int = 4) -> None:
        """Settles and lets the courier take a turn, so many times, with a block in every zone before each:
        for messages that are answered or delayed, and for zones that make no blocks by themselves."""
        for _ in range(slots):
            self._network.mine()
            self._network.settle()
            self._network.courier.step()


class FaultyTurn:
    """The fixture `faulty_turn`."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def __call__(self, fault: Mapping[str, Any] | str, **fields: Any) -> CourierTurn:
        """Settles, and lets the courier take one turn with a fault: kinds and fields are those of
        `network.courier.inject`. Gives what it did. Zones that make no blocks by themselves get one before
        the turn and one after it. Then the courier is as it was before, whatever happens here.

        Raises AssertionError where the fault did not show, with what the courier did and what to do about it;
        Refused for a fault that cannot be. What shows depends on the kind:

        - `drop`, `delay`: messages that it meets could be carried, and none of them was;
        - `duplicate`: each of the courier's transactions for them was sent twice;
        - `corrupt`: of each message a wrong transaction was refused, and the right one after it was not;
        - `reorder`: on each path of which it meets several, they were proven and delivered in another order.
        """
        __tracebackhide__ = True
        from zero_sdk.testing.shown import Evidence, check_shown

        network = self._network
        courier = network.courier
        before = courier.state
        try:
            courier.mode = "manual"
            injected = courier.inject(fault, **fields)
            network.settle()
            self._make_blocks()
            opened = self._open()
            turn = courier.step()
            self._make_blocks()
            check_shown(Evidence(network, injected, self._carriable(opened, turn), turn))
        finally:
            courier.restore(before)
        return turn

    def _make_blocks(self) -> None:
        """Where blocks do not come with transactions: what was settled is known from the next block on, and a
        transaction has happened then."""
        for zone in self._network:
            if not zone.rpc("hardhat_getAutomine"):
                zone.mine()

    def _open(self) -> tuple[Message, ...]:
        """Those with which something is to be done, or would be if something else were."""
        newest = self._network.messages(status="delivered", limit=MOST_DELIVERED)
        to_compose = (message for message in newest if message.told and message.told.open_composes)
        return (*self._network.messages(status=("settled", "verified", "blocked")), *to_compose)

    def _carriable(self, opened: tuple[Message, ...], turn: CourierTurn) -> tuple[Message, ...]:
        """Those for which something was done, and those for which it could have been: what was blocked may
        only have waited for another one of its path, which came in this turn."""
        done = {action.guid: None for action in turn.actions if action.kind != "wait"}
        blocked = {message.guid for message in self._network.messages(status="blocked")} - done.keys()
        known = {message.guid for message in opened}
        others = (self._network.message(guid) for guid in done if guid not in known)
        return (*(message for message in opened if message.guid not in blocked), *others)
