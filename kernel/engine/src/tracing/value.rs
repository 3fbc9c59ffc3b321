//! Traces as JSON-ready data, in the order of keys in which they are told.

use std::borrow::Cow;

use revm::primitives::{Address, B256, U256, hex};

use super::struct_logger::StructLogs;

/// One JSON value.
#[derive(Debug)]
pub enum Value {
    Null,
    Bool(bool),
    Int(u64),
    Text(Cow<'static, str>),
    List(Vec<Value>),
    Map(Map),
    /// A list of steps, which are many and alike.
    Steps(Box<StructLogs>),
}

pub type Map = Vec<(Cow<'static, str>, Value)>;

impl Value {
    pub fn text(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Text(text.into())
    }

    /// `0x` and the digits of the bytes.
    pub fn data(bytes: &[u8]) -> Self {
        Self::Text(hex::encode_prefixed(bytes).into())
    }

    pub fn address(address: &Address) -> Self {
        Self::data(address.as_slice())
    }

    /// A number as hex without leading zeros.
    pub fn quantity(number: u64) -> Self {
        Self::Text(format!("{number:#x}").into())
    }

    /// As `quantity`.
    pub fn wide_quantity(number: &U256) -> Self {
        Self::Text(format!("{number:#x}").into())
    }
}

/// Adds a key to an object.
pub fn put(map: &mut Map, key: &'static str, value: Value) {
    map.push((Cow::Borrowed(key), value));
}

/// `0x` and the digits of the bytes.
pub fn hex_data(bytes: &[u8]) -> String {
    hex::encode_prefixed(bytes)
}

/// `0x` and 64 digits.
pub fn word(value: &U256) -> String {
    hex::encode_prefixed(B256::from(*value))
}
