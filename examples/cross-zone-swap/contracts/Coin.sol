// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {OFT} from "@layerzerolabs/oft-evm/contracts/OFT.sol";

/// @title A token that moves between zones.
contract Coin is OFT {
    constructor(string memory name, address endpoint, address owner, uint256 supply)
        OFT(name, name, endpoint, owner)
        Ownable(owner)
    {
        _mint(owner, supply);
    }
}
