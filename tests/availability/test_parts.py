"""A network's parts name its coder, and NumPy is loaded where something is dispersed and not before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devnet.availability.dispersal import encode
from devnet.availability.parameters import Parameters
from devnet.parts import EngineChoice, choose_parts


@pytest.mark.parametrize(
    ("choice", "name"), [(EngineChoice.PYEVM, "reference"), (EngineChoice.NATIVE, "native")]
)
def test_the_engines_choice_is_the_coders(choice: EngineChoice, name: str) -> None:
    coder = choose_parts(choice).coder()
    assert coder.name == name
    assert encode(b"batch", Parameters(16, 1), coder).header.length == 5


@pytest.mark.parametrize("module", ["retrieval", "dispersal", "holdings", "sampling", "native"])
def test_only_the_reference_loads_numpy(module: str) -> None:
    check = f"import sys, devnet.parts, devnet.availability.{module}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
