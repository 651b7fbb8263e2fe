//! Other authorities: hospitals, insurers, the pension office, the prefecture, private providers.
//!
//! Answers for who may ask the city for what ([`book`], deny by default), for answering ([`desk`]), for asking until there is an
//! answer or an officer has it ([`send`], [`hops`]), and for the log of both ([`log`]). A family's consent, or an article of law, stands
//! behind everything about that family that leaves or is asked for. What an
//! answer means is data ([`meaning`]); only a yes carries anything on by itself. Nothing here accepts a filing.

pub mod book;
pub mod desk;
pub mod hops;
mod line;
pub mod log;
pub mod meaning;
pub mod send;

pub use book::{Book, Denied};

/// What the city offers to agencies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Offered {
    /// Takes a hospital's certificate, of a birth or of a stillbirth (POST, FHIR document).
    BirthCertificate,
    /// Says whether a birth notification was accepted: `GET …/birthStatus/{arrival number}`.
    BirthStatus,
}

impl Offered {
    /// Every service.
    pub const ALL: [Self; 2] = [Self::BirthCertificate, Self::BirthStatus];

    /// The service code in addresses.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::BirthCertificate => "birthCertificate",
            Self::BirthStatus => "birthStatus",
        }
    }

    /// Reads [`Offered::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|each| each.code() == code)
    }
}
