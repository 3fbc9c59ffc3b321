// SPDX-License-Identifier: MIT
pragma solidity =0.6.6;

import "@uniswap/v2-core/contracts/interfaces/IUniswapV2Callee.sol";
import "@uniswap/v2-core/contracts/interfaces/IUniswapV2Pair.sol";
import "@uniswap/v2-periphery/contracts/UniswapV2Router02.sol";
import "@uniswap/v2-periphery/contracts/interfaces/IERC20.sol";
import "@uniswap/v2-periphery/contracts/test/WETH9.sol";

/// Borrows from a pair for the time of a call, and gives back what it is told to.
contract Borrower is IUniswapV2Callee {
    event Borrowed(uint256 amount0, uint256 amount1, uint256 back);

    function borrow(IUniswapV2Pair pair, uint256 amount, uint256 back) external {
        pair.swap(amount, 0, address(this), abi.encode(back));
    }

    function uniswapV2Call(address sender, uint256 amount0, uint256 amount1, bytes calldata data)
        external
        override
    {
        require(sender == address(this), "Borrower: STRANGER");
        uint256 back = abi.decode(data, (uint256));
        IERC20(IUniswapV2Pair(msg.sender).token0()).transfer(msg.sender, back);
        emit Borrowed(amount0, amount1, back);
    }
}
