"""Answers of a network as records. Whatever an answer is, it becomes a record or `NotARecord`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

from devnet.chain.block import Header, Log, Receipt
from devnet.chain.receipt_codec import bloom_of
from devnet.chain.types import Address, Hash32, Wei
from devnet.chain.validator_set import Validator, ValidatorSet
from devnet.proving.statement import Statement
from devnet.settlement.block import SettlementBlock, ZoneUpdate
from devnet.settlement.certificate import Certificate
from devnet.settlement.flaws import Refused
from devnet.settlement.votes import MOST_VALIDATORS, Choice, vote_kind

Record = TypeVar("Record")

_NUMBER_LIMIT = 1 << 64

_NO_RECORD = (LookupError, StopIteration, TypeError, ValueError, AttributeError, OverflowError, Refused)
"""What reading something else than a record may raise."""


class NotARecord(ValueError):
    """The answer is not what the method gives."""


def record(what: str, value: Any, read: Callable[[Any], Record]) -> Record:
    """What `read` makes of an answer. Raises NotARecord."""
    try:
        return read(value)
    except (
        KeyError,
        IndexError,
        StopIteration,
        TypeError,
        ValueError,
        AttributeError,
        OverflowError,
        Refused,
    ) as error:
        raise NotARecord(f"{what} is none: {type(error).__name__}: {error}"[:300]) from None


def data(value: Any) -> bytes:
    """Hex data."""
    if type(value) is not str or not value.startswith("0x"):
        raise ValueError("expected hex data")
    return bytes.fromhex(value[2:])


def sized(value: Any, size: int) -> bytes:
    found = data(value)
    if len(found) != size:
        raise ValueError(f"{len(found)} bytes instead of {size}")
    return found


def hash32(value: Any) -> Hash32:
    return Hash32(sized(value, 32))


def number(value: Any, limit: int = _NUMBER_LIMIT) -> int:
    """A hex quantity."""
    if type(value) is not str or not value.startswith("0x"):
        raise ValueError("expected a hex quantity")
    found = int(value, 16)
    if not 0 <= found < limit:
        raise ValueError(f"{value[:80]} is out of range")
    return found


def count(value: Any, limit: int = _NUMBER_LIMIT) -> int:
    """A JSON number."""
    if type(value) is not int or not 0 <= value < limit:
        raise ValueError("expected a number that is not negative")
    return value


def mapping(value: Any) -> Mapping[str, Any]:
    if type(value) is not dict:
        raise ValueError("expected an object")
    return value


def listing(value: Any) -> list[Any]:
    if type(value) is not list:
        raise ValueError("expected an array")
    return value


def read_block(value: Any) -> SettlementBlock:
    """A settlement block above genesis; that its root is what it says, `settled` checks."""
    told = mapping(value)
    return SettlementBlock(
        number(told["height"]),
        hash32(told["parentRoot"]),
        number(told["slot"]),
        number(told["incarnation"]),
        count(told["proposer"], MOST_VALIDATORS),
        hash32(told["zonesRoot"]),
        hash32(told["validatorsRoot"]),
    )


def read_certificate(value: Any) -> Certificate:
    told = mapping(value)
    kind = {"prevote": 1, "precommit": 2}[told["kind"]]
    certificate = Certificate(
        vote_kind(kind),
        number(told["height"]),
        number(told["round"], 1 << 32),
        Choice(number(told["slot"]), hash32(told["root"])),
        data(told["signers"]),
        sized(told["signature"], 96),
    )
    if listing(told["members"]) != list(certificate.members):
        raise ValueError("its members are not the signers of its bitmap")
    return certificate


def read_validators(value: Any) -> ValidatorSet:
    told = listing(mapping(value)["validators"])
    if len(told) > MOST_VALIDATORS:
        raise ValueError(f"{len(told)} validators are too many")
    return ValidatorSet(
        tuple(Validator(sized(entry["publicKey"], 48), number(entry["stake"], 1 << 256)) for entry in told)
    )


def read_update(value: Any) -> ZoneUpdate:
    told = mapping(value)
    stated = mapping(told["statement"])
    read: dict[str, Any] = {}
    for field in fields(Statement):
        entry = stated[_camel(field.name)]
        if field.name == "zone":
            read[field.name] = count(entry, 1 << 16)
        elif field.type == "int":
            read[field.name] = number(entry)
        else:
            read[field.name] = hash32(entry)
    kind = told["proofKind"]
    if type(kind) is not str or not kind.isascii() or len(kind) > 32:
        raise ValueError("a kind of proof is a short word")
    update = ZoneUpdate(
        Statement(**read),
        number(told["slot"]),
        hash32(told["previous"]),
        kind,
        hash32(told["proofHash"]),
        Address(sized(told["producer"], 20)),
        sized(told["signature"], 65),
    )
    if hash32(told["hash"]) != update.signed_hash:
        raise ValueError("its hash is not that of its fields")
    if hash32(told["statementHash"]) != update.statement.hash:
        raise ValueError("its statement's hash is not that of the statement")
    return update


def read_header(value: Any) -> Header:
    told = mapping(value)

    def optional(name: str, read: Callable[[Any], Record]) -> Record | None:
        return None if told.get(name) is None else read(told[name])

    return Header(
        parent_hash=hash32(told["parentHash"]),
        coinbase=Address(sized(told["miner"], 20)),
        state_root=hash32(told["stateRoot"]),
        transactions_root=hash32(told["transactionsRoot"]),
        receipts_root=hash32(told["receiptsRoot"]),
        bloom=sized(told["logsBloom"], 256),
        number=number(told["number"]),
        gas_limit=number(told["gasLimit"]),
        gas_used=number(told["gasUsed"]),
        timestamp=number(told["timestamp"]),
        extra_data=data(told["extraData"]),
        prev_randao=hash32(told["mixHash"]),
        base_fee_per_gas=Wei(number(told["baseFeePerGas"], 1 << 256)),
        withdrawals_root=optional("withdrawalsRoot", hash32),
        blob_gas_used=optional("blobGasUsed", number),
        excess_blob_gas=optional("excessBlobGas", number),
        parent_beacon_block_root=optional("parentBeaconBlockRoot", hash32),
        requests_hash=optional("requestsHash", hash32),
    )


def read_receipt(value: Any) -> Receipt:
    """What the receipts root covers of it; the rest follows from that and from the transaction."""
    told = mapping(value)
    logs = tuple(
        Log(
            Address(sized(log["address"], 20)),
            tuple(hash32(topic) for topic in listing(log["topics"])),
            data(log["data"]),
        )
        for log in listing(told["logs"])
    )
    bloom = sized(told["logsBloom"], 256)
    if bloom_of(logs) != bloom:
        raise ValueError("its bloom is not that of its logs")
    return Receipt(
        transaction_type=number(told["type"], 128),
        status={"0x1": True, "0x0": False}[told["status"]],
        cumulative_gas_used=number(told["cumulativeGasUsed"]),
        bloom=bloom,
        logs=logs,
        gas_used=number(told["gasUsed"]),
        effective_gas_price=Wei(0),
        contract_address=None,
        blob_gas_used=0,
        first_log_index=0,
    )


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
