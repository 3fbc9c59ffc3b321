// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bridge} from "./Bridge.sol";
import {Staking} from "./Staking.sol";

/// @notice What this contract asks of the endpoint.
interface IZoneEid {
    /// @notice The eid of the zone that the endpoint is in.
    function eid() external view returns (uint32);
}

/// @title Where the tips of a zone's blocks go, on their way to the stakers.
/// @notice The coinbase of the zones of a network, unless it is told another one. Anybody has the tips handed in: in the system zone to
/// Staking, which distributes them over all stake with a seat; in other zones through the bridge to this contract in the system
/// zone, where handing in again brings them to Staking. It has no owner, and pays nobody else.
/// @dev What arrives refused, because the reserve there is empty, is owed to this contract, and anybody has it paid with
/// `Bridge.claim`. Nothing is written to storage; slot 0 is part of genesis (devnet/contracts/tips.py).
contract Tips {
    Staking private constant STAKING = Staking(0x5A45524F00000000000000000000000000000002);
    Bridge private constant BRIDGE = Bridge(0x5a45524f0000000000000000000000000000000d);

    /// @notice Of the tips that are sent to the system zone at most one in so many goes into the fee: else whoever hands in
    /// a little at a time could use all of them up.
    uint256 public constant LEAST_FEES = 10;

    /// @notice The eid of the system zone.
    uint32 public systemEid;

    /// @notice Tips went to the stakers, or from another zone to the system zone, where they arrive less the fee.
    event HandedIn(address indexed by, uint256 amount, uint256 fee);

    /// @notice There are less tips than are handed in at once; in the system zone: none.
    error TooLittle(uint256 held, uint256 least);

    /// @dev Tips need no call; whoever else pays the coinbase succeeds with the least gas that comes with a payment.
    receive() external payable {}

    /// @notice Hands in all that is here. Anybody may call it.
    /// @return amount Wei that went on, without the fee.
    function handIn() external returns (uint256 amount) {
        uint256 held = address(this).balance;
        uint32 target = systemEid;
        if (IZoneEid(BRIDGE.endpoint()).eid() == target) {
            if (held == 0) revert TooLittle(0, 1);
            emit HandedIn(msg.sender, held, 0);
            STAKING.handIn{value: held}();
            return held;
        }
        // The receiver is this contract there: `receive` needs no more than what comes with a payment.
        uint256 fee = BRIDGE.quote(target, 0);
        uint256 least = fee * LEAST_FEES;
        if (held <= fee || held < least) revert TooLittle(held, least);
        amount = held - fee;
        emit HandedIn(msg.sender, amount, fee);
        BRIDGE.send{value: held}(target, address(this), amount, 0, address(this));
    }
}
