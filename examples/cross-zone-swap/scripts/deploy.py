"""`zero deploy` runs this: two tokens in every zone, and the pool in the first."""

from zero_sdk import ether
from zero_sdk.messages import Options, wire

ENDPOINT = "0x1a44076050125825900e736c501f859c50fE728c"
SEND, SEND_AND_CALL = 1, 2
SUPPLY = ether(1_000_000)
RESERVE = ether(1000)


def main(network):
    owner = network.accounts[0]
    found = {}
    for name in ("GOLD", "SILVER"):
        coins = {}
        for zone in network:
            coins[zone.name] = zone.deploy("Coin", name, ENDPOINT, owner, SUPPLY if not coins else 0)
        gas = Options().lz_receive(200_000)
        wire(coins, enforced={SEND: gas, SEND_AND_CALL: gas})
        found[name] = coins
    home = next(iter(network))
    gold, silver = (found[name][home.name] for name in ("GOLD", "SILVER"))
    pool = home.deploy("Pool", ENDPOINT, gold, silver)
    for coin in (gold, silver):
        coin.approve(pool, RESERVE)
    pool.add(RESERVE, RESERVE)
    return {"pool": pool, "gold": found["GOLD"], "silver": found["SILVER"]}
