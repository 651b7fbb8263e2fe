//! Everything that can go wrong with a card, by what failed. Must not hold personal data: errors are logged.

use std::time::Duration;

use crate::apdu::{Application, StatusWord, Step};
use crate::date::{CardDate, CardDateError};
use crate::secret::SecretKind;
use crate::tlv::TlvError;
use crate::token::Token;
use crate::transport::TransmitError;

/// Why a job on a card did not succeed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CardError {
    /// The secret was wrong; a try is spent.
    #[error("{secret} was wrong, {left} tries left")]
    WrongPin {
        /// Which secret.
        secret: SecretKind,
        /// Tries left on the card.
        left: u8,
    },
    /// One try is left. Nothing was sent; the try is the holder's to spend, elsewhere.
    #[error("only the last try is left on {secret}; it was not used")]
    LastTryKept {
        /// Which secret.
        secret: SecretKind,
    },
    /// No tries left: a municipal counter has to unlock it.
    #[error("{secret} is locked")]
    Locked {
        /// Which secret.
        secret: SecretKind,
    },
    /// The card, the reader or the service went away. The session is over.
    #[error("the card went away")]
    Gone {
        /// What PC/SC said.
        #[source]
        source: TransmitError,
    },
    /// The ticket is of a card that is no longer there; nothing was done.
    #[error("the card of this ticket is no longer there")]
    OldTicket,
    /// The card did not answer a command in time. Over until it is taken away.
    #[error("the card has not answered for {after:?}")]
    Mute {
        /// How long was waited.
        after: Duration,
    },
    /// Another card answers than the one this session began with. Nothing secret was sent to it.
    #[error("another card answers than the one that began")]
    Swapped,
    /// The same card answers, but it lost its power in between.
    #[error("the card lost its power while {step}")]
    PowerLost {
        /// What was being done when it showed.
        step: Step,
    },
    /// The card refused a command.
    #[error("the card answered {status} to {step}")]
    Status {
        /// What was being done.
        step: Step,
        /// What the card answered.
        status: StatusWord,
    },
    /// The card's answer makes no sense.
    #[error("the answer to {step} makes no sense")]
    Garbage {
        /// What was being done.
        step: Step,
        /// What is wrong with the answer.
        #[source]
        problem: Malformed,
    },
    /// The card says it carries no signing certificate (under 15, or not issued).
    #[error("the card carries no signing certificate")]
    NoSignCertificate,
    /// The card says it carries no authentication certificate.
    #[error("the card carries no authentication certificate")]
    NoAuthCertificate,
    /// The caller, shown the signing certificate, decided not to sign.
    #[error("not signed")]
    Refused(#[source] PrepareRefused),
    /// The signature does not verify under the card's own certificate.
    #[error("signature {index} does not verify under the certificate of the card")]
    BadSignature {
        /// Which of the digests, from zero.
        index: usize,
    },
    /// The thread that talks to the card ended without an answer: a defect of this program.
    #[error("the card worker stopped without an answer")]
    WorkerStopped,
}

impl CardError {
    /// Whether no further command can be sent in this session.
    #[must_use]
    pub fn ends_session(&self) -> bool {
        match self {
            Self::Gone { .. }
            | Self::OldTicket
            | Self::Mute { .. }
            | Self::Swapped
            | Self::PowerLost { .. }
            | Self::WorkerStopped => true,
            Self::WrongPin { .. }
            | Self::LastTryKept { .. }
            | Self::Locked { .. }
            | Self::Status { .. }
            | Self::Garbage { .. }
            | Self::NoSignCertificate
            | Self::NoAuthCertificate
            | Self::Refused(_)
            | Self::BadSignature { .. } => false,
        }
    }
}

/// The caller's reason not to sign, given back unchanged in the failure event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct PrepareRefused {
    /// A reason for the log; no personal data.
    pub reason: String,
}

/// What is wrong with an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// Shorter than a status word.
    #[error("{length} bytes are no answer")]
    NoStatus {
        /// Bytes received.
        length: usize,
    },
    /// More data than was asked for.
    #[error("{received} bytes came where {asked} were asked for")]
    TooMuch {
        /// Bytes asked for.
        asked: usize,
        /// Bytes received.
        received: usize,
    },
    /// The file ends before its own header says.
    #[error("the file ends after {have} of {claims} bytes")]
    Truncated {
        /// Bytes the header declares.
        claims: usize,
        /// Bytes there are.
        have: usize,
    },
    /// The header declares more than a file of this card can hold.
    #[error("the file claims {claims} bytes")]
    TooLong {
        /// Bytes the header declares.
        claims: usize,
    },
    /// Not the length this file always has.
    #[error("{length} bytes where {expected} were expected")]
    Length {
        /// Bytes received.
        length: usize,
        /// Bytes the file has.
        expected: usize,
    },
    /// The objects cannot be told apart.
    #[error("the objects of the file cannot be read")]
    Tlv(#[from] TlvError),
    /// Another object than this file holds.
    #[error("object {found:04X} where {expected:04X} belongs")]
    Tag {
        /// Tag expected.
        expected: u16,
        /// Tag found.
        found: u16,
    },
    /// An object is missing.
    #[error("object {tag:04X} is missing")]
    Missing {
        /// Its tag.
        tag: u16,
    },
    /// An object is there twice.
    #[error("object {tag:04X} is there twice")]
    Twice {
        /// Its tag.
        tag: u16,
    },
    /// Text that is not UTF-8.
    #[error("object {tag:04X} is not UTF-8 from byte {valid_up_to} on")]
    NotUtf8 {
        /// Its tag.
        tag: u16,
        /// Bytes that are well-formed.
        valid_up_to: usize,
    },
    /// Text with nothing in it.
    #[error("object {tag:04X} is empty")]
    Empty {
        /// Its tag.
        tag: u16,
    },
    /// A date that is none.
    #[error("object {tag:04X} is not a date")]
    Date {
        /// Its tag.
        tag: u16,
        /// Why.
        #[source]
        source: CardDateError,
    },
    /// A sex code outside JIS X 0303.
    #[error("{length} bytes are not a sex code")]
    SexCode {
        /// Bytes of the value.
        length: usize,
    },
    /// Not an X.509 certificate.
    #[error("not a certificate: {why}")]
    Certificate {
        /// The decoder's words.
        why: String,
    },
    /// The certificate's key is of a kind this driver does not know.
    #[error("the key of the certificate is not RSA")]
    KeyKind,
    /// The card keeps saying there is more to fetch.
    #[error("the answer does not end")]
    Endless,
}

/// Why a card on the reader cannot be worked with. Nothing secret was sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Not a My Number card: it has no JPKI application, or an older card (住基カード) answers.
    #[error("not a My Number card ({token:?})")]
    NotMyNumberCard {
        /// What it called itself, if it has the application.
        token: Option<Token>,
    },
    /// A telephone's certificate answers instead of a card.
    #[error("a telephone, not a card ({0:?})")]
    Smartphone(Token),
    /// The card's last day is past.
    #[error("the card expired on {on}")]
    Expired {
        /// The last day it was valid.
        on: CardDate,
    },
    /// Another program holds it. Followed by `Inserted` with the same ticket when it is let go.
    #[error("another program is using the card")]
    InUse,
    /// The reader sees a card, but it does not come up (upside down, damaged, not a smart card).
    #[error("the card does not start")]
    Unresponsive,
    /// It looked like a card of ours, then failed.
    #[error("the first look at the card failed")]
    Failed(#[source] CardError),
    /// It has JPKI, but not an application every My Number card has.
    #[error("the card has no {missing}")]
    Incomplete {
        /// The missing application.
        missing: Application,
    },
}
