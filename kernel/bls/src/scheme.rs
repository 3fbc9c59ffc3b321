//! Signing and checking.

use blst::min_pk::{self, SecretKey};
use blst::{BLST_ERROR, Pairing, blst_p1_affine, blst_p2_affine};

use crate::message::{Message, times};
use crate::points::{KEY_SIZE, Key, SIGNATURE_SIZE, Signature};

/// The domain separation tag under which messages are hashed to G2.
pub const SIGNING: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
/// The same for proofs of possession.
const POSSESSION: &[u8] = b"BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

/// These bytes are no number from 1 to below the group's order.
#[derive(Debug)]
pub struct NoSecret;

pub fn public_key(secret: &[u8]) -> Result<[u8; KEY_SIZE], NoSecret> {
    Ok(read_secret(secret)?.sk_to_pk().compress())
}

pub fn sign(secret: &[u8], message: &Message) -> Result<Signature, NoSecret> {
    Ok(times(message, &read_secret(secret)?))
}

pub fn prove_possession(secret: &[u8]) -> Result<[u8; SIGNATURE_SIZE], NoSecret> {
    let secret = read_secret(secret)?;
    let key = secret.sk_to_pk().compress();
    Ok(secret.sign(&key, POSSESSION, &[]).compress())
}

/// The sum of signatures; None for none.
pub fn aggregate(signatures: &[Signature]) -> Option<[u8; SIGNATURE_SIZE]> {
    let points: Vec<_> = signatures.iter().map(|signature| &signature.0).collect();
    let total = min_pk::AggregateSignature::aggregate(&points, false).ok()?;
    Some(total.to_signature().compress())
}

/// Whether the holder of the key signed the message.
pub fn verify(key: &Key, message: &[u8], signature: &Signature) -> bool {
    pairs(&key.0, message, SIGNING, signature)
}

/// Whether each of these holders, at least one, signed the message. Of no meaning but for keys of which possession
/// was proven.
pub fn verify_aggregate(keys: &[Key], message: &[u8], signature: &Signature) -> bool {
    let points: Vec<_> = keys.iter().map(|key| &key.0).collect();
    min_pk::AggregatePublicKey::aggregate(&points, false)
        .is_ok_and(|total| pairs(&total.to_public_key(), message, SIGNING, signature))
}

/// Whether whoever made the proof knows the secret of the key.
pub fn verify_possession(key: &Key, proof: &Signature) -> bool {
    pairs(&key.0, &key.0.compress(), POSSESSION, proof)
}

/// e(key, H(message)) = e(generator, signature), for a key that is not infinity. Both points are known to be of
/// their groups: sums of such points are, too.
fn pairs(key: &min_pk::PublicKey, message: &[u8], domain: &[u8], signature: &Signature) -> bool {
    let key: &blst_p1_affine = key.into();
    let signature: &blst_p2_affine = (&signature.0).into();
    let mut pairing = Pairing::new(true, domain);
    // Keys that cancel each other out would make infinity a signature on anything: blst refuses infinity here.
    if pairing.aggregate(key, false, signature, false, message, &[]) != BLST_ERROR::BLST_SUCCESS {
        return false;
    }
    pairing.commit();
    pairing.finalverify(None)
}

fn read_secret(bytes: &[u8]) -> Result<SecretKey, NoSecret> {
    SecretKey::from_bytes(bytes).map_err(|_| NoSecret)
}

#[cfg(test)]
mod tests {
    use super::{Message, SIGNING, read_secret, sign};

    #[test]
    fn a_signature_is_blsts_own() {
        for number in 1..=20_u8 {
            let secret = [number; 32];
            for message in [&b""[..], b"\x01", &[number; 32], &[7; 200]] {
                let expected = read_secret(&secret).unwrap().sign(message, SIGNING, &[]);
                let found = sign(&secret, &Message::of(message)).unwrap();
                assert_eq!(expected.compress(), found.compressed());
            }
        }
    }
}
