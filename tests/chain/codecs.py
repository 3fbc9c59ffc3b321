"""Both codecs, for tests that hold for each of them and for those that compare them."""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import pytest

from devnet.chain.codec import REFERENCE, Codec
from devnet.kernel import absence, load

needs_kernel = pytest.mark.skipif(absence() is not None, reason=f"no kernel: {absence()}")


@functools.cache
def native_codec(threads: int) -> Codec:
    """The kernel's, on so many threads; with more than one, as a network has it: others decode."""
    from devnet.chain.native_codec import NativeCodec

    kernel = load()
    return NativeCodec(kernel.Pool(threads), kernel.Pool(threads) if threads > 1 else None)


def codec_named(name: str) -> Codec:
    """`reference`, or `native-` with a number of threads."""
    return REFERENCE if name == "reference" else native_codec(int(name.removeprefix("native-")))


CODECS = (
    "reference",
    pytest.param("native-1", marks=needs_kernel),
    pytest.param("native-3", marks=needs_kernel),
)


def exact(value: Any) -> Any:
    """The value with the types of everything in it: True would equal 1 otherwise."""
    if dataclasses.is_dataclass(value):
        return (type(value), *(exact(getattr(value, field.name)) for field in dataclasses.fields(value)))
    if isinstance(value, tuple):
        return (tuple, *map(exact, value))
    if isinstance(value, Exception):
        return type(value), str(value), getattr(value, "kind", None)
    return type(value), value
