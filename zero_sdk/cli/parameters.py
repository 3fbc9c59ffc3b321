"""Values that the command line takes as words."""

from __future__ import annotations

import json
from typing import Any


def parameter_from(word: str) -> Any:
    """JSON, and what is no JSON is a string."""
    try:
        return json.loads(word)
    except ValueError:
        return word
