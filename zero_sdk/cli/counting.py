"""Numbers of things in sentences."""

from __future__ import annotations


def counted(count: int, one: str, more: str | None = None) -> str:
    """`1 block`, `1,000 blocks`; `more` where the plural takes more than an s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def blocks_in_words(first: int, last: int) -> str:
    """A range of blocks: `blocks 3 to 5`, or `block 3`."""
    return f"block {first:,}" if first == last else f"blocks {first:,} to {last:,}"
