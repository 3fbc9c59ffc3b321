"""A swap on a running network: `python scripts/walk.py`, after `zero compile`."""

import os
import runpy
from pathlib import Path

from eth_abi import encode

import zero_sdk
from zero_sdk import ether
from zero_sdk.compile import load_build
from zero_sdk.messages import Oft, Options
from zero_sdk.project import find_project

HERE = Path(__file__).parent


def main(network):
    pool, gold, silver = runpy.run_path(str(HERE / "deploy.py"))["main"](network).values()
    trader = network.accounts[1]
    assert Oft(gold["alpha"]).send("beta", trader, ether(100)).message.delivered()

    fare = pool.quoteBack(network["beta"].eid)
    least = pool.priceOf(gold["alpha"], ether(10)) * 99 // 100
    sent = Oft(gold["beta"]).send(
        "alpha",
        pool,
        ether(10),
        options=Options().lz_compose(0, 500_000, fare),
        compose=encode(["(address,uint256)"], [(trader.address, least)]),
        sender=trader,
    )
    # With the call to the pool, which its options pay for.
    assert sent.message.delivered()
    (back,) = network.messages(sender=silver["alpha"], receiver=silver["beta"])
    back.wait("delivered")
    brought = silver["beta"].balanceOf(trader)
    print(f"10 gold of beta brought {brought / ether(1):.6f} silver to beta")


if __name__ == "__main__":
    with zero_sdk.connect(os.environ.get("ZERO_RPC_URL", "http://127.0.0.1:8545")) as network:
        network.artifacts.add(load_build(find_project(HERE)))
        main(network)
