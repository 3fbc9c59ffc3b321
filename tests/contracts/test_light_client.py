"""The light client takes what Python's certificates make final, and refuses all else with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from devnet.chain.types import ZERO_HASH, Hash32, Wei
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.contracts import artifacts
from devnet.contracts.staking import GenesisValidator
from devnet.settlement import showing
from devnet.settlement.block import SettlementBlock
from devnet.settlement.bls import uncompressed_signature
from devnet.settlement.certificate import Certificate, certify
from devnet.settlement.key_derivation import GROUP_ORDER
from devnet.settlement.votes import Choice, SigningDomain, Vote, VoteKind, vote_hash
from tests.contracts.system_zone import (
    NETWORK,
    SCHEME,
    SystemZone,
    genesis,
    key_of,
    key_point,
    secret,
    system_zone,
)
from zero_sdk.client.contract import Contract
from zero_sdk.testing import emits, reverts

STAKES = (10, 20, 30, 40)
SET = ValidatorSet(tuple(Validator(key_of(number), stake) for number, stake in enumerate(STAKES, 1)))
OTHER_SET = ValidatorSet((Validator(key_of(9), 5),))
SECRETS = {key_of(number): secret(number) for number in range(1, 10)}
ALL = (0, 1, 2, 3)


def block(height: int, parent: Hash32, validators: ValidatorSet = SET, **fields: Any) -> SettlementBlock:
    """A settlement block with something in every field."""
    given_ = SettlementBlock(
        height, parent, 100 + height, 0, height % 4, Hash32(bytes([height % 256]) * 32), validators.root
    )
    return replace(given_, **fields)


def certificate(
    of: SettlementBlock,
    signers: tuple[int, ...] = ALL,
    validators: ValidatorSet = SET,
    round_: int = 3,
    kind: VoteKind = VoteKind.PRECOMMIT,
    network: Hash32 = NETWORK,
) -> Certificate:
    domain = SigningDomain(network, of.incarnation)
    votes = [
        Vote(kind, of.height, round_, Choice(of.slot, of.root), index).signed(
            domain, SCHEME, SECRETS[validators.validators[index].public_key]
        )
        for index in signers
    ]
    return certify(votes, validators, SCHEME)


def shown(certificate_: Certificate, validators: ValidatorSet = SET) -> tuple[int, bytes, bytes, bytes]:
    """A certificate as the contract takes it."""
    return (
        certificate_.round,
        certificate_.signers,
        uncompressed_signature(certificate_.signature),
        showing.members_of(validators),
    )


def fields(of: SettlementBlock) -> tuple[Any, ...]:
    """A block as the contract takes it."""
    return (
        of.height,
        of.parent_root,
        of.slot,
        of.incarnation,
        of.proposer,
        of.zones_root,
        of.validators_root,
    )


@pytest.fixture(scope="module", params=["native", "pyevm"])
def whole(request: pytest.FixtureRequest) -> SystemZone:
    return system_zone(genesis(STAKES), request.param)


@pytest.fixture
def client(whole: SystemZone) -> Iterator[Contract]:
    with whole.network.isolated():
        yield whole.contract("LightClient")


@pytest.fixture(scope="module")
def checker() -> Contract:
    """A client that is asked, and not changed."""
    return system_zone(genesis(STAKES)).contract("LightClient")


FIRST = block(1, NETWORK)


def advance(client: Contract, to: SettlementBlock, **how: Any) -> None:
    client.advance(fields(to), shown(certificate(to, **how)))


# ---------------------------------------------------------------- going on


def test_it_knows_the_genesis_block_and_the_first_set(client: Contract) -> None:
    assert (client.network(), client.root(), client.rootAt(0)) == (NETWORK, NETWORK, NETWORK)
    assert client.validatorsRoot() == SET.root
    assert (client.height(), client.slot(), client.incarnation()) == (0, 0, 0)


def test_roots_and_votes_are_those_of_python(client: Contract) -> None:
    assert client.rootOf(fields(FIRST)) == FIRST.root
    expected = vote_hash(SigningDomain(NETWORK, 0), VoteKind.PRECOMMIT, 1, 7, Choice(FIRST.slot, FIRST.root))
    assert client.voteOf(fields(FIRST), 7) == expected


def test_it_follows_block_by_block(whole: SystemZone, client: Contract) -> None:
    second = block(2, FIRST.root, OTHER_SET, incarnation=1)
    third = block(3, second.root, incarnation=1)
    with emits(client, "Advanced", height=1, root=FIRST.root, validatorsRoot=SET.root):
        advance(client, FIRST, signers=(1, 2, 3))
    advance(client, second)
    # The set that `second` names signs the next height, and the one before no longer does.
    with reverts(error="NotTheSet", expected=OTHER_SET.root, given=SET.root):
        advance(client, third)
    client.advance(fields(third), shown(certificate(third, signers=(0,), validators=OTHER_SET), OTHER_SET))
    assert (client.root(), client.height(), client.slot(), client.incarnation()) == (third.root, 3, 103, 1)
    assert client.validatorsRoot() == SET.root
    assert [client.rootAt(height) for height in range(5)] == [
        NETWORK,
        FIRST.root,
        second.root,
        third.root,
        ZERO_HASH,
    ]
    load = whole.load("LightClient")
    expected = showing.storage_at(NETWORK, third)
    assert {slot: load(slot) for slot in expected} == expected


def test_it_skips_heights_of_one_set(client: Contract) -> None:
    parent = block(31, Hash32(b"\x77" * 32))
    later = block(32, parent.root, OTHER_SET)
    client.skip(fields(parent), fields(later), shown(certificate(later)))
    assert (client.root(), client.height(), client.validatorsRoot()) == (later.root, 32, OTHER_SET.root)
    assert client.rootAt(31) == ZERO_HASH


def test_it_starts_anywhere_from_a_block_that_is_trusted(whole: SystemZone) -> None:
    with whole.network.isolated():
        artifact = artifacts.load("LightClient")
        trusted = block(500, Hash32(b"\x66" * 32), OTHER_SET)
        deployed = whole.network["alpha"].deploy(
            {
                "contractName": "LightClient",
                "abi": list(artifact.abi),
                "bytecode": "0x" + artifact.creation.hex(),
                "deployedBytecode": "0x" + artifact.runtime.hex(),
            },
            NETWORK,
            fields(trusted),
            trusted.root,
        )
        following = block(501, trusted.root)
        deployed.advance(
            fields(following), shown(certificate(following, signers=(0,), validators=OTHER_SET), OTHER_SET)
        )
        assert deployed.root() == following.root


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("height", [0, 2, 2**64 - 1])
def test_only_the_next_height_follows(client: Contract, height: int) -> None:
    with reverts(error="NotNext", expected=1, given=height):
        advance(client, block(height, NETWORK, slot=1))


def test_only_a_child_follows(client: Contract) -> None:
    with reverts(error="OtherParent", expected=NETWORK, given=b"\x22" * 32):
        advance(client, block(1, Hash32(b"\x22" * 32)))


def test_an_incarnation_that_was_taken_back_does_not_count(client: Contract) -> None:
    first = block(1, NETWORK, incarnation=2)
    advance(client, first)
    with reverts(error="OldIncarnation", known=2, given=1):
        advance(client, block(2, first.root, incarnation=1))


def test_skipping_needs_a_parent_above_that_names_the_known_set(client: Contract) -> None:
    advance(client, FIRST)
    parent, stranger = block(9, FIRST.root), block(9, FIRST.root, OTHER_SET)
    following = block(10, parent.root)
    proof = shown(certificate(following))
    with reverts(error="NotAbove", known=1, given=1):
        client.skip(fields(FIRST), fields(block(2, FIRST.root)), proof)
    with reverts(error="SetHasChanged", known=SET.root, given=OTHER_SET.root):
        client.skip(fields(stranger), fields(following), proof)
    with reverts(error="NotNext", expected=10, given=11):
        client.skip(fields(parent), fields(block(11, parent.root)), proof)
    other = block(10, FIRST.root)
    with reverts(error="OtherParent", expected=parent.root, given=FIRST.root):
        client.skip(fields(parent), fields(other), shown(certificate(other)))


@pytest.mark.parametrize(("signers", "signed"), [((2, 3), 70), ((0, 1, 2), 60), ((3,), 40), ((1, 2), 50)])
def test_it_takes_more_than_two_thirds_of_the_stake(
    client: Contract, signers: tuple[int, ...], signed: int
) -> None:
    if 3 * signed > 2 * sum(STAKES):
        advance(client, FIRST, signers=signers)
        assert client.height() == 1
    else:
        with reverts(error="TooLittleStake", signed=signed, total=100):
            advance(client, FIRST, signers=signers)


def test_exactly_two_thirds_are_too_little() -> None:
    zone = system_zone(genesis((1, 1, 1)))
    thirds = ValidatorSet(tuple(Validator(key_of(number), 1) for number in (1, 2, 3)))
    first = block(1, NETWORK)
    with reverts(error="TooLittleStake", signed=2, total=3):
        zone.contract("LightClient").advance(
            fields(first), shown(certificate(first, signers=(0, 2), validators=thirds), thirds)
        )


def test_nobody_signs_for_nobody() -> None:
    """The empty set: nothing signed of nothing is not more than two thirds."""
    zone = system_zone(genesis(()))
    client = zone.contract("LightClient")
    assert client.validatorsRoot() == ValidatorSet(()).root
    with reverts(error="TooLittleStake", signed=0, total=0):
        client.advance(fields(FIRST), (0, b"", bytes(256), b""))


@pytest.mark.parametrize("kind", [VoteKind.PREVOTE])
def test_prevotes_make_nothing_final(client: Contract, kind: VoteKind) -> None:
    with reverts(error="NotSigned"):
        advance(client, FIRST, kind=kind)


def test_another_network_is_another_network(client: Contract) -> None:
    with reverts(error="NotSigned"):
        advance(client, FIRST, network=Hash32(b"\x12" * 32))


@pytest.mark.parametrize("name", ["slot", "incarnation", "proposer", "zones_root", "validators_root"])
def test_a_block_that_differs_anywhere_is_not_what_was_signed(client: Contract, name: str) -> None:
    """Height and parent are refused before: see above."""
    value = getattr(FIRST, name)
    other = replace(FIRST, **{name: value + 1 if isinstance(value, int) else Hash32(b"\x02" * 32)})
    with reverts(error="NotSigned"):
        client.advance(fields(other), shown(certificate(FIRST)))


def test_a_certificate_that_differs_anywhere_is_refused(client: Contract) -> None:
    round_, signers, signature, members = shown(certificate(FIRST, signers=(1, 2, 3)))
    other_signature = shown(certificate(block(1, NETWORK, slot=7), signers=(1, 2, 3)))[2]
    cases = {
        "NotSigned": [
            (round_ + 1, signers, signature, members),
            (round_, b"\x0f", signature, members),
            (round_, signers, other_signature, members),
            (round_, signers, bytes(256), members),
        ],
        "BadBitmap": [
            (round_, b"", signature, members),
            (round_, b"\x0e\x00", signature, members),
            (round_, b"\x1e", signature, members),
            (round_, b"\x8e", signature, members),
            (round_, signers, signature, members[:-108]),
        ],
        "MembersLength": [
            (round_, signers, signature, members[:-1]),
            (round_, signers, signature, members + b"\0"),
        ],
        "NotTheSet": [
            (round_, b"\x06", signature, members[:-108]),
            (round_, signers, signature, members[108:] + members[:108]),
            (round_, b"\x0e", signature, members + members[:108]),
            (round_, signers, signature, b"\xff" + members[1:]),
            # A stake of one wei more.
            (round_, signers, signature, members[:-1] + bytes([members[-1] + 1])),
        ],
        "SignatureLength": [
            (round_, signers, signature[:-1], members),
            (round_, signers, signature + b"\0", members),
        ],
        "PrecompileRefused": [
            # No point of G2; and a signer's y that is not on the curve.
            (round_, signers, signature[:-1] + bytes([signature[-1] ^ 1]), members),
            (
                round_,
                signers,
                signature,
                members[: 108 + 95] + bytes([members[108 + 95] ^ 1]) + members[204:],
            ),
        ],
    }
    for error, certificates in cases.items():
        for given_ in certificates:
            with reverts(error=error):
                client.advance(fields(FIRST), given_)
    client.advance(fields(FIRST), (round_, signers, signature, members))


def test_keys_that_cancel_each_other_sign_nothing() -> None:
    """A key and its negation: their sum is infinity, which would accept infinity as signature of anything.
    Proofs of possession do not keep this pair out."""
    negated = (GROUP_ORDER - int.from_bytes(secret(1), "big")).to_bytes(32, "big")
    pair = tuple(
        GenesisValidator(key, Wei(1), b"\x01" * 20) for key in (key_of(1), SCHEME.public_key(negated))
    )
    zone = system_zone(replace(genesis(()), validators=pair))
    members = ValidatorSet(tuple(Validator(one.public_key, one.stake) for one in pair))
    with reverts(error="KeyIsInfinity"):
        zone.contract("LightClient").advance(
            fields(FIRST), (0, b"\x03", bytes(256), showing.members_of(members))
        )


@settings(max_examples=40)
@given(data=st.data())
def test_a_changed_bit_anywhere_is_refused(checker: Contract, data: st.DataObject) -> None:
    """But for the y of a validator who did not sign: of that only the larger half counts, as in its key."""
    parts = list(shown(certificate(FIRST, signers=(1, 2, 3))))
    part = data.draw(st.sampled_from([1, 2, 3]))
    changed = bytearray(parts[part])
    bit = data.draw(st.integers(0 if part != 3 else 8 * 108, 8 * len(changed) - 1))
    changed[bit >> 3] ^= 1 << (bit & 7)
    parts[part] = bytes(changed)
    with reverts():
        checker.advance.call(fields(FIRST), tuple(parts))


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who signs, of how many with which stakes."""

    stakes: tuple[int, ...]
    signers: tuple[int, ...]


@st.composite
def crowds(draw: st.DrawFn) -> Crowd:
    stakes = tuple(draw(st.lists(st.integers(1, 2**96 - 1), min_size=1, max_size=9)))
    signers = draw(st.sets(st.integers(0, len(stakes) - 1), min_size=1))
    return Crowd(stakes, tuple(sorted(signers)))


@settings(max_examples=25)
@given(crowd=crowds())
def test_it_agrees_with_python_about_every_crowd(checker: Contract, crowd: Crowd) -> None:
    """Sets of every size have their trees and bitmaps; the two-thirds rule is the same."""
    keys = [key_of(1 + index % 9) for index in range(len(crowd.stakes))]
    validators = ValidatorSet(tuple(map(Validator, keys, crowd.stakes)))
    made = certificate(FIRST, crowd.signers, validators)
    if validators.is_two_thirds(crowd.signers):
        made.verify_block(FIRST, SigningDomain(NETWORK, 0), validators, SCHEME)
        checker.check(fields(FIRST), shown(made, validators), validators.root)
    else:
        with reverts(error="TooLittleStake"):
            checker.check(fields(FIRST), shown(made, validators), validators.root)


def test_members_are_shown_without_padding() -> None:
    shown_ = showing.members_of(SET)
    assert len(shown_) == 4 * showing.MEMBER_SIZE
    assert bytes(16) + shown_[:48] + bytes(16) + shown_[48:96] == key_point(1)
    assert int.from_bytes(shown_[96:108], "big") == STAKES[0]
