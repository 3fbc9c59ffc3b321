"""A network whose zones write down what they send. Everything else is as in any `zero_sdk.Network`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account, refuse_public_key
from zero_sdk.client.contract import Contract
from zero_sdk.client.errors import WrongArguments
from zero_sdk.client.flows import sending, transacting
from zero_sdk.client.network import Network
from zero_sdk.client.transaction import Sent, Transaction
from zero_sdk.client.zone import Zone
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.steps import Done

if TYPE_CHECKING:
    from zero_sdk.client.deployable import Deployable
    from zero_sdk.client.interface import Function, Interface


class RecordedZone(Zone):
    """A zone of a deployment. Steps are named after what they do: `Token`, `Token.transfer`, and `Token#2`
    for the second of the same name; `with zone.step("name"):` names the one inside."""

    def __init__(self, network: Network, zone: Zone, recorder: Recorder, account: Account | None) -> None:
        super().__init__(network, zone.facts, zone.transport)
        self.recorder = recorder
        self._account = account
        self._seen: Counter[str] = Counter()
        self._next_name: str | None = None
        self._libraries: dict[str, Contract] = {}

    @contextmanager
    def step(self, name: str, *, anew: bool = False) -> Iterator[None]:
        """Names the transaction inside. With `anew` it gets a number where one of that name is done: of what
        is sent only where the chain is not as it should be, whatever the journal says."""
        count = 1
        numbered = name
        while anew and self.recorder.is_done(numbered):
            count += 1
            numbered = f"{name}#{count}"
        self._next_name = numbered
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
        """As `Zone.deploy`, once; libraries that are not given are deployed first."""
        known = self.deployable(artifact)
        libraries = self._linked(known, dict(libraries or {}), sender)
        interface = known.interface
        code = known.creation_code(libraries) + interface.constructor.encode(arguments)
        fields: dict[str, Any] = {"data": code}
        address: str | None = None
        if salt is not None:
            word = transacting.to_salt(salt)
            address = transacting.create2_address(word, code)
            fields = {"to": transacting.DEPLOYMENT_PROXY, "data": word + code}
        name = interface.name or "contract"
        request = sending.request_of(value=value, **fields, **fees)
        done = self._perform(name, request, sender, name, address)
        contract = Contract(self, done.address, interface, known.source)
        contract.deployment = _Recorded(self, done, request, interface.constructor, interface, name)
        return contract

    def _linked(self, known: Deployable, libraries: dict[str, Any], sender: Any) -> dict[str, Any]:
        """The addresses of a contract's libraries. Those that are not given are deployed, once in a zone, as
        steps of their own."""
        for qualified in known.creation.libraries if known.creation is not None else ():
            if qualified in libraries or qualified.rpartition(":")[2] in libraries:
                continue
            if qualified not in self._libraries:
                named, self._next_name = self._next_name, None
                self._libraries[qualified] = self.deploy(qualified, sender=sender)
                self._next_name = named
            libraries[qualified] = self._libraries[qualified]
        return libraries

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
        """As `Zone.transact`, once; it is in a block whatever `wait` says."""
        request = sending.request_of(**fields)
        done = self._perform(action.partition("(")[0] or "transaction", request, sender)
        return _Recorded(self, done, request, function, interface, action)

    def _perform(
        self,
        action: str,
        request: dict[str, Any],
        sender: Any,
        contract: str | None = None,
        address: str | None = None,
    ) -> Done:
        account = self.sender(sender)
        return self.recorder.perform(
            self.take_name(action), request, account, contract=contract, address=address
        )

    def sender(self, sender: Any = None) -> Account:
        """Who sends where `sender` is what the script says. Raises WrongArguments where nobody does."""
        chosen = self._account if sender is None else sender
        if chosen is None:
            chosen = self.facts.default_sender
        if chosen is None:
            raise WrongArguments(
                f"who deploys? zone {self.name} has no accounts of its own",
                "name one with --account, or give sender=…",
            )
        account = Account.of(chosen)
        refuse_public_key(self, account)
        return account

    def take_name(self, action: str) -> str:
        """The name of the next step: the one that the script gave, or the action with a number."""
        if self._next_name is not None:
            name, self._next_name = self._next_name, None
            return name
        self._seen[action] += 1
        count = self._seen[action]
        return action if count == 1 else f"{action}#{count}"


class _Recorded(Transaction):
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
