//! BER-TLV as this card writes it: one- and two-byte tags, short and long lengths, lengths written longer
//! than needed (`82 00 9F`), filler behind objects. Must not panic on any bytes.

/// A header could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TlvError {
    /// The bytes end inside a tag or a length.
    #[error("the bytes end inside a tag or length at offset {at}")]
    EndsInHeader {
        /// Offset of the object in the file.
        at: usize,
    },
    /// `80`, or more than three length bytes: not used on this card.
    #[error("length byte {byte:02X} at offset {at} is not a definite length this card uses")]
    Length {
        /// Offset of the object in the file.
        at: usize,
        /// The offending byte.
        byte: u8,
    },
    /// A tag of more than two bytes: not used on this card.
    #[error("a tag at offset {at} is longer than two bytes")]
    Tag {
        /// Offset of the object in the file.
        at: usize,
    },
    /// The object claims more bytes than there are.
    #[error("object {tag:04X} at offset {at} claims {claims} bytes, {have} follow")]
    Overrun {
        /// Offset of the object in the file.
        at: usize,
        /// Its tag.
        tag: u16,
        /// Its declared length.
        claims: usize,
        /// Bytes that follow its header.
        have: usize,
    },
}

/// Tag of an object, bytes before its value, bytes of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) tag: u16,
    pub(crate) before: usize,
    pub(crate) value: usize,
}

impl Header {
    /// Bytes of the whole object.
    pub(crate) fn total(self) -> usize {
        self.before + self.value
    }
}

/// One object: where it starts in the file, its tag, its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    pub(crate) at: usize,
    pub(crate) tag: u16,
    pub(crate) value: &'a [u8],
    /// Header and value as written.
    pub(crate) whole: &'a [u8],
}

/// Reads one header; `at` is only for the error.
pub(crate) fn header(bytes: &[u8], at: usize) -> Result<Header, TlvError> {
    let ends = TlvError::EndsInHeader { at };
    let first = *bytes.first().ok_or(ends)?;
    let (tag, tag_length) = if first & 0x1F == 0x1F {
        let second = *bytes.get(1).ok_or(ends)?;
        if second & 0x80 != 0 {
            return Err(TlvError::Tag { at });
        }
        (u16::from_be_bytes([first, second]), 2)
    } else {
        (u16::from(first), 1)
    };
    let byte = *bytes.get(tag_length).ok_or(ends)?;
    let length_bytes = match byte {
        0x00..=0x7F => {
            return Ok(Header {
                tag,
                before: tag_length + 1,
                value: usize::from(byte),
            });
        }
        0x81..=0x83 => usize::from(byte & 0x7F),
        _ => return Err(TlvError::Length { at, byte }),
    };
    let start = tag_length + 1;
    let digits = bytes.get(start..start + length_bytes).ok_or(ends)?;
    Ok(Header {
        tag,
        before: start + length_bytes,
        value: digits
            .iter()
            .fold(0, |sum, digit| sum << 8 | usize::from(*digit)),
    })
}

/// Reads the object at the start of `bytes`; `at` is its place in the file.
pub(crate) fn object(bytes: &[u8], at: usize) -> Result<Object<'_>, TlvError> {
    let header = header(bytes, at)?;
    let overrun = TlvError::Overrun {
        at,
        tag: header.tag,
        claims: header.value,
        have: bytes.len().saturating_sub(header.before),
    };
    let whole = bytes.get(..header.total()).ok_or(overrun)?;
    let value = whole.get(header.before..).ok_or(overrun)?;
    Ok(Object {
        at,
        tag: header.tag,
        value,
        whole,
    })
}

/// Reads the objects inside a value, in order, until its end or filler (`FF FF`, `00`).
///
/// `at` is where `value` starts in the file.
pub(crate) fn objects(value: &[u8], at: usize) -> Result<Vec<Object<'_>>, TlvError> {
    let mut found = Vec::new();
    let mut offset = 0;
    while let Some(rest) = value.get(offset..) {
        // FF begins real tags too (FF10 …), so only FF FF, which no tag on the card uses, is filler.
        if rest.is_empty() || rest.first() == Some(&0) || rest.starts_with(&[0xFF, 0xFF]) {
            break;
        }
        if rest == [0xFF] {
            break;
        }
        let object = object(rest, at + offset)?;
        offset += object.whole.len();
        found.push(object);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_are_read_in_every_form_the_card_uses() {
        let cases: [(&[u8], Header); 5] = [
            (
                &[0xDF, 0x22, 0x0F],
                Header {
                    tag: 0xDF22,
                    before: 3,
                    value: 15,
                },
            ),
            (
                &[0xDF, 0x23, 0x81, 0x90],
                Header {
                    tag: 0xDF23,
                    before: 4,
                    value: 0x90,
                },
            ),
            (
                &[0xFF, 0x40, 0x82, 0x00, 0x9F],
                Header {
                    tag: 0xFF40,
                    before: 5,
                    value: 0x9F,
                },
            ),
            (
                &[0x30, 0x82, 0x06, 0x2A],
                Header {
                    tag: 0x30,
                    before: 4,
                    value: 0x62A,
                },
            ),
            (
                &[0x30, 0x83, 0x01, 0x00, 0x00],
                Header {
                    tag: 0x30,
                    before: 5,
                    value: 0x10000,
                },
            ),
        ];
        for (bytes, expected) in cases {
            assert_eq!(header(bytes, 0), Ok(expected));
        }
    }

    #[test]
    fn broken_headers_name_what_is_wrong() {
        assert_eq!(header(&[], 3), Err(TlvError::EndsInHeader { at: 3 }));
        assert_eq!(header(&[0xDF], 0), Err(TlvError::EndsInHeader { at: 0 }));
        assert_eq!(
            header(&[0xDF, 0x22], 0),
            Err(TlvError::EndsInHeader { at: 0 })
        );
        assert_eq!(
            header(&[0x30, 0x82, 0x01], 0),
            Err(TlvError::EndsInHeader { at: 0 })
        );
        assert_eq!(
            header(&[0x30, 0x80], 0),
            Err(TlvError::Length { at: 0, byte: 0x80 })
        );
        assert_eq!(
            header(&[0x30, 0x84, 0, 0, 0, 1], 0),
            Err(TlvError::Length { at: 0, byte: 0x84 })
        );
        assert_eq!(header(&[0xDF, 0x82, 1], 0), Err(TlvError::Tag { at: 0 }));
        assert_eq!(
            object(&[0xDF, 0x25, 2, b'1'], 9),
            Err(TlvError::Overrun {
                at: 9,
                tag: 0xDF25,
                claims: 2,
                have: 1
            })
        );
    }

    #[test]
    fn filler_ends_the_objects() {
        let value = [0xDF, 0x25, 1, b'1', 0xFF, 0xFF, 0xFF];
        let found = objects(&value, 0).unwrap_or_default();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found.first().map(|object| (object.at, object.value)),
            Some((0, &b"1"[..]))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic_or_read_past_the_end(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(found) = objects(&bytes, 0) {
                let sum: usize = found.iter().map(|object| object.whole.len()).sum();
                prop_assert!(sum <= bytes.len());
            }
        }
    }
}
