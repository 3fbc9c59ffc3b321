"""Genesis holds the contracts that tools and specifications expect, where they expect them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from eth_utils.address import to_checksum_address

from devnet.chain.keccak import keccak256
from devnet.chain.rules import Fork
from devnet.chain.settlement_head import SettlementHead
from devnet.chain.types import Hash32
from devnet.contracts import addresses, artifacts
from devnet.contracts.genesis import system_accounts

HEAD = SettlementHead(height=0, root=Hash32(b"\x01" * 32), slot=0, zone_count=3)


def test_deployment_proxy_has_the_code_hash_that_forge_checks() -> None:
    code = system_accounts(Fork.OSAKA, HEAD)[addresses.DEPLOYMENT_PROXY].code
    assert keccak256(code).hex() == "2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989"


def test_eip_contracts_are_what_an_independent_implementation_holds() -> None:
    from eth.vm.forks.cancun import constants as cancun
    from eth.vm.forks.prague import constants as prague

    accounts = system_accounts(Fork.OSAKA, HEAD)
    assert accounts[cancun.BEACON_ROOTS_ADDRESS].code == cancun.BEACON_ROOTS_CONTRACT_CODE
    assert accounts[prague.HISTORY_STORAGE_ADDRESS].code == prague.HISTORY_STORAGE_CONTRACT_CODE


@pytest.mark.parametrize(
    ("fork", "expected"),
    [
        (Fork.PARIS, set()),
        (Fork.SHANGHAI, set()),
        (Fork.CANCUN, {addresses.BEACON_ROOTS}),
        (Fork.PRAGUE, {addresses.BEACON_ROOTS, addresses.HISTORY_STORAGE}),
        (Fork.OSAKA, {addresses.BEACON_ROOTS, addresses.HISTORY_STORAGE}),
    ],
)
def test_eip_contracts_come_with_the_fork_that_calls_them(fork: Fork, expected: set[bytes]) -> None:
    always = {addresses.SETTLEMENT_ROOTS, addresses.MULTICALL3, addresses.DEPLOYMENT_PROXY}
    assert set(system_accounts(fork, HEAD)) == expected | always


def test_every_genesis_contract_counts_as_created() -> None:
    for account in system_accounts(Fork.OSAKA, HEAD).values():
        assert account.nonce == 1
        assert account.code


def test_compiled_code_runs_on_the_oldest_fork() -> None:
    """PUSH0 (0x5f) is Shanghai's; an instruction walk must not meet it."""
    for name in artifacts.names():
        code, position = artifacts.load(name).runtime, 0
        while position < len(code):
            opcode = code[position]
            assert opcode != 0x5F, f"{name} has PUSH0 at {position}"
            position += 1 + (opcode - 0x5F if 0x60 <= opcode <= 0x7F else 0)


def test_own_addresses_read_as_the_documentation_says() -> None:
    assert addresses.own_address(1) == addresses.SETTLEMENT_ROOTS
    assert (
        to_checksum_address(addresses.SETTLEMENT_ROOTS).lower()
        == "0x5a45524f00000000000000000000000000000001"
    )
    assert addresses.SETTLEMENT_ROOTS[:4] == b"ZERO"


@pytest.mark.parametrize("number", [0, -1, 1 << 32])
def test_own_address_refuses_numbers_that_do_not_fit(number: int) -> None:
    with pytest.raises(ValueError, match="contract number"):
        addresses.own_address(number)


def test_genesis_needs_no_heavy_import() -> None:
    code = (
        "import sys; import devnet.contracts.genesis as g, devnet.chain.rules as r"
        "; import devnet.zone.messages as m\n"
        "g.system_accounts(r.Fork.OSAKA, m.SettlementHead(0, bytes(32), 0, 1))\n"
        "heavy = {'web3', 'eth', 'eth_account', 'eth_abi', 'eth_utils'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
