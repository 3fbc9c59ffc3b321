// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title A token whose owner mints it, up to a cap.
contract Token is ERC20, ERC20Permit, Ownable {
    uint256 public immutable cap;

    error CapExceeded(uint256 wanted, uint256 cap);

    constructor(string memory name, string memory symbol, uint256 cap_, address owner)
        ERC20(name, symbol)
        ERC20Permit(name)
        Ownable(owner)
    {
        cap = cap_;
    }

    function mint(address to, uint256 amount) external onlyOwner {
        uint256 wanted = totalSupply() + amount;
        if (wanted > cap) revert CapExceeded(wanted, cap);
        _mint(to, amount);
    }
}
