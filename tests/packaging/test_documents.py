"""The documents: links lead somewhere, commands exist, options are all explained, promises hold."""

from __future__ import annotations

import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

from zero_sdk.cli.devnet.settings import options
from zero_sdk.cli.reference import reference

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def identifier(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", DOCUMENTS, ids=identifier)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", text)
    assert [target for target in targets if not (path.parent / target).exists()] == []


@pytest.fixture(scope="module")
def known_options() -> frozenset[str]:
    """Every option that some help text names."""
    return frozenset(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", reference()))


@pytest.mark.parametrize("path", DOCUMENTS, ids=identifier)
def test_options_of_zero_in_the_documents_exist(path: Path, known_options: frozenset[str]) -> None:
    for command in re.findall(
        r"(?:^    |`)(?:\.venv/bin/)?(zero (?:devnet|accounts|rpc|doctor|proof|snapshot)[^`\n]*)",
        path.read_text(encoding="utf-8"),
        re.MULTILINE,
    ):
        # What --exec runs, and what is sent, is not ours.
        own = re.sub(r"'[^']*'", "", command)
        used = re.findall(r"(?<=\s)--?[a-z][a-z-]*", own)
        assert [option for option in used if option not in known_options] == [], command


def test_every_option_of_the_devnet_is_explained() -> None:
    text = (ROOT / "docs" / "devnet.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `(--[a-z-]+)` \|", text, re.MULTILINE))
    assert explained == {option.flag for option in options()}


def test_the_example_of_zero_toml_is_valid() -> None:
    text = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    by_key = {option.key: option for option in options()}
    for key, value in tomllib.loads(example)["devnet"].items():
        by_key[key].kind.parse(value)


def test_what_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    paths = re.findall(r"^    ([a-z_]+/[a-z_/]*(?:\.py)?)", text, re.MULTILINE)
    paths += re.findall(r"`((?:devnet|zero_sdk)/[a-z_/]+(?:\.py)?)`", text)
    for part, name in re.findall(r"`(rpc|zone|chain)/([a-z_/]+\.py)`", text):
        paths.append(f"devnet/{part}/{name}")
    assert len(paths) > 15
    assert [path for path in paths if not (ROOT / path).exists()] == []
    names = re.findall(r"`((?:devnet|zero_sdk)(?:\.\w+)+)`", text)
    assert len(names) > 10
    for name in names:
        pkgutil.resolve_name(name)


def test_nothing_prints_an_install_by_name() -> None:
    """The name is not published; what carries it elsewhere belongs to others."""
    texts = [*DOCUMENTS, *(ROOT / "zero_sdk").rglob("*.py"), *(ROOT / "devnet").rglob("*.py")]
    install = re.compile(r"(pip|pipx|uv|uvx|poetry)\s+(install|add|tool|run)?\s*[\"']?(zero[-_]|devnet)")
    found = [identifier(path) for path in texts if install.search(path.read_text(encoding="utf-8"))]
    assert found == []


def test_the_changelog_keeps_its_shape() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[0] == "Unreleased"
    kinds = set(re.findall(r"^### (.+)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
