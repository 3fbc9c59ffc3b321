// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {LibClone} from "solady/src/utils/LibClone.sol";

/// One of many, each with its own count.
contract Machine {
    address public player;
    uint256 public plays;

    error NotThePlayer();

    function reserve(address player_) external {
        require(player == address(0), "taken");
        player = player_;
    }

    function play() external returns (uint256) {
        if (msg.sender != player) revert NotThePlayer();
        return ++plays;
    }
}

/// Makes machines at addresses that are known before.
contract Machines {
    address public immutable model;

    event Made(address indexed player, address machine);

    constructor(address model_) {
        model = model_;
    }

    function make(bytes32 salt) external returns (address machine) {
        machine = LibClone.cloneDeterministic(model, salt);
        Machine(machine).reserve(msg.sender);
        emit Made(msg.sender, machine);
    }

    function at(bytes32 salt) external view returns (address) {
        return LibClone.predictDeterministicAddress(model, salt, address(this));
    }
}
