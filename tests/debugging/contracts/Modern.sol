// SPDX-License-Identifier: Apache-2.0
// Ways to fail that came with Solidity 0.8: custom errors, panics and what catches them. Marks as in Failures.sol.
pragma solidity ^0.8.4;

error Free(uint256 a, string words);

function freely(uint256 a) pure returns (uint256) {
    if (a < 10) revert Free(a, "free function"); //@ freeFunction
    return a;
}

type Amount is uint256;

library Amounts {
    error TooSmall(address who, uint256 amount);

    function check(Amount amount) internal view {
        if (Amount.unwrap(amount) < 10) {
            revert TooSmall(msg.sender, Amount.unwrap(amount)); //@ libraryError
        }
    }
}

contract Child {
    error Unborn(uint256 a);

    uint256 public immutable number;

    constructor(uint256 a) {
        number = a;
        if (a < 10) revert Unborn(a); //@ caughtConstructor, constructorError
    }

    function fail() external view {
        if (number > 5) revert Unborn(number); //@ immutable_
    }
}

contract Counter {
    uint256 internal count;

    function down() external {
        count--; //@ panicInAnother, passedOn
    }
}

contract Modern {
    enum Kind {
        One,
        Two
    }

    struct Order {
        address who;
        uint256[] amounts;
    }

    error Plain();
    error Detailed(uint256 have, Order order);

    uint256 internal zero;
    uint256 internal most = type(uint256).max;
    uint8 internal small = 255;
    bytes internal words;
    Counter internal counter = new Counter();

    constructor() payable {}

    function plainError() external pure {
        revert Plain(); //@ plainError
    }

    function detailedError() external view {
        uint256[] memory amounts = new uint256[](2);
        amounts[1] = 7;
        if (zero == 0) {
            revert Detailed({have: zero, order: Order(address(1), amounts)}); //@ detailedError
        }
    }

    function sameErrorTwice(uint256 a) external view {
        if (a == 1) revert Plain();
        if (a == 2) revert Plain(); //@ sameErrorTwice
        if (a == zero) revert Plain();
    }

    function freeFunction() external view returns (uint256) {
        return freely(zero); //@ freeFunction 1
    }

    function libraryError() external view {
        Amounts.check(Amount.wrap(zero)); //@ libraryError 1
    }

    function addition() external view returns (uint256) {
        return most + 1; //@ addition
    }

    function subtraction() external view returns (uint256) {
        return zero - 1; //@ subtraction, selfDelegation
    }

    function multiplication(uint256 a) external view returns (uint256) {
        uint256 b = a * 2;
        return b * most; //@ multiplication
    }

    function power(uint256 a) external pure returns (uint256) {
        return a ** 300; //@ power
    }

    function increment() external {
        small++; //@ increment
    }

    function addAndAssign() external {
        most += 2; //@ addAndAssign
    }

    function negation() external view returns (int256) {
        int256 a = int256(zero) + type(int256).min;
        return -a; //@ negation
    }

    function intoEnum(uint256 a) external pure returns (Kind) {
        return Kind(a); //@ intoEnum
    }

    function badBytes() external returns (bytes memory) {
        assembly {
            sstore(words.slot, 1)
        }
        return words; //@ badBytes
    }

    function tooMuchMemory() external view returns (uint256) {
        uint256[] memory a = new uint256[](most); //@ tooMuchMemory
        return a.length;
    }

    function bytesOutOfBounds(uint256 a) external view returns (bytes1) {
        return abi.encode(zero)[a + 31]; //@ bytesOutOfBounds
    }

    function slice(bytes calldata data) external pure returns (bytes memory) {
        return data[100:]; //@ slice
    }

    function inUnchecked(uint256 a) external view returns (uint256) {
        unchecked {
            a = a - 5;
        }
        return a + most; //@ inUnchecked
    }

    function panicInAnother() external {
        counter.down(); //@ panicInAnother 1
    }

    function deepPanic(uint256 a) external view returns (uint256 sum) {
        for (uint256 i = 0; i < 5; i++) {
            sum += part(a, i); //@ deepPanic 1
        }
    }

    function part(uint256 a, uint256 i) internal view returns (uint256) {
        return (a - i) + zero; //@ deepPanic
    }

    function rethrown() external {
        try this.plainError() { //@ -
            zero = 1;
        } catch {
            revert("caught and thrown anew"); //@ rethrown
        }
    }

    function passedOn() external {
        try counter.down() { //@ passedOn 1
            zero = 1;
        } catch (bytes memory reason) {
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    function caughtConstructor() external {
        try new Child(zero) { //@ caughtConstructor 1
            zero = 1;
        } catch (bytes memory reason) {
            assembly {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    function immutable_() external {
        new Child(10).fail(); //@ immutable_ 1
    }

    function badCallDataInside() external {
        (bool success, bytes memory data) = address(this).call( //@ -
            abi.encodeWithSelector(this.multiplication.selector)
        );
        require(success, string(data)); //@ badCallDataInside
    }

    function selfDelegation() external {
        (bool success, bytes memory data) = address(this).delegatecall( //@ selfDelegation 1
            abi.encodeWithSelector(this.subtraction.selector)
        );
        if (!success) {
            assembly {
                revert(add(data, 32), mload(data))
            }
        }
    }

    function decoding(bytes calldata data) external pure returns (address) {
        return abi.decode(data, (address)); //@ decoding
    }
}
