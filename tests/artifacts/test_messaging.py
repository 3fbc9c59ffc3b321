"""What is known of messages without any artifact is what their contracts have."""

from __future__ import annotations

from devnet.artifacts.items import AbiItem, parse_item
from devnet.artifacts.messaging import messaging_items
from devnet.artifacts.registry import ArtifactRegistry
from devnet.contracts import artifacts
from devnet.contracts.addresses import ENDPOINT, NAMES
from devnet.network import Network, NetworkConfig

CONTRACTS = (
    *("Endpoint", "Executor", "ZeroReceiveLib", "ZeroSendLib", "Bridge", "Reserve"),
    *("BlockedLibrary", "Outbox", "PriceFeed"),
)
APPLICATIONS = {
    *("lzReceive", "lzCompose", "allowInitializePath", "nextNonce", "setPeer", "peers", "quoteSend", "send"),
    *("PeerSet", "OFTSent", "OFTReceived"),
    *("OnlyEndpoint", "OnlyPeer", "NoPeer", "NotEnoughNative", "LzTokenUnavailable", "InvalidOptions"),
    *("InvalidDelegate", "SlippageExceeded", "AmountSDOverflowed", "InvalidLocalDecimals"),
}
"""What is the applications', whose interfaces are not this project's."""


def _compiled() -> dict[bytes, AbiItem]:
    items = (parse_item(entry) for name in CONTRACTS for entry in artifacts.load(name).abi)
    return {item.digest: item for item in items if item is not None}


def test_every_item_is_one_of_the_contracts_or_of_applications() -> None:
    compiled = _compiled()
    for item in messaging_items():
        known = compiled.get(item.digest)
        if known is None:
            assert item.name in APPLICATIONS, item.signature
        elif item.name not in APPLICATIONS:
            assert [(each.name, each.is_indexed) for each in item.inputs] == [
                (each.name, each.is_indexed) for each in known.inputs
            ]
            assert item.kind == known.kind


def test_every_event_of_a_message_is_known() -> None:
    registry = ArtifactRegistry()
    wanted = {"PacketSent", "PacketVerified", "PacketDelivered", "LzReceiveAlert", "LzComposeAlert"}
    wanted |= {"ComposeSent", "ComposeDelivered", "MessageCommitted", "NativeDropApplied", "ExecutorFeePaid"}
    wanted |= {"InboundNonceSkipped", "PacketNilified", "PacketBurnt"}
    events = [item for item in _compiled().values() if item.kind == "event" and item.name in wanted]
    assert {item.name for item in events} == wanted
    for item in events:
        found = registry.event(item.digest, item.indexed_count)
        assert found is not None
        assert found.signature == item.signature


def test_every_event_and_error_of_the_contracts_is_known() -> None:
    registry = ArtifactRegistry()
    for item in _compiled().values():
        if item.kind == "event":
            found = registry.event(item.digest, item.indexed_count)
        elif item.kind == "error":
            found = registry.error(item.digest[:4])
        else:
            continue
        assert found is not None, item.signature
        assert found.signature == item.signature


def test_digests_of_applications_are_the_published_ones() -> None:
    """As the artifacts of the npm packages oapp-evm and oft-evm have them."""
    by_name = {item.signature: item.digest.hex() for item in messaging_items()}
    sent = "OFTSent(bytes32,uint32,address,uint256,uint256)"
    assert by_name[sent] == "85496b760a4b7f8d66384b9df21b381f5d1b1e79f229a47aaf4c232edc2fe59a"
    received = "OFTReceived(bytes32,uint32,address,uint256)"
    assert by_name[received] == "efed6d3500546b29533b128a29e3a94d70788727f0507505ac12eaf2e578fd9c"


def test_contracts_of_genesis_are_named_as_their_artifacts() -> None:
    registry = Network().artifacts
    for address, name in NAMES.items():
        assert artifacts.load(name).contract == name
        assert registry.label(address) == name
    assert Network(NetworkConfig(eids=None)).artifacts.label(ENDPOINT) is None
