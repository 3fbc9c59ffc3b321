"""The storage of the system zone's contracts: Python's hand-written mirrors are what the compiler laid out.

Validators read these slots by proofs, so a layout that moves is a change of the protocol: the tables are
golden.
"""

from __future__ import annotations

from typing import Any

import pytest
from eth_utils.abi import function_abi_to_4byte_selector

from devnet.chain import epochs
from devnet.contracts import artifacts, forced_inbox, light_client, staking, zone_registry
from devnet.contracts.layout import list_slot, mapping_slot, packed, unpacked

LAYOUTS = {
    "Staking": [
        ("setRoot", 0, 0, "bytes32"),
        ("epoch", 1, 0, "uint64"),
        ("memberCount", 1, 8, "uint32"),
        ("memberStake", 1, 12, "uint128"),
        ("epochHeights", 1, 28, "uint32"),
        ("unbondingSlots", 2, 0, "uint32"),
        ("seatLimit", 2, 4, "uint32"),
        ("issuance", 2, 8, "uint128"),
        ("seatedStake", 3, 0, "uint128"),
        ("issuedSlot", 3, 16, "uint64"),
        ("validatorCount", 3, 24, "uint32"),
        ("rewardPerStake", 4, 0, "uint256"),
        ("remainder", 5, 0, "uint128"),
        ("reserve", 5, 16, "uint128"),
        ("distributed", 6, 0, "uint128"),
        ("seats", 7, 0, "uint32[]"),
        ("members", 8, 0, "uint256[]"),
        ("validators", 9, 0, "mapping(uint32 => struct Staking.Validator)"),
        ("validatorOfKeyNode", 10, 0, "mapping(bytes32 => uint32)"),
        ("delegations", 11, 0, "mapping(uint32 => mapping(address => struct Staking.Delegation))"),
        ("unbondings", 12, 0, "mapping(address => struct Staking.Unbonding[])"),
    ],
    "ZoneRegistry": [
        ("owner", 0, 0, "address"),
        ("pendingOwner", 1, 0, "address"),
        ("zoneCount", 1, 20, "uint32"),
        ("notice", 1, 24, "uint64"),
        ("zones", 2, 0, "mapping(uint32 => struct ZoneRegistry.Zone)"),
        ("isNameTaken", 3, 0, "mapping(bytes32 => bool)"),
        ("isChainIdTaken", 4, 0, "mapping(uint64 => bool)"),
    ],
    "ForcedInbox": [
        ("dueGas", 0, 0, "uint64"),
        ("dueHeights", 0, 8, "uint32"),
        ("mostBytes", 0, 12, "uint32"),
        ("feePerGas", 0, 16, "uint128"),
        ("counts", 1, 0, "mapping(uint32 => uint64)"),
        ("entries", 2, 0, "mapping(uint32 => mapping(uint64 => struct ForcedInbox.Entry))"),
    ],
    "LightClient": [
        ("network", 0, 0, "bytes32"),
        ("root", 1, 0, "bytes32"),
        ("validatorsRoot", 2, 0, "bytes32"),
        ("height", 3, 0, "uint64"),
        ("slot", 3, 8, "uint64"),
        ("incarnation", 3, 16, "uint64"),
        ("rootAt", 4, 0, "mapping(uint64 => bytes32)"),
    ],
}

RECORDS = {
    "struct Staking.Validator": [
        ("keyHead", 0, 0, "bytes32"),
        ("keyTail", 1, 0, "bytes16"),
        ("place", 1, 16, "uint32"),
        ("isRetired", 1, 20, "bool"),
        ("changes", 1, 21, "uint64"),
        ("keyNode", 2, 0, "bytes32"),
        ("operator", 3, 0, "address"),
        ("stake", 4, 0, "uint128"),
        ("mark", 5, 0, "uint256"),
    ],
    "struct Staking.Delegation": [
        ("stake", 0, 0, "uint128"),
        ("fraction", 0, 16, "uint128"),
        ("earned", 1, 0, "uint256"),
        ("owed", 2, 0, "uint256"),
    ],
    "struct Staking.Unbonding": [("amount", 0, 0, "uint128"), ("slot", 0, 16, "uint64")],
    "struct ZoneRegistry.Zone": [
        ("name", 0, 0, "bytes32"),
        ("chainId", 1, 0, "uint64"),
        ("genesisRoot", 2, 0, "bytes32"),
        ("programs", 3, 0, "struct ZoneRegistry.Program[]"),
    ],
    "struct ZoneRegistry.Program": [("id", 0, 0, "bytes32"), ("since", 1, 0, "uint64")],
    "struct ForcedInbox.Entry": [
        ("chain", 0, 0, "bytes32"),
        ("gas", 1, 0, "uint64"),
        ("gasBefore", 1, 8, "uint128"),
        ("postedIn", 1, 24, "uint64"),
    ],
}

Places = list[tuple[str, int, int, str]]


def places(entries: list[dict[str, Any]], types: dict[str, Any]) -> Places:
    """Of what the compiler lists: name, slot, first byte in it, type."""
    return [(e["label"], int(e["slot"]), e["offset"], types[e["type"]]["label"]) for e in entries]


@pytest.mark.parametrize("contract", LAYOUTS)
def test_storage_is_laid_out_as_ever(contract: str) -> None:
    layout = artifacts.load(contract).storage_layout
    assert places(layout["storage"], layout["types"]) == LAYOUTS[contract]
    records = {
        kind["label"]: places(kind["members"], layout["types"])
        for kind in layout["types"].values()
        if "members" in kind
    }
    assert records == {label: RECORDS[label] for label in records}
    assert {label for label in RECORDS if label.startswith(f"struct {contract}.")} == set(records)


def test_slots_that_python_names_are_the_compilers() -> None:
    numbers = {
        (contract, label): slot for contract, entries in LAYOUTS.items() for label, slot, _, _ in entries
    }
    named = {
        ("Staking", "setRoot"): staking.SET_ROOT_SLOT,
        ("Staking", "epoch"): epochs.EPOCH_SLOT,
        ("Staking", "unbondingSlots"): staking.PARAMETERS_SLOT,
        ("Staking", "seatedStake"): staking.SEATED_SLOT,
        ("Staking", "reserve"): staking.RESERVE_SLOT,
        ("Staking", "seats"): epochs.SEATS_SLOT,
        ("Staking", "members"): staking.MEMBERS_SLOT,
        ("Staking", "validators"): staking.VALIDATORS_SLOT,
        ("Staking", "validatorOfKeyNode"): staking.VALIDATOR_OF_KEY_SLOT,
        ("Staking", "delegations"): staking.DELEGATIONS_SLOT,
        ("ZoneRegistry", "owner"): zone_registry.OWNER_SLOT,
        ("ZoneRegistry", "zoneCount"): zone_registry.COUNT_SLOT,
        ("ZoneRegistry", "zones"): zone_registry.ZONES_SLOT,
        ("ZoneRegistry", "isNameTaken"): zone_registry.NAMES_SLOT,
        ("ZoneRegistry", "isChainIdTaken"): zone_registry.CHAIN_IDS_SLOT,
        ("ForcedInbox", "dueGas"): forced_inbox.PARAMETERS_SLOT,
        ("ForcedInbox", "counts"): forced_inbox.COUNTS_SLOT,
        ("ForcedInbox", "entries"): forced_inbox.ENTRIES_SLOT,
        ("LightClient", "network"): light_client.NETWORK_SLOT,
        ("LightClient", "root"): light_client.ROOT_SLOT,
        ("LightClient", "validatorsRoot"): light_client.VALIDATORS_ROOT_SLOT,
        ("LightClient", "height"): light_client.NEWEST_SLOT,
        ("LightClient", "rootAt"): light_client.ROOTS_SLOT,
    }
    assert named == {place: numbers[place] for place in named}


@pytest.mark.parametrize(
    ("contract", "function", "selector"),
    [
        ("Staking", "sealEpoch", epochs.SEAL_EPOCH_CALL),
        ("Staking", "register", staking.REGISTER_SELECTOR),
        ("Staking", "delegate", staking.DELEGATE_SELECTOR),
        ("ForcedInbox", "post", forced_inbox.POST_SELECTOR),
    ],
)
def test_selectors_are_those_of_the_compiled_functions(contract: str, function: str, selector: bytes) -> None:
    (entry,) = [entry for entry in artifacts.load(contract).abi if entry.get("name") == function]
    assert function_abi_to_4byte_selector(entry) == selector


def test_a_mapping_and_a_list_lie_where_the_documentation_of_solidity_puts_them() -> None:
    """keccak256 of 32 zero bytes, and of 64, are well known: the first elements of what stands in slot 0."""
    assert list_slot(0) == 0x290DECD9548B62A8D60345A988386FC84BA6BC95484008F6362F93160EF3E563
    assert mapping_slot(0, 0) == 0xAD3228B676F7D3CD4284A5443F17F1962B36E491B30A40B2405849E597BA5FB5
    assert mapping_slot(bytes(20), 0) == mapping_slot(bytes(32), 0) == mapping_slot(0, 0)


def test_words_are_packed_from_their_lowest_bits_on() -> None:
    assert packed((1, 8), (2, 16)) == 0x000201
    assert unpacked(0x000201, 8, 16) == (1, 2)
    with pytest.raises(OverflowError):
        packed((256, 8))
    with pytest.raises(OverflowError):
        packed((-1, 8))
