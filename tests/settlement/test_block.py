"""Roots of settlement blocks, updates and validator sets."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devnet.chain.hash_tree import climb
from devnet.chain.types import Address, Hash32
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.proving.statement import Statement
from devnet.settlement.block import (
    SettlementBlock,
    ZoneUpdate,
    zone_branch,
    zones_root,
)

hashes = st.binary(min_size=32, max_size=32).map(Hash32)


def _hash(number: int) -> Hash32:
    return Hash32(number.to_bytes(32, "big"))


_FIELDS: dict[str, Any] = {
    field.name: index if field.type == "int" else _hash(100 + index)
    for index, field in enumerate(fields(Statement))
}
STATEMENT = Statement(**_FIELDS)
UPDATE = ZoneUpdate(STATEMENT, 7, _hash(1), "witness", _hash(2), Address(bytes(19) + b"\x01"), bytes(65))
BLOCK = SettlementBlock(1, _hash(3), 7, 0, 2, _hash(4), _hash(5))


@pytest.mark.parametrize("field", [field.name for field in fields(Statement)])
def test_a_statement_is_bound_to_each_of_its_fields(field: str) -> None:
    value = getattr(STATEMENT, field)
    change: dict[str, Any] = {field: value + 1 if isinstance(value, int) else _hash(999)}
    assert replace(STATEMENT, **change).hash != STATEMENT.hash


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("statement", replace(STATEMENT, zone=99)),
        ("slot", 8),
        ("previous", _hash(9)),
        ("proof_kind", "zkvm"),
        ("proof_hash", _hash(9)),
        ("producer", Address(bytes(19) + b"\x02")),
    ],
)
def test_an_update_is_bound_to_everything_but_its_signature(field: str, other: Any) -> None:
    change: dict[str, Any] = {field: other}
    assert replace(UPDATE, **change).signed_hash != UPDATE.signed_hash
    assert replace(UPDATE, signature=bytes([1]) * 65).signed_hash == UPDATE.signed_hash


@pytest.mark.parametrize("field", [field.name for field in fields(SettlementBlock)])
def test_a_settlement_block_is_bound_to_each_of_its_fields(field: str) -> None:
    value = getattr(BLOCK, field)
    change: dict[str, Any] = {field: value + 1 if isinstance(value, int) else _hash(999)}
    assert replace(BLOCK, **change).root != BLOCK.root


@given(st.dictionaries(st.integers(0, (1 << 16) - 1), hashes, min_size=1, max_size=5))
def test_a_zone_is_found_under_the_zones_root(newest: dict[int, Hash32]) -> None:
    for zone, leaf in newest.items():
        assert climb(leaf, zone_branch(newest, zone), zone) == zones_root(newest)


@given(st.lists(st.integers(1, 10**27), min_size=1, max_size=9), st.data())
def test_two_thirds_is_more_than_two_thirds_of_the_stake(stakes: list[int], data: st.DataObject) -> None:
    members = data.draw(st.lists(st.sampled_from(range(len(stakes)))))
    validators = ValidatorSet(tuple(Validator(bytes([i]) * 48, stake) for i, stake in enumerate(stakes)))
    signed = sum(stakes[index] for index in set(members))
    assert validators.is_two_thirds(members) == (Fraction(signed, sum(stakes)) > Fraction(2, 3))
    assert validators.is_two_thirds(range(len(stakes)))
    assert not validators.is_two_thirds(())


def test_a_validator_set_is_bound_to_keys_stakes_and_order() -> None:
    first, second = Validator(bytes(47) + b"\x01", 5), Validator(bytes(47) + b"\x02", 5)
    roots = {
        ValidatorSet(members).root
        for members in ((first, second), (second, first), (first,), (replace(first, stake=6), second), ())
    }
    assert len(roots) == 5
