"""Both codecs, for tests that hold for each of them and for those that compare them."""

from __future__ import annotations

import functools

import pytest

from devnet.chain.codec import Codec, ReferenceCodec
from devnet.kernel import absence, load

needs_kernel = pytest.mark.skipif(absence() is not None, reason=f"no kernel: {absence()}")

REFERENCE = ReferenceCodec()


@functools.cache
def native_codec(threads: int) -> Codec:
    """The kernel's, on so many threads."""
    from devnet.chain.native_codec import NativeCodec

    return NativeCodec(load().Pool(threads))


def codec_named(name: str) -> Codec:
    """`reference`, or `native-` with a number of threads."""
    return REFERENCE if name == "reference" else native_codec(int(name.removeprefix("native-")))


CODECS = (
    "reference",
    pytest.param("native-1", marks=needs_kernel),
    pytest.param("native-3", marks=needs_kernel),
)
