// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IOAppComposer} from "@layerzerolabs/oapp-evm/contracts/oapp/interfaces/IOAppComposer.sol";
import {OAppOptionsType3} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OAppOptionsType3.sol";
import {OptionsBuilder} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OptionsBuilder.sol";
import {MessagingFee, MessagingReceipt, OApp, Origin} from "@layerzerolabs/oapp-evm/contracts/oapp/OApp.sol";
import {OAppCore, OAppReceiver} from "@layerzerolabs/oapp-evm/contracts/oapp/OAppReceiver.sol";
import {OAppSender} from "@layerzerolabs/oapp-evm/contracts/oapp/OAppSender.sol";

/// @title Sends notes, and keeps those that reach it.
contract Notes is OApp, OAppOptionsType3 {
    uint16 public constant NOTE = 1;

    bytes[] public notes;
    /// What came along with notes, in wei.
    uint256 public received;
    bool public isClosed;

    error Closed(bytes note);

    constructor(address endpoint, address owner) OApp(endpoint, owner) Ownable(owner) {}

    function count() external view returns (uint256) {
        return notes.length;
    }

    /// @notice Notes that come are refused, or taken again.
    function close(bool closed) external onlyOwner {
        isClosed = closed;
    }

    function quote(uint32 eid, bytes calldata note, bytes calldata options) external view returns (MessagingFee memory) {
        return _quote(eid, note, combineOptions(eid, NOTE, options), false);
    }

    function send(uint32 eid, bytes calldata note, bytes calldata options)
        external
        payable
        returns (MessagingReceipt memory)
    {
        bytes memory all = combineOptions(eid, NOTE, options);
        return _lzSend(eid, note, all, MessagingFee(msg.value, 0), msg.sender);
    }

    function _lzReceive(Origin calldata, bytes32, bytes calldata note, address, bytes calldata) internal virtual override {
        if (isClosed) revert Closed(note);
        notes.push(note);
        received += msg.value;
    }
}

/// @title Takes notes in the order in which they were sent, only.
contract OrderedNotes is Notes {
    mapping(uint32 eid => mapping(bytes32 sender => uint64)) private taken;

    error OutOfOrder(uint64 expected, uint64 actual);

    constructor(address endpoint, address owner) Notes(endpoint, owner) {}

    function nextNonce(uint32 eid, bytes32 sender) public view override returns (uint64) {
        return taken[eid][sender] + 1;
    }

    /// @notice Goes on behind a note that will never come.
    function passOver(uint32 eid, bytes32 sender, uint64 nonce) external onlyOwner {
        endpoint.skip(address(this), eid, sender, nonce);
        taken[eid][sender] += 1;
    }

    function _lzReceive(
        Origin calldata origin,
        bytes32 guid,
        bytes calldata note,
        address executor,
        bytes calldata extraData
    ) internal override {
        uint64 expected = ++taken[origin.srcEid][origin.sender];
        if (origin.nonce != expected) revert OutOfOrder(expected, origin.nonce);
        super._lzReceive(origin, guid, note, executor, extraData);
    }
}

/// @title Hands every note on to a composer, in as many calls as the note's first byte says.
contract ComposingNotes is Notes {
    address public immutable composer;

    constructor(address endpoint, address owner, address composer_) Notes(endpoint, owner) {
        composer = composer_;
    }

    function _lzReceive(
        Origin calldata origin,
        bytes32 guid,
        bytes calldata note,
        address executor,
        bytes calldata extraData
    ) internal override {
        super._lzReceive(origin, guid, note, executor, extraData);
        for (uint16 index = 0; index < uint8(note[0]); ++index) {
            endpoint.sendCompose(composer, guid, index, note);
        }
    }
}

/// @title Sends every note on to another zone, and pays for that with what came along.
contract Relay is Notes {
    using OptionsBuilder for bytes;

    uint32 public next;

    constructor(address endpoint, address owner, uint32 next_) Notes(endpoint, owner) {
        next = next_;
    }

    /// @notice What sending a note of that size on costs.
    function quoteOn(bytes calldata note) external view returns (uint256) {
        return _quote(next, note, optionsOn(), false).nativeFee;
    }

    function optionsOn() private pure returns (bytes memory) {
        return OptionsBuilder.newOptions().addExecutorLzReceiveOption(200_000, 0);
    }

    function _payNative(uint256 fee) internal pure override returns (uint256) {
        return fee;
    }

    function _lzReceive(
        Origin calldata origin,
        bytes32 guid,
        bytes calldata note,
        address executor,
        bytes calldata extraData
    ) internal override {
        super._lzReceive(origin, guid, note, executor, extraData);
        _lzSend(next, note, optionsOn(), MessagingFee(msg.value, 0), address(this));
    }

    receive() external payable {}
}

/// @title Takes second steps.
contract Composer is IOAppComposer {
    struct Step {
        address from;
        bytes32 guid;
        bytes message;
        uint256 value;
    }

    address public immutable endpoint;
    Step[] public steps;
    bool public isClosed;

    error Closed();
    error OnlyEndpoint(address caller);

    constructor(address endpoint_) {
        endpoint = endpoint_;
    }

    function count() external view returns (uint256) {
        return steps.length;
    }

    function close(bool closed) external {
        isClosed = closed;
    }

    function lzCompose(address from, bytes32 guid, bytes calldata message, address, bytes calldata) external payable {
        if (msg.sender != endpoint) revert OnlyEndpoint(msg.sender);
        if (isClosed) revert Closed();
        steps.push(Step(from, guid, message, msg.value));
    }
}

/// @title Only sends.
contract Announcer is OAppSender {
    constructor(address endpoint, address owner) OAppCore(endpoint, owner) Ownable(owner) {}

    function announce(uint32 eid, bytes calldata text, bytes calldata options) external payable {
        _lzSend(eid, text, options, MessagingFee(msg.value, 0), msg.sender);
    }

    function quote(uint32 eid, bytes calldata text, bytes calldata options) external view returns (uint256) {
        return _quote(eid, text, options, false).nativeFee;
    }
}

/// @title Only receives.
contract Listener is OAppReceiver {
    bytes public heard;

    constructor(address endpoint, address owner) OAppCore(endpoint, owner) Ownable(owner) {}

    function _lzReceive(Origin calldata, bytes32, bytes calldata text, address, bytes calldata) internal override {
        heard = text;
    }
}
