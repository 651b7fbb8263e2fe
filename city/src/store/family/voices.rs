//! コエ: what families say about a step.

use super::{NewVoice, Voice, VoiceCounts};
use crate::casework::audit::AuditEntry;
use crate::store::StoreError;
use crate::store::nonstop::{Row, Transacts, Tx, cells};

/// So much may one case say.
const MOST: i64 = 200;

pub(super) fn keep(tx: &dyn Tx, voice: &NewVoice) -> Result<bool, StoreError> {
    // the step must be of this very case, and one that the family can see
    let about = match voice.item {
        Some(item) => tx.rows(
            "SELECT filing, procedure FROM nonstop_items
             WHERE id = $2 AND case_ref = $1 AND shown IN ('show', 'quiet') AND state NOT IN ('cancelled', 'held')",
            cells![voice.case_ref, item],
        )?,
        None => match voice.filing {
            Some(filing) => tx.rows(
                "SELECT f.id, f.procedure FROM cases c
                 JOIN filings f ON f.recipient = c.recipient AND f.device = c.device AND f.case_id = c.case_id
                 WHERE c.token_sha256 = $1 AND f.id = $2",
                cells![voice.case_ref, filing],
            )?,
            None => Vec::new(),
        },
    };
    let Some(mut row) = about.into_iter().next() else {
        return Ok(false);
    };
    let (filing, procedure) = (row.filing()?, row.text()?);
    let said = tx
        .rows(
            "SELECT count(*) FROM family_voices WHERE case_ref = $1",
            cells![voice.case_ref],
        )?
        .into_iter()
        .next()
        .map_or(Ok(0), |mut row| row.int())?;
    if said >= MOST {
        return Ok(false);
    }
    tx.run(
        "INSERT INTO family_voices (case_ref, filing, item, procedure, mood, words, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        cells![
            voice.case_ref,
            filing,
            voice.item,
            procedure,
            voice.mood,
            voice.words.clone(),
            voice.at
        ],
    )?;
    tx.audit(AuditEntry {
        at: voice.at,
        actor: "family".to_owned(),
        action: "family.said".to_owned(),
        subject: filing.to_string(),
        detail: voice.mood.to_owned(),
    });
    Ok(true)
}

const VOICE: &str = "SELECT filing, item, procedure, mood, words, at FROM family_voices";

fn a_voice(mut row: Row) -> Result<Voice, StoreError> {
    Ok(Voice {
        filing: row.filing()?,
        item: row.maybe_int()?,
        procedure: row.text()?,
        mood: row.text()?,
        words: row.maybe_text()?,
        at: row.int()?,
    })
}

pub(super) async fn of_case(
    store: &impl Transacts,
    case_ref: [u8; 32],
) -> Result<Vec<Voice>, StoreError> {
    let sql = format!("{VOICE} WHERE case_ref = $1 ORDER BY id DESC");
    let asked = store.ask("reading a family's comments", sql, cells![case_ref].into());
    asked.await?.into_iter().map(a_voice).collect()
}

pub(super) fn newest(tx: &dyn Tx, limit: u32) -> Result<Vec<Voice>, StoreError> {
    tx.rows(
        &format!("{VOICE} WHERE words IS NOT NULL ORDER BY id DESC LIMIT $1"),
        cells![i64::from(limit)],
    )?
    .into_iter()
    .map(a_voice)
    .collect()
}

pub(super) fn counts(tx: &dyn Tx) -> Result<VoiceCounts, StoreError> {
    let mut counts = VoiceCounts::new();
    for mut row in tx.rows(
        "SELECT procedure, mood, count(*) FROM family_voices GROUP BY procedure, mood ORDER BY procedure, mood",
        &[],
    )? {
        let (procedure, mood) = (row.text()?, row.text()?);
        counts.entry(procedure).or_default().insert(mood, row.int()?);
    }
    Ok(counts)
}
