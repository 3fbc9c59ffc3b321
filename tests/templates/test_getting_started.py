"""docs/getting-started.md: the walk through a project, typed as it is shown; it prints what is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.cli.devnet_process import Devnet
from tests.templates.readme import run

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "getting-started.md").read_text(encoding="utf-8")


def shown() -> Iterator[tuple[str, str]]:
    """Each command of the walk, with what it prints."""
    for block in re.findall(r"^```console\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL):
        for entry in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = entry.partition("\n")
            yield command, output


def fits(output: str, expected: str) -> bool:
    """`…` stands for anything."""
    return (
        re.fullmatch(".*?".join(map(re.escape, expected.split("\N{HORIZONTAL ELLIPSIS}"))), output, re.DOTALL)
        is not None
    )


def test_the_walk_prints_what_the_text_shows(tmp_path: Path) -> None:
    walk = list(shown())
    first = next(i for i, (command, _) in enumerate(walk) if command == "zero deploy")
    assert [command.split()[1] for command, _ in walk[:first]] == ["init", "init", "hello", "compile", "test"]
    for command, expected in walk[:first]:
        if command == "cd hello":
            tmp_path /= "hello"
        else:
            check(command, expected, tmp_path)
    with Devnet("--silent", folder=tmp_path) as devnet:
        url = devnet.description["url"]
        with (tmp_path / "zero.toml").open("a", encoding="utf-8") as config:
            # On its usual port it may not be alone here.
            config.write(f'\n[networks.devnet]\nurl = "{url}"\n')
        for command, expected in walk[first:]:
            check(command, expected, tmp_path)
        [program] = re.findall(r"^```python\n(import zero_sdk\n.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
        (tmp_path / "ask.py").write_text(program.replace("connect()", f'connect("{url}")'), encoding="utf-8")
        assert run("python ask.py", tmp_path, {}).out == "Good evening\n"


def check(command: str, expected: str, folder: Path) -> None:
    typed = run(command, folder, {})
    # Remarks on stderr may be shown or not; where nothing is shown, there is no result either.
    is_right = fits(typed.out, expected) or fits(typed.out + typed.err, expected)
    assert is_right, f"{command}\n{typed.out}{typed.err}"
