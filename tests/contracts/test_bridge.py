"""Reserve and Bridge: what leaves a zone goes into the reserve, what arrives comes out of it, all counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.abi import event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.conversions import to_bytes

from devnet.chain.keccak import keccak256
from devnet.chain.types import Address, Hash32, Wei
from devnet.contracts import addresses, artifacts, bridge
from devnet.contracts.bridge import ReserveCounts
from devnet.packets.options import Options, Receive, decode_options
from devnet.packets.packet import Packet, PacketHeader, padded
from devnet.packets.packet import Path as Channel
from tests.contracts.message_zone import (
    ALPHA_EID,
    BETA_EID,
    SYSTEM_EID,
    MessageZone,
    SettledOutbox,
    compiled,
    message_zone,
)
from zero_sdk.client.contract import Contract
from zero_sdk.client.errors import Reverted
from zero_sdk.testing import emits, reverts

PAYEE = Path(__file__).parent / "solidity" / "Payee.sol"
DELIVERY_GAS = 250_000
PEER = padded(addresses.BRIDGE)
MESSAGE = ["address", "address", "uint256", "uint128"]
"""From whom, to whom, wei, the receiver's gas."""
LUCKY = Address(b"\xab" * 20)


@dataclass(frozen=True, slots=True)
class Branch:
    """The bridge of zone alpha, and an account with code."""

    alpha: MessageZone
    payee: Contract

    @property
    def contract(self) -> Contract:
        return self.alpha.contract("Bridge")

    @property
    def reserve(self) -> Contract:
        return self.alpha.contract("Reserve")

    @property
    def counts(self) -> ReserveCounts:
        """As Python reads them, which must be what the contract says."""
        counts = bridge.reserve_counts(self.load(addresses.RESERVE))
        reserve = self.reserve
        assert (counts.at_genesis, counts.sent, counts.paid) == (
            reserve.atGenesis(),
            reserve.sent(),
            reserve.paid(),
        )
        assert self.alpha.zone.balance(reserve) == counts.held
        return counts

    def owed(self, account: Address) -> int:
        amount: int = self.contract.owed(account)
        return amount

    @property
    def owed_in_all(self) -> int:
        owed = bridge.owed_in_all(self.load(addresses.BRIDGE))
        assert owed == self.contract.owedInAll()
        return owed

    def load(self, address: Address) -> Any:
        return lambda slot: int.from_bytes(self.alpha.zone.storage("0x" + address.hex(), slot), "big")

    def arrival(
        self, to: Address, amount: int, nonce: int = 1, sender: Hash32 = PEER, receiver_gas: int = 0
    ) -> Packet:
        """What the bridge of zone beta sends."""
        message = encode(MESSAGE, [LUCKY, to, amount, receiver_gas])
        return Packet(PacketHeader(nonce, Channel(BETA_EID, sender, ALPHA_EID, PEER)), message)

    def settle(self, packets: Sequence[Packet], height: int = 1) -> None:
        """Zone beta's outbox with these is settled and known here, and all of them are verified."""
        outbox = SettledOutbox(height, 2, tuple(packets))
        self.alpha.settle(outbox.block)
        library = self.alpha.contract("ZeroReceiveLib")
        for number, packet in enumerate(packets):
            library.commitVerification(packet.header.encoded, packet.payload_hash, outbox.proof(number))

    def deliver(self, packet: Packet, gas: int = DELIVERY_GAS, value: int = 0) -> Any:
        path = packet.header.path
        origin = path.src_eid, path.sender, packet.header.nonce
        receiver = "0x" + addresses.BRIDGE.hex()
        params = receiver, origin, packet.header.guid, packet.message, b"", gas
        return self.alpha.contract("Executor").execute302(params, value=value, gas=8_000_000)


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> Branch:
    alpha = message_zone(request.param)
    return Branch(alpha, alpha.zone.deploy(compiled(PAYEE, "Payee")))


@pytest.fixture
def branch(whole: Branch) -> Iterator[Branch]:
    with whole.alpha.network.isolated():
        yield whole


@contextmanager
def reverts_with(error: str) -> Iterator[None]:
    """With another contract's error, whose ABI the network may not have met."""
    with pytest.raises(Reverted) as reverted:
        yield
    assert reverted.value.data[:4] == keccak256(error.encode())[:4]


def address_of(contract: Contract) -> Address:
    return Address(to_bytes(hexstr=str(contract.address)))


# ------------------------------------------------------------ sending


def test_what_is_sent_goes_into_the_reserve(branch: Branch) -> None:
    sender, other, *_ = branch.alpha.network.accounts
    fee = branch.contract.quote(BETA_EID, 0)
    assert fee == (200_000 + DELIVERY_GAS + 16 * 128) * 10**9
    packet = Packet(
        PacketHeader(1, Channel(ALPHA_EID, PEER, BETA_EID, PEER)),
        encode(MESSAGE, [sender.address, LUCKY, 700, 0]),
    )
    before, others = branch.alpha.zone.balance(sender), branch.alpha.zone.balance(other)
    endpoint = branch.alpha.contract("Endpoint")
    options = Options((Receive(DELIVERY_GAS),)).encoded
    with (
        emits(branch.contract, "Sent", guid=packet.header.guid, amount=700, receiverGas=0),
        emits(endpoint, "PacketSent", encodedPayload=packet.encoded, options=options),
    ):
        branch.contract.send(BETA_EID, LUCKY, 700, 0, other, value=700 + fee + 5, sender=sender, gas_price=0)
    assert branch.alpha.zone.balance(sender) == before - 700 - fee - 5
    assert branch.alpha.zone.balance(other) == others + 5
    assert branch.counts == ReserveCounts(bridge.RESERVE_AT_GENESIS, Wei(700), Wei(0))
    assert bridge.sent_to(branch.load(addresses.BRIDGE), BETA_EID) == branch.contract.sentTo(BETA_EID) == 700
    assert branch.contract.sentTo(SYSTEM_EID) == 0


def test_the_receivers_gas_is_paid_for(branch: Branch) -> None:
    assert branch.contract.quote(BETA_EID, 30_000) == branch.contract.quote(BETA_EID, 0) + 31_500 * 10**9


def test_no_receiver_gets_more_gas_than_a_delivery_can_give(branch: Branch) -> None:
    sender, most = branch.alpha.network.accounts[0], bridge.MOST_RECEIVER_GAS
    assert branch.contract.MOST_RECEIVER_GAS() == most
    with reverts(error="TooMuchGas", receiverGas=most + 1, most=most):
        branch.contract.quote(BETA_EID, most + 1)
    with reverts(error="TooMuchGas", receiverGas=2**128 - 1, most=most):
        branch.contract.send(BETA_EID, LUCKY, 7, 2**128 - 1, sender, value=10**18)
    assert branch.counts.sent == 0


@pytest.mark.parametrize("gas", [0, 100_000, 1_150_000, 1_300_000, bridge.MOST_RECEIVER_GAS])
def test_a_payment_arrives_with_exactly_the_gas_that_it_was_sent_with(branch: Branch, gas: int) -> None:
    sender, *_ = branch.alpha.network.accounts
    fee = branch.contract.quote(BETA_EID, gas)
    branch.contract.send(BETA_EID, LUCKY, 700, gas, sender, value=700 + fee)
    topic = "0x" + keccak256(b"PacketSent(bytes,bytes,address)").hex()
    (log,) = branch.alpha.zone.logs("0x" + addresses.ENDPOINT.hex(), topics=[topic])
    _, options, _ = decode(["bytes", "bytes", "address"], log.data)
    (item,) = decode_options(options).items
    assert isinstance(item, Receive)
    # The zones are alike: what beta's bridge sends has the same options.
    packet = branch.arrival(LUCKY, 700, receiver_gas=gas)
    branch.settle([packet])
    with emits(branch.contract, "Arrived", guid=packet.header.guid, isPaid=True):
        branch.deliver(packet, gas=item.gas)
    assert branch.counts.paid == branch.alpha.zone.balance("0x" + LUCKY.hex()) == 700


def test_nothing_is_sent_that_cannot_be_paid(branch: Branch) -> None:
    sender, *_ = branch.alpha.network.accounts
    send, fee = branch.contract.send, branch.contract.quote(BETA_EID, 0)
    with reverts(error="NothingGiven"):
        send(BETA_EID, LUCKY, 0, 0, sender, value=fee)
    with reverts(error="NoReceiver"):
        send(BETA_EID, "0x" + "00" * 20, 1, 0, sender, value=fee + 1)
    with reverts(error="AmountNotCovered", amount=8, supplied=7):
        send(BETA_EID, LUCKY, 8, 0, sender, value=7)
    insufficient = "LZ_InsufficientFee(uint256,uint256,uint256,uint256)"
    with reverts_with(insufficient):
        send(BETA_EID, LUCKY, 8, 0, sender, value=fee + 7)
    for eid in (ALPHA_EID, 30_101):
        with reverts_with("LZ_DefaultSendLibUnavailable()"):
            send(eid, LUCKY, 8, 0, sender, value=fee + 8)
    assert branch.counts.sent == 0


# ------------------------------------------------------------ arriving


def test_what_arrives_comes_out_of_the_reserve_once(branch: Branch) -> None:
    packets = [branch.arrival(LUCKY, 30, 1), branch.arrival(LUCKY, 12, 2)]
    branch.settle(packets)
    with emits(branch.contract, "Arrived", guid=packets[1].header.guid, amount=12, isPaid=True):
        branch.deliver(packets[1])
    branch.deliver(packets[0])
    for packet in packets:
        with emits(branch.alpha.contract("Endpoint"), "LzReceiveAlert"):
            branch.deliver(packet)
    assert branch.alpha.zone.balance("0x" + LUCKY.hex()) == 42
    assert branch.counts.paid == 42
    arrived = bridge.arrived_from(branch.load(addresses.BRIDGE), BETA_EID)
    assert arrived == branch.contract.arrivedFrom(BETA_EID) == 42


def test_a_refused_payment_is_owed_and_holds_up_nothing(branch: Branch) -> None:
    payee = address_of(branch.payee)
    packets = [branch.arrival(payee, 30, 1, receiver_gas=100_000), branch.arrival(LUCKY, 12, 2)]
    branch.settle(packets)
    branch.payee.refuse(True)
    reason = keccak256(b"NotNow(uint256)")[:4] + (30).to_bytes(32, "big")
    with emits(branch.contract, "Refused", guid=packets[0].header.guid, amount=30, reason=reason):
        branch.deliver(packets[0], gas=DELIVERY_GAS + 100_000)
    branch.deliver(packets[1])
    assert (branch.counts.paid, branch.alpha.zone.balance(branch.payee)) == (12, 0)
    assert branch.owed(payee) == branch.owed_in_all == 30
    with reverts(error="PaymentRefused"):
        branch.contract.claim(payee)
    assert branch.owed(payee) == 30
    branch.payee.refuse(False)
    with emits(branch.contract, "Claimed", amount=30):
        branch.contract.claim(payee)
    assert (branch.counts.paid, branch.payee.received(), branch.owed_in_all) == (42, 30, 0)
    with reverts(error="NothingOwed"):
        branch.contract.claim(payee)


def test_who_is_owed_can_be_paid_elsewhere(branch: Branch) -> None:
    packet = branch.arrival(address_of(branch.payee), 30, receiver_gas=100_000)
    branch.settle([packet])
    branch.payee.refuse(True)
    branch.deliver(packet, gas=DELIVERY_GAS + 100_000)
    with reverts(error="NothingOwed"):
        branch.contract.claimTo(LUCKY)
    there = str(branch.payee.address)
    with branch.alpha.zone.impersonate(there):
        branch.contract.claimTo(LUCKY, sender=there, gas_price=0)
    assert branch.alpha.zone.balance("0x" + LUCKY.hex()) == branch.counts.paid == 30
    assert branch.owed_in_all == 0


def test_a_receiver_gets_the_gas_that_was_paid_for(branch: Branch) -> None:
    """The payee stores two words, for which the stipend is too little; whoever delivers with less than what
    was paid for does not make it fail."""
    payee = address_of(branch.payee)
    packets = [branch.arrival(payee, 30, 1, receiver_gas=70_000), branch.arrival(payee, 12, 2)]
    branch.settle(packets)
    with emits(branch.alpha.contract("Endpoint"), "LzReceiveAlert"):
        branch.deliver(packets[0], gas=DELIVERY_GAS)
    assert branch.owed_in_all == 0
    branch.deliver(packets[0], gas=DELIVERY_GAS + 70_000)
    branch.deliver(packets[1])
    assert (branch.payee.received(), branch.owed(payee)) == (30, 12)


def test_a_long_answer_of_a_refusing_receiver_costs_the_bridge_nothing(branch: Branch) -> None:
    branch.payee.shout(True)
    packet = branch.arrival(address_of(branch.payee), 30, receiver_gas=1_000_000)
    branch.settle([packet])
    with emits(branch.contract, "Refused", reason=bytes(256)):
        branch.deliver(packet, gas=DELIVERY_GAS + 1_000_000)
    assert branch.owed_in_all == 30


def test_a_receiver_that_sends_on_and_claims_while_it_is_paid_changes_no_account(branch: Branch) -> None:
    payee, amount = address_of(branch.payee), 10**18
    packets = [branch.arrival(payee, amount, nonce, receiver_gas=700_000) for nonce in (1, 2)]
    branch.settle(packets)
    branch.payee.refuse(True)
    branch.deliver(packets[0], gas=DELIVERY_GAS + 700_000)
    branch.payee.refuse(False)
    branch.payee.sendOn(BETA_EID)
    branch.deliver(packets[1], gas=DELIVERY_GAS + 700_000)
    # It was paid the second amount, claimed the first meanwhile, and sent half of each away.
    assert (branch.counts.paid, branch.counts.sent) == (2 * amount, amount)
    assert (branch.payee.calls(), branch.owed_in_all) == (2, 0)
    fee = branch.contract.quote(BETA_EID, 0)
    assert branch.alpha.zone.balance("0x" + (0xABCD).to_bytes(20, "big").hex()) == amount - 2 * fee


def test_more_than_the_reserve_holds_is_owed(branch: Branch) -> None:
    packet = branch.arrival(LUCKY, bridge.RESERVE_AT_GENESIS + 1)
    branch.settle([packet])
    with emits(branch.contract, "Refused"):
        branch.deliver(packet)
    assert (branch.counts.paid, branch.owed(LUCKY)) == (0, bridge.RESERVE_AT_GENESIS + 1)


# ------------------------------------------------------------ who may do what


def test_only_bridges_of_other_zones_are_believed(branch: Branch) -> None:
    forged = branch.arrival(LUCKY, 30, sender=padded(LUCKY))
    outbox = SettledOutbox(1, 2, (forged,))
    branch.alpha.settle(outbox.block)
    library = branch.alpha.contract("ZeroReceiveLib")
    with reverts_with("LZ_PathNotInitializable()"):
        library.commitVerification(forged.header.encoded, forged.payload_hash, outbox.proof(0))
    call = (BETA_EID, PEER, 1), forged.header.guid, forged.message, "0x" + LUCKY.hex(), b""
    with reverts(error="OnlyEndpoint"):
        branch.contract.lzReceive(*call)
    there = "0x" + addresses.ENDPOINT.hex()
    with branch.alpha.zone.impersonate(there):
        with reverts(error="OnlyPeer"):
            branch.contract.lzReceive((BETA_EID, padded(LUCKY), 1), *call[1:], sender=there, gas_price=0)
        branch.contract.lzReceive(*call, sender=there, gas_price=0, gas=1_000_000)
    assert branch.counts.paid == 30


def test_a_delivery_brings_nothing_along(branch: Branch) -> None:
    packet = branch.arrival(LUCKY, 30)
    branch.settle([packet])
    with emits(branch.alpha.contract("Endpoint"), "LzReceiveAlert", value=5):
        branch.deliver(packet, value=5)
    assert branch.counts.paid == 0


def test_only_the_bridge_moves_the_reserve(branch: Branch) -> None:
    sender, *_ = branch.alpha.network.accounts
    with reverts(error="OnlyBridge"):
        branch.reserve.put(value=1)
    with reverts(error="OnlyBridge"):
        branch.reserve.pay(sender, 1, 50_000)
    with pytest.raises(Exception, match="revert"):
        branch.alpha.zone.send(branch.reserve, value=1)
    assert branch.counts == ReserveCounts(bridge.RESERVE_AT_GENESIS, Wei(0), Wei(0))


# ------------------------------------------------------------ Python's mirror


def test_calldata_and_slots_are_the_compilers() -> None:
    entries: dict[Any, Any] = {entry.get("name"): entry for entry in artifacts.load("Bridge").abi}
    send = function_abi_to_4byte_selector(entries["send"])
    kinds = ["uint32", "address", "uint256", "uint128", "address"]
    call = send + encode(kinds, [BETA_EID, LUCKY, 5, 6, addresses.BRIDGE])
    assert bridge.send_call(BETA_EID, LUCKY, Wei(5), addresses.BRIDGE, 6) == call
    quote = function_abi_to_4byte_selector(entries["quote"])
    assert bridge.quote_call(BETA_EID, 6) == quote + encode(["uint32", "uint128"], [BETA_EID, 6])
    assert event_abi_to_log_topic(entries["Sent"]) == bridge.SENT_TOPIC
    slots = {
        name: [(held["label"], int(held["slot"])) for held in artifacts.load(name).storage_layout["storage"]]
        for name in ("Reserve", "Bridge")
    }
    assert slots == {
        "Reserve": [
            ("atGenesis", bridge.AT_GENESIS_SLOT),
            ("sent", bridge.SENT_SLOT),
            ("paid", bridge.PAID_SLOT),
        ],
        "Bridge": [
            ("sentTo", bridge.SENT_TO_SLOT),
            ("arrivedFrom", bridge.ARRIVED_FROM_SLOT),
            ("owed", bridge.OWED_SLOT),
            ("owedInAll", bridge.OWED_IN_ALL_SLOT),
        ],
    }
