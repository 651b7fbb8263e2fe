//! What a visit can be, and the facts each stage carries. Data only: how one becomes the next is `step`.

use std::collections::BTreeSet;

use jiff::civil::Date;
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, FieldPath, Filing, Lang, Line, LineItem,
    MunicipalityCode, ProcedureId,
};

use crate::{Event, Failure, service::Service};

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

/// One form while it is being filled in.
#[derive(Clone, PartialEq)]
pub struct FormDraft {
    /// Which procedure.
    pub procedure: ProcedureId,
    /// Where it goes.
    pub recipient: MunicipalityCode,
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
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

/// Everything a visit has gathered, from the certificate's confirmation on.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The card the visit belongs to.
    pub card: CardOnReader,
    /// The card's four attributes.
    pub holder: CardHolder,
    /// The hospital's certificate that the parent confirmed.
    pub certificate: BirthCertificate,
    /// What is due, for whom, by when.
    pub line: Line,
    /// The forms, in the order of the line.
    pub forms: Vec<FormDraft>,
    /// Questions answered by the parent, in order, for going back. Some may have gone since, with their condition.
    pub asked: Vec<QuestionAt>,
    /// The day on which the draft was made (JST).
    pub drafted_on: Date,
}

impl Draft {
    /// Whether a thing on the line is filled in and filed here. What goes to a municipality that this device does not
    /// know stays on the line as a reminder; its recipient there stands for "where you live".
    #[must_use]
    pub fn files(&self, item: &LineItem) -> bool {
        self.forms
            .iter()
            .any(|form| form.procedure == item.procedure)
    }
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
    /// SHA-256 of the canonical bytes.
    pub digest: [u8; 32],
    /// How far it has come.
    pub state: DeliveryState,
    /// The city's arrival number, once arrived.
    pub arrival_no: Option<u64>,
    /// The city's arrival time in seconds since 1970-01-01 UTC, once arrived.
    pub arrived_at: Option<i64>,
    /// The receipt as QR text, once arrived: the receipt as anyone can verify it; printed later, not shown yet.
    pub receipt_text: Option<String>,
    /// The family's status page, once arrived.
    pub status_url: Option<String>,
}

/// Where a visit stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    /// Nobody is here. Nothing personal is held.
    Resting,
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
    /// "Is this your child?" One entry per certificate that names this mother.
    Certificate {
        /// The card.
        card: CardOnReader,
        /// The confirmed holder.
        holder: CardHolder,
        /// The candidates, in order of birth.
        candidates: Vec<BirthCertificate>,
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
            | Event::AttributesPinEntered
            | Event::IdentityConfirmed
            | Event::CertificateConfirmed { .. }
            | Event::NoCertificateIsMine
            | Event::LineSeen
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
            | Event::CertificatesFound { .. }
            | Event::CertificatesFailed(_)
            | Event::Stored(_)
            | Event::StoreFailed { .. }
            | Event::DeliveryMoved(_)
            | Event::Elapsed(_)
            | Event::Service(_) => {}
        }
    }

    fn lose(&mut self, fault: Failure) {
        self.fault = Some(fault);
        self.lying.clear();
    }
}

/// A visit: the language on the screen, the stage, and what is known of the reader.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// The language on the screen.
    pub lang: Lang,
    /// The language the screen returns to after a visit.
    pub usual_lang: Lang,
    /// Reader and cards.
    pub side: CardSide,
    /// The stage.
    pub stage: Stage,
    /// Staff, who have the screen while nobody else does.
    pub service: Service,
}

impl State {
    /// The resting screen in a language.
    #[must_use]
    pub fn resting(lang: Lang) -> Self {
        Self {
            lang,
            usual_lang: lang,
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
            Self::AttributesPin { card, .. }
            | Self::ReadingAttributes { card }
            | Self::Identity { card, .. }
            | Self::FindingCertificate { card, .. }
            | Self::Certificate { card, .. } => Some(card),
            Self::Line(draft)
            | Self::Asking { draft, .. }
            | Self::Reviewing { draft, .. }
            | Self::SignPassword { draft, .. }
            | Self::Signing { draft, .. }
            | Self::Storing { draft, .. } => Some(&draft.card),
            // Behind a trouble page the card still lies there; behind the cover it does not.
            Self::Trouble { back_to, .. } => back_to.as_ref().and_then(|back| back.card()),
            Self::Resting | Self::Following { .. } | Self::CardAway { .. } | Self::Finished => None,
        }
    }

    /// What the visit has gathered, where there is something; behind a trouble page, what it goes back to.
    #[must_use]
    pub fn draft(&self) -> Option<&Draft> {
        match self {
            Self::Line(draft)
            | Self::Asking { draft, .. }
            | Self::Reviewing { draft, .. }
            | Self::SignPassword { draft, .. }
            | Self::Signing { draft, .. }
            | Self::Storing { draft, .. } => Some(draft),
            Self::Trouble { back_to, .. } => back_to.as_ref().and_then(|back| back.draft()),
            Self::CardAway { was, .. } => was.draft(),
            Self::Resting
            | Self::AttributesPin { .. }
            | Self::ReadingAttributes { .. }
            | Self::Identity { .. }
            | Self::FindingCertificate { .. }
            | Self::Certificate { .. }
            | Self::Following { .. }
            | Self::Finished => None,
        }
    }

    /// Whether this is the device at rest: the resting screen, or the page that says why no card can be read.
    pub(crate) const fn is_rest(&self) -> bool {
        match self {
            Self::Resting => true,
            Self::Trouble {
                failure,
                back_to: None,
            } => matches!(failure, Failure::NoReader | Failure::NoCardService),
            Self::Trouble {
                back_to: Some(_), ..
            }
            | Self::AttributesPin { .. }
            | Self::ReadingAttributes { .. }
            | Self::Identity { .. }
            | Self::FindingCertificate { .. }
            | Self::Certificate { .. }
            | Self::Line(_)
            | Self::Asking { .. }
            | Self::Reviewing { .. }
            | Self::SignPassword { .. }
            | Self::Signing { .. }
            | Self::Storing { .. }
            | Self::Following { .. }
            | Self::CardAway { .. }
            | Self::Finished => false,
        }
    }

    /// Whether anything about a person is held.
    #[must_use]
    pub const fn holds_personal_data(&self) -> bool {
        match self {
            Self::Resting
            | Self::Finished
            | Self::AttributesPin { .. }
            | Self::ReadingAttributes { .. } => false,
            Self::Trouble { back_to, .. } => back_to.is_some(),
            Self::Identity { .. }
            | Self::FindingCertificate { .. }
            | Self::Certificate { .. }
            | Self::Line(_)
            | Self::Asking { .. }
            | Self::Reviewing { .. }
            | Self::SignPassword { .. }
            | Self::Signing { .. }
            | Self::Storing { .. }
            | Self::Following { .. }
            | Self::CardAway { .. } => true,
        }
    }
}
