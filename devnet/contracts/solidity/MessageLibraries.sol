// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC165, IMessageLib, MessageLibType, SetConfigParam} from "./EndpointTypes.sol";

/// @title Which library a message leaves through, and which one may say that it arrived.
/// @notice Applications choose for each eid, or leave it to the default, which the owner sets.
abstract contract MessageLibraries {
    /// @notice A library that was in use until a moment ago, and may verify up to a block.
    struct Timeout {
        address lib;
        uint256 expiry;
    }

    /// @dev What stands for "the default, whichever it is" where an application has not chosen.
    address private constant DEFAULT = address(0);

    /// @notice Who registers libraries and sets defaults.
    address public owner;
    /// @notice Registered from the start, refuses everything: what an application chooses to close an eid.
    address public blockedLibrary;

    address[] private registered;
    /// @notice Whether applications may choose a library.
    mapping(address lib => bool) public isRegisteredLibrary;
    /// @dev The network's own libraries: the default for every eid that they know, zones that are added later included.
    address private zeroSendLibrary;
    address private zeroReceiveLibrary;
    /// @dev What the owner set in their place.
    mapping(uint32 dstEid => address lib) private setDefaultSend;
    mapping(uint32 srcEid => address lib) private setDefaultReceive;
    /// @notice By source: a library that may verify beside the default, and the block from which on it may not; zeros where there
    /// is none.
    mapping(uint32 srcEid => Timeout) public defaultReceiveLibraryTimeout;
    mapping(address sender => mapping(uint32 dstEid => address lib)) private sendLibrary;
    mapping(address receiver => mapping(uint32 srcEid => address lib)) private receiveLibrary;
    /// @notice By receiver and source: the same, beside the library that the receiver chose.
    mapping(address receiver => mapping(uint32 srcEid => Timeout)) public receiveLibraryTimeout;

    /// @notice There is another owner; zero for none, for ever.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);
    /// @notice From now on applications may choose this library.
    event LibraryRegistered(address newLib);
    /// @notice The library for this destination is another one where a sender has not chosen.
    event DefaultSendLibrarySet(uint32 eid, address newLib);
    /// @notice The library for this source is another one where a receiver has not chosen.
    event DefaultReceiveLibrarySet(uint32 eid, address newLib);
    /// @notice How long a library may verify beside the default for this source.
    /// @param expiry The block from which on it may not; 0 for not at all.
    event DefaultReceiveLibraryTimeoutSet(uint32 eid, address oldLib, uint256 expiry);
    /// @notice An application chose what its messages to this destination leave through; zero for the default.
    event SendLibrarySet(address sender, uint32 eid, address newLib);
    /// @notice An application chose what verifies messages to it from this source; zero for the default.
    event ReceiveLibrarySet(address receiver, uint32 eid, address newLib);
    /// @notice How long a library may verify beside the one that an application chose for this source.
    /// @param timeout The block from which on it may not; 0 for not at all.
    event ReceiveLibraryTimeoutSet(address receiver, uint32 eid, address oldLib, uint256 timeout);

    /// @notice Only the owner may do this.
    error OnlyOwner(address caller);
    /// @notice The library was registered before.
    error LZ_AlreadyRegistered();
    /// @notice The receiver has not chosen a library for this source, and there is no default.
    error LZ_DefaultReceiveLibUnavailable();
    /// @notice The sender has not chosen a library for this destination, and there is no default.
    error LZ_DefaultSendLibUnavailable();
    /// @notice The block is not one of those to come.
    error LZ_InvalidExpiry();
    /// @notice A receiver can let a library verify for a while only beside one that it chose, not beside the default.
    error LZ_OnlyNonDefaultLib();
    /// @notice The library does not verify messages.
    error LZ_OnlyReceiveLib();
    /// @notice The library is not registered.
    error LZ_OnlyRegisteredLib();
    /// @notice The library is not registered, and is not zero for the default.
    error LZ_OnlyRegisteredOrDefaultLib();
    /// @notice No message leaves through the library.
    error LZ_OnlySendLib();
    /// @notice It is this library already.
    error LZ_SameValue();
    /// @notice The library knows no way to this eid, or from it.
    error LZ_UnsupportedEid();
    /// @notice What is at this address is no message library.
    error LZ_UnsupportedInterface();

    modifier onlyOwner() {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        _;
    }

    /// @dev Reverts unless the caller may act for the application.
    function checkMayConfigure(address oapp) internal view virtual;

    // ------------------------------------------------------------ the owner's

    /// @notice Hands the ownership on. Zero is refused; see `renounceOwnership`.
    function transferOwnership(address newOwner) external onlyOwner {
        if (newOwner == address(0)) revert OnlyOwner(newOwner);
        setOwner(newOwner);
    }

    /// @notice Leaves the endpoint without an owner: libraries and defaults stay as they are for ever.
    function renounceOwnership() external onlyOwner {
        setOwner(address(0));
    }

    function setOwner(address newOwner) private {
        emit OwnershipTransferred(owner, newOwner);
        owner = newOwner;
    }

    /// @notice Makes a library one that applications may choose. There is no way back.
    function registerLibrary(address lib) external onlyOwner {
        if (!supportsMessageLib(lib)) revert LZ_UnsupportedInterface();
        if (isRegisteredLibrary[lib]) revert LZ_AlreadyRegistered();
        isRegisteredLibrary[lib] = true;
        registered.push(lib);
        emit LibraryRegistered(lib);
    }

    /// @notice Sets the library for this destination where a sender has not chosen.
    function setDefaultSendLibrary(uint32 eid, address newLib) external onlyOwner {
        checkRegistered(newLib);
        checkSends(newLib, eid);
        if (defaultSendLibrary(eid) == newLib) revert LZ_SameValue();
        setDefaultSend[eid] = newLib;
        emit DefaultSendLibrarySet(eid, newLib);
    }

    /// @notice Sets the library for this source where a receiver has not chosen.
    /// @param gracePeriod Blocks in which the library before may still verify; 0 for none.
    function setDefaultReceiveLibrary(uint32 eid, address newLib, uint256 gracePeriod) external onlyOwner {
        checkRegistered(newLib);
        checkReceives(newLib, eid);
        address oldLib = defaultReceiveLibrary(eid);
        if (oldLib == newLib) revert LZ_SameValue();
        setDefaultReceive[eid] = newLib;
        emit DefaultReceiveLibrarySet(eid, newLib);
        uint256 expiry = grace(defaultReceiveLibraryTimeout[eid], oldLib, gracePeriod);
        emit DefaultReceiveLibraryTimeoutSet(eid, oldLib, expiry);
    }

    /// @notice Lets a library verify beside the default for this source, for a while.
    /// @param expiry Block up to which, and without which, `lib` may verify beside the default; 0 ends it now.
    function setDefaultReceiveLibraryTimeout(uint32 eid, address lib, uint256 expiry) external onlyOwner {
        checkRegistered(lib);
        checkReceives(lib, eid);
        setTimeout(defaultReceiveLibraryTimeout[eid], lib, expiry);
        emit DefaultReceiveLibraryTimeoutSet(eid, lib, expiry);
    }

    // ------------------------------------------------------------ an application's

    /// @notice Chooses what an application's messages to this destination leave through.
    /// @param newLib A registered library, or zero for the default.
    function setSendLibrary(address oapp, uint32 eid, address newLib) external {
        checkMayConfigure(oapp);
        if (newLib != DEFAULT) {
            if (!isRegisteredLibrary[newLib]) revert LZ_OnlyRegisteredOrDefaultLib();
            checkSends(newLib, eid);
        }
        if (sendLibrary[oapp][eid] == newLib) revert LZ_SameValue();
        sendLibrary[oapp][eid] = newLib;
        emit SendLibrarySet(oapp, eid, newLib);
    }

    /// @notice Chooses what verifies messages to an application from this source.
    /// @param newLib A registered library, or zero for the default.
    /// @param gracePeriod Blocks in which the library before may still verify; only from one chosen library to another.
    function setReceiveLibrary(address oapp, uint32 eid, address newLib, uint256 gracePeriod) external {
        checkMayConfigure(oapp);
        if (newLib != DEFAULT) {
            if (!isRegisteredLibrary[newLib]) revert LZ_OnlyRegisteredOrDefaultLib();
            checkReceives(newLib, eid);
        }
        address oldLib = receiveLibrary[oapp][eid];
        if (oldLib == newLib) revert LZ_SameValue();
        receiveLibrary[oapp][eid] = newLib;
        emit ReceiveLibrarySet(oapp, eid, newLib);
        if (gracePeriod > 0 && (oldLib == DEFAULT || newLib == DEFAULT)) revert LZ_OnlyNonDefaultLib();
        uint256 expiry = grace(receiveLibraryTimeout[oapp][eid], oldLib, gracePeriod);
        emit ReceiveLibraryTimeoutSet(oapp, eid, oldLib, expiry);
    }

    /// @notice Lets a library verify beside the one that an application chose for this source, for a while.
    /// @param expiry Block up to which, and without which, `lib` may verify beside the chosen library; 0 ends it now.
    function setReceiveLibraryTimeout(address oapp, uint32 eid, address lib, uint256 expiry) external {
        checkMayConfigure(oapp);
        checkRegistered(lib);
        checkReceives(lib, eid);
        if (receiveLibrary[oapp][eid] == DEFAULT) revert LZ_OnlyNonDefaultLib();
        setTimeout(receiveLibraryTimeout[oapp][eid], lib, expiry);
        emit ReceiveLibraryTimeoutSet(oapp, eid, lib, expiry);
    }

    /// @notice Passes an application's settings to a library.
    function setConfig(address oapp, address lib, SetConfigParam[] calldata params) external {
        checkMayConfigure(oapp);
        checkRegistered(lib);
        IMessageLib(lib).setConfig(oapp, params);
    }

    // ------------------------------------------------------------ questions

    /// @notice What an application wants of a library for one eid: its setting of that type, as the library encodes it.
    function getConfig(address oapp, address lib, uint32 eid, uint32 configType) external view returns (bytes memory config) {
        checkRegistered(lib);
        return IMessageLib(lib).getConfig(eid, oapp, configType);
    }

    /// @notice All libraries that applications may choose, the first one first.
    function getRegisteredLibraries() external view returns (address[] memory) {
        return registered;
    }

    /// @notice The library for this destination where a sender has not chosen; zero where there is none.
    function defaultSendLibrary(uint32 eid) public view returns (address lib) {
        return defaultOf(setDefaultSend[eid], zeroSendLibrary, eid);
    }

    /// @notice The library for this source where a receiver has not chosen; zero where there is none.
    function defaultReceiveLibrary(uint32 eid) public view returns (address lib) {
        return defaultOf(setDefaultReceive[eid], zeroReceiveLibrary, eid);
    }

    function defaultOf(address set, address own, uint32 eid) private view returns (address lib) {
        if (set != address(0)) return set;
        return own != address(0) && IMessageLib(own).isSupportedEid(eid) ? own : address(0);
    }

    /// @notice The library that messages of this sender leave through.
    function getSendLibrary(address sender, uint32 dstEid) public view returns (address lib) {
        lib = sendLibrary[sender][dstEid];
        if (lib == DEFAULT) {
            lib = defaultSendLibrary(dstEid);
            if (lib == address(0)) revert LZ_DefaultSendLibUnavailable();
        }
    }

    /// @notice Whether a sender has not chosen a library for this destination.
    function isDefaultSendLibrary(address sender, uint32 dstEid) external view returns (bool) {
        return sendLibrary[sender][dstEid] == DEFAULT;
    }

    /// @notice The library that verifies messages to this receiver, and whether it is the default.
    function getReceiveLibrary(address receiver, uint32 srcEid) public view returns (address lib, bool isDefault) {
        lib = receiveLibrary[receiver][srcEid];
        if (lib == DEFAULT) {
            lib = defaultReceiveLibrary(srcEid);
            if (lib == address(0)) revert LZ_DefaultReceiveLibUnavailable();
            isDefault = true;
        }
    }

    /// @notice Whether a library may verify messages to this receiver now.
    function isValidReceiveLibrary(address receiver, uint32 srcEid, address lib) public view returns (bool) {
        (address chosen, bool isDefault) = getReceiveLibrary(receiver, srcEid);
        if (lib == chosen) return true;
        Timeout storage timeout =
            isDefault ? defaultReceiveLibraryTimeout[srcEid] : receiveLibraryTimeout[receiver][srcEid];
        return timeout.lib == lib && timeout.expiry > block.number;
    }

    /// @notice Whether there is a default way to and from this eid.
    function isSupportedEid(uint32 eid) external view returns (bool) {
        return defaultSendLibrary(eid) != address(0) && defaultReceiveLibrary(eid) != address(0);
    }

    // ------------------------------------------------------------ checks

    function checkRegistered(address lib) private view {
        if (!isRegisteredLibrary[lib]) revert LZ_OnlyRegisteredLib();
    }

    function checkSends(address lib, uint32 eid) private view {
        if (IMessageLib(lib).messageLibType() == MessageLibType.Receive) revert LZ_OnlySendLib();
        if (!IMessageLib(lib).isSupportedEid(eid)) revert LZ_UnsupportedEid();
    }

    function checkReceives(address lib, uint32 eid) private view {
        if (IMessageLib(lib).messageLibType() == MessageLibType.Send) revert LZ_OnlyReceiveLib();
        if (!IMessageLib(lib).isSupportedEid(eid)) revert LZ_UnsupportedEid();
    }

    function supportsMessageLib(address lib) private view returns (bool) {
        if (lib.code.length == 0) return false;
        try IERC165(lib).supportsInterface(type(IMessageLib).interfaceId) returns (bool supported) {
            return supported;
        } catch {
            return false;
        }
    }

    function grace(Timeout storage timeout, address oldLib, uint256 gracePeriod) private returns (uint256 expiry) {
        expiry = gracePeriod == 0 ? 0 : block.number + gracePeriod;
        (timeout.lib, timeout.expiry) = gracePeriod == 0 ? (address(0), 0) : (oldLib, expiry);
    }

    function setTimeout(Timeout storage timeout, address lib, uint256 expiry) private {
        if (expiry != 0 && expiry <= block.number) revert LZ_InvalidExpiry();
        (timeout.lib, timeout.expiry) = expiry == 0 ? (address(0), 0) : (lib, expiry);
    }
}
