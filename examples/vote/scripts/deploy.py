"""`zero deploy` runs this: a poll that begins now, counted in the first zone."""

from zero_sdk.messages import Options, wire

ENDPOINT = "0x1a44076050125825900e736c501f859c50fE728c"
REPORT = 1
LASTS = 3600
"""Seconds."""


def main(network, voters=None, end=None):
    """`voters` are by zone: accounts with their weights. By default the devnet's accounts have one each."""
    owner = network.accounts[0]
    home = next(iter(network)).eid
    until = end or max(zone.timestamp for zone in network) // LASTS * LASTS + 2 * LASTS
    polls = {}
    for zone in network:
        people = voters[zone.name] if voters else dict.fromkeys(network.accounts, 1)
        polls[zone.name] = zone.deploy(
            "Poll", ENDPOINT, owner, home, until, len(network), list(people), list(people.values())
        )
    wire(polls, enforced={REPORT: Options().lz_receive(200_000)})
    return polls
