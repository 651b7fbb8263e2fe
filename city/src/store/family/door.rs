//! The question at the family's door: its wrong answers and its sessions.
//!
//! Wrong answers are counted for the link and for where they came from, in rows that every program of the city shares. Whoever
//! answers wrong too often waits, a little longer each time, never longer than [`MOST_WAIT`]; a day without a wrong answer forgets.

use ubugoe_protocol::FilingId;

use super::{Knock, Knocked};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;
use crate::store::nonstop::{Tx, cells};

/// So many wrong answers for one link before a wait …
const PER_LINK: i64 = 5;
/// … and so many from one address, behind which a whole ward may be.
const PER_ADDRESS: i64 = 30;
/// The first wait, seconds; each further one is twice as long.
const FIRST_WAIT: i64 = 10 * 60;
/// The longest, seconds.
const MOST_WAIT: i64 = 2 * 3_600;
/// After so long without a wrong answer all is forgotten, seconds.
const FORGET: i64 = 24 * 3_600;

/// Wrong answers so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tries {
    /// Since the last wait.
    pub wrong: i64,
    /// How many waits there were.
    pub waits: i64,
    /// The last wrong answer, unix seconds.
    pub last_at: i64,
    /// Until when nothing is looked at, unix seconds.
    pub wait_until: i64,
}

/// One more wrong answer, where so many are allowed before a wait.
#[must_use]
pub fn after_wrong(tries: Tries, now: i64, allowed: i64) -> Tries {
    let known = if now - tries.last_at > FORGET {
        Tries::default()
    } else {
        tries
    };
    let wrong = known.wrong + 1;
    if wrong < allowed {
        return Tries {
            wrong,
            last_at: now,
            ..known
        };
    }
    let doubled = u32::try_from(known.waits).unwrap_or(u32::MAX).min(16);
    let wait = (FIRST_WAIT << doubled).min(MOST_WAIT);
    Tries {
        wrong: 0,
        waits: known.waits + 1,
        last_at: now,
        wait_until: now + wait,
    }
}

/// Reads a counter and holds it against everybody else until this transaction ends.
fn hold(tx: &dyn Tx, whose: [u8; 32]) -> Result<Tries, StoreError> {
    let held = tx.rows(
        "INSERT INTO family_tries (whose, wrong, waits, last_at, wait_until) VALUES ($1, 0, 0, 0, 0)
         ON CONFLICT (whose) DO UPDATE SET wrong = family_tries.wrong RETURNING wrong, waits, last_at, wait_until",
        cells![whose],
    )?;
    match held.into_iter().next() {
        Some(mut row) => Ok(Tries {
            wrong: row.int()?,
            waits: row.int()?,
            last_at: row.int()?,
            wait_until: row.int()?,
        }),
        None => Ok(Tries::default()),
    }
}

fn keep(tx: &dyn Tx, whose: [u8; 32], tries: Tries) -> Result<(), StoreError> {
    tx.run(
        "UPDATE family_tries SET wrong = $2, waits = $3, last_at = $4, wait_until = $5 WHERE whose = $1",
        cells![
            whose,
            tries.wrong,
            tries.waits,
            tries.last_at,
            tries.wait_until
        ],
    )?;
    Ok(())
}

pub(super) fn knock(tx: &dyn Tx, knock: &Knock) -> Result<Knocked, StoreError> {
    let now = knock.now;
    // always the link before the address, so that two answers never wait for each other
    let link = hold(tx, knock.link_sha256)?;
    let address = hold(tx, knock.address_sha256)?;
    let until = link.wait_until.max(address.wait_until);
    if until > now {
        return Ok(Knocked::Wait(until));
    }
    if !knock.right {
        keep(tx, knock.link_sha256, after_wrong(link, now, PER_LINK))?;
        keep(
            tx,
            knock.address_sha256,
            after_wrong(address, now, PER_ADDRESS),
        )?;
        tx.audit(line(knock.link.filing, now, "family.wrong"));
        return Ok(Knocked::Wrong);
    }
    // whoever knows it starts afresh; of an address only the family that was here is known
    tx.run(
        "DELETE FROM family_tries WHERE whose = $1 OR last_at < $2",
        cells![knock.link_sha256, now - FORGET],
    )?;
    tx.run(
        "DELETE FROM family_sessions WHERE ends_at <= $1",
        cells![now],
    )?;
    tx.run(
        "INSERT INTO family_sessions (token_sha256, link_sha256, case_ref, made_at, ends_at) VALUES ($1, $2, $3, $4, $5)",
        cells![
            knock.session_sha256,
            knock.link_sha256,
            knock.link.case_ref,
            now,
            knock.ends_at
        ],
    )?;
    tx.audit(line(knock.link.filing, now, "family.opened"));
    Ok(Knocked::Opened)
}

fn line(filing: FilingId, at: i64, action: &str) -> AuditEntry {
    AuditEntry {
        at,
        actor: "family".to_owned(),
        action: action.to_owned(),
        subject: filing.to_string(),
        detail: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers wrong `times`, each as soon as it is looked at; answers when that was and what came of it.
    fn wrong(times: usize, mut now: i64) -> (i64, Tries) {
        let mut tries = Tries::default();
        for _ in 0..times {
            now = now.max(tries.wait_until);
            tries = after_wrong(tries, now, PER_LINK);
        }
        (now, tries)
    }

    #[test]
    fn five_wrong_answers_wait_and_each_wait_is_longer_up_to_the_longest() {
        assert_eq!(wrong(4, 1_000).1.wait_until, 0);
        let waits: Vec<i64> = (1..8)
            .map(|rounds| {
                let (now, tries) = wrong(rounds * 5, 1_000);
                tries.wait_until - now
            })
            .collect();
        assert_eq!(waits, [600, 1_200, 2_400, 4_800, 7_200, 7_200, 7_200]);
        let (now, tries) = wrong(5_000, 1_000);
        assert_eq!(tries.wait_until - now, MOST_WAIT, "never for ever");
    }

    #[test]
    fn a_day_without_a_wrong_answer_forgets() {
        let (now, tries) = wrong(19, 1_000);
        assert_eq!(tries.waits, 3);
        let later = after_wrong(tries, now + FORGET, PER_LINK);
        assert_eq!((later.waits, later.wrong), (4, 0), "still remembered");
        let later = after_wrong(tries, now + FORGET + 1, PER_LINK);
        assert_eq!((later.waits, later.wrong), (0, 1));
    }
}
