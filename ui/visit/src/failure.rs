//! The failure codes that people see and staff quote: one variant, one code, one meaning.
//!
//! A code is written here and nowhere else in Rust; its sentences live in `ui/view`, its explanation in
//! `docs/failure-codes.md`. `tests/tidy.rs` holds the three together. This file must not decide *when* a
//! failure happens: that is `step`.

/// What stopped a visit, as far as the person in front of the screen needs to know.
///
/// The letter says where to look: `C` card, `H` hospital certificate, `F` form, `P` printer, `S` storage, `T` time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub enum Failure {
    /// No card reader is connected.
    NoReader,
    /// The card service (`pcscd`) does not run or does not let us in.
    NoCardService,
    /// The card accepted a command and never answered.
    CardMute,
    /// SELECT of the JPKI application failed: some other card.
    NotMyNumberCard,
    /// A phone with smartphone certificates: it has no text application to read the four attributes from.
    SmartphoneToken,
    /// The card's own expiry date is in the past.
    CardExpired,
    /// The card left the reader while it was needed.
    CardTakenAway,
    /// The card answered something that cannot be an answer.
    CardNonsense,
    /// Another card than the one this visit began with.
    AnotherCard,
    /// Another program holds the card.
    CardBusy,
    /// The visit is over and a card still lies on the reader.
    CardLeft,
    /// The four-digit PIN for the attributes is locked.
    AttributesPinLocked,
    /// One try is left for the four-digit PIN; this device never spends it.
    AttributesPinLastTry,
    /// The signature password is locked.
    SignPasswordLocked,
    /// One try is left for the signature password; this device never spends it.
    SignPasswordLastTry,
    /// The card carries no signature certificate (under 15, or not issued).
    NoSignCertificate,
    /// The signature certificate is outside its dates or does not chain to the trusted roots.
    SignCertificateInvalid,
    /// The attributes do not match the card's own integrity record.
    AttributesNotIntact,
    /// The signature that came back does not verify.
    SignatureWrong,
    /// The signature certificate names somebody else than the attributes do.
    SignerDiffers,
    /// None of the ward's certificates names this mother.
    NoCertificate,
    /// A certificate of the ward could not be read.
    CertificateUnreadable,
    /// The device has no room for another visit.
    StorageFull,
    /// The device could not write.
    StorageFailed,
    /// The clock is not synchronised: nothing may be signed, no deadline shown.
    ClockUnsynchronised,
    /// A form could not be put together from the answers.
    FormIncomplete,
    /// There is no printer.
    NoPrinter,
    /// The printer is out of paper.
    PrinterNoPaper,
    /// The printer does not answer.
    PrinterBroken,
    /// The printer's cover is open.
    PrinterCoverOpen,
    /// The printer prints something else.
    PrinterBusy,
    /// The printer says that something is wrong with it.
    PrinterFaulty,
    /// The card that signed first cannot sign as the other parent.
    FirstSigner,
}

impl Failure {
    /// Every failure, in the order of the codes.
    pub const ALL: [Self; 33] = [
        Self::NoReader,
        Self::NoCardService,
        Self::CardMute,
        Self::NotMyNumberCard,
        Self::SmartphoneToken,
        Self::CardExpired,
        Self::CardTakenAway,
        Self::CardNonsense,
        Self::AnotherCard,
        Self::CardBusy,
        Self::CardLeft,
        Self::AttributesPinLocked,
        Self::AttributesPinLastTry,
        Self::SignPasswordLocked,
        Self::SignPasswordLastTry,
        Self::NoSignCertificate,
        Self::SignCertificateInvalid,
        Self::AttributesNotIntact,
        Self::SignatureWrong,
        Self::SignerDiffers,
        Self::FirstSigner,
        Self::NoCertificate,
        Self::CertificateUnreadable,
        Self::StorageFull,
        Self::StorageFailed,
        Self::ClockUnsynchronised,
        Self::FormIncomplete,
        Self::NoPrinter,
        Self::PrinterNoPaper,
        Self::PrinterBroken,
        Self::PrinterCoverOpen,
        Self::PrinterBusy,
        Self::PrinterFaulty,
    ];

    /// The code as shown on the screen and quoted on the telephone.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoReader => "C-101",
            Self::NoCardService => "C-102",
            Self::CardMute => "C-103",
            Self::NotMyNumberCard => "C-201",
            Self::SmartphoneToken => "C-202",
            Self::CardExpired => "C-203",
            Self::CardTakenAway => "C-204",
            Self::CardNonsense => "C-205",
            Self::AnotherCard => "C-206",
            Self::CardBusy => "C-207",
            Self::CardLeft => "C-208",
            Self::AttributesPinLocked => "C-301",
            Self::AttributesPinLastTry => "C-302",
            Self::SignPasswordLocked => "C-303",
            Self::SignPasswordLastTry => "C-304",
            Self::NoSignCertificate => "C-401",
            Self::SignCertificateInvalid => "C-402",
            Self::AttributesNotIntact => "C-403",
            Self::SignatureWrong => "C-404",
            Self::SignerDiffers => "C-405",
            Self::NoCertificate => "H-101",
            Self::CertificateUnreadable => "H-102",
            Self::StorageFull => "S-101",
            Self::StorageFailed => "S-102",
            Self::ClockUnsynchronised => "T-101",
            Self::FormIncomplete => "F-101",
            Self::NoPrinter => "P-101",
            Self::PrinterNoPaper => "P-102",
            Self::PrinterBroken => "P-103",
            Self::PrinterCoverOpen => "P-104",
            Self::PrinterBusy => "P-105",
            Self::PrinterFaulty => "P-106",
            Self::FirstSigner => "C-406",
        }
    }

    /// Whether the thing to do is to take the card away (and perhaps put it back): doing so answers the page.
    #[must_use]
    pub const fn answered_by_removal(self) -> bool {
        match self {
            Self::CardMute
            | Self::NotMyNumberCard
            | Self::SmartphoneToken
            | Self::CardNonsense
            | Self::AnotherCard
            | Self::CardBusy
            | Self::CardLeft => true,
            // A card taken away is answered by putting it back; the rest is to be read to its end.
            Self::CardTakenAway
            | Self::NoReader
            | Self::NoCardService
            | Self::CardExpired
            | Self::AttributesPinLocked
            | Self::AttributesPinLastTry
            | Self::SignPasswordLocked
            | Self::SignPasswordLastTry
            | Self::NoSignCertificate
            | Self::SignCertificateInvalid
            | Self::AttributesNotIntact
            | Self::SignatureWrong
            | Self::SignerDiffers
            | Self::NoCertificate
            | Self::CertificateUnreadable
            | Self::StorageFull
            | Self::StorageFailed
            | Self::ClockUnsynchronised
            | Self::FormIncomplete
            | Self::NoPrinter
            | Self::PrinterNoPaper
            | Self::PrinterBroken
            | Self::PrinterCoverOpen
            | Self::PrinterBusy
            | Self::PrinterFaulty
            | Self::FirstSigner => false,
        }
    }

    /// Whether trying again on this device can help; otherwise staff or a counter is the way on.
    #[must_use]
    pub const fn retry_helps(self) -> bool {
        match self {
            Self::CardMute
            | Self::NotMyNumberCard
            | Self::SmartphoneToken
            | Self::CardTakenAway
            | Self::CardNonsense
            | Self::AnotherCard
            | Self::CardBusy
            | Self::CardLeft
            | Self::SignatureWrong
            | Self::NoCertificate
            | Self::StorageFailed
            | Self::FormIncomplete
            | Self::NoPrinter
            | Self::PrinterNoPaper
            | Self::PrinterBroken
            | Self::PrinterCoverOpen
            | Self::PrinterBusy
            | Self::PrinterFaulty => true,
            Self::NoReader
            | Self::NoCardService
            | Self::CardExpired
            | Self::AttributesPinLocked
            | Self::AttributesPinLastTry
            | Self::SignPasswordLocked
            | Self::SignPasswordLastTry
            | Self::NoSignCertificate
            | Self::SignCertificateInvalid
            | Self::AttributesNotIntact
            | Self::SignerDiffers
            | Self::CertificateUnreadable
            | Self::StorageFull
            | Self::ClockUnsynchronised
            | Self::FirstSigner => false,
        }
    }
}

/// What stops staff, or a technician, at the device: the second table of codes.
///
/// `S` concerns staff and the ward's papers (`S-1…` is the store), `T` the technician and the clock (`T-1…` is the visit's clock).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub enum ServiceFailure {
    /// Too many wrong PINs for this staff number.
    StaffLocked,
    /// The configuration names no staff.
    NoStaff,
    /// The folder of certificates cannot be read.
    WardUnreadable,
    /// A certificate, its flags or its attestation could not be written.
    WardUnwritable,
    /// The flags beside a certificate cannot be read: until they are set anew, staff guide the visit.
    FlagsUnreadable,
    /// The certificate is filed: it is not corrected here any more.
    PaperFiled,
    /// The service switch is not on.
    NoServiceSwitch,
    /// The configuration has no PIN for the technician.
    NoTechnician,
    /// The self-test gave no result.
    SelfTestSilent,
    /// The clock is not synchronised: nothing can be attested.
    NoTimeToAttest,
    /// The stick could not be read or written.
    StickUnusable,
    /// Nothing on the stick can be taken in.
    NothingOnStick,
    /// The city does not answer the device.
    CityUnreachable,
    /// Whoever answers is not the device's city.
    CityStranger,
    /// The city, or its broker, does not accept the device.
    CityRefused,
    /// The device was set up by hand: no city can renew or move it.
    NotRegistered,
    /// Something of the device itself cannot be read or written.
    DeviceUnusable,
    /// Filings that cannot be read would be lost: nothing is wiped.
    WouldLose,
    /// The stick that an ordered wipe exported to is not there.
    StickGone,
    /// A wipe stopped after something was destroyed.
    WipeStuck,
}

impl ServiceFailure {
    /// Every one, in the order of the codes.
    pub const ALL: [Self; 20] = [
        Self::StaffLocked,
        Self::NoStaff,
        Self::WardUnreadable,
        Self::WardUnwritable,
        Self::FlagsUnreadable,
        Self::PaperFiled,
        Self::NoServiceSwitch,
        Self::NoTechnician,
        Self::SelfTestSilent,
        Self::NoTimeToAttest,
        Self::StickUnusable,
        Self::NothingOnStick,
        Self::CityUnreachable,
        Self::CityStranger,
        Self::CityRefused,
        Self::NotRegistered,
        Self::DeviceUnusable,
        Self::WouldLose,
        Self::StickGone,
        Self::WipeStuck,
    ];

    /// The code as shown on the screen and quoted on the telephone.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::StaffLocked => "S-201",
            Self::NoStaff => "S-202",
            Self::WardUnreadable => "S-203",
            Self::WardUnwritable => "S-204",
            Self::FlagsUnreadable => "S-205",
            Self::PaperFiled => "S-206",
            Self::NoServiceSwitch => "T-201",
            Self::NoTechnician => "T-202",
            Self::SelfTestSilent => "T-203",
            Self::NoTimeToAttest => "T-204",
            Self::StickUnusable => "T-205",
            Self::NothingOnStick => "T-206",
            Self::CityUnreachable => "T-207",
            Self::CityStranger => "T-208",
            Self::CityRefused => "T-209",
            Self::NotRegistered => "T-210",
            Self::DeviceUnusable => "T-211",
            Self::WouldLose => "T-212",
            Self::StickGone => "T-213",
            Self::WipeStuck => "T-214",
        }
    }
}
