"""`zero console` at a terminal: IPython's prompt where it is installed, Python's own otherwise."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.cli.process import PATIENCE, environment

if sys.platform == "win32":
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import pexpect

_CODES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r")


class Terminal:
    """The command in a terminal; what it shows is read without colours and movements."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._shown = ""
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "zero_sdk", "console", "--network", "local", *options],
            cwd=str(folder),
            env=environment({"TERM": "xterm", "HOME": str(folder), "IPYTHONDIR": str(folder / "ipython")}),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(40, 200),
        )

    def wait_for(self, text: str) -> str:
        """Reads until the text is there; gives what came before it."""
        while text not in self._shown:
            self._shown = _CODES.sub("", self._shown + self.child.read_nonblocking(4096, PATIENCE))
        before, _, self._shown = self._shown.partition(text)
        return before

    def type(self, line: str) -> None:
        self.child.send(line + "\r")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "zero.toml").write_text('[accounts]\nbank = { env = "NOBODYS_KEY" }\n', encoding="utf-8")
    return tmp_path


def test_ipython_has_the_network_in_scope_and_keeps_it(folder: Path) -> None:
    import IPython

    assert IPython.__version__
    terminal = Terminal(folder)
    terminal.wait_for("network, zone, zones, accounts, contracts, ether, gwei")
    terminal.wait_for("In [1]:")
    terminal.type("alpha.send(accounts[1], value=ether(2)).status + 40")
    terminal.wait_for("Out[1]: 41")
    terminal.wait_for("In [2]:")
    terminal.type("beta.balance(accounts[1]) - alpha.balance(accounts[1])")
    terminal.wait_for("Out[2]: -2000000000000000000")
    terminal.wait_for("In [3]:")
    terminal.type("exit")
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0


def test_pythons_own_prompt_does_the_same(folder: Path) -> None:
    terminal = Terminal(folder, "--plain")
    terminal.wait_for("network, zone, zones, accounts, contracts, ether, gwei")
    terminal.wait_for(">>> ")
    terminal.type("alpha.send(accounts[1], value=ether(2)).status + 40")
    terminal.wait_for("\n41")
    terminal.wait_for(">>> ")
    terminal.child.sendeof()
    terminal.child.expect(pexpect.EOF)
    terminal.child.close()
    assert terminal.child.exitstatus == 0
