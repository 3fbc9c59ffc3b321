"""Random sequences of steps over several zones, and a failing one as a test that can be kept.

    class Vault(ZoneMachine):
        @initialize()
        def begin(self): self.vault = self.deploy("Vault")
        @rule(amount=abi("uint96"))
        def put(self, amount): self.vault.put(value=amount)
        @invariant()
        def is_solvent(self): ...

    def test_vault(network, deploy): run_machine(Vault, network=network, deploy=deploy)

Every sequence begins with the state that the test began with. hypothesis finds the sequences and makes a
failing one small; what it printed is made into a test that does the same without hypothesis.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hypothesis import settings as hypothesis_settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

if TYPE_CHECKING:
    from collections.abc import Mapping

    from zero_sdk.client.network import Network, Snapshot
    from zero_sdk.client.zone import Zone

_STEP = re.compile(r"^\s*(?:\w+(?:, \w+)* = )?state(?:\.\w+\(.*\)| = \w+\(\))\s*$")


class ZoneMachine(RuleBasedStateMachine):
    """A state machine over the zones of a network. What `run_machine` was given is there as attributes:
    `self.network`, `self.deploy`, …"""

    network: Network

    def __init__(self) -> None:
        super().__init__()
        if not hasattr(type(self), "network"):
            raise TypeError(
                f"{type(self).__name__} needs a network: run it by run_machine(…, network=network)"
            )
        self._began: Snapshot = self.network.snapshot()

    @property
    def zones(self) -> Mapping[str, Zone]:
        """The zones by name."""
        return self.network.zones

    def teardown(self) -> None:
        """Takes the network back to where the sequence began. Those who override it call this one too."""
        self.network.revert(self._began)
        self.network.delete_snapshot(self._began)


def run_machine(
    machine: type[ZoneMachine],
    *,
    settings: hypothesis_settings | None = None,
    network: Network,
    **fixtures: Any,
) -> None:
    """Runs sequences of the machine's steps. Raises what a step or invariant raised, of the smallest sequence
    found, with a note that holds the sequence as a test."""
    __tracebackhide__ = True
    bound = type(machine.__name__, (machine,), {"network": network, **fixtures})
    bound.__module__ = machine.__module__
    try:
        run_state_machine_as_test(bound, settings=settings)
    except Exception as error:
        if test := as_test(machine, getattr(error, "__notes__", ()), fixtures):
            error.add_note(test)
        raise


def bind(machine: type[ZoneMachine], **fixtures: Any) -> ZoneMachine:
    """The machine by hand, for a sequence that is kept as a test."""
    bound: type[ZoneMachine] = type(machine.__name__, (machine,), fixtures)
    return bound()


def as_test(machine: type[ZoneMachine], notes: Any, fixtures: Mapping[str, Any]) -> str | None:
    """The sequence that hypothesis has printed (in an exception's notes), as a test; None where there is
    none."""
    lines = [line.rstrip() for note in notes for line in str(note).splitlines()]
    steps = [line.strip() for line in lines if _STEP.match(line)]
    steps = [step for step in steps if not step.startswith("state = ")]
    if not steps:
        return None
    names = ", ".join(["network", *fixtures])
    given = ", ".join(f"{name}={name}" for name in ["network", *fixtures])
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", machine.__name__).lower()
    body = "".join(f"    {step}\n" for step in steps)
    return (
        "The same as a test to keep:\n\n"
        f"from {machine.__module__} import {machine.__name__}\n"
        "from zero_sdk.testing.stateful import bind\n\n"
        f"def test_{name}_found({names}):\n"
        f"    state = bind({machine.__name__}, {given})\n"
        f"{body}"
    )
