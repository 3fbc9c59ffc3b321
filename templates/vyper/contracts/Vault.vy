# pragma version ^0.4.0
"""
@title Ether that is locked for a while
@notice Everyone has one deposit; adding to it locks all of it anew.
"""

event Deposited:
    owner: indexed(address)
    amount: uint256
    until: uint256

event Withdrawn:
    owner: indexed(address)
    amount: uint256

LOCK: public(immutable(uint256))

deposits: public(HashMap[address, uint256])
locked_until: public(HashMap[address, uint256])


@deploy
def __init__(lock: uint256):
    """
    @param lock Seconds for which each deposit is locked.
    """
    LOCK = lock


@external
@payable
def deposit():
    assert msg.value > 0, "nothing was sent"
    until: uint256 = block.timestamp + LOCK
    self.deposits[msg.sender] += msg.value
    self.locked_until[msg.sender] = until
    log Deposited(owner=msg.sender, amount=msg.value, until=until)


@external
def withdraw():
    amount: uint256 = self.deposits[msg.sender]
    assert amount > 0, "no deposit"
    assert block.timestamp >= self.locked_until[msg.sender], "still locked"
    # Before anything is sent, so that the receiver cannot come back for more.
    self.deposits[msg.sender] = 0
    log Withdrawn(owner=msg.sender, amount=amount)
    raw_call(msg.sender, b"", value=amount)
