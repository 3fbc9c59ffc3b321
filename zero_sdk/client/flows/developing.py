"""Development calls, under the names that the node has for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from zero_sdk.client.addresses import to_address, to_bytes
from zero_sdk.client.errors import Refused
from zero_sdk.client.facts import NodeKind, ZoneFacts
from zero_sdk.client.flows.steps import Ask, Flow
from zero_sdk.client.octets import word
from zero_sdk.client.zone_base import named_refusal


def rpc(facts: ZoneFacts, method: str, parameters: Sequence[Any]) -> Flow[Any]:
    """A method of the node. Raises Refused, and NotADevnet for a development call that it does not have."""
    try:
        answer = yield Ask(method, parameters)
    except Refused as refused:
        raise named_refusal(facts, refused) from None
    return answer


def ask(facts: ZoneFacts, name: str, *parameters: Any) -> Flow[Any]:
    """`anvil_NAME`, which Hardhat calls `hardhat_NAME`. Raises NotADevnet and Refused."""
    prefix = "hardhat" if facts.network.kind is NodeKind.HARDHAT else "anvil"
    return (yield from rpc(facts, f"{prefix}_{name}", parameters))


def set_account(facts: ZoneFacts, name: str, account: Any, *values: Any) -> Flow[None]:
    """Balance, code, nonce or storage of an account."""
    address = to_address(account)
    if name == "setStorageAt" and facts.network.kind is NodeKind.HARDHAT:
        # Hardhat takes the slot as a quantity.
        values = (hex(int(values[0], 16)), *values[1:])
    yield from ask(facts, name, address, *values)


def add_balance(facts: ZoneFacts, account: Any, amount: int) -> Flow[None]:
    """Adds wei to a balance."""
    address = to_address(account)
    balance = yield Ask("eth_getBalance", [address, "latest"])
    yield from ask(facts, "setBalance", address, hex(int(balance, 16) + amount))


def begin_impersonation(facts: ZoneFacts, address: str) -> Flow[bool]:
    """Makes the address a sender without its key; gives whether it was one already."""
    was_unlocked = to_bytes(address) in facts.network.unlocked
    yield from ask(facts, "impersonateAccount", address)
    facts.network.unlocked.add(to_bytes(address))
    return was_unlocked


def end_impersonation(facts: ZoneFacts, address: str, was_unlocked: bool) -> Flow[None]:
    """Undoes it, unless it was one before."""
    if not was_unlocked:
        facts.network.unlocked.discard(to_bytes(address))
        yield from ask(facts, "stopImpersonatingAccount", address)


def deal(facts: ZoneFacts, token: Any, account: Any, amount: int) -> Flow[None]:
    """Sets a balance of an ERC-20 token."""
    if facts.network.kind is NodeKind.ZERO:
        yield Ask("anvil_dealERC20", [to_address(account), to_address(token), hex(amount)])
        return
    yield from _deal_by_search(facts, to_address(token), to_bytes(account), amount)


def _deal_by_search(facts: ZoneFacts, token: str, account: bytes, amount: int) -> Flow[None]:
    """Tries the slots that eth_createAccessList says balanceOf reads: writes one, and asks again."""
    data = f"0x70a08231{bytes(12).hex()}{account.hex()}"
    request = {"to": token, "data": data}
    listed = yield Ask("eth_createAccessList", [request, "latest"])
    for entry in listed["accessList"]:
        for slot in entry["storageKeys"]:
            before = yield Ask("eth_getStorageAt", [entry["address"], slot, "latest"])
            yield from set_account(facts, "setStorageAt", entry["address"], slot, word(amount))
            try:
                said = yield Ask("eth_call", [request, "latest"])
            except Refused:
                said = "0x"
            if said != "0x" and int(said[:66], 16) == amount:
                return
            yield from set_account(facts, "setStorageAt", entry["address"], slot, word(int(before, 16)))
    raise Refused("deal", 0, f"no storage slot of {token} holds the balance of 0x{account.hex()}")
