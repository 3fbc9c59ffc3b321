// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {SettledHeights} from "@zero/contracts/SettledHeights.sol";
import {SettledRoot, SettledState} from "@zero/contracts/SettledState.sol";

/// @title A vote in one zone, counted by shares in another.
/// @notice A proposal fixes a settlement block. Who votes shows the shares that were theirs there, by a proof of
/// one slot; nobody vouches for it but settlement. As all count at the same moment, shares cannot vote twice by moving.
contract Ballot {
    struct Proposal {
        string words;
        /// Of the settlement block at which shares count.
        uint64 height;
        uint256 yes;
        uint256 no;
    }

    /// Index of the zone with the shares.
    uint32 public immutable zone;
    address public immutable shares;
    Proposal[] public proposals;
    mapping(uint256 proposal => mapping(address voter => bool)) public hasVoted;

    event Proposed(uint256 indexed proposal, uint64 height, string words);
    event Voted(uint256 indexed proposal, address indexed voter, bool inFavour, uint256 power);

    error OtherHeight(uint64 shown, uint64 counting);
    error VotedBefore(address voter);
    error NoShares(address voter);

    constructor(uint32 zone_, address shares_) {
        zone = zone_;
        shares = shares_;
    }

    /// @notice Shares count as they are settled at the newest settlement block that this zone knows.
    function propose(string calldata words) external returns (uint256 proposal) {
        (uint64 height,,,) = SettledHeights.ROOTS.newest();
        proposal = proposals.length;
        proposals.push(Proposal(words, height, 0, 0));
        emit Proposed(proposal, height, words);
    }

    /// @param settled The other zone's state root at the proposal's height.
    /// @param proof Of the caller's balance under it: slot `balanceOf[msg.sender]` of `shares`.
    function vote(uint256 proposal, bool inFavour, SettledRoot calldata settled, bytes calldata proof) external {
        Proposal storage counted = proposals[proposal];
        if (settled.height != counted.height) revert OtherHeight(settled.height, counted.height);
        if (hasVoted[proposal][msg.sender]) revert VotedBefore(msg.sender);
        bytes32 slot = SettledState.mappingSlot(msg.sender, 0);
        uint256 power = uint256(SettledState.slot(zone, shares, slot, settled, proof));
        if (power == 0) revert NoShares(msg.sender);
        hasVoted[proposal][msg.sender] = true;
        if (inFavour) counted.yes += power;
        else counted.no += power;
        emit Voted(proposal, msg.sender, inFavour, power);
    }
}
