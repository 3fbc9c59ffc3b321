"""Precompiles against other implementations: py_ecc, hashlib, cryptography, ckzg, published vectors."""

from __future__ import annotations

import hashlib
import random
import struct
from typing import Any

import ckzg
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from py_ecc import optimized_bls12_381 as bls
from py_ecc import optimized_bn128 as bn
from py_ecc.bls.hash_to_curve import map_to_curve_G1, map_to_curve_G2
from py_ecc.optimized_bls12_381 import FQ, FQ2

from devnet.chain.blobs import trusted_setup, versioned_hash
from devnet.chain.rules import Fork
from devnet.chain.signature import SigningKey, address_of
from devnet.chain.types import Address, Hash32
from devnet.execution import LENIENT, Mode, TransactionResult
from devnet.execution.pyevm.precompiles.blake2 import compress
from tests.execution.memory_state import execute_one, funded, transaction

pytestmark = pytest.mark.usefixtures("each_engine")

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CALL = Mode(checks=LENIENT)


def address(number: int) -> Address:
    return Address(number.to_bytes(20, "big"))


def run(number: int, data: bytes, fork: Fork = Fork.OSAKA, gas: int = 10**9) -> TransactionResult:
    return execute_one(
        funded(), transaction(to=address(number), data=data, gas_limit=gas), fork=fork, mode=CALL
    )


def price(number: int, data: bytes, fork: Fork = Fork.OSAKA) -> int:
    """What the precompile itself charges, seen by a contract that calls it."""
    caller = address(0xCA)
    code = bytes.fromhex(
        "365f5f37" + "5a" + "5f5f365f61" + f"{number:04x}" + "6305f5e100fa50" + "5a90035f5260205ff3"
    )
    state = funded().put(caller, code=code)
    result = execute_one(state, transaction(to=caller, data=data, gas_limit=10**9), fork=fork, mode=CALL)
    # Around the call: GAS, five pushes, CALLDATASIZE, the warm call, POP, GAS.
    return int.from_bytes(result.output, "big") - (2 + 2 + 2 + 2 + 2 + 3 + 3 + 100 + 2)


def word(value: int) -> bytes:
    return value.to_bytes(32, "big")


def modexp_input(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    return word(len(base)) + word(len(exponent)) + word(len(modulus)) + base + exponent + modulus


# MODEXP


@given(base=st.binary(max_size=40), exponent=st.binary(max_size=40), modulus=st.binary(max_size=40))
@settings(max_examples=60, deadline=None)
def test_modexp_is_pythons_pow(base: bytes, exponent: bytes, modulus: bytes) -> None:
    number = int.from_bytes(modulus, "big")
    expected = pow(int.from_bytes(base, "big"), int.from_bytes(exponent, "big"), number) if number else 0
    assert run(5, modexp_input(base, exponent, modulus)).output == expected.to_bytes(len(modulus), "big")


@pytest.mark.parametrize(
    ("base", "exponent", "modulus", "berlin", "osaka"),
    [
        (b"", b"", b"", 200, 500),
        (b"\x03", b"\xff" * 32, b"\xfd" * 32, 1_360, 4_080),
        (b"\x03" * 64, b"\x03", b"\xfd" * 64, 200, 500),
        (b"\x03" * 128, b"\x01\x00\x01", b"\xfd" * 128, 1_365, 8_192),
        (b"\x03" * 32, b"\x01" + bytes(63), b"\xfd" * 32, 2_688, 12_160),
    ],
)
def test_modexp_has_the_price_of_its_fork(
    base: bytes, exponent: bytes, modulus: bytes, berlin: int, osaka: int
) -> None:
    """EIP-2565 and EIP-7883, worked out by hand."""
    data = modexp_input(base, exponent, modulus)
    assert (price(5, data, Fork.PRAGUE), price(5, data, Fork.OSAKA)) == (berlin, osaka)


@pytest.mark.parametrize("position", [0, 1, 2])
def test_modexp_bounds_its_operands_from_osaka(position: int) -> None:
    lengths = [1, 1, 1]
    lengths[position] = 1_025
    data = b"".join(map(word, lengths))
    assert run(5, data, Fork.PRAGUE).status
    assert not run(5, data, Fork.OSAKA).status


# Signatures


def test_ecrecover_gives_the_signer() -> None:
    key = b"\x07" * 32
    digest = Hash32(hashlib.sha256(b"digest").digest())
    parity, r, s = SigningKey(key).sign_digest(digest)
    data = digest + word(27 + parity) + word(r) + word(s)
    assert run(1, data).output == bytes(12) + address_of(key)
    assert run(1, digest + word(29) + word(r) + word(s)).output == b""
    assert run(1, digest + word(27) + word(0) + word(s)).output == b""
    assert price(1, data) == 3_000


def p256_input(seed: int) -> bytes:
    key = ec.derive_private_key(seed, ec.SECP256R1())
    digest = hashlib.sha256(word(seed)).digest()
    r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
    point = key.public_key().public_numbers()
    return digest + word(r) + word(s) + word(point.x) + word(point.y)


def test_p256_accepts_a_signature_and_its_mirror_image() -> None:
    """EIP-7951 does not ask for low s."""
    data = p256_input(12_345)
    assert run(0x100, data).output == word(1)
    s = int.from_bytes(data[64:96], "big")
    assert run(0x100, data[:64] + word(P256_ORDER - s) + data[96:]).output == word(1)
    assert price(0x100, data) == 6_900


@pytest.mark.parametrize("byte", [0, 40, 70, 100, 130])
def test_p256_gives_nothing_for_anything_else(byte: int) -> None:
    data = bytearray(p256_input(777))
    data[byte] ^= 1
    result = run(0x100, bytes(data))
    assert (result.status, result.output) == (True, b"")
    assert run(0x100, p256_input(777)[:-1]).output == b""


def test_p256_is_no_precompile_before_osaka() -> None:
    assert run(0x100, p256_input(1), Fork.PRAGUE).output == b""


# Hashes


@given(data=st.binary(max_size=128))
@settings(max_examples=20, deadline=None)
def test_blake2_of_one_block_is_hashlibs(data: bytes) -> None:
    """RFC 7693: BLAKE2b-512 of up to 128 bytes is one call of F with the parameter block in h[0]."""
    iv = [0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
          0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179]  # fmt: skip
    iv[0] ^= 0x01010040
    call = struct.pack(">I", 12) + struct.pack("<8Q", *iv) + data.ljust(128, b"\0")
    call += struct.pack("<2Q", len(data), 0) + b"\x01"
    assert run(9, call).output == hashlib.blake2b(data).digest()


@given(rounds=st.integers(0, 40), rest=st.binary(min_size=208, max_size=208), final=st.integers(0, 1))
@settings(max_examples=50, deadline=None)
def test_blake2_in_python_is_the_library_s(rounds: int, rest: bytes, final: int) -> None:
    data = struct.pack(">I", rounds) + rest + bytes([final])
    assert compress(data, rounds, lambda: None) == run(9, data).output


def test_blake2_looks_at_the_deadline_while_it_computes() -> None:
    looks: list[None] = []
    compress(bytes(213), 10_000, lambda: looks.append(None))
    assert len(looks) == 3


def test_blake2_charges_by_the_round_and_checks_its_input() -> None:
    assert price(9, struct.pack(">I", 300) + bytes(209)) == 300
    assert not run(9, bytes(212)).status
    assert not run(9, bytes(212) + b"\x02").status


def test_ripemd_of_nothing_is_the_published_one() -> None:
    assert run(3, b"").output.hex() == "00" * 12 + "9c1185a5c5e9fc54612808977ee8f548b2258d31"
    assert price(3, bytes(33)) == 600 + 2 * 120


def test_sha256_and_identity() -> None:
    assert run(2, b"abc").output == hashlib.sha256(b"abc").digest()
    assert run(4, b"abc").output == b"abc"


# KZG


def test_point_evaluation_accepts_a_proof_and_refuses_a_wrong_one() -> None:
    blob = b"".join(word(value) for value in range(4_096))
    commitment = ckzg.blob_to_kzg_commitment(blob, trusted_setup())
    z = word(5)
    proof, y = ckzg.compute_kzg_proof(blob, z, trusted_setup())
    data = versioned_hash(commitment) + z + y + commitment + proof
    expected = word(4_096) + word(0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001)
    assert run(10, data).output == expected
    assert price(10, data) == 50_000
    for byte in (0, 40, 70, 100, 190):
        wrong = bytearray(data)
        wrong[byte] ^= 1
        assert not run(10, bytes(wrong)).status


# BLS12-381


def encode_g1(point: Any) -> bytes:
    if bls.is_inf(point):
        return bytes(128)
    return b"".join(int(value).to_bytes(64, "big") for value in bls.normalize(point))


def encode_g2(point: Any) -> bytes:
    if bls.is_inf(point):
        return bytes(256)
    x, y = bls.normalize(point)
    return b"".join(int(value).to_bytes(64, "big") for value in (*x.coeffs, *y.coeffs))


def off_subgroup_g1() -> Any:
    point = map_to_curve_G1(FQ(9))
    assert not bls.is_inf(bls.multiply(point, bls.curve_order))
    return point


def off_subgroup_g2() -> Any:
    point = map_to_curve_G2(FQ2((9, 4)))
    assert not bls.is_inf(bls.multiply(point, bls.curve_order))
    return point


@pytest.mark.parametrize("seed", range(3))
def test_bls_arithmetic_is_py_eccs(seed: int) -> None:
    rng = random.Random(seed)
    a, b, scalar = rng.randrange(1, 2**128), rng.randrange(1, 2**128), rng.getrandbits(256)
    for number, generator, encode in ((0x0B, bls.G1, encode_g1), (0x0D, bls.G2, encode_g2)):
        first, second = bls.multiply(generator, a), bls.multiply(generator, b)
        assert run(number, encode(first) + encode(second)).output == encode(bls.add(first, second))
        assert run(number, encode(first) + encode(bls.neg(first))).output == bytes(len(encode(first)))
        multiplied = bls.add(bls.multiply(first, scalar), bls.multiply(second, 3))
        data = encode(first) + word(scalar) + encode(second) + word(3)
        assert run(number + 1, data).output == encode(multiplied)


def test_bls_additions_take_points_outside_the_subgroup_and_the_others_do_not() -> None:
    for number, point, generator, encode in (
        (0x0B, off_subgroup_g1(), bls.G1, encode_g1),
        (0x0D, off_subgroup_g2(), bls.G2, encode_g2),
    ):
        assert run(number, encode(point) * 2).output == encode(bls.double(point))
        assert not run(number + 1, encode(point) + word(1)).status
        assert run(number + 1, encode(generator) + word(1)).status
    assert not run(0x0F, encode_g1(off_subgroup_g1()) + encode_g2(bls.G2)).status
    assert not run(0x0F, encode_g1(bls.G1) + encode_g2(off_subgroup_g2())).status


@pytest.mark.parametrize("byte", [0, 15, 63, 64, 127])
def test_bls_refuses_padding_large_elements_and_points_off_the_curve(byte: int) -> None:
    data = bytearray(encode_g1(bls.G1) + encode_g1(bls.G1))
    data[byte] ^= 1
    assert not run(0x0B, bytes(data)).status
    large = (bls.field_modulus).to_bytes(64, "big")
    assert not run(0x0B, large + bytes(64) + bytes(128)).status
    assert not run(0x0B, bytes(255)).status


def test_bls_pairing_check() -> None:
    pair = encode_g1(bls.multiply(bls.G1, 6)) + encode_g2(bls.multiply(bls.G2, 5))
    inverse = encode_g1(bls.neg(bls.multiply(bls.G1, 30))) + encode_g2(bls.G2)
    assert run(0x0F, pair + inverse).output == word(1)
    assert run(0x0F, pair).output == word(0)
    assert run(0x0F, bytes(384)).output == word(1)
    assert not run(0x0F, b"").status


def test_bls_maps_are_py_eccs() -> None:
    from py_ecc.bls.hash_to_curve import clear_cofactor_G1, clear_cofactor_G2

    first = clear_cofactor_G1(map_to_curve_G1(FQ(1234)))
    assert run(0x10, (1234).to_bytes(64, "big")).output == encode_g1(first)
    second = clear_cofactor_G2(map_to_curve_G2(FQ2((77, 5))))
    assert run(0x11, (77).to_bytes(64, "big") + (5).to_bytes(64, "big")).output == encode_g2(second)
    assert not run(0x10, bls.field_modulus.to_bytes(64, "big")).status


@pytest.mark.parametrize(
    ("number", "data", "gas"),
    [
        (0x0B, bytes(256), 375),
        (0x0C, bytes(160), 12_000),
        (0x0C, bytes(160) * 2, 2 * 12_000 * 949 // 1_000),
        (0x0C, bytes(160) * 129, 129 * 12_000 * 519 // 1_000),
        (0x0D, bytes(512), 600),
        (0x0E, bytes(288) * 3, 3 * 22_500 * 923 // 1_000),
        (0x0E, bytes(288) * 130, 130 * 22_500 * 524 // 1_000),
        (0x0F, bytes(384) * 2, 37_700 + 2 * 32_600),
        (0x10, bytes(64), 5_500),
        (0x11, bytes(128), 23_800),
        (0x06, bytes(128), 150),
        (0x07, bytes(96), 6_000),
        (0x08, bytes(384), 45_000 + 2 * 34_000),
    ],
)
def test_curve_precompiles_have_their_prices(number: int, data: bytes, gas: int) -> None:
    assert price(number, data) == gas


# bn254


def encode_bn_g1(point: Any) -> bytes:
    """An affine point; not infinity."""
    return b"".join(word(int(value)) for value in bn.normalize(point))


def encode_bn_g2(point: Any) -> bytes:
    x, y = bn.normalize(point)
    return b"".join(word(int(value)) for value in (*reversed(x.coeffs), *reversed(y.coeffs)))


def test_bn254_pairing_check() -> None:
    pair = encode_bn_g1(bn.multiply(bn.G1, 6)) + encode_bn_g2(bn.multiply(bn.G2, 5))
    inverse = encode_bn_g1(bn.neg(bn.multiply(bn.G1, 30))) + encode_bn_g2(bn.G2)
    assert run(8, pair + inverse).output == word(1)
    assert run(8, pair).output == word(0)
    assert run(8, b"").output == word(1)
    assert run(8, bytes(64) + encode_bn_g2(bn.G2)).output == word(1)
    assert run(8, encode_bn_g1(bn.G1) + bytes(128)).output == word(1)


def test_bn254_pairing_refuses_bad_points() -> None:
    assert not run(8, bytes(191)).status
    assert not run(8, word(1) + word(1) + encode_bn_g2(bn.G2)).status
    assert not run(8, word(bn.field_modulus) + word(0) + encode_bn_g2(bn.G2)).status
    on_curve = bn.multiply(bn.G2, 7)
    broken = bytearray(encode_bn_g2(on_curve))
    broken[127] ^= 1
    assert not run(8, encode_bn_g1(bn.G1) + bytes(broken)).status


def test_bn254_arithmetic_is_py_eccs() -> None:
    a, b = bn.multiply(bn.G1, 11), bn.multiply(bn.G1, 23)
    assert run(6, encode_bn_g1(a) + encode_bn_g1(b)).output == encode_bn_g1(bn.add(a, b))
    assert run(7, encode_bn_g1(a) + word(2**255)).output == encode_bn_g1(bn.multiply(a, 2**255))
    assert not run(6, word(1) + word(1)).status


@given(scalars=st.lists(st.integers(0, 2**256 - 1), min_size=1, max_size=4), seed=st.integers(0, 2**32))
@settings(max_examples=5, deadline=None)
def test_bn254_pairing_is_bilinear(scalars: list[int], seed: int) -> None:
    """The product of e(a P, b Q) is one exactly when the sum of the a b is a multiple of the order."""
    rng = random.Random(seed)
    factors = [(scalar % bn.curve_order, rng.randrange(1, 1_000)) for scalar in scalars]
    total = sum(first * second for first, second in factors) % bn.curve_order
    data = b"".join(
        encode_bn_g1(bn.multiply(bn.G1, first)) + encode_bn_g2(bn.multiply(bn.G2, second))
        for first, second in factors
        if first
    )
    closing = encode_bn_g1(bn.multiply(bn.G1, bn.curve_order - total)) if total else bytes(64)
    assert run(8, data + closing + encode_bn_g2(bn.G2)).output == word(1)
    assert run(8, data + encode_bn_g1(bn.multiply(bn.G1, 5)) + encode_bn_g2(bn.G2)).output == word(
        int(total == bn.curve_order - 5)
    )


def test_bn254_pairing_refuses_points_of_the_twist_outside_the_subgroup() -> None:
    prime = bn.field_modulus
    for start in range(1, 50):
        x = bn.FQ2([start, 1])
        square = x * x * x + bn.b2
        # The square root where p = 3 mod 4 (Adj, Rodriguez-Henriquez 2012), for the half of the squares
        # where its second case holds.
        power = square ** ((prime - 3) // 4)
        root = power * square
        y = (bn.FQ2.one() + power * root) ** ((prime - 1) // 2) * root
        if y * y == square:
            break
    point = (x, y, bn.FQ2.one())
    assert bn.is_on_curve(point, bn.b2)
    assert bn.multiply(point, bn.curve_order)[2] != bn.FQ2.zero()
    assert not run(8, encode_bn_g1(bn.G1) + encode_bn_g2(point)).status


@given(first=st.integers(0, 2**256 - 1), second=st.integers(0, 12))
@settings(max_examples=15, deadline=None)
def test_bn254_multiples_are_py_eccs(first: int, second: int) -> None:
    def encode(point: Any) -> bytes:
        return bytes(64) if bn.is_inf(point) else encode_bn_g1(point)

    point = bn.multiply(bn.G1, second)
    assert run(7, encode(point) + word(first)).output == encode(bn.multiply(point, first))
    other = bn.neg(point)
    assert run(6, encode(point) + encode(other)).output == bytes(64)
    assert run(6, encode(point) * 2).output == encode(bn.double(point))
    edge = bn.curve_order - 1
    assert run(7, encode(point) + word(edge)).output == encode(other)
