"""Minimal proxies."""

import pytest

from zero_sdk.testing import emits, reverts

SALT = b"\x07".rjust(32, b"\0")


@pytest.fixture(scope="module")
def model(deploy):
    return deploy("Machine")


@pytest.fixture(scope="module")
def machines(deploy, model):
    return deploy("Machines", model)


def test_clones_have_their_own_state_where_they_were_announced(machines, model, zone, accounts):
    player, other, *_ = accounts
    announced = machines.at(SALT)
    assert zone.code(announced) == b""
    with emits(machines, "Made", player=player, machine=announced):
        machines.make(SALT)
    machine = zone.contract(announced, model)
    # ERC-1167's forwarder, or Solady's shorter one: the model's address is in it, and little else.
    code = zone.code(machine)
    assert bytes.fromhex(model.address[2:]) in code
    assert len(code) < 50
    assert [machine.play().return_value for _ in range(3)] == [1, 2, 3]
    assert (machine.plays(), model.plays()) == (3, 0)
    with reverts(error="NotThePlayer"):
        machine.play(sender=other)
    with reverts("taken"):
        machine.reserve(other)


def test_a_place_is_taken_once(machines):
    machines.make(SALT)
    with reverts(error="DeploymentFailed"):
        machines.make(SALT)
