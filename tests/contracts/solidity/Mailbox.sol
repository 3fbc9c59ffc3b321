// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

struct MessagingParams {
    uint32 dstEid;
    bytes32 receiver;
    bytes message;
    bytes options;
    bool payInLzToken;
}

struct Origin {
    uint32 srcEid;
    bytes32 sender;
    uint64 nonce;
}

interface IEndpoint {
    function send(MessagingParams calldata params, address refundAddress) external payable;
    function sendCompose(address to, bytes32 guid, uint16 index, bytes calldata message) external;
}

/// An application of the tests: takes what comes, refuses what it was told to refuse, remembers what it took.
contract Mailbox {
    IEndpoint private constant ENDPOINT = IEndpoint(0x1a44076050125825900e736c501f859c50fE728c);

    bool public isClosed;
    bool public refuses;
    uint16 public composes;
    bytes[] public taken;
    bytes[] public composed;
    uint256 public received;

    error Refused(bytes message);

    function close(bool closed) external {
        isClosed = closed;
    }

    function refuse(bool refused) external {
        refuses = refused;
    }

    function compose(uint16 count) external {
        composes = count;
    }

    function send(MessagingParams calldata params) external payable {
        ENDPOINT.send{value: msg.value}(params, msg.sender);
    }

    function allowInitializePath(Origin calldata) external view returns (bool) {
        return !isClosed;
    }

    function nextNonce(uint32, bytes32) external pure returns (uint64) {
        return 0;
    }

    function lzReceive(Origin calldata, bytes32 guid, bytes calldata message, address, bytes calldata) external payable {
        if (refuses) revert Refused(message);
        taken.push(message);
        received += msg.value;
        for (uint16 index = 0; index < composes; ++index) ENDPOINT.sendCompose(address(this), guid, index, message);
    }

    function lzCompose(address, bytes32, bytes calldata message, address, bytes calldata) external payable {
        if (refuses) revert Refused(message);
        composed.push(message);
        received += msg.value;
    }

    receive() external payable {}
}
