"""Schemas of messages as JSON: what `zero_getMessage` and its kin give (docs/rpc.md, "Messages")."""

from __future__ import annotations

from devnet.rpc.codec.shapes import Schema, array_of, nullable, ref

TEXT: Schema = {"type": "string"}
INTEGER: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}

STATUSES = (
    "sent",
    "settled",
    "verified",
    "delivered",
    "failed",
    "blocked",
    "skipped",
    "nilified",
    "burnt",
)
"""Of a message. `isRetried` says whether a delivered one failed before."""

KINDS = (
    "sent",
    "verified",
    "delivered",
    "failed",
    "compose-sent",
    "compose-delivered",
    "compose-failed",
    "native-dropped",
    "skipped",
    "nilified",
    "burnt",
)
"""What a transaction did for a message; a transaction may be there more than once."""


def record(properties: dict[str, Schema], optional: dict[str, Schema] | None = None) -> Schema:
    """An object with these fields, those of `optional` perhaps, and no others."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, **(optional or {})},
        "additionalProperties": False,
    }


REASON = record({"text": TEXT, "error": nullable(TEXT), "data": ref("bytes")})
"""Why something was not done: in words, the name of the error (null where it has none), the revert data."""

PLACE: dict[str, Schema] = {
    "zone": TEXT,
    "blockNumber": ref("uint"),
    "blockHash": ref("hash32"),
    "blockTimestamp": ref("uint"),
    "transactionHash": ref("hash32"),
    "transactionIndex": ref("uint"),
    "logIndex": ref("uint"),
}
"""Where a log is: of the endpoint, or of a contract that speaks for it."""

_FINALITY: Schema = {"enum": ["latest", "safe", "finalized"]}

OPTION: Schema = {
    "oneOf": [
        record({"kind": {"const": "receive"}, "gas": ref("uint"), "value": ref("uint")}),
        record(
            {
                "kind": {"const": "native-drop"},
                "amount": ref("uint"),
                "receiver": ref("hash32"),
                "receiverAddress": nullable(ref("address")),
            }
        ),
        record({"kind": {"const": "compose"}, "index": INTEGER, "gas": ref("uint"), "value": ref("uint")}),
        record({"kind": {"const": "ordered"}}),
        record({"kind": {"const": "read"}, "gas": ref("uint"), "size": INTEGER, "value": ref("uint")}),
        record({"kind": {"const": "verifier"}, "data": ref("bytes")}),
    ]
}
OPTIONS = record(
    {
        "raw": ref("bytes"),
        "flaw": nullable(TEXT),
        "gas": ref("uint"),
        "value": ref("uint"),
        "isOrdered": FLAG,
        "items": array_of(OPTION),
    }
)
"""`gas` and `value` are what `lzReceive` gets; `flaw` says why `raw` cannot be read."""

TRANSACTION = record(
    {
        "kind": {"enum": list(KINDS)},
        "leg": {"enum": ["source", "destination"]},
        **PLACE,
        "finality": _FINALITY,
    }
)
_TRY: dict[str, Schema] = {
    "outcome": {"enum": ["delivered", "failed"]},
    "counts": FLAG,
    **PLACE,
    "executor": nullable(ref("address")),
    "gas": nullable(ref("uint")),
    "value": nullable(ref("uint")),
    "reason": nullable(REASON),
}
ATTEMPT = record(_TRY)
"""A try to deliver or to compose. Of one that did it, no log says by whom and with what. A failure counts
unless somebody called with less than the options name, too early or too late."""

COMPOSE = record(
    {
        "index": INTEGER,
        "from": ref("address"),
        "to": ref("address"),
        "message": ref("bytes"),
        "status": {"enum": ["sent", "delivered", "failed"]},
        "reason": nullable(REASON),
        "gas": nullable(ref("uint")),
        "value": nullable(ref("uint")),
        "attempts": array_of(ATTEMPT),
    }
)
"""A second step that the receiver asked for. `gas` and `value` are what the options pay for it, null where
they pay for none: then the courier leaves it to others."""

DROP = record({"receiver": ref("address"), "amount": ref("uint"), "success": FLAG, **PLACE})

PROOF = record(
    {
        "height": ref("uint"),
        "number": ref("uint"),
        "branch": record({"zeros": ref("uint"), "peers": array_of(ref("hash32"))}),
        "header": ref("bytes"),
        "payloadHash": ref("hash32"),
        "calldata": ref("bytes"),
    }
)
"""`height`, `number` and `branch` are a `MessageProof`; `calldata` calls `commitVerification` with it."""

TRACED = record(
    {
        "leg": {"enum": ["source", "destination"]},
        "kinds": array_of({"enum": list(KINDS)}),
        "zone": TEXT,
        "transactionHash": ref("hash32"),
        "trace": {"type": "object"},
        "text": TEXT,
    }
)
"""A transaction's `callTracer` trace; `text` is the same as a tree of calls with the names of artifacts."""

_SUMMARY: dict[str, Schema] = {
    "guid": ref("hash32"),
    "status": {"enum": list(STATUSES)},
    "reason": nullable(REASON),
    "isRetried": FLAG,
    "srcEid": INTEGER,
    "srcZone": TEXT,
    "dstEid": INTEGER,
    "dstZone": nullable(TEXT),
    "nonce": ref("uint"),
    "sender": ref("hash32"),
    "senderAddress": nullable(ref("address")),
    "receiver": ref("hash32"),
    "receiverAddress": nullable(ref("address")),
    "message": ref("bytes"),
    "options": OPTIONS,
    "number": ref("uint"),
    "source": record(PLACE),
    "finality": _FINALITY,
    "settlementHeight": nullable(ref("uint")),
    "attempts": array_of(ATTEMPT),
    "composes": array_of(COMPOSE),
    "omitted": INTEGER,
}
MESSAGE_SUMMARY = record(_SUMMARY)
"""What `zero_getMessages` and the subscription `messages` give."""

MESSAGE = record(
    {
        **_SUMMARY,
        "header": ref("bytes"),
        "payloadHash": ref("hash32"),
        "fee": nullable(ref("uint")),
        "drops": array_of(DROP),
        "transactions": array_of(TRANSACTION),
    },
    {"proof": nullable(PROOF), "traces": array_of(TRACED)},
)
"""What `zero_getMessage` gives. `proof` and `traces` are there where they were asked for."""

MESSAGE_PAGE = record({"messages": array_of(MESSAGE_SUMMARY), "cursor": nullable(TEXT)})
"""Newest first. `cursor` continues, null at the end."""

_LOG = record({"address": ref("address"), "topics": array_of(ref("hash32")), "data": ref("bytes")})
_TRIAL: dict[str, Schema] = {
    "wouldSucceed": FLAG,
    "reason": nullable(REASON),
    "gasUsed": ref("uint"),
    "gasNeeded": nullable(ref("uint")),
    "gasGiven": nullable(ref("uint")),
    "value": ref("uint"),
    "logs": array_of(_LOG),
}
SIMULATION = record(
    {
        "guid": ref("hash32"),
        "zone": TEXT,
        "sending": nullable(
            record({"nonce": ref("uint"), "fee": nullable(ref("uint")), "reason": nullable(REASON)})
        ),
        "blockNumber": ref("uint"),
        **_TRIAL,
        "composes": array_of(
            record(
                {
                    "index": INTEGER,
                    "from": ref("address"),
                    "to": ref("address"),
                    "message": ref("bytes"),
                    **_TRIAL,
                }
            )
        ),
    }
)
"""`gasNeeded` is the least gas in the options with which it succeeds, null where no gas does; `gasGiven` what
they name, null where there are none. `sending` is there for a message that was not sent: its fee, null with
the reason where the endpoint would not send it."""

RETRIED = record(
    {
        "guid": ref("hash32"),
        "what": {"enum": ["receive", "compose"]},
        "index": nullable(INTEGER),
        "zone": TEXT,
        "transactionHash": ref("hash32"),
        "blockNumber": nullable(ref("uint")),
        "outcome": {"enum": ["delivered", "failed", "pending"]},
        "reason": nullable(REASON),
    }
)
"""`pending` where the zone does not mine by itself."""

COURIER_FAULT_KINDS = ("drop", "duplicate", "reorder", "corrupt", "delay")
_SELECTION: dict[str, Schema] = {
    "source": nullable(TEXT),
    "destination": nullable(TEXT),
    "guid": nullable(ref("hash32")),
    "rate": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
}
_PARTICULARS: dict[str, Schema] = {
    "part": {"enum": ["proof", "header", "payload-hash", "message"]},
    "slots": {"type": "integer", "minimum": 1},
}
GIVEN_COURIER_FAULT = record(
    {"kind": {"enum": list(COURIER_FAULT_KINDS)}},
    {**_SELECTION, **_PARTICULARS, "seed": {"oneOf": [INTEGER, ref("uint64")]}},
)
"""Which messages a fault meets: all of them unless something is said. `part` is of `corrupt`, `slots` of
`delay`."""
COURIER_FAULT = record(
    {
        "id": INTEGER,
        "kind": {"enum": list(COURIER_FAULT_KINDS)},
        **_SELECTION,
        "seed": ref("uint64"),
        "text": TEXT,
    },
    _PARTICULARS,
)

COURIER = record(
    {
        "mode": {"enum": ["automatic", "delayed", "manual"]},
        "delay": INTEGER,
        "isPaused": FLAG,
        "waiting": INTEGER,
        "failed": INTEGER,
        "trouble": nullable(TEXT),
        "accounts": array_of(record({"zone": TEXT, "address": ref("address"), "balance": ref("uint")})),
        "faults": array_of(COURIER_FAULT),
    }
)
"""`delay` counts slots. `waiting` are messages that the courier has something to do for, now or later; those
that `failed` wait for somebody to try again."""

COURIER_STEP = record(
    {
        "actions": array_of(
            record(
                {
                    "kind": {"enum": ["commit", "deliver", "compose", "replace", "wait"]},
                    "guid": ref("hash32"),
                    "zone": TEXT,
                    "transactionHash": nullable(ref("hash32")),
                    "detail": nullable(TEXT),
                }
            )
        ),
        "isDone": FLAG,
    }
)
"""`isDone`: the courier has nothing more to do before a block or a settlement moves things on."""

MESSAGE_EVENT = record({"guid": ref("hash32"), "removed": FLAG, "message": nullable(MESSAGE_SUMMARY)})
"""A notification of the subscription `messages`; `removed` where a revert or reorg took the message away, and
then there is no message."""
