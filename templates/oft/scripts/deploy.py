"""`zero deploy` runs this. Each step happens once, however often the script runs."""

from zero_sdk import ether
from zero_sdk.messages import Options, wire

ENDPOINT = "0x1a44076050125825900e736c501f859c50fE728c"
SUPPLY = ether(1_000_000)
SEND, SEND_AND_CALL = 1, 2
"""Types of messages of an OFT."""
GAS = 150_000


def main(network, owner=None):
    """The token in each zone, all of it in the first one at first. `owner` may change who believes whom."""
    who = owner or network.accounts[0]
    tokens = {}
    for zone in network:
        supply = SUPPLY if not tokens else 0
        tokens[zone.name] = zone.deploy("Token", "{{name}}", "TKN", ENDPOINT, who, supply)
    wire(tokens, enforced={kind: Options().lz_receive(GAS) for kind in (SEND, SEND_AND_CALL)})
    return tokens
