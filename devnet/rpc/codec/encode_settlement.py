"""Settlement blocks, updates, certificates and validators as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32, ZoneName
from devnet.chain.validator_set import ValidatorSet
from devnet.rpc.codec.encode_transactions import hex_data
from devnet.rpc.codec.shapes import Schema, array_of, nullable, ref
from devnet.settlement.block import ZoneUpdate
from devnet.settlement.certificate import Certificate
from devnet.settlement.chain import Settled
from devnet.settlement.system_proofs import SlotProof
from devnet.zone.messages import Finality


def encode_head(head: SettlementHead) -> dict[str, Any]:
    """What a zone knows of a settlement block."""
    return {
        "height": hex(head.height),
        "root": hex_data(head.root),
        "slot": hex(head.slot),
        "zoneCount": head.zone_count,
    }


def encode_settled(
    head: SettlementHead, settled: Settled | None, names: Sequence[ZoneName]
) -> dict[str, Any]:
    """A settlement block; of genesis, which nobody voted for, only what zones know of it."""
    encoded = encode_head(head)
    if settled is None:
        empty = ("parentRoot", "incarnation", "proposer", "zonesRoot", "validatorsRoot")
        return {**encoded, **dict.fromkeys(empty), "updates": []}
    block = settled.block
    return {
        **encoded,
        "parentRoot": hex_data(block.parent_root),
        "incarnation": hex(block.incarnation),
        "proposer": block.proposer,
        "zonesRoot": hex_data(block.zones_root),
        "validatorsRoot": hex_data(block.validators_root),
        "updates": [
            {
                "zone": names[update.statement.zone],
                "hash": hex_data(update.signed_hash),
                "firstBlock": hex(update.statement.first_height),
                "lastBlock": hex(update.statement.last_height),
            }
            for update in settled.updates
        ],
    }


def encode_update(update: ZoneUpdate, height: int, names: Sequence[ZoneName]) -> dict[str, Any]:
    """An update and the height of the settlement block that it is in."""
    statement = update.statement
    return {
        "hash": hex_data(update.signed_hash),
        "settlementHeight": hex(height),
        "zone": names[statement.zone],
        "slot": hex(update.slot),
        "previous": hex_data(update.previous),
        "producer": hex_data(update.producer),
        "signature": hex_data(update.signature),
        "proofKind": update.proof_kind,
        "proofHash": hex_data(update.proof_hash),
        "statementHash": hex_data(statement.hash),
        "statement": {
            "configHash": hex_data(statement.config_hash),
            "programId": hex_data(statement.program_id),
            "zone": statement.zone,
            "firstHeight": hex(statement.first_height),
            "lastHeight": hex(statement.last_height),
            "parentBlockHash": hex_data(statement.parent_block_hash),
            "lastBlockHash": hex_data(statement.last_block_hash),
            "blockHashesRoot": hex_data(statement.block_hashes_root),
            "preStateRoot": hex_data(statement.pre_state_root),
            "postStateRoot": hex_data(statement.post_state_root),
            "dataCommitment": hex_data(statement.data_commitment),
            "preOutboxRoot": hex_data(statement.pre_outbox_root),
            "postOutboxRoot": hex_data(statement.post_outbox_root),
            "inboxRoot": hex_data(statement.inbox_root),
            "preInboxIndex": hex(statement.pre_inbox_index),
            "postInboxIndex": hex(statement.post_inbox_index),
            "settlementHeights": hex_data(statement.settlement_heights),
            "overridesRoot": hex_data(statement.overrides_root),
        },
    }


def encode_certificate(certificate: Certificate, incarnation: int) -> dict[str, Any]:
    """A certificate; docs/consensus.md says what was signed."""
    return {
        "kind": certificate.kind.name.lower(),
        "height": hex(certificate.height),
        "round": hex(certificate.round),
        "slot": hex(certificate.choice.slot),
        "root": hex_data(certificate.choice.root),
        "incarnation": hex(incarnation),
        "signers": hex_data(certificate.signers),
        "members": list(certificate.members),
        "signature": hex_data(certificate.signature),
    }


def encode_validators(validators: ValidatorSet) -> dict[str, Any]:
    """A set of validators and its root."""
    return {
        "root": hex_data(validators.root),
        "totalStake": hex(validators.total_stake),
        "validators": [
            {"publicKey": hex_data(validator.public_key), "stake": hex(validator.stake)}
            for validator in validators.validators
        ],
    }


def encode_shown_validators(
    validators: ValidatorSet, voted: Mapping[bytes, int], proof: dict[str, Any] | None
) -> dict[str, Any]:
    """A set of validators with what shows it. `voted` are the heights whose certificates name a validator
    last, by public key; `proof` is of the set's root (`encode_slot_proof`)."""
    encoded = encode_validators(validators)
    for validator, entry in zip(validators.validators, encoded["validators"], strict=True):
        height = voted.get(validator.public_key)
        entry["lastVoted"] = None if height is None else hex(height)
    return {**encoded, "proof": proof}


def encode_slot_proof(number: int, state_root: Hash32, shown: SlotProof) -> dict[str, Any]:
    """A slot of the system zone's state after block `number`."""
    return {
        "blockNumber": hex(number),
        "stateRoot": hex_data(state_root),
        "contract": hex_data(shown.key.contract),
        "slot": hex(shown.key.slot),
        "proof": hex_data(shown.proof),
    }


def finality_word(number: int, finality: Finality) -> str:
    """How final the block with that number is: latest, safe or finalized."""
    if number <= finality.finalized:
        return "finalized"
    return "safe" if number <= finality.safe else "latest"


_TEXT: Schema = {"type": "string"}
_INTEGER: Schema = {"type": "integer", "minimum": 0}


def _record(properties: dict[str, Schema]) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


_HEAD: dict[str, Schema] = {
    "height": ref("uint"),
    "root": ref("hash32"),
    "slot": ref("uint"),
    "zoneCount": _INTEGER,
}
SETTLEMENT_BLOCK = _record(
    {
        **_HEAD,
        "parentRoot": nullable(ref("hash32")),
        "incarnation": nullable(ref("uint")),
        "proposer": nullable(_INTEGER),
        "zonesRoot": nullable(ref("hash32")),
        "validatorsRoot": nullable(ref("hash32")),
        "updates": array_of(
            _record(
                {"zone": _TEXT, "hash": ref("hash32"), "firstBlock": ref("uint"), "lastBlock": ref("uint")}
            )
        ),
    }
)
_HASHES = (
    "parentBlockHash",
    "lastBlockHash",
    "blockHashesRoot",
    "preStateRoot",
    "postStateRoot",
    "dataCommitment",
    "preOutboxRoot",
    "postOutboxRoot",
    "inboxRoot",
    "settlementHeights",
    "overridesRoot",
)
_STATEMENT = _record(
    {
        "configHash": ref("hash32"),
        "programId": ref("hash32"),
        "zone": _INTEGER,
        "firstHeight": ref("uint"),
        "lastHeight": ref("uint"),
        "preInboxIndex": ref("uint"),
        "postInboxIndex": ref("uint"),
        **{name: ref("hash32") for name in _HASHES},
    }
)
ZONE_UPDATE = _record(
    {
        "hash": ref("hash32"),
        "settlementHeight": ref("uint"),
        "zone": _TEXT,
        "slot": ref("uint"),
        "previous": ref("hash32"),
        "producer": ref("address"),
        "signature": ref("bytes"),
        "proofKind": _TEXT,
        "proofHash": ref("hash32"),
        "statementHash": ref("hash32"),
        "statement": _STATEMENT,
    }
)
CERTIFICATE = _record(
    {
        "kind": {"enum": ["prevote", "precommit"]},
        "height": ref("uint"),
        "round": ref("uint"),
        "slot": ref("uint"),
        "root": ref("hash32"),
        "incarnation": ref("uint"),
        "signers": ref("bytes"),
        "members": array_of(_INTEGER),
        "signature": ref("bytes"),
    }
)
_VALIDATOR: dict[str, Schema] = {"publicKey": ref("bytes"), "stake": ref("uint")}
_SET: dict[str, Schema] = {"root": ref("hash32"), "totalStake": ref("uint")}
VALIDATORS = _record({**_SET, "validators": array_of(_record(_VALIDATOR))})
SHOWN_VALIDATORS = _record(
    {
        **_SET,
        "validators": array_of(_record({**_VALIDATOR, "lastVoted": nullable(ref("uint"))})),
        "proof": nullable(
            _record(
                {
                    "blockNumber": ref("uint"),
                    "stateRoot": ref("hash32"),
                    "contract": ref("address"),
                    "slot": ref("uint"),
                    "proof": ref("bytes"),
                }
            )
        ),
    }
)
