// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {Ownable} from "solady/src/auth/Ownable.sol";
import {ERC1155} from "solady/src/tokens/ERC1155.sol";

/// Prizes of many kinds.
contract Prizes is ERC1155, Ownable {
    constructor() {
        _initializeOwner(msg.sender);
    }

    function give(address to, uint256[] calldata ids, uint256[] calldata amounts) external onlyOwner {
        _batchMint(to, ids, amounts, "");
    }

    function uri(uint256) public pure override returns (string memory) {
        return "";
    }
}
