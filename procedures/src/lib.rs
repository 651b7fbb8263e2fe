//! What a birth sets off, as data and rules: the procedures, their forms, their deadlines, and the bytes a
//! parent signs.
//!
//! Pure: no files, no network, no clock, no async. The same crate runs on the kiosk and at the city hall; every
//! date is handed in. Facts of law stand in `catalogue/*.toml` with their articles and with how sure they are;
//! code here only knows how such data behaves.
//!
//! The way through: [`Catalogue::builtin`] → [`plan`] for the line → [`prefill`] for what is known →
//! [`missing`] for what to ask, [`check`] for each answer, [`share`] between forms of one visit →
//! [`Filing::assemble`] → [`Filing::canonical`] for the bytes → [`ParsedFiling::sections`] for the screen.
//!
//! It must never refuse what the law allows: only a character set, a length or a format blocks. It must never
//! normalise a name, and it has no place for an individual number (個人番号).

pub mod amounts;
mod ask;
pub mod calendar;
pub mod catalogue;
mod certificate;
pub mod checkups;
pub mod codes;
mod condition;
pub mod door;
mod facts;
mod filing;
mod form;
mod ground;
mod ids;
mod jcs;
pub mod milestone;
pub mod names;
pub mod nursery;
pub mod plan;
pub mod portable;
mod prefill;
pub mod recommend;
pub mod registry;
pub mod rules;
mod text;
pub mod vaccination;
mod value;

pub use ask::{
    advice, check, compare_with_certificate, holds_individual_number, missing, optional_unasked,
    reviews,
};
pub use catalogue::{
    Advice, AdviceKind, Catalogue, CatalogueError, DayCount, DeadlineRule, Desk, LegalBasis,
    OnlineMode, Problem as CatalogueProblem, Procedure, Profile, Routing, Sector, bundle,
};
pub use certificate::{
    BirthCertificate, CERTIFICATE_FORMAT, CERTIFICATE_MAX_BYTES, CERTIFICATE_VERSION,
    CertificateDoubt, CertificateError, Difference, IssuerKind, Match, PlaceKind, Plurality,
    STILLBIRTH_FORMAT, StillbirthCertificate, fhir,
};
pub use condition::{Scalar, When};
pub use facts::{CardHolder, Facts, FilerRole, Sex};
pub use filing::{
    AssembleError, Draft, FILING_FORMAT, FILING_MAX_BYTES, Filing, ParseError, ParsedFiling,
    ParsedRow, Row, Section, shown, tells_where,
};
pub use form::{
    ChoiceOption, Confidence, Derive, DeriveRule, Field, FieldKind, Form, Prefill, PrefillFrom,
    PrefillRole, Required, ShareRule,
};
pub use ground::Ground;
pub use ids::{FieldPath, IdError, MunicipalityCode, ProcedureId};
pub use names::{Charset, Problem, ReasonCode, Verdict};
pub use plan::{Due, Line, LineItem, due, plan};
pub use prefill::{derive, prefill, share};
pub use text::{Lang, Text, Tongue};
pub use value::{Answer, Answers, Source, Value};
