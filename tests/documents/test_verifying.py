"""docs/verifying.md, typed beside a devnet."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

from devnet.verifying.report import Lie
from tests.cli.devnet_process import Devnet
from tests.documents.walk import DOCUMENTS, Command, Meanwhile, check, steps, unnamed

PAGE = "verifying.md"


def test_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    typed = []
    with ExitStack() as stack:
        devnet = stack.enter_context(Devnet("--silent", "--data-dir", "data", folder=tmp_path))
        variables = {"ZERO_RPC_URL": devnet.description["url"]}
        for step in steps(PAGE):
            match step:
                case Command(line, output):
                    check(line, output, tmp_path, variables)
                    typed.append(line)
                case Meanwhile("the devnet is stopped"):
                    stack.close()
    assert len(typed) == 5
    (piece,) = unnamed(PAGE, "python")
    exec(compile(piece, PAGE, "exec"), {})


def test_the_example_of_kept_data_runs() -> None:
    (piece,) = unnamed("availability.md", "python")
    exec(compile(piece, "availability.md", "exec"), {})


def test_every_lie_has_its_name_on_the_page() -> None:
    text = (DOCUMENTS / PAGE).read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z ]+)`", text))
    assert {lie.value for lie in Lie} <= named
