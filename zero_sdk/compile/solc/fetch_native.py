"""A process of its own that lets py-solc-x download a compiler, so that it can be given up after a while.

    python -m zero_sdk.compile.solc.fetch_native [--check] VERSION

The folder is $SOLCX_BINARY_PATH. With --check it only looks whether the server has the version.
$ZERO_SOLC_MIRROR names another server: a URL in which the first {} becomes the operating system and the
second {} the file.
"""

from __future__ import annotations

import os
import sys


def main(arguments: list[str]) -> int:
    from solcx import install

    if mirror := os.environ.get("ZERO_SOLC_MIRROR"):
        install.BINARY_DOWNLOAD_BASE = mirror
    *options, version = arguments
    if "--check" in options:
        there = {str(known) for known in install.get_installable_solc_versions()}
        return 0 if version in there else 1
    install.install_solc(version)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
