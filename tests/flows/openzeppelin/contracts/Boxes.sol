// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {ERC1967Proxy} from "@openzeppelin/contracts/proxy/ERC1967/ERC1967Proxy.sol";
import {ProxyAdmin} from "@openzeppelin/contracts/proxy/transparent/ProxyAdmin.sol";
import {TransparentUpgradeableProxy} from "@openzeppelin/contracts/proxy/transparent/TransparentUpgradeableProxy.sol";
import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";

/// A number that its owner may give other code.
contract Box is Initializable, UUPSUpgradeable {
    address public owner;
    uint256 public number;

    error NotTheOwner(address who);

    constructor() {
        _disableInitializers();
    }

    function begin(address owner_, uint256 number_) external initializer {
        owner = owner_;
        number = number_;
    }

    function _authorizeUpgrade(address) internal view override {
        if (msg.sender != owner) revert NotTheOwner(msg.sender);
    }
}

contract CountingBox is Box {
    function count() external {
        number++;
    }
}
