"""One readable line for each transaction, block and console.log, and what goes wrong, as it happens."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from devnet.artifacts.console import console_line
from devnet.artifacts.describe import describe_address, describe_call, describe_creation, describe_revert
from devnet.artifacts.display import checksum
from devnet.artifacts.registry import ArtifactRegistry
from devnet.chain.block import Block, Receipt
from devnet.chain.transaction import Transaction
from devnet.chain.types import Address, ZoneName
from devnet.execution import Failure, FailureKind
from devnet.rpc.observer import (
    BlocksRemoved,
    ConsoleOutput,
    LoggingSwitched,
    Observation,
    RequestAnswered,
    ZoneHappening,
)
from devnet.zone.messages import BlockAdded
from zero_sdk.cli.devnet.banner import zro
from zero_sdk.cli.output import BLUE, CYAN, DIM, GREEN, RED, YELLOW, Paint

CodeOf = Callable[[ZoneName, Address], bytes]
"""Gives the code of a contract now, for its name and the names of its functions and errors."""

_LONG_DATA = re.compile(r"0x[0-9a-fA-F]{65,}")
"""More than a word."""
_MOST_CALL = 300
"""Characters."""

ZONE_COLOURS = (CYAN, GREEN, BLUE, "35", YELLOW)


class Lines:
    """Turns observations into lines. One instance is used by one thread."""

    def __init__(
        self,
        zones: Sequence[ZoneName],
        artifacts: ArtifactRegistry,
        code_of: CodeOf,
        paint: Paint,
        *,
        with_requests: bool = False,
    ) -> None:
        self._artifacts = artifacts
        self._code_of = code_of
        self._paint = paint
        self._with_requests = with_requests
        self._muted: set[ZoneName] = set()
        width = max((len(zone) for zone in zones), default=0)
        self._prefixes = {
            zone: paint(ZONE_COLOURS[index % len(ZONE_COLOURS)], f"{zone:<{width}}")
            for index, zone in enumerate(zones)
        }

    def of(self, observation: Observation) -> Iterator[str]:
        """The lines to print now, possibly none."""
        zone = observation.zone
        if isinstance(observation, LoggingSwitched):
            (self._muted.discard if observation.enabled else self._muted.add)(zone)
            return
        if zone in self._muted:
            return
        prefix = self._prefixes.get(zone, zone)
        for line in self._words(observation):
            yield f"{prefix}  {line}"

    def _words(self, observation: Observation) -> Iterator[str]:
        match observation:
            case ZoneHappening(zone, BlockAdded() as added):
                yield from self._block_added(zone, added)
            case BlocksRemoved(_, blocks):
                yield self._paint(YELLOW, _removed(blocks))
            case ConsoleOutput(_, method, lines):
                yield from self._console(lines, f"console.log ({method})")
            case RequestAnswered(_, method, code, message):
                yield from self._request(method, code, message)

    def _request(self, method: str, code: int | None, message: str | None) -> Iterator[str]:
        if code is not None:
            yield f"{method}  {self._paint(RED, f'error {code}')}: {message}"
        elif self._with_requests:
            yield self._paint(DIM, method)

    def _block_added(self, zone: ZoneName, added: BlockAdded) -> Iterator[str]:
        block = added.block
        for index, (transaction, receipt) in enumerate(zip(block.transactions, block.receipts, strict=True)):
            if index < len(added.console):
                yield from self._console(added.console[index], "console.log")
            failure = added.failures[index] if index < len(added.failures) else None
            output = added.outputs[index] if index < len(added.outputs) else b""
            yield self._transaction(zone, transaction, receipt, failure, output)
        yield self._sealed(block)

    def _sealed(self, block: Block) -> str:
        count = len(block.transactions)
        words = f"block {block.header.number}  {_hex(block.hash)}"
        if count:
            words += f"  {count} transaction{'s' if count > 1 else ''}  gas {block.header.gas_used:,}"
        return self._paint(DIM, words)

    def _console(self, lines: Sequence[bytes], label: str) -> Iterator[str]:
        for data in lines:
            for text in console_line(data).split("\n"):
                yield f"{self._paint(YELLOW, label)}: {text}"

    def _transaction(
        self,
        zone: ZoneName,
        transaction: Transaction,
        receipt: Receipt,
        failure: Failure | None,
        output: bytes,
    ) -> str:
        sender = _short(self._artifacts.label(transaction.sender), transaction.sender)
        parts = [
            f"tx {_hex(transaction.hash)}",
            f"{sender} → {self._action(zone, transaction, receipt)}",
            self._verdict(zone, transaction, receipt, failure, output),
            f"gas {receipt.gas_used:,}",
        ]
        return "  ".join(parts)

    def _action(self, zone: ZoneName, transaction: Transaction, receipt: Receipt) -> str:
        value = f" with {_amount(transaction.value)}" if transaction.value else ""
        if transaction.to is None:
            created = receipt.contract_address
            place = f" at {checksum(created)}" if created is not None and receipt.status else ""
            return f"{describe_creation(self._artifacts, transaction.data)}{place}{value}"
        code = self._code_of(zone, transaction.to)
        target = describe_address(self._artifacts, transaction.to, code)
        call = _shortened(describe_call(self._artifacts, transaction.data, code))
        return f"{target}{f'.{call}' if call else ''}{value}"

    def _verdict(
        self,
        zone: ZoneName,
        transaction: Transaction,
        receipt: Receipt,
        failure: Failure | None,
        output: bytes,
    ) -> str:
        if receipt.status:
            return self._paint(GREEN, "ok")
        if failure is None:
            return self._paint(RED, "failed")
        reason = ""
        if failure.kind is FailureKind.REVERT:
            code = b"" if transaction.to is None else self._code_of(zone, transaction.to)
            reason = describe_revert(self._artifacts, output, code).text
        return self._paint(RED, f"{failure.message}: {reason}" if reason else failure.message)


def _removed(blocks: Sequence[Block]) -> str:
    newest, oldest = blocks[0], blocks[-1]
    if len(blocks) == 1:
        return f"block {newest.header.number} removed  {_hex(newest.hash)}"
    return f"blocks {oldest.header.number} to {newest.header.number} removed"


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _shortened(call: str) -> str:
    """A call in which nothing is longer than a word, itself no longer than a line."""
    call = _LONG_DATA.sub(lambda found: f"{found[0][:18]}… ({len(found[0]) // 2 - 1} bytes)", call)
    return call if len(call) <= _MOST_CALL else call[: _MOST_CALL - 1] + "…"


def _short(label: str | None, address: bytes) -> str:
    full = checksum(address)
    return label or f"{full[:6]}…{full[-4:]}"


def _amount(wei: int) -> str:
    """In ZRO, but amounts too small to read that way in wei."""
    return zro(wei) if wei >= 10**9 else f"{wei} wei"
