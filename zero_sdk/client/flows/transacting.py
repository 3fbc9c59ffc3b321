"""A transaction from what the caller said to its block: filled in, signed, sent, waited for and checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from zero_sdk.client.addresses import checksum
from zero_sdk.client.deployable import Deployable
from zero_sdk.client.errors import UnknownContract, WrongArguments
from zero_sdk.client.facts import ZoneFacts
from zero_sdk.client.flows import reading, sending, waiting
from zero_sdk.client.flows.steps import Flow
from zero_sdk.client.transaction import Sent

if TYPE_CHECKING:
    from zero_sdk.client.interface import Function, Interface

Made = TypeVar("Made")

DEPLOYMENT_PROXY = "0x4e59b44847b379578588920cA78FbF26c0B4956C"
"""The deterministic deployment proxy, which most chains have: CREATE2 of salt and code."""


def transact(
    facts: ZoneFacts,
    make: Callable[[Sent], Made],
    *,
    sender: Any = None,
    wait: bool = True,
    timeout: float | None = None,
    function: Function | None = None,
    interface: Interface | None = None,
    action: str = "",
    **fields: Any,
) -> Flow[Made]:
    """Sends a transaction, and gives what `make` makes of it; with `wait` it is in a block then. `fields` are
    those of `sending.request_of`. Raises Reverted where it failed, Refused, BadAccount, Timeout."""
    request = sending.request_of(**fields)
    sent = yield from sending.send(facts, request, sender, function, interface, action)
    made = make(sent)
    if wait:
        yield from confirm(facts, sent, made, timeout)
    return made


def confirm(facts: ZoneFacts, sent: Sent, transaction: Any, timeout: float | None = None) -> Flow[None]:
    """Waits for the receipt. Raises Reverted where the transaction failed, and Timeout."""
    receipt = yield from waiting.receipt(facts, sent, timeout)
    if receipt.status == 0:
        raise (yield from waiting.failure(facts, sent, transaction))


def deploy(
    facts: ZoneFacts,
    make: Callable[[Sent], Made],
    known: Deployable,
    arguments: Sequence[Any],
    libraries: Mapping[str, Any] | None = None,
    salt: int | bytes | None = None,
    **options: Any,
) -> Flow[tuple[str, Made]]:
    """Deploys a contract; gives its address and the transaction. Raises what `transact` raises, and
    WrongArguments before anything is sent."""
    interface = known.interface
    code = known.creation_code(libraries) + interface.constructor.encode(arguments)
    expected: str | None = None
    fields: dict[str, Any] = {"data": code}
    if salt is not None:
        word = to_salt(salt)
        expected = create2_address(word, code)
        fields = {"to": DEPLOYMENT_PROXY, "data": word + code}
    sent_of: list[Sent] = []

    def remember(sent: Sent) -> Made:
        sent_of.append(sent)
        return make(sent)

    transaction = yield from transact(
        facts,
        remember,
        function=interface.constructor,
        interface=interface,
        action=f"{interface.name or 'contract'} constructor",
        **fields,
        **options,
    )
    receipt = sent_of[0].receipt
    assert receipt is not None
    address = expected or receipt.contract_address
    if address is None:
        raise UnknownContract("the transaction created no contract")
    if expected is not None and not (yield from reading.code(expected, "latest")):
        # The proxy gives nothing where it failed: it does not say why.
        raise UnknownContract(
            f"{interface.name or 'the contract'} is not at {expected}",
            "does the chain have the deployment proxy, and does the constructor succeed?",
        )
    return address, transaction


def to_salt(salt: int | bytes) -> bytes:
    """32 bytes. Raises WrongArguments."""
    if isinstance(salt, int) and not isinstance(salt, bool) and 0 <= salt < 1 << 256:
        return salt.to_bytes(32)
    if isinstance(salt, bytes) and len(salt) == 32:
        return salt
    raise WrongArguments(f"{salt!r} is no salt", "it is 32 bytes, or a number below 2^256")


def create2_address(salt: bytes, code: bytes) -> str:
    """Where the deployment proxy puts what the creation code makes (EIP-1014)."""
    from devnet.chain.keccak import keccak256

    proxy = bytes.fromhex(DEPLOYMENT_PROXY[2:])
    return checksum(keccak256(b"\xff" + proxy + salt + keccak256(code))[12:])
