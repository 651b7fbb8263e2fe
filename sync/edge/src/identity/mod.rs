//! The device's certificates for the broker, in numbered generations: the one in use, and perhaps the next.
//!
//! A device whose certificate does not work can only be mended by somebody who drives there. So nothing is dropped before
//! its successor was used. The folder's names say everything; there is no pointer that could be wrong:
//!
//! ```text
//!  00000003.identity   key and chain. The lowest number is the one in use …
//!  00000004.identity   … a higher one is the next: it waits to be proven by a connection
//!  00000005.asked      a key and the request for its certificate, which has not come yet
//!
//!  ask:     5.asked is written                      granted: 5.identity is written, then 5.asked removed
//!  proven:  everything below is removed             failed:  5.identity is removed
//! ```
//! Each file appears whole or not at all (written under another name, synced, renamed, folder synced), and each step is
//! one such file. A power cut between any two leaves a state of the drawing.

mod request;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use ubugoe_protocol::{DeviceId, digest};
use zeroize::Zeroizing;

use crate::disk::{self, DRAFT, Disk, Folder};
use crate::keys::{self, KeyTrouble};
use crate::tpm::{Tpm, TpmError};

pub(crate) use request::{first_of, fits, joined as joined_pem, make as request_for};
pub use request::{validity, validity_der};

/// A key and its certificate.
#[derive(Clone)]
pub struct Identity {
    /// Which; later ones have higher numbers.
    pub generation: u32,
    /// Key and chain, PEM.
    pub pem: Zeroizing<Vec<u8>>,
    /// First moment of the certificate, seconds since 1970 UTC.
    pub from: i64,
    /// Its last.
    pub until: i64,
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity")
            .field("generation", &self.generation)
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

/// A request that waits for its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// PKCS #10, DER; for [`ubugoe_protocol::Report::CertificateAsk`].
    pub der: Vec<u8>,
    /// Its SHA-256; an answer names it.
    pub digest: [u8; 32],
}

/// What went wrong with the device's certificates. Whatever it was, the one in use still is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The folder could not be read or written.
    #[error("cannot {doing} in the folder of certificates")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// What the operating system said.
        #[source]
        source: io::Error,
    },
    /// There is no certificate at all: a device that was never set up, or a damaged disk.
    #[error("this device has no certificate")]
    None,
    /// Key, certificate or request are not usable.
    #[error("{what}")]
    Unusable {
        /// What is wrong with which.
        what: &'static str,
    },
    /// The certificate answers no open request: it came twice, or too late.
    #[error("nobody asked for this certificate")]
    NotAsked,
    /// A key in the device's TPM can neither be made nor used.
    #[error("the device's TPM does not do it")]
    Tpm(#[from] TpmError),
}

impl From<KeyTrouble> for IdentityError {
    fn from(trouble: KeyTrouble) -> Self {
        match trouble {
            KeyTrouble::Tpm(error) => Self::Tpm(error),
            KeyTrouble::Unreadable => unusable("the key is unreadable"),
            KeyTrouble::NotMade => unusable("no key can be made"),
        }
    }
}

const fn unusable(what: &'static str) -> IdentityError {
    IdentityError::Unusable { what }
}

fn failed(doing: &'static str) -> impl FnOnce(io::Error) -> IdentityError {
    move |source| IdentityError::Disk { doing, source }
}

/// The folder of a device's certificates. One process may have it open.
#[derive(Debug)]
pub struct Identities {
    disk: Box<dyn Disk>,
    /// Complete ones, by generation.
    whole: BTreeMap<u32, Identity>,
    asked: Option<(u32, Asked)>,
    /// Every number below was given before.
    next: u32,
    /// Where new keys are made; in files without.
    tpm: Option<Tpm>,
}

impl Identities {
    /// Opens the folder and clears what a power cut left half done.
    ///
    /// # Errors
    /// When the folder cannot be made, read or written.
    pub fn open(folder: &Path) -> Result<Self, IdentityError> {
        let folder = Folder::make(folder).map_err(failed("make it"))?;
        Self::on(Box::new(folder))
    }

    fn on(disk: Box<dyn Disk>) -> Result<Self, IdentityError> {
        let mut found = Self {
            disk,
            whole: BTreeMap::new(),
            asked: None,
            next: 1,
            tpm: None,
        };
        let mut requests = Vec::new();
        for name in found.disk.names().map_err(failed("list"))? {
            if name == DRAFT {
                found.remove(DRAFT)?;
            }
            let Some((number, kind)) = name.split_once('.') else {
                continue;
            };
            let Ok(generation) = number.parse::<u32>() else {
                continue;
            };
            found.next = found.next.max(generation.saturating_add(1));
            let bytes = found.disk.read(&name).map_err(failed("read"))?;
            match kind {
                // What cannot be read is passed over, not removed: somebody may want to look at it.
                "identity" => match request::identity(generation, bytes) {
                    Ok(identity) => {
                        found.whole.insert(generation, identity);
                    }
                    Err(error) => tracing::warn!(name, %error, "passed over"),
                },
                "asked" => requests.push((generation, request::asked(&bytes).ok())),
                _ => {}
            }
        }
        found.tidy(requests)?;
        Ok(found)
    }

    /// New keys are made in this TPM, as the device's first ones were; without one they are files. What is there already stays what it is.
    #[must_use]
    pub fn with_tpm(self, tpm: Option<Tpm>) -> Self {
        Self { tpm, ..self }
    }

    /// The TPM that keys which rest in one are used in.
    pub(crate) fn tpm(&self) -> Tpm {
        self.tpm.clone().unwrap_or_default()
    }

    /// Only a request above every certificate is still open: the others were answered, or are of no use.
    fn tidy(&mut self, mut requests: Vec<(u32, Option<Asked>)>) -> Result<(), IdentityError> {
        requests.sort_by_key(|(generation, _)| *generation);
        let newest = self.whole.keys().next_back().copied().unwrap_or(0);
        let open = requests.pop_if(|(generation, asked)| *generation > newest && asked.is_some());
        self.asked = open.and_then(|(generation, asked)| Some((generation, asked?)));
        for (generation, _) in requests {
            self.remove(&request_name(generation))?;
        }
        Ok(())
    }

    /// Takes over the certificate the device was delivered with, if there is none yet. PEM.
    ///
    /// # Errors
    /// When the files do not belong together, or cannot be kept.
    pub fn adopt(&mut self, chain_pem: &[u8], key_pem: &[u8]) -> Result<(), IdentityError> {
        if !self.whole.is_empty() {
            return Ok(());
        }
        let pem = request::joined(key_pem, chain_pem);
        self.keep(self.next, pem)
    }

    /// The one in use.
    ///
    /// # Errors
    /// [`IdentityError::None`].
    pub fn current(&self) -> Result<&Identity, IdentityError> {
        self.whole.values().next().ok_or(IdentityError::None)
    }

    /// The one that waits to be proven.
    #[must_use]
    pub fn next(&self) -> Option<&Identity> {
        self.whole.values().nth(1)
    }

    /// The request that waits for its certificate.
    #[must_use]
    pub fn asked(&self) -> Option<&Asked> {
        self.asked.as_ref().map(|(_, asked)| asked)
    }

    /// Makes a key and a request for it, or returns the one that is open already.
    ///
    /// # Errors
    /// When no key can be made or kept.
    pub fn ask(&mut self, device: &DeviceId) -> Result<Asked, IdentityError> {
        if let Some((_, asked)) = &self.asked {
            return Ok(asked.clone());
        }
        let (asked, pem) = request::make(device, self.tpm.as_ref())?;
        let generation = self.next;
        self.put(&request_name(generation), &pem)?;
        self.asked = Some((generation, asked.clone()));
        Ok(asked)
    }

    /// Keeps the certificate that answers the open request; it waits to be proven. `now` in seconds since 1970 UTC.
    ///
    /// # Errors
    /// [`IdentityError::NotAsked`]; [`IdentityError::Unusable`] when it is for another key or another device, or is over.
    pub fn granted(
        &mut self,
        request: &[u8; 32],
        chain_pem: &str,
        device: &DeviceId,
        now: i64,
    ) -> Result<u32, IdentityError> {
        let asked = self.asked.as_ref().filter(|(_, a)| a.digest == *request);
        let generation = asked.ok_or(IdentityError::NotAsked)?.0;
        let name = request_name(generation);
        let key = self.disk.read(&name).map_err(failed("read"))?;
        let pem = request::joined(&keys::first(&key)?, chain_pem.as_bytes());
        request::fits(generation, pem.clone(), device, now)?;
        self.keep(generation, pem)?;
        self.asked = None;
        self.remove(&name)?;
        Ok(generation)
    }

    /// A connection stood with this one: everything before it is dropped.
    ///
    /// # Errors
    /// When a file cannot be removed. It is tried again with the next proof.
    pub fn proven(&mut self, generation: u32) -> Result<(), IdentityError> {
        if !self.whole.contains_key(&generation) {
            return Err(IdentityError::None);
        }
        while let Some((&older, _)) = self.whole.range(..generation).next() {
            self.remove(&identity_name(older))?;
            self.whole.remove(&older);
        }
        Ok(())
    }

    /// This one does not work: it is dropped, unless it is the one in use.
    ///
    /// # Errors
    /// When the file cannot be removed.
    pub fn failed(&mut self, generation: u32) -> Result<(), IdentityError> {
        if self.current()?.generation == generation || !self.whole.contains_key(&generation) {
            return Ok(());
        }
        self.remove(&identity_name(generation))?;
        self.whole.remove(&generation);
        Ok(())
    }

    fn keep(&mut self, generation: u32, pem: Zeroizing<Vec<u8>>) -> Result<(), IdentityError> {
        let identity = request::identity(generation, pem)?;
        self.put(&identity_name(generation), &identity.pem)?;
        self.whole.insert(generation, identity);
        Ok(())
    }

    /// Writes a file so that it is there whole, or not at all, whenever the power goes.
    fn put(&mut self, name: &str, bytes: &[u8]) -> Result<(), IdentityError> {
        disk::put(self.disk.as_mut(), name, bytes).map_err(failed("write"))?;
        let number = name.split('.').next().and_then(|n| n.parse::<u32>().ok());
        self.next = self.next.max(number.unwrap_or(0).saturating_add(1));
        Ok(())
    }

    fn remove(&mut self, name: &str) -> Result<(), IdentityError> {
        let disk = &mut self.disk;
        disk.remove(name)
            .and_then(|()| disk.sync_names())
            .map_err(failed("remove"))
    }
}

fn identity_name(generation: u32) -> String {
    format!("{generation:08}.identity")
}

fn request_name(generation: u32) -> String {
    format!("{generation:08}.asked")
}

impl Asked {
    fn new(der: Vec<u8>) -> Self {
        let digest = digest(&der);
        Self { der, digest }
    }
}

#[cfg(test)]
mod crash_tests;
