"""What is wrong with artifacts that were given."""

from __future__ import annotations


class ArtifactError(ValueError):
    """What was given is no artifact; the message says what is wrong."""
