"""What EIP-2935's contract would hold after reserved blocks, in which no system call runs."""

from __future__ import annotations

from devnet.chain.rules import Fork
from devnet.chain.types import Address
from devnet.zone.ledger import Ledger
from devnet.zone.overlay import DevelopmentOverlay
from devnet.zone.reserved_range import ReservedRange

HISTORY_CONTRACT = Address(bytes.fromhex("0000f90827f1c53a10cb7a02335b175320002935"))
"""EIP-2935: serves the hashes of the last 8191 blocks out of its storage."""

HISTORY_WINDOW = 8_191


def remember_reserved(ledger: Ledger, blocks: ReservedRange, last: int, overlay: DevelopmentOverlay) -> None:
    """Writes to the overlay what the contract would hold after block `last` of the range, but for the hash of
    that block, which the next block's system call adds. The newest block must be in the range or after it."""
    if ledger.rules.fork < Fork.PRAGUE or ledger.read_account(HISTORY_CONTRACT) is None:
        return
    parent = blocks.parent
    for number in range(max(parent.number, last + 1 - HISTORY_WINDOW), last):
        block_hash = parent.block.hash if number == parent.number else blocks.hash_of(number)
        overlay.set_storage(HISTORY_CONTRACT, number % HISTORY_WINDOW, int.from_bytes(block_hash, "big"))


def overlay_after(ledger: Ledger, number: int) -> DevelopmentOverlay:
    """The overlay that a chain needs whose newest block shall be `number`: empty, unless that block is a
    reserved one."""
    overlay = DevelopmentOverlay()
    for blocks in ledger.chain.reserved(number):
        if blocks.first <= number:
            remember_reserved(ledger, blocks, number, overlay)
    return overlay
