"""Development calls: balances, nonces, code, storage and impersonation."""

from __future__ import annotations

from devnet.chain.types import Address, Wei
from devnet.rpc.codec.shapes import (
    ADDRESS,
    AMOUNT,
    BOOLEAN,
    DATA,
    NUMBER,
    NUMBER_64,
    WORD,
    Schema,
    Shape,
    read_slot,
)
from devnet.rpc.codec.shapes import read_number as _read_number
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param


def set_balance(context: Context, address: Address, balance: Wei) -> bool:
    context.zone.set_account(address, balance=balance)
    return True


def add_balance(context: Context, address: Address, amount: Wei) -> bool:
    balance = context.zone.balance(address) + amount
    if balance >= 1 << 256:
        raise invalid_params("invalid argument 1 (amount): the balance would exceed 256 bits")
    context.zone.set_account(address, balance=Wei(balance))
    return True


def set_code(context: Context, address: Address, code: bytes) -> bool:
    context.zone.set_account(address, code=code)
    return True


def set_nonce(context: Context, address: Address, nonce: int) -> bool:
    context.zone.set_account(address, nonce=nonce)
    return True


def set_storage_at(context: Context, address: Address, slot: int, value: int) -> bool:
    context.zone.set_storage(address, slot, value)
    return True


def impersonate(context: Context, address: Address) -> bool:
    context.zone.impersonate(address)
    return True


def stop_impersonating(context: Context, address: Address) -> bool:
    context.zone.stop_impersonating(address)
    return True


def auto_impersonate(context: Context, enabled: bool) -> bool:
    context.zone.set_auto_impersonate(enabled)
    return True


def _read_slot_number(value: object) -> int:
    return read_slot(value) if isinstance(value, str) and value[:2] in ("0x", "0X") else _read_number(value)


DONE: Schema = {"const": True}
_ADDRESS = Param("address", ADDRESS)

METHODS = (
    Method(
        "anvil_setBalance",
        set_balance,
        (_ADDRESS, Param("balance", AMOUNT)),
        Kind.WRITE,
        DONE,
        "Sets a balance in wei.",
        ("hardhat_setBalance", "tenderly_setBalance", "evm_setAccountBalance"),
    ),
    Method(
        "anvil_addBalance",
        add_balance,
        (_ADDRESS, Param("amount", AMOUNT)),
        Kind.WRITE,
        DONE,
        "Adds to a balance.",
        ("hardhat_addBalance", "tenderly_addBalance"),
    ),
    Method(
        "anvil_setCode",
        set_code,
        (_ADDRESS, Param("code", DATA)),
        Kind.WRITE,
        DONE,
        "Sets an account's code.",
        ("hardhat_setCode", "tenderly_setCode", "evm_setAccountCode"),
    ),
    Method(
        "anvil_setNonce",
        set_nonce,
        (_ADDRESS, Param("nonce", NUMBER_64)),
        Kind.WRITE,
        DONE,
        "Sets a nonce.",
        ("hardhat_setNonce", "evm_setAccountNonce", "tenderly_setNonce"),
    ),
    Method(
        "anvil_setStorageAt",
        set_storage_at,
        (_ADDRESS, Param("slot", Shape(_read_slot_number, NUMBER.schema)), Param("value", WORD)),
        Kind.WRITE,
        DONE,
        "Sets a storage slot.",
        ("hardhat_setStorageAt", "tenderly_setStorageAt", "evm_setAccountStorageAt"),
    ),
    Method(
        "anvil_impersonateAccount",
        impersonate,
        (_ADDRESS,),
        Kind.WRITE,
        DONE,
        "Lets eth_sendTransaction use this sender without its key.",
        ("hardhat_impersonateAccount", "evm_impersonateAccount"),
    ),
    Method(
        "anvil_stopImpersonatingAccount",
        stop_impersonating,
        (_ADDRESS,),
        Kind.WRITE,
        DONE,
        "Ends an impersonation.",
        ("hardhat_stopImpersonatingAccount", "evm_stopImpersonatingAccount"),
    ),
    Method(
        "anvil_autoImpersonateAccount",
        auto_impersonate,
        (Param("enabled", BOOLEAN),),
        Kind.WRITE,
        DONE,
        "Lets eth_sendTransaction use any sender.",
        ("hardhat_autoImpersonateAccount",),
    ),
)
