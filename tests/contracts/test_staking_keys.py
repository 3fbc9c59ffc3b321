"""Staking takes a key only from whom possesses it: proofs of possession and signatures, checked on chain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc.bls import G2ProofOfPossession

from devnet.chain.rules import Fork
from devnet.chain.types import Hash32
from devnet.contracts.addresses import STAKING
from devnet.contracts.genesis import settlement_accounts
from devnet.contracts.staking import register_call
from devnet.settlement.bls import uncompressed_key, uncompressed_signature
from tests.contracts.system_zone import (
    ETHER,
    SCHEME,
    SystemZone,
    genesis,
    key_of,
    key_point,
    possession,
    secret,
    system_zone,
)
from zero_sdk import local
from zero_sdk.client.contract import Contract
from zero_sdk.testing import emits, reverts

ENGINES = ("native", "pyevm")
MODULUS = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


@pytest.fixture(scope="module", params=ENGINES)
def on_engine(request: pytest.FixtureRequest) -> Contract:
    """Staking on each of the engines."""
    return system_zone(genesis((5 * ETHER,)), request.param).contract("Staking")


@pytest.fixture(scope="module")
def zone() -> SystemZone:
    return system_zone(genesis((5 * ETHER,)))


@pytest.fixture(scope="module")
def staking(zone: SystemZone) -> Contract:
    return zone.contract("Staking")


@pytest.fixture(autouse=True)
def _undone(request: pytest.FixtureRequest) -> object:
    """Every test begins with the validators of genesis."""
    name = "on_engine" if "on_engine" in request.fixturenames else "staking"
    contract: Contract = request.getfixturevalue(name)
    with contract.zone.network.isolated():
        yield


@pytest.mark.parametrize("number", [2, 3, 4, 5])
def test_a_key_with_its_proof_of_possession_is_registered(on_engine: Contract, number: int) -> None:
    """Keys of both signs of y: that decides a bit of the compressed form, over which the proof is."""
    operator = on_engine.zone.network.accounts[1]
    with emits(on_engine, "Registered", validator=2, operator=operator, key=key_of(number)):
        registered = on_engine.register(key_point(number), possession(number), sender=operator)
    assert registered.return_value == 2
    assert on_engine.validatorAt(2) == (key_of(number), operator.address, 0, 0, False)
    assert on_engine.validatorOf(key_of(number)) == 2
    assert on_engine.validatorOf(key_of(number)[:47]) == 0
    assert on_engine.validatorCount() == 2


def test_the_numbers_have_both_signs() -> None:
    assert {key_of(number)[0] >> 5 & 1 for number in (2, 3, 4, 5)} == {0, 1}


def test_an_independent_implementation_proves_what_the_contract_accepts(staking: Contract) -> None:
    """py_ecc's proof of possession (IETF draft, section 3.3), over a key that the contract has not met."""
    number = 6
    proof = G2ProofOfPossession.PopProve(int.from_bytes(secret(number), "big"))
    key = G2ProofOfPossession.SkToPk(int.from_bytes(secret(number), "big"))
    staking.register(uncompressed_key(key), uncompressed_signature(proof))
    assert staking.validatorOf(key) == 2


def test_the_calldata_written_by_hand_is_the_call(zone: SystemZone) -> None:
    data = register_call(key_point(2), possession(2))
    sent = zone.zone.send("0x" + STAKING.hex(), data=data, value=3)
    assert sent.status == 1
    assert zone.contract("Staking").validatorAt(2).stake == 3
    for key, proof in ((key_point(2)[1:], possession(2)), (key_point(2), possession(2)[1:])):
        with pytest.raises(ValueError, match="uncompressed"):
            register_call(key, proof)


def test_a_key_is_registered_once(on_engine: Contract) -> None:
    with reverts(error="KeyTaken", validator=1):
        on_engine.register(key_point(1), possession(1))


WRONG_PROOFS = {
    "of another key": possession(3),
    "of nobody": bytes(256),
    "a signature under the other tag": uncompressed_signature(SCHEME.sign(secret(2), Hash32(key_of(2)[:32]))),
    "of the negated secret": uncompressed_signature(
        SCHEME.prove_possession(
            (
                0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
                - int.from_bytes(secret(2), "big")
            ).to_bytes(32, "big")
        )
    ),
}


@pytest.mark.parametrize("proof", WRONG_PROOFS.values(), ids=WRONG_PROOFS)
def test_a_proof_of_something_else_is_refused(on_engine: Contract, proof: bytes) -> None:
    with reverts(error="NotSignedByKey"):
        on_engine.register(key_point(2), proof)


def test_points_outside_the_groups_of_prime_order_are_refused(on_engine: Contract) -> None:
    """(0, 2) is on the curve of G1 and has order 3."""
    small = bytes(64) + (2).to_bytes(64, "big")
    with reverts(error="PrecompileRefused", precompile=0x0F):
        on_engine.register(small, possession(2))
    number_too_large = (int.from_bytes(key_point(2)[:64], "big") + MODULUS).to_bytes(64, "big")
    with reverts(error="PrecompileRefused", precompile=0x0F):
        on_engine.register(number_too_large + key_point(2)[64:], possession(2))


def test_infinity_is_no_key(on_engine: Contract) -> None:
    """With it any proof at infinity would hold: e(0, H) = e(G, 0)."""
    with reverts(error="KeyIsInfinity"):
        on_engine.register(bytes(128), bytes(256))


@pytest.mark.parametrize("place", [0, 15, 64, 79])
def test_numbers_of_a_key_are_below_two_to_the_384(staking: Contract, place: int) -> None:
    key = bytearray(key_point(2))
    key[place] = 1
    with reverts(error="KeyMalformed"):
        staking.register(bytes(key), possession(2))


@pytest.mark.parametrize("length", [0, 48, 127, 129, 256])
def test_a_key_has_128_bytes(staking: Contract, length: int) -> None:
    with reverts(error="KeyLength", length=length):
        staking.register((key_point(2) * 2)[:length], possession(2))


@pytest.mark.parametrize("length", [0, 96, 255, 257])
def test_a_proof_has_256_bytes(staking: Contract, length: int) -> None:
    with reverts(error="SignatureLength", length=length):
        staking.register(key_point(2), (possession(2) * 2)[:length])


@settings(max_examples=60)
@given(bit=st.integers(0, 8 * 384 - 1))
def test_a_changed_bit_anywhere_is_refused(staking: Contract, bit: int) -> None:
    """Of key and proof, by the checks of the contract, of the precompiles, or of the pairing."""
    data = bytearray(key_point(2) + possession(2))
    data[bit >> 3] ^= 1 << (bit & 7)
    with reverts() as caught:
        staking.register.call(bytes(data[:128]), bytes(data[128:]))
    assert caught.value.error is not None
    assert caught.value.error.name in ("NotSignedByKey", "PrecompileRefused", "KeyMalformed")


@pytest.mark.full
def test_every_changed_bit_is_refused(staking: Contract) -> None:
    for bit in range(8 * 384):
        test_a_changed_bit_anywhere_is_refused.hypothesis.inner_test(staking, bit)


@settings(max_examples=20)
@given(number=st.integers(2, 1 << 250))
def test_every_key_with_its_proof_is_accepted(staking: Contract, number: int) -> None:
    proof = uncompressed_signature(SCHEME.prove_possession(number.to_bytes(32, "big")))
    key = uncompressed_key(SCHEME.public_key(number.to_bytes(32, "big")))
    assert staking.register.call(key, proof) == 2


def test_a_zone_of_an_older_fork_registers_nobody() -> None:
    """Its precompiles answer nothing, which is no success."""
    network = local(("alpha",), fork=Fork.CANCUN, base_fee=0, genesis_accounts=settlement_accounts(genesis()))
    with reverts(error="PrecompileRefused"):
        SystemZone(network).contract("Staking").register(key_point(2), possession(2))


# ---------------------------------------------------------------- the key has the last word


def consent(staking: Contract, number: int, validator: int, operator: object) -> bytes:
    """The key's signature that makes an address the operator."""
    return uncompressed_signature(
        SCHEME.sign(secret(number), Hash32(staking.operatorMessage(validator, operator)))
    )


def test_the_key_makes_another_the_operator(on_engine: Contract) -> None:
    thief, owner, *_ = on_engine.zone.network.accounts
    on_engine.register(key_point(2), possession(2), sender=thief)
    with emits(on_engine, "OperatorChanged", validator=2, operator=owner):
        on_engine.changeOperator(2, owner, key_point(2), consent(on_engine, 2, 2, owner), sender=owner)
    assert on_engine.validatorAt(2).operator == owner.address
    with reverts(error="OnlyOperator", caller=thief):
        on_engine.retire(2, sender=thief)
    on_engine.retire(2, sender=owner)


def test_a_consent_counts_once_and_for_one_address(staking: Contract) -> None:
    first, second, third, *_ = staking.zone.network.accounts
    staking.register(key_point(2), possession(2), sender=first)
    given_once = consent(staking, 2, 2, second)
    with reverts(error="NotSignedByKey"):
        staking.changeOperator(2, third, key_point(2), given_once)
    with reverts(error="NotSignedByKey"):
        staking.changeOperator(1, second, key_point(2), given_once)
    with reverts(error="NotSignedByKey"):
        staking.changeOperator(2, second, key_point(3), given_once)
    staking.changeOperator(2, second, key_point(2), given_once)
    staking.changeOperator(2, third, key_point(2), consent(staking, 2, 2, third))
    with reverts(error="NotSignedByKey"):
        staking.changeOperator(2, second, key_point(2), given_once)
    with reverts(error="UnknownValidator", validator=7):
        staking.changeOperator(7, second, key_point(2), given_once)


def test_a_proof_of_possession_is_no_consent(staking: Contract) -> None:
    with reverts(error="NotSignedByKey"):
        staking.changeOperator(1, staking.zone.network.accounts[0], key_point(1), possession(1))
