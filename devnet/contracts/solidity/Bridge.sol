// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILayerZeroReceiver, MessagingFee, MessagingParams, MessagingReceipt, Origin} from "./EndpointTypes.sol";
import {Reserve} from "./Reserve.sol";

/// @notice What the bridge asks of the endpoint.
interface IOutbound {
    /// @notice What it costs to send this now.
    function quote(MessagingParams calldata params, address sender) external view returns (MessagingFee memory fee);
    /// @notice Sends a message. What is sent along beyond the fee goes to `refundAddress`.
    function send(MessagingParams calldata params, address refundAddress)
        external
        payable
        returns (MessagingReceipt memory receipt);
}

/// @title Takes the network's currency from one zone to another.
/// @notice What is sent goes into the reserve here and comes out of the reserve there, when the message that says so arrives. Every
/// zone has this contract at the same address, so each knows its peers by rule, also in zones that are added later: it has no
/// owner and nothing to configure.
/// A payment that its receiver refuses is owed: anybody can have it tried again, and the receiver can have it paid elsewhere.
/// @dev An application of the endpoint like any other. It does not fail where a receiver does: messages that stay undelivered make
/// those behind them cost more gas, and who sends to receivers that refuse could stop the others. State is written before ether is
/// sent. The storage layout is known outside (devnet/contracts/bridge.py).
contract Bridge is ILayerZeroReceiver {
    /// @notice What messages go through.
    address public constant endpoint = 0x1a44076050125825900e736c501f859c50fE728c;
    /// @notice What the zone's currency goes into and comes out of.
    Reserve public constant RESERVE = Reserve(0x5a45524F0000000000000000000000000000000c);

    /// @notice Gas that a delivery takes beside what the receiver's own code may take.
    uint128 public constant DELIVERY_GAS = 250_000;

    /// @notice The most that a receiver's own code may take: a delivery must fit into a transaction of any zone.
    uint128 public constant MOST_RECEIVER_GAS = 5_000_000;

    /// @dev Gas that paying takes, and writing down that it was refused.
    uint256 private constant PAYING_GAS = 130_000;

    /// @notice By destination: wei that were ever sent there.
    mapping(uint32 eid => uint256) public sentTo;
    /// @notice By source: wei that ever arrived from there, owed ones among them.
    mapping(uint32 eid => uint256) public arrivedFrom;
    /// @notice Wei that arrived for an account which refused them.
    mapping(address account => uint256) public owed;
    /// @notice Wei that are owed to all accounts together.
    uint256 public owedInAll;

    /// @notice An amount went to another zone.
    /// @param guid The message that carries it.
    /// @param amount Wei.
    /// @param receiverGas What the receiver's own code may take.
    event Sent(
        bytes32 indexed guid, uint32 indexed dstEid, address indexed from, address to, uint256 amount, uint128 receiverGas
    );
    /// @notice An amount came from another zone.
    /// @param guid The message that carried it.
    /// @param amount Wei.
    /// @param isPaid Whether the receiver has it; else it is owed.
    event Arrived(
        bytes32 indexed guid, uint32 indexed srcEid, address indexed to, address from, uint256 amount, bool isPaid
    );
    /// @notice What arrived was refused, for this reason of the receiver's, and is owed.
    event Refused(bytes32 indexed guid, address indexed to, uint256 amount, bytes reason);
    /// @notice What an account was owed was paid.
    /// @param receiver Whom it was paid to.
    /// @param amount Wei.
    event Claimed(address indexed account, address indexed receiver, uint256 amount);

    /// @notice Only the endpoint delivers.
    error OnlyEndpoint(address caller);
    /// @notice Only the bridge of another zone sends to this one.
    error OnlyPeer(uint32 eid, bytes32 sender);
    /// @notice The amount is zero.
    error NothingGiven();
    /// @notice The receiver is the zero address.
    error NoReceiver();
    /// @notice No payment gives its receiver so much gas.
    error TooMuchGas(uint128 receiverGas, uint128 most);
    /// @notice What was sent along does not even cover the amount, and the message has its fee beside it.
    error AmountNotCovered(uint256 amount, uint256 supplied);
    /// @notice A delivery brings nothing along: what it pays is in the reserve.
    error NothingExpected(uint256 value);
    /// @notice The delivery has too little gas left to give the receiver what its sender paid for.
    error TooLittleGas(uint256 needed, uint256 left);
    /// @notice Nothing is owed to the account.
    error NothingOwed(address account);
    /// @notice The receiver refused the payment, for this reason of its own.
    error PaymentRefused(address receiver, bytes reason);

    // ------------------------------------------------------------ sending

    /// @notice What must be sent along beside the amount.
    /// @param receiverGas What the receiver's own code may take; 0 for an account without code.
    function quote(uint32 dstEid, uint128 receiverGas) external view returns (uint256 fee) {
        // Fees go by the message's size, which is the same for all.
        MessagingParams memory params = paramsOf(dstEid, msg.sender, msg.sender, 1, receiverGas);
        return IOutbound(endpoint).quote(params, address(this)).nativeFee;
    }

    /// @notice Sends an amount to an account of another zone. The call brings the amount and the fee.
    /// @param receiverGas What the receiver's own code may take; 0 for an account without code.
    /// @param refundAddress Gets what was sent along beyond amount and fee.
    /// @return guid The message that carries it.
    function send(uint32 dstEid, address to, uint256 amount, uint128 receiverGas, address refundAddress)
        external
        payable
        returns (bytes32 guid)
    {
        if (amount == 0) revert NothingGiven();
        if (to == address(0)) revert NoReceiver();
        if (msg.value < amount) revert AmountNotCovered(amount, msg.value);
        sentTo[dstEid] += amount;
        RESERVE.put{value: amount}();
        MessagingParams memory params = paramsOf(dstEid, msg.sender, to, amount, receiverGas);
        // Who is refunded may call here again: this call has written what it writes.
        guid = IOutbound(endpoint).send{value: msg.value - amount}(params, refundAddress).guid;
        emit Sent(guid, dstEid, msg.sender, to, amount, receiverGas);
    }

    function paramsOf(uint32 dstEid, address from, address to, uint256 amount, uint128 receiverGas)
        private
        view
        returns (MessagingParams memory)
    {
        if (receiverGas > MOST_RECEIVER_GAS) revert TooMuchGas(receiverGas, MOST_RECEIVER_GAS);
        // Three calls lie in between, and each keeps back a 64th: a twentieth covers that.
        // Options of type 3: for the executor (1), 17 bytes, `lzReceive` with this gas.
        bytes memory options =
            abi.encodePacked(hex"0003010011", uint8(1), DELIVERY_GAS + receiverGas + receiverGas / 20);
        return MessagingParams(dstEid, peers(dstEid), abi.encode(from, to, amount, receiverGas), options, false);
    }

    // ------------------------------------------------------------ receiving

    /// @inheritdoc ILayerZeroReceiver
    function lzReceive(Origin calldata origin, bytes32 guid, bytes calldata message, address, bytes calldata)
        external
        payable
    {
        if (msg.sender != endpoint) revert OnlyEndpoint(msg.sender);
        if (!allowInitializePath(origin)) revert OnlyPeer(origin.srcEid, origin.sender);
        if (msg.value != 0) revert NothingExpected(msg.value);
        (address from, address to, uint256 amount, uint128 receiverGas) =
            abi.decode(message, (address, address, uint256, uint128));
        arrivedFrom[origin.srcEid] += amount;
        // Two calls lie in between, and each keeps back a 64th. Who delivers with too little does not make the receiver fail.
        uint256 needed = uint256(receiverGas) + receiverGas / 31 + PAYING_GAS;
        if (gasleft() < needed) revert TooLittleGas(needed, gasleft());
        (bool isPaid, bytes memory reason) = RESERVE.pay(to, amount, receiverGas);
        emit Arrived(guid, origin.srcEid, to, from, amount, isPaid);
        if (isPaid) return;
        owed[to] += amount;
        owedInAll += amount;
        emit Refused(guid, to, amount, reason);
    }

    /// @notice Pays an account what it is owed. Anybody may call it.
    /// @return amount Wei.
    function claim(address account) external returns (uint256 amount) {
        return payOwed(account, account);
    }

    /// @notice Pays what the caller is owed to somebody else.
    /// @return amount Wei.
    function claimTo(address receiver) external returns (uint256 amount) {
        return payOwed(msg.sender, receiver);
    }

    function payOwed(address account, address receiver) private returns (uint256 amount) {
        amount = owed[account];
        if (amount == 0) revert NothingOwed(account);
        owed[account] = 0;
        owedInAll -= amount;
        (bool isPaid, bytes memory reason) = RESERVE.pay(receiver, amount, gasleft());
        if (!isPaid) revert PaymentRefused(receiver, reason);
        emit Claimed(account, receiver, amount);
    }

    // ------------------------------------------------------------ what it is

    /// @notice The bridge of every zone, by rule; the endpoint knows which zones there are.
    function peers(uint32) public view returns (bytes32 peer) {
        return bytes32(uint256(uint160(address(this))));
    }

    /// @inheritdoc ILayerZeroReceiver
    function allowInitializePath(Origin calldata origin) public view returns (bool) {
        return origin.sender == peers(origin.srcEid);
    }

    /// @inheritdoc ILayerZeroReceiver
    function nextNonce(uint32, bytes32) external pure returns (uint64 nonce) {
        // Payments arrive in any order.
        return 0;
    }
}
