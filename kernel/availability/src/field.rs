//! GF(2^16) in the coordinates of the code: numbers stand for sums of Cantor's basis (docs/availability.md).

use std::sync::LazyLock;

/// x^16 + x^5 + x^3 + x^2 + 1.
const POLYNOMIAL: u32 = 0x1002D;
/// Of the multiplicative group, which x generates.
const ORDER: usize = 65_535;
/// β_0 = 1 and β_{i+1}² + β_{i+1} = β_i, of the two solutions the even polynomial.
const CANTOR_BASIS: [u16; 16] = [
    0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012, 0x6C98, 0x10D8, 0x6A72, 0xB900,
    0xFDB8, 0xFB34, 0xFF38, 0x991E,
];

/// Logarithms to the base x and powers of x, these twice over so that sums of two logarithms need no remainder.
pub struct Field {
    log: Vec<u16>,
    exp: Vec<u16>,
}

pub static FIELD: LazyLock<Field> = LazyLock::new(Field::new);

impl Field {
    fn new() -> Self {
        let mut coordinates = vec![0; ORDER + 1];
        for number in 0..=ORDER {
            let polynomial = CANTOR_BASIS
                .iter()
                .enumerate()
                .filter(|(bit, _)| number >> bit & 1 == 1)
                .fold(0, |sum, (_, element)| sum ^ element);
            coordinates[usize::from(polynomial)] = number as u16;
        }
        let (mut log, mut exp) = (vec![0; ORDER + 1], vec![0; 2 * ORDER]);
        let mut power = 1;
        for exponent in 0..ORDER {
            let element = coordinates[power as usize];
            exp[exponent] = element;
            exp[exponent + ORDER] = element;
            log[usize::from(element)] = exponent as u16;
            power <<= 1;
            if power >> 16 == 1 {
                power ^= POLYNOMIAL;
            }
        }
        Self { log, exp }
    }

    pub fn multiply(&self, left: u16, right: u16) -> u16 {
        if left == 0 || right == 0 {
            return 0;
        }
        let log = |element: u16| usize::from(self.log[usize::from(element)]);
        self.exp[log(left) + log(right)]
    }
}

#[cfg(test)]
mod tests {
    use super::{CANTOR_BASIS, FIELD};

    #[test]
    fn coordinates_are_those_of_cantors_basis() {
        assert!(CANTOR_BASIS[1..].iter().all(|element| element % 2 == 0));
        for bit in 1..16 {
            let element = 1 << bit;
            assert_eq!(FIELD.multiply(element, element) ^ element, element >> 1);
        }
    }

    #[test]
    fn multiplication_is_that_of_a_field() {
        for (left, right, third) in [(1, 2, 3), (4711, 815, 65_535), (0x8000, 0x1234, 0xfedc)] {
            let times = |left, right| FIELD.multiply(left, right);
            assert_eq!(times(left, right), times(right, left));
            assert_eq!(
                times(times(left, right), third),
                times(left, times(right, third))
            );
            assert_eq!(
                times(left, right ^ third),
                times(left, right) ^ times(left, third)
            );
            assert_eq!(times(left, 1), left);
            assert_eq!(times(left, 0), 0);
        }
    }
}
