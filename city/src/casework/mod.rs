//! What officers and families mean by a filing's state, and why it needs a second look.
//!
//! Answers for the vocabulary of casework and which step is open from which state. Pure: no database, no
//! page, no clock. Whether a filing may arrive is never decided here: a machine refuses no legal filing.

pub mod audit;
pub mod facts;
pub mod roles;
pub mod search;
pub mod second;
pub mod second_fact;
pub mod words;

use serde::{Deserialize, Serialize};

/// Where a filing stands. `Arrived` is 到達 under 審査, never more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FilingState {
    /// Arrived; an officer has not decided.
    Arrived,
    /// Accepted (受理). Final: what was accepted is not edited afterwards, only corrected by its own procedure.
    Accepted,
    /// Returned for correction (補正).
    Returned,
}

impl FilingState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Arrived, Self::Accepted, Self::Returned];

    /// The word stored in the database and used in addresses.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Arrived => "arrived",
            Self::Accepted => "accepted",
            Self::Returned => "returned",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether an officer may take this step now. A returned filing may still be accepted: the missing thing
    /// may be handed in at the counter. Nothing leads out of `Accepted`.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        matches!(
            (self, next),
            (Self::Arrived, Self::Accepted | Self::Returned) | (Self::Returned, Self::Accepted)
        )
    }
}

pub use ubugoe_procedures::tells_where;

/// Why an officer should look closer. Found by machine, decided by people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The parent's signature does not match what arrived, or could not be read.
    SignatureInvalid,
    /// The signature is mathematically right but its certificate leads to no known authority.
    SignatureUntrusted,
    /// The certificate was outside its dates when the filing arrived.
    SignatureExpired,
    /// Another filing speaks of the same child in the same procedure (never merely the same parents and date: twins).
    DuplicateChild,
    /// Another filing already holds this place in its case.
    SequenceTaken,
    /// Arrived after the legal due day. It is still accepted (traps 13).
    Late,
    /// The device's clock was ahead of the city's when it made the filing.
    DeviceClockAhead,
    /// The procedure or form version is not in this city's catalogue; shown as it was signed.
    UnknownForm,
    /// A value passed the device's rules but wants an officer's eye (a rare kanji, a reading …).
    ReviewValue,
    /// The filing names a municipality other than this office.
    OtherMunicipality,
    /// The device's account of when it signed contradicts itself or the arrival.
    TimeContradiction,
    /// The device has used this count for another filing: it was copied.
    DeviceCopied,
    /// An attachment it names is not complete yet.
    AttachmentWaiting,
    /// An attachment came, and is not what was signed.
    AttachmentDamaged,
}

impl ReasonCode {
    /// Every code, the grave ones first.
    pub const ALL: [Self; 14] = [
        Self::SignatureInvalid,
        Self::SignatureUntrusted,
        Self::SignatureExpired,
        Self::DeviceCopied,
        Self::AttachmentDamaged,
        Self::DuplicateChild,
        Self::SequenceTaken,
        Self::OtherMunicipality,
        Self::UnknownForm,
        Self::TimeContradiction,
        Self::Late,
        Self::DeviceClockAhead,
        Self::ReviewValue,
        Self::AttachmentWaiting,
    ];
}

/// Why a filing goes back. The family reads the same reason in plain words; free notes stay inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnReason {
    /// Something is not filled in.
    Missing,
    /// Something contradicts the certificate or the register.
    Mismatch,
    /// A character or reading needs explaining.
    NameCheck,
    /// The signature has to be made again.
    SignatureAgain,
    /// A document is needed.
    DocumentNeeded,
    /// It belongs to another municipality.
    WrongPlace,
    /// The same thing was filed twice.
    FiledTwice,
    /// Anything else: the office will call or write.
    WillContact,
}

impl ReturnReason {
    /// Every reason, in the order of the list officers choose from.
    pub const ALL: [Self; 8] = [
        Self::Missing,
        Self::Mismatch,
        Self::NameCheck,
        Self::SignatureAgain,
        Self::DocumentNeeded,
        Self::WrongPlace,
        Self::FiledTwice,
        Self::WillContact,
    ];

    /// The word stored, signed and sent.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Mismatch => "mismatch",
            Self::NameCheck => "name_check",
            Self::SignatureAgain => "signature_again",
            Self::DocumentNeeded => "document_needed",
            Self::WrongPlace => "wrong_place",
            Self::FiledTwice => "filed_twice",
            Self::WillContact => "will_contact",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_out_of_accepted() {
        for next in FilingState::ALL {
            assert!(
                !FilingState::Accepted.may_become(next),
                "accepted must be final, led to {next:?}"
            );
        }
    }

    #[test]
    fn a_returned_filing_may_still_be_accepted_but_not_returned_twice() {
        assert!(FilingState::Returned.may_become(FilingState::Accepted));
        assert!(!FilingState::Returned.may_become(FilingState::Returned));
    }

    #[test]
    fn stored_words_stay_what_they_were() {
        assert_eq!(
            FilingState::ALL.map(FilingState::code),
            ["arrived", "accepted", "returned"]
        );
        assert_eq!(
            ReturnReason::ALL.map(ReturnReason::code),
            [
                "missing",
                "mismatch",
                "name_check",
                "signature_again",
                "document_needed",
                "wrong_place",
                "filed_twice",
                "will_contact"
            ]
        );
        for reason in ReturnReason::ALL {
            assert_eq!(ReturnReason::from_code(reason.code()), Some(reason));
        }
    }
}
