"""The template `erc20`, made in an empty folder and typed through; its packages come from npm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.process import zero
from tests.templates.readme import type_everything


@pytest.mark.clients
def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    assert zero("init", "token", "--template", "erc20", folder=tmp_path).code == 0
    typed = {one.line: one for one in type_everything(tmp_path / "token")}
    assert "@openzeppelin/contracts" in typed["zero install"].err
    assert " passed" in typed["zero test"].out
    deployed = [line.split()[:2] for line in typed["zero deploy"].out.splitlines()]
    assert deployed == [["alpha", "Token"], ["beta", "Token"]]
    balances = {
        line.split()[-1]: one.out
        for line, one in typed.items()
        if line.startswith("zero call Token balanceOf")
    }
    assert balances == {"beta": f"{5 * 10**18}\n", "alpha": "0\n"}
