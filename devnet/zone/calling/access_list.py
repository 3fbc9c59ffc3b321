"""eth_createAccessList: the accounts and slots that a transaction touches."""

from __future__ import annotations

from dataclasses import replace

from devnet.chain.keccak import keccak256
from devnet.chain.rlp import encode_bytes, encode_int, encode_list
from devnet.chain.transaction import AccessListEntry, Transaction
from devnet.chain.types import EMPTY_CODE_HASH, Address
from devnet.execution import Execution, Mode, Overrides, TransactionResult
from devnet.zone.calling.overrides import nonce_of, precompiles, validate_overrides
from devnet.zone.calling.request import build_transaction, checks_of, fees_of, free_blobs, sender_of
from devnet.zone.calling.running import Deadline, execute, only_result
from devnet.zone.calling.site import CallSite
from devnet.zone.messages import AccessListOutcome, CallRequest

MAX_ROUNDS = 16
"""A list changes what runs only through gas, so two or three rounds settle it; a contract made to oscillate
does not hold the caller longer than this."""


def create_access_list(
    site: CallSite, request: CallRequest, overrides: Overrides | None = None
) -> AccessListOutcome:
    """The access list with which the request touches nothing outside it, and the gas used with it.

    Accounts that are warm anyway are left out unless slots of theirs are listed: the sender, the recipient or
    the contract that is created, authorities, precompiles, and accounts that the transaction creates. The
    transaction is run again with each list until the list does not change. A failed run still has its list.

    Raises as `call` does.
    """
    overrides = overrides or {}
    validate_overrides(overrides, site.rules)
    fees = fees_of(request)
    cap = site.config.call_gas_cap
    transaction = build_transaction(
        replace(request, access_list=request.access_list or ()),
        fees,
        site.env,
        site.rules,
        nonce=nonce_of(site.view, overrides, sender_of(request)),
        gas=cap if request.gas is None else min(request.gas, cap),
    )
    env = free_blobs(site.env, transaction)
    excluded = _always_warm(site, transaction)
    deadline = Deadline.after(site.config.call_time_limit)
    for _ in range(MAX_ROUNDS):
        mode = Mode(
            checks=checks_of(fees),
            overrides=overrides,
            record_reads=True,
            time_limit=deadline.remaining(),
        )
        execution = execute(site.engine, site.rules, env, (transaction,), site.view, mode, deadline)
        result, _ = only_result(execution)
        found = _list_of(result, excluded | _created(site, execution))
        if found == transaction.access_list:
            break
        transaction = replace(transaction, access_list=found)
    return AccessListOutcome(found, result.gas_used, result.failure)


def created_address(sender: Address, nonce: int) -> Address:
    """The address of the contract that a transaction without recipient creates (Yellow Paper 7)."""
    return Address(keccak256(encode_list((encode_bytes(sender), encode_int(nonce))))[12:])


def _always_warm(site: CallSite, transaction: Transaction) -> frozenset[Address]:
    target = transaction.to
    if target is None:
        target = created_address(transaction.sender, transaction.nonce)
    authorities = {item.authority for item in transaction.authorizations if item.authority is not None}
    return precompiles(site.rules.fork) | {transaction.sender, target} | authorities


def _created(site: CallSite, execution: Execution) -> frozenset[Address]:
    """Accounts that have code now and did not exist before."""
    return frozenset(
        address
        for address, account in execution.changes.accounts.items()
        if account is not None and account.code_hash != EMPTY_CODE_HASH and site.view.account(address) is None
    )


def _list_of(result: TransactionResult, excluded: frozenset[Address]) -> tuple[AccessListEntry, ...]:
    """The touched accounts in the order of addresses, the slots in the order of slots."""
    slots: dict[Address, list[int]] = {
        address: [] for address in result.warm_accounts if address not in excluded
    }
    for address, slot in sorted(result.warm_slots):
        slots.setdefault(address, []).append(slot)
    return tuple(AccessListEntry(address, tuple(slots[address])) for address in sorted(slots))
