"""docs/getting-started.md: the walk through a project, typed as it is shown; it prints what is shown."""

from __future__ import annotations

from pathlib import Path

from tests.cli.devnet_process import Devnet
from tests.documents.walk import Command, check, steps, unnamed
from tests.templates.readme import run

PAGE = "getting-started.md"


def test_the_walk_prints_what_the_text_shows(tmp_path: Path) -> None:
    shown = [step for step in steps(PAGE) if isinstance(step, Command)]
    first = next(at for at, command in enumerate(shown) if command.line == "zero deploy")
    assert [one.line.split()[1] for one in shown[:first]] == ["init", "init", "hello", "compile", "test"]
    for command in shown[:first]:
        if command.line == "cd hello":
            tmp_path /= "hello"
        else:
            check(command.line, command.output, tmp_path)
    with Devnet("--silent", folder=tmp_path) as devnet:
        url = devnet.description["url"]
        with (tmp_path / "zero.toml").open("a", encoding="utf-8") as config:
            # On its usual port it may not be alone here.
            config.write(f'\n[networks.devnet]\nurl = "{url}"\n')
        for command in shown[first:]:
            check(command.line, command.output, tmp_path)
        [program] = [block for block in unnamed(PAGE, "python") if block.startswith("import zero_sdk\n")]
        (tmp_path / "ask.py").write_text(program.replace("connect()", f'connect("{url}")'), encoding="utf-8")
        assert run("python ask.py", tmp_path, {}).out == "Good evening\n"
