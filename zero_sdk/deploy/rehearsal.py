"""What a deployment would do, found out by doing it where nothing stays: on a devnet between a snapshot and
its revert, elsewhere by eth_simulateV1. No key is asked for, nothing is sent to a chain that keeps it, and
no journal is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account, refuse_public_key
from zero_sdk.client.errors import Refused
from zero_sdk.client.network import Network
from zero_sdk.client.zone import Zone
from zero_sdk.deploy.deployment import Options, journal_path
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


def rehearse(
    project: Project, network_name: str, network: Network, main: Callable[[Network], Any], options: Options
) -> Mapping[str, tuple[Planned, ...]]:
    """The steps of `main` by zone. Raises what the deployment would raise, and ZeroError where the node
    cannot simulate."""
    if options.account is not None:
        for zone in network:
            refuse_public_key(zone, options.account)
    with _nothing_stays(network):
        rehearsals: dict[str, Rehearsal] = {}

        def recorder_of(zone: Zone) -> Rehearsal:
            rehearsals[zone.name] = Rehearsal(
                zone, _known(journal_path(project, network_name, zone, options.name)), options
            )
            return rehearsals[zone.name]

        main(recorded(network, recorder_of, lambda zone: options.account))
    return {name: tuple(rehearsal.planned) for name, rehearsal in rehearsals.items()}


class Rehearsal(Recorder):
    """A recorder whose records are forgotten and whose senders need no key."""

    def __init__(self, zone: Zone, journal: MemoryJournal, options: Options) -> None:
        self.planned: list[Planned] = []
        super().__init__(
            zone, journal, options.name, redo=options.redo, fresh=options.fresh, tell=options.tell
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
        with zone.impersonate(account) if zone.is_devnet else nullcontext():
            done = super().perform(
                step, request, Account(account.address), contract=contract, address=address
            )
        is_done = done.hash is None or (before is not None and before.done == done)
        gas = 0 if is_done else done.gas
        cost = gas * int(zone.rpc("eth_gasPrice"), 16) if gas else 0
        if not is_done:
            cost += int(request.get("value") or "0x0", 16)
        self.planned.append(Planned(step, is_done, account.address, contract, done.address, gas, cost))
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
def _nothing_stays(network: Network) -> Iterator[None]:
    if network.is_devnet:
        with network.isolated():
            yield
        return
    own = {zone: zone.transport for zone in network.all_zones}
    try:
        for zone in network:
            _check_simulates(zone)
            zone.transport = SimulatedTransport(zone.transport)
        yield
    finally:
        for zone, transport in own.items():
            zone.transport = transport


def _check_simulates(zone: Zone) -> None:
    try:
        zone.rpc("eth_simulateV1", {"blockStateCalls": [{"calls": []}]}, "latest")
    except Refused as refused:
        raise ZeroError(
            Problem.NO_SIMULATION,
            f"zone {zone.name} cannot simulate: {refused.reply}",
            "--dry-run needs eth_simulateV1 where the chain is not a devnet",
        ) from None
