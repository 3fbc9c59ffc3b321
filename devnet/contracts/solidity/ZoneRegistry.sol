// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SettlementRoots} from "./SettlementRoots.sol";

/// @title The zones of the network and the program that each of them runs.
/// @notice A program is in force from the first block on that carries its settlement height or a later one. Programs are
/// appended and never rewritten once they are near, so that every height has one answer for ever.
/// @dev The storage layout is part of genesis (devnet/contracts/zone_registry.py). The owner is a key of genesis until
/// there is governance; the other contracts of the system zone ask here who it is.
contract ZoneRegistry {
    struct Program {
        /// The exact program, as statements name it.
        bytes32 id;
        /// The settlement height that it is in force from.
        uint64 since;
    }

    struct Zone {
        /// ASCII, filled up with zeros.
        bytes32 name;
        uint64 chainId;
        /// The state root that its first update starts from; zero for a zone of the network's own genesis.
        bytes32 genesisRoot;
        Program[] programs;
    }

    /// @notice More zones than these do not fit under a zones root.
    uint256 public constant MOST_ZONES = 1 << 16;

    SettlementRoots private constant ROOTS = SettlementRoots(0x5A45524f00000000000000000000000000000001);

    /// @notice Who may change the registry.
    address public owner;
    /// @notice Who may become the owner by `acceptOwnership`.
    address public pendingOwner;

    /// @notice Zones are numbered from 0 on; the system zone is 0.
    uint32 public zoneCount;
    /// @notice A program's height lies at least so many heights above the newest known one.
    uint64 public notice;

    mapping(uint32 => Zone) private zones;
    mapping(bytes32 => bool) private isNameTaken;
    mapping(uint64 => bool) private isChainIdTaken;

    /// @notice There is a new zone.
    /// @param genesisRoot The state root that its first update starts from.
    event ZoneAdded(uint32 indexed zone, bytes32 name, uint64 chainId, bytes32 genesisRoot);
    /// @notice A zone runs this program from a settlement height on.
    event ProgramScheduled(uint32 indexed zone, bytes32 id, uint64 since);
    /// @notice A zone's last program was taken back before its height.
    event ProgramCancelled(uint32 indexed zone, bytes32 id, uint64 since);
    /// @notice The owner offered the ownership; zero when it takes an offer back.
    event OwnershipOffered(address indexed owner, address indexed pendingOwner);
    /// @notice Who was offered the ownership took it.
    event OwnershipTaken(address indexed owner);

    /// @notice Only the owner may do this.
    error OnlyOwner(address caller);
    /// @notice Only who was offered the ownership may take it.
    error OnlyPendingOwner(address caller);
    /// @notice There is no zone of this number.
    error UnknownZone(uint32 zone);
    /// @notice A zone's name is a letter and at most 31 further letters, digits and hyphens, all small.
    error BadName(bytes32 name);
    /// @notice Another zone has this name, or it is reserved.
    error NameTaken(bytes32 name);
    /// @notice Another zone has this chain id, or it is 0 or not below 2^52.
    error ChainIdTaken(uint64 chainId);
    /// @notice There are as many zones as there can be.
    error TooManyZones();
    /// @notice Zero names no program.
    error NoProgram();
    /// @notice The height is not far enough ahead, or not above the program before.
    error HeightTooEarly(uint64 earliest, uint64 height);
    /// @notice The zone has no program that can still be taken back.
    error NothingToCancel(uint32 zone);
    /// @notice No program of the zone was in force at that height.
    error NoProgramYet(uint32 zone, uint64 height);

    modifier onlyOwner() {
        if (msg.sender != owner) revert OnlyOwner(msg.sender);
        _;
    }

    // ------------------------------------------------------------ what the owner does

    /// @notice Adds a zone that runs a program from a settlement height on.
    /// @return zone Its number.
    function addZone(bytes32 name, uint64 chainId, bytes32 genesisRoot, bytes32 program, uint64 since)
        external
        onlyOwner
        returns (uint32 zone)
    {
        checkName(name);
        if (isNameTaken[name] || name == "system" || name == "health") revert NameTaken(name);
        if (chainId == 0 || chainId >> 52 != 0 || isChainIdTaken[chainId]) revert ChainIdTaken(chainId);
        zone = zoneCount;
        if (zone == MOST_ZONES) revert TooManyZones();
        zoneCount = zone + 1;
        isNameTaken[name] = true;
        isChainIdTaken[chainId] = true;
        Zone storage z = zones[zone];
        (z.name, z.chainId, z.genesisRoot) = (name, chainId, genesisRoot);
        emit ZoneAdded(zone, name, chainId, genesisRoot);
        append(zone, z, program, since);
    }

    /// @notice Makes a zone run another program from a settlement height on.
    function scheduleProgram(uint32 zone, bytes32 program, uint64 since) external onlyOwner {
        append(zone, known(zone), program, since);
    }

    /// @notice Takes back a zone's last program while its height is at least `notice` ahead.
    function cancelProgram(uint32 zone) external onlyOwner {
        Program[] storage programs = known(zone).programs;
        Program memory last = programs[programs.length - 1];
        if (programs.length == 1 || last.since < earliest()) revert NothingToCancel(zone);
        programs.pop();
        emit ProgramCancelled(zone, last.id, last.since);
    }

    /// @notice Offers the ownership to another address, which must take it; zero takes an offer back.
    function offerOwnership(address to) external onlyOwner {
        pendingOwner = to;
        emit OwnershipOffered(msg.sender, to);
    }

    /// @notice Takes the ownership that was offered.
    function acceptOwnership() external {
        if (msg.sender != pendingOwner) revert OnlyPendingOwner(msg.sender);
        (owner, pendingOwner) = (msg.sender, address(0));
        emit OwnershipTaken(msg.sender);
    }

    // ------------------------------------------------------------ questions

    /// @notice Everything about a zone but its programs.
    function zoneAt(uint32 zone) external view returns (bytes32 name, uint64 chainId, bytes32 genesisRoot) {
        Zone storage z = known(zone);
        return (z.name, z.chainId, z.genesisRoot);
    }

    /// @notice The program that blocks run which carry this settlement height.
    function programAt(uint32 zone, uint64 height) external view returns (bytes32 id) {
        Program[] storage programs = known(zone).programs;
        for (uint256 i = programs.length; i != 0; --i) {
            Program storage program = programs[i - 1];
            if (program.since <= height) return program.id;
        }
        revert NoProgramYet(zone, height);
    }

    /// @notice All programs of a zone, the first one first.
    function programsOf(uint32 zone) external view returns (Program[] memory) {
        return known(zone).programs;
    }

    /// @notice The lowest settlement height that a program can be scheduled for now.
    function earliest() public view returns (uint64) {
        (uint64 height,,,) = ROOTS.newest();
        return height + notice;
    }

    // ------------------------------------------------------------ inside

    function known(uint32 zone) private view returns (Zone storage z) {
        if (zone >= zoneCount) revert UnknownZone(zone);
        return zones[zone];
    }

    function append(uint32 zone, Zone storage z, bytes32 program, uint64 since) private {
        if (program == 0) revert NoProgram();
        uint64 least = earliest();
        uint256 count = z.programs.length;
        if (count != 0 && z.programs[count - 1].since >= least) least = z.programs[count - 1].since + 1;
        if (since < least) revert HeightTooEarly(least, since);
        z.programs.push(Program(program, since));
        emit ProgramScheduled(zone, program, since);
    }

    function checkName(bytes32 name) private pure {
        if (uint8(name[0]) < 0x61 || uint8(name[0]) > 0x7a) revert BadName(name);
        bool hasEnded;
        for (uint256 i = 1; i < 32; ++i) {
            uint8 letter = uint8(name[i]);
            bool isLetter = (letter >= 0x61 && letter <= 0x7a) || (letter >= 0x30 && letter <= 0x39) || letter == 0x2d;
            if (letter == 0) hasEnded = true;
            else if (hasEnded || !isLetter) revert BadName(name);
        }
    }
}
