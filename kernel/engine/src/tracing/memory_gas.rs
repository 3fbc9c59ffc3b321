//! What memory costs.

use revm::primitives::U256;

/// What it costs to make a memory of `size` bytes reach to the end of the farthest of the (start, size);
/// `None` where that is more than any gas.
pub fn growth(size: usize, regions: &[(U256, U256)]) -> Option<u64> {
    let mut end = 0u64;
    for (start, length) in regions {
        if !length.is_zero() {
            end = end.max(u64::try_from(start.checked_add(*length)?).ok()?);
        }
    }
    if end <= size as u64 {
        return Some(0);
    }
    let cost = price(end.div_ceil(32)) - price(size as u64 / 32);
    u64::try_from(cost).ok()
}

fn price(words: u64) -> u128 {
    let words = u128::from(words);
    words * 3 + words * words / 512
}
