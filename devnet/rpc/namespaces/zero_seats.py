"""zero: validators that live elsewhere (docs/validator.md). Connections answer what needs one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import (
    DATA,
    QUANTITY_64,
    STRING,
    Schema,
    Shape,
    array_of,
    describe,
    read_sized,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.methods import Kind, Method, Param
from devnet.rpc.namespaces.eth_filters import needs_connection
from devnet.settlement.chain_codec import encode_change
from devnet.settlement.remote.genesis_facts import GenesisFacts, ZoneFacts
from devnet.settlement.signatures import PUBLIC_KEY_SIZE, SIGNATURE_SIZE
from devnet.settlement.votes import MOST_VALIDATORS

if TYPE_CHECKING:
    from devnet.network import Network

MOST_DECISIONS = 256
MOST_DECISION_BYTES = 1 << 22
"""Of one answer; one decision is given however large it is."""


def _read_validator(value: Any) -> int:
    if type(value) is not int or not 0 <= value <= MOST_VALIDATORS:
        raise ValueError(f"expected the index of a validator, got {describe(value)}")
    return value


_VALIDATOR = Shape(_read_validator, {"type": "integer", "minimum": 0, "maximum": MOST_VALIDATORS})
_PUBLIC_KEY = Shape(lambda value: read_sized(value, PUBLIC_KEY_SIZE), ref("bytes"))
_SIGNATURE = Shape(lambda value: read_sized(value, SIGNATURE_SIZE), ref("bytes"))


def validator_genesis(context: Context) -> dict[str, Any]:
    network = context.network
    facts = genesis_facts(network)
    return {
        "facts": hex_data(facts.encode()),
        "root": hex_data(facts.root),
        "instance": hex_data(network.instance_id),
    }


def genesis_facts(network: Network) -> GenesisFacts:
    """What a validator that lives elsewhere has to know."""
    config = network.config
    zones: list[ZoneFacts] = []
    for index, zone in enumerate(network.zones.values()):
        genesis = zone.block("earliest")
        assert genesis is not None
        zones.append(ZoneFacts(config.program(index), genesis.hash, genesis.header.state_root))
    return GenesisFacts(
        config.hash,
        config.genesis_number,
        config.settlement.producers,
        config.settlement.blocks,
        config.settlement.epoch is not None,
        network.settlement.chain.signers_of(1),
        tuple(zones),
    )


def decisions(context: Context, first: int) -> dict[str, Any]:
    settlement = context.network.settlement
    view = settlement.chain.view()
    # Who opened a network again votes in a new incarnation, and may lack what it decided just before it was
    # killed: a validator that saw that become final must hear so before anything is settled.
    incarnation = view.incarnation + (0 if settlement.has_begun else 1)
    found: list[str] = []
    size = 0
    for height in range(max(1, first), min(view.head.height, first + MOST_DECISIONS - 1) + 1):
        settled = view.at(height)
        if settled is None:
            break
        encoded = encode_change(replace(settled, numbers=(), clock=0))
        size += len(encoded)
        if found and size > MOST_DECISION_BYTES:
            break
        found.append(hex_data(encoded))
    return {"incarnation": hex(incarnation), "height": hex(view.head.height), "decisions": found}


def validator_seats(context: Context) -> list[dict[str, Any]]:
    network = context.network
    seats = network.hub.seats
    attached = set(seats.attached)
    elsewhere = seats.elsewhere
    return [
        {
            "index": index,
            "publicKey": hex_data(validator.public_key),
            "stake": hex(validator.stake),
            "isAttached": validator.public_key in attached,
            "isElsewhere": validator.public_key in elsewhere,
        }
        for index, validator in enumerate(network.settlement.chain.validators.validators)
    ]


def _object(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


METHODS = (
    Method(
        "zero_getValidatorGenesis",
        validator_genesis,
        (),
        Kind.STATE,
        _object({"facts": ref("bytes"), "root": ref("hash32"), "instance": ref("hash32")}),
        "What a validator has to know before the first settlement block, and keccak of it.",
    ),
    Method(
        "zero_getDecisions",
        decisions,
        (Param("first", QUANTITY_64),),
        Kind.STATE,
        _object({"incarnation": ref("uint"), "height": ref("uint"), "decisions": array_of(ref("bytes"))}),
        "Final settlement blocks from a height on, with updates, certificates, and sets that follow.",
    ),
    Method(
        "zero_getValidatorSeats",
        validator_seats,
        (),
        Kind.STATE,
        array_of(
            _object(
                {
                    "index": {"type": "integer", "minimum": 0},
                    "publicKey": ref("bytes"),
                    "stake": ref("uint"),
                    "isAttached": {"type": "boolean"},
                    "isElsewhere": {"type": "boolean"},
                }
            )
        ),
        "The validators: which are attached, and which vote at the newest height from another process.",
    ),
    Method(
        "zero_validatorChallenge",
        needs_connection,
        (),
        Kind.SUBSCRIBE,
        ref("hash32"),
        "What a validator signs to attach with this connection.",
    ),
    Method(
        "zero_attachValidator",
        needs_connection,
        (Param("publicKey", _PUBLIC_KEY), Param("signature", _SIGNATURE)),
        Kind.SUBSCRIBE,
        ref("uint"),
        "Makes this connection a validator's; gives the subscription that tells heights and messages.",
    ),
    Method(
        "zero_validatorMessage",
        needs_connection,
        (Param("to", _VALIDATOR, None), Param("message", DATA)),
        Kind.SUBSCRIBE,
        {"type": "boolean"},
        "A message of consensus to one validator, or to all; false where too much waits already.",
    ),
    Method(
        "zero_validatorReady",
        needs_connection,
        (Param("incarnation", QUANTITY_64), Param("height", QUANTITY_64), Param("refusal", STRING)),
        Kind.SUBSCRIBE,
        {"type": "boolean"},
        "The validator has judged what it was given of a height; why it refuses it, or an empty string.",
    ),
)
