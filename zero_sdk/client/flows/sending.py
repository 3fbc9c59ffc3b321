"""Sending transactions: by the node where it holds the key, else signed here and sent raw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from zero_sdk.client.accounts import Account, refuse_public_key
from zero_sdk.client.addresses import to_address
from zero_sdk.client.errors import BadAccount, Refused, WrongArguments
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows.failing import reverted_from
from zero_sdk.client.flows.steps import Ask, AskAll, Flow
from zero_sdk.client.signing import access_list_json, authorization_json, unsigned_from
from zero_sdk.client.transaction import Sent

if TYPE_CHECKING:
    from zero_sdk.client.interface import Function, Interface

TRANSACTION_GAS_CAP = 1 << 24
"""EIP-7825: a margin never lifts the gas limit above it."""

_NONCE_TOO_LOW = 1
_GWEI = 10**9


def request_of(
    *,
    to: Any = None,
    data: bytes = b"",
    value: int = 0,
    gas: int | None = None,
    gas_price: int | None = None,
    max_fee: int | None = None,
    max_priority_fee: int | None = None,
    nonce: int | None = None,
    access_list: Any = None,
    authorizations: Any = None,
) -> dict[str, Any]:
    """What the caller said about a transaction, as JSON-RPC has it. Raises WrongArguments."""
    if gas_price is not None and (max_fee is not None or max_priority_fee is not None):
        raise WrongArguments("gas_price is for legacy transactions, max_fee and max_priority_fee for others")
    request: dict[str, Any] = {}
    if to is not None:
        request["to"] = to_address(to)
    if data:
        request["data"] = "0x" + data.hex()
    for name, number in (
        ("value", value or None),
        ("gas", gas),
        ("gasPrice", gas_price),
        ("maxFeePerGas", max_fee),
        ("maxPriorityFeePerGas", max_priority_fee),
        ("nonce", nonce),
    ):
        if number is None:
            continue
        if not isinstance(number, int) or isinstance(number, bool) or number < 0:
            raise WrongArguments(f"{name} is a number of wei, gas or transactions, and not {number!r}")
        request[name] = hex(number)
    if access_list is not None:
        request["accessList"] = access_list_json(access_list)
    if authorizations is not None:
        request["authorizationList"] = [authorization_json(entry) for entry in authorizations]
    return request


def send(
    facts: ZoneFacts,
    request: dict[str, Any],
    sender: Any = None,
    function: Function | None = None,
    interface: Interface | None = None,
    action: str = "",
) -> Flow[Sent]:
    """Sends; the node has it when the flow ends. Raises Reverted where it would fail and no gas limit was
    given, Refused, BadAccount; PublicKey where everybody has the sender's key and the zone is no devnet."""
    if sender is None:
        sender = facts.default_sender
        if sender is None:
            raise WrongArguments(
                f"who sends it? zone {facts.name} has no accounts of its own", "give sender=account"
            )
    account = Account.of(sender)
    request["from"] = account.address
    try:
        if bytes.fromhex(account.address[2:]) in facts.network.unlocked or not account.can_sign:
            transaction_hash = yield from _send_by_node(facts, request, account)
        else:
            transaction_hash = yield from _send_signed(facts, request, account)
    except Refused as refused:
        if facts.network.is_devnet and "insufficient funds" in refused.reply.lower():
            refused.hint = f"`zero fund {account.address} AMOUNT --zone {facts.name}` gives it some"
        raise (reverted_from(refused, facts, request, action, interface) or refused) from None
    return Sent(transaction_hash, request, function, interface, action)


def _send_by_node(facts: ZoneFacts, request: Mapping[str, Any], account: Account) -> Flow[str]:
    if not facts.network.is_devnet:
        raise BadAccount(
            f"there is no key for {account} here, and {facts.name} is not a devnet",
            "give an Account with a key",
        )
    try:
        answer = yield Ask("eth_sendTransaction", [request])
    except Refused as refused:
        if "impersonate" in refused.reply or "No Signer" in refused.reply:
            raise BadAccount(
                f"nobody holds the key of {account}",
                f"name an account that has one; `with zone.impersonate({account.address!r}):` sends without",
            ) from None
        raise
    return str(answer)


def _send_signed(facts: ZoneFacts, request: dict[str, Any], account: Account) -> Flow[str]:
    refuse_public_key(facts, account)
    key = bytes.fromhex(account.address[2:])
    has_own_nonce = "nonce" in request
    yield from complete(facts, request)
    signer = account.signer
    if signer is None:
        raise BadAccount(f"there is no key for {account} here")
    raw = signer.sign_transaction(unsigned_from(request, facts.chain_id))
    try:
        answer = yield Ask("eth_sendRawTransaction", [f"0x{raw.hex()}"])
    except Refused as refused:
        facts.sent.pop(key, None)
        if has_own_nonce or not _is_nonce_used(refused):
            raise
        # Another program used the account meanwhile.
        del request["nonce"]
        yield from complete(facts, request)
        raw = signer.sign_transaction(unsigned_from(request, facts.chain_id))
        answer = yield Ask("eth_sendRawTransaction", [f"0x{raw.hex()}"])
    facts.sent[key] = (int(request["nonce"], 16), str(answer))
    return str(answer)


def _is_nonce_used(refused: Refused) -> bool:
    return refused.code == _NONCE_TOO_LOW or "nonce too low" in refused.reply.lower()


def complete(facts: ZoneFacts, request: dict[str, Any]) -> Flow[None]:
    """Fills in nonce, gas limit and fees, asking the node once. Raises Refused."""
    sender = request["from"]
    wanted: list[tuple[str, list[Any]]] = []
    if "nonce" not in request:
        wanted.append(("eth_getTransactionCount", [sender, "pending"]))
    if "gas" not in request:
        wanted.append(("eth_estimateGas", [request]))
    has_fees = "gasPrice" in request or ("maxFeePerGas" in request and "maxPriorityFeePerGas" in request)
    if not has_fees:
        wanted += [
            ("eth_getBlockByNumber", ["latest", False]),
            ("eth_gasPrice", []),
            ("eth_maxPriorityFeePerGas", []),
        ]
    if not wanted:
        return
    outcomes = yield AskAll(wanted)
    answers = {method: outcome for (method, _), outcome in zip(wanted, outcomes, strict=True)}
    for method in ("eth_getTransactionCount", "eth_estimateGas"):
        if isinstance(answers.get(method), Refused):
            raise answers[method]
    if "nonce" not in request:
        counted = int(answers["eth_getTransactionCount"], 16)
        request["nonce"] = hex((yield from _next_nonce(facts, sender, counted)))
    if "gas" not in request:
        request["gas"] = hex(_with_margin(int(answers["eth_estimateGas"], 16)))
    if not has_fees:
        _fill_fees(request, answers)


def _next_nonce(facts: ZoneFacts, sender: str, counted: int) -> Flow[int]:
    """The node's count, or the nonce after the last one that was sent from here, where the node still knows
    that transaction and has not counted it yet: providers answer from several machines."""
    last = facts.sent.get(bytes.fromhex(sender[2:]))
    if last is None or last[0] < counted:
        return counted
    known = yield Ask("eth_getTransactionByHash", [last[1]])
    return counted if known is None else last[0] + 1


def _with_margin(estimated: int) -> int:
    """A fifth above the estimate: other transactions may come between. What is not used is not paid."""
    return max(estimated, min(estimated * 6 // 5, TRANSACTION_GAS_CAP))


def _fill_fees(request: dict[str, Any], answers: Mapping[str, Any]) -> None:
    block, price = answers["eth_getBlockByNumber"], answers["eth_gasPrice"]
    if isinstance(block, Refused):
        raise block
    told = (block or {}).get("baseFeePerGas")
    if told is None:
        if "maxFeePerGas" in request or "maxPriorityFeePerGas" in request:
            raise WrongArguments("this chain has no base fee: give gas_price")
        if isinstance(price, Refused):
            raise price
        request["gasPrice"] = price
        return
    base_fee = int(told, 16)
    tip = answers["eth_maxPriorityFeePerGas"]
    if "maxPriorityFeePerGas" in request:
        priority = int(request["maxPriorityFeePerGas"], 16)
    elif not isinstance(tip, Refused):
        priority = int(tip, 16)
    else:
        priority = _GWEI if isinstance(price, Refused) else max(int(price, 16) - base_fee, 0)
    if "maxFeePerGas" in request:
        priority = min(priority, int(request["maxFeePerGas"], 16))
    else:
        # The base fee can double in six full blocks; what is too much is not paid.
        request["maxFeePerGas"] = hex(2 * base_fee + priority)
    request["maxPriorityFeePerGas"] = hex(priority)
