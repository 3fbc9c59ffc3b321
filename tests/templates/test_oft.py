"""The template `oft`, made in an empty folder and typed through; its packages come from npm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.process import zero
from tests.templates.readme import type_everything


@pytest.mark.clients
def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    assert zero("init", "coin", "--template", "oft", folder=tmp_path).code == 0
    typed = {one.line: one for one in type_everything(tmp_path / "coin")}
    assert "@layerzerolabs/oft-evm" in typed["zero install"].err
    assert " passed" in typed["zero test"].out
    deployed = [line.split()[:2] for line in typed["zero deploy"].out.splitlines()]
    assert [words for words in deployed if words[1] == "Token"] == [
        ["alpha", "Token"],
        ["beta", "Token"],
        ["gamma", "Token"],
    ]
    [balance] = [one.out for line, one in typed.items() if line.startswith("zero call Token balanceOf")]
    assert balance == f"{5 * 10**18}\n"
    assert typed["zero call Token totalSupply --zone alpha"].out == f"{(10**6 - 5) * 10**18}\n"
