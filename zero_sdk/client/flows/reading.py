"""Reading a zone: calls, balances, blocks, logs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias

from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import BadReturnData, Refused, UnknownContract, WrongArguments
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows.failing import reverted_from
from zero_sdk.client.flows.steps import Ask, Flow
from zero_sdk.client.transaction import Event, Log, decode_logs, event_of

if TYPE_CHECKING:
    from zero_sdk.client.interface import EventType, Function, Interface

BlockLike: TypeAlias = "int | str | bytes"
"""A number, a tag (latest, safe, finalized, pending, earliest), or a hash (32 bytes, or 64 hex digits)."""

_TAGS = ("latest", "safe", "finalized", "pending", "earliest")


def block_json(block: BlockLike) -> Any:
    """A block as requests name it. Raises WrongArguments."""
    if block in _TAGS:
        return block
    if isinstance(block, int) and not isinstance(block, bool) and block >= 0:
        return hex(block)
    if isinstance(block, bytes) and len(block) == 32:
        return {"blockHash": f"0x{block.hex()}"}
    if isinstance(block, str) and len(block) == 66 and block.startswith("0x"):
        return {"blockHash": block}
    if isinstance(block, str) and block.startswith("0x") and len(block) <= 18:
        return block
    raise WrongArguments(f"{block!r} is no block", f"give a number, a hash, or one of {', '.join(_TAGS)}")


def call_request(
    facts: ZoneFacts,
    to: str | None,
    data: bytes,
    sender: Any = None,
    value: int = 0,
    gas: int | None = None,
) -> dict[str, Any]:
    """The first parameter of eth_call."""
    request: dict[str, Any] = {"data": "0x" + data.hex()}
    if to is not None:
        request["to"] = to
    if sender is None:
        sender = facts.default_sender
    if sender is not None:
        request["from"] = to_address(sender)
    if value:
        request["value"] = hex(value)
    if gas is not None:
        request["gas"] = hex(gas)
    return request


def call(
    facts: ZoneFacts,
    request: Mapping[str, Any],
    block: BlockLike = "latest",
    overrides: Mapping[str, Any] | None = None,
    action: str = "",
    interface: Interface | None = None,
) -> Flow[bytes]:
    """What a call returns. Raises Reverted and Refused."""
    parameters: list[Any] = [request, block_json(block)]
    if overrides:
        parameters.append({to_address(address): dict(change) for address, change in overrides.items()})
    try:
        answer = yield Ask("eth_call", parameters)
    except Refused as refused:
        raise (reverted_from(refused, facts, request, action, interface) or refused) from None
    return bytes.fromhex(answer[2:])


def call_function(
    facts: ZoneFacts,
    function: Function,
    request: Mapping[str, Any],
    block: BlockLike = "latest",
    overrides: Mapping[str, Any] | None = None,
    interface: Interface | None = None,
) -> Flow[Any]:
    """The decoded value that a function returns. Raises UnknownContract where no code answers, beside what
    `call` raises."""
    data = yield from call(facts, request, block, overrides, function.label, interface)
    if not data and function.item.outputs:
        yield from _check_code(facts, request["to"], block, function.label)
    return function.decode(data)


def _check_code(facts: ZoneFacts, address: str, block: BlockLike, label: str) -> Flow[None]:
    code = yield Ask("eth_getCode", [address, block_json(block)])
    if code == "0x":
        raise UnknownContract(
            f"there is no contract at {address} in zone {facts.name}, so {label} returned nothing",
            "was it deployed in another zone, or before the network was started anew?",
        )
    raise BadReturnData(f"{label} returned nothing", "is it the ABI of this contract?")


def estimate(
    facts: ZoneFacts,
    request: Mapping[str, Any],
    block: BlockLike | None = None,
    action: str = "",
    interface: Interface | None = None,
) -> Flow[int]:
    """The gas that a transaction needs. Raises Reverted and Refused."""
    try:
        answer = yield Ask("eth_estimateGas", [request] if block is None else [request, block_json(block)])
    except Refused as refused:
        raise (reverted_from(refused, facts, request, action, interface) or refused) from None
    return int(answer, 16)


def number(method: str, address: Any, block: BlockLike) -> Flow[int]:
    """A number of an account: its balance or nonce."""
    answer = yield Ask(method, [to_address(address), block_json(block)])
    return int(answer, 16)


def code(address: Any, block: BlockLike) -> Flow[bytes]:
    """The code of an account."""
    answer = yield Ask("eth_getCode", [to_address(address), block_json(block)])
    return bytes.fromhex(answer[2:])


def storage(address: Any, slot: int | bytes, block: BlockLike) -> Flow[bytes]:
    """The 32 bytes of a storage slot."""
    at = int.from_bytes(slot) if isinstance(slot, bytes) else slot
    answer = yield Ask("eth_getStorageAt", [to_address(address), f"0x{at:064x}", block_json(block)])
    return bytes.fromhex(answer[2:]).rjust(32, b"\0")


def block(which: BlockLike) -> Flow[Mapping[str, Any] | None]:
    """A block as the node gives it; None where there is none."""
    named = block_json(which)
    if isinstance(named, dict):
        answer = yield Ask("eth_getBlockByHash", [named["blockHash"], False])
    else:
        answer = yield Ask("eth_getBlockByNumber", [named, False])
    return answer  # type: ignore[no-any-return]


def logs(
    address: str | None, topics: list[Any], from_block: BlockLike, to_block: BlockLike
) -> Flow[tuple[Log, ...]]:
    """Logs that match, oldest first."""
    wanted: dict[str, Any] = {"topics": topics, "fromBlock": _bound(from_block), "toBlock": _bound(to_block)}
    if address is not None:
        wanted["address"] = address
    answer = yield Ask("eth_getLogs", [wanted])
    return tuple(Log.from_json(entry) for entry in answer)


def events(
    facts: ZoneFacts,
    address: str,
    interface: Interface,
    kind: EventType | None,
    indexed: Mapping[str, Any],
    from_block: BlockLike,
    to_block: BlockLike,
) -> Flow[tuple[Event, ...]]:
    """The events of a contract in these blocks: of one kind, or all that its ABI has."""
    topics = [] if kind is None else kind.topics(indexed)
    found = yield from logs(address, topics, from_block, to_block)
    if kind is None:
        return decode_logs(facts, found, interface)
    decoded = ((log, kind.try_decode(log.topics, log.data)) for log in found)
    return tuple(event_of(log, kind, args) for log, args in decoded if args is not None)


def _bound(block: BlockLike) -> Any:
    named = block_json(block)
    if isinstance(named, dict):
        raise WrongArguments("a range of blocks is named by numbers or tags")
    return named
