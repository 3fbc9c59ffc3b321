"""`zero deploy` runs this: the vault in the first zone, the bank in the second."""

from zero_sdk import ether
from zero_sdk.messages import Options, wire

ENDPOINT = "0x1a44076050125825900e736c501f859c50fE728c"
TRANSFER = 1


def main(network):
    owner = network.accounts[0]
    here, there, *_ = network
    vault = here.deploy("Vault", ENDPOINT, owner, there.eid)
    bank = there.deploy("Bank", ENDPOINT, owner, here.eid, ether(2))
    wire([vault, bank], enforced={TRANSFER: Options().lz_receive(250_000)})
    return {"vault": vault, "bank": bank}
