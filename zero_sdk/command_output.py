"""What another program prints, asked for without trusting that it is there."""

from __future__ import annotations

import subprocess


def output_of(command: list[str], seconds: float) -> str:
    """The command's stdout, empty where it cannot be started or has not ended after `seconds`."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout
