"""What a project has deployed, as its journals say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from zero_sdk.deploy.deployment import DEFAULT_NAME, FOLDER
from zero_sdk.deploy.identity import Identity
from zero_sdk.deploy.journal import read_lines
from zero_sdk.deploy.steps import BEACON, IMPLEMENTATION, PROXIES, Done, Head, Intent, current

if TYPE_CHECKING:
    from zero_sdk.client.zone import Zone
    from zero_sdk.project import Project


@dataclass(frozen=True, slots=True)
class Deployment:
    """The newest deployment in one journal."""

    network: str
    head: Head
    done: tuple[Done, ...]
    open: tuple[Intent, ...]
    """What was meant, and is not known to be done: the next run finds out."""
    path: Path

    def address(self, step: str) -> str | None:
        """Where a step has put its contract."""
        return next((done.address for done in self.done if done.step == step), None)


def deployments(project: Project) -> Iterator[Deployment]:
    """All of them, by network, zone and name. Raises ZeroError for a journal that cannot be read."""
    folder = project.root / FOLDER
    for path in sorted(folder.glob("*/*.jsonl")):
        content = path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        head, steps = current(read_lines(path, whole))
        if head is None:
            continue
        states = steps.values()
        yield Deployment(
            path.parent.name,
            head,
            tuple(state.done for state in states if state.done is not None),
            tuple(state.intent for state in states if state.intent is not None and state.done is None),
            path,
        )


def deployed_address(project: Project, zone: Zone, contract: str) -> str | None:
    """Where a contract of that name was put in this zone, as it runs now; the newest where there are several,
    and of the deployment called `default` before others. None where there is none. Raises ZeroError."""
    found: dict[bool, str] = {}
    identity: Identity | None = None
    for deployment in deployments(project):
        if deployment.head.zone != zone.name or deployment.head.identity.chain_id != zone.chain_id:
            continue
        identity = identity or Identity.of(zone)
        if deployment.head.identity.difference(identity) is None:
            for done in deployment.done:
                if done.address and _callable_as(done) == contract:
                    found[deployment.head.name == DEFAULT_NAME] = done.address
    return found.get(True) or found.get(False)


def _callable_as(done: Done) -> str | None:
    """The name of the contract that a step has put there for others to call: of a proxy what is behind it,
    and of that none."""
    if done.contract is None or done.step.endswith((IMPLEMENTATION, BEACON)):
        return None
    name = done.contract.rpartition(":")[2]
    return done.step.partition("#")[0] if name in PROXIES else name
