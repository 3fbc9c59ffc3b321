"""`zero accounts`."""

from __future__ import annotations

import json
from pathlib import Path

from eth_account import Account

from tests.cli.process import zero

FIRST = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


def test_the_well_known_accounts_are_printed_with_their_keys(tmp_path: Path) -> None:
    ended = zero("accounts", folder=tmp_path)
    lines = [line.split() for line in ended.out.splitlines()]
    assert (ended.code, ended.err, len(lines), lines[0][0]) == (0, "", 10, FIRST)
    assert [Account.from_key(key).address for _, key in lines] == [address for address, _ in lines]


def test_json_tells_where_they_come_from(tmp_path: Path) -> None:
    told = json.loads(zero("accounts", "--json", "-a", "2", folder=tmp_path).out)
    assert told["derivationPath"] == "m/44'/60'/0'/0/"
    assert told["accounts"][0]["address"] == FIRST
    assert len(told["accounts"]) == 2


def test_random_words_come_with_the_accounts_and_give_them_again(tmp_path: Path) -> None:
    told = json.loads(zero("accounts", "--json", "--mnemonic-random", folder=tmp_path).out)
    again = json.loads(zero("accounts", "--json", "-m", told["mnemonic"], folder=tmp_path).out)
    other = json.loads(zero("accounts", "--json", "--mnemonic-random", folder=tmp_path).out)
    assert again == told
    assert other["accounts"] != told["accounts"]


def test_zero_toml_says_which_accounts_a_project_has(tmp_path: Path) -> None:
    (tmp_path / "zero.toml").write_text("[devnet]\naccounts = 3\n", encoding="utf-8")
    assert len(zero("accounts", folder=tmp_path).out.splitlines()) == 3


def test_bad_words_and_paths_are_explained(tmp_path: Path) -> None:
    for arguments in (("--mnemonic", "zero zero"), ("--derivation-path", "44/60")):
        ended = zero("accounts", *arguments, folder=tmp_path)
        assert (ended.code, ended.out) == (2, "")
        assert arguments[0] in ended.err


def test_bad_words_are_blamed_on_where_they_come_from(tmp_path: Path) -> None:
    ended = zero("accounts", folder=tmp_path, variables={"ZERO_MNEMONIC": "bad"})
    assert (ended.code, ended.out) == (2, "")
    assert "ZERO_MNEMONIC: a mnemonic has 12, 15" in ended.err
    (tmp_path / "zero.toml").write_text('[devnet]\n\nderivation-path = "44/60"\n', encoding="utf-8")
    ended = zero("accounts", folder=tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "zero.toml:3: derivation-path: " in ended.err
