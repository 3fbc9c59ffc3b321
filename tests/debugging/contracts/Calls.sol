// SPDX-License-Identifier: Apache-2.0
// Calls, events and console.log for call trees.
pragma solidity ^0.8.20;

library Console {
    function send(bytes memory data) internal view {
        address console = 0x000000000000000000636F6e736F6c652e6c6f67;
        assembly {
            pop(staticcall(gas(), console, add(data, 32), mload(data), 0, 0))
        }
    }
}

contract Helper {
    error TooMuch(uint256 have, uint256 most);

    uint256 public immutable factor;

    constructor(uint256 factor_) {
        factor = factor_;
    }

    function twice(uint256 a) external pure returns (uint256 result) {
        result = a * 2;
    }

    function limit(uint256 a) external pure {
        if (a > 0) revert TooMuch(a, 0);
    }
}

contract Calls {
    event Started(uint256 count);
    event Done(Helper helper, bytes32 indexed what);

    Helper internal helper = new Helper(1);

    function work(uint256 count) external returns (uint256 result) {
        Console.send(abi.encodeWithSignature("log(string,uint256)", "begin", count));
        emit Started(count);
        helper = new Helper(7);
        result = helper.twice(count);
        emit Done(helper, keccak256("work"));
        Console.send(abi.encodeWithSignature("log(string,bool)", "end", true));
    }

    function caught() external {
        try helper.limit(1) {
            helper = Helper(address(0));
        } catch {}
    }

    function fails() external view {
        helper.limit(2);
    }

    function recursion(uint256 depth) external {
        if (depth > 0) {
            this.recursion(depth - 1);
        }
    }
}
