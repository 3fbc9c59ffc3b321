"""Files that survive a crash: append-only logs of checksummed records, and one commit for all of them.

Every part that keeps something has logs (`segmented_log.SegmentedLog`) and writes what changed into them; the
network then commits the positions of all logs at once (`commit_file.CommitFile`). What lies beyond the
committed positions does not count, so a crash at any moment leaves the state of one commit or of the next.
`docs/formats.md` has the bytes. This package knows nothing of zones, blocks or states.

    header         what every file begins with
    records        length, checksum, payload
    segmented_log  an append-only stream of records in files of bounded size
    segment        one of these files
    home           where a part keeps its logs, and what it must do for the commit (`Durable`)
    removal        what cleaning up after a commit takes away
    commit_file    the positions that count, in alternating slots
    lock           one process at a time
    platform       what differs between systems
    errors         what can be wrong with a folder
"""
