//! What can happen to a session of staff, and what it asks of the outside. Data only. Neither carries a PIN, and no
//! effect signs anything: staff never sign for a parent.

use jiff::civil::DateTime;
use ubugoe_procedures::{BirthCertificate, FieldPath, FilerRole, ProcedureId, ReasonCode, Value};

use super::report::SelfTest;
use super::state::{
    Ask, Attestation, Errand, ErrandDone, ErrandTrouble, Handed, Loss, Mark, Paper, PinRefused,
    Printed, Staff, StaffNumber, Verdict, Who,
};
use crate::{ChildKey, WardFlags};

/// The text of a receipt, as a scanner typed it. It opens a family's page, so it is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub struct Scanned(pub String);

impl std::fmt::Debug for Scanned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scanned(masked)")
    }
}

/// A one-time code as somebody typed or scanned it, and the city's address where it was typed too. It lets a device in, so it is
/// shown nowhere and kept in no state.
#[derive(Clone, PartialEq, Eq)]
pub struct TypedCode {
    /// The code, or the whole text of its QR code.
    pub text: String,
    /// `host:port`; "" where it was not asked for.
    pub address: String,
}

impl std::fmt::Debug for TypedCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TypedCode(masked)")
    }
}

/// How a PIN was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PinAnswer {
    /// Right: staff.
    Staff(Staff),
    /// Right: the technician.
    Technician,
    /// Not right, or not looked at.
    Refused(PinRefused),
    /// Locked.
    Locked,
    /// The configuration has nobody to sign in.
    Nobody,
    /// The service switch went off meanwhile.
    SwitchOff,
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceEvent {
    // ---- signing in and out
    /// The quiet control of the resting screen.
    Wanted,
    /// A staff number.
    NumberEntered(StaffNumber),
    /// Maintenance, instead of a staff number.
    TechnicianWanted,
    /// The service switch was looked for.
    SwitchSeen {
        /// Which question this answers.
        ask: Ask,
        /// Whether it is on.
        on: bool,
        /// Whether this device knows a technician's PIN at all.
        known: bool,
    },
    /// The PIN is complete; the pad holds it, not this event.
    PinEntered,
    /// It was checked.
    PinChecked {
        /// Which question this answers.
        ask: Ask,
        /// How.
        answer: PinAnswer,
    },
    /// One page back.
    BackWanted,
    /// Sign out.
    Closed,
    /// Any touch that moves nothing.
    Touched,
    /// Nobody touched anything for the session's time.
    Idle,
    // ---- the ward
    /// Look into the folder again.
    RefreshWanted,
    /// The folder was read.
    WardRead {
        /// Which question this answers.
        ask: Ask,
        /// The certificates, oldest birth first.
        papers: Vec<Paper>,
        /// Files that are no certificate.
        unreadable: usize,
    },
    /// The folder cannot be read.
    WardUnreadable {
        /// Which question this answers.
        ask: Ask,
    },
    /// One certificate of the list.
    PaperChosen(ChildKey),
    /// A new certificate.
    RegisterWanted,
    /// A new certificate for the next child of the delivery on the screen.
    TwinWanted,
    /// The certificate on the screen is to be corrected.
    CorrectionWanted,
    /// A row of the review is to be corrected.
    RowChosen(FieldPath),
    /// An answer on the question page.
    Answered(Value),
    /// What was typed there cannot be a value of its kind.
    AnswerUnreadable(ReasonCode),
    /// Several fields of one sheet.
    SheetEntered(Vec<(FieldPath, Value)>),
    /// "I have checked this."
    Attested,
    /// Flags for the certificate on the screen.
    FlagsChosen(WardFlags),
    /// Somebody else than the mother is to file it.
    HandOverWanted,
    /// In this capacity.
    HandedTo(FilerRole),
    /// What follows a loss.
    LossWanted,
    /// What was lost.
    LossChosen(Loss),
    /// It is written.
    Written {
        /// Which question this answers.
        ask: Ask,
    },
    /// It is not.
    NotWritten {
        /// Which question this answers.
        ask: Ask,
        /// The certificate was filed meanwhile.
        filed: bool,
    },
    // ---- the counter
    /// Check documents.
    DocumentsWanted,
    /// Of this procedure.
    ProcedureChosen(ProcedureId),
    /// A note about one document; `None` takes it back.
    Marked {
        /// Which document of the procedure on the screen.
        document: String,
        /// The note.
        mark: Option<Mark>,
    },
    /// Look at a receipt.
    ReceiptWanted,
    /// A receipt was scanned or typed.
    ReceiptScanned(Scanned),
    /// It was verified.
    ReceiptChecked {
        /// Which question this answers.
        ask: Ask,
        /// What it is.
        verdict: Verdict,
    },
    /// Print what is on the screen, or take it back.
    PrintWanted,
    /// How far it is.
    PrintMoved(Printed),
    // ---- the technician
    /// Run the self-test.
    SelfTestWanted,
    /// It is done.
    SelfTestDone {
        /// Which question this answers.
        ask: Ask,
        /// The result.
        report: Box<SelfTest>,
    },
    /// It gave no result.
    SelfTestSilent {
        /// Which question this answers.
        ask: Ask,
    },
    /// Forget the wrong PINs of all staff numbers.
    UnlockWanted,
    /// Run this errand.
    ErrandWanted(Errand),
    /// A one-time code is complete.
    CodeEntered(TypedCode),
    /// Sticks were looked for.
    SticksFound {
        /// Which question this answers.
        ask: Ask,
        /// Their names.
        names: Vec<String>,
    },
    /// This stick.
    StickChosen(String),
    /// The digits of the wipe's page were typed.
    WipeWanted(String),
    /// An errand goes on.
    ErrandStep {
        /// Which question this is about.
        ask: Ask,
        /// Steps begun, of how many.
        step: (u64, u64),
    },
    /// An errand is over.
    ErrandEnded {
        /// Which question this answers.
        ask: Ask,
        /// How.
        how: Result<ErrandDone, ErrandTrouble>,
    },
    /// They are forgotten.
    Unlocked {
        /// Which question this answers.
        ask: Ask,
        /// Whether that was written down.
        written: bool,
    },
}

/// What an errand needs beside itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// Nothing.
    Nothing,
    /// A one-time code.
    Code(TypedCode),
    /// The stick of this name.
    Stick(String),
}

/// What staff print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Print {
    /// The documents of a procedure with their notes.
    Documents,
    /// What a receipt says.
    Receipt,
}

/// Something that shall be done.
#[derive(Debug, Clone, PartialEq)]
pub enum ServiceEffect {
    /// Empty the pad.
    ClearPin,
    /// Forget everything that the session showed.
    Wipe,
    /// Start anew the time after which [`ServiceEvent::Idle`] comes.
    Await,
    /// Check the PIN in the pad.
    CheckPin {
        /// To be answered with this number.
        ask: Ask,
        /// Whose it should be.
        who: Who,
    },
    /// See whether the service switch is on.
    LookForSwitch {
        /// To be answered with this number.
        ask: Ask,
    },
    /// Read the ward's folder.
    ReadWard {
        /// To be answered with this number.
        ask: Ask,
    },
    /// Write flags beside a certificate.
    WriteFlags {
        /// To be answered with this number.
        ask: Ask,
        /// Which certificate.
        key: ChildKey,
        /// The flags.
        flags: WardFlags,
        /// Who set them.
        by: StaffNumber,
    },
    /// Write a certificate and its attestation.
    WriteCertificate {
        /// To be answered with this number.
        ask: Ask,
        /// The certificate.
        certificate: Box<BirthCertificate>,
        /// The one it corrects.
        corrects: Option<ChildKey>,
        /// Who checked it, and when.
        attestation: Attestation,
    },
    /// The card that comes next may file this certificate.
    HandOver(Handed),
    /// Verify a receipt.
    CheckReceipt {
        /// To be answered with this number.
        ask: Ask,
        /// Its text.
        text: Scanned,
    },
    /// Print.
    Print(Print),
    /// Take back what is at the printer.
    StopPrinting,
    /// Run the self-test.
    SelfTest {
        /// To be answered with this number.
        ask: Ask,
    },
    /// Forget the wrong PINs of all staff numbers.
    Unlock {
        /// To be answered with this number.
        ask: Ask,
    },
    /// Look for sticks.
    LookForSticks {
        /// To be answered with this number.
        ask: Ask,
    },
    /// Run an errand.
    Run {
        /// To be answered with this number.
        ask: Ask,
        /// What.
        errand: Errand,
        /// With what.
        means: Means,
    },
}

/// How long a session lasts without a touch, in seconds. Short: the screen may show other families' papers.
pub const SESSION_SECONDS: u64 = 180;

/// How long a handed certificate waits for its card, in seconds.
pub const HANDED_SECONDS: u64 = 300;

/// What the device knows when something happens to staff. Passed in, never looked up.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServiceDesk<'a> {
    /// The number that a question asked in this step gets.
    pub ask: Ask,
    /// Date and time in Japan; `None` while the clock is not synchronised.
    pub now: Option<DateTime>,
    /// The number that a certificate begun in this step gets.
    pub fresh_number: &'a str,
    /// What the ward writes on every certificate.
    pub usual: Option<&'a super::Usual>,
    /// The certificate that was handed to the card that is here now.
    pub handed: Option<&'a Handed>,
    /// Where the city's door is stands on this device.
    pub knows_door: bool,
    /// The stick of an ordered wipe; "" where none was ordered.
    pub ordered: &'a str,
}
