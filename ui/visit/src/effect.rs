//! What a visit asks of the outside. Data only; who carries it out is the kiosk's business.

use ubugoe_procedures::CardHolder;

use crate::{
    CardIdentity, ChildKey, Prepared, SavedDraft, Sheet, Ticket, Voice, service::ServiceEffect,
};

/// Something that shall be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Empty the PIN pad (zeroise).
    ClearPin,
    /// Read the four attributes with the PIN in the pad.
    ReadAttributes {
        /// The insertion to ask.
        ticket: Ticket,
    },
    /// Sign these bytes, in this order, with the password in the pad.
    Sign {
        /// The insertion to ask.
        ticket: Ticket,
        /// Who must be named in the certificate.
        holder: CardHolder,
        /// What to sign: the canonical bytes of each form.
        canonical: Vec<Vec<u8>>,
    },
    /// Log the card out and cut its power. Only ever asked for a card that lies on the reader.
    ReleaseCard {
        /// The insertion to end.
        ticket: Ticket,
    },
    /// Look up the ward's certificates for this mother, and earlier filings of this card.
    FindCertificates {
        /// The mother as the card names her.
        holder: CardHolder,
        /// The card.
        identity: CardIdentity,
    },
    /// Seal and store, in one transaction.
    Store {
        /// The forms.
        prepared: Vec<Prepared>,
        /// One CMS object each.
        signatures: Vec<Vec<u8>>,
        /// The card, for finding the filings again.
        identity: CardIdentity,
        /// The children they are about, in order of birth.
        children: Vec<ChildKey>,
        /// The family's address is protected.
        protected: bool,
    },
    /// Seal a draft for this card and keep it, in place of an older one.
    KeepDraft {
        /// The card it is for.
        identity: CardIdentity,
        /// What is kept.
        saved: Box<SavedDraft>,
    },
    /// Delete the draft that is kept for this card, if there is one.
    DiscardDraft {
        /// The card.
        identity: CardIdentity,
    },
    /// Print.
    Print(Sheet),
    /// Keep what somebody said about a step, without anything that tells who.
    KeepVoice(Voice),
    /// Start (or start anew) a timer.
    Await(Timer),
    /// Forget everything about the person: pads, models, pictures.
    Wipe,
    /// What staff ask for.
    Service(ServiceEffect),
    /// Take back what is at the printer.
    StopPrinting,
    /// Ask the city what the number leads to that was typed; the same number is the same question.
    AskSecond,
    /// Sign these bytes with the password in the pad, as the other parent.
    SignSecond {
        /// The insertion to ask.
        ticket: Ticket,
        /// The bytes that were signed first.
        canonical: Vec<u8>,
        /// SHA-256 of the certificate that may not sign them again.
        first: [u8; 32],
    },
    /// Seal a second signature and store it.
    StoreSecond {
        /// Under which the bytes were given.
        ticket: [u8; 16],
        /// One CMS object.
        signature: Vec<u8>,
    },
}

/// The timers of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Timer {
    /// Nobody touched anything.
    Idle,
    /// "Are you still there?" is on the screen.
    StillThere,
    /// A nurse was called.
    Called,
    /// The card is away: the screen is covered, or only the receipts are still on it.
    CardAway,
    /// The page after the end.
    Farewell,
    /// A city was asked while somebody waits.
    Answer,
}

impl Timer {
    /// How long, in seconds. None is below 90 s while somebody may still be acting; while a city is asked nobody does.
    #[must_use]
    pub const fn seconds(self) -> u64 {
        match self {
            Self::Idle => 600,
            Self::StillThere => 90,
            Self::Called => 1800,
            Self::CardAway => 120,
            Self::Farewell => 20,
            Self::Answer => 12,
        }
    }
}
