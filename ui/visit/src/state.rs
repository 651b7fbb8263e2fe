//! What a visit can be, and the facts each stage carries. Data only: how one becomes the next is `step`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, Due, FieldPath, FilerRole, Filing, MunicipalityCode,
    ProcedureId, Tongue,
};

use crate::{Event, Failure, NurseryDraft, SavedDraft, service::Service};

/// One insertion of one card. Minted by the driver; a reply that carries an older ticket is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A fingerprint that tells one card from another without saying whose it is (SHA-256 over public card data).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardIdentity(pub [u8; 32]);

impl std::fmt::Debug for CardIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CardIdentity(…)")
    }
}

/// Everything the card says about itself before any PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardFacts {
    /// Tells this card from another.
    pub identity: CardIdentity,
    /// Tries left for the four-digit attributes PIN; `None` where the card did not say.
    pub attributes_tries: Option<u8>,
    /// Tries left for the signature password.
    pub sign_tries: Option<u8>,
    /// Whether a signature certificate is on the card.
    pub has_sign_certificate: bool,
    /// The card's own expiry, if it could be read. An expired card is [`UnusableCard::Expired`] and never gets here.
    pub expiry: Option<Date>,
}

/// A card in the reader: the insertion and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardOnReader {
    /// The insertion.
    pub ticket: Ticket,
    /// What the card says without a PIN.
    pub facts: CardFacts,
}

/// Why a thing in the reader is of no use here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnusableCard {
    /// SELECT of the JPKI application failed.
    NotMyNumber,
    /// A phone: it carries the JPKI application and no attributes.
    Smartphone,
    /// The card's last day is past.
    Expired,
    /// No sensible answer.
    Nonsense,
    /// Another program holds it.
    Busy,
    /// It never answered.
    Mute,
}

/// How a card operation failed, in the words the visit needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardTrouble {
    /// Wrong PIN; this many tries are left.
    WrongPin {
        /// Tries left after the wrong one.
        left: u8,
    },
    /// One try left: nothing was sent to the card.
    LastTryKept,
    /// The PIN is locked.
    Locked,
    /// The card left the reader.
    Gone,
    /// Another card is in the reader now.
    Swapped,
    /// No answer within the watchdog's time.
    Mute,
    /// An answer that cannot be one.
    Nonsense,
    /// Another program holds the card.
    Busy,
    /// The signature certificate is not valid now, or not issued under a trusted root.
    CertificateInvalid,
    /// The signature certificate names somebody else than the attributes.
    SignerDiffers,
    /// The signature does not verify.
    SignatureWrong,
    /// The reader or the card service went away.
    ServiceLost,
    /// A second signature was asked of the card that signed first.
    FirstSigner,
}

/// How far the attributes are proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Integrity {
    /// Digest and issuer signature agree.
    Proven,
    /// The digest agrees, but the issuer's key is not one this device trusts.
    IssuerUnknown,
    /// Digest or signature disagree.
    Broken,
    /// The card gave nothing to check against.
    NotChecked,
}

/// What was wrong with the last entry of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinProblem {
    /// Tries left on the card.
    pub left: u8,
}

/// Why the ward's certificates could not be looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CertificateTrouble {
    /// What this device filed earlier could not be read: nothing is offered, lest it be filed twice.
    EarlierUnreadable,
    /// At least one file could not be read as a certificate.
    Unreadable,
}

/// What the ward's staff know beside a certificate. Never asked of a parent, never shown to one.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent marks of the ward, each with its own consequences"
)]
pub struct WardFlags {
    /// The child is in intensive care (NICU).
    pub nicu: bool,
    /// This child was lost. On a file without a certificate: the child of this delivery was lost.
    pub loss: bool,
    /// This child lives, and another child of the same delivery was lost.
    pub sibling_lost: bool,
    /// Mother and child are protected (支援措置): nobody may learn their address.
    pub protection: bool,
    /// Adoption or foster care is planned.
    pub adoption: bool,
}

impl WardFlags {
    /// Whether only staff open what comes next: a loss, or an adoption plan.
    #[must_use]
    pub const fn staff_guides(self) -> bool {
        self.loss || self.sibling_lost || self.adoption
    }

    /// Whether no congratulation, offer or sound has a place.
    #[must_use]
    pub const fn quiet(self) -> bool {
        self.staff_guides() || self.nicu || self.protection
    }

    /// What either of two files says.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self {
            nicu: self.nicu || other.nicu,
            loss: self.loss || other.loss,
            sibling_lost: self.sibling_lost || other.sibling_lost,
            protection: self.protection || other.protection,
            adoption: self.adoption || other.adoption,
        }
    }
}

/// A certificate of the ward, with what staff marked on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The certificate.
    pub certificate: BirthCertificate,
    /// The ward's marks.
    pub flags: WardFlags,
}

impl Candidate {
    /// The certificate's number and the child's place in the delivery: what tells one child from another.
    #[must_use]
    pub fn key(&self) -> ChildKey {
        ChildKey {
            number: self.certificate.number.clone(),
            order: self.certificate.child_order(),
        }
    }
}

/// Which child a filing is about: twins may share a certificate's number.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct ChildKey {
    /// The certificate's number.
    pub number: String,
    /// Which child of the delivery, from 1.
    pub order: u8,
}

/// Everything that was found for a mother and her card.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Found {
    /// The ward's certificates that name her and are not filed yet, in order of birth.
    pub candidates: Vec<Candidate>,
    /// What the ward marked for her beside, and what earlier visits of this card rest on.
    pub ward: WardFlags,
    /// Earlier filings of the same card.
    pub earlier: Vec<Delivery>,
    /// A draft of this card that is kept on the device.
    pub saved: Option<Box<SavedDraft>>,
}

/// One form while it is being filled in.
#[derive(Clone, PartialEq)]
pub struct FormDraft {
    /// Which procedure.
    pub procedure: ProcedureId,
    /// Where it goes.
    pub recipient: MunicipalityCode,
    /// Which child it is for, by place in [`Draft::certificates`]; `None`: all of them, or none in particular.
    pub child: Option<usize>,
    /// It may be left out: somebody asked for it, or may still.
    pub optional: bool,
    /// It is filed in this visit.
    pub chosen: bool,
    /// By when.
    pub due: Option<Due>,
    /// What was filled in beforehand or said on this very form.
    pub own: Answers,
    /// What is known so far, each with its source: `own`, and what the other forms of the visit lend.
    pub answers: Answers,
}

// Answers are a family's private matters; states are printed in logs and failed tests.
impl std::fmt::Debug for FormDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormDraft")
            .field("procedure", &self.procedure)
            .field("child", &self.child)
            .field("chosen", &self.chosen)
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

/// Everything a visit has gathered, from the certificates' confirmation on.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The card the visit belongs to.
    pub card: CardOnReader,
    /// The card's four attributes.
    pub holder: CardHolder,
    /// The hospital's certificates that the parent confirmed, one for each child, in order of birth. Never empty.
    pub certificates: Vec<Candidate>,
    /// What the ward marked, for all of them together.
    pub flags: WardFlags,
    /// In what capacity the card's holder files: the mother, unless staff handed it to somebody else.
    pub role: FilerRole,
    /// The forms, in the order of the line. Their places never change: questions name them.
    pub forms: Vec<FormDraft>,
    /// Questions answered by the parent, in order, for going back. Some may have gone since, with their condition.
    pub asked: Vec<QuestionAt>,
    /// The line was read, and left for the questions.
    pub line_seen: bool,
    /// Private offers were asked for.
    pub private_wanted: bool,
    /// Nursery places looked for and ranked.
    pub nursery: NurseryDraft,
    /// The day on which the draft was made (JST).
    pub drafted_on: Date,
}

impl Draft {
    /// Whether the family's address is protected (支援措置).
    #[must_use]
    pub const fn protected(&self) -> bool {
        self.flags.protection
    }

    /// Whether any number of children is more than one: then it is said which one a question is about.
    #[must_use]
    pub fn several(&self) -> bool {
        self.certificates.len() > 1
    }

    /// The certificate a form rests on: of its child, or of the first.
    #[must_use]
    pub fn certificate_of(&self, form: &FormDraft) -> Option<&BirthCertificate> {
        let candidate = self.certificates.get(form.child.unwrap_or(0))?;
        Some(&candidate.certificate)
    }

    /// What a form is made into a filing with, besides its answers.
    #[must_use]
    pub fn frame(&self, form: &FormDraft, tongue: Tongue) -> ubugoe_procedures::Draft {
        let certificate = self.certificate_of(form);
        ubugoe_procedures::Draft {
            recipient: form.recipient,
            lang_shown: tongue,
            certificate_number: certificate.map(|it| it.number.clone()),
            child_order: certificate.map(BirthCertificate::child_order),
            drafted_on: self.drafted_on,
        }
    }
}

/// What happened to the last thing sent to the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Print {
    /// Nothing was.
    #[default]
    Nothing,
    /// It is at the printer.
    Busy(Sheet),
    /// It came out.
    Done(Sheet),
    /// It did not.
    Failed(Sheet, Failure),
    /// The printer waits for somebody to help; it goes on by itself.
    Waiting(Sheet, Failure),
    /// As far as the printer says it came out: whether it did, only she can say.
    Asked(Sheet),
    /// She says that it did not.
    Missing(Sheet),
}

impl Print {
    /// What is at the printer now.
    #[must_use]
    pub const fn under_way(self) -> Option<Sheet> {
        match self {
            Self::Busy(sheet) | Self::Waiting(sheet, _) => Some(sheet),
            Self::Nothing
            | Self::Done(_)
            | Self::Failed(..)
            | Self::Asked(_)
            | Self::Missing(_) => None,
        }
    }
}

/// Something that can be printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sheet {
    /// The receipts.
    Receipt,
    /// What is known so far, to be handed in on paper, with the counters and their hours.
    Paper,
}

/// Why nothing came out of the printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrintTrouble {
    /// There is no printer.
    NoPrinter,
    /// It is out of paper.
    NoPaper,
    /// It does not answer.
    Broken,
    /// Its cover is open.
    CoverOpen,
    /// It prints something else.
    Busy,
    /// It says that something is wrong with it.
    Faulty,
}

/// Whether paper is the safer way, calmly (traps 12 and 53).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PaperAdvice {
    /// There is time.
    #[default]
    NotNeeded,
    /// The last days: what counts is the arrival, and the screen will say when it is there.
    Soon {
        /// The day until which the counters take it.
        open_until: Date,
    },
    /// The last days, and no network: the paper form, now.
    Now {
        /// The day until which the counters take it.
        open_until: Date,
    },
    /// The period has passed. It is still taken.
    Late {
        /// The day until which it was in time.
        open_until: Date,
    },
}

/// One question: a field of one of the draft's forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuestionAt {
    /// Index into [`Draft::forms`].
    pub form: usize,
    /// The field.
    pub path: FieldPath,
}

/// A form that is complete: the filing and exactly the bytes that will be shown and signed.
#[derive(Clone, PartialEq)]
pub struct Prepared {
    /// Which form of the draft.
    pub form: usize,
    /// Which child it is for, by place in [`Draft::certificates`].
    pub child: Option<usize>,
    /// By when it should arrive.
    pub due: Option<Due>,
    /// The typed filing.
    pub filing: Filing,
    /// Its canonical bytes; what is shown is parsed from them.
    pub canonical: Vec<u8>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Prepared")
            .field("procedure", &self.filing.procedure)
            .field("bytes", &self.canonical.len())
            .finish_non_exhaustive()
    }
}

/// How far a stored filing has come. Only the city's signed words move it past `Sent`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryState {
    /// A durable row on this device.
    Stored,
    /// Handed to the network at least once; the city has not answered.
    Sent,
    /// The city's signed receipt is here (到達).
    Arrived,
    /// An officer accepted it (受理).
    Accepted,
    /// An officer returned it for correction (補正).
    Returned {
        /// The officer's reason code or sentence.
        reason: String,
    },
    /// The city refused the envelope, signed and with a reason.
    Refused {
        /// The reason code.
        reason: String,
    },
}

/// One filing on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The filing's id: outbox key, correlation data.
    pub id: [u8; 16],
    /// Which procedure.
    pub procedure: ProcedureId,
    /// Where it goes.
    pub recipient: MunicipalityCode,
    /// Which child it is for, from 0, where the visit had several.
    pub child: Option<usize>,
    /// The day until which it arrives in time.
    pub open_until: Option<Date>,
    /// SHA-256 of the canonical bytes.
    pub digest: [u8; 32],
    /// How far it has come.
    pub state: DeliveryState,
    /// The city's arrival number, once arrived.
    pub arrival_no: Option<u64>,
    /// The city's arrival time in seconds since 1970-01-01 UTC, once arrived.
    pub arrived_at: Option<i64>,
    /// The receipt as QR text, once arrived: the receipt as anyone can verify it. One is shown, every city's is printed.
    pub receipt_text: Option<String>,
    /// The family's status page, once arrived.
    pub status_url: Option<String>,
}

/// What the page after storing shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FollowingPage {
    /// How far the filings have come.
    #[default]
    Receipts,
    /// The code for her own phone.
    HandOver,
    /// The code for the other parent. Never for a protected family.
    OtherParent,
    /// What she would like to say about the steps (コエ).
    Voice,
}

/// What was filed, for as long as it may have to be handed in on paper: its time is short and its card still lies there.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Forms(pub Vec<Vec<u8>>);

impl std::fmt::Debug for Forms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Forms({}, masked)", self.0.len())
    }
}

/// What stays on the screen beside the receipts. Nothing shown of it names anybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aftercare {
    /// What is on the screen.
    pub page: FollowingPage,
    /// The family's address is protected: no second code, no address.
    pub protected: bool,
    /// No congratulation, no offer.
    pub quiet: bool,
    /// Whether paper is the safer way.
    pub paper: PaperAdvice,
    /// The last thing sent to the printer.
    pub print: Print,
    /// Steps she has said something about.
    pub voiced: Vec<Step>,
    /// The canonical bytes of what was filed, for the forms on paper; empty unless [`Aftercare::paper`] advises it.
    pub forms: Forms,
}

/// A step of the visit that can be spoken about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The whole.
    Whole,
    /// The card and its four digits.
    Card,
    /// The words on the screen.
    Words,
    /// The questions.
    Questions,
    /// Looking for a nursery.
    Nursery,
    /// Reading everything before signing.
    Review,
    /// The signature password.
    Password,
    /// Waiting for the city.
    Waiting,
}

/// How a step was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mood {
    /// Easy.
    Easy,
    /// So-so.
    Middling,
    /// Hard.
    Hard,
}

/// What somebody says about a step. It is kept without anything that tells who.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voice {
    /// Which step.
    pub step: Step,
    /// How it was.
    pub mood: Mood,
    /// In her own words.
    pub words: Option<String>,
}

impl std::fmt::Debug for Voice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Voice({:?}, {:?}, masked)", self.step, self.mood)
    }
}

/// Where a visit stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Nobody is here. Nothing personal is held.
    Resting,
    /// Somebody touched the screen: in which language?
    Language {
        /// A card that was put in meanwhile.
        card: Option<CardOnReader>,
    },
    /// What will happen, what is kept, how long, who sees it.
    Notice {
        /// The card, where one is in already.
        card: Option<CardOnReader>,
    },
    /// The card, please.
    CardWanted,
    /// Waiting for the four-digit PIN.
    AttributesPin {
        /// The card.
        card: CardOnReader,
        /// Set after a wrong entry.
        problem: Option<PinProblem>,
    },
    /// The card is being read.
    ReadingAttributes {
        /// The card.
        card: CardOnReader,
    },
    /// "Is this you?"
    Identity {
        /// The card.
        card: CardOnReader,
        /// What the card says.
        holder: CardHolder,
        /// How far that is proven.
        integrity: Integrity,
    },
    /// The ward's certificates are being looked up.
    FindingCertificate {
        /// The card.
        card: CardOnReader,
        /// The confirmed holder.
        holder: CardHolder,
        /// How far that is proven.
        integrity: Integrity,
    },
    /// One neutral sentence: staff come and open what is next. Nothing about anybody is on the screen.
    StaffGuides {
        /// The card.
        card: CardOnReader,
        /// The confirmed holder.
        holder: CardHolder,
        /// What was found.
        found: Box<Found>,
    },
    /// "Go on where you stopped?"
    Resume {
        /// The card.
        card: CardOnReader,
        /// The confirmed holder.
        holder: CardHolder,
        /// The certificates, looked up anew.
        candidates: Vec<Candidate>,
        /// The draft that was kept.
        saved: Box<SavedDraft>,
    },
    /// "Is this your child?" One entry per certificate that names this mother.
    Certificate {
        /// The card.
        card: CardOnReader,
        /// The confirmed holder.
        holder: CardHolder,
        /// The candidates, in order of birth.
        candidates: Vec<Candidate>,
        /// Places of those that are hers; all of one delivery from the start.
        chosen: BTreeSet<usize>,
    },
    /// The line: what is due.
    Line(Box<Draft>),
    /// One question.
    Asking {
        /// The draft.
        draft: Box<Draft>,
        /// The question.
        at: QuestionAt,
        /// Set when the last answer cannot be taken.
        problems: Vec<ubugoe_procedures::Problem>,
        /// The answer corrects a row of the review and leads back there.
        correcting: bool,
    },
    /// Nursery places: wishes, what is found, and the ranked choices.
    Nursery(Box<Draft>),
    /// Everything that will be signed, shown in full.
    Reviewing {
        /// The draft.
        draft: Box<Draft>,
        /// The forms as bytes.
        prepared: Vec<Prepared>,
    },
    /// Waiting for the signature password.
    SignPassword {
        /// The draft.
        draft: Box<Draft>,
        /// The forms as bytes.
        prepared: Vec<Prepared>,
        /// Set after a wrong entry.
        problem: Option<PinProblem>,
    },
    /// The card is signing.
    Signing {
        /// The draft.
        draft: Box<Draft>,
        /// The forms as bytes.
        prepared: Vec<Prepared>,
    },
    /// Signed; being sealed and written.
    Storing {
        /// The draft.
        draft: Box<Draft>,
        /// The forms as bytes.
        prepared: Vec<Prepared>,
    },
    /// Stored. From here on the outbox is the truth and the card is not needed.
    Following {
        /// One entry per filing.
        deliveries: Vec<Delivery>,
        /// What stays beside them.
        after: Aftercare,
    },
    /// A draft is being sealed and kept. With the draft where somebody asked for it and may be told that it failed.
    Keeping {
        /// The draft.
        draft: Option<Box<Draft>>,
    },
    /// Kept, sealed, until a moment. Nothing personal is held.
    Paused {
        /// Until when, in seconds since 1970-01-01 UTC.
        until: i64,
        /// How many answers were kept.
        answers: usize,
    },
    /// Nobody touched anything for long: is she still there? The screen is covered.
    StillThere {
        /// Where to go on; a stage as in [`Stage::Called`].
        was: Box<Stage>,
    },
    /// The nurse was called. The screen is covered until she goes on.
    Called {
        /// Where to go on. Never rest, never `Storing`, never another cover.
        was: Box<Stage>,
    },
    /// The way on paper: counters, hours, and what is to be taken along. Nothing that was said is on it.
    Paper {
        /// Where to go back to; a stage as in [`Stage::Called`], or one before the card.
        was: Box<Stage>,
        /// The last thing sent to the printer from here.
        print: Print,
    },
    /// The card left in the middle. The screen is covered until it is back or the time is up.
    CardAway {
        /// Where to go on. Only ever a stage that holds personal data and needs a card; never `Storing`.
        was: Box<Stage>,
        /// Another card was put in instead.
        another: bool,
    },
    /// Stopped with a code.
    Trouble {
        /// The first failure.
        failure: Failure,
        /// Where "try again" leads, if anywhere; a stage as in [`Stage::CardAway`].
        back_to: Option<Box<Stage>>,
    },
    /// Over: take the card. Nothing personal is held.
    Finished,
    /// The other parent signs what was signed first.
    Second(Second),
}

/// What another device was given to be signed a second time: exactly the bytes that were signed first.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondSheet {
    /// Under which the signature goes back.
    pub ticket: [u8; 16],
    /// The bytes.
    pub canonical: Vec<u8>,
    /// SHA-256 of the first signer's certificate: the same card is not asked for a second signature.
    pub first: [u8; 32],
}

impl std::fmt::Debug for SecondSheet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecondSheet({} bytes)", self.canonical.len())
    }
}

/// Why a number leads to nothing now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SecondProblem {
    /// It is no number: a digit is wrong. Nobody was asked.
    Mistyped,
    /// The city knows no such number (any more).
    Unknown,
    /// Too many wrong ones were typed here.
    Busy,
    /// There is no network. The number was not used.
    Offline,
    /// The city did not answer.
    NoAnswer,
    /// What came cannot be shown, so it is not signed.
    Unreadable,
}

/// How far the other parent has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Second {
    /// Their card, please.
    CardWanted,
    /// Waiting for the number.
    Number {
        /// The card.
        card: CardOnReader,
        /// What was wrong with the last one.
        problem: Option<SecondProblem>,
    },
    /// The city is asked.
    Asking {
        /// The card.
        card: CardOnReader,
        /// How often.
        asked: u8,
    },
    /// What will be signed, shown in full.
    Reading {
        /// The card.
        card: CardOnReader,
        /// What.
        sheet: SecondSheet,
    },
    /// Waiting for the signature password.
    Password {
        /// The card.
        card: CardOnReader,
        /// What it signs.
        sheet: SecondSheet,
        /// Set after a wrong entry.
        problem: Option<PinProblem>,
    },
    /// The card is signing.
    Signing {
        /// The card.
        card: CardOnReader,
        /// What it signs.
        sheet: SecondSheet,
    },
    /// Signed; being sealed and written.
    Storing {
        /// The card.
        card: CardOnReader,
        /// What it signed.
        sheet: SecondSheet,
    },
    /// Stored. Nothing personal is held.
    Done {
        /// The envelope's id: outbox key.
        id: [u8; 16],
        /// The city's signed receipt is here.
        arrived: bool,
    },
}

impl Second {
    /// The card this belongs to, where it needs one.
    #[must_use]
    pub const fn card(&self) -> Option<&CardOnReader> {
        match self {
            Self::Number { card, .. }
            | Self::Asking { card, .. }
            | Self::Reading { card, .. }
            | Self::Password { card, .. }
            | Self::Signing { card, .. }
            | Self::Storing { card, .. } => Some(card),
            Self::CardWanted | Self::Done { .. } => None,
        }
    }

    /// Whether anything about a person is held, or is on its way here.
    #[must_use]
    pub const fn holds_personal_data(&self) -> bool {
        match self {
            Self::CardWanted | Self::Number { .. } | Self::Done { .. } => false,
            Self::Asking { .. }
            | Self::Reading { .. }
            | Self::Password { .. }
            | Self::Signing { .. }
            | Self::Storing { .. } => true,
        }
    }
}

/// What is known of the reader and the cards on it, visit or no visit. It outlives every stage, so that the resting
/// screen never invites a card where no reader is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardSide {
    /// Why no card can be read now: [`Failure::NoReader`] or [`Failure::NoCardService`].
    pub fault: Option<Failure>,
    /// The insertions that have not ended.
    pub lying: BTreeSet<Ticket>,
}

impl CardSide {
    /// Takes in what an event says about reader and cards.
    pub(crate) fn hear(&mut self, event: &Event) {
        match event {
            Event::CardServiceLost => self.lose(Failure::NoCardService),
            Event::ReadersChanged { present: false } => self.lose(Failure::NoReader),
            // A service that is back says next which readers there are.
            Event::CardServiceBack | Event::ReadersChanged { present: true } => self.fault = None,
            Event::CardInserted(CardOnReader { ticket, .. })
            | Event::CardUnusable { ticket, .. } => {
                self.fault = None;
                self.lying.insert(*ticket);
            }
            Event::CardRemoved { ticket } => {
                self.lying.remove(ticket);
            }
            Event::LanguageChosen(_)
            | Event::ComfortChanged(_)
            | Event::BeginWanted
            | Event::NoticeRead
            | Event::AttributesPinEntered
            | Event::IdentityConfirmed
            | Event::ResumeWanted
            | Event::BeginAnewWanted
            | Event::StaffOpened
            | Event::CertificateToggled { .. }
            | Event::CertificatesConfirmed
            | Event::NoCertificateIsMine
            | Event::ItemToggled(_)
            | Event::PrivateWanted(_)
            | Event::LineSeen
            | Event::NurseryWished(_)
            | Event::NurseryAdded(_)
            | Event::NurseryRemoved(_)
            | Event::NurseryMoved { .. }
            | Event::NurseryDone
            | Event::NurserySkipped
            | Event::NurseryEntry { .. }
            | Event::PaperWanted
            | Event::PauseWanted
            | Event::ContinueWanted
            | Event::StaffCalled
            | Event::QuietExitWanted
            | Event::PageWanted(_)
            | Event::PrintWanted(_)
            | Event::Printed(_)
            | Event::PrintFailed(..)
            | Event::PrintWaits(..)
            | Event::PrintSeen(_)
            | Event::PrintStopped
            | Event::VoiceGiven(_)
            | Event::DraftKept { .. }
            | Event::DraftNotKept { .. }
            | Event::Answered(_)
            | Event::AnswerUnreadable(_)
            | Event::SecretUnusable
            | Event::BackWanted
            | Event::CorrectionWanted { .. }
            | Event::ReviewConfirmed
            | Event::SignPasswordEntered
            | Event::RetryWanted
            | Event::QuitWanted
            | Event::Touched
            | Event::AttributesRead { .. }
            | Event::Signed { .. }
            | Event::CardFailed { .. }
            | Event::CertificatesFound(_)
            | Event::CertificatesFailed(_)
            | Event::Stored(_)
            | Event::StoreFailed { .. }
            | Event::DeliveryMoved(_)
            | Event::Elapsed(_)
            | Event::Service(_)
            | Event::SecondWanted
            | Event::SecondNumberEntered
            | Event::SecondFound(_)
            | Event::SecondNotFound(_)
            | Event::SecondStored(_)
            | Event::SecondArrived(_) => {}
        }
    }

    fn lose(&mut self, fault: Failure) {
        self.fault = Some(fault);
        self.lying.clear();
    }
}

/// How large the words on the screen are.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum TextSize {
    /// As drawn: 100 %.
    #[default]
    Normal,
    /// 150 %.
    Large,
    /// 200 %.
    Largest,
}

/// How the screen is set for the person before it. The next one finds it as the ward set it.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize,
)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches on one page, not a state in disguise"
)]
pub struct Comfort {
    /// The size of words.
    pub text: TextSize,
    /// Dim colours.
    pub night: bool,
    /// Strong contrast.
    pub contrast: bool,
    /// What the thumb reaches is on the left.
    pub left_handed: bool,
    /// Larger targets, slower repeats: gloves.
    pub glove: bool,
    /// Spoken help through headphones. Never a name.
    pub sound: bool,
}

/// A visit: how the screen speaks and looks, the stage, and what is known of the reader.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The language on the screen.
    pub tongue: Tongue,
    /// The language the screen returns to after a visit.
    pub usual_tongue: Tongue,
    /// How the screen is set.
    pub comfort: Comfort,
    /// How it is set again after a visit.
    pub usual_comfort: Comfort,
    /// Reader and cards.
    pub side: CardSide,
    /// The stage.
    pub stage: Stage,
    /// Staff, who have the screen while no parent does, or beside the one sentence of [`Stage::StaffGuides`].
    pub service: Service,
}

impl State {
    /// The resting screen as a ward set it.
    #[must_use]
    pub fn resting(tongue: Tongue, comfort: Comfort) -> Self {
        Self {
            tongue,
            usual_tongue: tongue,
            comfort,
            usual_comfort: comfort,
            side: CardSide::default(),
            stage: Stage::Resting,
            service: Service::None,
        }
    }
}

impl Stage {
    /// The card this stage belongs to, where it needs one.
    #[must_use]
    pub fn card(&self) -> Option<&CardOnReader> {
        match self {
            Self::Language { card } | Self::Notice { card } => card.as_ref(),
            Self::AttributesPin { card, .. }
            | Self::ReadingAttributes { card }
            | Self::Identity { card, .. }
            | Self::FindingCertificate { card, .. }
            | Self::StaffGuides { card, .. }
            | Self::Resume { card, .. }
            | Self::Certificate { card, .. } => Some(card),
            Self::Line(draft)
            | Self::Asking { draft, .. }
            | Self::Nursery(draft)
            | Self::Reviewing { draft, .. }
            | Self::SignPassword { draft, .. }
            | Self::Signing { draft, .. }
            | Self::Storing { draft, .. } => Some(&draft.card),
            Self::Keeping { draft } => draft.as_ref().map(|draft| &draft.card),
            Self::Second(second) => second.card(),
            // Behind a trouble page and behind a cover for a nurse the card still lies there; behind the card's own cover
            // it does not.
            Self::Trouble { back_to, .. } => back_to.as_ref().and_then(|back| back.card()),
            Self::StillThere { was } | Self::Called { was } | Self::Paper { was, .. } => was.card(),
            Self::Resting
            | Self::CardWanted
            | Self::Following { .. }
            | Self::Paused { .. }
            | Self::CardAway { .. }
            | Self::Finished => None,
        }
    }

    /// What the visit has gathered, where there is something; behind a trouble page or a cover, what it goes back to.
    #[must_use]
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Line(draft)
            | Self::Asking { draft, .. }
            | Self::Nursery(draft)
            | Self::Reviewing { draft, .. }
            | Self::SignPassword { draft, .. }
            | Self::Signing { draft, .. }
            | Self::Storing { draft, .. } => Some(draft),
            Self::Keeping { draft } => draft.as_deref(),
            Self::Trouble { back_to, .. } => back_to.as_ref().and_then(|back| back.draft()),
            Self::CardAway { was, .. }
            | Self::StillThere { was }
            | Self::Called { was }
            | Self::Paper { was, .. } => was.draft(),
            Self::Resting
            | Self::Language { .. }
            | Self::Notice { .. }
            | Self::CardWanted
            | Self::AttributesPin { .. }
            | Self::ReadingAttributes { .. }
            | Self::Identity { .. }
            | Self::FindingCertificate { .. }
            | Self::StaffGuides { .. }
            | Self::Resume { .. }
            | Self::Certificate { .. }
            | Self::Following { .. }
            | Self::Paused { .. }
            | Self::Finished
            | Self::Second(_) => None,
        }
    }

    /// Whether this is the device at rest: the resting screen, or the page that says why no card can be read.
    #[must_use]
    pub const fn is_rest(&self) -> bool {
        match self {
            Self::Resting => true,
            Self::Trouble {
                failure,
                back_to: None,
            } => matches!(failure, Failure::NoReader | Failure::NoCardService),
            Self::Trouble {
                back_to: Some(_), ..
            }
            | Self::Language { .. }
            | Self::Notice { .. }
            | Self::CardWanted
            | Self::AttributesPin { .. }
            | Self::ReadingAttributes { .. }
            | Self::Identity { .. }
            | Self::FindingCertificate { .. }
            | Self::StaffGuides { .. }
            | Self::Resume { .. }
            | Self::Certificate { .. }
            | Self::Line(_)
            | Self::Asking { .. }
            | Self::Nursery(_)
            | Self::Reviewing { .. }
            | Self::SignPassword { .. }
            | Self::Signing { .. }
            | Self::Storing { .. }
            | Self::Following { .. }
            | Self::Keeping { .. }
            | Self::Paused { .. }
            | Self::StillThere { .. }
            | Self::Called { .. }
            | Self::Paper { .. }
            | Self::CardAway { .. }
            | Self::Finished
            | Self::Second(_) => false,
        }
    }

    /// Whether anything about a person is held.
    #[must_use]
    pub fn holds_personal_data(&self) -> bool {
        match self {
            Self::Paper { was, .. } => was.holds_personal_data(),
            Self::Resting
            | Self::Language { .. }
            | Self::Notice { .. }
            | Self::CardWanted
            | Self::Paused { .. }
            | Self::Finished
            | Self::AttributesPin { .. }
            | Self::ReadingAttributes { .. } => false,
            Self::Trouble { back_to, .. } => back_to.is_some(),
            Self::Keeping { draft } => draft.is_some(),
            Self::Second(second) => second.holds_personal_data(),
            Self::Identity { .. }
            | Self::FindingCertificate { .. }
            | Self::StaffGuides { .. }
            | Self::Resume { .. }
            | Self::Certificate { .. }
            | Self::Line(_)
            | Self::Asking { .. }
            | Self::Nursery(_)
            | Self::Reviewing { .. }
            | Self::SignPassword { .. }
            | Self::Signing { .. }
            | Self::Storing { .. }
            | Self::Following { .. }
            | Self::StillThere { .. }
            | Self::Called { .. }
            | Self::CardAway { .. } => true,
        }
    }
}
