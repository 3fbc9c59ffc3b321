// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    InvalidReceiver,
    IERC165,
    IMessageLib,
    ISendLib,
    MessageLibType,
    MessagingFee,
    Packet,
    SetConfigParam
} from "./EndpointTypes.sol";
import {ExecutorConfig, MessageConfig, UlnConfig} from "./MessageConfig.sol";
import {ZoneEids} from "./ZoneEids.sol";

/// @notice Who delivers messages for a fee: the network's own executor, or one that an application chose.
interface IExecutor {
    /// @notice Takes on a message that is sent now.
    /// @param calldataSize Bytes of the message.
    /// @return fee Wei that delivering it costs.
    function assignJob(uint32 dstEid, address sender, uint256 calldataSize, bytes calldata options)
        external
        returns (uint256 fee);
    /// @notice What `assignJob` would ask for now.
    /// @param calldataSize Bytes of the message.
    /// @return fee Wei that delivering it would cost.
    function getFee(uint32 dstEid, address sender, uint256 calldataSize, bytes calldata options)
        external
        view
        returns (uint256 fee);
}

/// @title What messages leave a zone through.
/// @notice Writes the packet, asks the executor what delivering costs, and keeps its fee. Nobody is paid for verifying: settlement
/// proves what left a zone.
contract ZeroSendLib is ISendLib, MessageConfig, ZoneEids {
    uint8 private constant PACKET_VERSION = 1;

    ExecutorConfig private defaultExecutor;
    /// @notice What an application set for an eid; zeros stand for the default. See `getExecutorConfig`.
    mapping(address oapp => mapping(uint32 eid => ExecutorConfig)) public executorConfigs;
    /// @notice What executors have earned and not taken.
    mapping(address worker => uint256) public fees;

    /// @notice An application chose who executes its messages to this eid.
    event ExecutorConfigSet(address oapp, uint32 eid, ExecutorConfig config);
    /// @notice An executor earned the fee of the message that is sent in this call.
    /// @param fee Wei.
    event ExecutorFeePaid(address executor, uint256 fee);
    /// @notice An executor had what it earned paid out.
    /// @param amount Wei.
    event NativeFeeWithdrawn(address worker, address receiver, uint256 amount);

    /// @notice The caller has earned less than that.
    error LZ_MessageLib_InvalidAmount(uint256 requested, uint256 available);
    /// @notice Part of the published interface. Nothing here says it: zero stands for the default.
    error LZ_MessageLib_InvalidExecutor();
    /// @notice The message is longer than the application's settings allow.
    error LZ_MessageLib_InvalidMessageSize(uint256 actual, uint256 max);
    /// @notice Who was to get the fees refused them.
    error LZ_MessageLib_TransferFailed();
    /// @notice Part of the published interface. Nothing here says it: zero stands for the default.
    error LZ_MessageLib_ZeroMessageSize();
    /// @notice There is no treasury and no fee in a token here.
    error NotOffered();

    /// @notice Takes the fees that the endpoint pays.
    receive() external payable {}

    // ------------------------------------------------------------ sending

    /// @inheritdoc ISendLib
    function send(Packet calldata packet, bytes calldata options, bool)
        external
        onlyEndpoint
        returns (MessagingFee memory fee, bytes memory encodedPacket)
    {
        address executor = checked(packet);
        uint256 price = IExecutor(executor).assignJob(packet.dstEid, packet.sender, packet.message.length, options);
        fees[executor] += price;
        emit ExecutorFeePaid(executor, price);
        encodedPacket = abi.encodePacked(
            PACKET_VERSION,
            packet.nonce,
            packet.srcEid,
            bytes32(uint256(uint160(packet.sender))),
            packet.dstEid,
            packet.receiver,
            packet.guid,
            packet.message
        );
        fee = MessagingFee(price, 0);
    }

    /// @inheritdoc ISendLib
    function quote(Packet calldata packet, bytes calldata options, bool) external view returns (MessagingFee memory) {
        address executor = checked(packet);
        return MessagingFee(
            IExecutor(executor).getFee(packet.dstEid, packet.sender, packet.message.length, options), 0
        );
    }

    /// @dev The executor of a packet that may be sent.
    function checked(Packet calldata packet) private view returns (address) {
        // Else it would have another path than the account whose address the lower bytes are, and the same channel.
        if (uint256(packet.receiver) >> 160 != 0) revert InvalidReceiver(packet.receiver);
        if (!isSupportedEid(packet.dstEid)) revert LZ_ULN_UnsupportedEid(packet.dstEid);
        ExecutorConfig memory config = getExecutorConfig(packet.sender, packet.dstEid);
        if (packet.message.length > config.maxMessageSize) {
            revert LZ_MessageLib_InvalidMessageSize(packet.message.length, config.maxMessageSize);
        }
        return config.executor;
    }

    // ------------------------------------------------------------ fees

    /// @inheritdoc ISendLib
    function withdrawFee(address to, uint256 amount) external {
        uint256 available = fees[msg.sender];
        if (amount > available) revert LZ_MessageLib_InvalidAmount(amount, available);
        fees[msg.sender] = available - amount;
        (bool done,) = to.call{value: amount}("");
        if (!done) revert LZ_MessageLib_TransferFailed();
        emit NativeFeeWithdrawn(msg.sender, to, amount);
    }

    /// @inheritdoc ISendLib
    function setTreasury(address) external pure {
        revert NotOffered();
    }

    /// @inheritdoc ISendLib
    function withdrawLzTokenFee(address, address, uint256) external pure {
        revert NotOffered();
    }

    // ------------------------------------------------------------ settings

    /// @inheritdoc IMessageLib
    function setConfig(address oapp, SetConfigParam[] calldata params) external onlyEndpoint {
        for (uint256 i = 0; i < params.length; ++i) {
            if (!isSupportedEid(params[i].eid)) revert LZ_ULN_UnsupportedEid(params[i].eid);
            if (params[i].configType == EXECUTOR_TYPE) setExecutorConfig(oapp, params[i]);
            else if (params[i].configType == ULN_TYPE) setUlnConfig(oapp, params[i]);
            else revert LZ_ULN_InvalidConfigType(params[i].configType);
        }
    }

    function setExecutorConfig(address oapp, SetConfigParam calldata param) private {
        ExecutorConfig memory config = abi.decode(param.config, (ExecutorConfig));
        executorConfigs[oapp][param.eid] = config;
        emit ExecutorConfigSet(oapp, param.eid, config);
    }

    /// @notice What an application set, with the default in the place of zeros.
    function getExecutorConfig(address oapp, uint32 eid) public view returns (ExecutorConfig memory config) {
        config = executorConfigs[oapp][eid];
        if (config.maxMessageSize == 0) config.maxMessageSize = defaultExecutor.maxMessageSize;
        if (config.executor == address(0)) config.executor = defaultExecutor.executor;
    }

    /// @inheritdoc IMessageLib
    function getConfig(uint32 eid, address oapp, uint32 configType) external view returns (bytes memory) {
        if (configType == EXECUTOR_TYPE) return abi.encode(getExecutorConfig(oapp, eid));
        if (configType == ULN_TYPE) return abi.encode(getUlnConfig(oapp, eid));
        revert LZ_ULN_InvalidConfigType(configType);
    }

    // ------------------------------------------------------------ what it is

    /// @inheritdoc IMessageLib
    function isSupportedEid(uint32 eid) public view override(IMessageLib, ZoneEids) returns (bool) {
        return ZoneEids.isSupportedEid(eid);
    }

    /// @inheritdoc IMessageLib
    function version() external pure returns (uint64 major, uint8 minor, uint8 endpointVersion) {
        return (3, 0, 2);
    }

    /// @inheritdoc IMessageLib
    function messageLibType() external pure returns (MessageLibType) {
        return MessageLibType.Send;
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(ISendLib).interfaceId || interfaceId == type(IMessageLib).interfaceId
            || interfaceId == type(IERC165).interfaceId;
    }
}
