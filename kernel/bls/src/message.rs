//! Messages as signers meet them: hashed to G2, which is more than half of what a signature costs.

use blst::min_pk::{self, SecretKey};
use blst::{blst_hash_to_g2, blst_p2, blst_p2_affine, blst_scalar, blst_sign_pk2_in_g1};

use crate::kept::Point;
use crate::points::Signature;
use crate::scheme::SIGNING;

/// What is signed in settlement: 32 bytes.
pub const MESSAGE_SIZE: usize = 32;

/// A message as a point of G2, for signatures and for nothing else. All validators that vote for one thing sign one.
#[derive(Clone, Copy)]
pub struct Message(blst_p2);

impl Message {
    #[allow(unsafe_code)]
    pub fn of(bytes: &[u8]) -> Self {
        let mut point = blst_p2::default();
        // SAFETY: blst writes one point to the first pointer, which is that of one, and reads from the others as many
        // bytes as each slice says that it has. It keeps none of them.
        unsafe {
            blst_hash_to_g2(
                &mut point,
                bytes.as_ptr(),
                bytes.len(),
                SIGNING.as_ptr(),
                SIGNING.len(),
                [].as_ptr(),
                0,
            );
        }
        Self(point)
    }
}

impl Point for Message {
    fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self::of(bytes))
    }
}

/// The message times the secret, in constant time.
#[allow(unsafe_code)]
pub fn times(message: &Message, secret: &SecretKey) -> Signature {
    let secret: &blst_scalar = secret.into();
    let mut point = blst_p2_affine::default();
    // SAFETY: blst leaves out the first result where its pointer is null, writes one point to the second one, which is
    // that of one, and reads a point and a scalar, which both are. It keeps none of them.
    unsafe {
        blst_sign_pk2_in_g1(std::ptr::null_mut(), &mut point, &message.0, secret);
    }
    Signature(min_pk::Signature::from(point))
}
