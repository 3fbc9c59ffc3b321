"""What is known of the contracts of settlement without any artifact is what they have."""

from __future__ import annotations

from devnet.artifacts.describe import describe_revert
from devnet.artifacts.items import AbiItem, parse_item
from devnet.artifacts.registry import ArtifactRegistry
from devnet.artifacts.settling import settlement_items
from devnet.contracts import artifacts
from devnet.contracts.addresses import STAKING
from devnet.rpc import dispatch
from tests.settlement.networks import network

CONTRACTS = ("Staking", "ZoneRegistry", "ForcedInbox", "LightClient", "Tips")


def _compiled() -> dict[bytes, AbiItem]:
    items = (parse_item(entry) for name in CONTRACTS for entry in artifacts.load(name).abi)
    return {item.digest: item for item in items if item is not None and item.kind != "constructor"}


def test_every_item_is_one_of_the_contracts() -> None:
    compiled = _compiled()
    for item in settlement_items():
        known = compiled[item.digest]
        assert item.kind == known.kind
        names = [each.name for each in item.inputs]
        assert names == [each.name for each in known.inputs] or not any(names), item.signature
        assert [each.is_indexed for each in item.inputs] == [each.is_indexed for each in known.inputs]


def test_every_event_and_error_of_the_contracts_is_known() -> None:
    known = {item.digest for item in settlement_items()}
    missing = [
        item.signature
        for item in _compiled().values()
        if item.kind in ("event", "error") and item.digest not in known
    ]
    assert missing == []


def test_a_revert_of_staking_says_its_reason_in_words() -> None:
    with network() as net:
        data = f"0x{_selector('claim')}{99:064x}"
        params = [{"to": f"0x{STAKING.hex()}", "data": data}, "latest"]
        request = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params}
        answer = dispatch(net, "system", request)
    assert answer["error"]["message"] == "execution reverted: UnknownValidator(validator: 99)"
    revert = bytes.fromhex(answer["error"]["data"][2:])
    assert describe_revert(ArtifactRegistry(), revert).text == "UnknownValidator(validator: 99)"


def _selector(name: str) -> str:
    (item,) = (item for item in settlement_items() if item.kind == "function" and item.name == name)
    return item.selector.hex()
