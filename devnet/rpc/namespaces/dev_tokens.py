"""Development calls: balances and allowances of ERC-20 tokens, whatever their storage layout."""

from __future__ import annotations

from collections.abc import Iterator

from devnet.chain.types import Address
from devnet.execution import AccountOverride, TraceSpec
from devnet.rpc.codec.shapes import ADDRESS, AMOUNT
from devnet.rpc.context import Context
from devnet.rpc.errors import INVALID_INPUT, RpcError
from devnet.rpc.methods import Kind, Method, Param
from devnet.zone.messages import CallRequest

_BALANCE_OF = bytes.fromhex("70a08231")
_ALLOWANCE = bytes.fromhex("dd62ed3e")

_READS = TraceSpec("prestateTracer")


def set_balance(context: Context, address: Address, token: Address, balance: int) -> bool:
    _set_answer(context, token, _BALANCE_OF + bytes(12) + address, balance)
    return True


def set_allowance(context: Context, owner: Address, spender: Address, token: Address, amount: int) -> bool:
    _set_answer(context, token, _ALLOWANCE + bytes(12) + owner + bytes(12) + spender, amount)
    return True


def _set_answer(context: Context, token: Address, question: bytes, wanted: int) -> None:
    """Sets the one slot that decides the answer: of the slots that the question reads, the one whose value,
    replaced by `wanted`, makes the token answer `wanted`."""
    zone = context.zone
    request = CallRequest(to=token, data=question)
    expected = wanted.to_bytes(32, "big")
    if zone.call(request).output == expected:
        return
    for account, slot in _slots_read(context, request):
        override = {account: AccountOverride(storage_changes={slot: wanted})}
        if zone.call(request, overrides=override).output == expected:
            zone.set_storage(account, slot, wanted)
            return
    raise RpcError(
        INVALID_INPUT,
        f"no storage slot of 0x{token.hex()} decides this value; the token may compute it, or be no ERC-20",
    )


def _slots_read(context: Context, request: CallRequest) -> Iterator[tuple[Address, int]]:
    for account, state in context.zone.call(request, trace=_READS).trace.items():
        for slot in state.get("storage", {}):
            yield Address(bytes.fromhex(account[2:])), int(slot, 16)


_TOKEN = Param("token", ADDRESS)

METHODS = (
    Method(
        "anvil_dealERC20",
        set_balance,
        (Param("address", ADDRESS), _TOKEN, Param("balance", AMOUNT)),
        Kind.WRITE,
        {"const": True},
        "Sets an account's balance of an ERC-20 token.",
        ("hardhat_dealERC20", "anvil_setERC20Balance", "hardhat_setERC20Balance"),
    ),
    Method(
        "tenderly_setErc20Balance",
        lambda context, token, address, balance: set_balance(context, address, token, balance),
        (_TOKEN, Param("address", ADDRESS), Param("balance", AMOUNT)),
        Kind.WRITE,
        {"const": True},
        "As anvil_dealERC20, with the token first.",
    ),
    Method(
        "anvil_setERC20Allowance",
        set_allowance,
        (Param("owner", ADDRESS), Param("spender", ADDRESS), _TOKEN, Param("amount", AMOUNT)),
        Kind.WRITE,
        {"const": True},
        "Sets what a spender may take of an owner's ERC-20 tokens.",
        ("hardhat_setERC20Allowance",),
    ),
)
