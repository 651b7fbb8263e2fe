//! What can happen to a visit. Data only; what follows is `step`'s. No event carries a PIN.

use ubugoe_procedures::{CardHolder, FieldPath, ProcedureId, ReasonCode, Tongue, Value};

use crate::{
    CardOnReader, CardTrouble, CertificateTrouble, Comfort, Delivery, FollowingPage, Found,
    Integrity, NurseryWish, PrintTrouble, SecondProblem, SecondSheet, Sheet, Ticket, Timer,
    UnusableCard, Voice, service::ServiceEvent,
};

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    // ---- the person in front of the screen
    /// A language was chosen.
    LanguageChosen(Tongue),
    /// The screen was set otherwise: larger words, dim colours, the other hand.
    ComfortChanged(Comfort),
    /// The resting screen was touched.
    BeginWanted,
    /// What will happen was read.
    NoticeRead,
    /// The four digits are complete; the pad holds them, not this event.
    AttributesPinEntered,
    /// "Yes, that is me."
    IdentityConfirmed,
    /// Go on with the draft that was kept.
    ResumeWanted,
    /// Leave the kept draft, and begin anew.
    BeginAnewWanted,
    /// Staff open what comes next. Heard only while one of them is signed in.
    StaffOpened,
    /// "This is my child", or not: the certificate with this number, for this child of the delivery.
    CertificateToggled {
        /// The certificate's number.
        number: String,
        /// Which child of the delivery, from 1.
        child_order: u8,
    },
    /// "These are my children": every certificate that is marked.
    CertificatesConfirmed,
    /// "None of these is my child."
    NoCertificateIsMine,
    /// Add an optional item to this visit, or take it out.
    ItemToggled(ProcedureId),
    /// Show private offers, or hide them again.
    PrivateWanted(bool),
    /// Go on from the line.
    LineSeen,
    /// Nursery places are looked for otherwise.
    NurseryWished(NurseryWish),
    /// A place becomes the last choice.
    NurseryAdded(String),
    /// A choice is taken out, by its place.
    NurseryRemoved(usize),
    /// A choice moves by one.
    NurseryMoved {
        /// Its place.
        place: usize,
        /// Towards the first.
        up: bool,
    },
    /// The month from which a place is wanted.
    NurseryEntry {
        /// Year.
        year: i16,
        /// Month, 1 to 12.
        month: i8,
    },
    /// The choices are made.
    NurseryDone,
    /// Without a nursery this time.
    NurserySkipped,
    /// How it goes on paper.
    PaperWanted,
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
    /// Stop here for now, and keep what was said.
    PauseWanted,
    /// "I am here", or "go on" after the nurse.
    ContinueWanted,
    /// The nurse was called. This has priority over everything but writing.
    StaffCalled,
    /// Away with it, at once and without a question. Always there for everybody, so that it betrays nothing.
    QuietExitWanted,
    /// Another page beside the receipts.
    PageWanted(FollowingPage),
    /// Print something.
    PrintWanted(Sheet),
    /// Something about a step (コエ).
    VoiceGiven(Voice),
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
    /// What the ward has for this mother, what this card filed here earlier, and a draft of it that is kept.
    CertificatesFound(Box<Found>),
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
    /// The draft is sealed and kept.
    DraftKept {
        /// Until when, in seconds since 1970-01-01 UTC.
        until: i64,
    },
    /// It is not.
    DraftNotKept {
        /// Whether the device is full rather than broken.
        full: bool,
    },
    /// It came out of the printer.
    Printed(Sheet),
    /// It did not.
    PrintFailed(Sheet, PrintTrouble),
    // ---- the city
    /// News of a filing.
    DeliveryMoved(Delivery),
    // ---- time
    /// A timer that was asked for has run out.
    Elapsed(Timer),
    // ---- staff
    /// Something about staff at the device.
    Service(ServiceEvent),
    // ---- the printer
    /// It waits for somebody to help it; or, with `None`, it goes on.
    PrintWaits(Sheet, Option<PrintTrouble>),
    /// "Did it come out?"
    PrintSeen(bool),
    /// "Do not print it after all."
    PrintStopped,
    // ---- the other parent
    /// "I sign as the other parent."
    SecondWanted,
    /// The number is complete; the kiosk holds it, not this event.
    SecondNumberEntered,
    /// What the number leads to.
    SecondFound(SecondSheet),
    /// It leads to nothing.
    SecondNotFound(SecondProblem),
    /// A second signature is durably stored, under this id.
    SecondStored([u8; 16]),
    /// The city's receipt for it is here.
    SecondArrived([u8; 16]),
}
