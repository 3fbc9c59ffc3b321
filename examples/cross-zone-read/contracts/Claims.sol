// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {BlockProof, ItemProof, SettledBlocks, SettledLog} from "@zero/contracts/SettledBlocks.sol";

/// @title Shares that were burned in another zone, claimed in this one.
/// @notice Anybody may show a `Burned` log of the other zone's Shares; its receiver then has as many here. Each log
/// counts once.
contract Claims {
    bytes32 private constant BURNED = keccak256("Burned(address,address,uint256)");

    /// Index of the zone with the shares.
    uint32 public immutable zone;
    address public immutable shares;
    mapping(address holder => uint256) public balanceOf;
    mapping(bytes32 log => bool) public isClaimed;

    event Claimed(bytes32 indexed log, address indexed receiver, uint256 amount);

    error NotBurned(address emitter, bytes32 topic);
    error ClaimedBefore(bytes32 log);

    constructor(uint32 zone_, address shares_) {
        zone = zone_;
        shares = shares_;
    }

    /// @param block_ A settled block of the other zone.
    /// @param item A receipt of the block.
    /// @param logIndex Of the log in the receipt.
    function claim(BlockProof calldata block_, ItemProof calldata item, uint256 logIndex) external {
        SettledLog memory log = SettledBlocks.log(zone, block_, item, logIndex);
        // Whose log it is and which event matter: anybody can deploy a contract that says "Burned".
        if (log.emitter != shares || log.topics.length != 3 || log.topics[0] != BURNED) {
            revert NotBurned(log.emitter, log.topics.length == 0 ? bytes32(0) : log.topics[0]);
        }
        if (isClaimed[log.id]) revert ClaimedBefore(log.id);
        isClaimed[log.id] = true;
        address receiver = address(uint160(uint256(log.topics[2])));
        uint256 amount = abi.decode(log.data, (uint256));
        balanceOf[receiver] += amount;
        emit Claimed(log.id, receiver, amount);
    }
}
