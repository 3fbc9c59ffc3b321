"""What a test expects of transactions: that they revert, what they emit, whose balance they change.

with reverts("paused"): token.transfer(bob, 1)
with reverts(error="InsufficientBalance", needed=5): ...
with reverts(panic=0x11): ...
with emits(token, "Transfer", to=bob, value=1): token.transfer(bob, 1)
with changes_balance({alice: -5, bob: +5}, token=token): token.transfer(bob, 5)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from zero_sdk.testing.expectation import expectation

if TYPE_CHECKING:
    from zero_sdk.client.contract import Contract
    from zero_sdk.client.errors import Reverted
    from zero_sdk.client.transaction import Event
    from zero_sdk.client.zone import Zone

__tracebackhide__ = True


class _Anything:
    def __repr__(self) -> str:
        return "ANY"


ANY = _Anything()
"""An argument of an event or error that may be whatever it likes."""


@dataclass(slots=True)
class Caught:
    """What `reverts` gives: the revert, once it has happened."""

    _found: list[Reverted] = field(default_factory=list)

    @property
    def value(self) -> Reverted:
        """The revert. Raises LookupError before the end of the block."""
        if not self._found:
            raise LookupError("nothing has reverted yet: look at this after the `with` block")
        return self._found[0]


@expectation
def reverts(
    reason: str | None = None, *, error: str | None = None, panic: int | None = None, **arguments: Any
) -> Iterator[Caught]:
    """Expects a call or transaction inside to revert: for any reason, with `reason` word by word, with the
    custom `error` (its `arguments` compared where they are given), or with the `panic` code. Raises
    AssertionError that says what happened instead."""
    from zero_sdk.client.errors import Reverted

    wanted = _describe(reason, error, panic, arguments)
    caught = Caught()
    try:
        yield caught
    except Reverted as found:
        caught._found.append(found)
        if (
            (reason is not None and found.reason != reason)
            or (panic is not None and found.panic != panic)
            or (error is not None and (found.error is None or found.error.name != error))
        ):
            raise AssertionError(f"expected {wanted}, but it reverted: {found}") from found
        if arguments:
            if found.error is None:
                raise AssertionError(f"expected {wanted}, but it reverted: {found}") from found
            _compare(f"error {found.error.name}", arguments, _named(found.error.args))
    else:
        raise AssertionError(f"expected {wanted}, but nothing reverted")


@dataclass(slots=True)
class Emitted:
    """What `emits` gives: the events that match, once they are there."""

    events: tuple[Event, ...] = ()


@expectation
def emits(contract: Contract, event: str, count: int | None = None, **arguments: Any) -> Iterator[Emitted]:
    """Expects an event of a contract from the transactions inside, with these arguments where they are
    given (`ANY` may be anything); `count` times, or at least once. Raises AssertionError that lists what
    was emitted."""
    emitted = Emitted()
    before = contract.zone.block_number
    yield emitted
    found: list[Event] = list(getattr(contract.events, event).get(from_block=before + 1))
    matching = tuple(one for one in found if not _differences(arguments, _named(one.args)))
    emitted.events = matching
    times = "" if count is None else f" {count} times"
    if len(matching) != count if count is not None else not matching:
        wanted = f"{event}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
        others = "".join(f"\n  {one}" for one in found) or "\n  none"
        raise AssertionError(
            f"expected {wanted} of {contract.contract_name}{times}, found {len(matching)}; "
            f"its {event} events in the block:{others}"
        )


class HasBalance(Protocol):
    """A token: anything with `balanceOf`."""

    def balanceOf(self, owner: Any) -> int: ...


@expectation
def changes_balance(
    changes: Mapping[Any, int], *, token: Contract | None = None, zone: Zone | None = None
) -> Iterator[None]:
    """Expects balances to change by so much: of `token`, else of ether in `zone` (the token's, which must be
    given without one). What a sender pays for gas is not counted. Raises AssertionError that names all that
    differ."""
    where = token.zone if token is not None else zone
    if where is None:
        raise TypeError("changes_balance needs a token, or the zone whose ether is meant")
    first = where.block_number + 1
    before = {who: _balance(who, token, where) for who in changes}
    yield
    fees = {} if token is not None else _fees(where, first)
    wrong = []
    for who, expected in changes.items():
        change = _balance(who, token, where) - before[who] + fees.get(_address(who).lower(), 0)
        if change != expected:
            wrong.append(f"  {who}: expected {expected:+,}, changed by {change:+,}")
    if wrong:
        raise AssertionError("balances changed otherwise:\n" + "\n".join(wrong))


def _balance(who: Any, token: Contract | None, zone: Zone) -> int:
    return int(token.balanceOf(who)) if token is not None else zone.balance(who)


def _fees(zone: Zone, first: int) -> dict[str, int]:
    """What each sender has paid for gas in the blocks from `first` on, by address in lower case."""
    fees: dict[str, int] = {}
    for number in range(first, zone.block_number + 1):
        for receipt in zone.rpc("eth_getBlockReceipts", hex(number)):
            price = int(receipt["effectiveGasPrice"], 16)
            blobs = int(receipt.get("blobGasUsed", "0x0"), 16) * int(receipt.get("blobGasPrice", "0x0"), 16)
            sender = receipt["from"].lower()
            fees[sender] = fees.get(sender, 0) + int(receipt["gasUsed"], 16) * price + blobs
    return fees


def _address(who: Any) -> str:
    return str(getattr(who, "address", who))


def _named(arguments: Any) -> dict[str, Any]:
    return dict(arguments._asdict()) if hasattr(arguments, "_asdict") else dict(arguments)


def _compare(what: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    if differences := _differences(expected, found):
        raise AssertionError(f"{what} differs: " + "; ".join(differences))


def _differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    differences = []
    for name, value in expected.items():
        if name not in found:
            differences.append(f"it has no argument {name!r}, only {', '.join(found) or 'none'}")
        elif not _is_same(value, found[name]):
            differences.append(f"{name} is {found[name]!r}, expected {value!r}")
    return differences


def _is_same(expected: Any, found: Any) -> bool:
    if expected is ANY:
        return True
    if isinstance(expected, Mapping) and hasattr(found, "_asdict"):
        return not _differences(expected, _named(found))
    if isinstance(expected, list | tuple) and isinstance(found, list | tuple):
        # A list of the ABI may be given as either, and so may a struct.
        pairs = zip(expected, found, strict=False)
        return len(expected) == len(found) and all(_is_same(one, other) for one, other in pairs)
    address = getattr(expected, "address", None)
    if isinstance(address, str) and isinstance(found, str):
        return address.lower() == found.lower()
    if isinstance(expected, str) and isinstance(found, str) and len(found) == 42 and found.startswith("0x"):
        return expected.lower() == found.lower()
    return bool(expected == found)


def _describe(reason: str | None, error: str | None, panic: int | None, arguments: Mapping[str, Any]) -> str:
    if error is not None:
        return f"a revert with {error}({', '.join(f'{name}={value!r}' for name, value in arguments.items())})"
    if panic is not None:
        return f"a revert with panic {panic:#04x}"
    return "a revert" if reason is None else f"a revert with {reason!r}"
