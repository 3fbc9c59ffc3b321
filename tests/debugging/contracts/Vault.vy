# pragma version ^0.4.0
# Ways to fail in Vyper. Marks as in Failures.sol.

event Paid:
    who: indexed(address)
    amount: uint256

total: public(uint256)
limits: HashMap[address, uint256]
items: DynArray[uint256, 5]

@internal
def _check(amount: uint256) -> uint256:
    assert amount > 10, "too little" #@ internalReason, looped
    return amount

@internal
def _deep(amount: uint256) -> uint256:
    a: uint256 = self._check(amount) #@ internalReason 1
    return a + 1

@external
def internalReason(amount: uint256):
    self.total += 1
    self.total = self._deep(amount) #@ internalReason 2

@external
def afterInternal(amount: uint256):
    self.total = self._deep(amount + 100)
    assert self.total == 1, "after the call" #@ afterInternal

@external
def reason():
    assert self.total == 12345, "not equal" #@ reason

@external
def bare():
    assert self.total == 12345 #@ bare

@external
def raises():
    raise "always" #@ raises

@external
def subtraction(amount: uint256) -> uint256:
    return self.total - amount #@ subtraction

@external
def addition(amount: uint256) -> uint256:
    b: uint256 = max_value(uint256)
    return amount + b #@ addition

@external
def multiplication(amount: uint256) -> uint256:
    b: uint256 = max_value(uint256)
    return amount * b #@ multiplication

@external
def modulo(amount: uint256) -> uint256:
    return amount % self.limits[msg.sender] #@ modulo

@external
def outOfBounds(a: uint256) -> uint256:
    return self.items[a] #@ outOfBounds

@external
def popEmpty():
    self.items.pop() #@ popEmpty

@external
def unreachable():
    assert self.total == 1, UNREACHABLE #@ unreachable

@external
def notPayable(): #@ notPayable, shortCallData
    self.total = 1

@external
def looped(amount: uint256) -> uint256:
    found: uint256 = 0
    for i: uint256 in range(5):
        found += self._check(amount + 9 - i) #@ looped 1
    return found
