"""docs/zero-toml.md says what the code reads, no more and no less."""

from __future__ import annotations

import re
from pathlib import Path

from zero_sdk.project.keys import keys_of
from zero_sdk.project.reading import SECTIONS as ALLOWED
from zero_sdk.project.reading import config_from
from zero_sdk.project.reference import SECTIONS, with_tables
from zero_sdk.project.zero_toml import read_zero_toml

DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "zero-toml.md").read_text(encoding="utf-8")


def test_the_tables_are_those_of_the_dataclasses() -> None:
    assert with_tables(DOCUMENT) == DOCUMENT, "run `python -m zero_sdk.project.reference docs/zero-toml.md`"


def test_every_section_has_its_table() -> None:
    assert re.findall(r"<!-- keys: (\S+) -->", DOCUMENT) == list(SECTIONS)
    assert {name.partition(".")[0] for name in SECTIONS} | {"devnet"} == set(ALLOWED)
    assert re.findall(r"^## \[(\w+)", DOCUMENT, re.MULTILINE) == list(ALLOWED)


def test_every_key_has_a_row() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \|", DOCUMENT, re.MULTILINE)
    assert rows == [key.name for section in SECTIONS.values() for key in keys_of(section)]


def test_the_example_is_read(tmp_path: Path) -> None:
    [example] = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    (tmp_path / "zero.toml").write_text(example, encoding="utf-8")
    config = config_from(read_zero_toml(tmp_path / "zero.toml"))
    assert config.networks["live"].zones["beta"].eid == 40231
    assert config.solidity.overrides[0].version == "0.5.16"
