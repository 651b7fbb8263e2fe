//! The officers' desk on PostgreSQL. Every step locks its filing's row first.

use std::sync::Arc;

use async_trait::async_trait;
use tokio_postgres::types::ToSql;
use ubugoe_protocol::FilingId;

use super::prepared::{Asks as _, Object, Transaction};
use super::read::{ROW, col, filing_id, filing_row, state};
use super::write::{append_audit, decide_in};
use super::{PostgresStore, failed};
use crate::casework::{FilingState, ReasonCode};
use crate::store::desk::{
    CaseLine, Concluded, Conclusion, DeskEntry, DeskStep, DeskStore, Done, Hand, Look,
    MOST_COUNTED, MOST_FOUND, OnDesk, Proposal, Queue, QueueCounts, Unsearchable, Whose, named,
    past, reason_condition, reason_word,
};
use crate::store::{Arrival, Decided, Decision, Sealer, StoreError, facts_from_text, unsigned};

const LISTING: &str = "listing a queue";
const WORKING: &str = "working at the desk";
const INDEXING: &str = "making filings searchable";

type Values = Vec<Box<dyn ToSql + Sync + Send>>;

async fn lines(c: &Object, sql: &str, values: &Values) -> Result<Vec<CaseLine>, StoreError> {
    let values: Vec<&(dyn ToSql + Sync)> = values
        .iter()
        .map(|value| -> &(dyn ToSql + Sync) { value.as_ref() })
        .collect();
    let found = c.query(sql, &values).await.map_err(failed(LISTING))?;
    found
        .iter()
        .map(|row| {
            Ok(CaseLine {
                row: filing_row(row)?,
                device: col::<&str>(row, 11)?
                    .parse()
                    .map_err(|e: ubugoe_protocol::IdError| StoreError::Corrupt {
                        what: "device",
                        detail: e.to_string(),
                    })?,
                assignee: col(row, 12)?,
                proposed_by: col(row, 13)?,
            })
        })
        .collect()
}

/// Conditions with their parameters, in the order in which they were added.
#[derive(Default)]
struct Where {
    conditions: Vec<String>,
    values: Values,
}

impl Where {
    fn value(&mut self, value: impl ToSql + Sync + Send + 'static) -> String {
        self.values.push(Box::new(value));
        format!("${}", self.values.len())
    }
}

async fn queue(c: &Object, queue: Queue) -> Result<Vec<CaseLine>, StoreError> {
    let mut w = Where::default();
    // a state and a limit that stand in the statement are planned for once, those that come with it every time
    if let Some(state) = queue.state {
        w.conditions.push(format!("f.state = '{}'", state.code()));
    }
    match queue.whose {
        Whose::All => {}
        Whose::Of(account) => {
            let value = w.value(account);
            w.conditions.push(format!("f.assignee = {value}"));
        }
        Whose::Nobody => w.conditions.push("f.assignee IS NULL".to_owned()),
    }
    if queue.proposed {
        w.conditions.push("f.proposed_by IS NOT NULL".to_owned());
    }
    if let Some(day) = queue.due_until {
        let value = w.value(day);
        w.conditions.push(format!("f.due_key <= {value}"));
    }
    if let Some(procedure) = queue.procedure {
        let value = w.value(procedure);
        w.conditions.push(format!("f.procedure = {value}"));
    }
    if let Some(code) = queue.reason {
        let value = w.value(reason_word(code));
        w.conditions.push(reason_condition(code, &value));
    }
    if let Some(device) = queue.device {
        let value = w.value(device.as_str().to_owned());
        w.conditions.push(format!(
            "f.device = {value} AND f.facts NOT LIKE '%\"protected\":true%'"
        ));
    }
    if let Some(after) = queue.after {
        let due = w.value(after.due_key);
        let at = w.value(after.arrived_at);
        let number = w.value(i64::try_from(after.arrival_no).unwrap_or(i64::MAX));
        w.conditions.push(format!(
            "(f.due_key, f.arrived_at, f.arrival_no) > ({due}, {at}, {number})"
        ));
    }
    let limit = queue.limit;
    let conditions = if w.conditions.is_empty() {
        "true".to_owned()
    } else {
        w.conditions.join(" AND ")
    };
    let sql = format!(
        "SELECT {ROW}, f.device, f.assignee, f.proposed_by FROM filings f WHERE {conditions}
         ORDER BY f.due_key, f.arrived_at, f.arrival_no LIMIT {limit}"
    );
    lines(c, &sql, &w.values).await
}

async fn queue_counts(c: &Object, me: &str, urgent: &str) -> Result<QueueCounts, StoreError> {
    let count = |from: &str| {
        format!("(SELECT count(*) FROM (SELECT 1 FROM {from} LIMIT {MOST_COUNTED}) q)")
    };
    let sql = format!(
        "SELECT {}, {}, {}, {}, {}, {}, {}, {}",
        count("filings WHERE state = 'arrived'"),
        count("filings WHERE state = 'arrived' AND due_key <= $2"),
        count("filings WHERE assignee = $1 AND state = 'arrived'"),
        count("filings WHERE assignee IS NULL AND state = 'arrived'"),
        count("filings WHERE proposed_by IS NOT NULL"),
        count("filings WHERE state = 'returned'"),
        // in the order of an index, or the thousand would be read from the rows themselves
        count("filings WHERE state = 'accepted' ORDER BY due_key, arrived_at, arrival_no"),
        count("quarantine WHERE resolved_at IS NULL"),
    );
    let row = c
        .query_one(&sql, &[&me, &urgent])
        .await
        .map_err(failed("counting a queue"))?;
    let number = |at| col::<i64>(&row, at).map(i64::unsigned_abs);
    Ok(QueueCounts {
        arrived: number(0)?,
        urgent: number(1)?,
        mine: number(2)?,
        free: number(3)?,
        proposed: number(4)?,
        returned: number(5)?,
        accepted: number(6)?,
        quarantined: number(7)?,
    })
}

async fn on_desk(c: &Object, id: FilingId) -> Result<OnDesk, StoreError> {
    const DOING: &str = "reading the desk";
    let id = id.as_bytes().as_slice();
    let [found, entries] = c
        .query_all([
            ("SELECT assignee, proposed_by FROM filings WHERE id = $1", &[&id]),
            (
                "SELECT seq, at, actor, what, version, detail, note FROM desk_log WHERE filing = $1 ORDER BY seq",
                &[&id],
            ),
        ])
        .await
        .map_err(failed(DOING))?;
    let Some(row) = found.first() else {
        return Ok(OnDesk::default());
    };
    let log = entries
        .iter()
        .map(|row| {
            Ok(DeskEntry {
                seq: unsigned("desk number", col(row, 0)?)?,
                at: col(row, 1)?,
                actor: col(row, 2)?,
                what: DeskStep::from_code(col(row, 3)?)?,
                version: unsigned("version", col(row, 4)?)?,
                detail: col(row, 5)?,
                note: col(row, 6)?,
            })
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    Ok(OnDesk {
        assignee: col(row, 0)?,
        proposed_by: col(row, 1)?,
        log,
    })
}

/// What decides whether a step is open.
struct Standing {
    state: FilingState,
    version: i64,
    assignee: Option<String>,
    proposed_by: Option<String>,
    /// Number of the newest proposal.
    proposal: Option<i64>,
}

/// Locks the filing, then reads: what a writer before us changed is seen.
async fn standing(tx: &Transaction<'_>, id: FilingId) -> Result<Option<Standing>, StoreError> {
    let id = id.as_bytes().as_slice();
    let [found, counts] = tx
        .query_all([
            (
                "SELECT state, assignee, proposed_by FROM filings WHERE id = $1 AND erased_at IS NULL FOR UPDATE",
                &[&id],
            ),
            (
                "SELECT (SELECT count(*) FROM history WHERE filing = $1),
                        (SELECT max(seq) FROM desk_log WHERE filing = $1 AND what = 'proposed')",
                &[&id],
            ),
        ])
        .await
        .map_err(failed(WORKING))?;
    let (Some(row), Some(counts)) = (found.first(), counts.first()) else {
        return Ok(None);
    };
    Ok(Some(Standing {
        state: state(col(row, 0)?)?,
        version: col(counts, 0)?,
        assignee: col(row, 1)?,
        proposed_by: col(row, 2)?,
        proposal: col(counts, 1)?,
    }))
}

async fn write(
    tx: &Transaction<'_>,
    hand: &Hand,
    what: DeskStep,
    version: i64,
    detail: Option<&str>,
    note: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO desk_log (filing, seq, at, actor, what, version, detail, note)
         VALUES ($1, (SELECT count(*) FROM desk_log WHERE filing = $1), $2, $3, $4, $5, $6, $7)",
        &[
            &hand.filing.as_bytes().as_slice(),
            &hand.at,
            &hand.actor,
            &what.code(),
            &version,
            &detail,
            &note,
        ],
    )
    .await
    .map_err(failed(WORKING))?;
    Ok(())
}

async fn set(
    tx: &Transaction<'_>,
    id: FilingId,
    column: &str,
    value: Option<&str>,
) -> Result<(), StoreError> {
    tx.execute(
        &format!("UPDATE filings SET {column} = $2 WHERE id = $1"),
        &[&id.as_bytes().as_slice(), &value],
    )
    .await
    .map_err(failed(WORKING))?;
    Ok(())
}

async fn take(c: &mut Object, hand: &Hand, from: Option<&str>) -> Result<Done, StoreError> {
    let tx = c.transaction().await.map_err(failed(WORKING))?;
    let Some(now) = standing(&tx, hand.filing).await? else {
        return Ok(Done::NotFound);
    };
    if now.state == FilingState::Accepted || now.assignee.as_deref() != from {
        return Ok(Done::Stale);
    }
    set(&tx, hand.filing, "assignee", Some(&hand.actor)).await?;
    write(&tx, hand, DeskStep::Taken, now.version, None, None).await?;
    append_audit(&tx, &hand.audit_entry(DeskStep::Taken, String::new())).await?;
    tx.commit().await.map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

async fn put_back(c: &mut Object, hand: &Hand) -> Result<Done, StoreError> {
    let tx = c.transaction().await.map_err(failed(WORKING))?;
    let Some(now) = standing(&tx, hand.filing).await? else {
        return Ok(Done::NotFound);
    };
    if now.assignee.as_deref() != Some(&hand.actor) {
        return Ok(Done::Stale);
    }
    set(&tx, hand.filing, "assignee", None).await?;
    write(&tx, hand, DeskStep::GivenBack, now.version, None, None).await?;
    append_audit(&tx, &hand.audit_entry(DeskStep::GivenBack, String::new())).await?;
    tx.commit().await.map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

async fn ticks(
    tx: &Transaction<'_>,
    hand: &Hand,
    version: i64,
    paths: &[String],
) -> Result<(), StoreError> {
    if paths.is_empty() {
        return Ok(());
    }
    for path in paths {
        write(tx, hand, DeskStep::Ticked, version, Some(path), None).await?;
    }
    append_audit(
        tx,
        &hand.audit_entry(DeskStep::Ticked, paths.len().to_string()),
    )
    .await
}

async fn tick(
    c: &mut Object,
    hand: &Hand,
    version: u32,
    paths: &[String],
) -> Result<Done, StoreError> {
    let tx = c.transaction().await.map_err(failed(WORKING))?;
    let Some(now) = standing(&tx, hand.filing).await? else {
        return Ok(Done::NotFound);
    };
    if now.version != i64::from(version) || now.state == FilingState::Accepted {
        return Ok(Done::Stale);
    }
    ticks(&tx, hand, now.version, paths).await?;
    tx.commit().await.map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

async fn propose(c: &mut Object, proposal: &Proposal) -> Result<Done, StoreError> {
    let hand = &proposal.hand;
    let tx = c.transaction().await.map_err(failed(WORKING))?;
    let Some(now) = standing(&tx, hand.filing).await? else {
        return Ok(Done::NotFound);
    };
    if now.version != i64::from(proposal.version)
        || now.proposed_by.is_some()
        || !now.state.may_become(FilingState::Accepted)
    {
        return Ok(Done::Stale);
    }
    ticks(&tx, hand, now.version, &proposal.ticks).await?;
    set(&tx, hand.filing, "proposed_by", Some(&hand.actor)).await?;
    let note = proposal.note.as_deref();
    write(&tx, hand, DeskStep::Proposed, now.version, None, note).await?;
    append_audit(&tx, &hand.audit_entry(DeskStep::Proposed, String::new())).await?;
    tx.commit().await.map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

async fn send_back(
    c: &mut Object,
    hand: &Hand,
    proposal: u32,
    note: &str,
) -> Result<Done, StoreError> {
    let tx = c.transaction().await.map_err(failed(WORKING))?;
    let Some(now) = standing(&tx, hand.filing).await? else {
        return Ok(Done::NotFound);
    };
    let same = now.proposal == Some(i64::from(proposal));
    let Some(maker) = now.proposed_by.filter(|_| same) else {
        return Ok(Done::Stale);
    };
    if maker == hand.actor {
        return Ok(Done::SamePerson);
    }
    set(&tx, hand.filing, "proposed_by", None).await?;
    write(&tx, hand, DeskStep::SentBack, now.version, None, Some(note)).await?;
    append_audit(&tx, &hand.audit_entry(DeskStep::SentBack, String::new())).await?;
    tx.commit().await.map_err(failed(WORKING))?;
    Ok(Done::Yes)
}

async fn conclude(
    c: &mut Object,
    decision: &Decision,
    conclusion: &Conclusion,
    sealer: &dyn Sealer,
) -> Result<Concluded, StoreError> {
    let tx = c.transaction().await.map_err(failed("deciding"))?;
    let Some(now) = standing(&tx, decision.filing).await? else {
        return Ok(Concluded::Decided(Decided::NotFound));
    };
    if now.version != i64::from(decision.version) || !now.state.may_become(decision.to) {
        return Ok(Concluded::Decided(Decided::Stale { state: now.state }));
    }
    let hand = Hand {
        filing: decision.filing,
        actor: decision.actor.clone(),
        at: decision.at,
    };
    if let Some(number) = conclusion.confirms {
        let same = now.proposal == Some(i64::from(number));
        let Some(maker) = now.proposed_by.filter(|_| same) else {
            return Ok(Concluded::NoProposal);
        };
        if maker == decision.actor {
            return Ok(Concluded::SamePerson);
        }
        write(&tx, &hand, DeskStep::Confirmed, now.version, None, None).await?;
        append_audit(&tx, &hand.audit_entry(DeskStep::Confirmed, String::new())).await?;
    }
    ticks(&tx, &hand, now.version, &conclusion.ticks).await?;
    let decided = decide_in(&tx, decision, sealer).await?;
    if matches!(decided, Decided::Done { .. }) {
        tx.commit().await.map_err(failed("committing a decision"))?;
    }
    Ok(Concluded::Decided(decided))
}

async fn look(c: &Object, look: Look) -> Result<Vec<CaseLine>, StoreError> {
    let mut w = Where::default();
    let order = look.order();
    let which = match look {
        Look::Number(recipient, number) => {
            let recipient = w.value(recipient.as_str().to_owned());
            let number = w.value(i64::try_from(number).unwrap_or(i64::MAX));
            format!(
                "SELECT id FROM filings WHERE recipient = {recipient} AND arrival_no = {number}
                 UNION SELECT filing FROM earlier WHERE recipient = {recipient} AND arrival_no = {number}"
            )
        }
        Look::Id(id) => {
            let id = w.value(id.as_bytes().to_vec());
            format!("SELECT {id}::bytea")
        }
        Look::Token(hash) => {
            let hash = w.value(hash.to_vec());
            format!(
                "SELECT g.id FROM filings g WHERE (g.recipient, g.device, g.case_id) IN (
                     SELECT recipient, device, case_id FROM cases WHERE token_sha256 = {hash}
                     UNION SELECT recipient, device, case_id FROM case_aliases WHERE token_sha256 = {hash})"
            )
        }
        Look::Name { folded, most } => {
            let end = w.value(past(&folded));
            named(&w.value(folded), &end, most)
        }
    };
    let sql = format!(
        "SELECT {ROW}, f.device, f.assignee, f.proposed_by FROM filings f WHERE f.id IN ({which})
         ORDER BY {order} LIMIT {MOST_FOUND}"
    );
    lines(c, &sql, &w.values).await
}

/// Under what filings are found: one statement, however many they are.
#[derive(Default)]
pub(super) struct Terms {
    kinds: Vec<&'static str>,
    words: Vec<String>,
    ids: Vec<Vec<u8>>,
}

impl Terms {
    /// The filings' rows are there before this runs.
    pub(super) const INSERT: &str = "INSERT INTO search_terms (kind, term, filing, arrived_at)
         SELECT q.*, f.arrived_at FROM unnest($1::text[], $2::text[], $3::bytea[]) AS q(kind, term, filing)
         JOIN filings f ON f.id = q.filing ON CONFLICT DO NOTHING";

    pub(super) fn of(arrivals: &[Arrival]) -> Self {
        let mut terms = Self::default();
        for arrival in arrivals {
            let reasons = arrival.facts.reasons.iter().map(|reason| reason.code);
            terms.add(arrival.id, arrival.terms.iter().cloned(), reasons);
        }
        terms
    }

    fn add(
        &mut self,
        id: FilingId,
        names: impl IntoIterator<Item = String>,
        reasons: impl IntoIterator<Item = ReasonCode>,
    ) {
        let names = names.into_iter().map(|name| ("n", name));
        let reasons = reasons.into_iter().map(|code| ("r", reason_word(code)));
        for (kind, term) in names.chain(reasons) {
            self.kinds.push(kind);
            self.words.push(term);
            self.ids.push(id.as_bytes().to_vec());
        }
    }

    pub(super) fn values(&self) -> [&(dyn ToSql + Sync); 3] {
        [&self.kinds, &self.words, &self.ids]
    }
}

/// Makes filings searchable that stand in their table.
pub(super) async fn index(tx: &Transaction<'_>, terms: &Terms) -> Result<(), StoreError> {
    tx.execute(Terms::INSERT, &terms.values())
        .await
        .map(drop)
        .map_err(failed(INDEXING))
}

async fn unsearchable(c: &Object, limit: u32) -> Result<Vec<Unsearchable>, StoreError> {
    const DOING: &str = "reading what cannot be searched";
    let rows = c
        .query(
            "SELECT f.id, f.canonical, f.facts FROM search_todo t JOIN filings f ON f.id = t.filing LIMIT $1",
            &[&i64::from(limit)],
        )
        .await
        .map_err(failed(DOING))?;
    rows.iter()
        .map(|row| {
            let facts = facts_from_text(col(row, 2)?)?;
            Ok(Unsearchable {
                id: filing_id(col(row, 0)?)?,
                canonical: col(row, 1)?,
                reasons: facts.reasons.iter().map(|reason| reason.code).collect(),
            })
        })
        .collect()
}

async fn make_searchable(
    c: &mut Object,
    mut filings: Vec<(FilingId, Vec<String>, Vec<ReasonCode>)>,
) -> Result<(), StoreError> {
    // several programs may do the same at the same time: rows in one order
    filings.sort_by_key(|(id, ..)| *id.as_bytes());
    let ids: Vec<Vec<u8>> = filings
        .iter()
        .map(|(id, ..)| id.as_bytes().to_vec())
        .collect();
    let tx = c.transaction().await.map_err(failed(INDEXING))?;
    let mut terms = Terms::default();
    for (id, names, reasons) in filings {
        terms.add(id, names, reasons);
    }
    index(&tx, &terms).await?;
    tx.execute("DELETE FROM search_todo WHERE filing = ANY($1)", &[&ids])
        .await
        .map_err(failed(INDEXING))?;
    tx.commit().await.map_err(failed(INDEXING))
}

#[async_trait]
impl DeskStore for PostgresStore {
    async fn queue(&self, asked: Queue) -> Result<Vec<CaseLine>, StoreError> {
        queue(&self.client(LISTING).await?, asked).await
    }

    async fn queue_counts(&self, me: String, urgent: String) -> Result<QueueCounts, StoreError> {
        queue_counts(&self.client("counting a queue").await?, &me, &urgent).await
    }

    async fn badge(&self) -> Result<u64, StoreError> {
        let client = self.client("counting the quarantine").await?;
        let row = client
            .query_one(
                "SELECT count(*) FROM (SELECT 1 FROM quarantine WHERE resolved_at IS NULL LIMIT $1) q",
                &[&i64::from(MOST_COUNTED)],
            )
            .await
            .map_err(failed("counting the quarantine"))?;
        col::<i64>(&row, 0).map(i64::unsigned_abs)
    }

    async fn on_desk(&self, filing: FilingId) -> Result<OnDesk, StoreError> {
        on_desk(&self.client("reading the desk").await?, filing).await
    }

    async fn take(&self, hand: Hand, from: Option<String>) -> Result<Done, StoreError> {
        let mut client = self.client(WORKING).await?;
        take(&mut client, &hand, from.as_deref()).await
    }

    async fn put_back(&self, hand: Hand) -> Result<Done, StoreError> {
        let mut client = self.client(WORKING).await?;
        put_back(&mut client, &hand).await
    }

    async fn tick(&self, hand: Hand, version: u32, paths: Vec<String>) -> Result<Done, StoreError> {
        let mut client = self.client(WORKING).await?;
        tick(&mut client, &hand, version, &paths).await
    }

    async fn propose(&self, proposal: Proposal) -> Result<Done, StoreError> {
        let mut client = self.client(WORKING).await?;
        propose(&mut client, &proposal).await
    }

    async fn send_back(&self, hand: Hand, proposal: u32, note: String) -> Result<Done, StoreError> {
        let mut client = self.client(WORKING).await?;
        send_back(&mut client, &hand, proposal, &note).await
    }

    async fn conclude(
        &self,
        decision: Decision,
        conclusion: Conclusion,
        sealer: Arc<dyn Sealer>,
    ) -> Result<Concluded, StoreError> {
        let mut client = self.client("deciding").await?;
        conclude(&mut client, &decision, &conclusion, sealer.as_ref()).await
    }

    async fn look(&self, asked: Look) -> Result<Vec<CaseLine>, StoreError> {
        look(&self.client("searching").await?, asked).await
    }

    async fn unsearchable(&self, limit: u32) -> Result<Vec<Unsearchable>, StoreError> {
        unsearchable(
            &self.client("reading what cannot be searched").await?,
            limit,
        )
        .await
    }

    async fn make_searchable(
        &self,
        filings: Vec<(FilingId, Vec<String>, Vec<ReasonCode>)>,
    ) -> Result<(), StoreError> {
        let mut client = self.client(INDEXING).await?;
        make_searchable(&mut client, filings).await
    }
}
