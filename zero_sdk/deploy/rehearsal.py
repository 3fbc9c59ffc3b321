"""What a deployment would do, found out by doing it where nothing stays: on a devnet between a snapshot and
its revert, elsewhere by eth_simulateV1, and where a node does not have that by what it says of each step
alone. No key is asked for, nothing is sent to a chain that keeps it, and no journal is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account, refuse_public_key
from zero_sdk.client.errors import Refused
from zero_sdk.client.flows.sending import TRANSACTION_GAS_CAP
from zero_sdk.client.network import Network
from zero_sdk.client.zone import Zone
from zero_sdk.deploy.deployment import Options, journal_path
from zero_sdk.deploy.estimated import EstimatedTransport
from zero_sdk.deploy.journal import MemoryJournal, read_lines
from zero_sdk.deploy.recorder import Recorder
from zero_sdk.deploy.recording import recorded
from zero_sdk.deploy.simulated import SimulatedTransport
from zero_sdk.deploy.steps import Done, Intent
from zero_sdk.errors import Problem, ZeroError

if TYPE_CHECKING:
    from zero_sdk.project import Project


@dataclass(frozen=True, slots=True)
class Planned:
    """A step as it would be."""

    step: str
    is_done: bool
    """Whether there is nothing to do."""
    sender: str
    contract: str | None
    address: str | None
    gas: int
    cost: int
    """In wei, at the price that the node asks now; with the value that is sent along."""
    doubt: str | None = None
    """Why gas and cost may be others, or why nothing is known of them (both are 0 then)."""

    @property
    def is_known(self) -> bool:
        """Whether anything can be said of its gas."""
        return self.is_done or self.gas > 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done."""

    zones: Mapping[str, tuple[Planned, ...]]
    stopped: ZeroError | None = None
    """Why nothing can be said from there on."""


def rehearse(
    project: Project, network_name: str, network: Network, main: Callable[[Network], Any], options: Options
) -> Plan:
    """The steps of `main` by zone. Raises what the deployment would raise."""
    if options.account is not None:
        for zone in network:
            refuse_public_key(zone, options.account)
    stopped = None
    with _nothing_stays(network, options.tell):
        rehearsals: dict[str, Rehearsal] = {}

        def recorder_of(zone: Zone) -> Rehearsal:
            rehearsals[zone.name] = Rehearsal(
                zone, _known(journal_path(project, network_name, zone, options.name)), options
            )
            return rehearsals[zone.name]

        try:
            main(recorded(network, recorder_of, lambda zone: options.account))
        except ZeroError as error:
            if error.problem is not Problem.NO_SIMULATION:
                raise
            stopped = error
    return Plan({name: tuple(rehearsal.planned) for name, rehearsal in rehearsals.items()}, stopped)


class Rehearsal(Recorder):
    """A recorder whose records are forgotten and whose senders need no key."""

    def __init__(self, zone: Zone, journal: MemoryJournal, options: Options) -> None:
        self.planned: list[Planned] = []
        super().__init__(
            zone,
            journal,
            options.name,
            redo=options.redo,
            fresh=options.fresh,
            tell=options.tell,
            watch=options.watch,
        )

    def perform(
        self,
        step: str,
        request: dict[str, Any],
        account: Account,
        *,
        contract: str | None = None,
        address: str | None = None,
    ) -> Done:
        """As `Recorder.perform`; the step is in `planned` then."""
        before = self.steps.get(step)
        zone = self._zone
        estimating = zone.transport if isinstance(zone.transport, EstimatedTransport) else None
        if estimating is not None:
            # Else the node would be asked for an estimate that it may not be able to give.
            request = {"gas": hex(TRANSACTION_GAS_CAP), **request}
        with zone.impersonate(account) if zone.is_devnet else nullcontext():
            done = super().perform(
                step, request, Account(account.address), contract=contract, address=address
            )
        is_done = done.hash is None or (before is not None and before.done == done)
        doubt = None if estimating is None or is_done else estimating.doubt(done.hash)
        gas = 0 if is_done else done.gas
        cost = gas * int(zone.rpc("eth_gasPrice"), 16) if gas else 0
        if not is_done:
            cost += int(request.get("value") or "0x0", 16)
        self.planned.append(Planned(step, is_done, account.address, contract, done.address, gas, cost, doubt))
        return done

    def _finish(self, intent: Intent, found: str) -> Done:
        if self._zone.is_devnet and self._zone.rpc("eth_getTransactionReceipt", found) is None:
            # A devnet that seals blocks by the clock or when told to.
            self._zone.mine()
        return super()._finish(intent, found)


def _known(path: Path) -> MemoryJournal:
    """What the journal has, without holding or mending it."""
    journal = MemoryJournal()
    content = path.read_bytes() if path.exists() else b""
    for record in read_lines(path, content[: content.rfind(b"\n") + 1]):
        journal.append(record)
    return journal


@contextmanager
def _nothing_stays(network: Network, tell: Callable[[str], None]) -> Iterator[None]:
    if network.is_devnet:
        with network.isolated():
            yield
        return
    own = {zone: zone.transport for zone in network.all_zones}
    try:
        for zone in network:
            why = _why_not_simulated(zone)
            if why is None:
                zone.transport = SimulatedTransport(zone.transport)
            else:
                tell(f"zone {zone.name} cannot simulate ({why}): this is what it says of each step alone")
                zone.transport = EstimatedTransport(zone.transport)
        yield
    finally:
        for zone, transport in own.items():
            zone.transport = transport


def _why_not_simulated(zone: Zone) -> str | None:
    """What the node answers to eth_simulateV1 where it does not have it."""
    try:
        zone.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": []}]}, "latest")
    except Refused as refused:
        return refused.reply
    return None
