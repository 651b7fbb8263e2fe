//! The part of ESC/POS that prints pictures: commands as bytes, and what a printer answers.
//!
//! Answers for bytes only. Source: Epson's published "ESC/POS Command Reference"; each command by its name there.

use crate::Trouble;

/// `ESC @`: as after switching on.
pub(crate) const INITIALISE: [u8; 2] = [0x1b, b'@'];
/// `GS V 66 n`: on to the knife, and cut.
pub(crate) const CUT: [u8; 4] = [0x1d, b'V', 66, 96];
/// `DLE DC4 8 1 3 20 1 6 2 8`: forget what is in the buffer, at once.
pub(crate) const CLEAR: [u8; 10] = [0x10, 0x14, 8, 1, 3, 20, 1, 6, 2, 8];
/// `GS r 1`: answer once everything before is done.
pub(crate) const TELL_WHEN_DONE: [u8; 3] = [0x1d, b'r', 1];
/// Rows of one picture command: what may be under way in a printer when a visit ends. 6 mm at 203 dots an inch.
pub(crate) const BAND: usize = 48;

/// Questions that are answered at once, whatever else is in the buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ask {
    /// `DLE EOT 1`.
    Printer,
    /// `DLE EOT 2`.
    Offline,
    /// `DLE EOT 4`.
    Paper,
}

impl Ask {
    pub(crate) const fn bytes(self) -> [u8; 3] {
        let n = match self {
            Self::Printer => 1,
            Self::Offline => 2,
            Self::Paper => 4,
        };
        [0x10, 0x04, n]
    }
}

/// `GS v 0`: these rows, dot by dot.
pub(crate) fn picture(row: usize, rows: &[u8]) -> Vec<u8> {
    let (wide, high) = (row, rows.len().checked_div(row).unwrap_or_default());
    let low = |n: usize| u8::try_from(n & 0xff).unwrap_or_default();
    let mut out = vec![
        0x1d,
        b'v',
        b'0',
        0,
        low(wide),
        low(wide >> 8),
        low(high),
        low(high >> 8),
    ];
    out.extend_from_slice(rows);
    out
}

/// One byte of a printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// To `DLE EOT`: which is not said, only its bits.
    Now(u8),
    /// To `GS r`.
    Done {
        /// The roll has ended.
        no_paper: bool,
    },
    /// Something else, such as a status that it sends unasked.
    Other,
}

pub(crate) const fn answer(byte: u8) -> Answer {
    if byte & 0x93 == 0x12 {
        Answer::Now(byte)
    } else if byte & 0x90 == 0 {
        Answer::Done {
            no_paper: byte & 0x0c != 0,
        }
    } else {
        Answer::Other
    }
}

/// `DLE EOT 1`: it takes no data now.
pub(crate) const fn is_offline(byte: u8) -> bool {
    byte & 0x08 != 0
}

/// `DLE EOT 2`.
const fn is_cover_open(byte: u8) -> bool {
    byte & 0x04 != 0
}

/// `DLE EOT 2`: paper ended while it printed.
const fn has_stopped_for_paper(byte: u8) -> bool {
    byte & 0x20 != 0
}

/// `DLE EOT 2`: an error.
pub(crate) const fn has_error(byte: u8) -> bool {
    byte & 0x40 != 0
}

/// `DLE EOT 4`.
const fn has_no_paper(byte: u8) -> bool {
    byte & 0x60 != 0
}

/// What somebody at the printer can help with, by its answers to `DLE EOT 2` and `DLE EOT 4`.
pub(crate) const fn wants_help(cause: u8, paper: u8) -> Option<Trouble> {
    if is_cover_open(cause) {
        Some(Trouble::CoverOpen)
    } else if has_no_paper(paper) || has_stopped_for_paper(cause) {
        Some(Trouble::NoPaper)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_says_its_width_in_bytes_and_its_height_in_rows() {
        let band = picture(72, &[0xaa; 72 * 3]);
        assert!(band.starts_with(&[0x1d, b'v', b'0', 0, 72, 0, 3, 0, 0xaa]));
        assert_eq!(band.len(), 8 + 72 * 3);
    }

    #[test]
    fn answers_are_told_apart_by_their_fixed_bits() {
        assert_eq!(answer(0x16), Answer::Now(0x16));
        assert!(is_offline(0x1a) && !is_offline(0x16));
        assert!(is_cover_open(0x16) && has_no_paper(0x72) && !has_no_paper(0x12));
        assert_eq!(answer(0x0c), Answer::Done { no_paper: true });
        assert_eq!(answer(0x00), Answer::Done { no_paper: false });
        assert_eq!(answer(0x80), Answer::Other);
    }
}
