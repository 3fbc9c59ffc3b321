"""LayerZero's OApp, unmodified, on two and three zones."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devnet.chain.keccak import keccak256
from devnet.chain.types import Hash32, Wei
from devnet.packets.options import Compose, NativeDrop, Options, Ordered, Receive, combine_options
from devnet.packets.packet import Packet
from tests.layerzero import packages
from tests.layerzero.mesh import GAS, OPTIONS, Mesh, bytes32, mesh
from zero_sdk.client.contract import Contract
from zero_sdk.testing import emits, reverts

pytestmark = pytest.mark.clients


@pytest.fixture(scope="module", params=["native", pytest.param("pyevm", marks=pytest.mark.full)])
def whole(request: pytest.FixtureRequest) -> Mesh:
    return mesh("alpha", "beta", "gamma", engine=request.param)


@pytest.fixture
def zones(whole: Mesh) -> Iterator[Mesh]:
    with whole.network.isolated():
        yield whole
    whole.network.courier.restore()


def notes_of(contract: Contract) -> list[bytes]:
    return [contract.notes(place) for place in range(contract.count())]


def send(mesh: Mesh, source: Contract, target: str, note: bytes, options: bytes = OPTIONS) -> None:
    eid = mesh.eid(target)
    source.send(eid, note, options, value=source.quote(eid, note, options).nativeFee)


def test_a_note_goes_from_every_zone_to_every_other(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    for source in notes:
        for target in notes:
            if target != source:
                send(zones, notes[source], target, f"{source} to {target}".encode())
    assert all(contract.count() == 0 for contract in notes.values())
    zones.deliver()
    for target, contract in notes.items():
        wanted = {f"{source} to {target}".encode() for source in notes if source != target}
        assert sorted(notes_of(contract)) == sorted(wanted)
    zones.deliver()
    assert [contract.count() for contract in notes.values()] == [2, 2, 2]


def test_the_quote_is_the_price_and_what_is_too_much_comes_back(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    alpha, eid = zones.network["alpha"], zones.eid("beta")
    fee = notes["alpha"].quote(eid, b"note", OPTIONS).nativeFee
    assert fee > 0
    payer = zones.network.accounts[3]
    before = alpha.balance(payer)
    with reverts(error="LZ_InsufficientFee", requiredNative=fee, suppliedNative=fee - 1):
        notes["alpha"].send(eid, b"note", OPTIONS, value=fee - 1, sender=payer, gas_price=0)
    notes["alpha"].send(eid, b"note", OPTIONS, value=fee + 999, sender=payer, gas_price=0)
    assert alpha.balance(payer) == before - fee


def test_notes_come_in_order_where_that_counts(zones: Mesh) -> None:
    notes = zones.everywhere("OrderedNotes")
    options = Options((Receive(GAS), Ordered())).encoded
    sent = [bytes([number]) for number in range(5)]
    for note in sent:
        send(zones, notes["alpha"], "beta", note, options)
    zones.deliver()
    assert notes_of(notes["beta"]) == sent


def test_a_note_out_of_order_is_refused_and_comes_later(zones: Mesh) -> None:
    zones.network.courier.pause()
    notes = zones.everywhere("OrderedNotes")
    target = notes["beta"]
    for note in (b"one", b"two"):
        send(zones, notes["alpha"], "beta", note)
    first, second = zones.sent("alpha")
    zones.verify(first)
    zones.verify(second)
    with emits(zones.endpoint("beta"), "LzReceiveAlert", message=b"two"):
        zones.execute(second)
    assert notes_of(target) == []
    for packet in (first, second):
        zones.execute(packet)
    assert notes_of(target) == [b"one", b"two"]


def test_an_ordered_path_goes_on_behind_what_its_owner_gives_up(zones: Mesh) -> None:
    notes = zones.everywhere("OrderedNotes")
    sender, target = notes["alpha"], notes["beta"]
    send(zones, sender, "beta", b"one")
    send(zones, sender, "beta", b"two")
    with reverts(error="OwnableUnauthorizedAccount"):
        target.passOver(zones.eid("alpha"), bytes32(sender), 1, sender=zones.network.accounts[1])
    target.passOver(zones.eid("alpha"), bytes32(sender), 1)
    zones.deliver()
    assert notes_of(target) == [b"two"]


def test_a_failed_delivery_is_tried_again_and_counts_once(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    target = notes["gamma"]
    target.close(True)
    send(zones, notes["alpha"], "gamma", b"one")
    send(zones, notes["alpha"], "gamma", b"two")
    zones.deliver()
    assert [zones.status(packet) for packet in zones.sent("alpha")] == ["failed", "failed"]
    alerts = zones.endpoint("gamma").events.LzReceiveAlert.get()
    assert [alert.args.message for alert in alerts] == [b"one", b"two"]
    assert {alert.args.reason[:4] for alert in alerts} == {keccak256(b"Closed(bytes)")[:4]}
    assert target.count() == 0
    target.close(False)
    first, second = zones.sent("alpha")
    # The courier is asked to, or anybody does it.
    assert zones.network.message(second.header.guid).retry()
    with emits(zones.endpoint("gamma"), "PacketDelivered"):
        zones.execute(first)
    for packet in (first, second):
        with emits(zones.endpoint("gamma"), "LzReceiveAlert"):
            zones.execute(packet)
        assert zones.status(packet) == "delivered"
    assert notes_of(target) == [b"two", b"one"]


def test_steps_behind_a_note_are_composed_with_gas_and_value(zones: Mesh) -> None:
    endpoint = str(zones.endpoint("beta").address)
    composer = zones.network["beta"].deploy(packages.build().artifact("Composer"), endpoint)
    target = zones.deploy("beta", "ComposingNotes", composer.address)
    source = zones.deploy("alpha", "Notes")
    zones.wire(source, target)
    options = Options((Receive(600_000), Compose(0, GAS, Wei(7)), Compose(1, GAS), Compose(2, GAS))).encoded
    send(zones, source, "beta", b"\3note", options)
    zones.deliver()
    [packet] = zones.sent("alpha")
    steps = [composer.steps(place) for place in range(composer.count())]
    assert [(step.message, step.value) for step in steps] == [(b"\3note", 7), (b"\3note", 0), (b"\3note", 0)]
    assert {(step[0], step.guid) for step in steps} == {(str(target.address), packet.header.guid)}
    with reverts(error="OnlyEndpoint"):
        composer.lzCompose(target.address, packet.header.guid, b"\3note", endpoint, b"")
    # Each once.
    with reverts(error="LZ_ComposeNotFound"):
        zones.endpoint("beta").lzCompose(
            target.address, composer.address, packet.header.guid, 0, b"\3note", b""
        )


def test_a_step_that_fails_can_be_taken_later(zones: Mesh) -> None:
    endpoint = zones.endpoint("beta")
    composer = zones.network["beta"].deploy(packages.build().artifact("Composer"), endpoint.address)
    target = zones.deploy("beta", "ComposingNotes", composer.address)
    source = zones.deploy("alpha", "Notes")
    zones.wire(source, target)
    composer.close(True)
    send(zones, source, "beta", b"\1note", Options((Receive(GAS), Compose(0, GAS))).encoded)
    zones.deliver()
    [alert] = endpoint.events.LzComposeAlert.get()
    assert alert.args.reason == keccak256(b"Closed()")[:4]
    assert notes_of(target) == [b"\1note"]
    assert composer.count() == 0
    composer.close(False)
    [packet] = zones.sent("alpha")
    endpoint.lzCompose(target.address, composer.address, packet.header.guid, 0, b"\1note", b"", value=3)
    assert composer.steps(0).value == 3


def test_currency_is_dropped_and_sent_along(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    lucky, other = (Hash32(bytes(12) + bytes([digit]) * 20) for digit in (0xAB, 0xCD))
    options = Options((Receive(GAS, Wei(11)), NativeDrop(Wei(10**18), lucky), NativeDrop(Wei(5), other)))
    plain = notes["alpha"].quote(zones.eid("beta"), b"note", OPTIONS).nativeFee
    fee = notes["alpha"].quote(zones.eid("beta"), b"note", options.encoded).nativeFee
    assert fee == plain + 11 + 10**18 + 5
    send(zones, notes["alpha"], "beta", b"note", options.encoded)
    zones.deliver()
    beta = zones.network["beta"]
    assert [beta.balance("0x" + each[12:].hex()) for each in (lucky, other)] == [10**18, 5]
    assert notes["beta"].received() == 11


def test_a_note_is_sent_on_by_what_came_along(zones: Mesh) -> None:
    source = zones.deploy("alpha", "Notes")
    relay = zones.deploy("beta", "Relay", zones.eid("gamma"))
    target = zones.deploy("gamma", "Notes")
    zones.wire(source, relay)
    zones.wire(relay, target)
    fare = relay.quoteOn(b"far")
    send(zones, source, "beta", b"far", Options((Receive(500_000, Wei(fare + 5)),)).encoded)
    zones.deliver()
    assert notes_of(relay) == notes_of(target) == [b"far"]
    assert zones.network["beta"].balance(relay) == 5


def test_options_that_the_owner_enforces_come_first(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    source, eid = notes["alpha"], zones.eid("beta")
    enforced = Options((Receive(GAS, Wei(3)),)).encoded
    with reverts(error="OwnableUnauthorizedAccount"):
        source.setEnforcedOptions([(eid, 1, enforced)], sender=zones.network.accounts[1])
    with reverts(error="InvalidOptions"):
        source.setEnforcedOptions([(eid, 1, b"\0\1" + bytes(32))])
    source.setEnforcedOptions([(eid, 1, enforced)])
    assert source.enforcedOptions(eid, 1) == enforced
    extra = Options((NativeDrop(Wei(9), Hash32(bytes(12) + b"\xab" * 20)),)).encoded
    for options in (b"", extra):
        assert source.combineOptions(eid, 1, options) == combine_options(enforced, options)
        send(zones, source, "beta", b"note", options)
    # Of one kind they add up.
    send(zones, source, "beta", b"note", Options((Receive(0, Wei(4)),)).encoded)
    assert [options for _, options in zones.packets("alpha")][:2] == [enforced, enforced + extra[2:]]
    zones.deliver()
    assert notes["beta"].received() == 3 + 3 + 7


def test_a_path_is_blocked_until_the_peer_is_set(zones: Mesh) -> None:
    source, target = zones.deploy("alpha", "Notes"), zones.deploy("beta", "Notes")
    with reverts(error="NoPeer", eid=zones.eid("beta")):
        source.quote(zones.eid("beta"), b"note", OPTIONS)
    source.setPeer(zones.eid("beta"), bytes32(target))
    send(zones, source, "beta", b"note")
    [packet] = zones.sent("alpha")
    assert not zones.endpoint("beta").initializable(zones.origin(packet), target.address)
    zones.deliver()
    assert zones.status(packet) == "blocked"
    target.setPeer(zones.eid("alpha"), bytes32(source))
    zones.deliver()
    assert zones.status(packet) == "delivered"
    assert notes_of(target) == [b"note"]


def test_a_stranger_is_no_peer(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    stranger = zones.deploy("alpha", "Notes")
    stranger.setPeer(zones.eid("beta"), bytes32(notes["beta"]))
    send(zones, stranger, "beta", b"note")
    zones.deliver()
    assert zones.status(zones.sent("alpha")[-1]) == "blocked"
    with reverts(error="OnlyEndpoint"):
        origin = (zones.eid("alpha"), bytes32(notes["alpha"]), 1)
        notes["beta"].lzReceive(origin, bytes(32), b"note", stranger.address, b"")
    assert notes["beta"].count() == 0


def test_who_only_sends_reaches_who_only_receives(zones: Mesh) -> None:
    source, target = zones.deploy("alpha", "Announcer"), zones.deploy("gamma", "Listener")
    zones.wire(source, target)
    eid = zones.eid("gamma")
    source.announce(eid, b"news", OPTIONS, value=source.quote(eid, b"news", OPTIONS))
    zones.deliver()
    assert target.heard() == b"news"
    assert (tuple(source.oAppVersion()), tuple(target.oAppVersion())) == ((1, 0), (0, 2))


# ------------------------------------------------------------ what a delegate may do with messages


def stuck(zones: Mesh) -> tuple[Contract, Contract, tuple[int, bytes], list[Packet]]:
    """Three notes that came and could not be taken; the owner is the receiver's delegate."""
    notes = zones.everywhere("Notes")
    source, target = notes["alpha"], notes["beta"]
    target.close(True)
    for note in (b"one", b"two", b"three"):
        send(zones, source, "beta", note)
    zones.deliver()
    target.close(False)
    return zones.endpoint("beta"), target, (zones.eid("alpha"), bytes32(source)), zones.sent("alpha")


def test_a_delegate_clears_a_message(zones: Mesh) -> None:
    endpoint, target, _, packets = stuck(zones)
    header = packets[1].header
    call = (target.address, zones.origin(packets[1]), header.guid, packets[1].message)
    with reverts(error="LZ_Unauthorized"):
        endpoint.clear(*call, sender=zones.network.accounts[1])
    endpoint.clear(*call)
    assert zones.status(packets[1]) == "delivered"
    for packet in packets:
        zones.execute(packet)
    assert notes_of(target) == [b"one", b"three"]


def test_a_delegate_burns_a_message_that_others_overtook(zones: Mesh) -> None:
    endpoint, target, path, packets = stuck(zones)
    zones.execute(packets[1])
    burn = (target.address, *path, 1, packets[0].payload_hash)
    with reverts(error="LZ_Unauthorized"):
        endpoint.burn(*burn, sender=zones.network.accounts[1])
    with reverts(error="LZ_InvalidNonce"):
        endpoint.burn(target.address, *path, 3, packets[2].payload_hash)
    endpoint.burn(*burn)
    assert zones.status(packets[0]) == "burnt"
    for packet in packets:
        zones.execute(packet)
    assert notes_of(target) == [b"two", b"three"]


def test_a_delegate_makes_a_message_one_that_cannot_be_delivered(zones: Mesh) -> None:
    endpoint, target, path, packets = stuck(zones)
    with reverts(error="LZ_PayloadHashNotFound"):
        endpoint.nilify(target.address, *path, 1, packets[1].payload_hash)
    endpoint.nilify(target.address, *path, 1, packets[0].payload_hash)
    assert zones.status(packets[0]) == "nilified"
    for packet in packets:
        zones.execute(packet)
    assert notes_of(target) == [b"two", b"three"]
    # It can be verified again, by the receiver or its delegate, and delivered then.
    with reverts(error="AlreadyCommitted"):
        zones.verify(packets[0], zones.network.accounts[1])
    zones.network.courier.pause()
    zones.verify(packets[0])
    zones.execute(packets[0])
    assert notes_of(target) == [b"two", b"three", b"one"]


def test_a_delegate_skips_a_message_before_it_is_verified(zones: Mesh) -> None:
    notes = zones.everywhere("Notes")
    source, target = notes["alpha"], notes["beta"]
    path = (zones.eid("alpha"), bytes32(source))
    for note in (b"one", b"two"):
        send(zones, source, "beta", note)
    endpoint = zones.endpoint("beta")
    with reverts(error="LZ_InvalidNonce"):
        endpoint.skip(target.address, *path, 2)
    endpoint.skip(target.address, *path, 1)
    zones.deliver()
    assert [zones.status(packet) for packet in zones.sent("alpha")] == ["skipped", "delivered"]
    assert notes_of(target) == [b"two"]


def test_the_owner_names_another_delegate(zones: Mesh) -> None:
    endpoint, target, path, packets = stuck(zones)
    deputy = zones.network.accounts[2]
    assert endpoint.delegates(target.address) == zones.owner
    target.setDelegate(deputy)
    with reverts(error="LZ_Unauthorized"):
        endpoint.nilify(target.address, *path, 1, packets[0].payload_hash)
    endpoint.nilify(target.address, *path, 1, packets[0].payload_hash, sender=deputy)
