"""A network whose zones write down what they send. Everything else is as in any `zero_sdk.Network`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.flows import deploying, sending
from zero_sdk.client.network import Network
from zero_sdk.client.transaction import Sent, Transaction
from zero_sdk.client.zone import Zone
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.steps import Done

if TYPE_CHECKING:
    from zero_sdk.client.contract import Contract
    from zero_sdk.client.interface import Function, Interface

_CONSTRUCTOR = " constructor"


class RecordedZone(Zone):
    """A zone of a deployment. Steps are named after what they do: `Token`, `Token.transfer`, and `Token#2`
    for the second of the same name; `with zone.step("name"):` names the one inside."""

    def __init__(self, network: Network, zone: Zone, recorder: Recorder, account: Account | None) -> None:
        super().__init__(network, zone.facts, zone.transport)
        self.recorder = recorder
        self._account = account
        self._seen: Counter[str] = Counter()
        self._next_name: str | None = None
        self._creates: tuple[str, str | None] | None = None
        """Contract and fixed address of the deployment that is being sent."""

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Names the transaction inside."""
        self._next_name = name
        try:
            yield
        finally:
            self._next_name = None

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
        """As `Zone.deploy`, once."""
        known = self.deployable(artifact)
        expected = None if salt is None else deploying.request_of(known, arguments, libraries, salt)[1]
        self._creates = (known.interface.name or "contract", expected)
        try:
            return super().deploy(
                artifact,
                *arguments,
                sender=sender,
                value=value,
                libraries=libraries,
                salt=salt,
                timeout=timeout,
                **fees,
            )
        finally:
            self._creates = None

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
        """As `Zone.transact`, once."""
        request = sending.request_of(**fields)
        contract, address = self._creates or (None, None)
        done = self.recorder.perform(
            self._step_name(contract or action or "transaction"),
            request,
            self._sender(sender),
            contract=contract,
            address=address,
        )
        return _Deployed(self, done, request, function, interface, action)

    def _sender(self, sender: Any) -> Account:
        chosen = self._account if sender is None else sender
        if chosen is None:
            chosen = self.facts.default_sender
        if chosen is None:
            raise WrongArguments(
                f"who deploys? zone {self.name} has no accounts of its own",
                "name one with --account, or give sender=…",
            )
        return Account.of(chosen)

    def _step_name(self, action: str) -> str:
        if self._next_name is not None:
            name, self._next_name = self._next_name, None
            return name
        base = action.removesuffix(_CONSTRUCTOR).partition("(")[0]
        self._seen[base] += 1
        return base if self._seen[base] == 1 else f"{base}#{self._seen[base]}"


class _Deployed(Transaction):
    """A transaction that was recorded; the journal knows the contract's address whatever the node has
    kept."""

    __slots__ = ("_done",)

    def __init__(
        self,
        zone: Zone,
        done: Done,
        request: Mapping[str, Any],
        function: Function | None,
        interface: Interface | None,
        action: str,
    ) -> None:
        super().__init__(zone, Sent(done.hash or "", request, function, interface, action))
        self._done = done

    @property
    def contract_address(self) -> str | None:
        """As the journal has it."""
        return self._done.address


def recorded(
    network: Network, recorder_of: Callable[[Zone], Recorder], account_of: Callable[[Zone], Account | None]
) -> Network:
    """The same network, with zones that record. Closing it is the original's business."""

    def make_zones(made: Network) -> list[Zone]:
        zones: list[Zone] = []
        for zone in network.all_zones:
            is_target = zone.name in network.zones
            zones.append(
                RecordedZone(made, zone, recorder_of(zone), account_of(zone))
                if is_target
                else Zone(made, zone.facts, zone.transport)
            )
        return zones

    return Network(network.facts, make_zones, instance_id=network.instance_id, devnet=network.devnet)
