//! Writing BER/DER by hand, because the card's files and certificates need exact bytes (also non-minimal
//! lengths, which no DER library will write). It only writes; parsing is the reader's job.

/// How a length is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthForm {
    /// DER: the shortest form.
    Minimal,
    /// Always `82 hi lo`, as seen in EF 0005 of a real test card (`82 00 9F`).
    TwoBytes,
}

/// The bytes of a length field.
pub(crate) fn length(count: usize, form: LengthForm) -> Vec<u8> {
    let [.., b2, b1, b0] = count.to_be_bytes();
    match (form, count) {
        (LengthForm::Minimal, 0..=0x7F) => vec![b0],
        (LengthForm::Minimal, 0x80..=0xFF) => vec![0x81, b0],
        (_, 0..=0xFFFF) => vec![0x82, b1, b0],
        _ => vec![0x83, b2, b1, b0],
    }
}

/// One object with a tag of one or two bytes (`0x30`, `0xDF21`).
pub(crate) fn tlv_as(form: LengthForm, tag: u16, content: &[u8]) -> Vec<u8> {
    let [high, low] = tag.to_be_bytes();
    let mut out = if high == 0 {
        vec![low]
    } else {
        vec![high, low]
    };
    out.extend(length(content.len(), form));
    out.extend_from_slice(content);
    out
}

/// One object with the shortest length.
pub(crate) fn tlv(tag: u16, content: &[u8]) -> Vec<u8> {
    tlv_as(LengthForm::Minimal, tag, content)
}

/// One object around several, in order.
pub(crate) fn wrap(tag: u16, parts: &[&[u8]]) -> Vec<u8> {
    tlv(tag, &parts.concat())
}

/// A SEQUENCE.
pub(crate) fn seq(parts: &[&[u8]]) -> Vec<u8> {
    wrap(0x30, parts)
}

/// An OBJECT IDENTIFIER.
pub(crate) fn oid(id: const_oid::ObjectIdentifier) -> Vec<u8> {
    tlv(0x06, id.as_bytes())
}

/// A UTF8String.
pub(crate) fn utf8(text: &str) -> Vec<u8> {
    tlv(0x0C, text.as_bytes())
}

/// An unsigned INTEGER from big-endian bytes, leading zeros dropped and a sign byte added where needed.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let first = bytes.iter().position(|b| *b != 0).unwrap_or(bytes.len());
    let digits = bytes.get(first..).unwrap_or_default();
    let mut content = Vec::with_capacity(digits.len() + 1);
    if digits.first().is_none_or(|b| *b >= 0x80) {
        content.push(0);
    }
    content.extend_from_slice(digits);
    tlv(0x02, &content)
}

/// A BIT STRING without unused bits.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    wrap(0x03, &[&[0], bytes])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    #[test]
    fn lengths_are_written_short_long_and_non_minimal() {
        assert_eq!(length(0x7F, LengthForm::Minimal), [0x7F]);
        assert_eq!(length(0x80, LengthForm::Minimal), [0x81, 0x80]);
        assert_eq!(length(0x14B, LengthForm::Minimal), [0x82, 0x01, 0x4B]);
        assert_eq!(length(0x9F, LengthForm::TwoBytes), [0x82, 0x00, 0x9F]);
    }

    #[test]
    fn integers_keep_their_sign_bit_clear() {
        assert_eq!(unsigned(&[0x00, 0x1E, 0xE6]), [0x02, 0x02, 0x1E, 0xE6]);
        assert_eq!(unsigned(&[0x80]), [0x02, 0x02, 0x00, 0x80]);
        assert_eq!(unsigned(&[0x00]), [0x02, 0x01, 0x00]);
    }
}
