"""A simulated delivery says what a delivery does: outcome, reason, and the least gas that suffices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei, ZoneName
from devnet.contracts.addresses import ENDPOINT, EXECUTOR
from devnet.contracts.endpoint_calls import (
    lz_compose_call,
    lz_receive_call,
    quote_call,
)
from devnet.messages.simulation import (
    PATH_NOT_INITIALIZABLE,
    Simulation,
    Terms,
    simulate_delivery,
)
from devnet.network import Network, NetworkConfig
from devnet.packets.options import Compose, NativeDrop, Options, Receive
from devnet.packets.packet import Packet, PacketHeader, Path, padded
from devnet.zone.errors import LimitExceeded
from devnet.zone.messages import GenesisAccount
from devnet.zone.port import ZonePort
from tests.contracts.message_zone import (
    ALPHA_EID,
    BETA_EID,
    MAILBOX,
    MessageZone,
    SettledOutbox,
    compiled,
    message_zone,
)
from zero_sdk.client.contract import Contract
from zero_sdk.client.transports.in_process import InProcess

SENDER = Hash32(bytes(12) + b"\x5e" * 20)
GAS = 200_000
REFUSED = keccak256(b"Refused(bytes)")[:4]


class Site:
    """A mailbox in zone alpha, and messages to it from zone beta."""

    def __init__(self, alpha: MessageZone) -> None:
        self.alpha = alpha
        self.mailbox: Contract = alpha.zone.deploy(compiled(MAILBOX, "Mailbox"))
        self.address = Address(bytes.fromhex(str(self.mailbox.address)[2:]))
        self.executor = alpha.contract("Executor")

    @property
    def zone(self) -> ZonePort:
        return cast(InProcess, self.alpha.zone.transport).network.zones[ZoneName("alpha")]

    def packet(self, message: bytes = b"hello", nonce: int = 1) -> Packet:
        return Packet(PacketHeader(nonce, Path(BETA_EID, SENDER, ALPHA_EID, padded(self.address))), message)

    def simulate(self, packet: Packet, *options: Any, **terms: Any) -> Simulation:
        return simulate_delivery(self.zone, packet, Options(options or (Receive(GAS),)), Terms(**terms))

    def commit(self, *packets: Packet) -> None:
        outbox = SettledOutbox(self.zone.settlement().height + 1, 2, packets)
        self.alpha.settle(outbox.block)
        for number, packet in enumerate(packets):
            self.alpha.contract("ZeroReceiveLib").commitVerification(
                packet.header.encoded, packet.payload_hash, outbox.proof(number)
            )

    def is_delivered(self, packet: Packet, gas: int, value: int = 0) -> bool:
        """Whether Executor delivers it with so much; what happened is undone."""
        header = packet.header
        origin = (header.path.src_eid, header.path.sender, header.nonce)
        parameters = (str(self.mailbox.address), origin, header.guid, packet.message, b"", gas)
        with self.alpha.network.isolated():
            receipt = self.executor.execute302(parameters, value=value, gas=6_000_000)
            return any(event.name == "PacketDelivered" for event in receipt.events)


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> Site:
    return Site(message_zone(request.param))


@pytest.fixture
def site(whole: Site) -> Iterator[Site]:
    with whole.alpha.network.isolated():
        yield whole


def test_calls_are_encoded_as_the_abi_says(whole: Site) -> None:
    endpoint = whole.alpha.contract("Endpoint")
    packet = whole.packet(b"\x01" * 33)
    guid = packet.header.guid
    origin = (BETA_EID, SENDER, 1)
    to, other = str(whole.mailbox.address), "0x" + EXECUTOR.hex()
    expected = {
        endpoint.lzReceive.encode(origin, to, guid, packet.message, b""): lz_receive_call(packet),
        endpoint.lzCompose.encode(to, other, guid, 7, b"abc", b""): lz_compose_call(
            whole.address, EXECUTOR, guid, 7, b"abc"
        ),
        endpoint.quote.encode((BETA_EID, SENDER, b"abc", b"\0\3", False), to): quote_call(
            BETA_EID, SENDER, b"abc", b"\0\3", whole.address
        ),
    }
    for encoded, ours in expected.items():
        assert bytes(encoded) == ours


def test_a_message_that_is_not_even_settled_can_be_tried(site: Site) -> None:
    packet = site.packet(nonce=5)
    found = site.simulate(packet)
    assert found.receive.succeeded
    assert found.composes == ()
    # Nothing happened.
    assert site.mailbox.received() == 0
    with pytest.raises(Exception, match="revert"):
        site.mailbox.taken(0)


def test_the_least_gas_is_what_executor_needs(site: Site) -> None:
    packet = site.packet(b"\x07" * 300)
    found = site.simulate(packet, gas=2 * GAS).receive
    assert found.gas_needed is not None
    site.commit(packet)
    assert site.simulate(packet, gas=2 * GAS).receive == found
    assert site.is_delivered(packet, found.gas_needed)
    assert not site.is_delivered(packet, found.gas_needed - found.gas_needed // 256)
    assert found.gas_used <= found.gas_needed < 2 * GAS


@given(
    size=st.integers(0, 400),
    gas=st.integers(20_000, 400_000),
    value=st.sampled_from([0, 1, 10**9]),
    is_refusing=st.sampled_from([False, False, False, True]),
)
@settings(max_examples=8, deadline=None)
def test_a_trial_says_what_the_delivery_does(
    whole: Site, size: int, gas: int, value: int, is_refusing: bool
) -> None:
    agree(whole, size, gas, value, is_refusing)


@pytest.mark.full
@given(size=st.integers(0, 4_000), gas=st.integers(20_000, 4_000_000), value=st.integers(0, 10**18))
@settings(max_examples=300, deadline=None)
def test_a_trial_says_what_the_delivery_does_at_length(whole: Site, size: int, gas: int, value: int) -> None:
    agree(whole, size, gas, value, is_refusing=False)


def agree(site: Site, size: int, gas: int, value: int, is_refusing: bool) -> None:
    """The trial, before and after the message is verified, and the delivery."""
    with site.alpha.network.isolated():
        site.mailbox.refuse(is_refusing)
        packet = site.packet(b"\x07" * size)
        before = site.simulate(packet, Receive(gas, Wei(value))).receive
        site.commit(packet)
        assert site.simulate(packet, Receive(gas, Wei(value))).receive == before
        assert site.is_delivered(packet, gas, value) == before.succeeded
        assert (before.gas_needed is None) == is_refusing
        if before.gas_needed is not None:
            assert before.succeeded == (gas >= before.gas_needed) or abs(gas - before.gas_needed) * 256 < gas


def test_value_is_sent_along(site: Site) -> None:
    packet = site.packet()
    site.commit(packet)
    found = site.simulate(packet, Receive(GAS, Wei(77))).receive
    assert (found.succeeded, found.value) == (True, 77)
    assert found.gas_needed is not None
    assert site.is_delivered(packet, found.gas_needed, 77)
    assert not site.is_delivered(packet, found.gas_needed - found.gas_needed // 256, 77)


def test_too_little_gas_fails_and_what_suffices_is_told(site: Site) -> None:
    packet = site.packet()
    enough = site.simulate(packet).receive.gas_needed
    found = site.simulate(packet, Receive(20_000)).receive
    assert (found.succeeded, found.gas_given, found.gas_needed) == (False, 20_000, enough)
    assert site.simulate(packet, gas=enough).receive.succeeded
    assert site.simulate(packet, NativeDrop(Wei(1), SENDER)).receive.gas_given is None


def test_a_refusal_comes_with_its_data(site: Site) -> None:
    site.mailbox.refuse(True)
    found = site.simulate(site.packet())
    assert not found.receive.succeeded
    assert found.receive.output[:4] == REFUSED
    assert found.receive.gas_needed is None
    assert found.receive.logs == ()


def test_a_path_that_is_not_there_blocks(site: Site) -> None:
    site.mailbox.close(True)
    assert site.simulate(site.packet()).receive.output == PATH_NOT_INITIALIZABLE
    nobody = replace(site.packet(), header=PacketHeader(1, Path(BETA_EID, SENDER, ALPHA_EID, SENDER)))
    assert site.simulate(nobody).receive.output == PATH_NOT_INITIALIZABLE
    site.mailbox.close(False)
    site.commit(site.packet())
    assert site.is_delivered(site.packet(), GAS)


def test_second_steps_are_tried_after_the_first(site: Site) -> None:
    site.mailbox.compose(2)
    packet = site.packet()
    options = (Receive(400_000), Compose(1, 150_000, Wei(5)))
    found = site.simulate(packet, *options)
    assert [(each.index, each.sender, each.to, each.message) for each in found.composes] == [
        (index, site.address, site.address, b"hello") for index in (0, 1)
    ]
    first, second = (each.trial for each in found.composes)
    assert (first.succeeded, first.gas_given, first.value) == (True, None, 0)
    assert (second.succeeded, second.gas_given, second.value) == (True, 150_000, 5)
    assert second.gas_needed is not None
    assert first.gas_used <= second.gas_needed < 150_000
    assert [log.address for log in first.logs] == [ENDPOINT]
    assert len(found.receive.logs) == 3


def test_what_takes_more_than_calls_may_is_refused() -> None:
    yes = {Address(b"\x77" * 20): GenesisAccount(code=bytes.fromhex("600160005260206000f3"))}
    alpha = Network(NetworkConfig(call_gas_cap=200_000, genesis_accounts=yes)).zones[ZoneName("alpha")]
    path = Path(BETA_EID, SENDER, ALPHA_EID, padded(Address(b"\x77" * 20)))
    with pytest.raises(LimitExceeded):
        simulate_delivery(alpha, Packet(PacketHeader(1, path), b"hello"), Options((Receive(GAS),)))
