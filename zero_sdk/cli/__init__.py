"""The `zero` command: one thin file a command (parse, call, print). `main` is the entry point.

Nothing heavy is imported before a command needs it: `zero --help` must answer in 0.2 s.
"""

from __future__ import annotations

YOUNG_OBJECTS = (10_000, 20, 50)
"""The garbage collector's thresholds. A network makes many objects that stay (its history) and few cycles;
with Python's defaults a tenth of the time went into looking for them."""


def main() -> None:
    """Runs `zero` with the arguments of this process and ends it with the exit code."""
    import gc
    import sys

    # What is imported stays: looking for garbage in it is a tenth of the time that importing takes.
    gc.set_threshold(*YOUNG_OBJECTS)

    from zero_sdk.cli.app import run

    sys.exit(run(sys.argv[1:]))
