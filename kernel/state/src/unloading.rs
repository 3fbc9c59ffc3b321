//! The records of a state in memory: what its files and dumps are written from. Byte for byte what the
//! reference writes (`devnet/state/unloading.py`).

use zero_primitives::map::HashSet;

use crate::entries::{SENTRIES_PER_SHARD, SHARD_COUNT};
use crate::past::PastItem;
use crate::qmdb::{Qmdb, StateError};
use crate::records::{
    HeadRecord, begin_block, begin_piece, encode_code, encode_head, encode_item, encode_part,
};
use crate::trees::{LEAVES_PER_TWIG, TWIG_MASK, TWIG_SHIFT};
use crate::twig::Item;

impl Qmdb {
    /// The BLOCK of a kept block above the oldest.
    pub fn block_record(&self, height: i64) -> Result<Vec<u8>, StateError> {
        let at = self.place(height)?;
        if at == 0 {
            return Err(StateError::Gone(format!(
                "the entries of block {height} are not kept"
            )));
        }
        let (before, block) = (&self.blocks[at - 1], &self.blocks[at]);
        let mut record = begin_block(height as u64, &block.root, block.shards.len());
        for number in block.shards.iter().map(|number| usize::from(*number)) {
            let (first, then) = (before.counters[number].end, block.counters[number]);
            let content = |out: &mut Vec<u8>| self.shards[number].content(first, then.end, out);
            let leaf = &block.leaves[number];
            encode_part(
                &mut record,
                number,
                first,
                then.start,
                then.end,
                then.active,
                leaf,
                content,
            );
        }
        Ok(record)
    }

    /// CODEs of what a kept block brought.
    pub fn codes_of(&self, height: i64) -> Result<Vec<Vec<u8>>, StateError> {
        let block = &self.blocks[self.place(height)?];
        let record = |hash| {
            let code = self.values.code(hash).unwrap_or_default();
            encode_code(height, hash, code.original_byte_slice())
        };
        Ok(block.codes.iter().map(record).collect())
    }

    /// CODEs of what came up to the oldest kept height, as of that height.
    pub fn older_codes(&self) -> Vec<Vec<u8>> {
        let kept = self.blocks.iter().skip(1);
        let brought: HashSet<_> = kept.flat_map(|block| &block.codes).collect();
        let codes = self.values.codes();
        let older = codes.iter().filter(|(hash, _)| !brought.contains(hash));
        let oldest = self.oldest();
        older
            .map(|(hash, code)| encode_code(oldest, hash, code.original_byte_slice()))
            .collect()
    }

    /// HEADs of all shards at the oldest kept height, which is not that before genesis.
    pub fn heads(&mut self) -> Vec<Vec<u8>> {
        self.look_back(self.oldest());
        let block = &self.blocks[0];
        let heads = self
            .past_shards()
            .iter()
            .zip(&self.shards)
            .map(|(past, shard)| {
                let dead = (past.start >> TWIG_SHIFT) as usize;
                encode_head(&HeadRecord {
                    height: block.height as u64,
                    number: past.number,
                    start: past.start,
                    end: past.end,
                    active: past.active,
                    leaf: block.leaves[past.number],
                    dead_roots: (0..dead).map(|twig| past.twig_root(shard, twig)).collect(),
                    bits: (dead..=past.youngest())
                        .map(|twig| past.bits(shard, twig))
                        .collect(),
                })
            });
        heads.collect()
    }

    /// PIECEs of the serial numbers of a shard from `first` on and before `end` at the oldest kept height,
    /// without dead twigs and without sentries in their first places.
    pub fn pieces(&mut self, number: usize, first: u64, end: u64) -> Vec<Vec<u8>> {
        self.look_back(self.oldest());
        let (past, shard) = (&self.past_shards()[number], &self.shards[number]);
        let mut first = first.max(SENTRIES_PER_SHARD).max(past.start & !TWIG_MASK);
        let mut records = Vec::new();
        while first < end {
            let until = end.min((first & !TWIG_MASK) + LEAVES_PER_TWIG as u64);
            let mut record = begin_piece(number, first, (until - first) as usize);
            for serial_number in first..until {
                match past.item(shard, serial_number) {
                    PastItem::Entry(payload) => encode_item(&mut record, &Item::Entry(payload)),
                    PastItem::Hash(hash) => encode_item(&mut record, &Item::Bare(&hash)),
                }
            }
            records.push(record);
            first = until;
        }
        records
    }

    /// Of every shard at the oldest kept height, the serial number of the next entry.
    pub fn ends(&self) -> [u64; SHARD_COUNT] {
        self.blocks[0].counters.map(|counters| counters.end)
    }
}
