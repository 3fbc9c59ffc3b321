// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {OFT} from "@layerzerolabs/oft-evm/contracts/OFT.sol";

/// @title A token that moves between zones: burnt where it leaves, minted where it arrives.
contract Token is OFT {
    /// @param supply Of this zone at first. Nothing else is ever minted but what was burnt in another zone.
    constructor(string memory name, string memory symbol, address endpoint, address owner, uint256 supply)
        OFT(name, symbol, endpoint, owner)
        Ownable(owner)
    {
        _mint(owner, supply);
    }
}
