// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

struct MessagingParams {
    uint32 dstEid;
    bytes32 receiver;
    bytes message;
    bytes options;
    bool payInLzToken;
}

struct MessagingFee {
    uint256 nativeFee;
    uint256 lzTokenFee;
}

struct MessagingReceipt {
    bytes32 guid;
    uint64 nonce;
    MessagingFee fee;
}

struct Origin {
    uint32 srcEid;
    bytes32 sender;
    uint64 nonce;
}

struct EnforcedOptionParam {
    uint32 eid;
    uint16 msgType;
    bytes options;
}

interface IEndpoint {
    function quote(MessagingParams calldata params, address sender) external view returns (MessagingFee memory);
    function send(MessagingParams calldata params, address refund) external payable returns (MessagingReceipt memory);
    function sendCompose(address to, bytes32 guid, uint16 index, bytes calldata message) external;
    function setDelegate(address delegate) external;
}

/// Two of them in two zones say things to each other. Has the interface of LayerZero's OApp, written for the tests.
contract Postcards {
    IEndpoint public immutable endpoint;
    address public owner = msg.sender;
    mapping(uint32 eid => bytes32) public peers;
    mapping(uint32 eid => mapping(uint16 kind => bytes)) public enforcedOptions;
    bytes[] public received;
    string public mood = "fine";

    error NoPeer(uint32 eid);
    error OnlyPeer(uint32 eid, bytes32 sender);
    error NotInTheMood(string mood);

    modifier onlyOwner() {
        require(msg.sender == owner, "only the owner");
        _;
    }

    constructor(IEndpoint endpoint_) {
        endpoint = endpoint_;
        endpoint.setDelegate(msg.sender);
    }

    function setPeer(uint32 eid, bytes32 peer) external onlyOwner {
        peers[eid] = peer;
    }

    function setDelegate(address delegate) external onlyOwner {
        endpoint.setDelegate(delegate);
    }

    function transferOwnership(address to) external onlyOwner {
        owner = to;
    }

    function setEnforcedOptions(EnforcedOptionParam[] calldata params) external onlyOwner {
        for (uint256 i = 0; i < params.length; ++i) enforcedOptions[params[i].eid][params[i].msgType] = params[i].options;
    }

    function setMood(string calldata mood_) external {
        mood = mood_;
    }

    function combineOptions(uint32 eid, uint16 kind, bytes calldata extra) public view virtual returns (bytes memory) {
        bytes memory enforced = enforcedOptions[eid][kind];
        if (enforced.length == 0) return extra;
        return extra.length < 2 ? enforced : bytes.concat(enforced, extra[2:]);
    }

    function quote(uint32 eid, bytes calldata text, bytes calldata extra) external view returns (uint256) {
        return endpoint.quote(MessagingParams(eid, peerOf(eid), text, combineOptions(eid, 1, extra), false), address(this))
            .nativeFee;
    }

    function write(uint32 eid, bytes calldata text, bytes calldata extra) external payable returns (bytes32) {
        return endpoint.send{value: msg.value}(
            MessagingParams(eid, peerOf(eid), text, combineOptions(eid, 1, extra), false), msg.sender
        ).guid;
    }

    function peerOf(uint32 eid) internal view returns (bytes32 found) {
        found = peers[eid];
        if (found == 0) revert NoPeer(eid);
    }

    function allowInitializePath(Origin calldata origin) external view returns (bool) {
        return peers[origin.srcEid] == origin.sender;
    }

    function nextNonce(uint32, bytes32) external pure virtual returns (uint64) {
        return 0;
    }

    function lzReceive(Origin calldata origin, bytes32, bytes calldata message, address, bytes calldata)
        external
        payable
        virtual
    {
        check(origin);
        if (keccak256(bytes(mood)) != keccak256("fine")) revert NotInTheMood(mood);
        received.push(message);
    }

    function check(Origin calldata origin) internal view {
        require(msg.sender == address(endpoint), "only the endpoint");
        if (peers[origin.srcEid] != origin.sender) revert OnlyPeer(origin.srcEid, origin.sender);
    }

    function receivedCount() external view returns (uint256) {
        return received.length;
    }
}

struct SendParam {
    uint32 dstEid;
    bytes32 to;
    uint256 amountLD;
    uint256 minAmountLD;
    bytes extraOptions;
    bytes composeMsg;
    bytes oftCmd;
}

struct OFTReceipt {
    uint256 amountSentLD;
    uint256 amountReceivedLD;
}

struct OFTLimit {
    uint256 minAmountLD;
    uint256 maxAmountLD;
}

struct OFTFeeDetail {
    int256 feeAmountLD;
    string description;
}

/// A token that moves between zones. Has the interface of LayerZero's OFT, written for the tests.
contract Coin is Postcards {
    uint8 public immutable decimals;
    uint8 public immutable sharedDecimals;
    mapping(address => uint256) public balanceOf;
    uint256 public totalSupply;

    error SlippageExceeded(uint256 amountLD, uint256 minAmountLD);

    event OFTSent(bytes32 indexed guid, uint32 dstEid, address indexed from, uint256 amountSentLD, uint256 amountReceivedLD);

    constructor(IEndpoint endpoint_, uint8 decimals_, uint8 sharedDecimals_, uint256 supply) Postcards(endpoint_) {
        (decimals, sharedDecimals) = (decimals_, sharedDecimals_);
        balanceOf[msg.sender] = totalSupply = supply;
    }

    function token() external view returns (address) {
        return address(this);
    }

    function approvalRequired() external pure returns (bool) {
        return false;
    }

    function decimalConversionRate() public view returns (uint256) {
        return 10 ** (decimals - sharedDecimals);
    }

    function quoteOFT(SendParam calldata param)
        external
        view
        returns (OFTLimit memory, OFTFeeDetail[] memory, OFTReceipt memory)
    {
        uint256 amount = withoutDust(param.amountLD);
        return (OFTLimit(0, type(uint64).max), new OFTFeeDetail[](0), OFTReceipt(amount, amount));
    }

    function quoteSend(SendParam calldata param, bool) external view returns (MessagingFee memory) {
        return endpoint.quote(packed(param, withoutDust(param.amountLD)), address(this));
    }

    function send(SendParam calldata param, MessagingFee calldata fee, address refund)
        external
        payable
        returns (MessagingReceipt memory receipt, OFTReceipt memory amounts)
    {
        uint256 amount = withoutDust(param.amountLD);
        if (amount < param.minAmountLD) revert SlippageExceeded(amount, param.minAmountLD);
        balanceOf[msg.sender] -= amount;
        totalSupply -= amount;
        receipt = endpoint.send{value: fee.nativeFee}(packed(param, amount), refund);
        amounts = OFTReceipt(amount, amount);
        emit OFTSent(receipt.guid, param.dstEid, msg.sender, amount, amount);
    }

    function withoutDust(uint256 amount) private view returns (uint256) {
        return amount - amount % decimalConversionRate();
    }

    function packed(SendParam calldata param, uint256 amount) private view returns (MessagingParams memory) {
        bytes memory message = abi.encodePacked(param.to, uint64(amount / decimalConversionRate()));
        uint16 kind = 1;
        if (param.composeMsg.length > 0) {
            message = abi.encodePacked(message, bytes32(uint256(uint160(msg.sender))), param.composeMsg);
            kind = 2;
        }
        return MessagingParams(
            param.dstEid, peerOf(param.dstEid), message, combineOptions(param.dstEid, kind, param.extraOptions), false
        );
    }

    function lzReceive(Origin calldata origin, bytes32 guid, bytes calldata message, address, bytes calldata)
        external
        payable
        override
    {
        check(origin);
        address to = address(uint160(uint256(bytes32(message[:32]))));
        uint256 amount = uint256(uint64(bytes8(message[32:40]))) * decimalConversionRate();
        balanceOf[to] += amount;
        totalSupply += amount;
        if (message.length > 40) {
            endpoint.sendCompose(to, guid, 0, abi.encodePacked(origin.nonce, origin.srcEid, amount, message[40:]));
        }
    }
}

/// Takes coins with a word that says for what.
contract Till {
    uint256 public calls;
    bytes public last;

    error TooMuch(uint256 size);

    function lzCompose(address, bytes32, bytes calldata message, address, bytes calldata) external payable {
        if (message.length > 1000) revert TooMuch(message.length);
        ++calls;
        last = message;
    }
}
