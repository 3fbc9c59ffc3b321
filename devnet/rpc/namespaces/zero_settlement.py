"""zero: settlement blocks, updates, certificates, validators, and how final a transaction is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from devnet.chain.epochs import STAKING, SYSTEM_ZONE_INDEX
from devnet.chain.types import Hash32
from devnet.config import SYSTEM_ZONE
from devnet.contracts.staking import SET_ROOT_SLOT
from devnet.rpc.codec.encode_settlement import (
    CERTIFICATE,
    SETTLEMENT_BLOCK,
    SHOWN_VALIDATORS,
    ZONE_UPDATE,
    encode_certificate,
    encode_settled,
    encode_shown_validators,
    encode_slot_proof,
    encode_update,
    finality_word,
)
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import (
    HASH,
    QUANTITY_64,
    Schema,
    Shape,
    array_of,
    nullable,
    read_hash,
    read_u64,
    ref,
)
from devnet.rpc.context import Context
from devnet.rpc.errors import REJECTED, RpcError
from devnet.rpc.methods import Kind, Method, Param
from devnet.settlement.chain import Settled, SettlementChain
from devnet.settlement.standstill import Undecided
from devnet.settlement.system_proofs import SystemSlot, prove_slots
from devnet.state import StateGone
from devnet.zone.errors import HistoryGone, ZoneError

VOTES_LIMIT = 64
"""Settlement blocks in which `zero_getValidators` looks for votes."""


def _read_settlement_ref(value: Any) -> int | Hash32 | None:
    """A height, a root, or "latest" (None)."""
    if value == "latest":
        return None
    if type(value) is str and len(value) == 66:
        return read_hash(value)
    try:
        return read_u64(value)
    except ValueError as error:
        raise ValueError(f"{error}; a root or latest is possible, too") from None


_REF = Shape(_read_settlement_ref, {"oneOf": [{"const": "latest"}, ref("uint64"), ref("hash32")]})


def _height(chain: SettlementChain, wanted: int | Hash32 | None) -> int | None:
    """The height that is meant, None where there is no such settlement block."""
    if wanted is None:
        return chain.height
    height = chain.height_of(Hash32(wanted)) if isinstance(wanted, bytes) else wanted
    if height is None or height > chain.height:
        return None
    if 0 < height < chain.oldest:
        detail = f"settlement block {height} was let go; the oldest that is kept is {chain.oldest}"
        raise HistoryGone(detail, chain.oldest)
    return height


def settlement_block(context: Context, wanted: int | Hash32 | None) -> dict[str, Any] | None:
    chain = context.network.settlement.chain
    height = _height(chain, wanted)
    head = None if height is None else chain.head_at(height)
    if head is None:
        return None
    return encode_settled(head, chain.at(head.height), tuple(context.network.zones))


def _settled(context: Context, wanted: int | Hash32 | None) -> Settled | None:
    chain = context.network.settlement.chain
    height = _height(chain, wanted)
    return None if height is None else chain.at(height)


def certificate(context: Context, wanted: int | Hash32 | None) -> dict[str, Any] | None:
    settled = _settled(context, wanted)
    if settled is None:
        return None
    return encode_certificate(settled.certificate, settled.block.incarnation)


def zone_update(context: Context, number: int) -> dict[str, Any] | None:
    network = context.network
    chain, zone = network.settlement.chain, context.zone.config
    found = chain.update_for(zone.index, number)
    if found is None and zone.genesis_number < number <= chain.settled_number(zone.index):
        raise HistoryGone(f"the update that settled block {number} was let go", chain.oldest)
    return None if found is None else encode_update(found[1], found[0], tuple(network.zones))


def validators(context: Context, wanted: int | Hash32 | None) -> dict[str, Any] | None:
    chain = context.network.settlement.chain
    height = _height(chain, wanted)
    if height is None:
        return None
    voted: dict[bytes, int] = {}
    for at in range(max(1, height - VOTES_LIMIT + 1), height + 1):
        settled, signers = chain.at(at), chain.signers_of(at).validators
        if settled is not None:
            voted.update((signers[index].public_key, at) for index in settled.certificate.members)
    return encode_shown_validators(chain.signers_of(height + 1), voted, _proof_of_set(context, height))


def _proof_of_set(context: Context, height: int) -> dict[str, Any] | None:
    """What shows the root that this settlement block names: slot 0 of Staking in the system zone's state that
    the blocks before it settled. None where the set is the configuration's, or that state is not kept."""
    network = context.network
    if network.config.settlement.epoch is None:
        return None
    update = network.settlement.chain.update_settled_at(SYSTEM_ZONE_INDEX, height - 1)
    number = network.config.genesis_number if update is None else update.statement.last_height
    system = network.zones[SYSTEM_ZONE]
    try:
        (shown,) = prove_slots(system, number, {SystemSlot(STAKING, SET_ROOT_SLOT)}).slots
        block = system.block(number)
    except (ZoneError, StateGone):
        return None
    return None if block is None else encode_slot_proof(number, block.header.state_root, shown)


Granted: TypeAlias = "Sequence[Settled] | Exception"
"""What came of settling: the new settlement blocks, or why there are none."""


def settle(context: Context) -> list[dict[str, Any]]:
    try:
        made: Granted = context.network.settle()
    except Undecided as reason:
        made = reason
    return settled_answer(context, made)


def settled_answer(context: Context, made: Granted) -> list[dict[str, Any]]:
    """What `zero_settle` answers."""
    if isinstance(made, Undecided):
        raise RpcError(REJECTED, f"the validators did not agree: {made}") from made
    if isinstance(made, Exception):
        raise made
    names = tuple(context.network.zones)
    chain = context.network.settlement.chain
    return [
        encode_settled(head, settled, names)
        for settled in made
        if (head := chain.head_at(settled.block.height)) is not None
    ]


def settlement_status(context: Context) -> dict[str, Any]:
    network = context.network
    settlement = network.settlement
    chain = settlement.chain
    head = chain.head
    serving = network.slots.served_by
    further = settlement.went_further
    proposed = settlement.proposed()
    standing = [(zone.number(), chain.settled_number(zone.config.index)) for zone in network.zones.values()]
    return {
        "slotTime": network.config.slot_time,
        "phase": None if serving is None else serving.phase_name,
        "backlog": hex(sum(max(0, newest - settled) for newest, settled in standing)),
        "fault": None if serving is None else serving.fault,
        "wentFurther": None
        if further is None
        else {"zone": further.zone, "what": further.what, "incarnation": hex(further.incarnation)},
        "height": hex(head.height),
        "root": hex_data(head.root),
        "slot": hex(head.slot),
        "incarnation": hex(chain.incarnation),
        "zones": [
            {
                "name": name,
                "newest": hex(newest),
                "proposed": hex(max(settled, proposed.get(name, settled))),
                "settled": hex(settled),
                "hindrance": settlement.hindrance(zone),
            }
            for (name, zone), (newest, settled) in zip(network.zones.items(), standing, strict=True)
        ],
        "standstill": _encode_standstill(settlement.standstill),
        "troubles": [
            {
                "slot": hex(trouble.slot),
                "flaw": trouble.flaw,
                "detail": trouble.detail,
                "zone": None if trouble.zone is None else tuple(network.zones)[trouble.zone],
                "producer": trouble.producer,
                "validators": list(trouble.validators),
            }
            for trouble in settlement.troubles[-_MOST_TROUBLES:]
        ],
    }


def _encode_standstill(undecided: Undecided | None) -> dict[str, Any] | None:
    if undecided is None:
        return None
    standstill = undecided.standstill
    return {
        "height": hex(standstill.height),
        "reason": str(undecided),
        "silent": list(standstill.silent),
        "silentStake": hex(standstill.silent_stake),
        "totalStake": hex(standstill.validators.total_stake),
        "refused": [{"validator": index, "reason": why} for index, why in standstill.refused.items()],
    }


def transaction_finality(context: Context, transaction_hash: Hash32) -> dict[str, Any] | None:
    zone = context.zone
    located = zone.transaction(transaction_hash)
    if located is None:
        return None
    if located.header is None:
        return {"blockNumber": None, "blockHash": None, "finality": "pending", "settlementHeight": None}
    number = located.header.number
    found = context.network.settlement.chain.update_for(zone.config.index, number)
    assert located.block_hash is not None
    return {
        "blockNumber": hex(number),
        "blockHash": hex_data(located.block_hash),
        "finality": finality_word(number, zone.finality()),
        "settlementHeight": None if found is None else hex(found[0]),
    }


_MOST_TROUBLES = 16
_INDEX: Schema = {"type": "integer", "minimum": 0}
_STANDSTILL: Schema = {
    "type": "object",
    "required": ["height", "reason", "silent", "silentStake", "totalStake", "refused"],
    "properties": {
        "height": ref("uint"),
        "reason": {"type": "string"},
        "silent": array_of(_INDEX),
        "silentStake": ref("uint"),
        "totalStake": ref("uint"),
        "refused": array_of(
            {
                "type": "object",
                "required": ["validator", "reason"],
                "properties": {"validator": _INDEX, "reason": {"type": "string"}},
                "additionalProperties": False,
            }
        ),
    },
    "additionalProperties": False,
}
_TROUBLE: Schema = {
    "type": "object",
    "required": ["slot", "flaw", "detail", "zone", "producer", "validators"],
    "properties": {
        "slot": ref("uint"),
        "flaw": {"type": "string"},
        "detail": {"type": "string"},
        "zone": nullable({"type": "string"}),
        "producer": nullable(_INDEX),
        "validators": array_of(_INDEX),
    },
    "additionalProperties": False,
}
_STATUS: Schema = {
    "type": "object",
    "required": [
        *("slotTime", "phase", "backlog", "fault", "wentFurther"),
        *("height", "root", "slot", "incarnation", "standstill", "troubles", "zones"),
    ],
    "properties": {
        "slotTime": nullable({"type": "number"}),
        "phase": nullable({"enum": ["waiting", "recording", "deciding"]}),
        "backlog": ref("uint"),
        "fault": nullable({"type": "string"}),
        "wentFurther": nullable(
            {
                "type": "object",
                "required": ["zone", "what", "incarnation"],
                "properties": {
                    "zone": {"type": "string"},
                    "what": {"type": "string"},
                    "incarnation": ref("uint"),
                },
                "additionalProperties": False,
            }
        ),
        "height": ref("uint"),
        "root": ref("hash32"),
        "slot": ref("uint"),
        "incarnation": ref("uint"),
        "standstill": nullable(_STANDSTILL),
        "troubles": array_of(_TROUBLE),
        "zones": array_of(
            {
                "type": "object",
                "required": ["name", "newest", "proposed", "settled", "hindrance"],
                "properties": {
                    "name": {"type": "string"},
                    "newest": ref("uint"),
                    "proposed": ref("uint"),
                    "settled": ref("uint"),
                    "hindrance": nullable({"type": "string"}),
                },
                "additionalProperties": False,
            }
        ),
    },
    "additionalProperties": False,
}
_FINALITY: Schema = {
    "type": "object",
    "required": ["blockNumber", "blockHash", "finality", "settlementHeight"],
    "properties": {
        "blockNumber": nullable(ref("uint")),
        "blockHash": nullable(ref("hash32")),
        "finality": {"enum": ["pending", "latest", "safe", "finalized"]},
        "settlementHeight": nullable(ref("uint")),
    },
    "additionalProperties": False,
}

METHODS = (
    Method(
        "zero_getSettlementBlock",
        settlement_block,
        (Param("block", _REF, None),),
        Kind.READ,
        nullable(SETTLEMENT_BLOCK),
        "A settlement block, by height, root or latest; null where there is none. Height 0 is genesis.",
    ),
    Method(
        "zero_getZoneUpdate",
        zone_update,
        (Param("number", QUANTITY_64),),
        Kind.READ,
        nullable(ZONE_UPDATE),
        "The update that settled the zone's block with that number; null as long as none did.",
    ),
    Method(
        "zero_getCertificate",
        certificate,
        (Param("block", _REF, None),),
        Kind.READ,
        nullable(CERTIFICATE),
        "What makes a settlement block final: the signature of two thirds of the stake. Genesis has none.",
    ),
    Method(
        "zero_getValidators",
        validators,
        (Param("block", _REF, None),),
        # The state is proven by the thread that commits it.
        Kind.PROVE,
        nullable(SHOWN_VALIDATORS),
        "The validators whose set signs what follows a settlement block (latest): stakes, last votes, proof.",
    ),
    Method(
        "zero_settle",
        settle,
        (),
        Kind.SETTLE,
        array_of(SETTLEMENT_BLOCK),
        "Settles what every zone has that is not settled; gives the new settlement blocks, perhaps none.",
    ),
    Method(
        "zero_settlementStatus",
        settlement_status,
        (),
        Kind.READ,
        _STATUS,
        "Where settlement stands, how many blocks wait, and in each zone how far it is and what hinders it.",
    ),
    Method(
        "zero_getTransactionFinality",
        transaction_finality,
        (Param("hash", HASH),),
        Kind.READ,
        nullable(_FINALITY),
        "How final a transaction is: pending, latest, safe or finalized; null where it is not known.",
    ),
)
