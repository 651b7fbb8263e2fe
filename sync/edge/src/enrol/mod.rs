//! How this device gets its keys, its certificate and everything it must know: all of it, or nothing, whenever the power goes.
//!
//! ```text
//!  asked               keys (as they rest: with a TPM, wrapped by it), request, pin: written before anything leaves the device, so that a lost answer can be asked for again
//!  00000001.device.sign  ┐
//!  00000001.…            ├ everything the configuration names, synced one after the other
//!  00000001.bundle       ┘
//!  kiosk.toml          last: from this moment the device is enrolled. Without it nothing else here counts
//! ```
//! Each file appears whole or not at all. Another enrolment (another ward) writes another generation, replaces `kiosk.toml`, and
//! only then removes the generation before. What a cut left over is removed at the next start.

#[cfg(test)]
mod crash_tests;
mod kiosk;

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::WebPkiClientVerifier;
use ubugoe_protocol::enrol::{Answer, AnswerError, Bundle, Core, Pin, Purpose, device_of};
use ubugoe_protocol::{
    DeviceId, KeyError, RecipientSecretKey, SignedError, SigningKey, WireError, digest,
};
use zeroize::Zeroizing;

use crate::disk::{self, DRAFT, Disk, Folder};
use crate::identity::{self, IdentityError};
use crate::keys::{self, KeyTrouble};
use crate::tpm::{self, Tpm, TpmError};

/// The configuration of the kiosk, in the folder of the enrolment.
pub const KIOSK: &str = "kiosk.toml";
const ASKED: &str = "asked";

/// Where a device keeps things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What enrolment writes.
    pub enrolled: PathBuf,
    /// Outbox, drafts, and what else the kiosk keeps.
    pub data: PathBuf,
    /// Its certificates for the broker, in generations.
    pub identities: PathBuf,
    /// The ward's open birth certificates.
    pub certificates: PathBuf,
    /// What technicians did.
    pub audit: PathBuf,
    /// Where its TPM would be.
    pub tpm: PathBuf,
}

impl Layout {
    /// Everything below one folder.
    #[must_use]
    pub fn below(home: &Path) -> Self {
        Self {
            enrolled: home.join("device"),
            data: home.join("data"),
            identities: home.join("identity"),
            certificates: home.join("certificates"),
            audit: home.join("technician.log"),
            tpm: PathBuf::from(tpm::DEVICE),
        }
    }
}

/// Why a device was not enrolled. It is what it was before.
#[derive(Debug, thiserror::Error)]
pub enum EnrolError {
    /// The folder could not be read or written.
    #[error("cannot {doing} in the folder of the enrolment")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// A key could not be made or read.
    #[error("a key of the device is unusable")]
    Key(#[from] KeyError),
    /// There is a TPM, and it does not do its part.
    #[error("the device's TPM does not do it")]
    Tpm(#[from] TpmError),
    /// The key for TLS.
    #[error("the key for TLS is unusable")]
    Tls(#[from] KeyTrouble),
    /// The request for the certificate.
    #[error("no request for a certificate")]
    Identity(#[from] IdentityError),
    /// The request could not be signed.
    #[error("the request cannot be signed")]
    Sign(#[from] SignedError),
    /// The answer is not one.
    #[error("the answer is not readable")]
    Wire(#[from] WireError),
    /// The answer is not the city's.
    #[error("the answer is not taken")]
    Answer(#[from] AnswerError),
    /// The chain.
    #[error("the certificate does not come from the city's root")]
    Chain(#[source] rustls::Error),
    /// The city's root cannot be used at all.
    #[error("the city's root cannot be used")]
    Root(#[from] rustls::server::VerifierBuilderError),
    /// The answer is for somebody else, or for an earlier request.
    #[error("the answer is for {0}")]
    Elsewhere(&'static str),
    /// Nothing was asked.
    #[error("this device asked nothing")]
    NotAsked,
    /// Something this device needs cannot be read.
    #[error("{0} is unreadable")]
    Unreadable(&'static str),
}

fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> EnrolError {
    move |source| EnrolError::Disk { doing, source }
}

/// Keys that stay on the device.
#[derive(Clone)]
pub struct DeviceKeys {
    /// Signs what it sends.
    pub sign: SigningKey,
    /// Opens what is sent to it.
    pub open: RecipientSecretKey,
}

impl std::fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DeviceKeys(***)")
    }
}

impl DeviceKeys {
    fn generate() -> Result<Self, EnrolError> {
        Ok(Self {
            sign: SigningKey::generate()?,
            open: RecipientSecretKey::generate()?,
        })
    }

    /// Read from the lines of their files, by the TPM if they rest there.
    ///
    /// # Errors
    /// [`EnrolError::Tpm`], [`EnrolError::Key`].
    pub fn of(sign: &str, open: &str, tpm: &Tpm) -> Result<Self, EnrolError> {
        Ok(Self {
            sign: SigningKey::from_text(&keys::secret(sign, tpm)?)?,
            open: RecipientSecretKey::from_text(&keys::secret(open, tpm)?)?,
        })
    }

    /// The device's id, which follows from its key.
    ///
    /// # Errors
    /// When the key is unusable.
    pub fn device(&self) -> Result<DeviceId, EnrolError> {
        Ok(device_of(&self.sign.verifying()?))
    }
}

/// How far this device is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody enrolled it.
    Nothing,
    /// It has asked, and has no answer.
    Asked,
    /// It is enrolled.
    Enrolled,
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskedFor {
    /// Who asks.
    pub device: DeviceId,
    /// The device's part of the request, signed.
    pub core: Vec<u8>,
    /// Whose answer it takes.
    pub pin: Pin,
}

/// The folder of an enrolment. One process may have it open.
#[derive(Debug)]
pub struct Enrolment {
    disk: Box<dyn Disk>,
    layout: Layout,
    /// The generation in use, if any.
    current: Option<u32>,
    asked: Option<Pending>,
}

struct Pending {
    /// As they rest.
    sign: Zeroizing<String>,
    open: Zeroizing<String>,
    tls: Zeroizing<Vec<u8>>,
    core: Vec<u8>,
    pin: Pin,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Pending(***)")
    }
}

fn name(generation: u32, of: &str) -> String {
    format!("{generation:08}.{of}")
}

fn generation(name: &str) -> Option<u32> {
    name.split_once('.')?.0.parse().ok()
}

impl Enrolment {
    /// Opens the folder and clears what a cut left half done.
    ///
    /// # Errors
    /// When the folder cannot be made, read or written.
    pub fn open(layout: Layout) -> Result<Self, EnrolError> {
        let folder = Folder::make(&layout.enrolled).map_err(failed("make it"))?;
        Self::on(Box::new(folder), layout)
    }

    fn on(disk: Box<dyn Disk>, layout: Layout) -> Result<Self, EnrolError> {
        let mut found = Self {
            disk,
            layout,
            current: None,
            asked: None,
        };
        let names = found.disk.names().map_err(failed("list"))?;
        if names.iter().any(|name| name == KIOSK) {
            let text = found.disk.read(KIOSK).map_err(failed("read"))?;
            let text = std::str::from_utf8(&text).map_err(|_| EnrolError::Unreadable(KIOSK))?;
            let number = kiosk::generation(text).ok_or(EnrolError::Unreadable(KIOSK))?;
            found.current = Some(number);
        }
        let of_others = |name: &&String| {
            *name == DRAFT || generation(name).is_some_and(|g| Some(g) != found.current)
        };
        let left_over: Vec<String> = names.iter().filter(of_others).cloned().collect();
        for name in &left_over {
            found.remove(name)?;
        }
        if names.iter().any(|name| name == ASKED) {
            let bytes = found.disk.read(ASKED).map_err(failed("read"))?;
            found.asked = Some(Pending::from_bytes(&bytes)?);
        }
        // The answer came and everything is written: only the note of the question was left.
        let answered = match (&found.asked, found.current) {
            (Some(asked), Some(current)) => {
                let bundle = found.disk.read(&name(current, "request"));
                bundle.is_ok_and(|done| *done == digest(&asked.core))
            }
            _ => false,
        };
        if answered {
            found.remove(ASKED)?;
            found.asked = None;
        }
        Ok(found)
    }

    /// How far it is.
    #[must_use]
    pub const fn state(&self) -> State {
        match (self.current, &self.asked) {
            (Some(_), _) => State::Enrolled,
            (None, Some(_)) => State::Asked,
            (None, None) => State::Nothing,
        }
    }

    /// The kiosk's configuration.
    #[must_use]
    pub fn kiosk(&self) -> PathBuf {
        self.layout.enrolled.join(KIOSK)
    }

    /// The device's two keys of one line, as they rest, once it is enrolled.
    fn resting(&mut self) -> Result<[Zeroizing<String>; 2], EnrolError> {
        let current = self.current.ok_or(EnrolError::NotAsked)?;
        let sign = self.text(&name(current, "device.sign"))?;
        let open = self.text(&name(current, "device.hpke"))?;
        Ok([sign, open].map(|line| Zeroizing::new(line.trim_end().to_owned())))
    }

    /// Whether the device's keys rest in its TPM, once it is enrolled.
    #[must_use]
    pub fn in_tpm(&mut self) -> bool {
        self.resting()
            .is_ok_and(|[sign, _]| keys::line_in_tpm(&sign))
    }

    /// The pin of the city that this device belongs to, and the certificate it was delivered with (chain and key, PEM).
    ///
    /// # Errors
    /// As [`Enrolment::keys`].
    pub fn delivered(&mut self) -> Result<(Pin, Zeroizing<String>, Zeroizing<String>), EnrolError> {
        let current = self.current.ok_or(EnrolError::NotAsked)?;
        let pin = self.text(&name(current, "pin"))?;
        Ok((
            pin.trim_end()
                .parse()
                .map_err(|_| EnrolError::Unreadable("the pin"))?,
            self.text(&name(current, "device.pem"))?,
            self.text(&name(current, "device.key"))?,
        ))
    }

    /// Where the device stands, as staff call it; `None` before it is enrolled.
    #[must_use]
    pub fn ward(&mut self) -> Option<String> {
        let current = self.current?;
        let text = self.text(&name(current, "ward")).ok()?;
        Some(text.trim_end_matches('\n').to_owned())
    }

    fn text(&mut self, name: &str) -> Result<Zeroizing<String>, EnrolError> {
        let bytes = self.disk.read(name).map_err(failed("read"))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| EnrolError::Unreadable("a key"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// Makes keys and a request, or goes on with what was asked of the same city before. A device that has a TPM makes them there; one
    /// that is enrolled asks with the keys it has, and they stay where they are. `at`: seconds since 1970 UTC.
    ///
    /// # Errors
    /// When keys cannot be made or kept; then nothing may be sent.
    pub fn ask(&mut self, pin: Pin, at: i64) -> Result<AskedFor, EnrolError> {
        let same = self.asked.as_ref().is_some_and(|asked| asked.pin == pin);
        if !same {
            let (tpm, keys, [sign, open]) = if self.current.is_some() {
                let [sign, open] = self.resting()?;
                let tpm = Tpm::at(&self.layout.tpm);
                let keys = DeviceKeys::of(&sign, &open, &tpm)?;
                (keys::line_in_tpm(&sign).then_some(tpm), keys, [sign, open])
            } else {
                let (tpm, keys) = (Tpm::found(&self.layout.tpm)?, DeviceKeys::generate()?);
                let sign = keys::at_rest(&keys.sign.to_text(), tpm.as_ref())?;
                let open = keys::at_rest(&keys.open.to_text(), tpm.as_ref())?;
                (tpm, keys, [sign, open])
            };
            let device = keys.device()?;
            let (asked, tls) = identity::request_for(&device, tpm.as_ref())?;
            let core = Core {
                purpose: Purpose::Enrol,
                csr: asked.der,
                sign: keys.sign.verifying()?,
                seal: keys.open.public()?,
                at,
            };
            let pending = Pending {
                core: core.sign(&keys.sign)?,
                sign,
                open,
                tls,
                pin,
            };
            let bytes = pending.to_bytes();
            self.put(ASKED, &bytes)?;
            self.asked = Some(pending);
        }
        self.asked()
    }

    /// What waits for its answer.
    ///
    /// # Errors
    /// [`EnrolError::NotAsked`].
    pub fn asked(&self) -> Result<AskedFor, EnrolError> {
        let asked = self.asked.as_ref().ok_or(EnrolError::NotAsked)?;
        Ok(AskedFor {
            device: Core::verify(&asked.core)?.device(),
            core: asked.core.clone(),
            pin: asked.pin,
        })
    }

    /// Forgets what was asked: the code was wrong, or the city said no.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn give_up(&mut self) -> Result<(), EnrolError> {
        if self.asked.take().is_some() {
            self.remove(ASKED)?;
        }
        Ok(())
    }

    /// Takes the answer: verifies every part of it, then writes everything. On an error the device is what it was.
    ///
    /// # Errors
    /// [`EnrolError`].
    pub fn take(&mut self, answer: &[u8]) -> Result<Bundle, EnrolError> {
        let asked = self.asked.as_ref().ok_or(EnrolError::NotAsked)?;
        let bundle = verified(answer, &asked.pin)?;
        if bundle.request != digest(&asked.core) {
            return Err(EnrolError::Elsewhere("an earlier question"));
        }
        if bundle.device != Core::verify(&asked.core)?.device() {
            return Err(EnrolError::Elsewhere("another device"));
        }
        let pem = identity::joined_pem(&keys::first(&asked.tls)?, bundle.chain_pem.as_bytes());
        identity::fits(0, pem, &bundle.device, bundle.at)?;
        let generation = self.current.unwrap_or(0) + 1;
        let files = files(asked, &bundle)?;
        let tpm = keys::line_in_tpm(&asked.sign).then_some(&*self.layout.tpm);
        let toml = kiosk::text(generation, &self.layout, tpm, &bundle);
        for (of, bytes) in &files {
            self.put(&name(generation, of), bytes)?;
        }
        self.put(KIOSK, toml.as_bytes())?;
        let before = self.current.replace(generation);
        self.asked = None;
        self.remove(ASKED)?;
        if before.is_some() {
            let old = self.disk.names().map_err(failed("list"))?;
            let old = old
                .iter()
                .filter(|name| self::generation(name).is_some_and(|g| g != generation));
            for name in old.cloned().collect::<Vec<_>>() {
                self.remove(&name)?;
            }
        }
        Ok(bundle)
    }

    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), EnrolError> {
        disk::put(self.disk.as_mut(), name, bytes).map_err(failed("write"))
    }

    fn remove(&mut self, name: &str) -> Result<(), EnrolError> {
        let disk = &mut self.disk;
        disk.remove(name)
            .and_then(|()| disk.sync_names())
            .map_err(failed("remove"))
    }
}

/// The last moment of a bundle's certificate, seconds since 1970 UTC.
#[must_use]
pub fn until(bundle: &Bundle) -> Option<i64> {
    let life = identity::validity(bundle.chain_pem.as_bytes());
    life.ok().map(|(_, until)| until)
}

/// The end of a file's name, and what it holds.
type Part = (String, Zeroizing<Vec<u8>>);

/// Everything of a bundle but the configuration, by the end of its name.
fn files(asked: &Pending, bundle: &Bundle) -> Result<Vec<Part>, EnrolError> {
    let line = |text: &str| Zeroizing::new(format!("{text}\n").into_bytes());
    let mut files = vec![
        ("device.sign".to_owned(), line(&asked.sign)),
        ("device.hpke".to_owned(), line(&asked.open)),
        ("device.key".to_owned(), keys::first(&asked.tls)?),
        (
            "device.pem".to_owned(),
            Zeroizing::new(bundle.chain_pem.clone().into_bytes()),
        ),
        (
            "broker-ca.pem".to_owned(),
            Zeroizing::new(bundle.broker_ca_pem.clone().into_bytes()),
        ),
        (
            "sign-roots.pem".to_owned(),
            Zeroizing::new(bundle.sign_roots_pem.clone().into_bytes()),
        ),
        ("pin".to_owned(), line(&asked.pin.to_text())),
        ("ward".to_owned(), line(&bundle.ward)),
        (
            "request".to_owned(),
            Zeroizing::new(digest(&asked.core).to_vec()),
        ),
    ];
    for (number, root) in bundle.attribute_roots.iter().enumerate() {
        files.push((format!("attribute-root-{number}"), line(root)));
    }
    for city in &bundle.cities {
        files.push((format!("{}.hpke.pub", city.id), line(&city.seal.to_text())));
        files.push((
            format!("{}.receipt.pub", city.id),
            line(&city.receipt.to_text()),
        ));
    }
    if let Some(runner) = &bundle.runner {
        files.push(("operator.pub".to_owned(), line(&runner.key.to_text())));
    }
    Ok(files)
}

/// Reads an answer and believes it, as far as this pin goes: root, issuing certificate, the device's certificate, bundle.
///
/// # Errors
/// [`EnrolError::Wire`], [`EnrolError::Answer`], [`EnrolError::Chain`].
pub fn verified(answer: &[u8], pin: &Pin) -> Result<Bundle, EnrolError> {
    let answer = Answer::from_bytes(answer)?;
    let bundle = answer.verify(pin)?;
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from(answer.root))
        .map_err(EnrolError::Chain)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
    let leaf = identity::first_of(bundle.chain_pem.as_bytes())?;
    // Of the city's time, not the device's: nobody vouches for a new device's clock. The bundle says when it was made.
    let at = UnixTime::since_unix_epoch(Duration::from_secs(bundle.at.unsigned_abs()));
    verifier
        .verify_client_cert(&leaf, &[CertificateDer::from(answer.issuing)], at)
        .map_err(EnrolError::Chain)?;
    Ok(bundle)
}

impl Pending {
    /// Four lines, then key and request as PEM. One file, so that it is there whole or not at all.
    fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(String::with_capacity(16 * 1024));
        let _ = write!(
            text,
            "{}\n{}\n{}\n{}\n",
            self.sign.as_str(),
            self.open.as_str(),
            self.pin.to_text(),
            hex::encode(&self.core),
        );
        identity::joined_pem(text.as_bytes(), &self.tls)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, EnrolError> {
        const BAD: EnrolError = EnrolError::Unreadable("what was asked");
        let text = std::str::from_utf8(bytes).map_err(|_| BAD)?;
        let mut lines = text.splitn(5, '\n');
        let mut next = || lines.next().ok_or(BAD);
        let (sign, open, pin, core) = (next()?, next()?, next()?, next()?);
        let rests = |line: &str| match line {
            "" => Err(BAD),
            line => Ok(Zeroizing::new(line.to_owned())),
        };
        Ok(Self {
            sign: rests(sign)?,
            open: rests(open)?,
            pin: pin.parse().map_err(|_| BAD)?,
            core: hex::decode(core).map_err(|_| BAD)?,
            tls: Zeroizing::new(next()?.as_bytes().to_vec()),
        })
    }
}
