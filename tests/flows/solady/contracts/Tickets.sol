// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {OwnableRoles} from "solady/src/auth/OwnableRoles.sol";
import {ERC20} from "solady/src/tokens/ERC20.sol";
import {Multicallable} from "solady/src/utils/Multicallable.sol";

/// Tickets that cashiers make.
contract Tickets is ERC20, OwnableRoles, Multicallable {
    uint256 public constant CASHIER = _ROLE_0;

    constructor() {
        _initializeOwner(msg.sender);
    }

    function mint(address to, uint256 amount) external onlyOwnerOrRoles(CASHIER) {
        _mint(to, amount);
    }

    function name() public pure override returns (string memory) {
        return "Tickets";
    }

    function symbol() public pure override returns (string memory) {
        return "TICKET";
    }
}
