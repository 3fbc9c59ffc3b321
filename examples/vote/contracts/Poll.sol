// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {MessagingFee, OApp, Origin} from "@layerzerolabs/oapp-evm/contracts/oapp/OApp.sol";
import {ILayerZeroEndpointV2} from "@layerzerolabs/lz-evm-protocol-v2/contracts/interfaces/ILayerZeroEndpointV2.sol";
import {OAppOptionsType3} from "@layerzerolabs/oapp-evm/contracts/oapp/libs/OAppOptionsType3.sol";

/// @title A vote in several zones, counted in one of them.
/// @notice People vote in the zone where they are, until the same moment everywhere. Then each zone reports its result once to the home
/// zone, which decides when all have reported. A report may be late or come before another zone's; what it says cannot change any more.
contract Poll is OApp, OAppOptionsType3 {
    uint16 public constant REPORT = 1;

    struct Result {
        uint128 yes;
        uint128 no;
    }

    /// @notice The eid of the zone that counts.
    uint32 public immutable home;
    uint32 public immutable here;
    /// @notice When voting ends, in all zones.
    uint64 public immutable end;
    /// @notice Zones that report, the home zone included.
    uint256 public immutable zones;

    /// @notice Who may vote in this zone, with which weight. It is used up by voting.
    mapping(address voter => uint128) public weight;
    Result public result;
    bool public hasReported;

    /// @notice What a zone has reported, in the home zone.
    mapping(uint32 eid => Result) public reports;
    mapping(uint32 eid => bool) public isReported;
    uint256 public reported;
    Result public total;

    event Voted(address indexed voter, bool yes, uint128 weight);
    event Reported(uint32 indexed eid, uint128 yes, uint128 no);
    event Decided(bool accepted, uint128 yes, uint128 no);

    error TooEarly(uint256 end);
    error TooLate(uint256 end);
    error NoVote(address voter);
    error ReportedBefore(uint32 eid);
    error NotDecided(uint256 reported, uint256 zones);

    constructor(
        address endpoint_,
        address owner,
        uint32 home_,
        uint64 end_,
        uint256 zones_,
        address[] memory voters,
        uint128[] memory weights
    ) OApp(endpoint_, owner) Ownable(owner) {
        (home, end, zones, here) = (home_, end_, zones_, ILayerZeroEndpointV2(endpoint_).eid());
        for (uint256 i = 0; i < voters.length; ++i) {
            weight[voters[i]] = weights[i];
        }
    }

    /// @notice Votes with all the weight that one has here, once.
    function vote(bool yes) external {
        if (block.timestamp >= end) revert TooLate(end);
        uint128 mine = weight[msg.sender];
        if (mine == 0) revert NoVote(msg.sender);
        weight[msg.sender] = 0;
        if (yes) result.yes += mine;
        else result.no += mine;
        emit Voted(msg.sender, yes, mine);
    }

    /// @notice What `report` costs, in wei: nothing in the home zone.
    function quote() external view returns (uint256) {
        if (here == home) return 0;
        return _quote(home, abi.encode(result), enforcedOptions[home][REPORT], false).nativeFee;
    }

    /// @notice Sends this zone's result home, once voting has ended. Anybody may, and only the first one does.
    function report() external payable {
        if (block.timestamp < end) revert TooEarly(end);
        if (hasReported) revert ReportedBefore(here);
        hasReported = true;
        if (here == home) {
            count(here, result);
        } else {
            bytes memory options = enforcedOptions[home][REPORT];
            _lzSend(home, abi.encode(result), options, MessagingFee(msg.value, 0), msg.sender);
        }
    }

    /// @notice Whether it was accepted. Reverts until all zones have reported.
    function isAccepted() external view returns (bool) {
        if (reported < zones) revert NotDecided(reported, zones);
        return total.yes > total.no;
    }

    function _lzReceive(Origin calldata origin, bytes32, bytes calldata message, address, bytes calldata)
        internal
        override
    {
        count(origin.srcEid, abi.decode(message, (Result)));
    }

    function count(uint32 eid, Result memory found) private {
        // A peer reports once and the endpoint delivers once; this holds if a peer is ever replaced.
        if (isReported[eid]) revert ReportedBefore(eid);
        isReported[eid] = true;
        reports[eid] = found;
        total.yes += found.yes;
        total.no += found.no;
        emit Reported(eid, found.yes, found.no);
        if (++reported == zones) emit Decided(total.yes > total.no, total.yes, total.no);
    }
}
