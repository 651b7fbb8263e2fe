//! Drafts of visits that were paused, and what people said about the steps: sealed with the device's own key, each in a
//! file whose name says nothing.
//!
//! A draft is bound to its card: it opens for that card's fingerprint and for no other. It is deleted when its time is
//! over, when the visit is stored, and when the parent wants none of it any more. Nothing readable is ever written.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use ubugoe_visit::{CardIdentity, SavedDraft, Voice};

use crate::records::{RecordError, RecordKey};

const DRAFT: &[u8] = b"draft";
const VOICE: &[u8] = b"voice";
/// Drafts are padded to a multiple of this, so that their length tells little.
const BLOCK: usize = 4096;

/// Why something was not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The disk.
    #[error("{path} could not be written")]
    Write {
        /// Where.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Encryption.
    #[error("it could not be sealed")]
    Seal(#[source] RecordError),
    /// Encoding.
    #[error("it could not be written down")]
    Encode(#[source] serde_json::Error),
}

impl KeepError {
    /// Whether the device is full rather than broken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Write { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
            ),
            Self::Seal(_) | Self::Encode(_) => false,
        }
    }
}

/// The folder of sealed drafts and voices.
#[derive(Debug, Clone)]
pub struct Drafts {
    drafts: PathBuf,
    voices: PathBuf,
}

impl Drafts {
    /// In the device's data folder; the folders are made when they are needed.
    #[must_use]
    pub fn in_folder(data: &Path) -> Self {
        Self {
            drafts: data.join("drafts"),
            voices: data.join("voices"),
        }
    }

    fn path(&self, key: &RecordKey, card: CardIdentity) -> PathBuf {
        self.drafts.join(key.name(&card.0))
    }

    /// Keeps a draft for a card, in place of an older one.
    ///
    /// # Errors
    /// [`KeepError`], by what failed; an older draft is then still there.
    pub fn keep(
        &self,
        key: &RecordKey,
        card: CardIdentity,
        saved: &SavedDraft,
    ) -> Result<(), KeepError> {
        let mut body = serde_json::to_vec(saved).map_err(KeepError::Encode)?;
        body.resize(body.len().next_multiple_of(BLOCK), b' ');
        let sealed = key.seal_bytes(&kind(card), body).map_err(KeepError::Seal)?;
        write(&self.path(key, card), &sealed)
    }

    /// The draft that is kept for a card. One whose time is over, or that cannot be read, is deleted.
    #[must_use]
    pub fn find(&self, key: &RecordKey, card: CardIdentity, now: i64) -> Option<SavedDraft> {
        let path = self.path(key, card);
        let sealed = fs::read(&path).ok()?;
        let draft = key
            .open_bytes(&kind(card), &sealed)
            .inspect_err(|error| {
                tracing::error!(
                    error = error as &dyn std::error::Error,
                    "a kept draft does not open"
                );
            })
            .ok()
            .and_then(|body| serde_json::from_slice::<SavedDraft>(&body).ok())
            .filter(|draft| now <= draft.until);
        if draft.is_none() {
            remove(&path);
        }
        draft
    }

    /// Deletes what is kept for a card.
    pub fn discard(&self, key: &RecordKey, card: CardIdentity) {
        remove(&self.path(key, card));
    }

    /// Deletes every draft that was written longer ago than any municipality lets one be kept. Which card one belongs to
    /// is not known here, so its own time cannot be read.
    pub fn forget_before(&self, now: i64, longest_hours: u16) {
        let Ok(folder) = fs::read_dir(&self.drafts) else {
            return;
        };
        for path in folder.flatten().map(|entry| entry.path()) {
            let written = fs::metadata(&path).and_then(|file| file.modified()).ok();
            let written = written
                .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok())
                .and_then(|since| i64::try_from(since.as_secs()).ok());
            if written.is_none_or(|at| at + i64::from(longest_hours) * 3600 < now) {
                remove(&path);
            }
        }
    }

    /// Keeps what somebody said about a step: no time, no device, no person.
    ///
    /// # Errors
    /// [`KeepError`], by what failed.
    pub fn keep_voice(&self, key: &RecordKey, voice: &Voice) -> Result<(), KeepError> {
        let body = serde_json::to_vec(voice).map_err(KeepError::Encode)?;
        let mut name = [0; 16];
        getrandom::fill(&mut name).map_err(|_| KeepError::Seal(RecordError::Random))?;
        let sealed = key.seal_bytes(VOICE, body).map_err(KeepError::Seal)?;
        write(&self.voices.join(hex::encode(name)), &sealed)
    }
}

fn kind(card: CardIdentity) -> Vec<u8> {
    [DRAFT, &card.0].concat()
}

/// In one piece or not at all, and on the disk when this returns.
fn write(path: &Path, bytes: &[u8]) -> Result<(), KeepError> {
    let failed = |source| KeepError::Write {
        path: path.to_owned(),
        source,
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    let half = path.with_extension("half");
    let whole = || {
        fs::create_dir_all(folder)?;
        let mut file = File::create(&half)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&half, path)?;
        File::open(folder)?.sync_all()
    };
    whole().inspect_err(|_| remove(&half)).map_err(failed)
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::error!(path = %path.display(), %error, "a kept draft is still there");
        }
        _ => {}
    }
}
