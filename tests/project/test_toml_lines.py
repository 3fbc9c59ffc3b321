"""The line of every key, whatever TOML allows around it."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zero_sdk.project.toml_lines import key_lines

DOCUMENT = """\
# [not.a] = "header"
title = "x [a] # no comment"   # a comment with "quotes
"quoted key".inner = 1
'literal "key"' = 2
text = \"\"\"
[not.a.table]
key = 1 \\\"""
\"\"\"\"\"
literal = '''
# '' ''
'''''
[networks.live] # here
url = "https://x"
zones.alpha.url = "1"
  [networks.live.zones."be ta"]
  "u\\u0072l" = "2"
[[solidity.overrides]]
path = "a"
[[solidity.overrides]]

path = "b"
settings = { optimizer = { enabled = true }, list = [1, "],", { deep = [ ] }] }
[solidity.overrides.inner]
x = 1979-05-27 07:32:00
[tail]
list = [
  1, # ]
  [ "two",
    { three = 3 } ],
]
"""


def test_every_form_of_key_is_found() -> None:
    lines = key_lines(DOCUMENT)
    assert {
        ("title",): 2,
        ("quoted key", "inner"): 3,
        ('literal "key"',): 4,
        ("text",): 5,
        ("literal",): 9,
        ("networks", "live"): 12,
        ("networks", "live", "url"): 13,
        ("networks", "live", "zones", "alpha", "url"): 14,
        ("networks", "live", "zones", "be ta"): 15,
        ("networks", "live", "zones", "be ta", "url"): 16,
        ("solidity", "overrides", 0, "path"): 18,
        ("solidity", "overrides", 1): 19,
        ("solidity", "overrides", 1, "path"): 21,
        ("solidity", "overrides", 1, "settings", "optimizer", "enabled"): 22,
        ("solidity", "overrides", 1, "settings", "list", 2, "deep"): 22,
        ("solidity", "overrides", 1, "inner", "x"): 24,
        ("tail", "list", 0): 27,
        ("tail", "list", 1, 0): 28,
        ("tail", "list", 1, 1, "three"): 29,
    }.items() <= dict(lines).items()


def paths_of(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    if isinstance(value, dict | list):
        items: Any = value.items() if isinstance(value, dict) else enumerate(value)
        return {found for name, item in items for found in ((*path, name), *paths_of(item, (*path, name)))}
    return set()


def test_the_paths_are_those_that_the_parser_finds() -> None:
    assert set(key_lines(DOCUMENT)) == paths_of(tomllib.loads(DOCUMENT))


@pytest.mark.parametrize(
    "text", ["", "# only a comment", "a=1", "[a]", "a=[]\r\nb={}\r\n", "a = ''''''\nb = \"\"\"\"\"\"\n"]
)
def test_small_documents(text: str) -> None:
    assert set(key_lines(text)) == paths_of(tomllib.loads(text))


# ---------------------------------------------------------------- any document


def quoted(words: str) -> str:
    escaped = "".join(f"\\U{ord(c):08x}" if ord(c) < 32 or c in '"\\\x7f' else c for c in words)
    return f'"{escaped}"'


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
keys = st.one_of(st.from_regex(r"[A-Za-z0-9_-]{1,4}", fullmatch=True), words.map(quoted))
scalars = st.one_of(
    st.integers(-9, 9).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    words.map(quoted),
    st.text("a\"]#'}\n=[", max_size=6).map(lambda text: '"""\n' + text.replace('"', '\\"') + '"""'),
    st.text('a"]#},[=\n', max_size=6).map(lambda text: "'''" + text + "'''"),
    st.just("1979-05-27 07:32:00"),
)
gaps = st.sampled_from(["", " ", "\n", " # ] } \" '\n", "\n\n"])
inline = st.recursive(
    scalars,
    lambda item: st.one_of(
        st.lists(st.tuples(gaps, item, gaps).map("".join), max_size=3).map(
            lambda items: f"[{','.join(items)}]"
        ),
        st.lists(st.tuples(keys, item), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=6,
)
dotted = st.lists(keys, min_size=1, max_size=3).map(" . ".join)
statements = st.one_of(
    st.tuples(dotted, inline).map(lambda pair: f"{pair[0]} = {pair[1]}"),
    dotted.map("[{}]".format),
    dotted.map("[[ {} ]]".format),
    st.just("# [x] = 'y"),
)


@given(st.lists(statements, max_size=8), st.sampled_from(["\n", "\r\n"]))
def test_any_document_gives_the_parsers_paths_and_lines_within_it(lines: list[str], newline: str) -> None:
    text = newline.join(lines)
    try:
        expected = paths_of(tomllib.loads(text))
    except tomllib.TOMLDecodeError:
        return
    found = key_lines(text)
    assert set(found) == expected
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
