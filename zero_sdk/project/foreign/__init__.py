"""Projects of other tools, brought under a zero.toml without moving anything.

find_foreign    which tool's project a folder is, and what its own configuration says
render          the zero.toml that says the same
foundry, hardhat, ape    the readers
"""

from zero_sdk.project.foreign.finding import find_foreign
from zero_sdk.project.foreign.found import Foreign
from zero_sdk.project.foreign.rendering import render

__all__ = ["Foreign", "find_foreign", "render"]
