// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Reads the options of a message: what the executor is asked for.
/// @notice Type 3, `0003` and then for each option worker (1), size (2, of what follows), type (1), data; and the older types 1
/// (`0001`, gas) and 2 (`0002`, gas, amount, receiver). docs/messages.md has the table.
library MessageOptions {
    struct Wanted {
        /// For `lzReceive`, summed up.
        uint256 gas;
        /// For `lzCompose` calls, summed up.
        uint256 composeGas;
        uint256 composes;
        /// For the `lzCompose` calls of one index, summed up: the most of all.
        uint256 mostComposeGas;
        /// Sent along with all calls and dropped, summed up.
        uint256 value;
        bool isOrdered;
    }

    /// @notice Options of type 1 have 34 bytes.
    error LZ_ULN_InvalidLegacyType1Option();
    /// @notice Options of type 2 have 67 to 98 bytes.
    error LZ_ULN_InvalidLegacyType2Option();
    /// @notice An option is for the executor (1) or for DVNs (2).
    error LZ_ULN_InvalidWorkerId(uint8 workerId);
    /// @notice What begins at this byte is no whole option.
    error LZ_ULN_InvalidWorkerOptions(uint256 cursor);
    /// @notice Options have type 1, 2 or 3.
    error LZ_ULN_UnsupportedOptionType(uint16 optionType);
    /// @notice An option for `lzCompose` is an index and gas, 18 bytes, or those and a value, 34.
    error Executor_InvalidLzComposeOption();
    /// @notice An option for `lzReceive` is gas, 16 bytes, or gas and a value, 32.
    error Executor_InvalidLzReceiveOption();
    /// @notice An option for a drop is an amount and a receiver, 48 bytes.
    error Executor_InvalidNativeDropOption();
    /// @notice The executor does not do what this type of option asks for.
    error Executor_UnsupportedOptionType(uint8 optionType);
    /// @notice An option gives `lzCompose` no gas.
    error Executor_ZeroLzComposeGasProvided();

    uint8 private constant EXECUTOR = 1;
    uint8 private constant DVN = 2;
    /// @dev The least that an option for `lzCompose` takes: worker, size, type, index, gas.
    uint256 private constant COMPOSE_SIZE = 22;

    /// @notice What the options ask for. Options for DVNs are skipped: settlement takes their place.
    function read(bytes calldata options) internal pure returns (Wanted memory wanted) {
        if (options.length < 2) revert LZ_ULN_InvalidWorkerOptions(0);
        uint16 kind = uint16(bytes2(options[:2]));
        if (kind == 3) {
            readItems(options, wanted);
        } else if (kind == 1) {
            if (options.length != 34) revert LZ_ULN_InvalidLegacyType1Option();
            wanted.gas = uint256(bytes32(options[2:34]));
        } else if (kind == 2) {
            if (options.length <= 66 || options.length > 98) revert LZ_ULN_InvalidLegacyType2Option();
            wanted.gas = uint256(bytes32(options[2:34]));
            wanted.value = uint256(bytes32(options[34:66]));
        } else {
            revert LZ_ULN_UnsupportedOptionType(kind);
        }
    }

    function readItems(bytes calldata options, Wanted memory wanted) private pure {
        uint256[] memory composes = new uint256[](options.length / COMPOSE_SIZE);
        for (uint256 cursor = 2; cursor < options.length;) {
            if (cursor + 3 > options.length) revert LZ_ULN_InvalidWorkerOptions(cursor);
            uint8 worker = uint8(options[cursor]);
            uint256 end = cursor + 3 + uint16(bytes2(options[cursor + 1:cursor + 3]));
            // At least the type.
            if (end == cursor + 3 || end > options.length) revert LZ_ULN_InvalidWorkerOptions(cursor);
            if (worker == EXECUTOR) add(wanted, composes, uint8(options[cursor + 3]), options[cursor + 4:end]);
            else if (worker != DVN) revert LZ_ULN_InvalidWorkerId(worker);
            cursor = end;
        }
    }

    function add(Wanted memory wanted, uint256[] memory composes, uint8 kind, bytes calldata data) private pure {
        if (kind == 1) {
            if (data.length != 16 && data.length != 32) revert Executor_InvalidLzReceiveOption();
            wanted.gas += word(data[:16]);
            wanted.value += word(data[16:]);
        } else if (kind == 2) {
            if (data.length != 48) revert Executor_InvalidNativeDropOption();
            wanted.value += word(data[:16]);
        } else if (kind == 3) {
            if (data.length != 18 && data.length != 34) revert Executor_InvalidLzComposeOption();
            uint256 gas = word(data[2:18]);
            if (gas == 0) revert Executor_ZeroLzComposeGasProvided();
            wanted.composeGas += gas;
            wanted.composes += 1;
            uint256 sum = addCompose(composes, uint16(bytes2(data[:2])), gas);
            if (sum > wanted.mostComposeGas) wanted.mostComposeGas = sum;
            wanted.value += word(data[18:]);
        } else if (kind == 4 && data.length == 0) {
            wanted.isOrdered = true;
        } else {
            // lzRead among them: a zone reads another's state by proofs, without asking anybody.
            revert Executor_UnsupportedOptionType(kind);
        }
    }

    /// @dev Each of `composes` is zero or the gas of an index, 16 bits to the left, and the index: gas is never zero.
    function addCompose(uint256[] memory composes, uint16 index, uint256 gas) private pure returns (uint256) {
        uint256 place = 0;
        while (composes[place] != 0 && uint16(composes[place]) != index) ++place;
        uint256 sum = (composes[place] >> 16) + gas;
        composes[place] = (sum << 16) | index;
        return sum;
    }

    /// @dev Up to 16 bytes, big-endian; nothing is zero.
    function word(bytes calldata data) private pure returns (uint256) {
        return data.length == 0 ? 0 : uint256(uint128(bytes16(data)));
    }
}
