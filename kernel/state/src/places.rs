//! What stands at one place of a shard's log, and its way up: what witnesses of updates are made of
//! (`devnet.state.places`).

use crate::hashing::Hash;
use crate::log::{Peers, place};
use crate::qmdb::{Counters, Qmdb, StateError};

/// One serial number of a shard, up to the next one to be given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The entry where it is active.
    pub entry: Option<Vec<u8>>,
    pub peers: Peers,
    /// Root of the left half of its twig.
    pub left_root: Hash,
}

/// The counters of a shard after one block, and its leaf in the zone's tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShardHead {
    pub start: u64,
    pub end: u64,
    pub active: u64,
    pub leaf: Hash,
}

impl Qmdb {
    /// The shards after a kept block.
    pub fn shard_heads(&self, height: i64) -> Result<Vec<ShardHead>, StateError> {
        let block = &self.blocks[self.place(height)?];
        let of_shard = |(counters, leaf): (&Counters, &Hash)| ShardHead {
            start: counters.start,
            end: counters.end,
            active: counters.active,
            leaf: *leaf,
        };
        Ok(block
            .counters
            .iter()
            .zip(block.leaves.iter())
            .map(of_shard)
            .collect())
    }

    /// Serial number of the entry, active after a kept block, that has this key hash or the next lower one.
    pub fn find(&mut self, key_hash: &Hash, height: i64) -> Result<u64, StateError> {
        self.place(height)?;
        self.look_back(height);
        let number = usize::from(key_hash[0] >> 4);
        Ok(self.past_shards()[number]
            .find(&self.shards[number], key_hash)
            .1)
    }

    /// What stood at a serial number of a shard after a kept block. Refuses one beyond the next to be given,
    /// and one of a twig in which nothing could be active.
    pub fn place_at(
        &mut self,
        shard: usize,
        serial_number: u64,
        height: i64,
    ) -> Result<Place, StateError> {
        self.place(height)?;
        if shard >= self.shards.len() {
            return Err(StateError::Refused(format!("there is no shard {shard}")));
        }
        self.look_back(height);
        let past = &self.past_shards()[shard];
        let shard = &self.shards[shard];
        if place(serial_number).0 < place(past.start).0 || serial_number > past.end {
            return Err(StateError::Refused(format!(
                "serial number {serial_number} is not between {} and {}",
                past.start, past.end
            )));
        }
        let peers = past.peers(shard, serial_number);
        let bit = (serial_number & 255) as usize;
        let is_active = peers.chunk[bit >> 3] >> (bit & 7) & 1 == 1;
        Ok(Place {
            entry: is_active.then(|| past.entry(shard, serial_number).into_owned()),
            left_root: past.left_root(shard, place(serial_number).0),
            peers,
        })
    }
}
