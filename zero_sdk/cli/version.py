"""The version of this distribution, and of what runs it."""

from __future__ import annotations

DISTRIBUTION = "zero-zones"


def version() -> str:
    """As installed; "unknown" where the package runs without being installed."""
    from importlib import metadata

    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "unknown"


def version_line() -> str:
    """What `zero --version` prints."""
    import platform

    return f"zero {version()} (Python {platform.python_version()}, {platform.system()} {platform.machine()})"
