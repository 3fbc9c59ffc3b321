"""zero: faults on purpose, and evidence of validators that contradicted themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devnet.chain.validator_set import ValidatorSet
from devnet.rpc.codec.encode_settlement import VALIDATORS, encode_validators
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.faults import FAULT, GIVEN_FAULT, encode_fault, read_kind, read_until
from devnet.rpc.codec.shapes import (
    NUMBER_64,
    Schema,
    Shape,
    array_of,
    nullable,
    optional_field,
    read_object,
    read_u64_number,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import invalid_params
from devnet.rpc.methods import Kind, Method, Param
from devnet.settlement.evidence import Evidence
from devnet.settlement.faults.kinds import check_kind
from devnet.settlement.proposal import Heading
from devnet.settlement.votes import SigningDomain, Vote


def inject_fault(context: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    network = context.network
    zones = tuple(network.zones)
    validators = len(network.settlement.chain.validators.validators)
    try:
        kind = read_kind(given, zones)
        check_kind(kind, validators, len(zones), network.config.settlement.producers)
        seed = optional_field(given, "seed", read_u64_number)
        fault = network.faults.inject(kind, seed, read_until(given))
    except ValueError as error:
        raise invalid_params(str(error)) from error
    return encode_fault(fault, zones)


def list_faults(context: Context) -> list[dict[str, Any]]:
    zones = tuple(context.network.zones)
    return [encode_fault(fault, zones) for fault in context.network.faults.faults]


def clear_fault(context: Context, fault: int | None) -> list[dict[str, Any]]:
    zones = tuple(context.network.zones)
    return [encode_fault(gone, zones) for gone in context.network.faults.clear(fault)]


def evidence(context: Context, height: int | None) -> list[dict[str, Any]]:
    network = context.network
    book = network.settlement.evidence
    return [
        _encode_evidence(piece, network.config_hash, book.validators_of(piece))
        for piece in book
        if height is None or piece.height == height
    ]


def _encode_evidence(piece: Evidence, network: bytes, validators: ValidatorSet | None) -> dict[str, Any]:
    domain = SigningDomain(network, piece.incarnation)  # type: ignore[arg-type]
    return {
        "network": hex_data(network),
        "incarnation": hex(piece.incarnation),
        "height": hex(piece.height),
        "round": hex(piece.first.round),
        "validator": piece.validator,
        "kind": "proposal" if isinstance(piece.first, Heading) else piece.first.kind.name.lower(),
        "statements": [_encode_statement(said, domain) for said in (piece.first, piece.second)],
        "encoded": hex_data(piece.encode()),
        "validators": None if validators is None else encode_validators(validators),
    }


def _encode_statement(said: Vote | Heading, domain: SigningDomain) -> dict[str, Any]:
    return {
        "slot": hex(said.choice.slot),
        "root": hex_data(said.choice.root),
        "signedHash": hex_data(said.signed_hash(domain)),
        "signature": hex_data(said.signature),
    }


_STATEMENT: Schema = {
    "type": "object",
    "required": ["slot", "root", "signedHash", "signature"],
    "properties": {
        "slot": ref("uint"),
        "root": ref("hash32"),
        "signedHash": ref("hash32"),
        "signature": ref("bytes"),
    },
    "additionalProperties": False,
}
_EVIDENCE: Schema = {
    "type": "object",
    "required": [
        "network",
        "incarnation",
        "height",
        "round",
        "validator",
        "kind",
        "statements",
        "encoded",
        "validators",
    ],
    "properties": {
        "network": ref("hash32"),
        "incarnation": ref("uint"),
        "height": ref("uint"),
        "round": ref("uint"),
        "validator": {"type": "integer", "minimum": 0},
        "kind": {"enum": ["proposal", "prevote", "precommit"]},
        "statements": array_of(_STATEMENT),
        "encoded": ref("bytes"),
        "validators": nullable(VALIDATORS),
    },
    "additionalProperties": False,
}

METHODS = (
    Method(
        "zero_injectFault",
        inject_fault,
        (Param("fault", Shape(read_object, GIVEN_FAULT)),),
        Kind.WRITE,
        FAULT,
        "Makes producers, validators or the network between them do something wrong, from the next slot on.",
    ),
    Method(
        "zero_listFaults",
        list_faults,
        (),
        Kind.READ,
        array_of(FAULT),
        "The faults in effect, oldest first.",
    ),
    Method(
        "zero_clearFault",
        clear_fault,
        (Param("fault", NUMBER_64, None),),
        Kind.WRITE,
        array_of(FAULT),
        "Takes back the fault with this id, or all of them; gives those that were in effect.",
    ),
    Method(
        "zero_getEvidence",
        evidence,
        (Param("height", NUMBER_64, None),),
        Kind.STATE,
        array_of(_EVIDENCE),
        "Validators that signed two things, at one height or at all, with what it takes to check that.",
    ),
)
