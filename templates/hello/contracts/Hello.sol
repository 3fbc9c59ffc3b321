// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.24;

/// @title A greeting that anyone may change.
contract Hello {
    uint256 public constant MOST_BYTES = 64;

    string public greeting;
    uint256 public changes;

    event GreetingChanged(address indexed by, string greeting);

    error GreetingTooLong(uint256 given, uint256 most);

    constructor(string memory first) {
        _set(first);
    }

    /// @notice Everyone reads `words` from now on.
    function greet(string calldata words) external {
        _set(words);
        changes++;
    }

    function _set(string memory words) private {
        uint256 given = bytes(words).length;
        if (given > MOST_BYTES) revert GreetingTooLong(given, MOST_BYTES);
        greeting = words;
        emit GreetingChanged(msg.sender, words);
    }
}
