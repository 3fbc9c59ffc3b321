//! BLS12-381 signatures with short public keys, as Ethereum's validators use them (docs/consensus.md, "Signatures").
//!
//! The ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_ of the IETF draft "BLS Signatures": keys in G1,
//! signatures in G2, rogue keys kept out by a proof of possession. Curve arithmetic is blst's; what of it touches a
//! secret runs in constant time. Everything runs on the caller's thread: blst's own threads would not live through
//! a fork.

mod kept;
mod message;
mod points;
mod scheme;

pub use message::{MESSAGE_SIZE, Message};
pub use points::{KEY_SIZE, Key, SIGNATURE_SIZE, Signature};
pub use scheme::{NoSecret, aggregate, prove_possession, public_key, sign, verify_possession};
pub use scheme::{verify, verify_aggregate};

pub use kept::{KeptKeys, KeptMessages, KeptSignatures};
