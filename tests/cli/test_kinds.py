"""How values of options are written."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zero_sdk.cli import kinds
from zero_sdk.cli.devnet.settings import Settings, options


@given(st.integers(0, kinds.UINT256_MAX))
def test_an_amount_of_zro_is_exact_to_the_wei(wei: int) -> None:
    text = f"{wei // 10**18}.{wei % 10**18:018d}"
    assert kinds.zro(text) == wei


@pytest.mark.parametrize(
    ("value", "wei"),
    [("1", 10**18), ("0.5", 5 * 10**17), (2, 2 * 10**18), (1.5, 15 * 10**17), ("1e3", 10**21)],
)
def test_an_amount_may_be_a_number_or_a_text(value: Any, wei: int) -> None:
    assert kinds.zro(value) == wei


@pytest.mark.parametrize(
    "value", ["-1", "1e60", "1e999999999", "0.0000000000000000001", "nan", "inf", "ten", "", True, None, [1]]
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        kinds.zro(value)


@given(st.integers(0, 100))
def test_whole_numbers_may_be_decimal_or_hexadecimal(number: int) -> None:
    kind = kinds.integer("N", 0, 100)
    assert kind.parse(str(number)) == kind.parse(hex(number)) == kind.parse(number) == number


@pytest.mark.parametrize("value", ["-1", "101", "1.5", "x", "", True, 2.0, "9" * 200])
def test_numbers_out_of_bounds_or_shape_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        kinds.integer("N", 0, 100).parse(value)


def test_none_lifts_a_limit() -> None:
    assert kinds.optional_integer("N").parse("none") is None
    assert kinds.seconds(may_be_none=True).parse("None") is None


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (0, 0),
        ("1700000000", 1_700_000_000),
        ("0x10", 16),
        ("2030-01-31T12:00:00Z", 1_896_091_200),
        ("2030-01-31 12:00:00", 1_896_091_200),
        ("2030-01-31T13:00:00+01:00", 1_896_091_200),
    ],
)
def test_a_time_is_seconds_or_iso(value: Any, seconds: int) -> None:
    assert kinds.MOMENT.parse(value) == seconds


@pytest.mark.parametrize("value", ["tomorrow", "-5", "99999999999999999", True, 1.5])
def test_what_is_no_time_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        kinds.MOMENT.parse(value)


@pytest.mark.parametrize(
    ("value", "zones"),
    [
        ("alpha, beta", ("alpha", "beta")),
        (["alpha", "beta"], ("alpha", "beta")),
        ("3", 3),
        (3, 3),
        ("a", ("a",)),
    ],
)
def test_zones_are_names_or_a_number(value: Any, zones: Any) -> None:
    assert kinds.ZONES.parse(value) == zones


def test_a_grant_is_an_address_and_an_amount() -> None:
    assert kinds.GRANTS.parse("0x" + "ab" * 20 + ":1.5") == ((b"\xab" * 20, 15 * 10**17),)
    with pytest.raises(ValueError, match="form"):
        kinds.GRANTS.parse("0x12:5")


def test_an_endpoint_id_is_a_zone_and_a_number() -> None:
    assert kinds.EIDS.parse("alpha=50121, beta=0x7") == (("alpha", 50_121), ("beta", 7))
    for wrong in ("alpha", "alpha=", "=5", "alpha=0", "alpha=4294967296", "alpha=1,alpha=2"):
        with pytest.raises(ValueError, match=r"form|number|between|twice"):
            kinds.EIDS.parse(wrong)


@pytest.mark.parametrize("option", list(options()), ids=lambda option: option.key)
def test_every_default_is_a_value_that_its_option_accepts(option: Any) -> None:
    if option.default in (None, ()) or option.field == "balance":
        return
    value = str(option.default) if isinstance(option.default, Path) else option.default
    assert option.kind.parse(list(value) if isinstance(value, tuple) else value) == option.default


def test_settings_without_anything_given_are_the_defaults() -> None:
    assert Settings().zones == ("alpha", "beta")
    assert Decimal(Settings().balance) / 10**18 == 10_000


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("5000", 5000),
        (5000, 5000),
        ("500MB", 500 * 10**6),
        ("2GiB", 2 * 2**30),
        (" 1.5 kib ", 1536),
        ("0.5KB", 500),
        ("1_000 B", 1000),
        ("1TB", 10**12),
        ("none", None),
        ("None", None),
    ],
)
def test_a_size_has_a_unit_or_is_in_bytes(value: Any, size: int | None) -> None:
    assert kinds.size(0).parse(value) == size


@pytest.mark.parametrize(
    "value", ["", "MB", "-5MB", "5 XB", "5M", "1e3", True, None, 2.5, [1], "99", "2000000TiB"]
)
def test_what_is_no_size_or_out_of_bounds_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"."):
        kinds.size(100).parse(value)


@pytest.mark.parametrize(("value", "blocks"), [("all", None), ("ALL", None), ("0", 0), ("100", 100), (7, 7)])
def test_a_history_is_a_number_of_blocks_or_all(value: Any, blocks: int | None) -> None:
    assert kinds.history(value) == blocks


@pytest.mark.parametrize("value", ["", "none", "-1", "1.5", True, None])
def test_what_is_no_history_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="nor all"):
        kinds.history(value)
