"""What a request is answered with when it cannot be served: JSON-RPC errors, and how exceptions become them.

The codes are those of the execution-apis error catalogue; the words are geth's where clients match on them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from devnet.accounts.keyring import UnknownKey
from devnet.accounts.typed_data import BadTypedData
from devnet.artifacts.errors import ArtifactError
from devnet.chain.errors import Invalid, InvalidTransaction, MalformedTransaction
from devnet.execution import EngineFault, ExecutionTimeout, Failure, FailureKind
from devnet.messages.errors import (
    MessageError,
    NoMessaging,
    NotDeliverable,
    NotProvable,
    UnknownMessage,
)
from devnet.persistence.errors import WriteFailed
from devnet.zone.errors import (
    BadRequest,
    ExecutionFailed,
    LimitExceeded,
    NotUnlocked,
    SimulationRefused,
    UnknownBlock,
    UnknownFilter,
    UnknownSnapshot,
    ZoneError,
)

_LOG = logging.getLogger(__name__)

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
INVALID_INPUT = -32000
NOT_FOUND = -32001
UNAVAILABLE = -32002
REJECTED = -32003
NOT_SUPPORTED = -32004
LIMIT_EXCEEDED = -32005

REVERTED = 3
INVALID_OPCODE = 4
RECEIPT_TIMEOUT = 4
"""EIP-7966: the transaction was accepted but not included in time; `data` is its hash."""
OUT_OF_GAS = 801

NONCE_HINT = (
    "; if a wallet sent this, it may remember the nonces of an earlier devnet:"
    " clear the activity of the account (MetaMask: Settings, Advanced, Clear activity tab data)"
)

ErrorLookup = Callable[[bytes], Any]


class RpcError(Exception):
    """An error as JSON-RPC carries it."""

    def __init__(self, code: int, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def to_json(self) -> dict[str, Any]:
        result = {"code": self.code, "message": self.message}
        if self.data is not None:
            result["data"] = self.data
        return result


def invalid_params(message: str) -> RpcError:
    return RpcError(INVALID_PARAMS, message)


def failure_error(failure: Failure, output: bytes, find_error: ErrorLookup) -> RpcError:
    """The error of a call that failed: code 3 with the revert data and the decoded reason, as in geth."""
    if failure.kind is FailureKind.REVERT:
        # A start is quicker without what only decodes.
        from devnet.artifacts.reverts import decode_revert

        reason = decode_revert(output, find_error).text
        message = f"{failure.message}: {reason}" if reason else failure.message
        return RpcError(REVERTED, message, "0x" + output.hex())
    if failure.kind is FailureKind.INVALID_OPCODE:
        return RpcError(INVALID_OPCODE, failure.message)
    if failure.kind in (FailureKind.OUT_OF_GAS, FailureKind.CODE_STORE_OUT_OF_GAS):
        return RpcError(OUT_OF_GAS, failure.message)
    return RpcError(INVALID_INPUT, failure.message)


def error_of(exception: Exception, method: str, find_error: ErrorLookup) -> RpcError:
    """The JSON-RPC error for what a handler raised. Anything that is not foreseen is a bug and is logged."""
    match exception:
        case RpcError():
            return exception
        case InvalidTransaction():
            hint = NONCE_HINT if exception.kind is Invalid.NONCE_TOO_HIGH else ""
            return RpcError(exception.kind.code, f"{exception}{hint}")
        case MalformedTransaction():
            return RpcError(INVALID_INPUT, f"malformed transaction: {exception}")
        case UnknownBlock() | UnknownFilter() | UnknownSnapshot():
            return RpcError(NOT_FOUND, str(exception))
        case BadRequest():
            return RpcError(INVALID_PARAMS, str(exception))
        case NotUnlocked():
            return RpcError(INVALID_INPUT, str(exception))
        case ExecutionFailed():
            return failure_error(exception.failure, exception.output, find_error)
        case SimulationRefused():
            return RpcError(exception.code, exception.message)
        case LimitExceeded():
            return RpcError(LIMIT_EXCEEDED, str(exception))
        case UnknownKey():
            return RpcError(INVALID_INPUT, f"unknown account: {exception}")
        case BadTypedData() | ArtifactError():
            return RpcError(INVALID_PARAMS, str(exception))
        case ExecutionTimeout():
            return RpcError(LIMIT_EXCEEDED, str(exception) or "execution aborted (timeout)")
        case WriteFailed():
            return not_written(exception)
        case MessageError():
            return message_error(exception)
        case ZoneError():
            return RpcError(INVALID_INPUT, str(exception))
    return internal_error(exception, method)


def message_error(error: MessageError) -> RpcError:
    """What is refused about messages; `data.name` tells programs what, and stays as it is once released."""
    match error:
        case NoMessaging():
            code, name = NOT_SUPPORTED, "no-messaging"
        case UnknownMessage():
            code, name = NOT_FOUND, "unknown-message"
        case NotProvable():
            code, name = UNAVAILABLE, "not-provable"
        case NotDeliverable():
            code, name = REJECTED, "not-deliverable"
        case _:
            code, name = INVALID_INPUT, "message-error"
    return RpcError(code, str(error), {"name": name})


def not_written(fault: WriteFailed) -> RpcError:
    """For what was done and could not be written to the data folder."""
    return RpcError(
        UNAVAILABLE,
        f"done, but not yet written to disk, so not safe: {fault}; it is written as soon as that is possible "
        "(make room there), and until then nothing else is done; what was answered before is safe",
    )


def not_done(fault: WriteFailed) -> RpcError:
    """For what is not even begun while the data folder cannot be written."""
    return RpcError(
        UNAVAILABLE,
        f"not done: earlier changes could not be written to disk yet: {fault}; make room there and try again "
        "(reads go on)",
    )


def internal_error(exception: BaseException, method: str) -> RpcError:
    """A bug of this project (or the engine's fault): logged with its traceback."""
    _LOG.error("%s failed", method, exc_info=exception)
    detail = f" ({exception})" if isinstance(exception, EngineFault) else ""
    return RpcError(INTERNAL_ERROR, f"internal error in {method}: {type(exception).__name__}{detail}")
