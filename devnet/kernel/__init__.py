"""The compiled kernel, where it is there: `load` gives the module or says why there is none.

    from devnet.kernel import load
    kernel = load()

The reference path needs none of it. What the kernel offers is in `zero_kernel.pyi`.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path
from types import ModuleType

_FOLDER = Path(__file__).parent
_STUB = _FOLDER / "zero_kernel.pyi"
_ABSENCE = _FOLDER / "absence.txt"
"""Written by the installation when it could not build the kernel."""


class KernelAbsent(ImportError):
    """There is no kernel that fits this installation; the message says why and what to do."""


def load() -> ModuleType:
    """The kernel (`devnet.kernel.zero_kernel`). Raises KernelAbsent."""
    found = _find()
    if isinstance(found, str):
        raise KernelAbsent(found)
    return found


def absence() -> str | None:
    """Why there is no kernel; None where there is one."""
    found = _find()
    return found if isinstance(found, str) else None


@cache
def _find() -> ModuleType | str:
    try:
        from devnet.kernel import zero_kernel
    except ImportError as error:
        if _ABSENCE.exists():
            return _ABSENCE.read_text(encoding="utf-8").strip()
        return f"it was not built ({error}); install again with a Rust toolchain, or run scripts/build-kernel"
    wanted = interface_hash()
    if wanted != zero_kernel.INTERFACE:
        return (
            f"it was built for another version of this package (interface {zero_kernel.INTERFACE[:12]}, "
            f"wanted {wanted[:12]}); install again"
        )
    return zero_kernel


def interface_hash() -> str:
    """SHA-256 of the interface that this installation knows, with Unix line endings."""
    return sha256(_STUB.read_text(encoding="utf-8").encode("utf-8")).hexdigest()
