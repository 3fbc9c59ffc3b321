// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IOAppComposer} from "@layerzerolabs/oapp-evm/contracts/oapp/interfaces/IOAppComposer.sol";
import {OFTComposeMsgCodec} from "@layerzerolabs/oft-evm/contracts/libs/OFTComposeMsgCodec.sol";
import {IOFT, MessagingFee, OFTReceipt, SendParam} from "@layerzerolabs/oft-evm/contracts/interfaces/IOFT.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title Two tokens, exchanged by who is in another zone: tokens come with a call that says what is wanted for them.
/// @notice The product of the reserves never falls. What is given for the tokens, or the tokens themselves where it would be less than
/// was asked for, goes back by a second message, paid out of what came along with the call.
contract Pool is IOAppComposer {
    using OFTComposeMsgCodec for bytes;

    address public immutable endpoint;
    IOFT public immutable gold;
    IOFT public immutable silver;
    /// @notice What belongs to the pool; tokens that are on their way through it do not.
    uint256 public goldReserve;
    uint256 public silverReserve;

    /// @notice What a call says.
    struct Order {
        /// Who gets what is exchanged, in the zone that the tokens came from.
        address receiver;
        /// Of the other token, in its smallest unit.
        uint256 least;
    }

    event Swapped(bytes32 indexed guid, address indexed paid, uint256 amount, uint256 given);
    event SentBack(bytes32 indexed guid, address indexed paid, uint256 amount, uint256 offered);

    error OnlyEndpoint(address caller);
    error UnknownToken(address token);

    constructor(address endpoint_, IOFT gold_, IOFT silver_) {
        (endpoint, gold, silver) = (endpoint_, gold_, silver_);
    }

    /// @notice Takes fees of the second message that the endpoint gives back.
    receive() external payable {}

    /// @notice Adds to the reserves what the caller allowed.
    function add(uint256 goldAmount, uint256 silverAmount) external {
        IERC20(address(gold)).transferFrom(msg.sender, address(this), goldAmount);
        IERC20(address(silver)).transferFrom(msg.sender, address(this), silverAmount);
        goldReserve += goldAmount;
        silverReserve += silverAmount;
    }

    /// @notice What is given for an amount, 0.3 % of which stay.
    function priceOf(address token, uint256 amount) public view returns (uint256) {
        (uint256 reserve, uint256 other) = reservesOf(token);
        uint256 counted = amount * 997;
        return (counted * other) / (reserve * 1000 + counted);
    }

    /// @notice What sending the result back costs now: what has to come along with the call.
    function quoteBack(uint32 eid) external view returns (uint256) {
        return silver.quoteSend(paramOf(eid, address(1), 1 ether), false).nativeFee;
    }

    /// @notice Carries out an order.
    /// @dev Called once for each order: by the endpoint, after the token has arrived.
    function lzCompose(address token, bytes32 guid, bytes calldata message, address, bytes calldata) external payable {
        if (msg.sender != endpoint) revert OnlyEndpoint(msg.sender);
        if (token != address(gold) && token != address(silver)) revert UnknownToken(token);
        Order memory order = abi.decode(message.composeMsg(), (Order));
        (uint256 amount, uint32 eid) = (message.amountLD(), message.srcEid());
        uint256 given = priceOf(token, amount);
        if (given < order.least) {
            emit SentBack(guid, token, amount, given);
            pass(IOFT(token), eid, order.receiver, amount);
            return;
        }
        bool isGold = token == address(gold);
        uint256 passed = pass(isGold ? silver : gold, eid, order.receiver, given);
        if (isGold) (goldReserve, silverReserve) = (goldReserve + amount, silverReserve - passed);
        else (goldReserve, silverReserve) = (goldReserve - passed, silverReserve + amount);
        emit Swapped(guid, token, amount, passed);
    }

    function reservesOf(address token) private view returns (uint256, uint256) {
        return token == address(gold) ? (goldReserve, silverReserve) : (silverReserve, goldReserve);
    }

    /// @return sent Without what is too fine to move, which stays here.
    function pass(IOFT token, uint32 eid, address to, uint256 amount) private returns (uint256 sent) {
        MessagingFee memory fee = MessagingFee(msg.value, 0);
        (, OFTReceipt memory receipt) = token.send{value: msg.value}(paramOf(eid, to, amount), fee, address(this));
        return receipt.amountSentLD;
    }

    function paramOf(uint32 eid, address to, uint256 amount) private pure returns (SendParam memory) {
        return SendParam(eid, bytes32(uint256(uint160(to))), amount, 0, "", "", "");
    }
}
