//! Every way this crate can fail, one variant per failing site. It names what was wrong; it prints nothing.

use std::path::PathBuf;

/// A failure of the virtual card, its test PKI, its reader link or the private card service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file of the PKI directory cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A fresh RSA key could not be made.
    #[error("cannot make the RSA key {label}")]
    MakeKey {
        /// Which key.
        label: String,
        /// What the RSA code said.
        #[source]
        source: rsa::Error,
    },
    /// A cached key file does not hold a PKCS#8 RSA key.
    #[error("{path} holds no usable private key")]
    ParseKey {
        /// The file.
        path: PathBuf,
        /// What the parser said.
        #[source]
        source: rsa::pkcs8::Error,
    },
    /// A key could not be written down as PKCS#8 or SPKI.
    #[error("cannot encode the key {label}: {reason}")]
    EncodeKey {
        /// Which key.
        label: String,
        /// What the encoder said.
        reason: String,
    },
    /// A test CA's signature over a certificate or record could not be made.
    #[error("cannot sign {what}")]
    Sign {
        /// What was to be signed.
        what: &'static str,
        /// What the RSA code said.
        #[source]
        source: rsa::Error,
    },
    /// Today's date plus the persona's years leaves the calendar.
    #[error("a date of the persona {persona} leaves the calendar")]
    Calendar {
        /// Whose card.
        persona: String,
    },
    /// A persona file is not the TOML this crate reads.
    #[error("the persona {name} does not parse")]
    ParsePersona {
        /// File or built-in name.
        name: String,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A persona contradicts itself or its form.
    #[error("the persona {name} is unusable: {problems}")]
    Persona {
        /// Its name.
        name: String,
        /// Everything found, separated by semicolons.
        problems: String,
    },
    /// No built-in persona and no file has this name.
    #[error("no persona is called {name}; built in are {known}")]
    UnknownPersona {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The ATR in a persona is not hexadecimal.
    #[error("the ATR {atr} is not hexadecimal")]
    Atr {
        /// What the persona says.
        atr: String,
        /// Where it stops being hexadecimal.
        #[source]
        source: hex::FromHexError,
    },
    /// The thread that plays the card could not be started.
    #[error("cannot start the card's thread")]
    Thread(#[source] std::io::Error),
    /// The control socket could not be opened.
    #[error("cannot listen on {path}")]
    Control {
        /// The socket.
        path: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// A control command was not understood.
    #[error("control command refused: {0}")]
    Command(String),
    /// A fault would swap to a card that was never issued here, or a retry counter does not exist.
    #[error("no such thing on this card: {0}")]
    NotOnCard(String),
    /// No two neighbouring TCP ports were free.
    #[error("no two neighbouring ports are free between {from} and {to}")]
    NoPorts {
        /// First port tried.
        from: u16,
        /// Last port tried.
        to: u16,
    },
    /// pcscd could not be started, or not be asked for its features.
    #[error("cannot run {program}")]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// pcscd ended or stayed silent instead of becoming ready.
    #[error("pcscd did not become ready; it said: {log}")]
    NotReady {
        /// Its last lines.
        log: String,
    },
    /// The inner run of a test failed or took too long.
    #[error("the test {test} failed in its private card service: {reason}")]
    InnerTest {
        /// Which test.
        test: String,
        /// Exit code or time-out.
        reason: String,
    },
}
