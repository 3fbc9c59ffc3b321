# pragma version ^0.4.0

event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    amount: uint256

balanceOf: public(HashMap[address, uint256])
totalSupply: public(uint256)


@deploy
def __init__(holders: DynArray[address, 100], amount: uint256):
    for holder: address in holders:
        self.balanceOf[holder] = amount
    self.totalSupply = len(holders) * amount


@external
def transfer(to: address, amount: uint256) -> bool:
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount
    log Transfer(sender=msg.sender, receiver=to, amount=amount)
    return True
