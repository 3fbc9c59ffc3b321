"""The page in a browser, on the network of these tests: page.test.mjs clicks, this looks at the chain."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NO_BROWSER = 77


@pytest.fixture(scope="module")
def books(deploy, zones):
    """A guestbook in each zone."""
    return {name: deploy("Guestbook", zone=name) for name in zones}


@pytest.fixture(scope="module")
def page(books, server):
    """The folder with the page, made for this network. It is inside the project, where node_modules is."""
    folder = ROOT / "build" / "page"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT / "web", folder, ignore=shutil.ignore_patterns("contracts", "dist"))
    addresses = folder / "addresses.json"
    addresses.write_text(json.dumps({"Guestbook": {name: book.address for name, book in books.items()}}))
    export = ["export", "--ts", "--network", server.url, "--addresses", addresses]
    subprocess.run(
        [sys.executable, "-m", "zero_sdk", *export, "--out", folder / "contracts"], cwd=ROOT, check=True
    )
    return folder


def test_a_visitor_signs_in_both_zones(page, books, accounts):
    done = subprocess.run(
        ["node", "--test", ROOT / "tests" / "page.test.mjs"],
        cwd=page,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if f"no browser: {NO_BROWSER}" in done.stdout:
        pytest.skip("there is no browser: `npx playwright-core install chromium` gets one")
    assert done.returncode == 0, done.stdout + done.stderr
    words = {name: [(entry.words, entry.guest) for entry in book.newest(9)] for name, book in books.items()}
    assert words == {
        "alpha": [("Hello <b>alpha</b>", accounts[0])],
        "beta": [("And again", accounts[0]), ("Hello beta", accounts[0])],
    }
