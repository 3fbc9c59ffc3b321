use std::sync::OnceLock;

use rayon::ThreadPool;
use rayon::prelude::*;
use revm::primitives::{Address, B256, U256, keccak256, uint};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, PublicKey, Secp256k1, VerifyOnly};

/// Above it a signature has a twin below it, and is refused (EIP-2).
const HALF_CURVE_ORDER: U256 =
    uint!(0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0_U256);

static CURVE: OnceLock<Secp256k1<VerifyOnly>> = OnceLock::new();

/// The address whose key signed the digest, with s in the lower half; `None` where no key can have.
pub fn signer(digest: &B256, y_parity: &U256, r: &U256, s: &U256) -> Option<Address> {
    if *y_parity > U256::ONE || *s > HALF_CURVE_ORDER {
        return None;
    }
    recover(digest, y_parity.bit(0), &r.to_be_bytes(), &s.to_be_bytes())
}

/// As `signer`, with s in either half.
fn recover(digest: &B256, is_odd: bool, r: &[u8; 32], s: &[u8; 32]) -> Option<Address> {
    let mut compact = [0; 64];
    compact[..32].copy_from_slice(r);
    compact[32..].copy_from_slice(s);
    let parity = if is_odd {
        RecoveryId::One
    } else {
        RecoveryId::Zero
    };
    let signature = RecoverableSignature::from_compact(&compact, parity).ok()?;
    let key = CURVE
        .get_or_init(Secp256k1::verification_only)
        .recover_ecdsa(Message::from_digest(digest.0), &signature)
        .ok()?;
    Some(address_of(&key))
}

/// The signers of many (digest, r ‖ s ‖ parity of y), as `signer` finds them; shared among the threads of the pool,
/// without one on this thread.
pub fn recover_many(signed: &[(&[u8], &[u8])], pool: Option<&ThreadPool>) -> Vec<Option<Address>> {
    match pool {
        Some(pool) => pool.install(|| {
            let items = signed.par_iter().with_min_len(4);
            items.map(signer_of_bytes).collect()
        }),
        None => signed.iter().map(signer_of_bytes).collect(),
    }
}

fn signer_of_bytes((digest, signature): &(&[u8], &[u8])) -> Option<Address> {
    let digest = B256::try_from(*digest).ok()?;
    let signature: &[u8; 65] = (*signature).try_into().ok()?;
    signer(
        &digest,
        &U256::from(signature[64]),
        &U256::from_be_slice(&signature[..32]),
        &U256::from_be_slice(&signature[32..64]),
    )
}

fn address_of(key: &PublicKey) -> Address {
    Address::from_word(keccak256(&key.serialize_uncompressed()[1..]))
}
