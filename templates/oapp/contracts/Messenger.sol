// SPDX-License-Identifier: UNLICENSED
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {MessagingFee, OApp, Origin} from "@layerzerolabs/oapp-evm/contracts/oapp/OApp.sol";
import {OAppOptionsType3} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OAppOptionsType3.sol";

/// @title Sends texts to other zones, and keeps those that come.
contract Messenger is OApp, OAppOptionsType3 {
    /// @notice The one type of message: the owner's enforced options are set for it.
    uint16 public constant TEXT = 1;

    struct Text {
        uint32 eid;
        bytes32 guid;
        string text;
    }

    /// @notice What came, oldest first. `eid` is the number of the zone's endpoint.
    Text[] public texts;

    event TextSent(uint32 indexed eid, bytes32 indexed guid, string text);
    event TextReceived(uint32 indexed eid, bytes32 indexed guid, string text);

    constructor(address endpoint, address owner) OApp(endpoint, owner) Ownable(owner) {}

    function count() external view returns (uint256) {
        return texts.length;
    }

    /// @notice What sending costs now, in wei.
    function quote(uint32 eid, string calldata text) external view returns (uint256) {
        return _quote(eid, abi.encode(text), enforcedOptions[eid][TEXT], false).nativeFee;
    }

    /// @notice Sends a text. What is sent along beyond the fee comes back.
    function send(uint32 eid, string calldata text) external payable returns (bytes32 guid) {
        bytes memory options = enforcedOptions[eid][TEXT];
        guid = _lzSend(eid, abi.encode(text), options, MessagingFee(msg.value, 0), msg.sender).guid;
        emit TextSent(eid, guid, text);
    }

    /// @dev Called by the endpoint, once for each message, which a peer has sent: `OAppReceiver` has checked that.
    function _lzReceive(Origin calldata origin, bytes32 guid, bytes calldata message, address, bytes calldata)
        internal
        override
    {
        string memory text = abi.decode(message, (string));
        texts.push(Text(origin.srcEid, guid, text));
        emit TextReceived(origin.srcEid, guid, text);
    }
}
