"""Where compilers are kept: in the user's cache folder, for all projects."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "ZERO_CACHE_DIR"


def cache_folder() -> Path:
    """The folder of everything that can be got again; $ZERO_CACHE_DIR names another."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("zero-zones", appauthor=False)


def compilers_folder() -> Path:
    """`compilers` in the cache folder."""
    return cache_folder() / "compilers"
