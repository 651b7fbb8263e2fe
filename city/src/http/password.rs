//! Passwords of the local accounts: hashing, checking, slowing down guesses.
//!
//! Local accounts serve one desk and set-up; signing in through the town's own identity provider (OpenID Connect) comes with
//! the full casework console. Passwords are zeroised by the caller and never logged.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Shortest password `hash-password` takes.
pub const SHORTEST: usize = 12;
/// Longest password looked at.
pub const LONGEST: usize = 256;
/// Failures in a row before a pause.
const PATIENCE: u32 = 5;
/// Length of the pause in seconds.
const PAUSE: i64 = 60;

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashPasswordError {
    /// Too short or too long.
    #[error("a password needs {SHORTEST} to {LONGEST} characters, this one has {0}")]
    Length(usize),
    /// The hash function refused.
    #[error("the password could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

/// Hashes a password with Argon2id and a random salt, as the configuration wants it.
///
/// # Errors
/// [`HashPasswordError`].
pub fn hash(password: &str) -> Result<String, HashPasswordError> {
    let length = password.chars().count();
    if !(SHORTEST..=LONGEST).contains(&length) {
        return Err(HashPasswordError::Length(length));
    }
    Argon2::default()
        .hash_password(password.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(HashPasswordError::Hash)
}

/// Checks a password against a hash, both already bounded. Slow on purpose; call it on the blocking pool.
#[must_use]
pub fn verify(password: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

/// Slows down guessing: few checks at a time, and a pause after failures in a row.
#[derive(Debug)]
pub struct Throttle {
    failures: Mutex<BTreeMap<String, (u32, i64)>>,
    at_a_time: Semaphore,
    /// Checked when the account does not exist, so that the answer takes as long.
    decoy: String,
}

impl Throttle {
    /// For these accounts; `decoy` is any real hash of theirs.
    #[must_use]
    pub fn new(decoy: Option<&str>) -> Self {
        Self {
            failures: Mutex::default(),
            at_a_time: Semaphore::new(2),
            decoy: decoy.unwrap_or_default().to_owned(),
        }
    }

    /// Whether the account has to wait at `now`.
    #[must_use]
    pub fn must_wait(&self, account: &str, now: i64) -> bool {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures
            .get(account)
            .is_some_and(|(count, last)| *count >= PATIENCE && now < last + PAUSE)
    }

    /// Checks a password for a known (`Some`) or unknown account.
    pub async fn check(&self, hash: Option<&str>, password: Zeroizing<String>) -> bool {
        let Ok(_turn) = self.at_a_time.acquire().await else {
            return false;
        };
        let known = hash.is_some();
        let hash = hash.unwrap_or(&self.decoy).to_owned();
        let right = tokio::task::spawn_blocking(move || verify(&password, &hash))
            .await
            .unwrap_or(false);
        right && known
    }

    /// Notes how a sign-in ended. Only names of known accounts come here, so the map stays small.
    pub fn note(&self, account: &str, right: bool, now: i64) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if right {
            failures.remove(account);
        } else {
            let entry = failures.entry(account.to_owned()).or_default();
            let count = if now >= entry.1 + PAUSE && entry.0 >= PATIENCE {
                1
            } else {
                entry.0 + 1
            };
            *entry = (count, now);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn a_hash_fits_its_password_and_no_other() {
        let hash = hash("correct horse battery").unwrap();
        assert!(hash.starts_with("$argon2id$v=19$"), "{hash}");
        assert!(verify("correct horse battery", &hash));
        assert!(!verify("correct horse batterz", &hash));
        assert!(!verify("correct horse battery", "not a hash"));
    }

    #[test]
    fn a_short_password_is_not_hashed() {
        assert!(matches!(hash("short"), Err(HashPasswordError::Length(5))));
    }

    #[test]
    fn five_failures_bring_a_pause_of_a_minute() {
        let throttle = Throttle::new(None);
        for _ in 0..5 {
            assert!(!throttle.must_wait("sato", 100));
            throttle.note("sato", false, 100);
        }
        assert!(throttle.must_wait("sato", 159));
        assert!(!throttle.must_wait("sato", 160));
        throttle.note("sato", false, 160);
        assert!(
            !throttle.must_wait("sato", 161),
            "after the pause counting begins anew"
        );
        throttle.note("sato", true, 162);
        assert!(!throttle.must_wait("sato", 162));
    }
}
