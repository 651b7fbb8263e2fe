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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a panic is the failure")]
    use std::{fs, path::Path};

    use ubugoe_visit::{CardIdentity, Mood, SavedDraft, Step, Voice};

    use super::{BLOCK, Drafts};
    use crate::records::RecordKey;

    const HERS: CardIdentity = CardIdentity([1; 32]);
    const ANOTHER: CardIdentity = CardIdentity([2; 32]);
    const UNTIL: i64 = 1_795_600_000;

    /// Words of an invented draft that must not be readable anywhere.
    const WORDS: [&str; 4] = [
        "さくら",
        "090-0000-0000",
        "ASK-2026-000123",
        "shussei_todoke",
    ];

    fn draft() -> SavedDraft {
        let said = |path: &str, words: &str| {
            format!(r#""{path}":{{"value":{{"text":"{words}"}},"source":"parent"}}"#)
        };
        let text = format!(
            r#"{{"version":1,"certificates":[{{"number":"{}","order":1}}],
            "forms":[{{"procedure":"{}","recipient":"991015","child":0,"chosen":true,"said":{{{},{}}}}}],
            "asked":[[0,"child_mei"]],"line_seen":true,"private_wanted":false,
            "nursery":{{"wish":{{"from":null,"within_m":null,"kinds":[],"name":null}},"choices":[],"done":false}},
            "tongue":"ja","comfort":{{"text":"normal","night":false,"contrast":false,"left_handed":false,"glove":false,
            "sound":false}},"kept":1795500000,"until":{UNTIL}}}"#,
            WORDS[2],
            WORDS[3],
            said("child_mei", WORDS[0]),
            said("contact.tel", WORDS[1]),
        );
        serde_json::from_str(&text).unwrap()
    }

    fn device() -> (tempfile::TempDir, Drafts, RecordKey) {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::in_folder(folder.path());
        (
            folder,
            drafts,
            RecordKey::derive("secret of this device").unwrap(),
        )
    }

    fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                found.extend(files(&path));
            } else {
                found.push((path.display().to_string(), fs::read(&path).unwrap()));
            }
        }
        found
    }

    #[test]
    fn a_draft_comes_back_for_its_own_card_on_its_own_device_and_for_no_other() {
        let (_folder, drafts, key) = device();
        drafts.keep(&key, HERS, &draft()).unwrap();
        assert_eq!(drafts.find(&key, HERS, UNTIL), Some(draft()));
        assert_eq!(drafts.find(&key, ANOTHER, UNTIL), None);
        let other = RecordKey::derive("secret of another device").unwrap();
        assert_eq!(drafts.find(&other, HERS, UNTIL), None);
        assert_eq!(
            drafts.find(&key, HERS, UNTIL),
            Some(draft()),
            "still there for her"
        );
    }

    #[test]
    fn nothing_readable_is_on_the_disk_neither_in_a_file_nor_in_its_name() {
        let (folder, drafts, key) = device();
        drafts.keep(&key, HERS, &draft()).unwrap();
        let voice = Voice {
            step: Step::Whole,
            mood: Mood::Easy,
            words: Some(WORDS[0].to_owned()),
        };
        drafts.keep_voice(&key, &voice).unwrap();
        let written = files(folder.path());
        assert_eq!(written.len(), 2, "no half-written file stays");
        let card = hex::encode(HERS.0);
        for (name, bytes) in &written {
            assert!(!name.contains(&card[..16]), "{name}");
            for word in WORDS {
                let word = word.as_bytes();
                assert!(
                    !bytes.windows(word.len()).any(|part| part == word),
                    "{name}"
                );
            }
        }
        let kept = written.iter().find(|(name, _)| name.contains("drafts"));
        assert_eq!(
            (kept.unwrap().1.len() - 1 - 12 - 16) % BLOCK,
            0,
            "its length tells little"
        );
    }

    #[test]
    fn a_draft_is_deleted_when_its_time_is_over_when_it_is_dropped_and_when_it_cannot_be_read() {
        let (folder, drafts, key) = device();
        let none = || files(folder.path()).is_empty();
        drafts.keep(&key, HERS, &draft()).unwrap();
        assert_eq!(drafts.find(&key, HERS, UNTIL + 1), None);
        assert!(none(), "its time was over");
        drafts.keep(&key, HERS, &draft()).unwrap();
        drafts.discard(&key, HERS);
        assert!(none(), "dropped");
        drafts.keep(&key, HERS, &draft()).unwrap();
        let (path, mut bytes) = files(folder.path()).remove(0);
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(drafts.find(&key, HERS, UNTIL), None);
        assert!(none(), "altered");
        // And what nobody came back for, whoever's it was.
        drafts.keep(&key, HERS, &draft()).unwrap();
        drafts.forget_before(0, 72);
        assert!(!none());
        drafts.forget_before(i64::MAX, 72);
        assert!(none());
    }

    #[test]
    fn a_newer_draft_of_a_card_takes_the_place_of_the_older_one() {
        let (folder, drafts, key) = device();
        drafts.keep(&key, HERS, &draft()).unwrap();
        let mut newer = draft();
        newer.until += 60;
        drafts.keep(&key, HERS, &newer).unwrap();
        assert_eq!(files(folder.path()).len(), 1);
        assert_eq!(drafts.find(&key, HERS, UNTIL), Some(newer));
    }
}
