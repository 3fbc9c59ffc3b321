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

struct MessagingReceipt {
    bytes32 guid;
    uint64 nonce;
    uint256 nativeFee;
    uint256 lzTokenFee;
}

interface IEndpoint {
    function send(MessagingParams calldata params, address refundAddress)
        external
        payable
        returns (MessagingReceipt memory receipt);
}

/// An application of the tests that moves no token and tells of it as an OFT does.
contract Teller {
    event OFTSent(
        bytes32 indexed guid, uint32 dstEid, address indexed fromAddress, uint256 amountSentLD, uint256 amountReceivedLD
    );
    event OFTReceived(bytes32 indexed guid, uint32 srcEid, address indexed toAddress, uint256 amountReceivedLD);

    IEndpoint private constant ENDPOINT = IEndpoint(0x1a44076050125825900e736c501f859c50fE728c);

    function send(MessagingParams calldata params) external payable {
        MessagingReceipt memory receipt = ENDPOINT.send{value: msg.value}(params, msg.sender);
        emit OFTSent(receipt.guid, params.dstEid, msg.sender, 5, 5);
    }

    function allowInitializePath(Origin calldata) external pure returns (bool) {
        return true;
    }

    function nextNonce(uint32, bytes32) external pure returns (uint64) {
        return 0;
    }

    function lzReceive(Origin calldata origin, bytes32 guid, bytes calldata, address, bytes calldata) external payable {
        emit OFTReceived(guid, origin.srcEid, address(this), 5);
    }
}
