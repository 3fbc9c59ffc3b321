//! SVID: the code that spreads a batch over columns, and the sums that check it (docs/availability.md).
//!
//! Whoever calls knows what is committed to and what is checked; here is only arithmetic on columns of elements of
//! GF(2^16), two bytes each, little-endian.

mod code;
mod combine;
mod field;
mod lanes;
mod layout;
mod places;

pub use code::{Code, MOST_COLUMNS};
pub use combine::{WIDE_BYTES, combine};
pub use places::{HASH, placed};
