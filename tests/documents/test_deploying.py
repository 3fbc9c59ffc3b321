"""docs/deploy.md, typed in a project of its own; the devnet is started again where the page says so."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.cli.devnet_process import Devnet
from tests.deploy.contracts import with_packages
from tests.documents.walk import unnamed, walk

PAGE = "deploy.md"
ELSEWHERE = {
    "forge verify-contract": "needs a Foundry project around it: tests/verifying/test_sourcify.py",
}


class Running:
    """A devnet at one port, however often it is started again."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._port = "0"
        self.start_again()

    def start_again(self) -> None:
        self._stack.close()
        devnet = self._stack.enter_context(Devnet("--silent", folder=self._folder, port=self._port))
        self.url = devnet.description["url"]
        self._port = self.url.rpartition(":")[2].strip("/")


@pytest.mark.clients
def test_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    project = tmp_path / "project"
    with_packages(project, "solc", "@openzeppelin/contracts")
    script = project / "scripts" / "deploy.py"

    def change(old: str, new: str) -> None:
        text = script.read_text(encoding="utf-8")
        assert old in text
        script.write_text(text.replace(old, new), encoding="utf-8")

    with ExitStack() as stack:
        devnet = Running(tmp_path, stack)
        typed = walk(
            PAGE,
            project,
            meanwhile={
                "the devnet is started again": devnet.start_again,
                "another supply": lambda: change("1_000_000", "2_000_000"),
                "the supply as it was": lambda: change("2_000_000", "1_000_000"),
            },
            elsewhere=ELSEWHERE,
            appended={"zero.toml": f'\n[networks.devnet]\nurl = "{devnet.url}"\n'},
        )
    assert len(typed) >= 8
    # The script with proxies is typed by tests/deploy/test_proxy_command.py, beside contracts for it.
    [piece] = unnamed(PAGE, "python")
    assert "deploy_proxy(" in piece
