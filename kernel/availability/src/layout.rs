//! The crate's order of bytes: in each block of 64 the low bytes of 32 elements, then their high bytes; a shorter
//! last block likewise. Ours is little-endian elements one after the other.

const BLOCK: usize = 64;

/// Elements in our order are appended in the crate's.
pub fn to_planes(elements: &[u8], planes: &mut Vec<u8>) {
    let (blocks, rest) = elements.as_chunks::<BLOCK>();
    for block in blocks {
        // Of a fixed size, so that it is done by a few instructions for many bytes.
        let mut made = [0; BLOCK];
        let (low, high) = made.split_at_mut(BLOCK / 2);
        split(block, low, high);
        planes.extend(made);
    }
    let start = planes.len();
    planes.resize(start + rest.len(), 0);
    let (low, high) = planes[start..].split_at_mut(rest.len() / 2);
    split(rest, low, high);
}

/// Elements in the crate's order are written in ours.
pub fn from_planes(planes: &[u8], elements: &mut [u8]) {
    let (blocks, rest) = planes.as_chunks::<BLOCK>();
    let (targets, target) = elements.as_chunks_mut::<BLOCK>();
    for (block, target) in blocks.iter().zip(targets) {
        let (low, high) = block.split_at(BLOCK / 2);
        join(low, high, target);
    }
    let (low, high) = rest.split_at(rest.len() / 2);
    join(low, high, target);
}

#[inline]
fn split(elements: &[u8], low: &mut [u8], high: &mut [u8]) {
    for ((pair, low), high) in elements.chunks_exact(2).zip(low).zip(high) {
        *low = pair[0];
        *high = pair[1];
    }
}

#[inline]
fn join(low: &[u8], high: &[u8], elements: &mut [u8]) {
    for ((pair, low), high) in elements.chunks_exact_mut(2).zip(low).zip(high) {
        pair[0] = *low;
        pair[1] = *high;
    }
}

#[cfg(test)]
mod tests {
    use super::{from_planes, to_planes};

    #[test]
    fn either_order_gives_the_other() {
        for length in [2, 30, 62, 64, 66, 128, 190] {
            let elements: Vec<u8> = (0..length).collect();
            let (mut planes, mut back) = (Vec::new(), vec![0; elements.len()]);
            to_planes(&elements, &mut planes);
            from_planes(&planes, &mut back);
            assert_eq!(elements, back);
            assert_eq!([planes[0], planes[usize::from(length.min(64) / 2)]], [0, 1]);
        }
    }
}
