//! Keys and values of accounts and slots in QMDB (docs/state.md, "What is stored").

use zero_primitives::{Account, Address, B256, EMPTY_CODE_HASH, U256};

pub const ACCOUNT_KEY_LENGTH: usize = 20;
pub const SLOT_KEY_LENGTH: usize = 52;

/// A slot's key: the address and the slot's number in 32 bytes, big-endian.
pub fn slot_key(address: &Address, slot: &U256) -> [u8; SLOT_KEY_LENGTH] {
    let mut key = [0; SLOT_KEY_LENGTH];
    key[..ACCOUNT_KEY_LENGTH].copy_from_slice(address.as_slice());
    key[ACCOUNT_KEY_LENGTH..].copy_from_slice(&slot.to_be_bytes::<32>());
    key
}

/// Appends RLP of [nonce, balance], or of [nonce, balance, code hash] for an account with code.
pub fn encode_account(out: &mut Vec<u8>, account: &Account) {
    // At most 9 + 33 + 33 bytes: the list's header is one byte up to 55 of them, else two.
    let start = out.len();
    out.extend_from_slice(&[0, 0]);
    encode_number(out, &account.nonce.to_be_bytes());
    encode_number(out, &account.balance.to_be_bytes::<32>());
    if account.code_hash != EMPTY_CODE_HASH {
        out.push(0xa0);
        out.extend_from_slice(account.code_hash.as_slice());
    }
    let length = out.len() - start - 2;
    if length < 56 {
        out[start + 1] = 0xc0 + length as u8;
        out.remove(start);
    } else {
        out[start] = 0xf8;
        out[start + 1] = length as u8;
    }
}

/// Appends a slot's value: big-endian without leading zeros. Zero has no encoding: a zero slot is deleted.
pub fn encode_slot(out: &mut Vec<u8>, value: &U256) {
    out.extend_from_slice(without_zeros(&value.to_be_bytes::<32>()));
}

/// The account that an entry's value holds.
pub fn decode_account(value: &[u8]) -> Result<Account, String> {
    let refused = || "an account's value is a list of two or three fields".to_owned();
    let (header, fields) = value.split_first().ok_or_else(refused)?;
    let mut fields = match header {
        0xc0..=0xf7 if usize::from(header - 0xc0) == fields.len() => fields,
        0xf8 if fields.len() > 56 && usize::from(fields[0]) == fields.len() - 1 => &fields[1..],
        _ => return Err(refused()),
    };
    let nonce = decode_number(&mut fields)?;
    let balance = decode_number(&mut fields)?;
    let code_hash = if fields.is_empty() {
        EMPTY_CODE_HASH
    } else if fields.len() == 33 && fields[0] == 0xa0 {
        B256::from_slice(&fields[1..])
    } else {
        return Err("an account's code hash has 32 bytes".to_owned());
    };
    Ok(Account {
        nonce: nonce
            .try_into()
            .map_err(|_| "an account's nonce is below 2^64".to_owned())?,
        balance,
        code_hash,
    })
}

/// The number that a slot's entry holds.
pub fn decode_slot(value: &[u8]) -> Result<U256, String> {
    if value.len() > 32 {
        return Err("a slot's value has at most 32 bytes".to_owned());
    }
    Ok(U256::from_be_slice(value))
}

fn encode_number(out: &mut Vec<u8>, big_endian: &[u8]) {
    let digits = without_zeros(big_endian);
    if digits.len() != 1 || digits[0] >= 0x80 {
        out.push(0x80 + digits.len() as u8);
    }
    out.extend_from_slice(digits);
}

fn decode_number(fields: &mut &[u8]) -> Result<U256, String> {
    let refused = || "an account's nonce and balance are numbers without leading zeros".to_owned();
    let (header, rest) = fields.split_first().ok_or_else(refused)?;
    let (digits, rest) = match header {
        1..=0x7f => (std::slice::from_ref(header), rest),
        0x80..=0xa0 => rest
            .split_at_checked(usize::from(header - 0x80))
            .ok_or_else(refused)?,
        _ => return Err(refused()),
    };
    if digits.first() == Some(&0) || (digits.len() == 1 && *header > 0x7f && digits[0] < 0x80) {
        return Err(refused());
    }
    *fields = rest;
    Ok(U256::from_be_slice(digits))
}

fn without_zeros(big_endian: &[u8]) -> &[u8] {
    let zeros = big_endian.iter().take_while(|digit| **digit == 0).count();
    &big_endian[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(account: &Account) -> Vec<u8> {
        let mut out = vec![7];
        encode_account(&mut out, account);
        assert_eq!(out.remove(0), 7);
        out
    }

    #[test]
    fn accounts_come_back() {
        let numbers = [0, 1, 0x7f, 0x80, 0xff, 0x100, u64::MAX];
        for nonce in numbers {
            for shift in [0, 60, 192] {
                for code_hash in [EMPTY_CODE_HASH, B256::repeat_byte(5)] {
                    let balance = U256::from(nonce) << shift;
                    let account = Account {
                        nonce,
                        balance,
                        code_hash,
                    };
                    assert_eq!(decode_account(&encoded(&account)), Ok(account));
                }
            }
        }
    }

    #[test]
    fn an_account_without_code_has_two_fields() {
        let account = Account {
            nonce: 1,
            balance: U256::from(0x1234),
            ..Account::default()
        };
        assert_eq!(encoded(&account), [0xc4, 1, 0x82, 0x12, 0x34]);
    }

    #[test]
    fn a_full_account_has_a_long_header() {
        let account = Account {
            nonce: u64::MAX,
            balance: U256::MAX,
            code_hash: B256::repeat_byte(5),
        };
        assert_eq!(encoded(&account)[..3], [0xf8, 75, 0x88]);
    }

    #[test]
    fn what_is_no_account_is_refused() {
        for wrong in [
            &[][..],
            &[0xc1, 1],
            &[0xc3, 1, 0],
            &[0xc2, 0, 1],
            &[0xc3, 1, 0x81, 5],
            &[0xc4, 1, 1, 1, 1],
        ] {
            assert!(decode_account(wrong).is_err(), "{wrong:?}");
        }
    }
}
