// SPDX-License-Identifier: MIT
pragma solidity =0.5.16;

import "@uniswap/v2-core/contracts/UniswapV2ERC20.sol";

contract Coin is UniswapV2ERC20 {
    constructor(uint256 supply) public {
        _mint(msg.sender, supply);
    }
}
