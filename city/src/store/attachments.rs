//! Attachments as the store knows them: when one is complete, and when it cannot become so.
//!
//! Pure. Pieces come in any order, before or after their filing, and only those of the filing's own device count.

use ubugoe_protocol::attachment::{CHUNK, MAX_CHUNKS};

use super::StoreError;

/// How an attachment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentState {
    /// Pieces are missing.
    Waiting,
    /// All pieces are here, and the whole has the hash that was signed.
    Complete,
    /// All pieces are here, and the whole is not what was signed; or the pieces contradict the filing.
    Damaged,
}

impl AttachmentState {
    const ALL: [Self; 3] = [Self::Waiting, Self::Complete, Self::Damaged];

    /// The word stored in the database.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Complete => "complete",
            Self::Damaged => "damaged",
        }
    }

    /// Reads the stored word.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] for a word no program of ours wrote.
    pub fn from_code(code: &str) -> Result<Self, StoreError> {
        Self::ALL
            .into_iter()
            .find(|state| state.code() == code)
            .ok_or_else(|| StoreError::Corrupt {
                what: "attachment state",
                detail: code.to_owned(),
            })
    }
}

/// One attachment of a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// SHA-256 of the whole, as signed.
    pub sha256: [u8; 32],
    /// Length in bytes, as signed.
    pub len: u64,
    /// Media type, as the device named it; never trusted.
    pub media_type: String,
    /// How it stands.
    pub state: AttachmentState,
    /// How many different pieces are here.
    pub have: u64,
}

impl Attachment {
    /// How many pieces it has by its length.
    #[must_use]
    pub fn pieces(&self) -> u64 {
        pieces(self.len)
    }
}

/// Pieces of an attachment of this length.
fn pieces(len: u64) -> u64 {
    len.div_ceil(CHUNK as u64)
}

/// What the pieces at hand allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// More must come.
    Missing,
    /// The whole can be checked against its hash.
    Check,
    /// It can never be what was signed.
    Hopeless,
}

/// Looks at the pieces at hand (number, of how many), in order of their numbers.
pub(crate) fn progress(len: u64, at_hand: &[(u16, u16)]) -> Progress {
    let wanted = pieces(len);
    if wanted > MAX_CHUNKS as u64 || at_hand.iter().any(|(_, of)| u64::from(*of) != wanted) {
        return Progress::Hopeless;
    }
    let mut numbers: Vec<u16> = at_hand.iter().map(|(number, _)| *number).collect();
    numbers.dedup();
    if numbers.len() as u64 == wanted {
        Progress::Check
    } else {
        Progress::Missing
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attachment_is_checked_once_every_number_is_there_whatever_comes_twice() {
        let long = 2 * CHUNK as u64 + 1;
        for (len, at_hand, expected) in [
            (long, vec![], Progress::Missing),
            (long, vec![(0, 3), (2, 3)], Progress::Missing),
            (long, vec![(0, 3), (0, 3), (2, 3)], Progress::Missing),
            (long, vec![(0, 3), (1, 3), (1, 3), (2, 3)], Progress::Check),
            (long, vec![(0, 3), (1, 4)], Progress::Hopeless),
            (long, vec![(0, 1)], Progress::Hopeless),
            (0, vec![], Progress::Check),
            (u64::MAX, vec![], Progress::Hopeless),
        ] {
            assert_eq!(progress(len, &at_hand), expected, "{len} {at_hand:?}");
        }
    }
}
