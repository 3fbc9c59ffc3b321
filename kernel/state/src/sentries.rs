//! The sentries' twigs: their left roots as constants, their leaves only when somebody asks.
//!
//! The 65,536 sentries of a zone never differ and fill the first two twigs of every shard exactly. Hashing them
//! at the start would cost 131,000 hashes a zone; the 32 left roots below stand for that. A test computes them
//! anew.

use crate::entries::encode_sentry;
use crate::hashing::{Hash, sha256};

/// Twigs of a shard that hold sentries.
pub const SENTRY_TWIGS: usize = 2;

/// The hash of a sentry as the entry that it is in its first place.
pub fn sentry_leaf(shard: usize, number: u64) -> Hash {
    let mut payload = Vec::with_capacity(96);
    encode_sentry(&mut payload, shard, number);
    sha256(&payload)
}

/// The left root of a shard's first or second twig.
pub fn sentry_left_root(shard: usize, twig: usize) -> Hash {
    let text = SENTRY_LEFT_ROOTS[SENTRY_TWIGS * shard + twig].as_bytes();
    let digit = |at: usize| {
        (text[at] as char)
            .to_digit(16)
            .expect("a hexadecimal digit") as u8
    };
    std::array::from_fn(|at| digit(2 * at) << 4 | digit(2 * at + 1))
}

const SENTRY_LEFT_ROOTS: [&str; 32] = [
    "67576f21d8c3f85d0b6d575765d4f86022a8976f700e73d0b42e6b578895f963",
    "50b8efbfec9a495933f6abf89183730f44d7cb7c4c043b04db79849854cfe050",
    "5dc46b68ef68b986aeb6897b08aea707a279b74b651885e5b69b4fc2ffa81103",
    "d5722a1115ed139ec01c00edb7c74d337c18f3faef7e70f9f6706d375eba71a6",
    "7d10927367f5257d2ed9f62e1270ccd9eecdf8c5525a853bcbb3a1ae92bdda57",
    "bb259a1970280a68f048002d58e4121d78913fd607be394eec874b960bde7807",
    "30da25d00822e012cd249d76ef5f1cdd68c9edd1862d93279be706dd71795d70",
    "6c8204a1e72c174e1d18ebd0a201386dc5de0c7270f09cc61929f98c0a6cc63b",
    "817b10eba5ae5e4d8c4a3418a08d6552f76fd21e80f677b2676e3cd166799d35",
    "adae44e08082fcff58950788e33d17f473b06e3045c699056e8030900bc0c503",
    "7214a823810c36d1d32be74cbed12aae448fbb4ccbc1d4bd16406e95129bcce4",
    "ccaf4b32279db6e7feaf6bcecae983ff4fdf5e7f4f82f33eefedb88a32304489",
    "253f7d67bc8efdc8b4d7acab6971c18b178f4b0a6a5432e1f970fd2c7384eaf4",
    "10d99823111d46b13aa42db1044baa48f75c65e59433abb856420856f5cce838",
    "de6a7bc845334f5d03ae0eb476e16d19e891c2a9b00cacd75747fac396da7cfa",
    "bc9c9c28716ec32f57fbf69fdce39c0d1c24f1fc06e75f2f302251a2e14cb95a",
    "9749f9f3afc1d41bd7b21b753f2e74e4ef7adf1c943943e4a7e9e528d349eb75",
    "30d2a3bfaa0aaf5c899367cc689eaa8c662e348b116936e470ddefb3e6ba6552",
    "6406240d7abeef50968f626f5d79f8beda6bb16677aef8fc84827209764166ee",
    "821f2211cb72e5e5a7b883b061749b35450b6a7a4fd9266aacd147f3699bed8c",
    "8560106a470c862c6f0eb365c0413facb70bda614bd6c9af4f69c00e10e4db53",
    "8e0f80ba0817703421fa6674a1a8a821abf0c10c17b60b8d41f6c646e421e150",
    "0e31dfedcb8944826a49de70f16328ddbd67e912c54aed3b89d5cc78952d402a",
    "2d629da7e79d475567bc2edf72652fc4cb2392b7147fb3840c81039ac4bf2ef4",
    "93073a9422c948c552a2c9c21ee0c4af7addcc76c6f8b615740c26fdebf85559",
    "a8a4c4d8f16d8a90d454d9214f8a21989e9ba009a8ed046d49972159d27a2517",
    "d501ea692c6ad344d6a5c567f5659d650f4ccacf8c2fb6664dd8659eb4722586",
    "8022a62f65013a8cec4644b4a1095cf5b6ceb8eb41c3246fde1c65350637ff5b",
    "a1ea04e12303706a26b2e1b08ea964dbf39ed9645c4f34c59aef8723795330fd",
    "376cf80fdf14dd5dd5ebcc121e1ed2afd0a0065053a7d26fb798026359bf86d7",
    "d0033cc2ce3176337a4e18fabcb26a5f2e68251d2bfd7798ab8c6a1dc7328257",
    "67e74c28c26890dce292f434870579f72811a1f2a67723cb7ca09f01b27f6bdf",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entries::SHARD_COUNT;
    use crate::hashing::node;
    use crate::trees::{LEAVES_PER_TWIG, LEFT_ROOT_LEVEL};

    #[test]
    fn the_left_roots_are_those_of_the_sentries() {
        for shard in 0..SHARD_COUNT {
            for twig in 0..SENTRY_TWIGS {
                let first = (twig * LEAVES_PER_TWIG) as u64;
                let leaf = |at| sentry_leaf(shard, first + at as u64);
                let mut nodes: Vec<Hash> = (0..LEAVES_PER_TWIG).map(leaf).collect();
                for level in 0..LEFT_ROOT_LEVEL {
                    nodes = nodes
                        .chunks(2)
                        .map(|pair| node(level as u8, &pair[0], &pair[1]))
                        .collect();
                }
                assert_eq!(nodes, [sentry_left_root(shard, twig)]);
            }
        }
    }
}
