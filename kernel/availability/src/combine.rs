//! The sums of the encoding check: Σ coefficient · element over the rows of a column, in GF(2^128).
//!
//! An element of GF(2^128) is eight of GF(2^16); elements of the columns multiply each of the eight. An element is
//! itself a sum, of those elements of the basis whose bits it has. So coefficients are added up by the bits of their
//! elements first, half a byte of them at once, and multiplied when all rows are in: as often as there are bits, each
//! time by the same element, of which there is a table small enough for the nearest cache.

use std::sync::LazyLock;

use rayon::ThreadPool;

use crate::field::FIELD;
use crate::lanes::{for_each, thread_count};

/// An element of GF(2^128), coordinate by coordinate, little-endian.
pub const WIDE_BYTES: usize = 16;

/// A sum for every column in `data`, whose last one may lack zeros at its end.
pub fn combine(
    column_bytes: usize,
    data: &[u8],
    coefficients: &[u8],
    pool: Option<&ThreadPool>,
) -> Result<Vec<u8>, String> {
    if column_bytes == 0
        || !column_bytes.is_multiple_of(2)
        || coefficients.len() != column_bytes / 2 * WIDE_BYTES
    {
        return Err(format!(
            "{} bytes of coefficients for columns of {column_bytes} bytes",
            coefficients.len()
        ));
    }
    let (coefficients, _) = coefficients.as_chunks();
    let count = data.len().div_ceil(column_bytes);
    let mut sums = vec![0; count * WIDE_BYTES];
    // A few groups for each thread: where one is held up, others go on.
    let group = count.div_ceil(4 * thread_count(pool)).max(1);
    let targets: Vec<_> = data
        .chunks(group * column_bytes)
        .zip(sums.chunks_mut(group * WIDE_BYTES))
        .collect();
    for_each(pool, targets, |(columns, target)| {
        let columns = columns.chunks(column_bytes);
        for (column, place) in columns.zip(target.chunks_exact_mut(WIDE_BYTES)) {
            place.copy_from_slice(&sum(column, coefficients).to_le_bytes());
        }
    });
    Ok(sums)
}

/// Of one column, which may lack zeros at its end.
fn sum(column: &[u8], coefficients: &[[u8; WIDE_BYTES]]) -> u128 {
    let mut by_half_byte = [[0; 16]; 4];
    let (elements, rest) = column.as_chunks();
    let last: &[[u8; 2]] = match rest {
        [low] => &[[*low, 0]],
        _ => &[],
    };
    for (element, coefficient) in elements.iter().chain(last).zip(coefficients) {
        let element = u16::from_le_bytes(*element);
        let coefficient = u128::from_le_bytes(*coefficient);
        for (place, sums) in by_half_byte.iter_mut().enumerate() {
            sums[usize::from(element >> (4 * place) & 15)] ^= coefficient;
        }
    }
    let mut by_bit = [0; 16];
    for (sums, bits) in by_half_byte.iter().zip(by_bit.chunks_exact_mut(4)) {
        for (half_byte, part) in sums.iter().enumerate() {
            for (bit, total) in bits.iter_mut().enumerate() {
                if half_byte >> bit & 1 == 1 {
                    *total ^= part;
                }
            }
        }
    }
    let products = by_bit.iter().zip(&*TIMES_BASIS);
    products.fold(0, |total, (sum, times)| total ^ times.wide(*sum))
}

/// Multiplies by one element of GF(2^16): what that gives for each half byte, by its place.
struct Times([[u16; 16]; 4]);

/// By the elements that have one bit each.
static TIMES_BASIS: LazyLock<[Times; 16]> =
    LazyLock::new(|| std::array::from_fn(|bit| Times::of(1 << bit)));

impl Times {
    fn of(element: u16) -> Self {
        Self(std::array::from_fn(|place| {
            std::array::from_fn(|half_byte| {
                FIELD.multiply(element, (half_byte as u16) << (4 * place))
            })
        }))
    }

    /// An element of GF(2^128) by this one: its coordinates, each.
    fn wide(&self, wide: u128) -> u128 {
        (0..8).fold(0, |product, at| {
            let coordinate = (wide >> (16 * at)) as u16;
            let parts = self.0.iter().enumerate();
            let sum = parts.fold(0, |sum, (place, products)| {
                sum ^ products[usize::from(coordinate >> (4 * place) & 15)]
            });
            product | u128::from(sum) << (16 * at)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{WIDE_BYTES, combine};
    use crate::field::FIELD;
    use rayon::ThreadPoolBuilder;

    /// An element of GF(2^128) by one of GF(2^16).
    fn product(wide: u128, element: u16) -> u128 {
        (0..8).fold(0, |product, place| {
            let coordinate = (wide >> (16 * place)) as u16;
            product | u128::from(FIELD.multiply(coordinate, element)) << (16 * place)
        })
    }

    #[test]
    fn sums_are_those_of_the_products_of_all_rows() {
        let coefficients: Vec<[u8; WIDE_BYTES]> = (0..70_u8)
            .map(|row| std::array::from_fn(|place| row.wrapping_mul(37) ^ (place as u8 * 11)))
            .collect();
        let data: Vec<u8> = (0..140 * 30 - 5_usize)
            .map(|at| ((at * at) >> 3) as u8)
            .collect();
        let expected: Vec<u8> = data
            .chunks(140)
            .flat_map(|column| {
                let rows = column.chunks(2).zip(&coefficients);
                let sum = rows.fold(0, |sum, (element, coefficient)| {
                    let high = element.get(1).copied().unwrap_or(0);
                    let element = u16::from_le_bytes([element[0], high]);
                    sum ^ product(u128::from_le_bytes(*coefficient), element)
                });
                sum.to_le_bytes()
            })
            .collect();
        let pool = ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        for pool in [None, Some(&pool)] {
            let sums = combine(140, &data, coefficients.as_flattened(), pool).unwrap();
            assert_eq!(expected, sums);
        }
    }

    #[test]
    fn coefficients_that_are_none_of_the_rows_are_an_error() {
        assert!(combine(4, &[0; 8], &[0; 16], None).is_err());
        assert!(combine(0, &[], &[], None).is_err());
    }
}
