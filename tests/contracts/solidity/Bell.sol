// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// Leaves logs of every shape, and keeps how often it was rung.
contract Bell {
    uint256 public rung;
    mapping(address ringer => uint256) public ringsOf;

    event Rung(address indexed ringer, uint256 indexed number, bytes words);
    event Plain(uint256 value);

    function ring(bytes calldata words) external {
        emit Plain(7);
        emit Rung(msg.sender, ++rung, words);
        ++ringsOf[msg.sender];
        assembly {
            log0(0, 0)
            log4(0, 33, 1, 2, 3, 4)
        }
    }
}
