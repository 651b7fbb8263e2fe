//! What can go wrong while the rig is set up or broken on purpose: one variant per failing site.
//!
//! Holds facts only; deciding what to do about a failure is the test's business.

use std::path::PathBuf;
use std::time::Duration;

use ubugoe_protocol::{QrError, keys::KeyError};

/// A failure of the rig itself, never of the thing under test.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or directory of the rig could not be written, read or given to another user.
    #[error("cannot {doing} {path}")]
    File {
        /// The attempted operation, as a verb phrase.
        doing: &'static str,
        /// The path it was attempted on.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A certificate or TLS key could not be made.
    #[error("cannot make the certificate of {name}")]
    Certificate {
        /// Common name of the certificate.
        name: String,
        /// What the certificate library said.
        #[source]
        source: rcgen::Error,
    },
    /// An id does not have the shape `[a-z0-9-]{3,64}` that topics and common names rely on.
    #[error("{id:?} is not an id: 3 to 64 of a-z, 0-9 and '-' are needed")]
    BadId {
        /// The id as given.
        id: String,
    },
    /// A device and a city (or two of either) were given the same id; the broker could not tell them apart.
    #[error("the id {id:?} is taken already")]
    IdTaken {
        /// The id as given.
        id: String,
    },
    /// A sealing or signing key could not be made.
    #[error("cannot make the {kind} key of {id}")]
    Key {
        /// Which kind of key.
        kind: &'static str,
        /// Whose key.
        id: String,
        /// What the key library said.
        #[source]
        source: KeyError,
    },
    /// Every port of the rig's range is in use.
    #[error("no free port between {from} and {to}")]
    NoPort {
        /// First port tried.
        from: u16,
        /// Last port tried.
        to: u16,
    },
    /// A program is not installed, or not built yet.
    #[error("cannot find {program}: {hint}")]
    NoProgram {
        /// Its file name.
        program: String,
        /// What to do about it.
        hint: String,
    },
    /// A process could not be started.
    #[error("cannot start {name}")]
    Spawn {
        /// The process' name in this rig.
        name: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A program that was asked for something said no.
    #[error("{name} says: {words}")]
    Said {
        /// The program and what it was asked.
        name: String,
        /// Its words.
        words: String,
    },
    /// A process ended while something was still awaited from it.
    #[error("{name} ended ({status}) while {awaited} was awaited; its last lines:\n{tail}")]
    Ended {
        /// The process' name in this rig.
        name: String,
        /// Its exit status in words.
        status: String,
        /// What was awaited.
        awaited: String,
        /// The last lines it wrote.
        tail: String,
    },
    /// Something awaited did not happen in time.
    #[error("{name}: {awaited} did not happen within {within:?}; its last lines:\n{tail}")]
    TimedOut {
        /// The process' name in this rig.
        name: String,
        /// What was awaited.
        awaited: String,
        /// How long it was awaited.
        within: Duration,
        /// The last lines the process wrote.
        tail: String,
    },
    /// A signal could not be delivered to a process that is still ours.
    #[error("cannot send {signal} to {name}")]
    Signal {
        /// The process' name in this rig.
        name: String,
        /// The signal's name.
        signal: &'static str,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random {
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A helper program ran and failed.
    #[error("{program} failed ({status}):\n{output}")]
    Helper {
        /// Its file name.
        program: String,
        /// Its exit status in words.
        status: String,
        /// What it wrote.
        output: String,
    },
    /// The cable between kiosk and broker could not be laid.
    #[error("no wire to port {target}")]
    Wire {
        /// The broker's port.
        target: u16,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A kiosk's control socket failed.
    #[error("cannot {doing} the kiosk's control socket")]
    Control {
        /// The attempted operation.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A kiosk answered an order with an error, or not in time.
    #[error("the kiosk answered {order} with {answer}")]
    Kiosk {
        /// What was asked.
        order: String,
        /// What came back.
        answer: String,
    },
    /// The virtual card or its reader failed.
    #[error("the virtual card failed")]
    Card(#[source] ubugoe_vcard::Error),
    /// The browser could not be started or reached.
    #[error("the browser did not start")]
    BrowserStart(#[source] fantoccini::error::NewSessionError),
    /// A page did not have what was looked for, or the browser failed.
    #[error("cannot {doing} in the browser")]
    Browser {
        /// What was attempted.
        doing: String,
        /// What the browser said.
        #[source]
        source: fantoccini::error::CmdError,
    },
    /// The runtime that talks to the browser could not be made.
    #[error("no runtime for the browser")]
    Runtime(#[source] std::io::Error),
    /// A receipt does not verify.
    #[error("the receipt does not verify")]
    Receipt(#[source] QrError),
    /// A family's code does not verify.
    #[error("the family's code does not verify")]
    VisitCode(#[source] ubugoe_protocol::CodeError),
    /// The city's pages could not be reached.
    #[error("cannot reach the city's page {path}")]
    Page {
        /// The page.
        path: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A page of the city is not what an officer needs.
    #[error("{path} answered {status} without {wanted}")]
    Office {
        /// The page.
        path: String,
        /// The HTTP status; 0 where the answer was none.
        status: u16,
        /// What was looked for.
        wanted: &'static str,
    },
    /// A certificate or key for the scripted broker is not usable PEM.
    #[error("not usable PEM for the scripted broker")]
    ScriptedPem(#[source] rustls::pki_types::pem::Error),
    /// TLS does not accept the scripted broker's certificate.
    #[error("the scripted broker's certificate is not usable")]
    ScriptedTls(#[source] rustls::Error),
    /// The scripted broker cannot check its clients.
    #[error("the scripted broker's authority is not usable")]
    ScriptedVerifier(#[source] rustls::server::VerifierBuilderError),
    /// The rig has no kiosk yet.
    #[error("no kiosk has been started")]
    NoKiosk,
    /// A visit came to another page than the story has.
    #[error("the story needs {wanted}, the kiosk is at {found}")]
    Astray {
        /// The stage the story needs.
        wanted: String,
        /// The kiosk's report.
        found: String,
    },
    /// A question that the story's family has no answer to.
    #[error("no answer for {field} of {form}")]
    Unanswered {
        /// The form.
        form: String,
        /// The field.
        field: String,
    },
    /// A question for text without a field to type into.
    #[error("no text field on the page")]
    NoTextInput,
    /// A page without its main button.
    #[error("no way on from the {page} page")]
    NoWayOn {
        /// The page.
        page: &'static str,
    },
}

impl Error {
    /// Closure for `map_err`: the certificate (or list) of `name` could not be made.
    pub(crate) fn certificate(name: &str) -> impl FnOnce(rcgen::Error) -> Self {
        let name = name.to_owned();
        move |source| Self::Certificate { name, source }
    }

    /// Closure for `map_err`: a file operation on `path` failed.
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File {
            doing,
            path,
            source,
        }
    }
}
