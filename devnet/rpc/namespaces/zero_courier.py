"""zero: the courier, which carries messages between zones, and what it does wrong on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from devnet.rpc.codec.courier import (
    MODE,
    GivenMode,
    encode_courier_fault,
    encode_status,
    encode_turn,
    read_courier_fault,
)
from devnet.rpc.codec.message_shapes import COURIER, COURIER_FAULT, COURIER_STEP, GIVEN_COURIER_FAULT
from devnet.rpc.codec.shapes import (
    NUMBER_64,
    Shape,
    array_of,
    optional_field,
    read_object,
    read_u64_number,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param

if TYPE_CHECKING:
    from devnet.messages.courier import Courier

MOST_MESSAGES = 10_000
"""Of one step."""
MESSAGES = 1_000
"""Of one step unless it is said: nothing else happens meanwhile."""


def _courier(context: Context) -> Courier:
    """Raises NoMessaging."""
    from devnet.messages.errors import NoMessaging

    network = context.network
    if not network.messages.is_there:
        raise NoMessaging
    return network.courier


def _status(context: Context) -> dict[str, Any]:
    courier = _courier(context)
    return encode_status(courier.status(), courier.faults.faults, tuple(context.network.zones))


def get_courier(context: Context) -> dict[str, Any]:
    return _status(context)


def set_courier(context: Context, given: GivenMode) -> dict[str, Any]:
    from devnet.messages.modes import ModeKind

    courier = _courier(context)
    try:
        courier.set_mode(ModeKind(given.mode), given.delay)
    except ValueError as error:
        raise invalid_params(f"invalid argument 0 (mode): {error}") from None
    return _status(context)


def pause_courier(context: Context) -> dict[str, Any]:
    _courier(context).pause()
    return _status(context)


def resume_courier(context: Context) -> dict[str, Any]:
    _courier(context).resume()
    return _status(context)


def courier_step(context: Context, limit: int) -> dict[str, Any]:
    if not 0 < limit <= MOST_MESSAGES:
        raise invalid_params(f"from 1 to {MOST_MESSAGES} messages can be carried at once, not {limit}")
    turn = _courier(context).step(limit)
    return encode_turn(turn, tuple(context.network.zones))


def inject_courier_fault(context: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    from devnet.messages.faults import check_kind

    zones = tuple(context.network.zones)
    faults = _courier(context).faults
    try:
        kind = read_courier_fault(given, zones)
        check_kind(kind, len(zones))
        fault = faults.inject(kind, optional_field(given, "seed", read_u64_number))
    except ValueError as error:
        raise invalid_params(str(error)) from error
    return encode_courier_fault(fault, zones)


def clear_courier_fault(context: Context, fault: int | None) -> list[dict[str, Any]]:
    zones = tuple(context.network.zones)
    return [encode_courier_fault(gone, zones) for gone in _courier(context).faults.clear(fault)]


METHODS = (
    Method(
        "zero_getCourier",
        get_courier,
        (),
        # A turn of it may have to end before.
        Kind.CALL,
        COURIER,
        "How the courier works, what waits for it, what hinders it, and what its accounts hold.",
    ),
    Method(
        "zero_setCourier",
        set_courier,
        (Param("mode", MODE),),
        Kind.WRITE,
        COURIER,
        "Has the courier carry messages once they are settled (automatic), {delay} slots later (delayed), "
        "or when it is told to (manual).",
    ),
    Method(
        "zero_courierStep",
        courier_step,
        (Param("limit", NUMBER_64, MESSAGES),),
        Kind.WRITE,
        COURIER_STEP,
        "A turn of the courier now, whatever its mode, for at most so many messages (1000): what it did.",
    ),
    Method(
        "zero_pauseCourier",
        pause_courier,
        (),
        Kind.WRITE,
        COURIER,
        "Keeps the courier from working by itself.",
    ),
    Method(
        "zero_resumeCourier",
        resume_courier,
        (),
        Kind.WRITE,
        COURIER,
        "Ends a pause of the courier.",
    ),
    Method(
        "zero_injectCourierFault",
        inject_courier_fault,
        (Param("fault", Shape(read_object, GIVEN_COURIER_FAULT)),),
        Kind.WRITE,
        COURIER_FAULT,
        "Has the courier drop, duplicate, reorder, corrupt or delay messages, from its next turn on.",
    ),
    Method(
        "zero_clearCourierFault",
        clear_courier_fault,
        (Param("fault", NUMBER_64, None),),
        Kind.WRITE,
        array_of(COURIER_FAULT),
        "Takes back the courier's fault with this id, or all of them; gives those that were in effect.",
    ),
)
