// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SettlementRoots} from "./SettlementRoots.sol";

/// @title The endpoints' numbers (eids) of the network's zones.
/// @notice A zone has `base` + its index, also one that is added later, unless the configuration gave it another one.
abstract contract ZoneEids {
    SettlementRoots private constant ROOTS = SettlementRoots(0x5A45524f00000000000000000000000000000001);
    uint32 private constant MOST_ZONES = 1 << 16;

    /// @dev In `others`, of an eid that would be a zone's by the rule and is not, because that zone has another one.
    uint32 private constant NOBODY = type(uint32).max;

    /// @dev By eid, where it is not the rule's: the zone's index + 1, or `NOBODY`.
    mapping(uint32 eid => uint32) private others;
    /// @dev Eid of zone 0 by the rule.
    uint32 private base;
    /// @notice The eid of this zone.
    uint32 internal ownEid;

    /// @notice This zone knows no settled zone with this eid.
    error LZ_ULN_UnsupportedEid(uint32 eid);

    /// @notice Whether the newest settlement block that this zone knows has a zone with this eid, other than this one.
    function isSupportedEid(uint32 eid) public view virtual returns (bool) {
        (bool found, uint32 zone) = find(eid);
        if (!found || eid == ownEid) return false;
        (,,, uint32 count) = ROOTS.newest();
        return zone < count;
    }

    /// @dev The index of the zone with this eid; whether it has settled anything is another question.
    function zoneOf(uint32 eid) internal view returns (uint32 zone) {
        bool found;
        (found, zone) = find(eid);
        if (!found) revert LZ_ULN_UnsupportedEid(eid);
    }

    function find(uint32 eid) private view returns (bool, uint32) {
        uint32 known = others[eid];
        if (known == NOBODY) return (false, 0);
        if (known != 0) return (true, known - 1);
        if (eid < base || eid >= base + MOST_ZONES) return (false, 0);
        return (true, eid - base);
    }
}
