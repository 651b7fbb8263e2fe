//! One card, from power-up to log-out, as commands over a [`Transmit`]. Must not know threads, readers or time.
//!
//! Two facts about the card shape this file:
//!
//! - *Security status outlives a connection.* A verified secret stays verified until another application is
//!   selected or the power is cut. So every job that verifies ends by selecting another application.
//! - *The selected application is forgotten with the power.* So a secret is only ever sent into an application
//!   that was selected **before** the holder began to type. If the card was swapped in the meantime, the newcomer
//!   has no application selected and refuses VERIFY without spending a try. This costs no APDU.
//!
//! ```text
//!   look ─────────────▶ parked in text AP
//!   attributes: VERIFY, READ …, SELECT JPKI ──▶ parked in JPKI-AP   (the SELECT is the log-out)
//!   sign:       VERIFY, READ …, SIGN, SELECT text ──▶ parked in text AP
//! ```
//! A job that finds the card parked elsewhere first has it prove that it is still the same one.

use std::fmt;

use der::{Decode, Reader, Tagged};
use rsa::pkcs1::DecodeRsaPublicKey;
use sha2::{Digest, Sha256};
use x509_cert::Certificate;
use zeroize::Zeroizing;

use crate::apdu::{Application, Command, Response, SHORT_CHUNK, StatusWord, Step};
use crate::date::CardDate;
use crate::error::{CardError, Malformed, PrepareRefused, Unusable};
use crate::integrity::{self, Integrity, IssuerRoot, NotChecked};
use crate::secret::{Pin, SecretKind, SignPassword};
use crate::text::{Sex, TextRecord};
use crate::tlv;
use crate::token::{LABEL_LENGTH, Token};
use crate::transport::{Transmit, TransmitError};

/// Files of the JPKI application.
mod jpki {
    pub(super) const SIGN_CERTIFICATE: u8 = 0x01;
    pub(super) const TOKEN: u8 = 0x06;
    pub(super) const AVAILABILITY: u8 = 0x08;
    pub(super) const AUTH_CERTIFICATE: u8 = 0x0A;
    /// First byte: signing, second: authentication.
    pub(super) const PRESENT: u8 = 0x8F;
}

/// Files of the text application. 0001, the individual number, is not among them on purpose.
mod text_files {
    pub(super) const ATTRIBUTES: u8 = 0x02;
    pub(super) const INTEGRITY: u8 = 0x03;
    pub(super) const ISSUER: u8 = 0x04;
    pub(super) const INFORMATION: u8 = 0x05;
}

/// Data object of the ISD that holds the card's last day, eight digits.
const EXPIRY: u16 = 0x00F2;
/// Record 1 of the common application's file 0001: `01 1C`, serial 15, municipality 5, last day 8.
const COMMON_CARD: u8 = 0x01;
/// Enough of a certificate to hold its serial number, wherever the issuer's counter stands.
const CERTIFICATE_HEAD: usize = 64;
/// No file of the card can be addressed beyond this.
const LARGEST_FILE: usize = 0x7FFF;

/// What this session may do; given once.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Try extended length where the card offers it.
    pub extended_length: bool,
    /// Check the attributes against the card's integrity record (2 to 5 APDUs more).
    pub check_integrity: bool,
    /// Roots that certify issuer keys.
    pub roots: Vec<IssuerRoot>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            extended_length: true,
            check_integrity: true,
            roots: Vec::new(),
        }
    }
}

/// What a card says of itself without any PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Its label.
    pub token: Token,
    /// Its retry counters.
    pub tries: Tries,
    /// A signing certificate is there. Cards of children under 15 usually have none.
    pub has_sign_cert: bool,
    /// An authentication certificate is there.
    pub has_auth_cert: bool,
    /// The last day of the card, if it says.
    pub card_expiry: Option<CardDate>,
    /// Recognises the same card again.
    pub identity: CardIdentity,
    /// The card and its reader were seen to pass extended length.
    pub extended_length: bool,
}

/// Tries left; `None` where the card does not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Of the attributes PIN (3 when fresh).
    pub attributes: Option<u8>,
    /// Of the signing password (5 when fresh).
    pub sign: Option<u8>,
    /// Of the authentication PIN (3 when fresh).
    pub auth: Option<u8>,
}

impl Tries {
    fn of(self, secret: SecretKind) -> Option<u8> {
        match secret {
            SecretKind::Attributes => self.attributes,
            SecretKind::Sign => self.sign,
            SecretKind::Auth => self.auth,
        }
    }

    fn set(&mut self, secret: SecretKind, left: Option<u8>) {
        match secret {
            SecretKind::Attributes => self.attributes = left,
            SecretKind::Sign => self.sign = left,
            SecretKind::Auth => self.auth = left,
        }
    }
}

/// A digest by which the same card is known again, across insertions. Says nothing about its holder, but two
/// equal ones are one card: treat it as personal data.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct CardIdentity([u8; 32]);

impl CardIdentity {
    /// The digest.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for CardIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardIdentity({}…)", hex::encode(&self.0[..2]))
    }
}

/// APDUs and bytes, commands and answers with their status words.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Command-answer pairs.
    pub apdus: u32,
    /// Bytes to the card.
    pub sent: u64,
    /// Bytes from the card.
    pub received: u64,
}

impl Traffic {
    fn since(self, earlier: Self) -> Self {
        Self {
            apdus: self.apdus - earlier.apdus,
            sent: self.sent - earlier.sent,
            received: self.received - earlier.received,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            apdus: self.apdus + other.apdus,
            sent: self.sent + other.sent,
            received: self.received + other.received,
        }
    }
}

/// What a job took. The parts do not overlap.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// The job itself, log-out included.
    pub job: Traffic,
    /// Reading the signing certificate within a signature job.
    pub certificate: Traffic,
    /// Reading what the integrity check needs.
    pub integrity: Traffic,
}

impl Cost {
    /// All of it.
    #[must_use]
    pub fn total(self) -> Traffic {
        self.job.plus(self.certificate).plus(self.integrity)
    }
}

/// The four attributes, code point by code point as on the card.
#[derive(Clone, PartialEq, Eq)]
pub struct Attributes {
    /// 氏名: family name, U+3000, given name.
    pub name: String,
    /// 住所.
    pub address: String,
    /// 生年月日, as written.
    pub birth: CardDate,
    /// 性別.
    pub sex: Sex,
    /// Whether the above is what the issuer wrote.
    pub integrity: Integrity,
}

impl fmt::Debug for Attributes {
    // A debug line ends up in logs; a person must not.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attributes")
            .field("integrity", &self.integrity)
            .finish_non_exhaustive()
    }
}

/// The result of a signature job.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signing certificate, DER. Names its holder in full.
    pub certificate: Vec<u8>,
    /// One PKCS#1 v1.5 signature per digest, in order; each was verified under the certificate.
    pub signatures: Vec<Vec<u8>>,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signed")
            .field("signatures", &self.signatures.len())
            .finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extended {
    No,
    Works,
}

/// A card in a session of its own: nobody else may reach it between the first command and [`CardSession::log_out`].
#[expect(
    clippy::struct_excessive_bools,
    reason = "four unrelated facts about one card, none of which excludes another"
)]
pub struct CardSession<T> {
    link: T,
    policy: Policy,
    traffic: Traffic,
    /// The application selected by us in this power session.
    at: Option<Application>,
    tries: Tries,
    identity: Option<CardIdentity>,
    has_sign_cert: bool,
    has_auth_cert: bool,
    extended: Extended,
    /// File 0004, if the extended-length probe brought it.
    issuer: Option<Zeroizing<Vec<u8>>>,
    /// READ BINARY by short identifier makes the file current (ISO 7816-4); unlearnt if the card shows otherwise.
    read_selects: bool,
    /// No command was answered yet.
    fresh: bool,
    /// A transmission failed: the handle may by now reach another card.
    dead: Option<TransmitError>,
    probing: Box<dyn Fn(bool) + Send>,
}

impl<T: Transmit> CardSession<T> {
    /// Begins a session on a freshly connected card. Sends nothing yet.
    pub fn new(link: T, policy: Policy) -> Self {
        Self {
            link,
            policy,
            traffic: Traffic::default(),
            at: None,
            tries: Tries::default(),
            identity: None,
            has_sign_cert: false,
            has_auth_cert: false,
            extended: Extended::No,
            issuer: None,
            read_selects: true,
            fresh: true,
            dead: None,
            probing: Box::new(|_| {}),
        }
    }

    /// Calls `notice(true)` before and `notice(false)` after the extended-length probe. A probe that never came
    /// back is how a reader shows that it must not be asked again.
    #[must_use]
    pub fn on_probe(mut self, notice: impl Fn(bool) + Send + 'static) -> Self {
        self.probing = Box::new(notice);
        self
    }

    /// All traffic so far.
    pub fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// Whether the card can no longer be reached: its owner should let go of it without touching its power.
    pub fn is_lost(&self) -> bool {
        match &self.dead {
            // Reset is also how a card counts that would not log out: its power must be cut.
            None | Some(TransmitError::Reset(_)) => false,
            Some(_) => true,
        }
    }

    /// Gives the transport back, for its owner to cut the power.
    pub fn into_inner(self) -> T {
        self.link
    }

    // ---- looking -------------------------------------------------------------------------------------------

    /// Reads what the card says without a PIN; costs no tries. 10 APDUs on a plain card, 11 with the probe.
    ///
    /// # Errors
    /// Why this card cannot be worked with.
    pub fn look(&mut self) -> Result<Look, Unusable> {
        // Power-up has the ISD current, so this needs no SELECT; it is also the throw-away command that some
        // cards want after power-up.
        let expiry = self.expiry_from_isd().map_err(Unusable::Failed)?;
        let token = self.enter_jpki()?;
        self.read_availability().map_err(Unusable::Failed)?;
        self.ask_tries(SecretKind::Auth).map_err(Unusable::Failed)?;
        self.ask_tries(SecretKind::Sign).map_err(Unusable::Failed)?;
        let (identity, expiry) = self.first_identity(expiry).map_err(Unusable::Failed)?;
        self.identity = Some(identity);
        self.enter_text()?;
        self.ask_tries(SecretKind::Attributes)
            .map_err(Unusable::Failed)?;
        self.probe_extended_length().map_err(Unusable::Failed)?;
        Ok(Look {
            token,
            tries: self.tries,
            has_sign_cert: self.has_sign_cert,
            has_auth_cert: self.has_auth_cert,
            card_expiry: expiry,
            identity,
            extended_length: self.extended == Extended::Works,
        })
    }

    fn expiry_from_isd(&mut self) -> Result<Option<CardDate>, CardError> {
        let answer = self.send(&Command::get_data(EXPIRY))?;
        Ok(match answer.status {
            StatusWord::OK => CardDate::parse(&answer.data).ok(),
            _ => None,
        })
    }

    fn enter_jpki(&mut self) -> Result<Token, Unusable> {
        let select = Command::select(Application::Jpki);
        let answer = self.send(&select).map_err(Unusable::Failed)?;
        match answer.status {
            StatusWord::OK => self.at = Some(Application::Jpki),
            // A status about the card's own health is not a word about what kind of card it is.
            StatusWord(0x6400..=0x65FF | 0x6F00..=0x6FFF) => {
                return Err(Unusable::Failed(refused(&select, answer.status)));
            }
            _ => return Err(Unusable::NotMyNumberCard { token: None }),
        }
        let command = Command::read_file(jpki::TOKEN, LABEL_LENGTH);
        let answer = self.send(&command).map_err(Unusable::Failed)?;
        if answer.status != StatusWord::OK {
            return Err(Unusable::Failed(refused(&command, answer.status)));
        }
        if answer.data.len() != LABEL_LENGTH {
            let problem = Malformed::Length {
                length: answer.data.len(),
                expected: LABEL_LENGTH,
            };
            return Err(Unusable::Failed(garbage(&command, problem)));
        }
        match Token::from_label(&answer.data) {
            token @ (Token::Android | Token::Iphone) => Err(Unusable::Smartphone(token)),
            token @ Token::OldCard => Err(Unusable::NotMyNumberCard { token: Some(token) }),
            token @ (Token::Card | Token::Other(_)) => Ok(token),
        }
    }

    fn enter_text(&mut self) -> Result<(), Unusable> {
        match self.select(Application::Text) {
            Err(CardError::Status {
                status: StatusWord(0x6A82),
                ..
            }) => Err(Unusable::Incomplete {
                missing: Application::Text,
            }),
            other => other.map_err(Unusable::Failed),
        }
    }

    fn read_availability(&mut self) -> Result<(), CardError> {
        let command = Command::read_file(jpki::AVAILABILITY, 3);
        let data = self.expect(&command)?;
        match data[..] {
            [sign, auth, _] => {
                self.has_sign_cert = sign == jpki::PRESENT;
                self.has_auth_cert = auth == jpki::PRESENT;
                Ok(())
            }
            _ => Err(garbage(
                &command,
                Malformed::Length {
                    length: data.len(),
                    expected: 3,
                },
            )),
        }
    }

    /// Asks a counter; the application of the secret must be selected.
    fn ask_tries(&mut self, secret: SecretKind) -> Result<(), CardError> {
        let command = Command::tries(secret);
        let status = self.send(&command)?.status;
        let left = match status {
            _ if status.tries_left().is_some() => status.tries_left(),
            _ if status.is_blocked() => Some(0),
            // "No limit", "verified already", "no such key": the card does not say how many.
            StatusWord(0x6300 | 0x9000 | 0x6A82 | 0x6A88) => None,
            _ => return Err(refused(&command, status)),
        };
        self.tries.set(secret, left);
        Ok(())
    }

    fn first_identity(
        &mut self,
        expiry: Option<CardDate>,
    ) -> Result<(CardIdentity, Option<CardDate>), CardError> {
        let mut expiry = expiry;
        let mut identity = None;
        if self.has_auth_cert {
            identity = Some(self.certificate_identity()?);
        }
        if expiry.is_none() || identity.is_none() {
            self.select(Application::Common)?;
            let (common, last_day) = self.common_identity()?;
            identity = identity.or(Some(common));
            expiry = expiry.or(last_day);
        }
        match identity {
            Some(identity) => Ok((identity, expiry)),
            None => Err(CardError::NoAuthCertificate),
        }
    }

    /// The head of the authentication certificate; the JPKI application must be selected.
    fn certificate_identity(&mut self) -> Result<CardIdentity, CardError> {
        let command = Command::read_file(jpki::AUTH_CERTIFICATE, CERTIFICATE_HEAD);
        let head = self.expect(&command)?;
        certificate_identity(&head).map_err(|problem| garbage(&command, problem))
    }

    /// Serial number and last day; the common application must be selected.
    fn common_identity(&mut self) -> Result<(CardIdentity, Option<CardDate>), CardError> {
        let command = Command::read_first_record(COMMON_CARD);
        let record = self.expect(&command)?;
        match record.as_slice() {
            [0x01, 0x1C, digits @ ..] if digits.len() == 28 => {
                let last_day = digits
                    .get(20..)
                    .and_then(|digits| CardDate::parse(digits).ok());
                Ok((digest_identity(b"common", digits), last_day))
            }
            other => Err(garbage(
                &command,
                Malformed::Length {
                    length: other.len(),
                    expected: 30,
                },
            )),
        }
    }

    /// Learns whether long answers come through, by reading the one long file that needs no PIN. Only where the
    /// card's own information byte offers extended length.
    fn probe_extended_length(&mut self) -> Result<(), CardError> {
        if !self.policy.extended_length {
            return Ok(());
        }
        let answer = self.send(&Command::read_file(text_files::INFORMATION, 16))?;
        if answer.status != StatusWord::OK || !offers_extended_length(&answer.data) {
            return Ok(());
        }
        (self.probing)(true);
        let answer = self.send(&Command::read_file_extended(text_files::ISSUER))?;
        (self.probing)(false);
        // A card that cuts the answer at 256 bytes has not shown that it can do more.
        if answer.status == StatusWord::OK && answer.data.len() > SHORT_CHUNK {
            self.extended = Extended::Works;
            let claims = tlv::header(&answer.data, 0).map_or(0, tlv::Header::total);
            if (1..=answer.data.len()).contains(&claims) {
                self.issuer = Some(answer.data);
            }
        }
        Ok(())
    }

    // ---- jobs ----------------------------------------------------------------------------------------------

    /// Verifies the PIN, reads the four attributes, logs out. Three APDUs for a plain record; the integrity check
    /// comes on top.
    ///
    /// # Errors
    /// [`CardError`]; the PIN was sent only if the error is `WrongPin`, `Locked` after a try, or about a read.
    pub fn attributes(&mut self, pin: &Pin) -> Result<(Attributes, Cost), CardError> {
        let start = self.traffic;
        self.arm(Application::Text)?;
        let mut verified = self.verify_attributes(pin)?;
        let read = verified.attributes();
        self.leave_for(Application::Jpki);
        let (attributes, integrity) = read?;
        let all = self.traffic.since(start);
        let cost = Cost {
            job: all.since(integrity),
            certificate: Traffic::default(),
            integrity,
        };
        Ok((attributes, cost))
    }

    /// Reads the authentication certificate, which needs no PIN on a card. Eight APDUs (two with extended length).
    ///
    /// # Errors
    /// [`CardError`].
    pub fn auth_certificate(&mut self) -> Result<(Vec<u8>, Cost), CardError> {
        let start = self.traffic;
        if !self.has_auth_cert {
            return Err(CardError::NoAuthCertificate);
        }
        if self.at != Some(Application::Jpki) {
            // Nothing secret follows before the certificate itself shows whose card this is.
            self.select(Application::Jpki)?;
        }
        let certificate = match self.read_file(jpki::AUTH_CERTIFICATE) {
            Err(CardError::Status { step, status }) if status.is_wrong_place() => {
                return Err(self.lost(step));
            }
            other => other?,
        };
        let step = Step::Read {
            file: jpki::AUTH_CERTIFICATE,
            offset: 0,
        };
        let head = certificate.get(..CERTIFICATE_HEAD).unwrap_or(&certificate);
        let identity =
            certificate_identity(head).map_err(|problem| CardError::Garbage { step, problem })?;
        if self.identity.is_some_and(|known| known != identity) {
            self.at = None;
            return Err(CardError::Swapped);
        }
        x509(&certificate).map_err(|problem| CardError::Garbage { step, problem })?;
        let cost = Cost {
            job: self.traffic.since(start),
            ..Cost::default()
        };
        Ok((certificate.to_vec(), cost))
    }

    /// Verifies the signing password, reads the signing certificate, lets the caller make the digests from it,
    /// signs each, checks each signature, logs out. Three APDUs for one digest, and the certificate.
    ///
    /// # Errors
    /// [`CardError`]; after any of them the card is logged out or gone.
    pub fn sign(
        &mut self,
        password: &SignPassword,
        prepare: impl FnOnce(&[u8]) -> Result<Vec<[u8; 32]>, PrepareRefused>,
    ) -> Result<(Signed, Cost), CardError> {
        let start = self.traffic;
        if !self.has_sign_cert {
            return Err(CardError::NoSignCertificate);
        }
        self.arm(Application::Jpki)?;
        let mut verified = self.verify_sign(password)?;
        let signed = verified.sign(prepare);
        self.leave_for(Application::Text);
        let (signed, certificate) = signed?;
        let all = self.traffic.since(start);
        let cost = Cost {
            job: all.since(certificate),
            certificate,
            integrity: Traffic::default(),
        };
        Ok((signed, cost))
    }

    /// Leaves every application, which ends every security status. The owner then cuts the power.
    ///
    /// # Errors
    /// [`CardError`]; cutting the power ends the security status all the same.
    pub fn log_out(&mut self) -> Result<(), CardError> {
        self.select(Application::Isd)
    }

    // ---- secrets -------------------------------------------------------------------------------------------

    fn verify_attributes(&mut self, pin: &Pin) -> Result<AttributesOpen<'_, T>, CardError> {
        self.verify(SecretKind::Attributes, pin.bytes())?;
        Ok(AttributesOpen { session: self })
    }

    fn verify_sign(&mut self, password: &SignPassword) -> Result<SigningOpen<'_, T>, CardError> {
        self.verify(SecretKind::Sign, password.bytes())?;
        Ok(SigningOpen { session: self })
    }

    /// Sends a secret, unless that could spend the last try.
    ///
    /// The counter need not be asked again if this session has read it: nobody else can reach the card
    /// (`SCARD_SHARE_EXCLUSIVE`), a counter changes only by VERIFY, and ours are followed below. A card put in its
    /// place refuses before counting, because it has no application selected.
    fn verify(&mut self, secret: SecretKind, value: &[u8]) -> Result<(), CardError> {
        if self.tries.of(secret).is_none() {
            self.ask_tries(secret)?;
        }
        match self.tries.of(secret) {
            Some(0) => return Err(CardError::Locked { secret }),
            Some(1) => return Err(CardError::LastTryKept { secret }),
            // A card that does not say how many tries are left gets no secret it could be locked by.
            None => {
                let (step, status) = (Step::Tries(secret), StatusWord(0x6300));
                return Err(CardError::Status { step, status });
            }
            Some(_) => {}
        }
        let command = Command::verify(secret, value);
        let before = self.tries.of(secret);
        self.tries.set(secret, None);
        let status = self.send(&command)?.status;
        if status == StatusWord::OK {
            // Success resets the counter to its maximum, which is not below what it was.
            self.tries.set(secret, before);
            return Ok(());
        }
        match status.tries_left() {
            Some(left @ 1..) => {
                self.tries.set(secret, Some(left));
                Err(CardError::WrongPin { secret, left })
            }
            Some(0) => {
                self.tries.set(secret, Some(0));
                Err(CardError::Locked { secret })
            }
            None if status.is_blocked() => {
                self.tries.set(secret, Some(0));
                Err(CardError::Locked { secret })
            }
            None if status.is_wrong_place() => Err(self.lost(command.step)),
            None => Err(refused(&command, status)),
        }
    }

    // ---- moving between applications -----------------------------------------------------------------------

    fn select(&mut self, application: Application) -> Result<(), CardError> {
        self.at = None;
        self.expect(&Command::select(application))?;
        self.at = Some(application);
        Ok(())
    }

    /// Sees to it that `application` is selected on the card that was looked at.
    fn arm(&mut self, application: Application) -> Result<(), CardError> {
        if self.at == Some(application) {
            return Ok(());
        }
        self.prove_same_card()?;
        self.select(application)
    }

    /// Proves that the card that was looked at is still there, by something only it can answer: in the text
    /// application by answering there at all, elsewhere by its identity.
    fn prove_same_card(&mut self) -> Result<(), CardError> {
        if self.at == Some(Application::Text) {
            let command = Command::tries(SecretKind::Attributes);
            let status = self.send(&command)?.status;
            return if status.is_wrong_place() {
                Err(self.lost(command.step))
            } else {
                Ok(())
            };
        }
        let now = self.identify()?;
        match self.identity {
            Some(known) if known != now => Err(CardError::Swapped),
            _ => Ok(()),
        }
    }

    /// Reads the identity afresh, from wherever the card is.
    fn identify(&mut self) -> Result<CardIdentity, CardError> {
        if self.has_auth_cert {
            if self.at != Some(Application::Jpki) {
                self.select(Application::Jpki)?;
            }
            self.certificate_identity()
        } else {
            self.select(Application::Common)?;
            Ok(self.common_identity()?.0)
        }
    }

    /// The card answered as if our application were not selected: is it another card, or this one after a
    /// moment without power?
    fn lost(&mut self, step: Step) -> CardError {
        self.at = None;
        match self.identify() {
            Err(gone @ CardError::Gone { .. }) => gone,
            Ok(now) if self.identity == Some(now) => CardError::PowerLost { step },
            // Not even the kind of card that began.
            Ok(_) | Err(_) => CardError::Swapped,
        }
    }

    /// Ends the security status by leaving the application; `next` is where the next job begins. If the card
    /// will not go there, it is asked to go anywhere else; if it will not, cutting the power is what is left.
    fn leave_for(&mut self, next: Application) {
        if self.dead.is_some() || self.select(next).is_ok() || self.dead.is_some() {
            return;
        }
        if let Err(error) = self.select(Application::Isd) {
            tracing::warn!(%error, "the card could not be logged out; its power will be cut");
            // Nothing more may be done on a card that is perhaps still unlocked.
            self.dead = Some(TransmitError::Reset(pcsc::Error::ResetCard));
        }
    }

    // ---- files ---------------------------------------------------------------------------------------------

    /// Reads the object at the start of a file, filler cut off.
    fn read_file(&mut self, file: u8) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let (step, mut data) = self.read_head(file)?;
        let bad = |problem| CardError::Garbage { step, problem };
        let claims = tlv::header(&data, 0)
            .map_err(|error| bad(error.into()))?
            .total();
        if claims > LARGEST_FILE {
            return Err(bad(Malformed::TooLong { claims }));
        }
        if data.len() < claims {
            // Reserved at once: growing would leave unerased copies behind.
            let mut whole = Zeroizing::new(Vec::with_capacity(claims + 2 * SHORT_CHUNK));
            whole.extend_from_slice(&data);
            data = whole;
        }
        while data.len() < claims {
            let more = self.read_on(file, data.len(), claims)?;
            if more.is_empty() {
                return Err(bad(Malformed::Truncated {
                    claims,
                    have: data.len(),
                }));
            }
            let wanted = more.get(..claims - data.len()).unwrap_or(&more);
            data.extend_from_slice(wanted);
        }
        data.truncate(claims);
        Ok(data)
    }

    /// The first answer of a file: as long as card and reader are known to carry.
    fn read_head(&mut self, file: u8) -> Result<(Step, Zeroizing<Vec<u8>>), CardError> {
        if self.extended == Extended::Works {
            let command = Command::read_file_extended(file);
            let answer = self.send(&command)?;
            if answer.status != StatusWord(0x6700) {
                return Ok((command.step, accept(&command, answer)?));
            }
            self.extended = Extended::No;
        }
        let command = Command::read_file(file, SHORT_CHUNK);
        let data = self.expect(&command)?;
        Ok((command.step, data))
    }

    /// Reads on in the current file; an empty answer means its end.
    fn read_on(
        &mut self,
        file: u8,
        offset: usize,
        claims: usize,
    ) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let offset16 = u16::try_from(offset).unwrap_or(u16::MAX);
        let command = if self.extended == Extended::Works {
            Command::read_on_extended(file, offset16)
        } else {
            Command::read_on(file, offset16, claims - offset)
        };
        if !self.read_selects {
            self.expect(&Command::select_file(file))?;
        }
        let mut answer = self.send(&command)?;
        // No current file, or one that cannot be read: reading by short identifier did not make ours current.
        if self.read_selects && matches!(answer.status, StatusWord(0x6981 | 0x6986)) {
            self.read_selects = false;
            self.expect(&Command::select_file(file))?;
            answer = self.send(&command)?;
        }
        match answer.status {
            StatusWord(0x6B00) => Ok(Zeroizing::default()),
            _ => accept(&command, answer),
        }
    }

    // ---- the wire ------------------------------------------------------------------------------------------

    /// Sends and requires `9000` (or the warning "end of file reached", which carries data too).
    fn expect(&mut self, command: &Command) -> Result<Zeroizing<Vec<u8>>, CardError> {
        let answer = self.send(command)?;
        accept(command, answer)
    }

    /// Sends a command and sees to the answers that only concern the link: the first answer after power-up, and
    /// T=0 readers that make one ask again for length (`6Cxx`) or remainder (`61xx`).
    fn send(&mut self, command: &Command) -> Result<Response, CardError> {
        let mut answer = self.exchange(command, command.expected)?;
        if std::mem::take(&mut self.fresh) && answer.status == StatusWord(0x6F00) {
            answer = self.exchange(command, command.expected)?;
        }
        if let StatusWord(length @ 0x6C01..=0x6CFF) = answer.status
            && command.may_repeat()
        {
            let [_, count] = length.to_be_bytes();
            answer = self.exchange(&command.with_le(count), command.expected)?;
        }
        for _ in 0..16 {
            let StatusWord(more @ 0x6100..=0x61FF) = answer.status else {
                return Ok(answer);
            };
            let [_, count] = more.to_be_bytes();
            let rest = self.exchange(&Command::get_response(count), SHORT_CHUNK)?;
            answer.data.extend_from_slice(&rest.data);
            answer.status = rest.status;
        }
        Err(garbage(command, Malformed::Endless))
    }

    fn exchange(&mut self, command: &Command, expected: usize) -> Result<Response, CardError> {
        if let Some(source) = &self.dead {
            return Err(CardError::Gone {
                source: source.clone(),
            });
        }
        self.traffic.apdus += 1;
        self.traffic.sent += command.bytes().len() as u64;
        let mut bytes = match self.link.transmit(command.bytes()) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(source) => {
                self.dead = Some(source.clone());
                self.at = None;
                return Err(CardError::Gone { source });
            }
        };
        self.traffic.received += bytes.len() as u64;
        let length = bytes.len();
        let Some((_, &[high, low])) = bytes.split_last_chunk::<2>() else {
            return Err(garbage(command, Malformed::NoStatus { length }));
        };
        bytes.truncate(length - 2);
        let status = StatusWord(u16::from_be_bytes([high, low]));
        tracing::trace!(command = ?command, %status, data = bytes.len(), "apdu");
        // Commands that ask for nothing are judged by their status alone.
        if expected > 0 && bytes.len() > expected {
            let problem = Malformed::TooMuch {
                asked: expected,
                received: bytes.len(),
            };
            return Err(garbage(command, problem));
        }
        Ok(Response {
            data: bytes,
            status,
        })
    }
}

/// The text application with its PIN verified.
struct AttributesOpen<'s, T> {
    session: &'s mut CardSession<T>,
}

impl<T: Transmit> AttributesOpen<'_, T> {
    fn attributes(&mut self) -> Result<(Attributes, Traffic), CardError> {
        let file = match self.session.read_file(text_files::ATTRIBUTES) {
            // Verified a moment ago, and now it wants the PIN: not the card, or not the power session.
            Err(CardError::Status { step, status }) if status.is_wrong_place() => {
                return Err(self.session.lost(step));
            }
            other => other?,
        };
        let step = Step::Read {
            file: text_files::ATTRIBUTES,
            offset: 0,
        };
        let record =
            TextRecord::parse(&file).map_err(|problem| CardError::Garbage { step, problem })?;
        let start = self.session.traffic;
        let digested = file.get(record.digested.clone()).unwrap_or_default();
        let integrity = self.integrity(digested)?;
        let attributes = Attributes {
            name: record.name,
            address: record.address,
            birth: record.birth,
            sex: record.sex,
            integrity,
        };
        Ok((attributes, self.session.traffic.since(start)))
    }

    fn integrity(&mut self, digested: &[u8]) -> Result<Integrity, CardError> {
        if !self.session.policy.check_integrity {
            return Ok(Integrity::NotChecked(NotChecked::SwitchedOff));
        }
        let record = match self.evidence(text_files::INTEGRITY)? {
            Ok(record) => record,
            Err(verdict) => return Ok(verdict),
        };
        let issuer = match self.session.issuer.take() {
            Some(issuer) => issuer,
            None => match self.evidence(text_files::ISSUER)? {
                Ok(issuer) => issuer,
                Err(verdict) => return Ok(verdict),
            },
        };
        let verdict = integrity::judge(digested, &record, &issuer, &self.session.policy.roots);
        self.session.issuer = Some(issuer);
        Ok(verdict)
    }

    /// Reads a file of the proof. A card that refuses or garbles one still has attributes to give: the verdict
    /// says what is missing. Only a lost card ends the job.
    fn evidence(&mut self, file: u8) -> Result<Result<Zeroizing<Vec<u8>>, Integrity>, CardError> {
        match self.session.read_file(file) {
            Ok(bytes) => Ok(Ok(bytes)),
            Err(CardError::Status { status, .. }) => {
                Ok(Err(Integrity::NotChecked(NotChecked::Unreadable {
                    file,
                    status,
                })))
            }
            Err(CardError::Garbage { problem, .. }) => {
                let broken = match file {
                    text_files::INTEGRITY => integrity::Broken::Record(problem),
                    _ => integrity::Broken::Issuer(problem),
                };
                Ok(Err(Integrity::Broken(broken)))
            }
            Err(error) => Err(error),
        }
    }
}

/// The JPKI application with the signing password verified: the only state in which one can sign.
struct SigningOpen<'s, T> {
    session: &'s mut CardSession<T>,
}

impl<T: Transmit> SigningOpen<'_, T> {
    fn sign(
        &mut self,
        prepare: impl FnOnce(&[u8]) -> Result<Vec<[u8; 32]>, PrepareRefused>,
    ) -> Result<(Signed, Traffic), CardError> {
        let start = self.session.traffic;
        let certificate = match self.session.read_file(jpki::SIGN_CERTIFICATE) {
            Err(CardError::Status { step, status }) if status.is_wrong_place() => {
                return Err(self.session.lost(step));
            }
            other => other?.to_vec(),
        };
        let cost = self.session.traffic.since(start);
        let step = Step::Read {
            file: jpki::SIGN_CERTIFICATE,
            offset: 0,
        };
        let key =
            rsa_key_of(&certificate).map_err(|problem| CardError::Garbage { step, problem })?;
        let digests = prepare(&certificate).map_err(CardError::Refused)?;
        let mut signatures = Vec::with_capacity(digests.len());
        for (index, digest) in digests.iter().enumerate() {
            let command = Command::sign(digest);
            let signature = match self.session.expect(&command) {
                Err(CardError::Status { step, status }) if status.is_wrong_place() => {
                    return Err(self.session.lost(step));
                }
                other => other?,
            };
            if !integrity::verifies(&key, digest, &signature) {
                return Err(CardError::BadSignature { index });
            }
            signatures.push(signature.to_vec());
        }
        Ok((
            Signed {
                certificate,
                signatures,
            },
            cost,
        ))
    }
}

fn refused(command: &Command, status: StatusWord) -> CardError {
    CardError::Status {
        step: command.step,
        status,
    }
}

fn garbage(command: &Command, problem: Malformed) -> CardError {
    CardError::Garbage {
        step: command.step,
        problem,
    }
}

fn accept(command: &Command, answer: Response) -> Result<Zeroizing<Vec<u8>>, CardError> {
    match answer.status {
        // 6282: the file ended before Le bytes; some cards say so where ours just answers less.
        StatusWord(0x9000 | 0x6282) => Ok(answer.data),
        status => Err(refused(command, status)),
    }
}

/// `DF41 04 <version> <extended length> <maker> <own>` inside file 0005; `03` in the second byte offers it.
fn offers_extended_length(information: &[u8]) -> bool {
    information
        .windows(5)
        .find(|window| window.starts_with(&[0xDF, 0x41, 0x04]))
        .is_some_and(|window| window.last() == Some(&0x03))
}

/// The head of a certificate must at least be one: `30 82 …`.
fn certificate_identity(head: &[u8]) -> Result<CardIdentity, Malformed> {
    match tlv::header(head, 0)? {
        tlv::Header { tag: 0x30, .. } if head.len() == CERTIFICATE_HEAD => {
            Ok(digest_identity(b"auth", head))
        }
        tlv::Header { tag: 0x30, .. } => Err(Malformed::Length {
            length: head.len(),
            expected: CERTIFICATE_HEAD,
        }),
        tlv::Header { tag, .. } => Err(Malformed::Tag {
            expected: 0x30,
            found: tag,
        }),
    }
}

fn digest_identity(kind: &[u8], bytes: &[u8]) -> CardIdentity {
    let mut hash = Sha256::new();
    hash.update(b"ubugoe card identity 1 ");
    hash.update(kind);
    hash.update(bytes);
    CardIdentity(hash.finalize().into())
}

/// Deepest nesting of a card's certificate is nine; deeper input is refused before it costs stack.
const MAX_DER_DEPTH: usize = 16;

/// Whether no length promises more than there is, at any level of the DER.
///
/// The typed decoder takes memory for a value's length before it looks whether the value is there: up to 256 MiB for a
/// certificate of one KiB (der 0.7.10, `Reader::read_vec`).
fn lengths_fit(bytes: &[u8], depth: usize) -> bool {
    const CONSTRUCTED: u8 = 0x20;
    let Ok(mut reader) = der::SliceReader::new(bytes) else {
        return false;
    };
    while !reader.is_finished() {
        let Ok(value) = reader.tlv_bytes().and_then(der::asn1::AnyRef::from_der) else {
            return false;
        };
        let inside = value.tag().octet() & CONSTRUCTED != 0;
        if inside && (depth == 0 || !lengths_fit(value.value(), depth.saturating_sub(1))) {
            return false;
        }
    }
    true
}

fn x509(certificate: &[u8]) -> Result<Certificate, Malformed> {
    if !lengths_fit(certificate, MAX_DER_DEPTH) {
        return Err(Malformed::Certificate {
            why: "a length promises more than there is".to_owned(),
        });
    }
    Certificate::from_der(certificate).map_err(|error| Malformed::Certificate {
        why: error.to_string(),
    })
}

fn rsa_key_of(certificate: &[u8]) -> Result<rsa::RsaPublicKey, Malformed> {
    let certificate = x509(certificate)?;
    let key = &certificate
        .tbs_certificate
        .subject_public_key_info
        .subject_public_key;
    let bytes = key.as_bytes().ok_or(Malformed::KeyKind)?;
    rsa::RsaPublicKey::from_pkcs1_der(bytes).map_err(|_| Malformed::KeyKind)
}

#[cfg(test)]
#[path = "session_tests.rs"]
pub(crate) mod tests;
