"""`zero init NAME`: what it writes, and what it refuses to."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.cli.process import PATIENCE, environment, zero
from zero_sdk.scaffolding.templates import templates

ROOT = Path(__file__).resolve().parents[2]
EVERY = ["contracts", "scripts", "tests", "README.md", "AGENTS.md", ".gitignore", ".vscode", "zero.toml"]


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_the_list_names_every_template_with_what_it_is(tmp_path: Path) -> None:
    listed = zero("init", "--list", folder=tmp_path)
    assert listed.code == 0
    names = [line.split()[0] for line in listed.out.splitlines()]
    assert names[0] == "hello"
    assert set(names) == {path.parent.name for path in (ROOT / "templates").glob("*/template.toml")}
    as_json = json.loads(zero("init", "--list", "--json", folder=tmp_path).out)
    assert [entry["name"] for entry in as_json] == names
    assert all(len(entry["summary"]) > 20 for entry in as_json)


@pytest.mark.parametrize("template", [template.name for template in templates()])
def test_every_template_is_a_whole_project_under_its_own_name(template: str, tmp_path: Path) -> None:
    made = zero("init", "my-Own_1", "-t", template, "--json", folder=tmp_path)
    assert made.code == 0, made.err
    project = tmp_path / "my-Own_1"
    assert [name for name in EVERY if not (project / name).exists()] == []
    assert sorted(json.loads(made.out)["files"]) == sorted(contents(project))
    assert tomllib.loads((project / "zero.toml").read_text())["project"]["name"] == "my-Own_1"
    assert (project / "README.md").read_text().startswith("# my-Own_1\n")
    names = [part for path in contents(project) for part in path.split("/")]
    assert [name for name in names if name.startswith("dot-") or name.endswith(".template")] == []
    assert [path for path, data in contents(project).items() if b"{{name}}" in data] == []


@pytest.mark.parametrize("plugin", ["asyncio", "no:asyncio"])
@pytest.mark.parametrize("template", [template.name for template in templates()])
def test_pytest_has_nothing_to_say_about_the_configuration(
    template: str, plugin: str, tmp_path: Path
) -> None:
    """With pytest-asyncio or without it, which the template cannot know."""
    assert zero("init", "made", "-t", template, folder=tmp_path).code == 0
    (tmp_path / "made" / "tests" / "test_nothing.py").write_text("def test_nothing():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", plugin, "tests/test_nothing.py"]
    done = subprocess.run(
        command,
        cwd=tmp_path / "made",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 passed" in done.stdout
    assert "warning" not in done.stdout.lower()


@pytest.mark.parametrize("template", [template.name for template in templates()])
def test_what_comes_next_is_in_the_readme(template: str) -> None:
    [found] = [one for one in templates() if one.name == template]
    shown = re.findall(r"^    (\S.*)$", (found.folder / "README.md").read_text(), re.MULTILINE)
    assert len(found.steps) >= 3
    assert [step for step in found.steps if step.split("  ")[0] not in shown] == []


def test_nothing_is_overwritten_unless_that_is_asked_for(tmp_path: Path) -> None:
    project = tmp_path / "hello"
    project.mkdir()
    (project / "zero.toml").write_text("# mine\n")
    (project / "mine.txt").write_text("mine\n")
    before = contents(project)
    refused = zero("init", "hello", folder=tmp_path)
    assert (refused.code, refused.err.split("]")[0]) == (2, "error [ZERO-2303")
    assert "zero.toml" in refused.err
    assert contents(project) == before
    assert zero("init", "hello", "--force", folder=tmp_path).code == 0
    after = contents(project)
    assert after["mine.txt"] == b"mine\n"
    assert b"[project]" in after["zero.toml"]


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    project = tmp_path / "hello"
    project.mkdir()
    (project / "README.md").symlink_to(tmp_path / "elsewhere")
    assert zero("init", "hello", folder=tmp_path).code == 2
    assert not (tmp_path / "elsewhere").exists()


def test_a_dot_is_the_folder_one_is_in(tmp_path: Path) -> None:
    project = tmp_path / "mine"
    (project / ".venv").mkdir(parents=True)
    assert zero("init", ".", folder=project).code == 0
    assert tomllib.loads((project / "zero.toml").read_text())["project"]["name"] == "mine"


@pytest.mark.parametrize("name", ["2fast", "a b", "-", "x" * 65, "\xe9t\xe9", "a.b"])
def test_names_that_tools_would_not_take_are_refused(name: str, tmp_path: Path) -> None:
    refused = zero("init", "--", name, folder=tmp_path)
    assert (refused.code, refused.err.split("]")[0]) == (2, "error [ZERO-2304")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["x", "--template", "no-such"], "ZERO-2305"),
        ([], "ZERO-1002"),
        (["x", "--list"], "ZERO-1002"),
        (["x", "--here"], "ZERO-1002"),
        (["--template", "hello"], "ZERO-1002"),
    ],
)
def test_what_cannot_be_meant_is_refused(words: list[str], code: str, tmp_path: Path) -> None:
    refused = zero("init", *words, folder=tmp_path)
    assert (refused.code, refused.err.split("]")[0]) == (2, f"error [{code}")
    assert list(tmp_path.iterdir()) == []
