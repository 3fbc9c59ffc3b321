// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// What the client suites deploy: state of several kinds, events, and every way to fail.
contract Ledger {
    event Deposited(address indexed from, uint256 amount, string memo);

    error TooMuch(uint256 asked, uint256 available);

    string public title;
    uint256 public total;
    mapping(address => uint256) public balanceOf;

    constructor(string memory title_) payable {
        title = title_;
        total = msg.value;
        balanceOf[msg.sender] = msg.value;
    }

    function deposit(string calldata memo) external payable {
        total += msg.value;
        balanceOf[msg.sender] += msg.value;
        emit Deposited(msg.sender, msg.value, memo);
    }

    function withdraw(uint256 amount) external {
        uint256 available = balanceOf[msg.sender];
        if (amount > available) revert TooMuch(amount, available);
        balanceOf[msg.sender] = available - amount;
        total -= amount;
        (bool paid,) = msg.sender.call{value: amount}("");
        require(paid, "not paid");
    }

    function fail(string calldata reason) external pure {
        revert(reason);
    }

    function divide(uint256 a, uint256 b) external pure returns (uint256) {
        return a / b;
    }

    function whoAmI() external view returns (address) {
        return address(this);
    }
}
