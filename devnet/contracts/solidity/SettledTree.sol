// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {KeccakTree} from "./KeccakTree.sol";
import {SettlementRoots} from "./SettlementRoots.sol";

/// @notice The peers of a node on its way up, lowest first.
struct Branch {
    /// Bit i: the peer at level i is a tree of zeros and is left out of `peers`.
    uint64 zeros;
    bytes32[] peers;
}

/// @title What other zones have settled, shown by branches under the settlement blocks that this zone knows.
/// @notice From a message up to a settlement block five trees lie upon each other, which together are one of 59 levels:
///
///     levels 0-31   messages of the zone's outbox, by number
///            32-36  fields of the update's statement
///            37-39  fields of the update
///            40-55  newest updates of all zones, by zone
///            56-58  fields of the settlement block
library SettledTree {
    uint256 private constant STATEMENT = 32;
    uint256 private constant ZONES = 40;
    uint256 private constant TOP = 59;
    /// @dev Levels at which another tree begins, whose missing leaves are zero again.
    uint256 private constant BEGINNINGS = (1 << 0) | (1 << 32) | (1 << 37) | (1 << 40) | (1 << 56);
    /// @dev Place of `zones_root` among the fields of a settlement block. A statement is the first field of an update.
    uint256 private constant ZONES_ROOT = 5;
    /// @dev Places among the fields of a statement.
    uint256 private constant POST_STATE_ROOT = 9;
    uint256 private constant POST_OUTBOX_ROOT = 12;

    SettlementRoots private constant ROOTS = SettlementRoots(0x5A45524f00000000000000000000000000000001);

    /// @notice The settlement block at that height says something else.
    error NotSettled(uint64 height, bytes32 known, bytes32 shown);
    /// @notice More or fewer peers than levels that are not left out.
    error WrongBranch();
    /// @notice Zones have numbers of 16 bits.
    error NoSuchZone(uint32 zone);

    /// @notice Reverts unless the settlement block at `height` proves that the message with this number left the zone.
    function checkMessage(uint64 height, uint32 zone, uint32 number, bytes32 leaf, Branch calldata branch) internal view {
        check(height, leaf, number | place(zone, POST_OUTBOX_ROOT), 0, branch);
    }

    /// @notice Reverts unless the settlement block at `height` proves the zone's state root.
    function checkStateRoot(uint64 height, uint32 zone, bytes32 stateRoot, Branch calldata branch) internal view {
        requireLevels(branch.zeros, STATEMENT);
        check(height, stateRoot, place(zone, POST_STATE_ROOT), STATEMENT, branch);
    }

    /// @notice Reverts unless the settlement block at `height` proves that this is the hash of the zone's newest update.
    function checkUpdate(uint64 height, uint32 zone, bytes32 update, Branch calldata branch) internal view {
        requireLevels(branch.zeros, ZONES);
        check(height, update, place(zone, 0), ZONES, branch);
    }

    /// @dev Nothing is left out but levels of the way: a branch has one form.
    function requireLevels(uint64 zeros, uint256 from) private pure {
        if (zeros >> TOP != 0 || zeros & ((1 << from) - 1) != 0) revert WrongBranch();
    }

    function place(uint32 zone, uint256 field) private pure returns (uint256) {
        if (zone > 0xffff) revert NoSuchZone(zone);
        return (field << 32) | (uint256(zone) << 40) | (ZONES_ROOT << 56);
    }

    function check(uint64 height, bytes32 node, uint256 index, uint256 from, Branch calldata branch) private view {
        bytes32 shown = climb(node, index, from, branch);
        bytes32 known = ROOTS.rootAt(height);
        if (shown != known) revert NotSettled(height, known, shown);
    }

    function climb(bytes32 node, uint256 index, uint256 from, Branch calldata branch) private pure returns (bytes32) {
        bytes32 zero;
        uint256 next = 0;
        for (uint256 level = from; level < TOP; ++level) {
            if ((BEGINNINGS >> level) & 1 == 1) zero = bytes32(0);
            bytes32 peer = zero;
            if ((branch.zeros >> level) & 1 == 0) {
                if (next == branch.peers.length) revert WrongBranch();
                peer = branch.peers[next++];
            }
            node = (index >> level) & 1 == 1 ? KeccakTree.node(peer, node) : KeccakTree.node(node, peer);
            zero = KeccakTree.node(zero, zero);
        }
        if (next != branch.peers.length) revert WrongBranch();
        return node;
    }
}
