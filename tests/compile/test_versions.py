"""Ranges of versions mean what they mean to npm, whose own parser is asked."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.clients import tools
from zero_sdk.compile.versions import Version, VersionRange, is_contradiction, newest

RANGES = (
    *(
        "0.8.20",
        "=0.8.20",
        "= 0.8.20",
        "v0.8.20",
        "^0.8.20",
        "^0.8",
        "^0",
        "^0.0.3",
        "^0.0",
        "^1.2.3",
        "^1.2",
    ),
    *("~0.8.20", "~0.8", "~0", "~1.2.3", ">=0.4.22 <0.9.0", ">= 0.4.22 < 0.9.0", ">0.5.0", ">0.5", ">1"),
    *("<0.8", "<=0.8", "<=0.8.4", "0.8.x", "0.8.*", "0.x", "*", "x", "", "0.8", "1"),
    *("^0.5.0 || ^0.7.0", "0.4.26||0.8.1", "0.5.0 - 0.7.6", "0.5 - 0.7", ">=0.8.0 ^0.8.4", "^0.8.0 <0.8.20"),
    *("<0.5.0 >=0.7.0", ">=1.2.3 || ~0.8.3 <0.8.9"),
)
VERSIONS = [
    *(f"0.{minor}.{patch}" for minor in (0, 4, 5, 6, 7, 8, 9) for patch in (0, 1, 2, 3, 4, 8, 9, 20, 22, 26)),
    *("1.0.0", "1.2.2", "1.2.3", "1.3.0", "2.0.0"),
]


@pytest.mark.clients
def test_a_range_holds_the_versions_that_npm_says() -> None:
    script = (
        f"const semver = require({json.dumps(str(tools.node_module('semver')))});"
        "const [ranges, versions] = JSON.parse(require('fs').readFileSync(0, 'utf8'));"
        "console.log(JSON.stringify(ranges.map(r => versions.filter(v => semver.satisfies(v, r)))));"
    )
    asked = subprocess.run(
        [tools.node(), "-e", script],
        input=json.dumps([RANGES, VERSIONS]),
        capture_output=True,
        text=True,
        check=True,
    )
    said = dict(zip(RANGES, json.loads(asked.stdout), strict=True))
    ours = {
        text: [version for version in VERSIONS if Version.parse(version) in VersionRange.parse(text)]
        for text in RANGES
    }
    assert ours == said


def test_comparators_need_no_blank_between_them() -> None:
    """npm refuses this; solc takes it (test_choice.py compiles it)."""
    joined = VersionRange.parse(">=0.6.0<0.9.0")
    assert (Version(0, 8, 37) in joined, Version(0, 9, 0) in joined) == (True, False)


@pytest.mark.parametrize("text", ["0.8.20.1", "latest", "^", "0.8.20 foo", ">>0.8", "0.8.20-", "a.b.c"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="range"):
        VersionRange.parse(text)


def test_an_exact_range_names_its_version() -> None:
    assert VersionRange.parse("=0.5.16").exact() == Version(0, 5, 16)
    assert VersionRange.parse("^0.5.16").exact() is None
    assert VersionRange.parse("0.5.16 || 0.5.17").exact() is None


def test_the_newest_version_that_all_ranges_hold() -> None:
    versions = [Version(0, 8, patch) for patch in range(30)]
    ranges = [VersionRange.parse("^0.8.0"), VersionRange.parse("<=0.8.19"), VersionRange.parse(">0.4")]
    assert newest(versions, ranges) == Version(0, 8, 19)
    assert newest(versions, [VersionRange.parse("^0.7.0")]) is None


def test_ranges_that_exclude_each_other_contradict() -> None:
    def contradict(*texts: str) -> bool:
        return is_contradiction([VersionRange.parse(text) for text in texts])

    assert contradict("^0.8.0", "^0.7.0")
    assert contradict("^0.8.0 || ^0.6.0", "0.7.6")
    assert not contradict("^0.8.0 || ^0.7.0", "0.7.6")
    # There is no 0.9.5 yet, but there may be.
    assert not contradict("^0.9.0", ">=0.9.5")


def test_versions_are_read_with_their_build() -> None:
    assert str(Version.parse("0.8.28+commit.7893614a")) == "0.8.28"
    with pytest.raises(ValueError, match=r"0\.8"):
        Version.parse("0.8")
