//! What revert data says, in geth's words.

use revm::primitives::U256;

const ERROR_SELECTOR: [u8; 4] = [0x08, 0xC3, 0x79, 0xA0];
const PANIC_SELECTOR: [u8; 4] = [0x4E, 0x48, 0x7B, 0x71];

/// The reason of Error(string) and Panic(uint256), `None` for anything else.
pub fn unpack_reason(data: &[u8]) -> Option<String> {
    let (selector, data) = data.split_first_chunk::<4>()?;
    match *selector {
        ERROR_SELECTOR => {
            let at = length(data, 0)?;
            let size = length(data, at)?;
            let octets = data.get(at + 32..at + 32 + size)?;
            Some(String::from_utf8_lossy(octets).into_owned())
        }
        PANIC_SELECTOR => Some(panic_words(word(data, 0)?)),
        _ => None,
    }
}

fn word(data: &[u8], at: usize) -> Option<U256> {
    Some(U256::from_be_slice(data.get(at..at + 32)?))
}

/// An offset or a length, which cannot be more than there is data.
fn length(data: &[u8], at: usize) -> Option<usize> {
    let value = usize::try_from(word(data, at)?).ok()?;
    (value <= data.len()).then_some(value)
}

fn panic_words(code: U256) -> String {
    let known = match u8::try_from(code) {
        Ok(0x00) => "generic panic",
        Ok(0x01) => "assert(false)",
        Ok(0x11) => "arithmetic underflow or overflow",
        Ok(0x12) => "division or modulo by zero",
        Ok(0x21) => "enum overflow",
        Ok(0x22) => "invalid encoded storage byte array accessed",
        Ok(0x31) => "out-of-bounds array access; popping on an empty array",
        Ok(0x32) => "out-of-bounds access of an array or bytesN",
        Ok(0x41) => "out of memory",
        Ok(0x51) => "uninitialized function",
        _ => return format!("unknown panic code: {code:#x}"),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_words(selector: [u8; 4], words: &[U256], tail: &[u8]) -> Vec<u8> {
        let mut data = selector.to_vec();
        for word in words {
            data.extend(word.to_be_bytes::<32>());
        }
        data.extend(tail);
        data
    }

    #[test]
    fn a_reason_is_the_string_of_error() {
        let words = [U256::from(32), U256::from(2)];
        let data = with_words(ERROR_SELECTOR, &words, b"no");
        assert_eq!(unpack_reason(&data).as_deref(), Some("no"));
        assert_eq!(unpack_reason(&data[..data.len() - 1]), None);
    }

    #[test]
    fn offsets_beyond_the_data_are_no_reason() {
        for offset in [U256::from(1_000), U256::MAX] {
            let data = with_words(ERROR_SELECTOR, &[offset, U256::from(2)], b"no");
            assert_eq!(unpack_reason(&data), None);
        }
    }

    #[test]
    fn panics_have_words() {
        let known = with_words(PANIC_SELECTOR, &[U256::from(0x12)], b"");
        assert_eq!(
            unpack_reason(&known).as_deref(),
            Some("division or modulo by zero")
        );
        let unknown = with_words(PANIC_SELECTOR, &[U256::from(0x99)], b"");
        assert_eq!(
            unpack_reason(&unknown).as_deref(),
            Some("unknown panic code: 0x99")
        );
    }
}
