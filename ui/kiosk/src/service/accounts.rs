//! Who of the staff may sign in: accounts from the configuration, and what wrong PINs lead to.
//!
//! A PIN is compared with an Argon2 hash, off the loop. Every look is counted, and the count written down, *before* the
//! comparison: pulling the plug in the middle gives nobody another try. Right PINs set it back.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use serde::{Deserialize, Serialize};
use ubugoe_visit::service::{PinAnswer, PinRefused, Staff, StaffNumber, Who};

use super::sidecar;

/// Fewest and most digits of a PIN.
pub const PIN_DIGITS: (usize, usize) = (6, 12);
/// So many wrong ones lock a staff number.
const LOCK_AFTER: u8 = 5;
/// Pauses after the first, second, … wrong PIN, in seconds; the last goes on for the technician, whom nothing locks.
const PAUSES: [u32; 6] = [0, 5, 15, 45, 120, 300];
/// Numbers that nobody has are counted too, so that they behave like others; no more than this many.
const UNKNOWN_KEPT: usize = 64;

const FORMAT: &str = "ubugoe-staff-tries";
const VERSION: u32 = 1;

/// One account.
#[derive(Clone)]
pub struct Account {
    /// Who.
    pub staff: Staff,
    /// Argon2 PHC string, made by `ubugoe-kiosk hash-pin`.
    pub pin_hash: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("number", &self.staff.number)
            .finish_non_exhaustive()
    }
}

/// Why a PIN was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashPinError {
    /// Its shape.
    #[error("a PIN has {} to {} digits", PIN_DIGITS.0, PIN_DIGITS.1)]
    Shape,
    /// Anybody would try it first.
    #[error("one digit over and over, or digits in a row, are what anybody tries first")]
    Weak,
    /// The hash function refused.
    #[error("the PIN could not be hashed: {0}")]
    Hash(argon2::password_hash::Error),
}

/// Hashes a PIN with Argon2id and a random salt, as the configuration wants it.
///
/// # Errors
/// [`HashPinError`].
pub fn hash_pin(pin: &str) -> Result<String, HashPinError> {
    let fits = (PIN_DIGITS.0..=PIN_DIGITS.1).contains(&pin.len())
        && pin.bytes().all(|b| b.is_ascii_digit());
    if !fits {
        return Err(HashPinError::Shape);
    }
    let same_step = |step: i16| {
        pin.as_bytes()
            .windows(2)
            .all(|pair| matches!(pair, [a, b] if i16::from(*b) - i16::from(*a) == step))
    };
    if same_step(0) || same_step(1) || same_step(-1) {
        return Err(HashPinError::Weak);
    }
    Argon2::default()
        .hash_password(pin.as_bytes())
        .map(|hash| hash.to_string())
        .map_err(HashPinError::Hash)
}

/// Whether a text is a hash that a PIN can be compared with.
#[must_use]
pub fn is_hash(text: &str) -> bool {
    PasswordHash::new(text)
        .is_ok_and(|hash| hash.algorithm.as_str().starts_with("argon2") && hash.hash.is_some())
}

/// Compares a PIN with a hash. Slow on purpose.
#[must_use]
pub fn fits(pin: &str, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(pin.as_bytes(), &hash)
            .is_ok()
    })
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    version: u32,
    wrong: BTreeMap<String, u8>,
}

/// Wrong looks in a row, and until when the next is not looked at.
#[derive(Debug, Clone, Copy, Default)]
struct Tries {
    wrong: u8,
    until: Option<Instant>,
}

/// What follows from wanting to sign in.
#[derive(Debug, PartialEq, Eq)]
pub enum Look {
    /// Compare the PIN with this hash, then [`Accounts::looked`].
    Compare(String),
    /// No need to.
    Answer(PinAnswer),
}

/// The accounts and their tries.
#[derive(Debug)]
pub struct Accounts {
    staff: Vec<Account>,
    technician: Option<String>,
    tries: BTreeMap<String, Tries>,
    /// Where the tries are kept.
    path: PathBuf,
}

/// The technician among the tries; no staff number is a word.
const TECHNICIAN: &str = "technician";

impl Accounts {
    /// The accounts of a configuration, with the tries that were kept in `path`.
    ///
    /// A file of tries that cannot be read locks every number, until a technician unlocks them: the safe state.
    #[must_use]
    pub fn open(staff: Vec<Account>, technician: Option<String>, path: PathBuf) -> Self {
        let kept = read(&path);
        let tries = staff
            .iter()
            .map(|account| {
                let number = account.staff.number.as_str().to_owned();
                let wrong = match &kept {
                    Ok(kept) => kept.get(&number).copied().unwrap_or_default(),
                    Err(error) => {
                        tracing::error!(%error, path = %path.display(), "tries not readable: every number is locked");
                        LOCK_AFTER
                    }
                };
                (number, Tries { wrong, until: None })
            })
            .collect();
        Self {
            staff,
            technician,
            tries,
            path,
        }
    }

    /// Whether a technician can sign in at all.
    #[must_use]
    pub const fn knows_technician(&self) -> bool {
        self.technician.is_some()
    }

    fn account(&self, number: &StaffNumber) -> Option<&Account> {
        self.staff
            .iter()
            .find(|account| account.staff.number == *number)
    }

    /// Counts a look and says what to do.
    pub fn look(&mut self, who: &Who, now: Instant) -> Look {
        let (key, locks, hash) = match who {
            Who::Technician => match &self.technician {
                None => return Look::Answer(PinAnswer::Nobody),
                Some(hash) => (TECHNICIAN.to_owned(), false, hash.clone()),
            },
            Who::Staff(number) => {
                // A number that nobody has takes as long as one that somebody has.
                let account = self.account(number).or_else(|| self.staff.first());
                let Some(account) = account else {
                    return Look::Answer(PinAnswer::Nobody);
                };
                (number.as_str().to_owned(), true, account.pin_hash.clone())
            }
        };
        self.forget_unknown();
        let tries = self.tries.entry(key).or_default();
        if locks && tries.wrong >= LOCK_AFTER {
            return Look::Answer(PinAnswer::Locked);
        }
        if let Some(left) = tries
            .until
            .map(|until| until.saturating_duration_since(now))
            .filter(|left| !left.is_zero())
        {
            let seconds = u32::try_from(left.as_secs()).unwrap_or(u32::MAX).max(1);
            return Look::Answer(PinAnswer::Refused(PinRefused::TooSoon { seconds }));
        }
        tries.wrong = tries.wrong.saturating_add(1);
        if let Err(error) = self.keep() {
            tracing::error!(%error, path = %self.path.display(), "tries not written");
        }
        Look::Compare(hash)
    }

    /// Takes in how the comparison went.
    pub fn looked(&mut self, who: &Who, right: bool, now: Instant) -> PinAnswer {
        let known = match who {
            Who::Technician => right.then_some(PinAnswer::Technician),
            Who::Staff(number) => self
                .account(number)
                .filter(|_| right)
                .map(|account| PinAnswer::Staff(account.staff.clone())),
        };
        let (key, locks) = match who {
            Who::Technician => (TECHNICIAN, false),
            Who::Staff(number) => (number.as_str(), true),
        };
        let tries = self.tries.entry(key.to_owned()).or_default();
        if let Some(answer) = known {
            *tries = Tries::default();
            if let Err(error) = self.keep() {
                tracing::error!(%error, path = %self.path.display(), "tries not written");
            }
            return answer;
        }
        if locks && tries.wrong >= LOCK_AFTER {
            return PinAnswer::Locked;
        }
        let at = usize::from(tries.wrong).saturating_sub(1);
        let pause = PAUSES
            .get(at)
            .or_else(|| PAUSES.last())
            .copied()
            .unwrap_or_default();
        tries.until = Some(now + Duration::from_secs(pause.into()));
        PinAnswer::Refused(PinRefused::Wrong {
            left: locks.then(|| LOCK_AFTER.saturating_sub(tries.wrong)),
            pause,
        })
    }

    /// Forgets the wrong PINs of all staff numbers.
    ///
    /// # Errors
    /// When that could not be written: then nothing is forgotten.
    pub fn unlock(&mut self) -> io::Result<()> {
        write(&self.path, BTreeMap::new())?;
        self.tries.retain(|key, _| key == TECHNICIAN);
        Ok(())
    }

    fn forget_unknown(&mut self) {
        if self.tries.len() > self.staff.len() + UNKNOWN_KEPT {
            let known: Vec<String> = self
                .staff
                .iter()
                .map(|account| account.staff.number.as_str().to_owned())
                .collect();
            self.tries
                .retain(|key, _| key == TECHNICIAN || known.contains(key));
        }
    }

    fn keep(&self) -> io::Result<()> {
        let wrong = self
            .staff
            .iter()
            .filter_map(|account| {
                let number = account.staff.number.as_str();
                let tries = self.tries.get(number).filter(|tries| tries.wrong > 0)?;
                Some((number.to_owned(), tries.wrong))
            })
            .collect();
        write(&self.path, wrong)
    }
}

fn read(path: &Path) -> io::Result<BTreeMap<String, u8>> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(error),
    };
    let file: File = serde_json::from_slice(&bytes)?;
    if file.format == FORMAT && file.version == VERSION {
        Ok(file.wrong)
    } else {
        Err(io::Error::other("another format or version"))
    }
}

fn write(path: &Path, wrong: BTreeMap<String, u8>) -> io::Result<()> {
    let file = File {
        format: FORMAT.to_owned(),
        version: VERSION,
        wrong,
    };
    sidecar::replace(path, &serde_json::to_vec(&file)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use super::*;
    use ubugoe_visit::service::Role;

    const PIN: &str = "270418";

    fn number() -> StaffNumber {
        StaffNumber::new("0417").unwrap()
    }

    fn account() -> Account {
        Account {
            staff: Staff {
                number: number(),
                name: "海野　渚".to_owned(),
                role: Role::Ward,
                issues: None,
            },
            pin_hash: hash_pin(PIN).unwrap(),
        }
    }

    fn open(folder: &Path) -> Accounts {
        let technician = Some(hash_pin("918273").unwrap());
        Accounts::open(vec![account()], technician, folder.join("tries.json"))
    }

    /// A whole sign-in, as the loop and its thread do it.
    fn try_in(accounts: &mut Accounts, who: &Who, pin: &str, now: Instant) -> PinAnswer {
        match accounts.look(who, now) {
            Look::Answer(answer) => answer,
            Look::Compare(hash) => {
                let right = fits(pin, &hash);
                accounts.looked(who, right, now)
            }
        }
    }

    fn later(now: Instant) -> Instant {
        now + Duration::from_mins(10)
    }

    #[test]
    fn a_pin_has_six_digits_or_more_and_is_not_the_first_that_anybody_tries() {
        for bad in ["12345", "1234567890123", "12345a", "１２３４５６", ""] {
            assert!(matches!(hash_pin(bad), Err(HashPinError::Shape)), "{bad}");
        }
        for weak in ["000000", "123456", "987654"] {
            assert!(matches!(hash_pin(weak), Err(HashPinError::Weak)), "{weak}");
        }
        let hash = hash_pin(PIN).unwrap();
        assert!(is_hash(&hash) && !hash.contains(PIN));
        assert!(fits(PIN, &hash) && !fits("270419", &hash));
    }

    #[test]
    fn the_right_pin_signs_in_and_sets_the_count_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = open(folder.path());
        let (who, now) = (Who::Staff(number()), Instant::now());
        let wrong = try_in(&mut accounts, &who, "111222", now);
        assert_eq!(
            wrong,
            PinAnswer::Refused(PinRefused::Wrong {
                left: Some(4),
                pause: 0
            })
        );
        assert_eq!(
            try_in(&mut accounts, &who, PIN, now),
            PinAnswer::Staff(account().staff)
        );
        let again = try_in(&mut accounts, &who, "111222", now);
        assert!(matches!(
            again,
            PinAnswer::Refused(PinRefused::Wrong { left: Some(4), .. })
        ));
    }

    #[test]
    fn a_pause_is_not_shortened_by_the_right_pin() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = open(folder.path());
        let (who, now) = (Who::Staff(number()), Instant::now());
        for _ in 0..2 {
            let _ = try_in(&mut accounts, &who, "111222", now);
        }
        assert_eq!(
            try_in(&mut accounts, &who, PIN, now),
            PinAnswer::Refused(PinRefused::TooSoon { seconds: 5 })
        );
        assert!(matches!(
            try_in(&mut accounts, &who, PIN, later(now)),
            PinAnswer::Staff(_)
        ));
    }

    #[test]
    fn five_wrong_ones_lock_a_number_over_a_restart_until_a_technician_unlocks() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = open(folder.path());
        let (who, mut now) = (Who::Staff(number()), Instant::now());
        for _ in 0..5 {
            let _ = try_in(&mut accounts, &who, "111222", now);
            now = later(now);
        }
        let mut restarted = open(folder.path());
        assert_eq!(try_in(&mut restarted, &who, PIN, now), PinAnswer::Locked);
        restarted.unlock().unwrap();
        assert!(matches!(
            try_in(&mut restarted, &who, PIN, now),
            PinAnswer::Staff(_)
        ));
    }

    #[test]
    fn a_look_counts_before_it_is_compared_so_that_a_cut_of_power_gives_no_try_back() {
        let folder = tempfile::tempdir().unwrap();
        let who = Who::Staff(number());
        for _ in 0..5 {
            assert!(matches!(
                open(folder.path()).look(&who, Instant::now()),
                Look::Compare(_)
            ));
        }
        assert_eq!(
            open(folder.path()).look(&who, Instant::now()),
            Look::Answer(PinAnswer::Locked)
        );
    }

    #[test]
    fn a_number_that_nobody_has_behaves_like_one_that_somebody_has() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = open(folder.path());
        let (who, mut now) = (
            Who::Staff(StaffNumber::new("9999").unwrap()),
            Instant::now(),
        );
        let first = try_in(&mut accounts, &who, PIN, now);
        assert!(matches!(
            first,
            PinAnswer::Refused(PinRefused::Wrong { left: Some(4), .. })
        ));
        for _ in 0..4 {
            now = later(now);
            let _ = try_in(&mut accounts, &who, PIN, now);
        }
        assert_eq!(try_in(&mut accounts, &who, PIN, now), PinAnswer::Locked);
    }

    #[test]
    fn a_technician_is_never_locked_out_and_waits_longer_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = open(folder.path());
        let mut now = Instant::now();
        let mut pauses = Vec::new();
        for _ in 0..7 {
            match try_in(&mut accounts, &Who::Technician, "111222", now) {
                PinAnswer::Refused(PinRefused::Wrong { left: None, pause }) => pauses.push(pause),
                other => assert_eq!(other, PinAnswer::Technician),
            }
            now = later(now);
        }
        assert_eq!(pauses, [0, 5, 15, 45, 120, 300, 300]);
        assert_eq!(
            try_in(&mut accounts, &Who::Technician, "918273", now),
            PinAnswer::Technician
        );
    }

    #[test]
    fn tries_that_cannot_be_read_lock_everybody_rather_than_nobody() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{", r#"{"format":"x","version":1,"wrong":{}}"#] {
            fs::write(folder.path().join("tries.json"), text).unwrap();
            let mut accounts = open(folder.path());
            assert_eq!(
                accounts.look(&Who::Staff(number()), Instant::now()),
                Look::Answer(PinAnswer::Locked),
                "{text}"
            );
        }
    }

    #[test]
    fn a_device_without_accounts_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let mut accounts = Accounts::open(Vec::new(), None, folder.path().join("t"));
        for who in [Who::Technician, Who::Staff(number())] {
            assert_eq!(
                accounts.look(&who, Instant::now()),
                Look::Answer(PinAnswer::Nobody)
            );
        }
    }
}
