"""A project's deployment: its script on a network, with a journal for each zone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account, refuse_public_key
from zero_sdk.client.network import Network
from zero_sdk.client.zone import Zone
from zero_sdk.deploy.journal import FileJournal, Journal, MemoryJournal
from zero_sdk.deploy.recorder import Recorder, Watch
from zero_sdk.deploy.recording import recorded
from zero_sdk.deploy.steps import Done

if TYPE_CHECKING:
    from zero_sdk.project import Project

FOLDER = "deployments"
DEFAULT_NAME = "default"
_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")


@dataclass(frozen=True, slots=True)
class Options:
    """How a deployment is made."""

    name: str = DEFAULT_NAME
    account: Account | None = None
    """Who sends where the script does not say; the first account of a devnet where it is None."""
    redo: frozenset[str] = frozenset()
    fresh: bool = False
    tell: Callable[[str], None] = field(default=lambda text: None)
    watch: Watch = field(default=lambda zone, step, done: None)


def journal_path(project: Project, network: str, zone: Zone, name: str) -> Path:
    """`deployments/NETWORK/ZONE-CHAINID-NAME.jsonl` in the project."""
    return project.root / FOLDER / network / f"{zone.name}-{zone.chain_id}-{name}.jsonl"


def is_deployment_name(text: str) -> bool:
    """Whether a deployment can have that name, which is part of a file's."""
    return _NAME.match(text) is not None


def deploy(
    project: Project, network_name: str, network: Network, main: Callable[[Network], Any], options: Options
) -> Mapping[str, tuple[Done, ...]]:
    """Runs `main` on the network, and gives what each zone has then, by zone, in the order of the steps.
    Raises what the script raises; what was sent by then is in the journals, and another run goes on from
    there."""
    with recording(project, network_name, network, options) as target:
        main(target)
        return {zone.name: tuple(done_of(zone.recorder)) for zone in target}  # type: ignore[attr-defined]


@contextmanager
def recording(project: Project, network_name: str, network: Network, options: Options) -> Iterator[Network]:
    """The network with zones that record in the project's journals. A network in this process ends with it,
    so its journals do too. Raises ZeroError where another process deploys, or where the account is a public
    one."""
    with ExitStack() as stack:

        def recorder_of(zone: Zone) -> Recorder:
            journal: Journal = MemoryJournal()
            if network.devnet is None:
                path = journal_path(project, network_name, zone, options.name)
                journal = stack.enter_context(FileJournal(path))
            return Recorder(
                zone,
                journal,
                options.name,
                redo=options.redo,
                fresh=options.fresh,
                tell=options.tell,
                watch=options.watch,
            )

        if options.account is not None:
            for zone in network:
                refuse_public_key(zone, options.account)
        yield recorded(network, recorder_of, lambda zone: options.account)


def done_of(recorder: Recorder) -> Iterator[Done]:
    """The steps that are done."""
    for state in recorder.steps.values():
        if state.done is not None:
            yield state.done


def contracts_script(names: Sequence[tuple[str, Sequence[Any]]]) -> Callable[[Network], None]:
    """What `zero deploy Token 1000` runs: each contract in each zone."""

    def main(network: Network) -> None:
        for zone in network:
            for name, arguments in names:
                zone.deploy(name, *arguments)

    return main
