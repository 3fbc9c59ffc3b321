// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {SettlementRoots} from "./SettlementRoots.sol";

/// @title How old what was settled is.
library SettledHeights {
    SettlementRoots internal constant ROOTS = SettlementRoots(0x5A45524f00000000000000000000000000000001);

    /// @notice Something newer is settled than what is shown.
    error TooOld(uint64 height, uint64 newest);
    /// @notice No zone has such an index.
    error NoSuchZone(uint32 zone);

    /// @notice How many settlement blocks this zone knows that are newer than `height`.
    function age(uint64 height) internal view returns (uint64) {
        (uint64 newest,,,) = ROOTS.newest();
        return newest > height ? newest - height : 0;
    }

    /// @notice Reverts where this zone knows more than `most` settlement blocks above `height`.
    function requireRecent(uint64 height, uint64 most) internal view {
        uint64 newer = age(height);
        if (newer > most) revert TooOld(height, height + newer);
    }

    /// @dev The zones tree has 2^16 places.
    function requireZone(uint32 zone) internal pure {
        if (zone > type(uint16).max) revert NoSuchZone(zone);
    }
}
