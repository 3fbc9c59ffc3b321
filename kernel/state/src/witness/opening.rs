//! The witness of a state as bytes, and the partial state that it opens. `devnet.state.state_witness` has the
//! layout.

use std::collections::BTreeSet;
use std::sync::Arc;

use zero_primitives::Bytecode;
use zero_primitives::map::B256Map;

use super::shard::{PartialShard, hex};
use super::state::{Lacking, PartialShards, PartialState};
use super::tree::CHUNK_SHIFT;
use super::zone::PartialZoneTree;
use super::{Flaw, Shown, WitnessError};
use crate::entries::{
    Entry, MAX_DEACTIVATED, SENTRIES_PER_SHARD, encode_sentry, encoded_length, is_sentry,
    key_length,
};
use crate::hashing::{Hash, NO_HASH};
use crate::shard::{Config, leaf_of};
use crate::trees::NullNodes;

/// No number in a witness reaches it: beyond, the trees would have more levels than there are null nodes.
const NUMBER_LIMIT: u128 = 1 << 62;

/// The state after block `height` with that root, as far as the witness holds it. `codes` are taken as they are.
pub fn open_state(
    content: &[u8],
    root: &Hash,
    height: i64,
    config: Config,
    codes: B256Map<Bytecode>,
) -> Shown<PartialState> {
    let nulls = NullNodes::new();
    let mut reader = Reader { content, at: 0 };
    let mask = reader.take(2)?;
    let mask = u16::from_le_bytes([mask[0], mask[1]]);
    let mut shards: PartialShards = Default::default();
    let mut leaves = Vec::new();
    for (number, place) in shards.iter_mut().enumerate() {
        if mask >> number & 1 == 1 {
            let (shard, leaf) = read_shard(&mut reader, number, config, &nulls)?;
            *place = Some(Box::new(shard));
            leaves.push((number, leaf));
        }
    }
    let zone = PartialZoneTree::new(&leaves, &mut |_, _| reader.hash())?;
    let rest = content.len() - reader.at;
    if rest > 0 {
        return Err(format_flaw(format!("{rest} bytes too many")));
    }
    if zone.root() != *root {
        let detail = format!("it leads to {}", hex(&zone.root()));
        return Err(WitnessError::new(Flaw::Root, detail));
    }
    Ok(PartialState::new(
        height,
        shards,
        zone,
        codes,
        Lacking::Nothing,
    ))
}

/// The shard and its leaf in the zone's tree.
fn read_shard(
    reader: &mut Reader<'_>,
    number: usize,
    config: Config,
    nulls: &Arc<NullNodes>,
) -> Shown<(PartialShard, Hash)> {
    let (start, end, active) = (reader.number()?, reader.number()?, reader.number()?);
    if start > end || end < SENTRIES_PER_SHARD || active > end - start {
        return Err(WitnessError::new(Flaw::Counters, format!("shard {number}")));
    }
    let mut shard = PartialShard::new(number, (start, end, active), config, nulls.clone());
    let flag = reader.take(1)?[0];
    if flag > 1 {
        return Err(format_flaw(format!("{flag} is neither 0 nor 1")));
    }
    shard.has_end = flag == 1;
    let entries = read_entries(reader, number)?;
    let limit = (end >> CHUNK_SHIFT) + 1;
    let extra: BTreeSet<u64> = reader.ascending(limit)?.into_iter().collect();
    let mut chunks: BTreeSet<u64> = entries
        .iter()
        .map(|(place, _)| place >> CHUNK_SHIFT)
        .collect();
    if shard.has_end {
        chunks.insert(end >> CHUNK_SHIFT);
    }
    if !extra.is_disjoint(&chunks) || (extra.is_empty() && chunks.is_empty()) {
        return Err(format_flaw(format!("chunks of shard {number}")));
    }
    chunks.extend(&extra);
    for chunk in &chunks {
        if chunk << CHUNK_SHIFT < end {
            shard.add_chunk(*chunk, reader.hash()?);
        }
    }
    let mut leaves = Vec::new();
    for (place, entry) in entries {
        let flaw = if !(start..end).contains(&place) {
            Flaw::Counters
        } else if !shard.is_active(place) {
            Flaw::Inactive
        } else {
            shard.add_entry(place, entry);
            if place >= SENTRIES_PER_SHARD {
                leaves.push(place);
            }
            continue;
        };
        let detail = format!("entry {place} of shard {number}");
        return Err(WitnessError::new(flaw, detail));
    }
    shard.unused_chunks = extra;
    if shard.has_end {
        leaves.push(end);
    }
    let chunks = chunks.into_iter().collect();
    let root = shard
        .tree
        .climb(leaves, chunks, &mut |_, _| reader.hash())?;
    Ok((shard, leaf_of(&root, start, end, active)))
}

/// Sentries in their first places, then all others, by serial number.
fn read_entries(reader: &mut Reader<'_>, shard: usize) -> Shown<Vec<(u64, Vec<u8>)>> {
    let mut entries = Vec::new();
    for place in reader.ascending(SENTRIES_PER_SHARD)? {
        let mut entry = Vec::with_capacity(96);
        encode_sentry(&mut entry, shard, place);
        entries.push((place, entry));
    }
    let mut last = SENTRIES_PER_SHARD - 1;
    for _ in 0..reader.number()? {
        let (entry, place) = reader.entry()?;
        if place <= last {
            let words = format!("entry {place} of shard {shard} is out of order");
            return Err(format_flaw(words));
        }
        entries.push((place, entry.to_vec()));
        last = place;
    }
    Ok(entries)
}

fn format_flaw(words: impl Into<String>) -> WitnessError {
    WitnessError::new(Flaw::Format, words)
}

/// Takes the witness from its beginning to its end.
struct Reader<'a> {
    content: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// The next bytes.
    fn take(&mut self, size: usize) -> Shown<&'a [u8]> {
        let taken = self.content[self.at..].get(..size);
        self.at += taken.map_or(0, <[u8]>::len);
        taken.ok_or_else(|| format_flaw("it is cut short"))
    }

    fn hash(&mut self) -> Shown<Hash> {
        let mut hash = NO_HASH;
        hash.copy_from_slice(self.take(NO_HASH.len())?);
        Ok(hash)
    }

    /// The next number.
    fn number(&mut self) -> Shown<u64> {
        let mut value = 0_u128;
        for shift in (0..64).step_by(7) {
            let byte = self.take(1)?[0];
            value |= u128::from(byte & 0x7f) << shift;
            if value >= NUMBER_LIMIT {
                return Err(format_flaw("a number is too large"));
            }
            if byte < 0x80 {
                if byte == 0 && shift > 0 {
                    return Err(format_flaw("a number is longer than it need be"));
                }
                return Ok(value as u64);
            }
        }
        Err(format_flaw("a number is too long"))
    }

    /// A count, and so many numbers below a limit.
    fn ascending(&mut self, limit: u64) -> Shown<Vec<u64>> {
        let mut numbers = Vec::new();
        let mut next = 0;
        for _ in 0..self.number()? {
            let number = next + self.number()?;
            if number >= limit {
                return Err(format_flaw(format!("{number} is not below {limit}")));
            }
            numbers.push(number);
            next = number + 1;
        }
        Ok(numbers)
    }

    /// The next entry and its serial number.
    fn entry(&mut self) -> Shown<(&'a [u8], u64)> {
        let start = self.at;
        let head = self.take(5)?;
        let (size, count) = (encoded_length(head), head[4]);
        if usize::from(count) > MAX_DEACTIVATED {
            return Err(format_flaw(format!("an entry deactivates {count} others")));
        }
        if is_sentry(head) && key_length(head) < 2 {
            return Err(format_flaw("an entry without value is no sentry"));
        }
        self.take(size - head.len())?;
        let entry = &self.content[start..self.at];
        let decoded = Entry::decode(entry).map_err(format_flaw)?;
        Ok((entry, decoded.serial_number))
    }
}
