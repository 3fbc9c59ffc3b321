"""The template `oapp`, made in an empty folder and typed through; its packages come from npm."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.process import zero
from tests.templates.readme import type_everything


@pytest.mark.clients
@pytest.mark.full
def test_everything_that_the_readme_says_works(tmp_path: Path) -> None:
    assert zero("init", "texts", "--template", "oapp", folder=tmp_path).code == 0
    typed = {one.line: one for one in type_everything(tmp_path / "texts")}
    assert "@layerzerolabs/oapp-evm" in typed["zero install"].err
    assert " passed" in typed["zero test"].out
    deployed = [line.split()[:2] for line in typed["zero deploy"].out.splitlines()]
    assert [words for words in deployed if words[1] == "Messenger"] == [
        ["alpha", "Messenger"],
        ["beta", "Messenger"],
        ["gamma", "Messenger"],
    ]
    assert "Hello from alpha" in typed["zero call Messenger texts 0 --zone beta"].out
    assert "delivered" in typed["zero message list"].out
