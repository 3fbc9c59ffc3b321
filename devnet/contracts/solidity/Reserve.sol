// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The currency that this zone holds for what comes in from elsewhere.
/// @notice An EVM mints nothing. So what leaves a zone through the bridge goes into its reserve, and what arrives comes out of the
/// reserve there. Genesis fills every reserve. What went in and out is counted, so that anybody can tell from the chains alone how
/// much is on its way.
/// @dev The storage layout is known outside (devnet/contracts/bridge.py). What is forced upon this contract (a self-destruct, a
/// coinbase) is not counted and belongs to nobody. State is written before ether is sent.
contract Reserve {
    /// @notice Brings what leaves the zone and pays what arrives.
    address public constant BRIDGE = 0x5a45524f0000000000000000000000000000000d;

    /// @notice Wei that genesis put here.
    uint256 public atGenesis;
    /// @notice Wei that ever left this zone through the bridge.
    uint256 public sent;
    /// @notice Wei that ever arrived through the bridge.
    uint256 public paid;

    /// @notice Only the bridge may do this.
    error OnlyBridge(address caller);
    /// @notice The reserve holds less than what is to be paid.
    error ReserveTooSmall(uint256 held, uint256 amount);

    /// @notice Takes in what leaves the zone.
    function put() external payable {
        if (msg.sender != BRIDGE) revert OnlyBridge(msg.sender);
        sent += msg.value;
    }

    /// @notice Pays what arrived in the zone. A payment that cannot be made changes nothing.
    /// @param gasLimit What the receiver may take, beside the stipend that comes with a payment.
    /// @return done Whether it was made.
    /// @return reason Why not: up to 256 bytes of what the receiver said, or `ReserveTooSmall`.
    function pay(address receiver, uint256 amount, uint256 gasLimit)
        external
        returns (bool done, bytes memory reason)
    {
        if (msg.sender != BRIDGE) revert OnlyBridge(msg.sender);
        uint256 held = address(this).balance;
        if (amount > held) return (false, abi.encodeWithSelector(ReserveTooSmall.selector, held, amount));
        paid += amount;
        assembly ("memory-safe") {
            done := call(gasLimit, receiver, amount, 0, 0, 0, 0)
        }
        if (done) return (true, "");
        // The receiver may have sent and claimed meanwhile: only this payment is taken back.
        paid -= amount;
        reason = shortAnswer();
    }

    /// @dev The beginning of what the last call answered: all of it could cost its caller any amount of gas.
    function shortAnswer() private pure returns (bytes memory answer) {
        uint256 size;
        assembly ("memory-safe") {
            size := returndatasize()
        }
        answer = new bytes(size < 256 ? size : 256);
        assembly ("memory-safe") {
            returndatacopy(add(answer, 32), 0, mload(answer))
        }
    }
}
