"""Endpoint, libraries, executor, outbox: a message is delivered once, after its proof, never without."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from devnet.chain.hash_tree import sparse_root
from devnet.chain.keccak import keccak256
from devnet.chain.types import ZERO_HASH, Address, Hash32, Wei
from devnet.contracts.outbox import DEPTH
from devnet.messages.destination import TRIAL_GAS
from devnet.packets.options import Compose, NativeDrop, Options, Ordered, Receive
from devnet.packets.packet import Packet, PacketHeader, Path, padded
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
from zero_sdk.client.errors import Reverted
from zero_sdk.testing import emits, reverts

SENDER = Hash32(bytes(12) + b"\x5e" * 20)
GAS = 200_000
MUCH_GAS = 1_000_000
"""More than the floor that calldata set (EIP-7623), for a message of the largest size."""
OPTIONS = Options((Receive(GAS),)).encoded


@dataclass(frozen=True, slots=True)
class Post:
    """A mailbox in zone alpha, and the contracts around it."""

    alpha: MessageZone
    mailbox: Contract

    @property
    def receiver(self) -> Address:
        return Address(bytes.fromhex(str(self.mailbox.address)[2:]))

    @property
    def endpoint(self) -> Contract:
        return self.alpha.contract("Endpoint")

    @property
    def library(self) -> Contract:
        return self.alpha.contract("ZeroReceiveLib")

    @property
    def executor(self) -> Contract:
        return self.alpha.contract("Executor")

    def packets(self, *messages: bytes, first: int = 1) -> tuple[Packet, ...]:
        """From zone beta to the mailbox, with nonces from `first` on."""
        path = Path(BETA_EID, SENDER, ALPHA_EID, padded(self.receiver))
        return tuple(
            Packet(PacketHeader(nonce, path), message) for nonce, message in enumerate(messages, first)
        )

    def settled(self, packets: Sequence[Packet], height: int = 1) -> SettledOutbox:
        """Zone beta's outbox with these, settled, and known to zone alpha."""
        outbox = SettledOutbox(height, 2, tuple(packets))
        self.alpha.settle(outbox.block)
        return outbox

    def commit(self, outbox: SettledOutbox, number: int, **options: Any) -> Any:
        packet = outbox.packets[number]
        return self.library.commitVerification(
            packet.header.encoded, packet.payload_hash, outbox.proof(number), **options
        )

    def execute(self, packet: Packet, gas: int = GAS, value: int = 0) -> Any:
        return self.executor.execute302(self.params(packet, gas), value=value, gas=gas + 2_000_000)

    def params(self, packet: Packet, gas: int = GAS) -> tuple[Any, ...]:
        receiver = str(self.mailbox.address)
        return receiver, origin(packet), packet.header.guid, packet.message, b"", gas

    def taken(self, count: int) -> list[bytes]:
        messages = [self.mailbox.taken(index) for index in range(count)]
        with pytest.raises(Exception, match="revert"):
            self.mailbox.taken(count)
        return messages


def origin(packet: Packet) -> tuple[int, bytes, int]:
    path = packet.header.path
    return path.src_eid, path.sender, packet.header.nonce


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> Post:
    alpha = message_zone(request.param)
    return Post(alpha, alpha.zone.deploy(compiled(MAILBOX, "Mailbox")))


@pytest.fixture
def post(whole: Post) -> Iterator[Post]:
    with whole.alpha.network.isolated():
        yield whole


# ------------------------------------------------------------ outbox


def test_the_outbox_is_the_tree_of_all_messages(post: Post) -> None:
    outbox = post.alpha.contract("Outbox")
    leaves = [Hash32(bytes([number]) * 32) for number in range(1, 12)]
    assert (outbox.root(), outbox.count()) == (ZERO_HASH, 0)
    done = 0
    for count in (1, 2, 1, 4, 3):
        post.alpha.append(leaves[done : done + count])
        done += count
        assert outbox.root() == sparse_root(DEPTH, dict(enumerate(leaves[:done])))
        assert outbox.count() == done
    with reverts(error="OnlySystem"):
        outbox.append([leaves[0]])


# ------------------------------------------------------------ sending


def test_a_message_leaves_with_its_packet(post: Post) -> None:
    sender, endpoint = post.receiver, post.endpoint
    path = Path(ALPHA_EID, padded(sender), BETA_EID, SENDER)
    packet = Packet(PacketHeader(1, path), b"hello")
    params = (BETA_EID, SENDER, b"hello", OPTIONS, False)
    fee = endpoint.quote(params, str(post.mailbox.address))
    assert fee.lzTokenFee == 0
    assert fee.nativeFee == (200_000 + GAS + 16 * 5) * 10**9
    assert endpoint.nextGuid(str(post.mailbox.address), BETA_EID, SENDER) == packet.header.guid
    library = post.alpha.contract("ZeroSendLib")
    owner, stranger, *_ = post.alpha.network.accounts
    before = post.alpha.zone.balance(stranger)
    with emits(endpoint, "PacketSent", encodedPayload=packet.encoded, options=OPTIONS):
        post.mailbox.send(params, value=fee.nativeFee + 5, sender=stranger, gas_price=0)
    # What is too much comes back.
    assert post.alpha.zone.balance(stranger) == before - fee.nativeFee
    assert library.fees(str(post.executor.address)) == fee.nativeFee == post.alpha.zone.balance(library)
    assert endpoint.outboundNonce(str(post.mailbox.address), BETA_EID, SENDER) == 1
    with reverts(error="OnlyOwner"):
        post.executor.withdraw(stranger, 1, sender=stranger)
    post.executor.withdraw(stranger, fee.nativeFee, sender=owner)
    assert post.alpha.zone.balance(stranger) == before


def test_too_little_is_refused(post: Post) -> None:
    params = (BETA_EID, SENDER, b"hello", OPTIONS, False)
    fee = post.endpoint.quote(params, str(post.mailbox.address)).nativeFee
    with reverts(error="LZ_InsufficientFee", requiredNative=fee, suppliedNative=fee - 1):
        post.mailbox.send(params, value=fee - 1)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (b"", "Executor_NoOptions"),
        (b"\0\3", "Executor_ZeroLzReceiveGasProvided"),
        (Options((Receive(0),)).encoded, "Executor_ZeroLzReceiveGasProvided"),
        (Options((Receive(16_000_001),)).encoded, "GasAboveLimit"),
        (Options((Receive(GAS), Compose(0, 16_000_001))).encoded, "GasAboveLimit"),
        # Another call asks for less; of one index, they are one call.
        (Options((Receive(GAS), Compose(0, 16_000_001), Compose(1, 1))).encoded, "GasAboveLimit"),
        (Options((Receive(GAS), *[Compose(1, 8_000_000)] * 3, Compose(2, 1))).encoded, "GasAboveLimit"),
        (Options((Receive(GAS), Compose(0, 0))).encoded, "Executor_ZeroLzComposeGasProvided"),
        (Options((Receive(GAS, Wei(10**20 + 1)),)).encoded, "Executor_NativeAmountExceedsCap"),
        (OPTIONS[:-1], "LZ_ULN_InvalidWorkerOptions"),
        (OPTIONS + b"\1\0\1\5", "Executor_UnsupportedOptionType"),
        (OPTIONS + b"\3\0\1\1", "LZ_ULN_InvalidWorkerId"),
        (b"\0\4", "LZ_ULN_UnsupportedOptionType"),
        (b"\0\1" + bytes(31), "LZ_ULN_InvalidLegacyType1Option"),
        (b"\0\2" + bytes(64), "LZ_ULN_InvalidLegacyType2Option"),
    ],
)
def test_options_that_cannot_be_carried_out_are_refused_at_once(
    post: Post, options: bytes, error: str
) -> None:
    with reverts(error=error):
        post.endpoint.quote((BETA_EID, SENDER, b"hello", options, False), str(post.mailbox.address))


def test_every_option_costs_what_it_takes(post: Post) -> None:
    def fee(*items: Any) -> int:
        params = (BETA_EID, SENDER, b"", Options(items).encoded, False)
        price: int = post.endpoint.quote(params, str(post.mailbox.address)).nativeFee
        return price

    base = fee(Receive(GAS))
    assert base == (200_000 + GAS) * 10**9
    assert fee(Receive(GAS, Wei(7))) == base + 7
    assert fee(Receive(GAS), NativeDrop(Wei(9), SENDER)) == base + 9
    assert fee(Receive(GAS), Compose(0, 1000)) == base + (60_000 + 1000) * 10**9
    assert fee(Receive(GAS), Ordered()) == base * 102 // 100
    many = [Compose(index, 9_000_000) for index in (3, 0, 65_535)]
    assert fee(Receive(GAS), *many) == base + 3 * (60_000 + 9_000_000) * 10**9
    legacy = (BETA_EID, SENDER, b"", b"\0\1" + GAS.to_bytes(32, "big"), False)
    assert post.endpoint.quote(legacy, str(post.mailbox.address)).nativeFee == base


def test_only_settled_zones_are_destinations(post: Post) -> None:
    endpoint = post.endpoint
    assert all(endpoint.isSupportedEid(eid) for eid in (BETA_EID, 50_900))
    # 50901 and 50902 would be those of alpha and beta by the rule, but they have others.
    for eid in (ALPHA_EID, 50_901, 50_902, 50_903, 50_899, 50_900 + 2**16, 30_101, 0, 2**32 - 1):
        assert not endpoint.isSupportedEid(eid), eid
    with reverts(error="LZ_DefaultSendLibUnavailable"):
        endpoint.quote((30_101, SENDER, b"", OPTIONS, False), str(post.mailbox.address))
    # A fourth zone is there once a settlement block that this zone knows has it.
    post.alpha.settle(SettledOutbox(1, 2, ()).block, zone_count=4)
    assert endpoint.isSupportedEid(50_903)


@pytest.mark.parametrize("dirt", [b"\1" + bytes(11), bytes(11) + b"\1", b"\xff" * 12])
def test_a_receiver_that_is_no_address_gets_no_message(post: Post, dirt: bytes) -> None:
    """Its lower 20 bytes are another path's receiver, whose messages it would overwrite."""
    receiver = Hash32(dirt + SENDER[12:])
    params = (BETA_EID, receiver, b"hello", OPTIONS, False)
    with reverts(error="InvalidReceiver", receiver=receiver):
        post.endpoint.quote(params, str(post.mailbox.address))
    with reverts(error="InvalidReceiver"):
        post.mailbox.send(params, value=10**18)
    # Another send library may have sent it: it is settled, and not taken.
    (honest,) = packets = post.packets(b"hello")
    path = Path(BETA_EID, SENDER, ALPHA_EID, Hash32(dirt + post.receiver))
    outbox = post.settled([*packets, Packet(PacketHeader(1, path), b"another")])
    post.commit(outbox, 0)
    with reverts(error="InvalidReceiver"):
        post.commit(outbox, 1)
    post.execute(honest)
    assert post.taken(1) == [b"hello"]


# ------------------------------------------------------------ receiving


def test_a_proven_message_is_delivered_once(post: Post) -> None:
    (packet,) = packets = post.packets(b"hello")
    outbox = post.settled(packets)
    with reverts(error="LZ_InvalidNonce"):
        post.endpoint.lzReceive(
            origin(packet), str(post.mailbox.address), packet.header.guid, packet.message, b""
        )
    with emits(post.endpoint, "PacketVerified", origin=origin(packet), payloadHash=packet.payload_hash):
        post.commit(outbox, 0)
    with emits(post.endpoint, "PacketDelivered", origin=origin(packet)):
        post.execute(packet)
    assert post.taken(1) == [b"hello"]
    with emits(post.endpoint, "LzReceiveAlert"):
        post.execute(packet)
    with reverts(error="AlreadyCommitted"):
        post.commit(outbox, 0)
    assert post.taken(1) == [b"hello"]


def test_any_later_root_proves_any_earlier_message(post: Post) -> None:
    packets = post.packets(*(bytes([number]) for number in range(5)))
    post.settled(packets[:2], 1)
    later = post.settled(packets, 2)
    for number in (3, 0, 4, 1, 2):
        post.commit(later, number)
    for packet in reversed(packets):
        post.execute(packet)
    assert post.taken(5) == [packet.message for packet in reversed(packets)]


def test_a_gap_holds_up_what_is_behind_it(post: Post) -> None:
    packets = post.packets(b"one", b"two")
    outbox = post.settled(packets)
    post.commit(outbox, 1)
    with emits(post.endpoint, "LzReceiveAlert"):
        post.execute(packets[1])
    post.commit(outbox, 0)
    post.execute(packets[1])
    assert post.taken(1) == [b"two"]


def test_a_failed_delivery_is_told_and_can_be_tried_again(post: Post) -> None:
    (packet,) = packets = post.packets(b"hello")
    post.commit(post.settled(packets), 0)
    post.mailbox.refuse(True)
    owner = post.alpha.network.accounts[0]
    before = post.alpha.zone.balance(owner)
    with emits(post.endpoint, "LzReceiveAlert", value=77, message=b"hello"):
        post.executor.execute302(post.params(packet), value=77, gas=2_000_000, gas_price=0)
    assert post.alpha.zone.balance(owner) == before
    post.mailbox.refuse(False)
    post.execute(packet, value=77)
    assert post.taken(1) == [b"hello"]
    assert post.mailbox.received() == 77


def test_a_receiver_that_shouts_is_told_in_256_bytes(post: Post) -> None:
    """It leaves no more than what the executor keeps back, which the whole answer would use up."""
    (packet,) = packets = post.packets(b"hello")
    post.commit(post.settled(packets), 0)
    post.mailbox.shout(True)
    with emits(post.endpoint, "LzReceiveAlert", reason=bytes(256)):
        post.executor.execute302(post.params(packet), gas=300_000)
    post.mailbox.shout(False)
    post.mailbox.compose(1)
    post.execute(packet, gas=400_000)
    post.mailbox.shout(True)
    mailbox = str(post.mailbox.address)
    with emits(post.endpoint, "LzComposeAlert", reason=bytes(256)):
        call = (mailbox, mailbox, packet.header.guid, 0, b"hello", b"", GAS)
        post.executor.compose302(*call, gas=300_000)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 10_000),
    st.integers(0, 1_000),
    st.integers(0, 256),
    st.sampled_from([0, 5]),
    st.booleans(),
)
@example(10_000, 1_000, 256, 5, False)
@example(10_000, 1_000, 256, 5, True)
@example(0, 0, 0, 0, False)
def test_a_delivery_that_begins_ends_with_an_alert_whatever_the_receiver_uses(
    post: Post, size: int, extra: int, words: int, value: int, is_composed: bool
) -> None:
    """What the executor keeps back covers telling of the largest message: else it would be tried for ever."""
    with post.alpha.network.isolated():
        (packet,) = packets = post.packets(b"\xff" * size)
        post.commit(post.settled(packets), 0)
        mailbox, told = str(post.mailbox.address), (packet.message, b"\xff" * extra)
        if is_composed:
            post.mailbox.compose(1)
            post.execute(packet, gas=14_000_000)
            deliver, alert = post.executor.compose302, "LzComposeAlert"
            call: tuple[Any, ...] = (mailbox, mailbox, packet.header.guid, 0, *told, MUCH_GAS)
        else:
            deliver, alert = post.executor.execute302, "LzReceiveAlert"
            call = ((mailbox, origin(packet), packet.header.guid, *told, MUCH_GAS),)
        post.mailbox.burnAndSay(words)
        begun = MUCH_GAS + 50_000 + 16 * (size + extra)
        with pytest.raises(Reverted) as early:
            deliver(*call, value=value, gas=begun)
        assert early.value.data[:4] == keccak256(b"TooLittleGas(uint256,uint256)")[:4]
        needed, left = (int.from_bytes(early.value.data[start : start + 32], "big") for start in (4, 36))
        with emits(post.endpoint, alert, message=told[0], extraData=told[1], reason=bytes(words)):
            deliver(*call, value=value, gas=begun + needed - left)
        with reverts(error="TooLittleGas"):
            deliver(*call, value=value, gas=begun + needed - left - 500)


def test_proving_takes_a_fraction_of_what_a_trial_may(post: Post) -> None:
    outbox = post.settled(post.packets(*(bytes([number]) for number in range(40))))
    assert TRIAL_GAS <= 1_000_000
    assert max(post.commit(outbox, number).gas_used for number in (0, 39)) < TRIAL_GAS // 4


def test_nobody_makes_a_delivery_fail_by_calling_with_too_little_gas(post: Post) -> None:
    (packet,) = packets = post.packets(b"hello")
    post.commit(post.settled(packets), 0)
    with reverts(error="TooLittleGas"):
        post.executor.execute302(post.params(packet), gas=GAS)


def test_composed_calls_are_carried_out_once(post: Post) -> None:
    (packet,) = packets = post.packets(b"hello")
    post.commit(post.settled(packets), 0)
    post.mailbox.compose(2)
    post.execute(packet, gas=400_000)
    mailbox = str(post.mailbox.address)
    for index in (1, 0):
        call = (mailbox, mailbox, packet.header.guid, index, b"hello", b"", GAS)
        with emits(post.endpoint, "ComposeDelivered", index_=index):
            post.executor.compose302(*call, value=5, gas=2_000_000)
        with emits(post.endpoint, "LzComposeAlert", index_=index):
            post.executor.compose302(*call, gas=2_000_000)
    assert post.mailbox.received() == 10


def test_currency_is_dropped_beside_a_message(post: Post) -> None:
    (packet,) = packets = post.packets(b"hello")
    post.commit(post.settled(packets), 0)
    lucky = "0x" + "ab" * 20
    post.executor.nativeDropAndExecute302([(lucky, 30)], 50_000, post.params(packet), value=37, gas=2_000_000)
    assert (post.alpha.zone.balance(lucky), post.mailbox.received()) == (30, 7)
    with reverts(error="WrongValue"):
        post.executor.nativeDrop(origin(packet), ALPHA_EID, lucky, [(lucky, 30)], 50_000, value=31)


# ------------------------------------------------------------ forgeries


def test_what_was_not_settled_is_refused(post: Post) -> None:
    packets = post.packets(b"one", b"two", b"three")
    outbox = post.settled(packets)
    header, payload = packets[1].header.encoded, packets[1].payload_hash
    height, number, (zeros, peers) = outbox.proof(1)
    commit = post.library.commitVerification
    with reverts(error="NotSettled"):
        commit(header, Hash32(b"\1" * 32), (height, number, (zeros, peers)))
    with reverts(error="NotSettled"):
        commit(packets[2].header.encoded, payload, (height, number, (zeros, peers)))
    with reverts(error="NotSettled"):
        commit(header, payload, (height, number + 1, (zeros, peers)))
    # SettlementRoots' own.
    with pytest.raises(Reverted) as unknown:
        commit(header, payload, (height + 1, number, (zeros, peers)))
    assert unknown.value.data == keccak256(b"UnknownHeight(uint64)")[:4] + (height + 1).to_bytes(32, "big")
    for place in range(len(peers)):
        changed = (*peers[:place], Hash32(b"\1" * 32), *peers[place + 1 :])
        with reverts(error="NotSettled"):
            commit(header, payload, (height, number, (zeros, changed)))
    with reverts(error="WrongBranch"):
        commit(header, payload, (height, number, (zeros, peers[:-1])))
    with reverts(error="WrongBranch"):
        commit(header, payload, (height, number, (zeros, (*peers, ZERO_HASH))))
    post.mailbox.close(True)
    # The endpoint's own. The words depend on whether the network has met its ABI by now, the data do not.
    with pytest.raises(Reverted) as closed:
        post.commit(outbox, 1)
    assert closed.value.data == keccak256(b"LZ_PathNotInitializable()")[:4]


def test_no_zone_is_taken_for_another_by_its_upper_bits(post: Post) -> None:
    post.settled(post.packets(b"hello"))
    names = ("SettledTree.sol", "SettlementRoots.sol", "KeccakTree.sol")
    reader = post.alpha.zone.deploy(compiled(MAILBOX.with_name("TreeReader.sol"), "TreeReader", *names))
    empty = (((1 << 59) - 1) >> 40 << 40, ())
    for zone in (1 << 16, (1 << 16) + 2, (1 << 32) - 1):
        for question in (reader.message, reader.stateRoot, reader.update):
            with reverts(error="NoSuchZone", zone=zone):
                question(zone, empty)
    with reverts(error="NotSettled"):
        reader.update(2, empty)


def test_a_zone_speaks_for_its_own_eid_only(post: Post) -> None:
    """Zone 0 settles a packet whose header names zone beta's eid: beta's outbox does not hold it."""
    outbox = SettledOutbox(1, 0, post.packets(b"hello"))
    post.alpha.settle(replace(outbox).block)
    with reverts(error="NotSettled"):
        post.commit(outbox, 0)


@pytest.mark.parametrize(
    ("place", "value", "error"),
    [(0, 2, "LZ_ULN_InvalidPacketVersion"), (48, 1, "LZ_ULN_InvalidEid"), (12, 1, "LZ_ULN_UnsupportedEid")],
)
def test_headers_of_others_are_refused(post: Post, place: int, value: int, error: str) -> None:
    outbox = post.settled(post.packets(b"hello"))
    header = bytearray(outbox.packets[0].header.encoded)
    header[place] = value
    with reverts(error=error):
        post.library.commitVerification(bytes(header), outbox.packets[0].payload_hash, outbox.proof(0))
    with reverts(error="LZ_ULN_InvalidPacketHeader"):
        post.library.commitVerification(bytes(header[:-1]), outbox.packets[0].payload_hash, outbox.proof(0))


def test_a_nilified_message_is_committed_again_by_its_receiver_only(post: Post) -> None:
    (packet,) = packets = post.packets(b"hello")
    outbox = post.settled(packets)
    post.commit(outbox, 0)
    mailbox = str(post.mailbox.address)
    with post.alpha.zone.impersonate(mailbox):
        post.endpoint.nilify(mailbox, BETA_EID, SENDER, 1, packet.payload_hash, sender=mailbox, gas_price=0)
        with emits(post.endpoint, "LzReceiveAlert"):
            post.execute(packet)
        with reverts(error="AlreadyCommitted"):
            post.commit(outbox, 0)
        post.commit(outbox, 0, sender=mailbox, gas_price=0)
    post.execute(packet)
    assert post.taken(1) == [b"hello"]
