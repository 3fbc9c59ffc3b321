// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import "forge-std/Script.sol";
import "../src/Ledger.sol";

/// Deploys a Ledger, then uses it: two transactions of which the second needs the first.
contract Deploy is Script {
    function run() external returns (Ledger ledger) {
        vm.startBroadcast();
        ledger = new Ledger{value: 3}("by forge");
        ledger.deposit{value: 4}("scripted");
        vm.stopBroadcast();
        require(ledger.total() == 7, "simulated with other results");
    }
}

/// Deploys a Ledger with CREATE2, which goes through the deterministic deployment proxy.
contract DeployWithSalt is Script {
    function run() external returns (Ledger ledger) {
        vm.startBroadcast();
        ledger = new Ledger{salt: keccak256("zone")}("salted");
        vm.stopBroadcast();
    }
}
