//! A proof of what a zone's root says about one key; `devnet.state.proofs` has the encoding.

use crate::costs::Costs;
use crate::entries::value_in;
use crate::hashing::Hash;
use crate::log::Peers;
use crate::past::PastShard;
use crate::shard::Shard;

/// An active entry with its way up to the zone's root. The entry is the key's own, or, for a key that is not
/// there, the one whose key hash and next key hash enclose the key's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The key's value, none for its absence.
    pub value: Option<Vec<u8>>,
    pub entry: Vec<u8>,
    pub serial_number: u64,
    /// Peers up to the shard's root.
    pub peers: Peers,
    pub shard_root: Hash,
    pub start: u64,
    pub end: u64,
    pub active: u64,
    /// Peers of the shard's leaf in the zone's tree.
    pub zone: [Hash; 4],
}

/// Proves what a shard said about a key, as it is after the newest block or (`past`) was after an older one.
pub fn prove(
    shard: &Shard,
    past: Option<&PastShard>,
    key_hash: &Hash,
    zone: [Hash; 4],
    costs: &mut Costs,
) -> Proof {
    costs.entry_reads += 1;
    let Some(past) = past else {
        let (is_there, serial_number) = shard.find(key_hash);
        let entry = shard.entry(serial_number).into_owned();
        return Proof {
            value: is_there.then(|| value_in(&entry).to_vec()),
            entry,
            serial_number,
            peers: shard.peers(serial_number, costs),
            shard_root: shard.root(),
            start: shard.start(),
            end: shard.end(),
            active: shard.active(),
            zone,
        };
    };
    let (is_there, serial_number) = past.find(shard, key_hash);
    let entry = past.entry(shard, serial_number).into_owned();
    let proof = Proof {
        value: is_there.then(|| value_in(&entry).to_vec()),
        entry,
        serial_number,
        peers: past.peers(shard, serial_number),
        shard_root: past.root(shard),
        start: past.start,
        end: past.end,
        active: past.active,
        zone,
    };
    costs.hashes += past.take_hashes();
    proof
}
