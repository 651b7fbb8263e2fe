//! DER by hand where bytes must stay exactly as they are: what is signed is bytes, not structures.
//!
//! Re-encoding through typed structures may reorder a SET OF, and the signature would be over other bytes.

use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode, Encode, Reader, SliceReader, Tag, Tagged};

use super::CadesError;

pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const CONTEXT_0: u8 = 0xA0;
pub(super) const NULL: [u8; 2] = [0x05, 0x00];

/// One tag-length-value with a definite, minimal length.
pub(super) fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let len: usize = parts.iter().map(|p| p.len()).sum();
    let mut out = Vec::with_capacity(len + 6);
    out.push(tag);
    let bytes = len.to_be_bytes();
    let significant: Vec<u8> = bytes.iter().copied().skip_while(|b| *b == 0).collect();
    match (len, u8::try_from(significant.len())) {
        (0..0x80, _) | (_, Err(_)) => out.extend(significant.last().copied().or(Some(0))),
        (_, Ok(n)) => {
            out.push(0x80 | n);
            out.extend_from_slice(&significant);
        }
    }
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}

/// A SET OF in DER order: encodings compared byte by byte, X.690 §11.6.
pub(super) fn set_of(tag: u8, mut items: Vec<Vec<u8>>) -> Vec<u8> {
    items.sort();
    let parts: Vec<&[u8]> = items.iter().map(Vec::as_slice).collect();
    tlv(tag, &parts)
}

/// An object identifier.
pub(super) fn oid(oid: ObjectIdentifier) -> Result<Vec<u8>, CadesError> {
    oid.to_der().map_err(|_| CadesError::Der {
        what: "object identifier",
    })
}

/// Walks over the items inside one constructed value.
pub(super) struct Items<'a> {
    what: &'static str,
    reader: SliceReader<'a>,
}

impl<'a> Items<'a> {
    /// Opens a constructed value with this tag that fills `bytes` exactly.
    pub(super) fn open(what: &'static str, tag: u8, bytes: &'a [u8]) -> Result<Self, CadesError> {
        let fail = |_| CadesError::Der { what };
        let any = AnyRef::from_der(bytes).map_err(fail)?;
        if any.tag().octet() != tag {
            return Err(CadesError::Der { what });
        }
        Self::inside(what, any.value())
    }

    /// Walks over contents whose own tag was already read.
    pub(super) fn inside(what: &'static str, contents: &'a [u8]) -> Result<Self, CadesError> {
        let reader = SliceReader::new(contents).map_err(|_| CadesError::Der { what })?;
        Ok(Self { what, reader })
    }

    /// Whether something is left.
    pub(super) fn more(&self) -> bool {
        !self.reader.is_finished()
    }

    /// Whether the next item has this tag.
    pub(super) fn next_is(&self, tag: u8) -> bool {
        self.reader.peek_byte() == Some(tag)
    }

    /// The next item, tag and length included.
    pub(super) fn raw(&mut self) -> Result<&'a [u8], CadesError> {
        let what = self.what;
        self.reader
            .tlv_bytes()
            .map_err(|_| CadesError::Der { what })
    }

    /// The next item with this tag, tag and length included.
    pub(super) fn tagged(&mut self, tag: u8) -> Result<&'a [u8], CadesError> {
        if self.next_is(tag) {
            self.raw()
        } else {
            Err(CadesError::Der { what: self.what })
        }
    }

    /// The next item as a type the `der` crate knows.
    pub(super) fn typed<T: Decode<'a>>(&mut self) -> Result<T, CadesError> {
        let what = self.what;
        T::from_der(self.raw()?).map_err(|_| CadesError::Der { what })
    }

    /// Opens the next item, which must have this tag.
    pub(super) fn enter(&mut self, what: &'static str, tag: u8) -> Result<Items<'a>, CadesError> {
        let bytes = self.tagged(tag)?;
        Items::open(what, tag, bytes)
    }

    /// Nothing may be left.
    pub(super) fn end(self) -> Result<(), CadesError> {
        if self.more() {
            Err(CadesError::Der { what: self.what })
        } else {
            Ok(())
        }
    }
}

/// Deepest nesting of a certificate of this profile is nine; deeper input is refused before it costs stack.
const MAX_DEPTH: usize = 16;

/// Refuses bytes in which a length promises more than there is, at any level.
///
/// The typed decoders take memory for a value's length before they look whether the value is there: up to 256 MiB for
/// a certificate of one KiB (der 0.7.10, `Reader::read_vec`).
pub(super) fn lengths_fit(what: &'static str, bytes: &[u8]) -> Result<(), CadesError> {
    fits(what, bytes, MAX_DEPTH)
}

fn fits(what: &'static str, contents: &[u8], depth: usize) -> Result<(), CadesError> {
    const CONSTRUCTED: u8 = 0x20;
    let deeper = depth.checked_sub(1).ok_or(CadesError::Der { what })?;
    let mut items = Items::inside(what, contents)?;
    while items.more() {
        let item = items.raw()?;
        let value = AnyRef::from_der(item).map_err(|_| CadesError::Der { what })?;
        if value.tag().octet() & CONSTRUCTED != 0 {
            fits(what, value.value(), deeper)?;
        }
    }
    Ok(())
}

/// The contents of a primitive item of this tag.
pub(super) fn contents<'a>(
    what: &'static str,
    tag: Tag,
    bytes: &'a [u8],
) -> Result<&'a [u8], CadesError> {
    let any = AnyRef::from_der(bytes).map_err(|_| CadesError::Der { what })?;
    if any.tag() == tag {
        Ok(any.value())
    } else {
        Err(CadesError::Der { what })
    }
}

#[cfg(test)]
mod tests {
    use super::{CadesError, lengths_fit, tlv};

    #[test]
    fn a_length_that_promises_more_than_there_is_is_refused_at_every_level() {
        let inner = tlv(0x30, &[&tlv(0x02, &[&[1]]), &tlv(0x04, &[&[7; 200]])]);
        let whole = tlv(0x30, &[&inner, &tlv(0xA0, &[&inner])]);
        assert_eq!(lengths_fit("test", &whole), Ok(()));
        // One octet string of the innermost level says that it has 256 MiB.
        let mut promising = whole.clone();
        let at = promising.iter().rposition(|b| *b == 0x81).unwrap_or(0);
        promising.splice(at..at + 2, [0x84, 0x0F, 0xFF, 0xFF, 0xFF]);
        let error = Err(CadesError::Der { what: "test" });
        assert_eq!(lengths_fit("test", &promising), error);
        assert_eq!(lengths_fit("test", &whole[..whole.len() - 1]), error);
        let deep = (0..100).fold(Vec::new(), |inside, _| tlv(0x30, &[&inside]));
        assert_eq!(lengths_fit("test", &deep), error);
    }

    #[test]
    fn lengths_are_minimal() {
        assert_eq!(tlv(0x04, &[]), [0x04, 0x00]);
        assert_eq!(tlv(0x04, &[&[1, 2]]), [0x04, 0x02, 1, 2]);
        assert_eq!(tlv(0x04, &[&[0; 127]])[..2], [0x04, 0x7F]);
        assert_eq!(tlv(0x04, &[&[0; 128]])[..3], [0x04, 0x81, 0x80]);
        assert_eq!(tlv(0x04, &[&[0; 256]])[..4], [0x04, 0x82, 0x01, 0x00]);
    }
}
