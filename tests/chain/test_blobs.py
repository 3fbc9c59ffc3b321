"""Blob sidecars with real KZG proofs in both forms."""

from __future__ import annotations

import dataclasses
import subprocess
import sys

import pytest

from devnet.chain.blobs import BLOB_SIZE, build_sidecar, validate_sidecar, versioned_hash
from devnet.chain.errors import Invalid, InvalidTransaction
from devnet.chain.rules import Fork, Rules
from devnet.chain.transaction import BLOB, BlobSidecar, Transaction
from devnet.chain.transaction_codec import sign
from devnet.chain.types import Hash32, Wei
from tests.chain.transactions import CHAIN_ID, KEY, transfer

RULES = {fork: Rules.at(fork, CHAIN_ID) for fork in (Fork.CANCUN, Fork.OSAKA)}
BLOBS = (bytes(31) + b"\5" + bytes(BLOB_SIZE - 32), bytes(BLOB_SIZE))


def carrier(sidecar: BlobSidecar) -> Transaction:
    hashes = tuple(versioned_hash(commitment) for commitment in sidecar.commitments)
    return sign(transfer(BLOB, blob_hashes=hashes, max_fee_per_blob_gas=Wei(1)), KEY)


@pytest.fixture(scope="module", params=[Fork.CANCUN, Fork.OSAKA], ids=lambda fork: fork.name.lower())
def rules(request: pytest.FixtureRequest) -> Rules:
    return RULES[request.param]


@pytest.fixture(scope="module")
def sidecar(rules: Rules) -> BlobSidecar:
    return build_sidecar(BLOBS, rules)


def refusal(transaction: Transaction, sidecar: BlobSidecar, rules: Rules) -> str:
    with pytest.raises(InvalidTransaction) as refused:
        validate_sidecar(transaction, sidecar, rules)
    assert refused.value.kind is Invalid.BLOB_TRANSACTION
    return refused.value.detail


def test_a_sidecar_of_the_forks_form_is_valid(rules: Rules, sidecar: BlobSidecar) -> None:
    assert len(sidecar.proofs) == len(BLOBS) * (128 if rules.fork is Fork.OSAKA else 1)
    validate_sidecar(carrier(sidecar), sidecar, rules)


def test_the_other_forks_form_is_refused_and_named(rules: Rules, sidecar: BlobSidecar) -> None:
    other = RULES[Fork.CANCUN if rules.fork is Fork.OSAKA else Fork.OSAKA]
    assert "cell proofs" in refusal(carrier(sidecar), sidecar, other)


def test_counts_must_match(rules: Rules, sidecar: BlobSidecar) -> None:
    transaction = carrier(sidecar)
    for name in ("blobs", "commitments", "proofs"):
        fewer = dataclasses.replace(sidecar, **{name: getattr(sidecar, name)[:-1]})
        assert f" {name} for 2 blob hashes" in refusal(transaction, fewer, rules)


def test_another_blob_under_the_same_commitment_is_refused(rules: Rules, sidecar: BlobSidecar) -> None:
    swapped = dataclasses.replace(sidecar, blobs=sidecar.blobs[::-1])
    assert "do not belong" in refusal(carrier(sidecar), swapped, rules)


def test_another_commitment_than_the_named_one_is_refused(rules: Rules, sidecar: BlobSidecar) -> None:
    swapped = dataclasses.replace(sidecar, commitments=sidecar.commitments[::-1])
    assert refusal(carrier(sidecar), swapped, rules).startswith("blob 0: computed hash 0x01")


def test_bytes_that_are_no_points_or_field_elements_are_refused(rules: Rules, sidecar: BlobSidecar) -> None:
    bad_proof = dataclasses.replace(sidecar, proofs=(b"\1" * 48, *sidecar.proofs[1:]))
    assert "malformed KZG data" in refusal(carrier(sidecar), bad_proof, rules)
    bad_blob = dataclasses.replace(sidecar, blobs=(b"\xff" * BLOB_SIZE, sidecar.blobs[1]))
    assert "malformed KZG data" in refusal(carrier(sidecar), bad_blob, rules)
    short = dataclasses.replace(sidecar, blobs=(bytes(100), sidecar.blobs[1]))
    assert "131072 bytes" in refusal(carrier(sidecar), short, rules)
    short_proof = dataclasses.replace(sidecar, proofs=(bytes(47), *sidecar.proofs[1:]))
    assert "48 bytes" in refusal(carrier(sidecar), short_proof, rules)


def test_what_is_no_blob_gets_no_sidecar(rules: Rules) -> None:
    for data in (b"\xff" * BLOB_SIZE, b"short"):
        with pytest.raises(ValueError, match="not a blob"):
            build_sidecar((data,), rules)


def test_versioned_hashes_start_with_the_version() -> None:
    # The commitment to the zero blob is the point at infinity; its hash is the one of EIP-4844's tests.
    infinity = b"\xc0" + bytes(47)
    expected = "010657f37554c781402a22917dee2f75def7ab966d7b770905398eba3c444014"
    assert versioned_hash(infinity) == Hash32(bytes.fromhex(expected))


def test_the_trusted_setup_is_found_without_importing_the_package_that_carries_it() -> None:
    program = (
        "import sys\nfrom devnet.chain.blobs import trusted_setup\n"
        "assert 'ckzg' not in sys.modules\ntrusted_setup()\n"
        "assert 'ckzg' in sys.modules and 'eth_account' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
