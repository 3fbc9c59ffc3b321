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
    bool public shouts;
    uint16 public composes;
    bytes[] public taken;
    bytes[] public composed;
    uint256 public received;
    uint256 public lastWords;

    error Refused(bytes message);

    function close(bool closed) external {
        isClosed = closed;
    }

    function refuse(bool refused) external {
        refuses = refused;
    }

    function shout(bool shouted) external {
        shouts = shouted;
    }

    /// Uses up all that it is given, and answers with as many bytes.
    function burnAndSay(uint256 size) external {
        lastWords = size + 1;
    }

    /// Uses up what it was given, and answers with 20,000 bytes.
    function burn() private view {
        if (lastWords != 0) {
            uint256 size = lastWords - 1;
            while (gasleft() > 1_000 + size / 4) {}
            assembly {
                revert(4096, size)
            }
        }
        if (!shouts) return;
        while (gasleft() > 20_000) {}
        assembly {
            revert(4096, 20000)
        }
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
        burn();
        if (refuses) revert Refused(message);
        taken.push(message);
        received += msg.value;
        for (uint16 index = 0; index < composes; ++index) ENDPOINT.sendCompose(address(this), guid, index, message);
    }

    function lzCompose(address, bytes32, bytes calldata message, address, bytes calldata) external payable {
        burn();
        if (refuses) revert Refused(message);
        composed.push(message);
        received += msg.value;
    }

    receive() external payable {}
}
