use revm::primitives::U256;

/// Appends a byte string.
pub fn put_text(out: &mut Vec<u8>, value: &[u8]) {
    if let [byte] = value
        && *byte < 0x80
    {
        out.push(*byte);
    } else {
        put_header(out, 0x80, value.len());
        out.extend_from_slice(value);
    }
}

/// Appends an integer, zero as the empty string.
pub fn put_number(out: &mut Vec<u8>, value: &U256) {
    let digits = value.to_be_bytes::<32>();
    put_text(out, &digits[value.leading_zeros() / 8..]);
}

/// Appends an integer, zero as the empty string.
pub fn put_number64(out: &mut Vec<u8>, value: u64) {
    let digits = value.to_be_bytes();
    put_text(out, &digits[value.leading_zeros() as usize / 8..]);
}

/// Appends the header of a list whose members take `length` bytes.
pub fn put_list_header(out: &mut Vec<u8>, length: usize) {
    put_header(out, 0xc0, length);
}

/// Bytes of the header of a list, or of a string that is no single byte below 0x80.
pub fn header_size(length: usize) -> usize {
    if length < 56 {
        1
    } else {
        1 + digits_of(length)
    }
}

/// Bytes that a byte string takes.
pub fn text_size(value: &[u8]) -> usize {
    match value {
        [byte] if *byte < 0x80 => 1,
        _ => header_size(value.len()) + value.len(),
    }
}

/// Bytes that an integer takes.
pub fn number64_size(value: u64) -> usize {
    if value < 0x80 {
        1
    } else {
        1 + 8 - value.leading_zeros() as usize / 8
    }
}

/// Bytes that an integer takes.
pub fn number_size(value: &U256) -> usize {
    match u64::try_from(*value) {
        Ok(small) => number64_size(small),
        Err(_) => 33 - value.leading_zeros() / 8,
    }
}

fn put_header(out: &mut Vec<u8>, offset: u8, length: usize) {
    if length < 56 {
        out.push(offset + length as u8);
    } else {
        let size = digits_of(length);
        out.push(offset + 55 + size as u8);
        out.extend_from_slice(&(length as u64).to_be_bytes()[8 - size..]);
    }
}

fn digits_of(length: usize) -> usize {
    8 - (length as u64).leading_zeros() as usize / 8
}
