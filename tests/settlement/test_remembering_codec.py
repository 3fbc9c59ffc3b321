"""Validators of a process recover no sender that the process recovered before, and nothing else is spared."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devnet.chain.codec import DecodedTransaction, Undecodable
from devnet.chain.transaction import Transaction
from devnet.chain.types import Wei
from devnet.settlement.remembering_codec import RememberingCodec
from devnet.zone.messages import CallRequest
from tests.parts import parts_under_test
from tests.settlement.networks import BOB, assert_valid, network, pay


@cache
def transactions() -> list[Transaction]:
    """Some that were signed, and one that was not."""
    net = network()
    for amount in range(1, 6):
        pay(net, "alpha", amount)
    net.zone("alpha").impersonate(BOB)
    net.zone("alpha").set_account(BOB, balance=Wei(10**18))
    net.send(net.zone("alpha"), CallRequest(sender=BOB, to=BOB, value=Wei(1)))
    zone = net.zone("alpha")
    blocks = [zone.block(number) for number in range(1, zone.number() + 1)]
    return [each for block in blocks if block is not None for each in block.transactions]


COUNT = 6


def told(decoded: Sequence[DecodedTransaction | Undecodable]) -> list[object]:
    """As something that can be compared."""
    return [each if isinstance(each, tuple) else (type(each), str(each)) for each in decoded]


def tamper(raw: bytes, place: int, bit: int) -> bytes:
    """With one bit another one."""
    place %= len(raw)
    return raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :]


indices = st.integers(0, COUNT - 1)
raws = indices.map(lambda index: transactions()[index].encoded)
tampered = st.builds(tamper, raws, st.integers(0, 1000), st.integers(0, 7))


@settings(suppress_health_check=list(HealthCheck), deadline=None)
@given(st.lists(raws | tampered | st.binary(max_size=40), max_size=12), st.sets(indices))
def test_it_says_what_the_other_codec_says(given_raws: list[bytes], known: set[int]) -> None:
    made = transactions()
    assert len(made) == COUNT
    plain = parts_under_test().codec()
    codec = RememberingCodec(plain)
    with codec.knowing(made[index] for index in known):
        assert told(codec.decode_many(given_raws)) == told(plain.decode_many(given_raws))
    spared = {made[index].encoded for index in known if not made[index].is_impersonated}
    assert codec.recovered == sum(raw not in spared for raw in given_raws)


def test_what_was_known_is_forgotten_with_the_slot() -> None:
    codec = RememberingCodec(parts_under_test().codec())
    signed = [each for each in transactions() if not each.is_impersonated]
    with codec.knowing(signed):
        assert codec.decode(signed[0].encoded) == (signed[0], None)
    assert codec.recovered == 0
    assert codec.decode(signed[0].encoded) == (signed[0], None)
    assert codec.recovered == 1


def test_a_slot_recovers_no_sender_of_its_blocks() -> None:
    net = network()
    for amount in range(1, 30):
        pay(net, "alpha", amount)
        pay(net, "beta", amount)
    net.settle()
    assert net.zone("alpha").finality().finalized == 29
    assert net.settlement.settler.recovered == 0
    assert_valid(net)
