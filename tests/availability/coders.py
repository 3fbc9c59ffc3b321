"""Both coders, for the contract that holds for either."""

from __future__ import annotations

from functools import cache

import pytest

from devnet.availability import Coder
from devnet.availability.native import NativeCoder
from devnet.availability.reference import ReferenceCoder
from devnet.kernel import load

CODERS = ("reference", "native")

for_both = pytest.mark.parametrize("name", CODERS)
"""For tests that call `coder_named(name)`."""


@cache
def coder_named(name: str) -> Coder:
    """The reference, or the kernel's on two threads."""
    return ReferenceCoder() if name == "reference" else NativeCoder(load().Pool(2))
