// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title Shares that live in one zone. They know nothing of other zones.
contract Shares {
    /// Slot 0: what Ballot reads in another zone.
    mapping(address holder => uint256) public balanceOf;
    address public immutable owner = msg.sender;

    event Transfer(address indexed from, address indexed to, uint256 amount);
    /// What Claims reads in another zone.
    event Burned(address indexed holder, address indexed receiver, uint256 amount);

    error NotOwner(address caller);
    error TooFew(uint256 balance, uint256 amount);

    function mint(address to, uint256 amount) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        balanceOf[to] += amount;
        emit Transfer(address(0), to, amount);
    }

    function transfer(address to, uint256 amount) external {
        take(amount);
        balanceOf[to] += amount;
        emit Transfer(msg.sender, to, amount);
    }

    /// @notice Gives shares up, for `receiver` to claim them in the other zone.
    function burn(uint256 amount, address receiver) external {
        take(amount);
        emit Transfer(msg.sender, address(0), amount);
        emit Burned(msg.sender, receiver, amount);
    }

    function take(uint256 amount) private {
        uint256 balance = balanceOf[msg.sender];
        if (balance < amount) revert TooFew(balance, amount);
        balanceOf[msg.sender] = balance - amount;
    }
}
