"""A page of the documents as something to be typed: the files that it writes, the commands that it shows,
and what these print.

- A fenced block whose first line is a comment with nothing but a path (`# scripts/deploy.py`) is that file.
- A block `console` holds commands after `$ `, each with what it prints; `…` stands for anything. Remarks on
  stderr may be shown or not. Where `error [` is shown the command fails.
- `<!-- meanwhile: WORDS -->`, which no reader sees, names something that the test does then.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.templates.readme import PATIENCE, surroundings

DOCUMENTS = Path(__file__).resolve().parents[2] / "docs"
ANYTHING = "\N{HORIZONTAL ELLIPSIS}"

_PART = re.compile(
    r"^```(?P<language>\w+)\n(?P<text>.*?)^```$|^<!-- meanwhile: (?P<words>.*?) -->$",
    re.MULTILINE | re.DOTALL,
)
_PATH = re.compile(r"(?:#|//) ([\w./-]+\.\w+)\n")


@dataclass(frozen=True, slots=True)
class Written:
    """A file that the page writes."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """A line that is typed, and what it prints."""

    line: str
    output: str


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What the test does, by the page's words for it."""

    words: str


Step = Written | Command | Meanwhile


def steps(page: str) -> Iterator[Step]:
    """What a page of docs/ has to be typed, in its order."""
    for part in _PART.finditer((DOCUMENTS / page).read_text(encoding="utf-8")):
        if part["words"] is not None:
            yield Meanwhile(part["words"])
        elif part["language"] == "console":
            for entry in re.split(r"^\$ ", part["text"], flags=re.MULTILINE)[1:]:
                line, output = _split(entry)
                yield Command(line, output)
        elif named := _PATH.match(part["text"]):
            yield Written(named[1], part["text"])


def unnamed(page: str, language: str) -> list[str]:
    """The page's blocks in a language that are no files: pieces, which a walk leaves out."""
    blocks = re.findall(
        rf"^```{language}\n(.*?)^```$",
        (DOCUMENTS / page).read_text(encoding="utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    return [block for block in blocks if not _PATH.match(block)]


def commands(page: str) -> list[str]:
    """The lines of indented blocks that begin with `zero`, without what is said beside them."""
    text = (DOCUMENTS / page).read_text(encoding="utf-8")
    lines = re.findall(r"^    (zero .*)$", text, re.MULTILINE)
    return [re.split(r"\s{2,}", line)[0] for line in lines]


def walk(
    page: str,
    project: Path,
    *,
    meanwhile: Mapping[str, Callable[[], None]] | None = None,
    elsewhere: Mapping[str, str] | None = None,
    appended: Mapping[str, str] | None = None,
) -> list[Command]:
    """Does what the page says in a project's folder, and compares what is printed; gives what was typed.
    `elsewhere` has the commands that this walk does not type, by how they begin, and the reason; `appended`
    what is added to files."""
    typed: list[Command] = []
    left_out = dict(elsewhere or {})
    unused = set(left_out)
    for step in steps(page):
        match step:
            case Written(path, text):
                (project / path).parent.mkdir(parents=True, exist_ok=True)
                (project / path).write_text(text + (appended or {}).get(path, ""), encoding="utf-8")
            case Meanwhile(words):
                (meanwhile or {})[words]()
            case Command(line, output):
                start = next((start for start in left_out if line.startswith(start)), None)
                if line.startswith("cd "):
                    project /= line.removeprefix("cd ")
                elif start is None:
                    check(line, output, project)
                    typed.append(step)
                else:
                    unused.discard(start)
    assert not unused, f"{page} no longer has {sorted(unused)}"
    return typed


def check(line: str, expected: str, folder: Path, variables: Mapping[str, str] | None = None) -> None:
    """Types a line, which must print what is expected."""
    done = subprocess.run(
        line,
        shell=True,
        cwd=folder,
        env=surroundings(folder, variables or {}),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    told = f"{line}\n{done.stdout}{done.stderr}"
    assert (done.returncode != 0) == ("error [" in expected), told
    orders = (done.stdout, done.stdout + done.stderr, done.stderr + done.stdout)
    assert any(fits(printed, expected) for printed in orders), f"{told}\nthe page shows\n{expected}"


def fits(output: str, expected: str) -> bool:
    """Whether the output is the expected one, in which `…` stands for anything."""
    pieces = map(re.escape, expected.split(ANYTHING))
    return re.fullmatch(".*?".join(pieces), output, re.DOTALL) is not None


def _split(entry: str) -> tuple[str, str]:
    """The command, with the lines that it goes on in, and the rest."""
    line, _, output = entry.partition("\n")
    while line.endswith("\\"):
        more, _, output = output.partition("\n")
        line += f"\n{more}"
    return line, output
