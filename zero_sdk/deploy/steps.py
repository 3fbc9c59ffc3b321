"""What a journal says of each step: meant, sent, done or failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from zero_sdk.deploy.identity import Identity
from zero_sdk.deploy.journal import VERSION

IMPLEMENTATION, BEACON = ".implementation", ".beacon"
"""Ends of the names of steps that belong to a proxy."""
PROXIES = ("ERC1967Proxy", "TransparentUpgradeableProxy", "BeaconProxy")
"""OpenZeppelin's contracts whose steps are called after what is behind them."""


@dataclass(frozen=True, slots=True)
class Head:
    """Begins a deployment."""

    name: str
    zone: str
    identity: Identity
    version: int = VERSION

    def record(self) -> dict[str, Any]:
        """As the journal has it."""
        return {"kind": "head", **asdict(self)}

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Head:
        """Back from `record`."""
        return cls(record["name"], record["zone"], Identity(**record["identity"]), record["version"])


@dataclass(frozen=True, slots=True)
class Intent:
    """A transaction that is about to be sent."""

    step: str
    digest: str
    """keccak256 of what it does: receiver, data and value. Equal digests are the same step."""
    sender: str
    nonce: int
    request: Mapping[str, str]
    """As the node takes it; with `raw`, what was signed."""
    raw: str | None
    """The signed transaction, where it was signed here."""
    hash: str | None
    """Of `raw`."""
    contract: str | None = None
    """Name of the contract that it deploys."""
    address: str | None = None
    """Where the contract will be."""
    block: int = 0
    """The newest block when it was meant."""


@dataclass(frozen=True, slots=True)
class Done:
    """A transaction in a block, with status 1."""

    step: str
    digest: str
    hash: str | None
    """None where the contract was there already, by CREATE2."""
    block: int
    gas: int
    contract: str | None = None
    address: str | None = None
    code: str | None = None
    """keccak256 of the contract's code."""


@dataclass(frozen=True, slots=True)
class StepState:
    """What is known of a step. At most one of `intent` and `done` counts: the newer."""

    intent: Intent | None = None
    hash: str | None = None
    """Of the transaction that the node has taken for `intent`."""
    done: Done | None = None


def current(records: Iterable[Mapping[str, Any]]) -> tuple[Head | None, dict[str, StepState]]:
    """The newest deployment in a journal, and its steps by name."""
    head: Head | None = None
    steps: dict[str, StepState] = {}
    for record in records:
        fields = {name: value for name, value in record.items() if name != "kind"}
        match record["kind"]:
            case "head":
                head, steps = Head.read(record), {}
            case "intent":
                intent = Intent(**fields)
                steps[intent.step] = StepState(intent, intent.hash)
            case "sent":
                steps[fields["step"]] = StepState(steps[fields["step"]].intent, fields["hash"])
            case "done":
                steps[fields["step"]] = StepState(done=Done(**fields))
            case "dropped":
                steps.pop(fields["step"], None)
    return head, steps


def record_of(kind: str, value: Intent | Done) -> dict[str, Any]:
    """As the journal has it."""
    return {"kind": kind, **asdict(value)}
