//! Orders that came from afar: each kept before it is done, done once, and answered as often as it comes.

use rusqlite::{OptionalExtension, params};
use ubugoe_protocol::CommandId;
use ubugoe_protocol::report::Outcome;

use super::{Outbox, StoreError, failed};

/// An order as it stands on this device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptCommand {
    /// Which.
    pub id: CommandId,
    /// As signed.
    pub signed: Vec<u8>,
    /// What became of it, once it was tried.
    pub outcome: Option<(Outcome, String)>,
}

const DOING: &str = "keeping an order";

impl Outbox {
    /// Keeps an order whose signature was verified. The second time it answers with what is known of it.
    pub fn keep_command(
        &mut self,
        id: CommandId,
        signed: &[u8],
        now: i64,
    ) -> Result<KeptCommand, StoreError> {
        self.db
            .execute(
                "INSERT INTO command (id, signed, came_at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
                params![id.as_bytes(), signed, now],
            )
            .map_err(failed(DOING))?;
        self.command(&id)?
            .ok_or(StoreError::Unreadable { what: "command" })
    }

    /// Notes what became of an order; the first word stands.
    pub fn finish_command(
        &mut self,
        id: &CommandId,
        outcome: Outcome,
        detail: &str,
        now: i64,
    ) -> Result<(), StoreError> {
        let word = match outcome {
            Outcome::Done => "done",
            Outcome::Refused => "refused",
        };
        self.db
            .execute(
                "UPDATE command SET outcome = ?2, detail = ?3, done_at = ?4 WHERE id = ?1 AND outcome IS NULL",
                params![id.as_bytes(), word, detail, now],
            )
            .map(drop)
            .map_err(failed(DOING))
    }

    /// One order.
    pub fn command(&self, id: &CommandId) -> Result<Option<KeptCommand>, StoreError> {
        let found = self
            .db
            .prepare_cached("SELECT signed, outcome, detail FROM command WHERE id = ?1")
            .and_then(|mut s| {
                s.query_row(params![id.as_bytes()], |r| {
                    Ok((
                        r.get(0)?,
                        r.get::<_, Option<String>>(1)?,
                        r.get::<_, Option<String>>(2)?,
                    ))
                })
                .optional()
            })
            .map_err(failed(DOING))?;
        Ok(found.map(|(signed, word, detail)| KeptCommand {
            id: *id,
            signed,
            outcome: word.map(|w| {
                let outcome = if w == "done" {
                    Outcome::Done
                } else {
                    Outcome::Refused
                };
                (outcome, detail.unwrap_or_default())
            }),
        }))
    }

    /// Orders that nobody has tried yet, oldest first: what was kept before a power cut.
    pub fn open_commands(&self) -> Result<Vec<KeptCommand>, StoreError> {
        let ids = self
            .db
            .prepare_cached("SELECT id FROM command WHERE outcome IS NULL ORDER BY came_at, rowid")
            .and_then(|mut s| {
                s.query_map([], |r| r.get::<_, [u8; 16]>(0))?
                    .collect::<Result<Vec<_>, _>>()
            })
            .map_err(failed(DOING))?;
        let mut open = Vec::with_capacity(ids.len());
        for id in ids {
            open.extend(self.command(&CommandId::from_bytes(id))?);
        }
        Ok(open)
    }
}
