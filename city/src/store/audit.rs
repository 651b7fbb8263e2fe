//! The audit log as an auditor reads it: the newest first, by who, what, about what and when; and walked from end to end.
//!
//! Its lines are written by the databases themselves (`sqlite/write.rs`, `postgres/write.rs`), each with what it is about.

use async_trait::async_trait;

use super::nonstop::{Cell, Row, Transacts};
use super::{Store, StoreError, fixed};
use crate::casework::audit::{AuditEntry, AuditRecord, ChainBreak, Verifier};

/// Lines walked in one piece.
const PIECE: u32 = 1_000;

/// Which lines are wanted. Nothing named: all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Who did it, exactly.
    pub actor: Option<String>,
    /// The beginning of the action's word, for example `filing.`.
    pub action: Option<String>,
    /// About what, exactly.
    pub subject: Option<String>,
    /// Not before this moment, unix seconds.
    pub from: Option<i64>,
    /// Before this moment, unix seconds.
    pub until: Option<i64>,
    /// Before this line.
    pub before: Option<i64>,
}

/// What an auditor asks.
#[async_trait]
pub trait AuditStore {
    /// Lines that were asked for, the newest first.
    async fn audit_find(&self, wanted: Wanted, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;
}

fn record(mut row: Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        seq: row.int()?,
        entry: AuditEntry {
            at: row.int()?,
            actor: row.text()?,
            action: row.text()?,
            subject: row.text()?,
            detail: row.text()?,
        },
        prev: fixed("audit hash", &row.blob()?)?,
        hash: fixed("audit hash", &row.blob()?)?,
    })
}

#[async_trait]
impl<S: Transacts> AuditStore for S {
    async fn audit_find(&self, wanted: Wanted, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let mut with: Vec<Cell> = Vec::new();
        let mut holds = vec!["1 = 1".to_owned()];
        let mut also = |sql: &str, value: Cell| {
            with.push(value);
            holds.push(sql.replace('?', &format!("${}", with.len())));
        };
        if let Some(actor) = wanted.actor {
            also("actor = ?", actor.into());
        }
        if let Some(action) = wanted.action {
            // a beginning, without a pattern's special letters
            also("substr(action, 1, length(?)) = ?", action.into());
        }
        if let Some(subject) = wanted.subject {
            also("subject = ?", subject.into());
        }
        for (sql, moment) in [
            ("at >= ?", wanted.from),
            ("at < ?", wanted.until),
            ("seq < ?", wanted.before),
        ] {
            if let Some(moment) = moment {
                also(sql, moment.into());
            }
        }
        let sql = format!(
            "SELECT seq, at, actor, action, subject, detail, prev, hash FROM audit WHERE {}
             ORDER BY seq DESC LIMIT {limit}",
            holds.join(" AND ")
        );
        self.transact("searching the audit log", move |tx| {
            tx.rows(&sql, &with)?.into_iter().map(record).collect()
        })
        .await
    }
}

/// Walks the whole chain, from where it begins. Answers how far it holds and to which hash, or where it breaks.
///
/// # Errors
/// [`StoreError`] when it cannot be read.
pub async fn verify(store: &dyn Store) -> Result<Result<Verifier, ChainBreak>, StoreError> {
    let (last, head) = store.audit_start().await?;
    let mut verifier = Verifier::after(last, head);
    loop {
        let lines = store.audit_lines(verifier.lines(), PIECE).await?;
        for line in &lines {
            if let Err(broken) = verifier.follow(line) {
                return Ok(Err(broken));
            }
        }
        if lines.len() < PIECE as usize {
            return Ok(Ok(verifier));
        }
    }
}
