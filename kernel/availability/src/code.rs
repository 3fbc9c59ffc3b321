//! The systematic Reed-Solomon code over GF(2^16), by the `reed-solomon-simd` crate, and the columns' leaves.
//!
//! The code acts on every row alone, so that columns are worked on in stripes of rows.

use std::ops::Range;

use rayon::ThreadPool;
use reed_solomon_simd::{Error, ReedSolomonDecoder, ReedSolomonEncoder};
use sha2::{Digest, Sha256};

use crate::lanes::{fill_columns, for_each};
use crate::layout::{from_planes, to_planes};

/// Data and parity together.
pub const MOST_COLUMNS: usize = 32_768;

/// A column of the largest batch in one data column.
const MOST_COLUMN_BYTES: usize = 1 << 27;

/// Before the data of a leaf.
pub const LEAF: [u8; 1] = [0];

/// The columns of one dispersal.
#[derive(Clone, Copy, Debug)]
pub struct Code {
    data_columns: usize,
    columns: usize,
    column_bytes: usize,
}

impl Code {
    /// Fails with what is wrong: the data is at most a third of the columns.
    pub fn new(data_columns: usize, columns: usize, column_bytes: usize) -> Result<Self, String> {
        // With so much parity the crate always takes its code for low rates, whose points docs/availability.md names.
        if data_columns == 0 || columns > MOST_COLUMNS || 3 * data_columns > columns {
            return Err(format!("{data_columns} data columns of {columns}"));
        }
        if column_bytes == 0 || !column_bytes.is_multiple_of(2) || column_bytes > MOST_COLUMN_BYTES
        {
            return Err(format!("a column of {column_bytes} bytes"));
        }
        Ok(Self {
            data_columns,
            columns,
            column_bytes,
        })
    }

    /// Of all parity columns.
    pub fn parity_bytes(&self) -> usize {
        (self.columns - self.data_columns) * self.column_bytes
    }

    /// Writes the parity columns and gives the leaf of every column. Zeros at the end of `data` may be missing.
    pub fn extend(
        &self,
        data: &[u8],
        parity: &mut [u8],
        pool: Option<&ThreadPool>,
    ) -> Result<Vec<u8>, String> {
        if data.len() > self.data_columns * self.column_bytes {
            return Err(format!("{} bytes of data", data.len()));
        }
        let size = self.column_bytes;
        fill_columns(parity, size, self.columns, pool, |encoder, stripe, made| {
            self.encode(encoder, made, stripe.len(), 0.., |index, planes| {
                let column = index * size;
                append(data, column + stripe.start..column + stripe.end, planes);
            })
        })?;
        Ok(self.leaves(data, parity, pool))
    }

    /// Writes the wanted columns, one after the other. Of `known` columns there are at least as many as of data.
    pub fn restore(
        &self,
        known: &[(usize, &[u8])],
        wanted: &[usize],
        found: &mut [u8],
        pool: Option<&ThreadPool>,
    ) -> Result<(), String> {
        let mut columns: Vec<Option<&[u8]>> = vec![None; self.columns];
        for &(index, column) in known {
            if index >= self.columns || column.len() != self.column_bytes {
                return Err(format!("column {index} of {} bytes", column.len()));
            }
            columns[index] = Some(column);
        }
        if columns.iter().flatten().count() < self.data_columns {
            return Err(format!(
                "{} columns are known, {} are needed",
                columns.iter().flatten().count(),
                self.data_columns
            ));
        }
        if let Some(index) = wanted.iter().find(|&&index| index >= self.columns) {
            return Err(format!("column {index} is wanted"));
        }
        let repair = Repair {
            code: self,
            columns,
            wanted,
        };
        // The decoder holds twice as many columns as the encoder.
        fill_columns(
            found,
            self.column_bytes,
            2 * self.columns,
            pool,
            |workers, stripe, made| repair.restore(workers, stripe, made),
        )
    }

    /// Appends the parity columns of these numbers in one stripe, of which `original` appends each data column.
    fn encode(
        &self,
        encoder: &mut Option<ReedSolomonEncoder>,
        made: &mut Vec<u8>,
        width: usize,
        wanted: impl Iterator<Item = usize>,
        original: impl Fn(usize, &mut Vec<u8>),
    ) -> Result<(), String> {
        let parity = self.columns - self.data_columns;
        let encoder = match encoder {
            Some(encoder) => {
                encoder
                    .reset(self.data_columns, parity, width)
                    .map_err(words)?;
                encoder
            }
            None => encoder
                .insert(ReedSolomonEncoder::new(self.data_columns, parity, width).map_err(words)?),
        };
        let mut planes = Vec::with_capacity(width);
        for index in 0..self.data_columns {
            planes.clear();
            original(index, &mut planes);
            encoder.add_original_shard(&planes).map_err(words)?;
        }
        let encoded = encoder.encode().map_err(words)?;
        for column in wanted.map_while(|index| encoded.recovery(index)) {
            append_elements(column, made);
        }
        Ok(())
    }

    /// SHA-256(0x00 ‖ column) of every column.
    fn leaves(&self, data: &[u8], parity: &[u8], pool: Option<&ThreadPool>) -> Vec<u8> {
        let mut leaves = vec![0; 32 * self.columns];
        let targets: Vec<_> = leaves.chunks_exact_mut(32).enumerate().collect();
        for_each(pool, targets, |(index, leaf)| {
            let mut hash = Sha256::new_with_prefix(LEAF);
            match index.checked_sub(self.data_columns) {
                Some(index) => {
                    hash.update(&parity[index * self.column_bytes..][..self.column_bytes])
                }
                None => {
                    let column = part(
                        data,
                        index * self.column_bytes..(index + 1) * self.column_bytes,
                    );
                    hash.update(column);
                    hash.update(vec![0; self.column_bytes - column.len()]);
                }
            }
            leaf.copy_from_slice(&hash.finalize());
        });
        leaves
    }
}

/// Columns that are put together again.
struct Repair<'a> {
    code: &'a Code,
    columns: Vec<Option<&'a [u8]>>,
    wanted: &'a [usize],
}

/// What a thread keeps from one stripe to the next.
#[derive(Default)]
struct Workers {
    decoder: Option<ReedSolomonDecoder>,
    encoder: Option<ReedSolomonEncoder>,
}

impl Repair<'_> {
    fn restore(
        &self,
        workers: &mut Workers,
        stripe: Range<usize>,
        made: &mut Vec<u8>,
    ) -> Result<(), String> {
        let (data_columns, width) = (self.code.data_columns, stripe.len());
        let mut originals: Vec<Vec<u8>> = vec![Vec::new(); data_columns];
        for (planes, column) in originals.iter_mut().zip(&self.columns) {
            if let Some(column) = column {
                to_planes(&column[stripe.clone()], planes);
            }
        }
        self.decode(&mut workers.decoder, &mut originals, &stripe)?;
        let mut parity = Vec::new();
        if self
            .wanted
            .iter()
            .any(|&index| index >= data_columns && self.columns[index].is_none())
        {
            let original = |index: usize, planes: &mut Vec<u8>| planes.extend(&originals[index]);
            self.code
                .encode(&mut workers.encoder, &mut parity, width, 0.., original)?;
        }
        for &index in self.wanted {
            match (self.columns[index], index.checked_sub(data_columns)) {
                (Some(column), _) => made.extend(&column[stripe.clone()]),
                (None, Some(index)) => made.extend(&parity[index * width..][..width]),
                (None, None) => append_elements(&originals[index], made),
            }
        }
        Ok(())
    }

    /// Fills in the originals that are not known.
    fn decode(
        &self,
        decoder: &mut Option<ReedSolomonDecoder>,
        originals: &mut [Vec<u8>],
        stripe: &Range<usize>,
    ) -> Result<(), String> {
        let (data_columns, width) = (self.code.data_columns, stripe.len());
        let parity = self.code.columns - data_columns;
        let missing = originals.iter().filter(|planes| planes.is_empty()).count();
        if missing == 0 {
            return Ok(());
        }
        let decoder = match decoder {
            Some(decoder) => {
                decoder.reset(data_columns, parity, width).map_err(words)?;
                decoder
            }
            None => {
                decoder.insert(ReedSolomonDecoder::new(data_columns, parity, width).map_err(words)?)
            }
        };
        for (index, planes) in originals.iter().enumerate() {
            if !planes.is_empty() {
                decoder.add_original_shard(index, planes).map_err(words)?;
            }
        }
        let known = self.columns[data_columns..].iter().enumerate();
        let known = known.filter_map(|(index, column)| Some((index, (*column)?)));
        let mut planes = Vec::with_capacity(width);
        for (index, column) in known.take(missing) {
            planes.clear();
            to_planes(&column[stripe.clone()], &mut planes);
            decoder.add_recovery_shard(index, &planes).map_err(words)?;
        }
        let decoded = decoder.decode().map_err(words)?;
        for (index, planes) in decoded.restored_original_iter() {
            originals[index].extend(planes);
        }
        Ok(())
    }
}

/// A part of the data, or what there is of it.
fn part(data: &[u8], range: Range<usize>) -> &[u8] {
    &data[range.start.min(data.len())..range.end.min(data.len())]
}

/// A part of the data in the crate's order; what is missing of it is zero.
fn append(data: &[u8], range: Range<usize>, planes: &mut Vec<u8>) {
    let width = range.len();
    let found = part(data, range);
    if found.len() == width {
        to_planes(found, planes);
    } else {
        let mut padded = found.to_vec();
        padded.resize(width, 0);
        to_planes(&padded, planes);
    }
}

fn append_elements(planes: &[u8], made: &mut Vec<u8>) {
    let start = made.len();
    made.resize(start + planes.len(), 0);
    from_planes(planes, &mut made[start..]);
}

fn words(error: Error) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::Code;
    use rayon::ThreadPoolBuilder;

    fn bytes(count: usize) -> Vec<u8> {
        let mut state = 1_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        };
        std::iter::repeat_with(next).take(count).collect()
    }

    #[test]
    fn any_columns_give_all_others_on_any_number_of_threads() {
        let (data_columns, columns) = (5, 17);
        let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for column_bytes in [2, 62, 64, 130, 1000] {
            let code = Code::new(data_columns, columns, column_bytes).unwrap();
            let data = bytes(data_columns * column_bytes);
            let mut all = data.clone();
            all.resize(columns * column_bytes, 0);
            let leaves = code.extend(&data, &mut all[data.len()..], None).unwrap();
            let mut again = vec![0; code.parity_bytes()];
            assert_eq!(leaves, code.extend(&data, &mut again, Some(&pool)).unwrap());
            assert_eq!(all[data.len()..], again);
            for first in 0..columns {
                let known: Vec<(usize, &[u8])> = (first..first + data_columns)
                    .map(|index| index % columns)
                    .map(|index| (index, &all[index * column_bytes..][..column_bytes]))
                    .collect();
                let wanted: Vec<usize> = (0..columns).collect();
                let mut found = vec![0; all.len()];
                code.restore(&known, &wanted, &mut found, Some(&pool))
                    .unwrap();
                assert_eq!(all, found);
            }
        }
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        assert!(Code::new(0, 3, 2).is_err());
        assert!(Code::new(2, 5, 2).is_err());
        assert!(Code::new(1, 40_000, 2).is_err());
        assert!(Code::new(1, 3, 3).is_err());
        let code = Code::new(2, 6, 2).unwrap();
        assert!(code.extend(&[0; 5], &mut [0; 8], None).is_err());
        let column: &[u8] = &[0; 2];
        let mut found = [0; 2];
        assert!(
            code.restore(&[(0, column)], &[1], &mut found, None)
                .is_err()
        );
        assert!(
            code.restore(&[(0, column), (0, column)], &[1], &mut found, None)
                .is_err()
        );
        assert!(
            code.restore(&[(0, column), (6, column)], &[1], &mut found, None)
                .is_err()
        );
        assert!(
            code.restore(&[(0, column), (1, column)], &[6], &mut found, None)
                .is_err()
        );
    }
}
