//! Percent-decoding.

/// Decodes one layer of percent-encoding. Other text is not changed.
#[must_use]
pub fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).filter(|_| *byte == b'%');
        let digits = digits.filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let encoded = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let encoded = encoded.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        plain.push(encoded.unwrap_or(*byte));
        at += if encoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_byte_is_decoded_and_everything_else_stays() {
        for (text, plain) in [
            ("%2Fa%2fb", "/a/b"),
            ("%C3%A9", "\u{e9}"),
            ("100% of %zz and %2", "100% of %zz and %2"),
            ("%+1", "%+1"),
            ("", ""),
        ] {
            assert_eq!(percent_decoded(text), plain);
        }
    }
}
