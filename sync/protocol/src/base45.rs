//! Base45 (RFC 9285): the densest text a QR code's alphanumeric mode carries.

const ALPHABET: &[u8; 45] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/// Two bytes become three characters, a last single byte two.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() / 2 * 3 + 2);
    let mut put = |digit: u32| {
        let at = usize::try_from(digit % 45).unwrap_or(0);
        out.push(char::from(ALPHABET.get(at).copied().unwrap_or(b'0')));
    };
    for pair in bytes.chunks(2) {
        let n = pair.iter().fold(0, |n, b| n * 256 + u32::from(*b));
        put(n);
        put(n / 45);
        if pair.len() == 2 {
            put(n / 2025);
        }
    }
    out
}

/// The reverse; `None` for characters outside the alphabet, values that do not fit, or a dangling character.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 3 * 2 + 1);
    for group in text.as_bytes().chunks(3) {
        let mut n = 0_u32;
        for c in group.iter().rev() {
            let digit = ALPHABET.iter().position(|a| a == c)?;
            n = n * 45 + u32::try_from(digit).ok()?;
        }
        match group.len() {
            3 => out.extend(u16::try_from(n).ok()?.to_be_bytes()),
            2 => out.push(u8::try_from(n).ok()?),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    #[test]
    fn the_examples_of_rfc_9285_hold() {
        for (plain, text) in [
            ("AB", "BB8"),
            ("Hello!!", "%69 VD92EX0"),
            ("base-45", "UJCLQE7W581"),
            ("ietf!", "QED8WEX0"),
        ] {
            assert_eq!(super::encode(plain.as_bytes()), text);
            assert_eq!(super::decode(text).unwrap(), plain.as_bytes());
        }
    }

    #[test]
    fn overflow_lower_case_and_dangling_characters_are_refused() {
        for bad in ["GGW", "ZZ", "A", "bb8", "BB8Ü"] {
            assert_eq!(super::decode(bad), None, "{bad}");
        }
    }
}
