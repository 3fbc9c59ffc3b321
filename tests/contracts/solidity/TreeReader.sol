// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Branch, SettledTree} from "./SettledTree.sol";

/// Asks SettledTree itself, without what its callers check before.
contract TreeReader {
    function message(uint32 zone, Branch calldata branch) external view {
        SettledTree.checkMessage(1, zone, 0, 0, branch);
    }

    function stateRoot(uint32 zone, Branch calldata branch) external view {
        SettledTree.checkStateRoot(1, zone, 0, branch);
    }

    function update(uint32 zone, Branch calldata branch) external view {
        SettledTree.checkUpdate(1, zone, 0, branch);
    }
}
