//! Bytes as hexadecimal digits.

use std::fmt::Write as _;

/// Returns two digits in lower case for each byte.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}

#[test]
fn each_byte_is_two_digits() {
    assert_eq!(hex(&[0, 0x0a, 0xff]), "000aff");
}
