"""Access lists: everything that is not warm anyway, and nothing else."""

from __future__ import annotations

from devnet.chain.transaction import AccessListEntry
from devnet.chain.types import Address
from devnet.execution import FailureKind
from devnet.zone.calling.access_list import create_access_list, created_address
from devnet.zone.calling.call import call
from devnet.zone.messages import CallRequest
from tests.zone.calling.setting import (
    CONTRACT,
    OTHER,
    POOR,
    RICH,
    assemble,
    calling,
    deploying,
    site,
)

IDENTITY = Address(bytes(19) + b"\x04")


def test_a_transfer_needs_no_list() -> None:
    outcome = create_access_list(site(), CallRequest(sender=RICH, to=POOR))
    assert (outcome.access_list, outcome.gas_used, outcome.failure) == ((), 21_000, None)


def test_slots_of_the_recipient_and_accounts_it_touches_are_listed() -> None:
    code = assemble(
        f"PUSH1 05 SLOAD PUSH1 01 PUSH1 03 SSTORE PUSH20 {POOR.hex()} BALANCE "
        f"PUSH20 {RICH.hex()} BALANCE {calling(IDENTITY)} {calling(OTHER)}"
    )
    at = site({CONTRACT: code, OTHER: assemble("PUSH1 09 SLOAD")})
    outcome = create_access_list(at, CallRequest(sender=RICH, to=CONTRACT))
    assert outcome.access_list == (
        AccessListEntry(POOR, ()),
        AccessListEntry(CONTRACT, (3, 5)),
        AccessListEntry(OTHER, (9,)),
    )
    listed = CallRequest(sender=RICH, to=CONTRACT, access_list=outcome.access_list)
    assert outcome.gas_used == call(at, listed).gas_used


def test_a_list_that_changes_what_runs_is_settled_by_further_runs() -> None:
    # With more than 75 000 gas left it reads slot 1, else slot 2; listing a slot takes gas beforehand.
    code = assemble("GAS PUSH4 000124f8 LT PUSH1 10 JUMPI PUSH1 02 SLOAD STOP JUMPDEST PUSH1 01 SLOAD")
    at = site({CONTRACT: code})
    for gas in range(96_000, 101_000, 500):
        outcome = create_access_list(at, CallRequest(sender=RICH, to=CONTRACT, gas=gas))
        again = CallRequest(sender=RICH, to=CONTRACT, gas=gas, access_list=outcome.access_list)
        assert outcome.gas_used == call(at, again).gas_used


def test_created_contracts_are_not_listed() -> None:
    init = deploying(b"\x00")
    word = init.ljust(64, b"\0")
    code = assemble(
        f"PUSH32 {word[:32].hex()} PUSH0 MSTORE PUSH32 {word[32:].hex()} PUSH1 20 MSTORE "
        f"PUSH1 {len(init):02x} PUSH0 PUSH0 CREATE POP"
    )
    outcome = create_access_list(site({CONTRACT: code}), CallRequest(sender=RICH, to=CONTRACT))
    assert (outcome.access_list, outcome.failure) == ((), None)
    creation = create_access_list(site(), CallRequest(sender=RICH, data=deploying(b"\x00")))
    assert creation.access_list == ()


def test_slots_of_a_contract_being_created_are_listed_under_its_future_address() -> None:
    init = assemble("PUSH1 01 PUSH1 81 SSTORE")
    outcome = create_access_list(site(), CallRequest(sender=RICH, data=init))
    assert outcome.access_list == (AccessListEntry(created_address(RICH, 0), (0x81,)),)


def test_a_failed_run_still_has_its_list() -> None:
    code = assemble("PUSH1 05 SLOAD PUSH0 PUSH0 REVERT")
    outcome = create_access_list(site({CONTRACT: code}), CallRequest(sender=RICH, to=CONTRACT))
    assert outcome.access_list == (AccessListEntry(CONTRACT, (5,)),)
    assert outcome.failure is not None
    assert outcome.failure.kind is FailureKind.REVERT


def test_the_address_of_a_new_contract_is_the_known_one() -> None:
    sender = Address(bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0"))
    expected = [
        "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d",
        "343c43a37d37dff08ae8c4a11544c718abb4fcf8",
        "f778b86fa74e846c4f0a1fbd1335fe81c00a0c91",
    ]
    assert [created_address(sender, nonce).hex() for nonce in range(3)] == expected
