// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SetConfigParam} from "./EndpointTypes.sol";

/// @notice Type 1 of an application's settings: who executes its messages.
struct ExecutorConfig {
    uint32 maxMessageSize;
    address executor;
}

/// @notice Type 2 of an application's settings: whom it would trust where verifiers vouch for messages.
struct UlnConfig {
    uint64 confirmations;
    uint8 requiredDVNCount;
    uint8 optionalDVNCount;
    uint8 optionalDVNThreshold;
    address[] requiredDVNs;
    address[] optionalDVNs;
}

/// @title An application's settings in a library of the network's.
/// @notice Settings of type 2 are kept and told as the tools that write them expect, and decide nothing: between zones a message is
/// proven by settlement, and no verifier is asked.
abstract contract MessageConfig {
    uint32 internal constant EXECUTOR_TYPE = 1;
    uint32 internal constant ULN_TYPE = 2;

    /// @notice The one contract that applications go through.
    address internal constant ENDPOINT = 0x1a44076050125825900e736c501f859c50fE728c;

    mapping(address oapp => mapping(uint32 eid => UlnConfig)) private ulnConfigs;

    /// @notice An application wrote down whom it would trust to vouch for messages.
    event UlnConfigSet(address oapp, uint32 eid, UlnConfig config);

    /// @notice Only the endpoint may do this.
    error LZ_MessageLib_OnlyEndpoint();
    /// @notice The library has no settings of this type.
    error LZ_ULN_InvalidConfigType(uint32 configType);
    /// @notice The count of optional verifiers is not the length of their list, or is above 127; 255 may stand for none.
    error LZ_ULN_InvalidOptionalDVNCount();
    /// @notice More optional verifiers would have to agree than there are.
    error LZ_ULN_InvalidOptionalDVNThreshold();
    /// @notice The count of required verifiers is not the length of their list, or is above 127; 255 may stand for none.
    error LZ_ULN_InvalidRequiredDVNCount();
    /// @notice A list of verifiers does not ascend, or has one twice.
    error LZ_ULN_Unsorted();

    modifier onlyEndpoint() {
        if (msg.sender != ENDPOINT) revert LZ_MessageLib_OnlyEndpoint();
        _;
    }

    /// @notice What the application set, or zeros.
    function getUlnConfig(address oapp, uint32 eid) public view returns (UlnConfig memory) {
        return ulnConfigs[oapp][eid];
    }

    /// @notice The same: there are no defaults to be mixed in.
    function getAppUlnConfig(address oapp, uint32 eid) external view returns (UlnConfig memory) {
        return ulnConfigs[oapp][eid];
    }

    function setUlnConfig(address oapp, SetConfigParam calldata param) internal {
        UlnConfig memory config = abi.decode(param.config, (UlnConfig));
        // 255 says "none, whatever the default": there is none here.
        checkCount(config.requiredDVNCount, config.requiredDVNs.length, false);
        checkCount(config.optionalDVNCount, config.optionalDVNs.length, true);
        if (config.optionalDVNThreshold > config.optionalDVNs.length) revert LZ_ULN_InvalidOptionalDVNThreshold();
        checkSorted(config.requiredDVNs);
        checkSorted(config.optionalDVNs);
        ulnConfigs[oapp][param.eid] = config;
        emit UlnConfigSet(oapp, param.eid, config);
    }

    function checkCount(uint8 count, uint256 length, bool isOptional) private pure {
        if (count == length && length <= 127 || count == 255 && length == 0) return;
        if (isOptional) revert LZ_ULN_InvalidOptionalDVNCount();
        revert LZ_ULN_InvalidRequiredDVNCount();
    }

    function checkSorted(address[] memory list) private pure {
        for (uint256 i = 1; i < list.length; ++i) {
            if (list[i - 1] >= list[i]) revert LZ_ULN_Unsorted();
        }
    }
}
