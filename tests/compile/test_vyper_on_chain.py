"""Code that Vyper compiled, deployed: what the artifact says of it holds on the chain."""

from __future__ import annotations

import pytest

from tests.compile.conftest import MakeProject
from zero_sdk import local
from zero_sdk.client.errors import Reverted
from zero_sdk.compile import compile_project

VAULT = """\
# pragma version ^0.4.0
OWNER: public(immutable(address))
FEE: public(immutable(uint256))
padding: uint256
total: public(uint256)

@deploy
def __init__(fee: uint256):
    OWNER = msg.sender
    FEE = fee

@external
def add(amount: uint256):
    assert amount > FEE, "too little"
    self.total += amount
"""


def test_immutables_lie_where_the_artifact_says(make_project: MakeProject) -> None:
    build = compile_project(make_project({"contracts/Vault.vy": VAULT}))
    artifact = build.artifact("Vault")
    with local() as network:
        zone = network["alpha"]
        vault = zone.deploy(artifact, 0x1234)
        code = zone.code(vault)
        assert len(code) == artifact.runtime.size
        [fee] = artifact.runtime.immutable_references["FEE"]
        [owner] = artifact.runtime.immutable_references["OWNER"]
        assert int.from_bytes(code[fee["start"] : fee["start"] + fee["length"]]) == 0x1234 == vault.FEE()
        assert f"0x{code[owner['start'] + 12 : owner['start'] + 32].hex()}" == vault.OWNER().lower()
        found = build.registry().for_code(code)
        assert found is not None
        assert found.qualified_name == "contracts/Vault.vy:Vault"


def test_variables_lie_where_the_layout_says(make_project: MakeProject) -> None:
    artifact = compile_project(make_project({"contracts/Vault.vy": VAULT})).artifact("Vault")
    slots = {item["label"]: int(item["slot"]) for item in artifact.storage_layout["storage"]}
    with local() as network:
        zone = network["alpha"]
        vault = zone.deploy(artifact, 1)
        vault.add(77)
        assert int.from_bytes(bytes(zone.storage(vault, slots["total"]))) == 77
        with pytest.raises(Reverted) as raised:
            vault.add(0)
        assert raised.value.reason == "too little"
