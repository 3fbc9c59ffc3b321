// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165, IMessageLib, MessageLibType} from "./EndpointTypes.sol";

/// @title The library that refuses every message: what an application chooses to close a path.
contract BlockedLibrary {
    /// @notice Nothing goes through here.
    error LZ_NotImplemented();

    /// @notice Whether the contract has this interface: it says so of a message library's and of ERC-165's.
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IMessageLib).interfaceId || interfaceId == type(IERC165).interfaceId;
    }

    /// @notice The highest version there is, of no library that works; for endpoints of version 2.
    function version() external pure returns (uint64 major, uint8 minor, uint8 endpointVersion) {
        return (type(uint64).max, type(uint8).max, 2);
    }

    /// @notice Both: a path can be closed at either end.
    function messageLibType() external pure returns (MessageLibType) {
        return MessageLibType.SendAndReceive;
    }

    /// @notice Every eid, since a path to any of them can be closed.
    function isSupportedEid(uint32) external pure returns (bool) {
        return true;
    }

    fallback() external {
        revert LZ_NotImplemented();
    }
}
