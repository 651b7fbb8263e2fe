//! The attributes file (text AP, 0002) as bytes and as a person. Must not change a code point of a name.
//!
//! ```text
//! FF20 len
//!   DF21 08  four u16: offsets of the objects below from the start of the file
//!   DF22 n   name, UTF-8, family U+3000 given        DF24 08  birth, YYYYMMDD
//!   DF23 n   address, UTF-8                          DF25 01  sex, JIS X 0303
//! FF … filler
//! ```

use crate::date::CardDate;
use crate::error::Malformed;
use crate::tlv::{self, Object};

/// Sex as the resident record codes it (JIS X 0303, ISO/IEC 5218).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sex {
    /// `0`
    Unknown,
    /// `1`
    Male,
    /// `2`
    Female,
    /// `9`
    NotApplicable,
}

/// What the attributes file says, unchecked.
pub(crate) struct TextRecord {
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) birth: CardDate,
    pub(crate) sex: Sex,
    /// The bytes that the integrity record's digest covers.
    pub(crate) digested: std::ops::Range<usize>,
}

/// Finds the one object with a tag.
pub(crate) fn only<'a>(objects: &[Object<'a>], tag: u16) -> Result<Object<'a>, Malformed> {
    let mut found = objects.iter().filter(|object| object.tag == tag);
    let object = *found.next().ok_or(Malformed::Missing { tag })?;
    match found.next() {
        None => Ok(object),
        Some(_) => Err(Malformed::Twice { tag }),
    }
}

/// Opens the outer object of a file and lists what is inside.
pub(crate) fn inside(file: &[u8], tag: u16) -> Result<Vec<Object<'_>>, Malformed> {
    let outer = tlv::object(file, 0)?;
    if outer.tag != tag {
        return Err(Malformed::Tag {
            expected: tag,
            found: outer.tag,
        });
    }
    let header = outer.whole.len() - outer.value.len();
    Ok(tlv::objects(outer.value, header)?)
}

impl TextRecord {
    /// Reads the file, whose filler may or may not be cut off.
    pub(crate) fn parse(file: &[u8]) -> Result<Self, Malformed> {
        let objects = inside(file, 0xFF20)?;
        let name = only(&objects, 0xDF22)?;
        let address = only(&objects, 0xDF23)?;
        let birth = only(&objects, 0xDF24)?;
        let sex = only(&objects, 0xDF25)?;
        if let Ok(table) = only(&objects, 0xDF21)
            && !table_agrees(table.value, &[name, address, birth, sex])
        {
            // The table is not covered by the card's signature and the objects can be told apart without it:
            // worth a line in the log, not worth turning a person away.
            tracing::warn!("the offset table of the attributes file disagrees with its objects");
        }
        let outer = tlv::object(file, 0)?;
        Ok(Self {
            name: text(name)?,
            address: text(address)?,
            birth: CardDate::parse(birth.value).map_err(|source| Malformed::Date {
                tag: 0xDF24,
                source,
            })?,
            sex: sex_code(sex.value)?,
            digested: name.at..outer.whole.len(),
        })
    }
}

fn text(object: Object<'_>) -> Result<String, Malformed> {
    if object.value.is_empty() {
        return Err(Malformed::Empty { tag: object.tag });
    }
    std::str::from_utf8(object.value)
        .map(str::to_owned)
        .map_err(|error| Malformed::NotUtf8 {
            tag: object.tag,
            valid_up_to: error.valid_up_to(),
        })
}

fn sex_code(value: &[u8]) -> Result<Sex, Malformed> {
    match value {
        b"0" => Ok(Sex::Unknown),
        b"1" => Ok(Sex::Male),
        b"2" => Ok(Sex::Female),
        b"9" => Ok(Sex::NotApplicable),
        _ => Err(Malformed::SexCode {
            length: value.len(),
        }),
    }
}

fn table_agrees(table: &[u8], objects: &[Object<'_>]) -> bool {
    table.len() == objects.len() * 2
        && table.chunks_exact(2).zip(objects).all(|(entry, object)| {
            entry
                .iter()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
                == object.at
        })
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(
        clippy::unwrap_used,
        reason = "a failed expectation should stop the test"
    )]
    use super::*;
    use proptest::prelude::*;

    /// Writes an object with the shortest length form.
    pub(crate) fn put(tag: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = tag.to_be_bytes().to_vec();
        match value.len() {
            length @ 0..=127 => bytes.push(u8::try_from(length).unwrap()),
            length @ 128..=255 => bytes.extend([0x81, u8::try_from(length).unwrap()]),
            length => {
                bytes.push(0x82);
                bytes.extend(u16::try_from(length).unwrap().to_be_bytes());
            }
        }
        bytes.extend(value);
        bytes
    }

    /// An attributes file with a correct table for bodies whose outer header is `header` bytes long.
    pub(crate) fn file(name: &str, address: &str, birth: &[u8], sex: &[u8]) -> Vec<u8> {
        let parts = [
            put(0xDF22, name.as_bytes()),
            put(0xDF23, address.as_bytes()),
            put(0xDF24, birth),
            put(0xDF25, sex),
        ];
        let body: usize = parts.iter().map(Vec::len).sum::<usize>() + 11;
        let header = match body {
            0..=127 => 3,
            128..=255 => 4,
            _ => 5,
        };
        let mut at = header + 11;
        let mut table = Vec::new();
        for part in &parts {
            table.extend(u16::try_from(at).unwrap().to_be_bytes());
            at += part.len();
        }
        let mut value = put(0xDF21, &table);
        value.extend(parts.concat());
        put(0xFF20, &value)
    }

    const NAME: &str = "髙橋\u{3000}𠮷\u{E0101}葛\u{E0100}子";

    #[test]
    fn every_code_point_of_a_name_comes_out_as_it_went_in() {
        let record = TextRecord::parse(&file(
            NAME,
            "あすこえ市﨑\u{FA11}町１－２",
            b"19970704",
            b"2",
        ))
        .unwrap();
        assert_eq!(
            record.name.chars().collect::<Vec<_>>(),
            NAME.chars().collect::<Vec<_>>()
        );
        assert_eq!(record.address, "あすこえ市﨑\u{FA11}町１－２");
        assert_eq!(
            (record.birth.year, record.birth.month, record.birth.day),
            (1997, 7, 4)
        );
        assert_eq!(record.sex, Sex::Female);
    }

    #[test]
    fn the_digest_covers_from_the_name_to_the_end_without_filler() {
        let mut bytes = file("産声\u{3000}花", "あすこえ市一丁目", b"20000101", b"2");
        let end = bytes.len();
        bytes.extend([0xFF; 40]);
        assert_eq!(TextRecord::parse(&bytes).unwrap().digested, 14..end);
    }

    #[test]
    fn long_and_non_minimal_lengths_are_read() {
        let long = "あ".repeat(120);
        assert_eq!(
            TextRecord::parse(&file("産声\u{3000}花", &long, b"20000101", b"2"))
                .unwrap()
                .address,
            long
        );
        // FF20 82 00 xx, DF22 82 00 xx
        let mut value = vec![0xDF, 0x22, 0x82, 0x00, 0x03];
        value.extend("花".as_bytes());
        value.extend(put(0xDF23, "市".as_bytes()));
        value.extend(put(0xDF24, b"20000101"));
        value.extend(put(0xDF25, b"2"));
        let mut bytes = vec![0xFF, 0x20, 0x82, 0x00, u8::try_from(value.len()).unwrap()];
        bytes.extend(value);
        assert_eq!(TextRecord::parse(&bytes).unwrap().name, "花");
    }

    #[test]
    fn a_wrong_offset_table_does_not_turn_a_person_away() {
        let mut bytes = file("産声\u{3000}花", "あすこえ市", b"20000101", b"2");
        bytes[7] ^= 0x10;
        assert_eq!(TextRecord::parse(&bytes).unwrap().name, "産声\u{3000}花");
    }

    #[test]
    fn each_kind_of_nonsense_has_its_own_name() {
        let problem = |bytes: &[u8]| TextRecord::parse(bytes).err().unwrap();
        assert_eq!(
            problem(&put(0xFF30, &[])),
            Malformed::Tag {
                expected: 0xFF20,
                found: 0xFF30
            }
        );
        assert_eq!(
            problem(&put(0xFF20, &[])),
            Malformed::Missing { tag: 0xDF22 }
        );
        assert_eq!(
            problem(&file("", "市", b"20000101", b"2")),
            Malformed::Empty { tag: 0xDF22 }
        );
        assert!(matches!(
            problem(&file("花", "市", b"2000011", b"2")),
            Malformed::Date { tag: 0xDF24, .. }
        ));
        assert_eq!(
            problem(&file("花", "市", b"20000101", b"3")),
            Malformed::SexCode { length: 1 }
        );
        assert_eq!(
            problem(&file("花", "市", b"20000101", b"")),
            Malformed::SexCode { length: 0 }
        );
        let mut broken = file("花", "市", b"20000101", b"2");
        broken[18] = 0xFF;
        assert_eq!(
            problem(&broken),
            Malformed::NotUtf8 {
                tag: 0xDF22,
                valid_up_to: 0
            }
        );
        let twice = [put(0xDF22, b"a"), put(0xDF22, b"b")].concat();
        assert_eq!(
            problem(&put(0xFF20, &twice)),
            Malformed::Twice { tag: 0xDF22 }
        );
    }

    #[test]
    fn a_file_cut_anywhere_is_an_error_and_never_a_panic() {
        let whole = file(NAME, "あすこえ市大字産声一番地の二", b"19970704", b"2");
        for length in 0..whole.len() {
            assert!(TextRecord::parse(&whole[..length]).is_err(), "{length}");
        }
        assert!(TextRecord::parse(&whole).is_ok());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = TextRecord::parse(&bytes).map(|record| record.name);
            let mut framed = put(0xFF20, &bytes);
            framed.extend([0xFF; 3]);
            if let Ok(record) = TextRecord::parse(&framed) {
                prop_assert!(record.digested.end <= framed.len());
            }
        }

        #[test]
        fn any_text_survives(name in "\\PC{1,60}", address in "\\PC{1,120}") {
            let record = TextRecord::parse(&file(&name, &address, b"20000101", b"1")).unwrap();
            prop_assert_eq!(record.name, name);
            prop_assert_eq!(record.address, address);
        }
    }
}
