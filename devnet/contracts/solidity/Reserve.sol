// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The currency that this zone holds for what comes in from elsewhere.
/// @notice An EVM mints nothing. So what leaves a zone through the bridge goes into its reserve, what arrives comes out of the
/// reserve there, and issuance comes out of the system zone's. Genesis fills every reserve. What went in and out is counted, so
/// that anybody can tell from the chain alone how much is on its way and how much was issued.
/// @dev The storage layout is known outside (devnet/contracts/bridge.py). What is forced upon this contract (a self-destruct, a
/// coinbase) is not counted and belongs to nobody. State is written before ether is sent.
contract Reserve {
    /// @notice Brings what leaves the zone and pays what arrives.
    address public constant BRIDGE = 0x5a45524f0000000000000000000000000000000d;
    /// @notice Draws what it distributes; in the system zone only, there is nothing at this address in others.
    address public constant STAKING = 0x5A45524F00000000000000000000000000000002;

    /// @notice Wei that genesis put here.
    uint256 public atGenesis;
    /// @notice Wei that ever left this zone through the bridge.
    uint256 public sent;
    /// @notice Wei that ever arrived through the bridge.
    uint256 public paid;
    /// @notice Wei that were ever issued as rewards of staking.
    uint256 public issued;

    event Issued(uint256 amount);

    /// @notice Only the contract at `allowed` may do this.
    error OnlyFrom(address allowed, address caller);
    /// @notice The reserve holds less than what is to be paid.
    error ReserveTooSmall(uint256 held, uint256 amount);
    /// @notice Staking did not take what it asked for.
    error IssuanceRefused();

    /// @notice Takes in what leaves the zone.
    function put() external payable {
        if (msg.sender != BRIDGE) revert OnlyFrom(BRIDGE, msg.sender);
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
        if (msg.sender != BRIDGE) revert OnlyFrom(BRIDGE, msg.sender);
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

    /// @notice Gives staking what it distributes: as much as it asks for, or what there is.
    /// @return given Wei.
    function issue(uint256 amount) external returns (uint256 given) {
        if (msg.sender != STAKING) revert OnlyFrom(STAKING, msg.sender);
        given = amount < address(this).balance ? amount : address(this).balance;
        if (given == 0) return 0;
        issued += given;
        emit Issued(given);
        (bool done,) = STAKING.call{value: given}("");
        if (!done) revert IssuanceRefused();
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
