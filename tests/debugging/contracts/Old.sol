// Ways to fail in Solidity 0.5, whose grammar later versions do not take. Marks as in Failures.sol.
pragma solidity ^0.5.16;

contract OldBase {
    uint256 internal limit = 5;

    modifier below(uint256 a) {
        require(a < limit, "not below"); //@ modifierReason
        _;
    }

    function inherited(uint256 a) internal view returns (uint256) {
        require(a < limit, "inherited"); //@ inheritedCall
        return a;
    }
}

contract Old is OldBase {
    uint256 internal zero;
    uint256[] internal list;

    constructor() public payable {}

    function requireReason() external view {
        require(zero == 1, "a reason"); //@ requireReason
    }

    function requireBare() external view {
        require(zero == 1); //@ requireBare
    }

    function assertion() external view {
        assert(zero == 1); //@ assertion
    }

    function division(uint256 a) external view returns (uint256) {
        return a / zero; //@ division
    }

    function outOfBounds(uint256 a) external view returns (uint256) {
        return list[a]; //@ outOfBounds
    }

    function modifierReason(uint256 a) external view below(a + 4) returns (uint256) { //@ modifierReason 1
        return a;
    }

    function inheritedCall() external view {
        inherited(limit + 1); //@ inheritedCall 1
    }

    function notAContract() external view returns (uint256) {
        return Old(address(0x1234567)).division(1); //@ notAContract
    }

    function callFails() external returns (uint256) {
        zero = 0;
        return this.revertsAfter(zero); //@ callFails 1
    }

    function revertsAfter(uint256 a) external returns (uint256) {
        zero = 3;
        require(a == zero, "called from outside"); //@ callFails
        return a;
    }

    function revertBare() external pure {
        revert(); //@ revertBare
    }
}
