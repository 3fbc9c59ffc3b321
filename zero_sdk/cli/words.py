"""Small pieces of prose."""

from __future__ import annotations


def count_of(count: int, noun: str) -> str:
    """`1 contract`, `3 contracts`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
