//! The crate's order of bytes: in each block of 64 the low bytes of 32 elements, then their high bytes; a shorter
//! last block likewise. Ours is little-endian elements one after the other.

const BLOCK: usize = 64;

/// Elements in our order are appended in the crate's.
pub fn to_planes(elements: &[u8], planes: &mut Vec<u8>) {
    for block in elements.chunks(BLOCK) {
        planes.extend(block.iter().step_by(2));
        planes.extend(block.iter().skip(1).step_by(2));
    }
}

/// Elements in the crate's order are written in ours.
pub fn from_planes(planes: &[u8], elements: &mut [u8]) {
    for (from, to) in planes.chunks(BLOCK).zip(elements.chunks_mut(BLOCK)) {
        let (low, high) = from.split_at(from.len() / 2);
        for ((pair, low), high) in to.chunks_exact_mut(2).zip(low).zip(high) {
            pair[0] = *low;
            pair[1] = *high;
        }
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
