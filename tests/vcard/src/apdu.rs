//! Command APDUs as the card sees them: ISO 7816-4 cases 1–4, short and extended. It decides nothing but form.

/// A status word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sw(pub(crate) u16);

impl Sw {
    pub(crate) const OK: Sw = Sw(0x9000);
    pub(crate) const WRONG_LENGTH: Sw = Sw(0x6700);
    pub(crate) const CHANNEL: Sw = Sw(0x6881);
    pub(crate) const SECURE_MESSAGING: Sw = Sw(0x6882);
    pub(crate) const WRONG_FILE_TYPE: Sw = Sw(0x6981);
    pub(crate) const SECURITY: Sw = Sw(0x6982);
    pub(crate) const BLOCKED: Sw = Sw(0x6984);
    pub(crate) const CONDITIONS: Sw = Sw(0x6985);
    pub(crate) const NO_EF: Sw = Sw(0x6986);
    pub(crate) const BAD_DATA: Sw = Sw(0x6A80);
    pub(crate) const NOT_FOUND: Sw = Sw(0x6A82);
    pub(crate) const NO_RECORD: Sw = Sw(0x6A83);
    pub(crate) const BAD_P1P2: Sw = Sw(0x6A86);
    pub(crate) const NO_OBJECT: Sw = Sw(0x6A88);
    pub(crate) const OFFSET: Sw = Sw(0x6B00);
    pub(crate) const UNKNOWN_INS: Sw = Sw(0x6D00);
    pub(crate) const UNKNOWN_CLA: Sw = Sw(0x6E00);
    pub(crate) const INTERNAL: Sw = Sw(0x6F00);
    pub(crate) const NO_KEY_DELIVERY: Sw = Sw(0x66F1);

    /// `63Cx`: x tries left.
    pub(crate) fn tries(left: u8) -> Sw {
        Sw(0x63C0 | u16::from(left.min(15)))
    }
}

/// A parsed command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Command<'a> {
    pub(crate) cla: u8,
    pub(crate) ins: u8,
    pub(crate) p1: u8,
    pub(crate) p2: u8,
    pub(crate) data: &'a [u8],
    /// Expected length in bytes; a coded zero is already 256 or 65536.
    pub(crate) le: Option<usize>,
    /// Whether lengths were written in the extended form.
    pub(crate) extended: bool,
}

impl<'a> Command<'a> {
    /// Takes a command apart; any length that does not add up is `6700`.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Sw> {
        let [cla, ins, p1, p2, body @ ..] = bytes else {
            return Err(Sw::WRONG_LENGTH);
        };
        let (data, le, extended): (&[u8], Option<usize>, bool) = match body {
            [] => (&[], None, false),
            [le] => (&[], Some(short_le(*le)), false),
            [0, high, low] => (&[], Some(long_le(*high, *low)), true),
            [0, high, low, rest @ ..] => {
                let lc = usize::from(u16::from_be_bytes([*high, *low]));
                let (data, tail) = rest.split_at_checked(lc).ok_or(Sw::WRONG_LENGTH)?;
                match tail {
                    [] => (data, None, true),
                    [h, l] => (data, Some(long_le(*h, *l)), true),
                    _ => return Err(Sw::WRONG_LENGTH),
                }
            }
            [0, ..] => return Err(Sw::WRONG_LENGTH),
            [lc, rest @ ..] => {
                let (data, tail) = rest
                    .split_at_checked(usize::from(*lc))
                    .ok_or(Sw::WRONG_LENGTH)?;
                match tail {
                    [] => (data, None, false),
                    [l] => (data, Some(short_le(*l)), false),
                    _ => return Err(Sw::WRONG_LENGTH),
                }
            }
        };
        if extended && data.is_empty() && body.len() != 3 {
            return Err(Sw::WRONG_LENGTH);
        }
        Ok(Self {
            cla: *cla,
            ins: *ins,
            p1: *p1,
            p2: *p2,
            data,
            le,
            extended,
        })
    }
}

fn short_le(byte: u8) -> usize {
    if byte == 0 { 256 } else { usize::from(byte) }
}

fn long_le(high: u8, low: u8) -> usize {
    match u16::from_be_bytes([high, low]) {
        0 => 65536,
        n => usize::from(n),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use super::*;

    fn check(bytes: &[u8], data: &[u8], le: Option<usize>, extended: bool) {
        let command = Command::parse(bytes).unwrap();
        assert_eq!(
            (command.data, command.le, command.extended),
            (data, le, extended)
        );
    }

    #[test]
    fn every_case_of_iso_7816_is_told_apart() {
        check(&[0, 0x20, 0, 0x80], &[], None, false);
        check(&[0, 0xB0, 0, 0, 0], &[], Some(256), false);
        check(&[0, 0xB0, 0, 0, 0, 0, 0], &[], Some(65536), true);
        check(&[0, 0xA4, 2, 12, 2, 0, 6], &[0, 6], None, false);
        check(&[0x80, 0x2A, 0, 0x97, 1, 9, 0], &[9], Some(256), false);
        check(
            &[0x80, 0x2A, 0, 0x97, 0, 0, 1, 9, 1, 0],
            &[9],
            Some(256),
            true,
        );
        check(&[0, 0xA4, 2, 12, 0, 0, 2, 0, 6], &[0, 6], None, true);
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused_as_6700() {
        for bytes in [
            &[][..],
            &[0, 0x20, 0],
            &[0, 0x20, 0, 0x80, 4, 1, 2, 3],
            &[0, 0x20, 0, 0x80, 1, 1, 2, 3],
            &[0, 0x20, 0, 0x80, 0, 0],
            &[0, 0x20, 0, 0x80, 0, 0, 2, 1],
            &[0, 0x20, 0, 0x80, 0, 0, 0, 1, 0],
        ] {
            assert_eq!(Command::parse(bytes), Err(Sw::WRONG_LENGTH), "{bytes:02X?}");
        }
    }
}
