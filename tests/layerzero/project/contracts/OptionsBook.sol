// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {OptionsBuilder} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OptionsBuilder.sol";

/// @title LayerZero's builder of options in Solidity, for asking.
contract OptionsBook {
    using OptionsBuilder for bytes;

    function create() external pure returns (bytes memory) {
        return OptionsBuilder.newOptions();
    }

    function receiving(bytes memory options, uint128 gas, uint128 value) external pure returns (bytes memory) {
        return options.addExecutorLzReceiveOption(gas, value);
    }

    function dropping(bytes memory options, uint128 amount, bytes32 to) external pure returns (bytes memory) {
        return options.addExecutorNativeDropOption(amount, to);
    }

    function composing(bytes memory options, uint16 index, uint128 gas, uint128 value)
        external
        pure
        returns (bytes memory)
    {
        return options.addExecutorLzComposeOption(index, gas, value);
    }

    function ordered(bytes memory options) external pure returns (bytes memory) {
        return options.addExecutorOrderedExecutionOption();
    }
}
