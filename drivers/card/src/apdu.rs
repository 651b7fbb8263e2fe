//! Commands and answers, byte for byte. Must not interpret files, and must not show a secret.
//!
//! The bytes are those measured on cards by several independent clients (T=1 contact and ISO 14443 B);
//! no official specification is public.

use std::fmt;
use zeroize::Zeroizing;

use crate::secret::SecretKind;

/// A card application we talk to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Application {
    /// 公的個人認証AP: certificates, keys, their secrets.
    Jpki,
    /// 券面事項入力補助AP: the four attributes as text.
    Text,
    /// 共通カードAP: serial and expiry of the card.
    Common,
    /// The issuer security domain, current at power-up. Selecting it is how one logs out.
    Isd,
}

impl Application {
    /// The application identifier.
    #[must_use]
    pub fn aid(self) -> &'static [u8] {
        match self {
            Self::Jpki => &[0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01],
            Self::Text => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x04, 0x08],
            Self::Common => &[0xD3, 0x92, 0x10, 0x00, 0x31, 0x00, 0x01, 0x01, 0x01, 0x00],
            Self::Isd => &[0xA0, 0x00, 0x00, 0x01, 0x51, 0x00, 0x00],
        }
    }
}

impl fmt::Display for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpki => "JPKI-AP",
            Self::Text => "text AP",
            Self::Common => "common AP",
            Self::Isd => "ISD",
        })
    }
}

/// What a command was for; errors name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// SELECT of an application.
    Select(Application),
    /// SELECT of an elementary file.
    SelectFile(u8),
    /// READ BINARY.
    Read {
        /// Short file identifier (the last byte of its two-byte identifier).
        file: u8,
        /// First byte asked for.
        offset: u16,
    },
    /// READ RECORD of record 1.
    ReadRecord(u8),
    /// GET DATA.
    GetData(u16),
    /// The retry counter query: VERIFY without data, costs no try.
    Tries(SecretKind),
    /// VERIFY.
    Verify(SecretKind),
    /// COMPUTE DIGITAL SIGNATURE.
    Sign,
    /// Collecting the rest of an answer on a T=0 reader.
    GetResponse,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Select(application) => write!(f, "selecting the {application}"),
            Self::SelectFile(file) => write!(f, "selecting file 00{file:02X}"),
            Self::Read { file, offset } => write!(f, "reading file 00{file:02X} at {offset}"),
            Self::ReadRecord(file) => write!(f, "reading record 1 of file 00{file:02X}"),
            Self::GetData(tag) => write!(f, "getting data object {tag:04X}"),
            Self::Tries(secret) => write!(f, "asking for the tries left on {secret}"),
            Self::Verify(secret) => write!(f, "verifying {secret}"),
            Self::Sign => f.write_str("signing"),
            Self::GetResponse => f.write_str("collecting the answer"),
        }
    }
}

/// SW1-SW2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StatusWord(pub u16);

impl StatusWord {
    pub(crate) const OK: Self = Self(0x9000);

    /// `63Cx`: x tries left.
    pub(crate) fn tries_left(self) -> Option<u8> {
        (self.0 & 0xFFF0 == 0x63C0).then_some((self.0 & 0xF) as u8)
    }

    /// `6983` and `6984`: the card uses the latter; other JICSAP cards the former.
    pub(crate) fn is_blocked(self) -> bool {
        matches!(self.0, 0x6983 | 0x6984)
    }

    /// Says "no such file, key or command here": what a card answers that lost the application we had
    /// selected, because it was powered again or is another card.
    pub(crate) fn is_wrong_place(self) -> bool {
        matches!(
            self.0,
            0x6981 | 0x6982 | 0x6985 | 0x6986 | 0x6A82 | 0x6A86 | 0x6A88 | 0x6B00 | 0x6D00 | 0x6E00
        )
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

/// A command ready to send. Its bytes are erased when dropped; `Debug` masks VERIFY data.
pub(crate) struct Command {
    bytes: Zeroizing<Vec<u8>>,
    pub(crate) step: Step,
    /// The most data bytes a well-behaved card answers.
    pub(crate) expected: usize,
}

/// The largest answer one extended READ asks for. Readers that pass extended length at all pass this much;
/// asking for 65,536 makes some refuse.
pub(crate) const EXTENDED_CHUNK: u16 = 2048;
/// The largest answer one short READ can carry.
pub(crate) const SHORT_CHUNK: usize = 256;

impl Command {
    fn new(step: Step, bytes: Vec<u8>, expected: usize) -> Self {
        Self {
            bytes: Zeroizing::new(bytes),
            step,
            expected,
        }
    }

    pub(crate) fn select(application: Application) -> Self {
        let aid = application.aid();
        let mut bytes = vec![0x00, 0xA4, 0x04, 0x0C, length_byte(aid)];
        bytes.extend_from_slice(aid);
        Self::new(Step::Select(application), bytes, 0)
    }

    pub(crate) fn select_file(file: u8) -> Self {
        Self::new(
            Step::SelectFile(file),
            vec![0x00, 0xA4, 0x02, 0x0C, 0x02, 0x00, file],
            0,
        )
    }

    /// READ BINARY of up to 256 bytes from the start of a file named by its short identifier.
    pub(crate) fn read_file(file: u8, count: usize) -> Self {
        let step = Step::Read { file, offset: 0 };
        Self::new(
            step,
            vec![0x00, 0xB0, 0x80 | file, 0x00, le(count)],
            count.min(SHORT_CHUNK),
        )
    }

    /// The same with an extended Le.
    pub(crate) fn read_file_extended(file: u8) -> Self {
        let [high, low] = EXTENDED_CHUNK.to_be_bytes();
        let bytes = vec![0x00, 0xB0, 0x80 | file, 0x00, 0x00, high, low];
        Self::new(
            Step::Read { file, offset: 0 },
            bytes,
            usize::from(EXTENDED_CHUNK),
        )
    }

    /// READ BINARY of the current file from `offset`, which must be below 0x8000.
    pub(crate) fn read_on(file: u8, offset: u16, count: usize) -> Self {
        let [high, low] = offset.to_be_bytes();
        let bytes = vec![0x00, 0xB0, high & 0x7F, low, le(count)];
        Self::new(Step::Read { file, offset }, bytes, count.min(SHORT_CHUNK))
    }

    pub(crate) fn read_on_extended(file: u8, offset: u16) -> Self {
        let [high, low] = offset.to_be_bytes();
        let [le_high, le_low] = EXTENDED_CHUNK.to_be_bytes();
        let bytes = vec![0x00, 0xB0, high & 0x7F, low, 0x00, le_high, le_low];
        Self::new(
            Step::Read { file, offset },
            bytes,
            usize::from(EXTENDED_CHUNK),
        )
    }

    pub(crate) fn read_first_record(file: u8) -> Self {
        let bytes = vec![0x00, 0xB2, 0x01, file << 3 | 0x04, 0x00];
        Self::new(Step::ReadRecord(file), bytes, SHORT_CHUNK)
    }

    pub(crate) fn get_data(tag: u16) -> Self {
        let [high, low] = tag.to_be_bytes();
        Self::new(
            Step::GetData(tag),
            vec![0x00, 0xCA, high, low, 0x00],
            SHORT_CHUNK,
        )
    }

    /// VERIFY without data: the counter, free of charge. Exactly four bytes; an Lc of zero would be a try on
    /// some cards.
    pub(crate) fn tries(secret: SecretKind) -> Self {
        Self::new(
            Step::Tries(secret),
            vec![0x00, 0x20, 0x00, 0x80 | secret.file()],
            0,
        )
    }

    pub(crate) fn verify(secret: SecretKind, value: &[u8]) -> Self {
        // Room for all of it at once: a growing vector would leave unerased copies behind.
        let mut bytes = Vec::with_capacity(5 + value.len());
        bytes.extend_from_slice(&[0x00, 0x20, 0x00, 0x80 | secret.file(), length_byte(value)]);
        bytes.extend_from_slice(value);
        Self::new(Step::Verify(secret), bytes, 0)
    }

    /// PKCS#1 v1.5 by the signing key (file 001A) over a SHA-256 digest. Scheme byte `00` with a DigestInfo is
    /// the form every known client uses on every generation of the card.
    pub(crate) fn sign(digest: &[u8; 32]) -> Self {
        let mut bytes = vec![0x80, 0x2A, 0x00, 0x9A, 51];
        bytes.extend_from_slice(&DIGEST_INFO_SHA256);
        bytes.extend_from_slice(digest);
        bytes.push(0x00);
        Self::new(Step::Sign, bytes, SHORT_CHUNK)
    }

    pub(crate) fn get_response(count: u8) -> Self {
        Self::new(
            Step::GetResponse,
            vec![0x00, 0xC0, 0x00, 0x00, count],
            SHORT_CHUNK,
        )
    }

    /// The same short command asking for exactly `count` bytes (`6Cxx`).
    pub(crate) fn with_le(&self, count: u8) -> Self {
        let mut bytes = self.bytes.to_vec();
        if let Some(last) = bytes.last_mut() {
            *last = count;
        }
        Self::new(self.step, bytes, self.expected)
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether sending it twice does no harm.
    pub(crate) fn may_repeat(&self) -> bool {
        match self.step {
            Step::Read { .. } | Step::ReadRecord(_) | Step::GetData(_) => true,
            Step::Select(_)
            | Step::SelectFile(_)
            | Step::Tries(_)
            | Step::Verify(_)
            | Step::Sign
            | Step::GetResponse => false,
        }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked(&self.bytes))
    }
}

/// `30 31 30 0D 06 09 60 86 48 01 65 03 04 02 01 05 00 04 20`: the DigestInfo header of SHA-256 (RFC 8017 §9.2).
const DIGEST_INFO_SHA256: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// A command in hexadecimal, with everything behind the header of a VERIFY (or of a command that sets a
/// secret) replaced: not even the length of a secret is shown.
pub(crate) fn masked(command: &[u8]) -> String {
    match command {
        [_, 0x20 | 0x24 | 0x32, _, _, _, ..] => {
            format!("{}********", hex::encode(command.get(..4).unwrap_or(&[])))
        }
        _ => hex::encode(command),
    }
}

/// A short Le: 256 is written `00`.
fn le(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(0)
}

/// Lc of data that this crate itself bounds to 255 bytes.
fn length_byte(data: &[u8]) -> u8 {
    u8::try_from(data.len()).unwrap_or(u8::MAX)
}

/// A card's answer. Its data may be personal and is erased when dropped.
pub(crate) struct Response {
    pub(crate) data: Zeroizing<Vec<u8>>,
    pub(crate) status: StatusWord,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_bytes_measured_on_cards() {
        let cases: [(Command, &str); 12] = [
            (
                Command::select(Application::Jpki),
                "00a4040c0ad392f000260100000001",
            ),
            (
                Command::select(Application::Text),
                "00a4040c0ad3921000310001010408",
            ),
            (
                Command::select(Application::Common),
                "00a4040c0ad3921000310001010100",
            ),
            (
                Command::select(Application::Isd),
                "00a4040c07a0000001510000",
            ),
            (Command::select_file(0x02), "00a4020c020002"),
            (Command::read_file(0x02, 256), "00b0820000"),
            (Command::read_file_extended(0x0A), "00b08a00000800"),
            (Command::read_on(0x0A, 0x0100, 256), "00b0010000"),
            (Command::read_first_record(0x01), "00b2010c00"),
            (Command::get_data(0x00F2), "00ca00f200"),
            (Command::tries(SecretKind::Attributes), "00200091"),
            (Command::tries(SecretKind::Sign), "0020009b"),
        ];
        for (command, bytes) in cases {
            assert_eq!(hex::encode(command.bytes()), bytes, "{}", command.step);
        }
        assert_eq!(
            hex::encode(Command::verify(SecretKind::Attributes, b"1234").bytes()),
            "002000910431323334"
        );
        assert_eq!(
            hex::encode(Command::sign(&[0xAB; 32]).bytes()),
            format!(
                "802a009a333031300d060960864801650304020105000420{}00",
                "ab".repeat(32)
            )
        );
    }

    #[test]
    fn a_verify_command_shows_neither_its_data_nor_their_length() {
        let shown = format!("{:?}", Command::verify(SecretKind::Sign, b"HIMITSU7"));
        assert_eq!(shown, "0020009b********");
        assert_eq!(
            format!("{:?}", Command::tries(SecretKind::Sign)),
            "0020009b"
        );
    }

    #[test]
    fn status_words_about_tries_are_told_apart() {
        assert_eq!(StatusWord(0x63C3).tries_left(), Some(3));
        assert_eq!(StatusWord(0x63C0).tries_left(), Some(0));
        assert_eq!(StatusWord(0x6300).tries_left(), None);
        assert!(StatusWord(0x6984).is_blocked() && StatusWord(0x6983).is_blocked());
        assert!(!StatusWord(0x6982).is_blocked());
    }
}
