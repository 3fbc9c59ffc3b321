//! BLAKE2b's compression function F (EIP-152; RFC 7693) for so many rounds that the deadline has to be looked at
//! between them. One gas a round buys minutes under a high limit.

use crate::machine::Stopped;

/// More rounds than this (tens of milliseconds) are counted here; fewer are revm's.
pub const MANY_ROUNDS: u32 = 1 << 20;
const INPUT_LENGTH: usize = 213;
const ROUNDS_BETWEEN_CHECKS: u32 = 1 << 17;

const IV: [u64; 8] = [
    0x6a09_e667_f3bc_c908,
    0xbb67_ae85_84ca_a73b,
    0x3c6e_f372_fe94_f82b,
    0xa54f_f53a_5f1d_36f1,
    0x510e_527f_ade6_82d1,
    0x9b05_688c_2b3e_6c1f,
    0x1f83_d9ab_fb41_bd6b,
    0x5be0_cd19_137e_2179,
];

const SIGMA: [[usize; 16]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
    [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
    [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
    [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
    [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
    [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
    [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
    [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
    [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
];

const MIXES: [[usize; 4]; 8] = [
    [0, 4, 8, 12],
    [1, 5, 9, 13],
    [2, 6, 10, 14],
    [3, 7, 11, 15],
    [0, 5, 10, 15],
    [1, 6, 11, 12],
    [2, 7, 8, 13],
    [3, 4, 9, 14],
];

/// How many rounds the precompile's input asks for, where it is well formed and they are many.
pub fn many_rounds(input: &[u8]) -> Option<u32> {
    if input.len() != INPUT_LENGTH || input[212] > 1 {
        return None;
    }
    let rounds = u32::from_be_bytes(input.first_chunk().copied()?);
    (rounds > MANY_ROUNDS).then_some(rounds)
}

/// F of a well-formed input of the precompile: rounds (big-endian) ‖ h ‖ m ‖ t ‖ final flag.
pub fn compress(
    input: &[u8],
    rounds: u32,
    mut check: impl FnMut() -> Result<(), Stopped>,
) -> Result<[u8; 64], Stopped> {
    let mut words = [0; 26];
    for (word, bytes) in words.iter_mut().zip(input[4..212].chunks_exact(8)) {
        *word = bytes
            .iter()
            .rev()
            .fold(0, |word, byte| word << 8 | u64::from(*byte));
    }
    let (state, message) = (&words[..8], &words[8..24]);
    let mut mixed = [0; 16];
    mixed[..8].copy_from_slice(state);
    mixed[8..].copy_from_slice(&IV);
    mixed[12] ^= words[24];
    mixed[13] ^= words[25];
    if input[212] == 1 {
        mixed[14] = !mixed[14];
    }
    for round in 0..rounds {
        if round % ROUNDS_BETWEEN_CHECKS == 0 {
            check()?;
        }
        let order = &SIGMA[round as usize % SIGMA.len()];
        for (at, [a, b, c, d]) in MIXES.into_iter().enumerate() {
            let halves = [message[order[2 * at]], message[order[2 * at + 1]]];
            for (half, (first, second)) in halves.into_iter().zip([(32, 24), (16, 63)]) {
                mixed[a] = mixed[a].wrapping_add(mixed[b]).wrapping_add(half);
                mixed[d] = (mixed[d] ^ mixed[a]).rotate_right(first);
                mixed[c] = mixed[c].wrapping_add(mixed[d]);
                mixed[b] = (mixed[b] ^ mixed[c]).rotate_right(second);
            }
        }
    }
    let mut output = [0; 64];
    for (at, bytes) in output.chunks_exact_mut(8).enumerate() {
        let word: u64 = state[at] ^ mixed[at] ^ mixed[at + 8];
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use revm::precompile::Precompiles;
    use revm::primitives::Address;

    use super::*;

    #[test]
    fn compresses_as_the_precompile_does() {
        let address = Address::with_last_byte(9);
        let precompile = Precompiles::istanbul()
            .get(&address)
            .expect("there since Istanbul");
        for (rounds, flag) in [(0_u32, 0), (1, 1), (12, 1), (1_000, 0)] {
            let mut input: Vec<u8> = (0..213_u32).map(|at| (at * 37 + rounds) as u8).collect();
            input[..4].copy_from_slice(&rounds.to_be_bytes());
            input[212] = flag;
            let theirs = precompile.execute(&input, 10_000, 0).expect("well formed");
            let own = compress(&input, rounds, || Ok(())).expect("nothing stops it");
            assert_eq!(theirs.bytes.as_ref(), own.as_slice());
        }
    }

    #[test]
    fn looks_at_the_deadline_between_rounds() {
        let mut looks = 0;
        let ended = compress(&[0; INPUT_LENGTH], u32::MAX, || {
            looks += 1;
            if looks == 3 {
                return Err(Stopped::Timeout("late".into()));
            }
            Ok(())
        });
        assert_eq!(ended, Err(Stopped::Timeout("late".into())));
    }
}
