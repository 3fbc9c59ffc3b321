use revm::primitives::U256;

/// Reads canonical RLP from its beginning; every method gives `None` for what is not.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

enum Item<'a> {
    Text(&'a [u8]),
    List(&'a [u8]),
}

impl<'a> Reader<'a> {
    pub fn new(encoded: &'a [u8]) -> Self {
        Self { rest: encoded }
    }

    pub fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// What lies between this reader and a later one of the same bytes.
    pub fn before(&self, later: &Reader<'a>) -> &'a [u8] {
        &self.rest[..self.rest.len() - later.rest.len()]
    }

    /// Bytes that were not read yet.
    pub fn left(&self) -> usize {
        self.rest.len()
    }

    /// The members of the list that stands here.
    pub fn list(&mut self) -> Option<Reader<'a>> {
        match self.item()? {
            Item::List(content) => Some(Reader { rest: content }),
            Item::Text(_) => None,
        }
    }

    /// A byte string of any length.
    pub fn text(&mut self) -> Option<&'a [u8]> {
        match self.item()? {
            Item::Text(content) => Some(content),
            Item::List(_) => None,
        }
    }

    /// A byte string of exactly `N` bytes.
    pub fn sized<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        self.text()?.try_into().ok()
    }

    /// An integer of at most 256 bits, without leading zeros.
    pub fn number(&mut self) -> Option<U256> {
        let digits = self.text()?;
        if digits.len() > 32 || digits.first() == Some(&0) {
            return None;
        }
        Some(U256::from_be_slice(digits))
    }

    /// An integer of at most 64 bits, without leading zeros.
    pub fn number64(&mut self) -> Option<u64> {
        let digits = self.text()?;
        if digits.len() > 8 || digits.first() == Some(&0) {
            return None;
        }
        Some(
            digits
                .iter()
                .fold(0, |value, digit| value << 8 | u64::from(*digit)),
        )
    }

    fn item(&mut self) -> Option<Item<'a>> {
        let (&first, after) = self.rest.split_first()?;
        let (is_list, size, after) = match first {
            0x00..=0x7f => {
                let (item, rest) = self.rest.split_at(1);
                self.rest = rest;
                return Some(Item::Text(item));
            }
            0x80..=0xb7 => (false, usize::from(first - 0x80), after),
            0xb8..=0xbf => long(after, first - 0xb7).map(|(size, rest)| (false, size, rest))?,
            0xc0..=0xf7 => (true, usize::from(first - 0xc0), after),
            0xf8..=0xff => long(after, first - 0xf7).map(|(size, rest)| (true, size, rest))?,
        };
        let (content, rest) = after.split_at_checked(size)?;
        if first == 0x81 && content[0] < 0x80 {
            return None;
        }
        self.rest = rest;
        Some(if is_list {
            Item::List(content)
        } else {
            Item::Text(content)
        })
    }
}

/// The length behind a long header, and what follows it.
fn long(after: &[u8], size: u8) -> Option<(usize, &[u8])> {
    let (digits, rest) = after.split_at_checked(usize::from(size))?;
    if digits[0] == 0 {
        return None;
    }
    let length = digits
        .iter()
        .fold(0_u64, |length, digit| length << 8 | u64::from(*digit));
    let length = usize::try_from(length).ok()?;
    (length >= 56).then_some((length, rest))
}
