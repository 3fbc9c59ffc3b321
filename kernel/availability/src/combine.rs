//! The sums of the encoding check: Σ coefficient · element over the rows of a column, in GF(2^128).
//!
//! An element of GF(2^128) is eight of GF(2^16); elements of the columns multiply each of the eight.

use rayon::ThreadPool;

use crate::field::{FIELD, Field};
use crate::lanes::{for_each, thread_count};

/// An element of GF(2^128), coordinate by coordinate, little-endian.
pub const WIDE_BYTES: usize = 16;

/// Rows whose tables fit a core's innermost cache together.
const ROWS: usize = 32;

/// From so many columns on, tables of a row's products pay.
const WORTH_TABLES: usize = 24;

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
    let (coefficients, _) = coefficients.as_chunks::<WIDE_BYTES>();
    let count = data.len().div_ceil(column_bytes);
    let mut sums = vec![0; count * WIDE_BYTES];
    let group = count.div_ceil(thread_count(pool)).max(1);
    let targets: Vec<_> = data
        .chunks(group * column_bytes)
        .zip(sums.chunks_mut(group * WIDE_BYTES))
        .collect();
    for_each(pool, targets, |(columns, target)| {
        let columns: Vec<&[u8]> = columns.chunks(column_bytes).collect();
        let found = if columns.len() < WORTH_TABLES {
            by_logarithms(&columns, coefficients)
        } else {
            by_tables(&columns, coefficients)
        };
        for (place, sum) in target.chunks_exact_mut(WIDE_BYTES).zip(found) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
    });
    Ok(sums)
}

fn by_logarithms(columns: &[&[u8]], coefficients: &[[u8; WIDE_BYTES]]) -> Vec<u128> {
    let mut sums = vec![0; columns.len()];
    for (row, coefficient) in coefficients.iter().enumerate() {
        for (sum, column) in sums.iter_mut().zip(columns) {
            *sum ^= product(&FIELD, coefficient, element(column, row));
        }
    }
    sums
}

fn by_tables(columns: &[&[u8]], coefficients: &[[u8; WIDE_BYTES]]) -> Vec<u128> {
    let mut sums = vec![0; columns.len()];
    for (block, coefficients) in coefficients.chunks(ROWS).enumerate() {
        let tables: Vec<Table> = coefficients.iter().map(Table::new).collect();
        for (sum, column) in sums.iter_mut().zip(columns) {
            for (row, table) in (block * ROWS..).zip(&tables) {
                *sum ^= table.product(element(column, row));
            }
        }
    }
    sums
}

/// The element in a row; what a column lacks is zero. (The last element may lack its high byte.)
fn element(column: &[u8], row: usize) -> u16 {
    let byte = |at: usize| column.get(at).copied().unwrap_or(0);
    u16::from_le_bytes([byte(2 * row), byte(2 * row + 1)])
}

fn product(field: &Field, coefficient: &[u8; WIDE_BYTES], element: u16) -> u128 {
    let (coordinates, _) = coefficient.as_chunks::<2>();
    (0..).zip(coordinates).fold(0, |sum, (place, coordinate)| {
        let part = field.multiply(u16::from_le_bytes(*coordinate), element);
        sum | u128::from(part) << (16 * place)
    })
}

/// The products of a coefficient with every half byte of an element, in each of its four places.
struct Table([[u128; 16]; 4]);

impl Table {
    fn new(coefficient: &[u8; WIDE_BYTES]) -> Self {
        let mut places = [[0; 16]; 4];
        for (place, products) in places.iter_mut().enumerate() {
            for bit in 0..4 {
                let single = product(&FIELD, coefficient, 1 << (4 * place + bit));
                let (known, next) = products.split_at_mut(1 << bit);
                for (sum, smaller) in next.iter_mut().zip(known) {
                    *sum = *smaller ^ single;
                }
            }
        }
        Self(places)
    }

    fn product(&self, element: u16) -> u128 {
        let half = |place: usize| usize::from(element >> (4 * place) & 15);
        self.0[0][half(0)] ^ self.0[1][half(1)] ^ self.0[2][half(2)] ^ self.0[3][half(3)]
    }
}

#[cfg(test)]
mod tests {
    use super::{Table, WIDE_BYTES, by_logarithms, by_tables, combine, product};
    use crate::field::FIELD;

    #[test]
    fn tables_and_logarithms_give_the_same() {
        let coefficients: Vec<[u8; WIDE_BYTES]> = (0..70_u8)
            .map(|row| std::array::from_fn(|place| row.wrapping_mul(37) ^ (place as u8 * 11)))
            .collect();
        for coefficient in &coefficients {
            for element in [0, 1, 0x8000, 0xffff, 4711] {
                assert_eq!(
                    product(&FIELD, coefficient, element),
                    Table::new(coefficient).product(element)
                );
            }
        }
        let data: Vec<u8> = (0..140 * 30).map(|at| ((at * at) >> 3) as u8).collect();
        let columns: Vec<&[u8]> = data.chunks(140).collect();
        let sums = by_tables(&columns, &coefficients);
        assert_eq!(by_logarithms(&columns, &coefficients), sums);
        let bytes: Vec<u8> = sums.iter().flat_map(|sum| sum.to_le_bytes()).collect();
        assert_eq!(
            combine(140, &data, coefficients.as_flattened(), None).unwrap(),
            bytes
        );
    }

    #[test]
    fn coefficients_that_are_none_of_the_rows_are_an_error() {
        assert!(combine(4, &[0; 8], &[0; 16], None).is_err());
        assert!(combine(0, &[], &[], None).is_err());
    }
}
