//! What can happen to a visit. Data only; what follows is `step`'s. No event carries a PIN.

use ubugoe_procedures::{BirthCertificate, CardHolder, FieldPath, Lang, ReasonCode, Value};

use crate::{
    CardOnReader, CardTrouble, CertificateTrouble, Delivery, Integrity, Ticket, Timer,
    UnusableCard, service::ServiceEvent,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    // ---- the person in front of the screen
    /// A language was chosen.
    LanguageChosen(Lang),
    /// The four digits are complete; the pad holds them, not this event.
    AttributesPinEntered,
    /// "Yes, that is me."
    IdentityConfirmed,
    /// "This is my child": the certificate with this number, for this child of the delivery. Twins may share a number.
    CertificateConfirmed {
        /// The certificate's number.
        number: String,
        /// Which child of the delivery, from 1.
        child_order: u8,
    },
    /// "None of these is my child."
    NoCertificateIsMine,
    /// Go on from the line.
    LineSeen,
    /// The answer to the question on the screen.
    Answered(Value),
    /// What was typed cannot be a value of the question's kind.
    AnswerUnreadable(ReasonCode),
    /// The secret in the pad has a shape that no secret has; the card was not asked.
    SecretUnusable,
    /// Back to the question before.
    BackWanted,
    /// A row of the review shall be corrected.
    CorrectionWanted {
        /// Index of the sheet in [`Stage::Reviewing`](crate::Stage::Reviewing)'s `prepared`.
        form: usize,
        /// The row's field.
        path: FieldPath,
    },
    /// Everything was shown to its end, and is right.
    ReviewConfirmed,
    /// The signature password is complete; the pad holds it, not this event.
    SignPasswordEntered,
    /// "Try again" on a trouble page.
    RetryWanted,
    /// Stop here, or finish after the receipt.
    QuitWanted,
    /// Any touch that moves nothing: the person is still there.
    Touched,
    // ---- the card
    /// The card service went away.
    CardServiceLost,
    /// The card service is back.
    CardServiceBack,
    /// Readers were plugged or unplugged.
    ReadersChanged {
        /// Whether at least one is there now.
        present: bool,
    },
    /// A My Number card was put in and looked at.
    CardInserted(CardOnReader),
    /// Something else was put in. The driver holds nothing of it: there is nothing to release.
    CardUnusable {
        /// The insertion.
        ticket: Ticket,
        /// Why it is of no use.
        why: UnusableCard,
    },
    /// It left the reader.
    CardRemoved {
        /// The insertion that ended.
        ticket: Ticket,
    },
    /// The four attributes.
    AttributesRead {
        /// The insertion that was asked.
        ticket: Ticket,
        /// The attributes.
        holder: CardHolder,
        /// How far they are proven.
        integrity: Integrity,
    },
    /// All forms are signed: one CMS object each, in the order asked.
    Signed {
        /// The insertion that was asked.
        ticket: Ticket,
        /// DER, one per form.
        signatures: Vec<Vec<u8>>,
    },
    /// A card operation failed.
    CardFailed {
        /// The insertion that was asked.
        ticket: Ticket,
        /// How.
        trouble: CardTrouble,
    },
    // ---- the ward
    /// The ward's certificates that name this mother and are not filed yet, and what this card filed here earlier.
    CertificatesFound {
        /// In order of birth.
        candidates: Vec<BirthCertificate>,
        /// Earlier filings of the same card.
        earlier: Vec<Delivery>,
    },
    /// They could not be looked up.
    CertificatesFailed(CertificateTrouble),
    // ---- the desk (sealing and storing)
    /// Durably stored.
    Stored(Vec<Delivery>),
    /// Not stored; nothing was kept.
    StoreFailed {
        /// Whether the device is full rather than broken.
        full: bool,
    },
    // ---- the city
    /// News of a filing.
    DeliveryMoved(Delivery),
    // ---- time
    /// A timer that was asked for has run out.
    Elapsed(Timer),
    // ---- staff
    /// Something about staff at the device.
    Service(ServiceEvent),
}
