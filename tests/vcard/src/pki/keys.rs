//! RSA keys derived from their names and cached as files. Making one takes about a second, so every process that
//! shares a directory takes the same lock and makes each key once.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use der::{DecodePem as _, Encode as _, EncodePem as _};
use rand_chacha::{ChaCha20Rng, rand_core::SeedableRng as _};
use rsa::{
    RsaPrivateKey,
    pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, EncodePublicKey as _, LineEnding},
};
use sha2::{Digest as _, Sha256};
use x509_cert::Certificate;

use crate::Error;

/// What JPKI uses today; the next card generation will not.
const RSA_BITS: usize = 2048;

/// An open PKI directory, locked against other processes while it lives.
#[derive(Debug)]
pub(super) struct Store {
    directory: PathBuf,
    _lock: File,
}

impl Store {
    pub(super) fn open(directory: &Path) -> Result<Self, Error> {
        let written = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Write { path, source }
        };
        fs::create_dir_all(directory).map_err(written(directory))?;
        let path = directory.join(".lock");
        let lock = File::create(&path).map_err(written(&path))?;
        lock.lock().map_err(written(&path))?;
        Ok(Self {
            directory: directory.to_owned(),
            _lock: lock,
        })
    }

    /// The key of this name, from its file or freshly derived.
    pub(super) fn key(&self, label: &str) -> Result<RsaPrivateKey, Error> {
        let path = self.directory.join(format!("{label}.key"));
        if path.exists() {
            return RsaPrivateKey::read_pkcs8_pem_file(&path)
                .map_err(|source| Error::ParseKey { path, source });
        }
        let key = derive(label)?;
        let pem = key
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|error| encode(label, &error))?;
        write(&path, pem.as_bytes())?;
        Ok(key)
    }

    pub(super) fn write_public(&self, file: &str, key: &RsaPrivateKey) -> Result<(), Error> {
        let pem = key
            .to_public_key()
            .to_public_key_pem(LineEnding::LF)
            .map_err(|error| encode(file, &error))?;
        let path = self.directory.join(file);
        if path.exists() {
            return Ok(());
        }
        write(&path, pem.as_bytes())
    }

    /// A certificate kept earlier, DER; `None` where there is none or it is damaged.
    pub(super) fn read_certificate(&self, file: &str) -> Result<Option<Vec<u8>>, Error> {
        let path = self.directory.join(file);
        if !path.exists() {
            return Ok(None);
        }
        let pem = fs::read(&path).map_err(|source| Error::Read { path, source })?;
        Ok(Certificate::from_pem(&pem)
            .and_then(|parsed| parsed.to_der())
            .ok())
    }

    pub(super) fn write_certificate(&self, file: &str, der: &[u8]) -> Result<(), Error> {
        let pem = <Certificate as der::Decode>::from_der(der)
            .and_then(|parsed| parsed.to_pem(LineEnding::LF))
            .map_err(|error| encode(file, &error))?;
        write(&self.directory.join(file), pem.as_bytes())
    }
}

/// Whole or not at all: readers outside the lock never see half a file.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let partial = path.with_extension("part");
    let failed = |source| Error::Write {
        path: path.to_owned(),
        source,
    };
    fs::write(&partial, bytes).map_err(failed)?;
    fs::rename(&partial, path).map_err(failed)
}

fn encode(label: &str, reason: &dyn std::fmt::Display) -> Error {
    Error::EncodeKey {
        label: label.to_owned(),
        reason: reason.to_string(),
    }
}

/// The random numbers that belong to a name.
pub(crate) fn random_for(label: &str) -> ChaCha20Rng {
    let mut seed = Sha256::new();
    seed.update(b"ubugoe-vcard/1/");
    seed.update(label.as_bytes());
    ChaCha20Rng::from_seed(seed.finalize().into())
}

fn derive(label: &str) -> Result<RsaPrivateKey, Error> {
    RsaPrivateKey::new(&mut random_for(label), RSA_BITS).map_err(|source| Error::MakeKey {
        label: label.to_owned(),
        source,
    })
}
