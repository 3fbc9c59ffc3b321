"""`zero deploy` runs this. Each step happens once, however often the script runs."""

from zero_sdk import ether

CAP = ether(1_000_000)


def main(network, owner=None):
    """One token in each zone. `owner` mints; the devnet's first account where none is given."""
    tokens = {}
    for zone in network:
        minter = owner or network.accounts[0]
        tokens[zone.name] = zone.deploy("Token", "{{name}}", "TKN", CAP, minter)
    return tokens
