"""What `zero_sdk` gives out, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import zero_sdk

HEAVY = (
    "web3",
    "eth",
    "eth_abi",
    "eth_account",
    "eth_utils",
    "rich",
    "aiohttp",
    "asyncio",
    "http.client",
    "typer",
)


def test_the_public_names_are_sorted_and_all_there() -> None:
    assert list(zero_sdk.__all__) == sorted(zero_sdk.__all__)
    assert set(zero_sdk.__all__) == set(zero_sdk._HOMES)
    for name in zero_sdk.__all__:
        value = getattr(zero_sdk, name)
        assert value.__module__ == zero_sdk._HOMES[name]
    assert set(zero_sdk.__all__) <= set(dir(zero_sdk))
    assert not hasattr(zero_sdk, "nothing")


def _loaded(code: str) -> set[str]:
    script = f"{code}\nimport sys\nprint(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_it_imports_next_to_nothing() -> None:
    plain = _loaded("")
    loaded = {name for name in _loaded("import zero_sdk") - plain if not name.startswith("__editable__")}
    assert {name for name in loaded if name.startswith(("zero_sdk", "devnet"))} == {"zero_sdk"}


def test_a_local_network_loads_nothing_heavy() -> None:
    loaded = _loaded("import zero_sdk\nn = zero_sdk.local()\nn.default_zone.send(n.accounts[1], value=1)")
    # py-evm is what the reference engine is made of.
    if "eth" not in loaded:
        assert loaded.isdisjoint(HEAVY)
    assert loaded.isdisjoint({"web3", "eth_account", "rich", "aiohttp"})
