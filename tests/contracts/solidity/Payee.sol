// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

interface IBridge {
    function send(uint32 dstEid, address to, uint256 amount, uint128 receiverGas, address refund)
        external
        payable
        returns (bytes32);
    function claim(address account) external returns (uint256);
    function owed(address account) external view returns (uint256);
}

/// An account with code of the tests: takes what it is paid, refuses it, or sends half of it on and claims the rest while it is
/// paid.
contract Payee {
    IBridge private constant BRIDGE = IBridge(0x5a45524f0000000000000000000000000000000d);

    bool public refuses;
    bool public shouts;
    uint32 public onward;
    uint256 public received;
    uint256 public calls;

    error NotNow(uint256 amount);

    constructor() payable {}

    function refuse(bool refused) external {
        refuses = refused;
    }

    function shout(bool shouted) external {
        shouts = shouted;
    }

    function sendOn(uint32 eid) external {
        onward = eid;
    }

    function sendHere(uint32 eid, uint256 amount) external payable {
        BRIDGE.send{value: msg.value}(eid, address(this), amount, 300_000, address(this));
    }

    receive() external payable {
        if (refuses) revert NotNow(msg.value);
        if (shouts) {
            assembly {
                revert(4096, 100000)
            }
        }
        received += msg.value;
        ++calls;
        if (onward == 0) return;
        if (BRIDGE.owed(address(this)) != 0) BRIDGE.claim(address(this));
        BRIDGE.send{value: msg.value}(onward, address(this), msg.value / 2, 0, address(0xabcd));
    }
}
