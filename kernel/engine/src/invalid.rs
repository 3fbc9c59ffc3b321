//! Why a transaction is left out: the kinds of `devnet.chain.errors.Invalid`.

use crate::transaction::Words;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidKind {
    NonceTooLow,
    NonceTooHigh,
    NonceMax,
    IntrinsicGas,
    FloorDataGas,
    AboveBlockLimit,
    AboveTransactionCap,
    TipAboveFeeCap,
    GasOverflow,
    FeeCapTooLow,
    BlobFeeCapTooLow,
    FeeCapTooLarge,
    TipTooLarge,
    InsufficientFunds,
    WrongChainId,
    SenderHasCode,
    InitcodeTooLarge,
    TypeNotSupported,
    BlobTransaction,
    SetCodeTransaction,
    BlockFull,
}

impl InvalidKind {
    /// The member's name in Python, where its code and its words are.
    pub fn name(self) -> &'static str {
        match self {
            Self::NonceTooLow => "NONCE_TOO_LOW",
            Self::NonceTooHigh => "NONCE_TOO_HIGH",
            Self::NonceMax => "NONCE_MAX",
            Self::IntrinsicGas => "INTRINSIC_GAS",
            Self::FloorDataGas => "FLOOR_DATA_GAS",
            Self::AboveBlockLimit => "ABOVE_BLOCK_LIMIT",
            Self::AboveTransactionCap => "ABOVE_TRANSACTION_CAP",
            Self::TipAboveFeeCap => "TIP_ABOVE_FEE_CAP",
            Self::GasOverflow => "GAS_OVERFLOW",
            Self::FeeCapTooLow => "FEE_CAP_TOO_LOW",
            Self::BlobFeeCapTooLow => "BLOB_FEE_CAP_TOO_LOW",
            Self::FeeCapTooLarge => "FEE_CAP_TOO_LARGE",
            Self::TipTooLarge => "TIP_TOO_LARGE",
            Self::InsufficientFunds => "INSUFFICIENT_FUNDS",
            Self::WrongChainId => "WRONG_CHAIN_ID",
            Self::SenderHasCode => "SENDER_HAS_CODE",
            Self::InitcodeTooLarge => "INITCODE_TOO_LARGE",
            Self::TypeNotSupported => "TYPE_NOT_SUPPORTED",
            Self::BlobTransaction => "BLOB_TRANSACTION",
            Self::SetCodeTransaction => "SET_CODE_TRANSACTION",
            Self::BlockFull => "BLOCK_FULL",
        }
    }
}

/// A transaction that may not go into the block, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub kind: InvalidKind,
    pub detail: Words,
}

impl Invalid {
    pub fn of(kind: InvalidKind) -> Self {
        Self {
            kind,
            detail: Words::Borrowed(""),
        }
    }

    pub fn with(kind: InvalidKind, detail: impl Into<Words>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}
