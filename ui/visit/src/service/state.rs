//! What a session of staff can be, and what each page of it carries. Data only: how one becomes the next is `step`.
//!
//! Nothing here is a parent's: no card, no PIN, no answer. What it holds of families are the ward's own papers.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use ubugoe_procedures::{
    Answers, BirthCertificate, FieldPath, FilerRole, IssuerKind, MunicipalityCode, Problem,
    ProcedureId,
};

use super::report::SelfTest;
use crate::{ChildKey, PrintTrouble, ServiceFailure, WardFlags};

/// Numbers what is asked of the outside; an answer that carries another number is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Ask(pub u64);

/// Where this device stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Place {
    /// At a bedside.
    #[default]
    Ward,
    /// In a city hall, with an officer beside it.
    Counter,
}

/// A staff number: one to eight ASCII digits. No secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StaffNumber(String);

impl StaffNumber {
    /// Takes one to eight ASCII digits, and nothing else.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let fits = (1..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(text.to_owned()))
    }

    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody may do here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The ward's papers: midwives, nurses, doctors.
    Ward,
    /// The counter of a city hall.
    Counter,
}

/// A person of the staff, signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// The number.
    pub number: StaffNumber,
    /// The name, shown for as long as the session lasts.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// In what capacity they issue certificates, where they do.
    pub issues: Option<IssuerKind>,
}

/// Who is signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// Somebody with a staff number.
    Staff(StaffNumber),
    /// The technician, with the device's own PIN.
    Technician,
}

/// What was wrong with the last entry of a PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinRefused {
    /// Wrong.
    Wrong {
        /// How many wrong ones are left before the lock; `None` where there is no lock, only pauses.
        left: Option<u8>,
        /// For so long the next one is not looked at, in seconds.
        pause: u32,
    },
    /// Not looked at: the pause after a wrong one is not over.
    TooSoon {
        /// Seconds left.
        seconds: u32,
    },
}

/// Signing in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignIn {
    /// Waiting for a staff number.
    Number,
    /// Waiting for a PIN; the pad holds it.
    Pin {
        /// Whose.
        who: Who,
        /// Set after a refused entry.
        problem: Option<PinRefused>,
    },
    /// The PIN is being checked.
    Checking {
        /// Whose.
        who: Who,
        /// Which question.
        ask: Ask,
    },
    /// The service switch is being looked for.
    LookingForSwitch {
        /// Which question.
        ask: Ask,
    },
}

/// The flags beside a certificate, as far as they can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagsRead {
    /// Read, or never set.
    Known(WardFlags),
    /// There, and not readable: the safe state, staff guide.
    Unreadable,
}

/// That a certificate was checked by whom it names: who and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The staff number.
    pub number: StaffNumber,
    /// The name at that time.
    pub name: String,
    /// When, Japan Standard Time.
    pub at: DateTime,
}

/// How far a certificate is filed from this device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Filed {
    /// Nothing was filed.
    No,
    /// Something was filed and came back: it may be filed anew.
    Returned,
    /// Filed.
    Yes,
}

/// What a certificate is known by.
#[must_use]
pub fn key_of(certificate: &BirthCertificate) -> ChildKey {
    ChildKey {
        number: certificate.number.clone(),
        order: certificate.child_order(),
    }
}

/// One certificate of the ward, as staff see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The certificate.
    pub certificate: BirthCertificate,
    /// Flags beside it.
    pub flags: FlagsRead,
    /// Whether it is filed.
    pub filed: Filed,
    /// Who attested it, where it was registered on this device.
    pub attested: Option<Attestation>,
}

impl Paper {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> ChildKey {
        key_of(&self.certificate)
    }

    /// Whether it may be corrected here: only what was registered here, and only before anything rests on it. A
    /// certificate that the hospital's system sent is corrected there.
    #[must_use]
    pub fn may_correct(&self) -> bool {
        self.attested.is_some() && self.filed == Filed::No
    }

    /// Whether it may be handed to somebody else than the mother. Never where the ward protects her address, nor where
    /// nobody can read whether it does: who asks may be the one she is protected from (traps 37, 38).
    #[must_use]
    pub fn may_hand_over(&self) -> bool {
        let protected = match self.flags {
            FlagsRead::Known(flags) => flags.protection,
            FlagsRead::Unreadable => true,
        };
        self.filed != Filed::Yes && !protected
    }
}

/// A certificate that staff handed to the card that comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handed {
    /// Which.
    pub key: ChildKey,
    /// In what capacity the holder of that card files (戸籍法52).
    pub role: FilerRole,
}

/// One page of the certificate's form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sheet {
    /// One field, on the question page.
    Field(FieldPath),
    /// Day and minute of birth.
    Moment,
    /// Which of how many children.
    Order,
    /// Weight, length, weeks and counts.
    Figures,
    /// Everything, to be checked and attested.
    Review,
}

/// A certificate while it is being written.
#[derive(Clone, PartialEq)]
pub struct Form {
    /// The number it will have.
    pub number: String,
    /// The one it corrects.
    pub corrects: Option<ChildKey>,
    /// What is known so far.
    pub answers: Answers,
    /// The page.
    pub sheet: Sheet,
    /// What stands in the way of the last entry, and in which field.
    pub problems: Vec<(FieldPath, Problem)>,
    /// The pages answered so far, for going back.
    pub asked: Vec<Sheet>,
    /// A row of the review is being corrected.
    pub correcting: bool,
}

// A mother's name stands in the answers.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form")
            .field("sheet", &self.sheet)
            .field("answers", &self.answers.len())
            .finish_non_exhaustive()
    }
}

/// What was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// A stillbirth. Another thing than a death: it has a day, and no child's papers.
    Stillbirth,
    /// A child born alive who died.
    Death {
        /// The day of birth, where a certificate says it.
        born: Option<Date>,
    },
}

/// The ward's pages.
#[derive(Debug, Clone, PartialEq)]
pub enum WardAt {
    /// The folder is being read.
    Reading {
        /// Which question.
        ask: Ask,
        /// What to open then.
        open: Option<ChildKey>,
    },
    /// Every certificate that waits.
    List,
    /// One certificate.
    One(ChildKey),
    /// One is being written.
    Form(Box<Form>),
    /// Something is being written to the folder.
    Writing {
        /// Which question.
        ask: Ask,
        /// Which certificate.
        key: ChildKey,
        /// What goes on when it fails.
        form: Option<Box<Form>>,
    },
    /// To whom the certificate is handed.
    HandOver(ChildKey),
    /// Handed to the card that comes next.
    Handed(Handed),
    /// What was lost is asked.
    LossAsked,
    /// What may be said to the mother then.
    Loss {
        /// What was lost.
        of: Loss,
        /// The certificate it was opened from.
        from: Option<ChildKey>,
    },
    /// Something did not work.
    Trouble {
        /// What.
        failure: ServiceFailure,
        /// Where it goes on.
        form: Option<Box<Form>>,
    },
}

/// The ward's session.
#[derive(Debug, Clone, PartialEq)]
pub struct Ward {
    /// Who is signed in.
    pub who: Staff,
    /// The certificates, oldest birth first.
    pub papers: Vec<Paper>,
    /// Files that could not be read as one.
    pub unreadable: usize,
    /// The page.
    pub at: WardAt,
}

impl Ward {
    /// A certificate by its key.
    #[must_use]
    pub fn paper(&self, key: &ChildKey) -> Option<&Paper> {
        self.papers.iter().find(|paper| paper.key() == *key)
    }
}

/// What an officer noted about a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// The original was seen.
    Seen,
    /// A copy was taken.
    Copied,
    /// It is missing.
    Missing,
}

/// What a receipt turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Signed by a city this device knows. What it says names nobody.
    Genuine {
        /// The city's running number.
        arrival_no: u64,
        /// When it arrived, by the city's clock, Japan Standard Time.
        arrived_at: Option<DateTime>,
        /// Who received it.
        recipient: MunicipalityCode,
        /// First bytes of what was signed, to compare by eye.
        digest: [u8; 32],
    },
    /// It names a city that this device knows, and that city did not sign it.
    Altered,
    /// A receipt of a city that this device has no key of.
    OtherCity,
    /// No receipt at all.
    NotAReceipt,
}

/// How far a sheet of staff's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Printed {
    /// None was asked for.
    #[default]
    No,
    /// It is being printed.
    Busy,
    /// The printer waits for somebody to help, and goes on by itself.
    Waiting(PrintTrouble),
    /// As far as the printer says, it came out.
    Done,
    /// It will not come out.
    Failed(PrintTrouble),
}

impl Printed {
    /// Whether something is at the printer.
    #[must_use]
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Busy | Self::Waiting(_))
    }
}

/// The counter's pages.
#[derive(Debug, Clone, PartialEq)]
pub enum CounterAt {
    /// What can be done.
    Home,
    /// Which procedure's documents.
    Procedures,
    /// The documents of one.
    Documents(ProcedureId),
    /// A receipt is waited for.
    Receipt,
    /// A receipt is being verified.
    Verifying {
        /// Which question.
        ask: Ask,
    },
    /// What it turned out to be.
    Verified(Verdict),
}

/// The counter's session.
#[derive(Debug, Clone, PartialEq)]
pub struct Counter {
    /// Who is signed in.
    pub who: Staff,
    /// Notes, by procedure and document.
    pub marks: BTreeMap<(ProcedureId, String), Mark>,
    /// How far the page's sheet is.
    pub print: Printed,
    /// The page.
    pub at: CounterAt,
}

/// What a technician has the device do, with its city or with a stick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Errand {
    /// Register a device that has no city yet.
    Register,
    /// Move it to the ward of a new code.
    Move,
    /// A new key and certificate.
    Rotate,
    /// Write what no city has receipted to a stick.
    Export,
    /// Take in what another device exported.
    Import,
    /// Copy logs to a stick, without anything that could name a person.
    Logs,
    /// Write what no city has receipted to a stick, and order that the next start destroys everything.
    Wipe,
    /// Destroy everything, as was ordered.
    Destroy,
}

/// Why a one-time code did not do. Everything but [`CodeProblem::Stranger`] is put right by another try or another code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CodeProblem {
    /// It is mistyped; nothing was sent.
    Mistyped,
    /// Where the city is stands in no typed code, and was not entered.
    NoAddress,
    /// The city knows no such code.
    Unknown,
    /// Somebody used it before.
    Spent,
    /// Its time is over.
    Expired,
    /// Whoever answers there is not the code's city; the code was not sent.
    Stranger,
    /// Nobody answers. The same code goes on.
    Unreachable,
    /// The city cannot answer now. The same code goes on.
    Busy,
    /// The device was revoked.
    Revoked,
}

/// What an errand did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ErrandDone {
    /// The device is registered; it starts anew when this is left.
    Registered {
        /// Its id.
        device: String,
        /// Where it stands.
        ward: String,
    },
    /// It was moved; it starts anew when this is left.
    Moved {
        /// Where it stands now.
        ward: String,
    },
    /// Its new certificate works.
    Rotated,
    /// It has a new certificate, which no broker was there to try yet.
    RotatedUntried,
    /// What waits is on the stick, and stays here.
    Exported {
        /// Filings.
        filings: u64,
        /// Filings that cannot be read.
        unreadable: u64,
    },
    /// What another device had is here.
    Imported {
        /// Filings that were not here.
        filings: u64,
        /// Filings that were.
        known: u64,
        /// Damaged, missing, or for a city that this device does not know.
        left: u64,
    },
    /// Logs are on the stick.
    LogsTaken {
        /// Lines.
        lines: u64,
        /// Lines left out.
        left_out: u64,
    },
    /// The device starts anew, and is destroyed before anything of it is opened.
    WipeOrdered,
    /// Everything is destroyed.
    Wiped {
        /// Which device it was.
        device: String,
        /// Files.
        files: u64,
        /// Filings that were written to the stick.
        exported: u64,
        /// The name of the signed record.
        record: String,
        /// Whether that lies on the stick; otherwise it stays on the device.
        on_stick: bool,
        /// Whether the city was told.
        told: bool,
    },
}

impl ErrandDone {
    /// Whether the device has another configuration now, and starts anew with it.
    #[must_use]
    pub const fn starts_anew(&self) -> bool {
        match self {
            Self::Registered { .. }
            | Self::Moved { .. }
            | Self::WipeOrdered
            | Self::Wiped { .. } => true,
            Self::Rotated
            | Self::RotatedUntried
            | Self::Exported { .. }
            | Self::Imported { .. }
            | Self::LogsTaken { .. } => false,
        }
    }
}

/// Why an errand was not done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrandTrouble {
    /// Its code.
    Code(CodeProblem),
    /// Something else.
    Failure(ServiceFailure),
}

/// The technician's pages.
#[derive(Debug, Clone, PartialEq)]
pub enum Technician {
    /// What can be done.
    Menu {
        /// The staff numbers were unlocked just now.
        unlocked: bool,
    },
    /// The self-test runs.
    Testing {
        /// Which question.
        ask: Ask,
    },
    /// Its result.
    Report(Box<SelfTest>),
    /// Staff numbers are being unlocked.
    Unlocking {
        /// Which question.
        ask: Ask,
    },
    /// A one-time code is waited for. What is typed stays on the screen's side until it is complete.
    Code {
        /// To register, or to move.
        errand: Errand,
        /// What was wrong with the last one.
        problem: Option<CodeProblem>,
        /// Where the city is is not known: whoever types a code says that too.
        ask_address: bool,
    },
    /// Sticks are being looked for.
    LookingForSticks {
        /// Which question.
        ask: Ask,
        /// For what.
        errand: Errand,
    },
    /// Which stick.
    Sticks {
        /// For what.
        errand: Errand,
        /// Their names.
        names: Vec<String>,
    },
    /// What a wipe comes to. It begins with digits that stand on the page: a slip types none, nor does a resting hand.
    Sure {
        /// The stick that is written first.
        stick: String,
        /// To be typed.
        digits: String,
        /// Others were.
        mistyped: bool,
    },
    /// An ordered wipe is not done, or not whole.
    Held {
        /// Why.
        failure: ServiceFailure,
        /// Where everything was exported to.
        stick: String,
    },
    /// An errand is being run.
    Working {
        /// Which question.
        ask: Ask,
        /// What.
        errand: Errand,
        /// Steps begun, of how many; 0 of 0 before the first.
        step: (u64, u64),
    },
    /// It is done.
    Done(ErrandDone),
    /// The self-test gave no result, or something was not done.
    Trouble(ServiceFailure),
}

/// The second machine of the device: what staff do at it while no parent does.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Service {
    /// Nobody of the staff is here.
    #[default]
    None,
    /// Somebody signs in.
    SignIn(SignIn),
    /// Nobody gets in this way; the code says why.
    Refused(ServiceFailure),
    /// The ward's papers.
    Ward(Box<Ward>),
    /// The counter.
    Counter(Box<Counter>),
    /// The technician.
    Technician(Technician),
}

impl Service {
    /// Whether staff have the screen.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        match self {
            Self::None => false,
            Self::SignIn(_)
            | Self::Refused(_)
            | Self::Ward(_)
            | Self::Counter(_)
            | Self::Technician(_) => true,
        }
    }

    /// Who is signed in.
    #[must_use]
    pub fn who(&self) -> Option<&Staff> {
        match self {
            Self::Ward(ward) => Some(&ward.who),
            Self::Counter(counter) => Some(&counter.who),
            Self::None | Self::SignIn(_) | Self::Refused(_) | Self::Technician(_) => None,
        }
    }

    /// The certificate that is being written, where one is on the screen.
    #[must_use]
    pub fn form(&self) -> Option<&Form> {
        let Self::Ward(ward) = self else { return None };
        match &ward.at {
            WardAt::Form(form) => Some(form),
            WardAt::Reading { .. }
            | WardAt::List
            | WardAt::One(_)
            | WardAt::Writing { .. }
            | WardAt::HandOver(_)
            | WardAt::Handed(_)
            | WardAt::LossAsked
            | WardAt::Loss { .. }
            | WardAt::Trouble { .. } => None,
        }
    }
}
