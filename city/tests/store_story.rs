//! One story about the store, told to both databases: SQLite in a file, PostgreSQL as a real cluster started here.

use std::sync::Arc;

use crate::support::office::{Office, decide};
use sha2::{Digest, Sha256};
use ubugoe_bench::pki::Pki;
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::casework::audit::{AuditEntry, ChainBreak, Verifier};
use ubugoe_city::casework::roles::Role;
use ubugoe_city::casework::{FilingState, ReasonCode};
use ubugoe_city::store::postgres::PostgresStore;
use ubugoe_city::store::sqlite::SqliteStore;
use ubugoe_city::store::{
    Arrival, Attempt, Batch, Counts, Decided, Decision, Facts, Finding, Landed, NewQuarantine,
    Person, QuarantineReason, Reason, ReceiptFacts, Rotation, SealFailure, Sealer, Session,
    SignatureFinding, StatusFacts, Store, StoreError, WakeWindow,
};
use ubugoe_protocol::{CaseId, FilingId, Interval, Place, RecipientId};

/// A seal that shows what was sealed; fails when told to.
struct PlainSealer {
    fail: bool,
}

impl Sealer for PlainSealer {
    fn receipt(&self, f: &ReceiptFacts) -> Result<Vec<u8>, SealFailure> {
        if self.fail {
            return Err("the signing key is locked away".into());
        }
        Ok(format!(
            "receipt {} no={} at={} token={}",
            f.id, f.arrival_no, f.arrived_at, f.token
        )
        .into_bytes())
    }

    fn in_era(&self, receipt: Vec<u8>, era: i64) -> Result<Vec<u8>, SealFailure> {
        let said = String::from_utf8(receipt)?;
        let first = said.split(" era=").next().unwrap_or_default();
        Ok(format!("{first} era={era}").into_bytes())
    }

    fn conflict_refusal(
        &self,
        id: FilingId,
        envelope: [u8; 32],
        at: i64,
    ) -> Result<Vec<u8>, SealFailure> {
        Ok(format!("refusal {id} {} at={at}", hex::encode(envelope)).into_bytes())
    }

    fn status(&self, f: &StatusFacts) -> Result<Vec<u8>, SealFailure> {
        Ok(format!(
            "status {} seq={} {} {:?}",
            f.id,
            f.seq,
            f.state.code(),
            f.reason
        )
        .into_bytes())
    }
}

fn sealer() -> Arc<dyn Sealer> {
    Arc::new(PlainSealer { fail: false })
}

fn office() -> RecipientId {
    "asukoe".parse().unwrap()
}

fn id(n: u8) -> FilingId {
    FilingId::from_bytes([n; 16])
}

fn arrival(n: u8, case: u8, case_seq: u32) -> Arrival {
    let canonical = format!("{{\"filing\":{n}}}").into_bytes();
    Arrival {
        id: id(n),
        device: "ward-1".parse().unwrap(),
        recipient: office(),
        case: CaseId::from_bytes([case; 16]),
        case_seq,
        schema: "ubugoe-filing/1".into(),
        created: 900,
        digest: Sha256::digest(&canonical).into(),
        signature: vec![0x30, n],
        procedure: "shussei_todoke".into(),
        child_key: Some([n; 32]),
        due: Some("2026-12-07".into()),
        facts: Facts {
            title_ja: "出生届".into(),
            title_en: "Birth notification".into(),
            // a four-byte character, a variant selector, an ideographic space, a compatibility ideograph
            child: Some("葛\u{e0100}城\u{3000}𠮷\u{fa19}".into()),
            claimant: None,
            signature: SignatureFinding {
                math: Finding::Ok,
                chain: Finding::Ok,
                validity: Finding::Ok,
                revocation: Finding::Unknown,
                subject: Some("C=JP".into()),
                serial: Some("0a".into()),
                problem: None,
            },
            reasons: vec![Reason {
                code: ReasonCode::Late,
                detail: Some("quote ' \" and \u{0} zero".into()),
            }],
            protected: false,
        },
        terms: Vec::new(),
        fresh_token: format!("{n:032x}"),
        wire: format!("wire {n}").into_bytes(),
        counter: u64::from(n),
        signed: Some(Interval {
            from: 890,
            until: 900,
        }),
        visit: Place {
            root: [n; 32],
            index: 0,
            count: 1,
        },
        attachments: Vec::new(),
        canonical,
    }
}

async fn land(store: &dyn Store, arrivals: Vec<Arrival>, now: i64) -> Vec<Landed> {
    store
        .ingest(
            Arc::new(Batch {
                arrivals,
                now,
                ..Batch::default()
            }),
            sealer(),
        )
        .await
        .unwrap()
}

fn receipt(landed: &Landed) -> String {
    match landed {
        Landed::New { receipt, .. } | Landed::Again { receipt } => {
            String::from_utf8(receipt.clone()).unwrap()
        }
        Landed::Conflict { refusal } => panic!("refused: {}", String::from_utf8_lossy(refusal)),
    }
}

/// The whole story. Every chapter goes on where the last one ended.
async fn story(store: &dyn Store) {
    assert_eq!(store.counts().await.unwrap(), Counts::default());
    arrivals_get_numbers_and_keep_them(store).await;
    a_failed_seal_leaves_nothing_behind(store).await;
    conflicts_are_kept_and_refused(store).await;
    the_list_is_in_order_of_legal_deadline(store).await;
    duplicates_are_found_by_substance(store).await;
    officers_decide_once(store).await;
    notices_are_sent_until_they_rest(store).await;
    the_family_sees_states(store).await;
    quarantine_counts_and_resolves(store).await;
    a_sign_in_ends_once_and_in_time(store).await;
    sessions_live_and_die(store).await;
    the_audit_chain_holds(store).await;
}

async fn arrivals_get_numbers_and_keep_them(store: &dyn Store) {
    let first = land(store, vec![arrival(1, 1, 0), arrival(2, 1, 1)], 1_000).await;
    assert_eq!(
        receipt(&first[0]),
        format!("receipt {} no=1 at=1000 token={:032x}", id(1), 1)
    );
    // the second filing of a case shares the family's link
    assert_eq!(
        receipt(&first[1]),
        format!("receipt {} no=2 at=1000 token={:032x}", id(2), 1)
    );
    // a duplicate, later and in another batch together with something new
    let again = land(
        store,
        vec![arrival(1, 1, 0), arrival(3, 2, 0), arrival(3, 2, 0)],
        2_000,
    )
    .await;
    assert_eq!(
        again[0],
        Landed::Again {
            receipt: receipt(&first[0]).into_bytes()
        }
    );
    assert_eq!(
        receipt(&again[1]),
        format!("receipt {} no=3 at=2000 token={:032x}", id(3), 3)
    );
    assert_eq!(
        again[2],
        Landed::Again {
            receipt: receipt(&again[1]).into_bytes()
        }
    );
    // everything reads back as it went in, code point by code point
    let record = store.filing(id(1)).await.unwrap().unwrap();
    let sent = arrival(1, 1, 0);
    assert_eq!(
        (record.canonical, record.signature, record.digest),
        (sent.canonical, sent.signature, sent.digest)
    );
    assert_eq!(
        (
            record.row.facts,
            record.row.arrived_at,
            record.row.arrival_no
        ),
        (sent.facts, 1_000, 1)
    );
    assert_eq!(
        record.siblings.iter().map(|row| row.id).collect::<Vec<_>>(),
        [id(2)]
    );
    assert_eq!(record.history.len(), 1);
    assert!(store.filing(id(99)).await.unwrap().is_none());
}

async fn a_failed_seal_leaves_nothing_behind(store: &dyn Store) {
    let broken: Arc<dyn Sealer> = Arc::new(PlainSealer { fail: true });
    let batch = Batch {
        arrivals: vec![arrival(4, 3, 0)],
        now: 2_100,
        ..Batch::default()
    };
    let error = store.ingest(Arc::new(batch), broken).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Seal {
                what: "receipt",
                ..
            }
        ),
        "{error:?}"
    );
    assert!(store.filing(id(4)).await.unwrap().is_none());
    let landed = land(store, vec![arrival(4, 3, 0)], 2_200).await;
    assert!(
        receipt(&landed[0]).contains("no=4 "),
        "a number was lost: {}",
        receipt(&landed[0])
    );
}

async fn conflicts_are_kept_and_refused(store: &dyn Store) {
    let mut other = arrival(1, 1, 0);
    other.canonical = b"{\"filing\":\"changed\"}".to_vec();
    other.digest = Sha256::digest(&other.canonical).into();
    other.wire = b"wire 1 changed".to_vec();
    let first = land(store, vec![other.clone()], 2_300).await;
    let Landed::Conflict { refusal } = first[0].clone() else {
        panic!("{first:?}")
    };
    assert_eq!(
        String::from_utf8(refusal.clone()).unwrap(),
        format!(
            "refusal {} {} at=2300",
            id(1),
            hex::encode(Sha256::digest(b"wire 1 changed"))
        )
    );
    // the same again: the same refusal, and still one line in quarantine
    assert_eq!(
        land(store, vec![other], 2_400).await,
        [Landed::Conflict {
            refusal: refusal.clone()
        }]
    );
    // the same id and content from another device is no duplicate either
    let mut elsewhere = arrival(1, 1, 0);
    elsewhere.device = "ward-2".parse().unwrap();
    elsewhere.wire = b"wire 1 from ward 2".to_vec();
    assert!(matches!(
        land(store, vec![elsewhere], 2_500).await[0],
        Landed::Conflict { .. }
    ));
    let kept = store.quarantine(10).await.unwrap();
    let kept: Vec<_> = kept
        .iter()
        .map(|item| (item.reason, item.times, item.first_seen, item.last_seen))
        .collect();
    assert_eq!(
        kept,
        [
            (QuarantineReason::DigestConflict, 1, 2_500, 2_500),
            (QuarantineReason::DigestConflict, 2, 2_300, 2_400)
        ]
    );
    // what was first stands
    assert_eq!(
        store.filing(id(1)).await.unwrap().unwrap().canonical,
        b"{\"filing\":1}"
    );
    assert!(
        store.quarantined_wires(10).await.unwrap().is_empty(),
        "a refused message is not tried again"
    );
}

async fn the_list_is_in_order_of_legal_deadline(store: &dyn Store) {
    let mut urgent = arrival(5, 4, 0);
    urgent.due = Some("2026-12-01".into());
    let mut open_ended = arrival(6, 4, 1);
    open_ended.due = None;
    land(store, vec![open_ended, urgent], 2_600).await;
    let order: Vec<FilingId> = store
        .filings(None, 100)
        .await
        .unwrap()
        .iter()
        .map(|row| row.id)
        .collect();
    assert_eq!(order, [5, 1, 2, 3, 4, 6].map(id));
    assert_eq!(
        store
            .filings(Some(FilingState::Accepted), 100)
            .await
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        store
            .filings(Some(FilingState::Arrived), 2)
            .await
            .unwrap()
            .len(),
        2
    );
}

async fn duplicates_are_found_by_substance(store: &dyn Store) {
    // the father files the same child from another ward
    let mut father = arrival(7, 5, 0);
    father.device = "ward-2".parse().unwrap();
    father.child_key = Some([1; 32]);
    // the same place in a case, taken twice
    let collision = arrival(8, 1, 1);
    land(store, vec![father, collision], 2_700).await;
    let mother = store.filing(id(1)).await.unwrap().unwrap();
    assert!(mother.row.duplicate);
    assert_eq!(
        mother
            .duplicates
            .iter()
            .map(|row| row.id)
            .collect::<Vec<_>>(),
        [id(7)]
    );
    assert!(store.filing(id(7)).await.unwrap().unwrap().row.duplicate);
    assert!(
        !store.filing(id(2)).await.unwrap().unwrap().row.duplicate,
        "a twin is not a duplicate"
    );
    assert!(
        store
            .filing(id(8))
            .await
            .unwrap()
            .unwrap()
            .row
            .sequence_taken
    );
    assert!(
        !store
            .filing(id(2))
            .await
            .unwrap()
            .unwrap()
            .row
            .sequence_taken
    );
}

fn decision(filing: FilingId, version: u32, to: FilingState, at: i64) -> Decision {
    let returned = to == FilingState::Returned;
    Decision {
        filing,
        version,
        to,
        reason: returned.then(|| "name_check".into()),
        note: returned.then(|| "読みの\n確認".into()),
        actor: "sato".into(),
        at,
    }
}

async fn officers_decide_once(store: &dyn Store) {
    let back = decision(id(3), 1, FilingState::Returned, 3_000);
    assert_eq!(
        decide(store, back.clone(), &sealer()).await,
        Decided::Done { notice: 1 }
    );
    // the same click twice, and a colleague who saw the page before
    let state = FilingState::Returned;
    assert_eq!(
        decide(store, back, &sealer()).await,
        Decided::Stale { state }
    );
    let late = decision(id(3), 1, FilingState::Accepted, 3_001);
    assert_eq!(
        decide(store, late, &sealer()).await,
        Decided::Stale { state }
    );
    let accept = decision(id(3), 2, FilingState::Accepted, 3_100);
    assert_eq!(
        decide(store, accept, &sealer()).await,
        Decided::Done { notice: 2 }
    );
    let state = FilingState::Accepted;
    let undo = decision(id(3), 3, FilingState::Returned, 3_200);
    assert_eq!(
        decide(store, undo, &sealer()).await,
        Decided::Stale { state }
    );
    let nobody = decision(id(99), 1, FilingState::Accepted, 3_200);
    assert_eq!(decide(store, nobody, &sealer()).await, Decided::NotFound);
    let history = store.filing(id(3)).await.unwrap().unwrap().history;
    let told: Vec<_> = history
        .iter()
        .map(|h| (h.seq, h.at, h.actor.as_str(), h.state, h.note.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (0, 2_000, "system", FilingState::Arrived, None),
            (
                1,
                3_000,
                "sato",
                FilingState::Returned,
                Some("読みの\n確認")
            ),
            (2, 3_100, "sato", FilingState::Accepted, None),
        ]
    );
    let counts = store.counts().await.unwrap();
    assert_eq!(
        (counts.arrived, counts.accepted, counts.returned),
        (7, 1, 0)
    );
}

async fn notices_are_sent_until_they_rest(store: &dyn Store) {
    // only the newest notice of a filing travels
    assert_eq!(store.next_due_at().await.unwrap(), Some(3_100));
    assert!(store.due_notices(3_099, 10).await.unwrap().is_empty());
    let due = store.due_notices(3_100, 10).await.unwrap();
    assert_eq!(due.len(), 1);
    let notice = &due[0];
    assert_eq!(
        (
            notice.filing,
            notice.seq,
            notice.device.as_str(),
            notice.attempts
        ),
        (id(3), 2, "ward-1", 0)
    );
    assert_eq!(
        notice.signed,
        format!("status {} seq=2 accepted None", id(3)).into_bytes()
    );
    let attempt = |attempts, now, next_at| Attempt {
        filing: id(3),
        seq: 2,
        attempts,
        now,
        next_at,
    };
    store
        .notices_attempted(vec![attempt(1, 3_110, Some(3_140))])
        .await
        .unwrap();
    assert_eq!(store.next_due_at().await.unwrap(), Some(3_140));
    assert_eq!(store.due_notices(3_140, 10).await.unwrap()[0].attempts, 1);
    store
        .notices_attempted(vec![attempt(1, 3_150, None)])
        .await
        .unwrap();
    assert_eq!(store.next_due_at().await.unwrap(), None);
    // a sign of life wakes it, unless it was just sent or was decided long ago
    let device = "ward-1".parse().unwrap();
    let window = |now, decided_since, not_sent_since| WakeWindow {
        now,
        decided_since,
        not_sent_since,
    };
    assert_eq!(
        store
            .wake_notices(&device, window(3_160, 0, 3_149))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store
            .wake_notices(&device, window(3_160, 3_101, 3_150))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store
            .wake_notices(&"ward-2".parse().unwrap(), window(3_160, 0, 3_150))
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        store
            .wake_notices(&device, window(3_160, 0, 3_150))
            .await
            .unwrap(),
        1
    );
    assert_eq!(store.due_notices(3_160, 10).await.unwrap().len(), 1);
}

async fn the_family_sees_states(store: &dyn Store) {
    let hash = |token: &str| -> [u8; 32] { Sha256::digest(token).into() };
    let filings = store.family(hash(&format!("{:032x}", 1))).await.unwrap();
    let seen: Vec<_> = filings
        .iter()
        .map(|f| (f.arrival_no, f.title_ja.as_str(), f.state))
        .collect();
    let arrived = FilingState::Arrived;
    assert_eq!(
        seen,
        [
            (1, "出生届", arrived),
            (2, "出生届", arrived),
            (8, "出生届", arrived)
        ],
        "in the order of the case"
    );
    let one = store.family(hash(&format!("{:032x}", 3))).await.unwrap();
    assert_eq!(
        (one[0].state, one[0].state_at, one[0].reason.as_deref()),
        (FilingState::Accepted, 3_100, None)
    );
    assert!(store.family(hash("unknown")).await.unwrap().is_empty());
}

async fn quarantine_counts_and_resolves(store: &dyn Store) {
    let item = NewQuarantine {
        wire: b"wire 9".to_vec(),
        device: Some("ward-1".parse().unwrap()),
        reason: QuarantineReason::Undecryptable,
        detail: "sealed to another key".into(),
        refusal: None,
    };
    for now in [4_000, 4_100] {
        let batch = Batch {
            quarantined: vec![item.clone()],
            now,
            ..Batch::default()
        };
        assert_eq!(store.ingest(Arc::new(batch), sealer()).await.unwrap(), []);
    }
    assert_eq!(store.counts().await.unwrap().quarantined, 3);
    assert_eq!(
        store.quarantined_wires(10).await.unwrap(),
        [(Some("ward-1".to_owned()), b"wire 9".to_vec())]
    );
    // the keys are mended, and the same bytes land
    land(store, vec![arrival(9, 6, 0)], 4_200).await;
    let after = store.quarantine(10).await.unwrap();
    let mended = after
        .iter()
        .find(|item| item.reason == QuarantineReason::Undecryptable)
        .unwrap();
    assert_eq!(
        (mended.times, mended.resolved_at, mended.size),
        (2, Some(4_200), 6)
    );
    assert_eq!(store.counts().await.unwrap().quarantined, 2);
}

async fn sessions_live_and_die(store: &dyn Store) {
    let session = Session {
        token_sha256: [5; 32],
        staff: "oidc:u-1".into(),
        csrf: "c".into(),
        created_at: 5_000,
        seen_at: 5_000,
        expires_at: 6_000,
        rotated_at: 5_000,
        person: Some(Person {
            issuer: Some("https://id.example".into()),
            sub: "u-1".into(),
            name: "\u{20BB7}田　咲".into(),
            roles: vec![Role::Examiner, Role::Decider],
            jurisdiction: vec!["asukoe".into(), "991015".into()],
        }),
    };
    store.open_session(session.clone()).await.unwrap();
    let alive = async |token, at, idle| store.session([token; 32], at, idle).await.unwrap();
    assert_eq!(
        alive(5, 5_100, 200).await.unwrap(),
        Session {
            seen_at: 5_100,
            ..session.clone()
        }
    );
    assert!(alive(5, 5_301, 200).await.is_none(), "idle too long");
    assert!(
        alive(5, 6_000, 9_999).await.is_none(),
        "over its absolute end"
    );
    assert!(alive(6, 5_100, 200).await.is_none());
    // the token is changed once; the old one is taken until its overlap ends, and opens the same session
    let rotation = |old, new| Rotation {
        old: [old; 32],
        new: [new; 32],
        at: 5_150,
        overlap_until: 5_180,
    };
    assert!(store.rotate_session(rotation(5, 7)).await.unwrap());
    assert!(!store.rotate_session(rotation(5, 8)).await.unwrap());
    for token in [5, 7] {
        let found = alive(token, 5_179, 200).await.unwrap();
        assert_eq!((found.token_sha256, found.rotated_at), ([7; 32], 5_150));
        assert_eq!(found.person, session.person);
    }
    assert!(alive(5, 5_180, 200).await.is_none());
    assert!(alive(7, 5_180, 200).await.is_some());
    // signing out with the token of before the change ends the session too
    store.close_session([5; 32], 5_200).await.unwrap();
    assert!(alive(7, 5_200, 200).await.is_none());
    assert_eq!(
        store.officer_names().await.unwrap()["oidc:u-1"],
        "\u{20BB7}田　咲",
        "what somebody did keeps a name after their session"
    );
}

async fn a_sign_in_ends_once_and_in_time(store: &dyn Store) {
    store.begin_sign_in([1; 32], 100, 700).await.unwrap();
    store.begin_sign_in([2; 32], 100, 700).await.unwrap();
    assert!(store.end_sign_in([1; 32], 699).await.unwrap());
    assert!(!store.end_sign_in([1; 32], 699).await.unwrap());
    assert!(!store.end_sign_in([2; 32], 700).await.unwrap());
    assert!(!store.end_sign_in([3; 32], 100).await.unwrap());
}

async fn the_audit_chain_holds(store: &dyn Store) {
    let entry = |n: i64| AuditEntry {
        at: 7_000 + n,
        actor: "sato".into(),
        action: "filing.viewed".into(),
        subject: id(1).to_string(),
        detail: "細目".into(),
    };
    for n in 0..5 {
        store.audit(entry(n)).await.unwrap();
    }
    let lines = store.audit_lines(0, 1_000).await.unwrap();
    let mut verifier = Verifier::default();
    for line in &lines {
        verifier.follow(line).unwrap();
    }
    // nine arrivals, two conflicts and one unreadable message (each once), two decisions, five entries
    assert_eq!(verifier.lines(), 9 + 3 + 2 + 5);
    assert_eq!(
        store
            .audit_lines(verifier.lines() - 1, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    let mut changed = lines[3].clone();
    changed.entry.actor = "tanaka".into();
    let mut verifier = Verifier::default();
    for line in &lines[..3] {
        verifier.follow(line).unwrap();
    }
    assert_eq!(
        verifier.follow(&changed).unwrap_err(),
        ChainBreak::Content { seq: 4 }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_holds_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.db");
    let store = SqliteStore::open(&path, &office()).await.unwrap();
    story(&store).await;
    drop(store);
    // closed and opened again: nothing is migrated twice, nothing is gone
    let store = SqliteStore::open(&path, &office()).await.unwrap();
    assert_eq!(store.counts().await.unwrap().arrived, 8);
    the_database_itself_refuses_changes_sqlite(&path);
}

fn the_database_itself_refuses_changes_sqlite(path: &std::path::Path) {
    let c = rusqlite::Connection::open(path).unwrap();
    for sql in FORBIDDEN {
        assert!(c.execute(sql, []).is_err(), "SQLite let this happen: {sql}");
    }
}

/// What no program, and no administrator in a hurry, may do.
const FORBIDDEN: [&str; 9] = [
    "UPDATE audit SET actor = 'x'",
    "DELETE FROM audit",
    "UPDATE history SET note = 'x'",
    "DELETE FROM history",
    "UPDATE receipts SET signed = signed",
    "DELETE FROM receipts",
    "UPDATE filings SET canonical = digest",
    "DELETE FROM filings",
    "UPDATE filings SET counter = 1",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_story_holds_on_postgresql() {
    let cluster = Postgres::start().unwrap();
    let store = PostgresStore::open((&cluster.url(), None), 4, None, &office())
        .await
        .unwrap();
    story(&store).await;
    let store = PostgresStore::open((&cluster.url(), None), 4, None, &office())
        .await
        .unwrap();
    assert_eq!(store.counts().await.unwrap().arrived, 8);
    let (client, connection) = tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    for sql in FORBIDDEN {
        assert!(
            client.execute(sql, &[]).await.is_err(),
            "PostgreSQL let this happen: {sql}"
        );
    }
    connection.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_elsewhere_is_spoken_to_over_tls_and_by_nobody_elses_name() {
    let mut cluster = Postgres::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pki = Pki::create(folder.path().join("own")).unwrap();
    let strangers = Pki::create(folder.path().join("strange")).unwrap();
    let ca = |pki: &Pki| pki.text("broker-ca.pem").unwrap().into_bytes();
    let (own, strange) = (ca(&pki), ca(&strangers));
    let url = format!("{}?application_name=secure", cluster.url());
    let refused = async |ca: Option<&[u8]>, url: &str| match PostgresStore::open(
        (url, ca),
        2,
        None,
        &office(),
    )
    .await
    {
        Err(StoreError::Open { source, .. }) => {
            let mut why = String::new();
            let mut next: Option<&dyn std::error::Error> = Some(source.as_ref());
            while let Some(error) = next {
                why += &format!("{error}: ");
                next = error.source();
            }
            why
        }
        other => panic!("{other:?}"),
    };
    // a server that has no TLS is not spoken to in plain instead
    let why = refused(Some(&own), &url).await;
    assert!(why.contains("TLS"), "{why}");
    cluster
        .encrypt(
            &pki.text("broker.pem").unwrap(),
            &pki.text("broker.key").unwrap(),
        )
        .unwrap();
    let store = PostgresStore::open((&url, Some(&own)), 2, None, &office())
        .await
        .unwrap();
    story(&store).await;
    let (client, connection) =
        tokio_postgres::connect(&cluster.socket_config(), tokio_postgres::NoTls)
            .await
            .unwrap();
    let connection = tokio::spawn(connection);
    let row = client
        .query_one(
            "SELECT count(*), coalesce(bool_and(s.ssl), false) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)
             WHERE a.application_name = 'secure'",
            &[],
        )
        .await
        .unwrap();
    let (count, all): (i64, bool) = (row.get(0), row.get(1));
    assert!(count > 0 && all, "{count} connections, encrypted: {all}");
    connection.abort();
    // somebody else's authority, nobody's word, and a name that the certificate does not have
    let why = refused(Some(&strange), &url).await;
    assert!(why.contains("certificate"), "{why}");
    let why = refused(None, &url).await;
    assert!(why.contains("no encryption"), "{why}");
    let elsewhere = url.replace("@127.0.0.1:", "@database.example:") + "&hostaddr=127.0.0.1";
    let why = refused(Some(&own), &elsewhere).await;
    assert!(why.contains("certificate"), "{why}");
}

#[test]
fn a_database_elsewhere_needs_an_authority_or_a_word_that_the_way_is_safe() {
    let mut office = Office::new();
    office.store_url = "postgres://ubugoe@database.example/ubugoe".to_owned();
    let toml = office.toml();
    let problems = office.config_of(&toml).unwrap_err().to_string();
    assert!(problems.contains("store.ca"), "{problems}");
    for more in ["ca = \"broker-ca.pem\"", "plain = true"] {
        let with = toml.replace("[store]\n", &format!("[store]\n{more}\n"));
        assert_ne!(with, toml);
        office.config_of(&with).unwrap();
    }
    let nowhere = toml.replace("[store]\n", "[store]\nca = \"missing.pem\"\n");
    let problems = office.config_of(&nowhere).unwrap_err().to_string();
    assert!(problems.contains("missing.pem"), "{problems}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_programs_on_one_postgresql_land_the_same_filings_once() {
    let cluster = Postgres::start().unwrap();
    let one = PostgresStore::open((&cluster.url(), None), 4, None, &office())
        .await
        .unwrap();
    let two = PostgresStore::open((&cluster.url(), None), 4, None, &office())
        .await
        .unwrap();
    let all: Vec<Arrival> = (1..=60).map(|n| arrival(n, n, 0)).collect();
    let tell = |store: PostgresStore| {
        let all = all.clone();
        tokio::spawn(async move {
            let mut receipts = Vec::new();
            for few in all.chunks(7) {
                receipts.extend(land(&store, few.to_vec(), 1_000).await.iter().map(receipt));
            }
            receipts
        })
    };
    let (left, right) = (tell(one.clone()), tell(two));
    let (left, right) = (left.await.unwrap(), right.await.unwrap());
    assert_eq!(left, right, "both programs answer with the same receipts");
    let mut numbers: Vec<u64> = one
        .filings(None, 1_000)
        .await
        .unwrap()
        .iter()
        .map(|row| row.arrival_no)
        .collect();
    numbers.sort_unstable();
    assert_eq!(
        numbers,
        (1..=60).collect::<Vec<u64>>(),
        "numbers are sequential without a gap"
    );
}

/// PostgreSQL lands what is plainly new with one statement per table; whatever is in between must not notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filings_leave_the_same_rows_together_as_one_by_one() {
    let cluster = Postgres::start().unwrap();
    cluster.create_database("other").unwrap();
    let together = PostgresStore::open((&cluster.url(), None), 2, None, &office())
        .await
        .unwrap();
    let alone = PostgresStore::open((&cluster.url_of("other"), None), 2, None, &office())
        .await
        .unwrap();
    let mut other = arrival(1, 1, 0);
    other.digest = [9; 32];
    let mut copied = arrival(7, 4, 0);
    copied.counter = 2;
    let all = vec![
        arrival(1, 1, 0),
        arrival(2, 1, 1),
        arrival(1, 1, 0),
        arrival(3, 2, 0),
        // its place in the case is taken, its content is another, its count was used
        arrival(4, 1, 1),
        other,
        copied,
        arrival(8, 5, 0),
    ];
    let at_once = land(&together, all.clone(), 1_000).await;
    let mut each = Vec::new();
    for arrival in all {
        each.extend(land(&alone, vec![arrival], 1_000).await);
    }
    assert_eq!(at_once, each);
    assert!(matches!(at_once[5], Landed::Conflict { .. }));
    assert!(matches!(at_once[6], Landed::New { copied: true, .. }));
    for n in [1, 2, 3, 4, 7, 8] {
        let (left, right) = (together.filing(id(n)).await, alone.filing(id(n)).await);
        let (left, right) = (left.unwrap().unwrap(), right.unwrap().unwrap());
        assert_eq!(format!("{left:?}"), format!("{right:?}"));
    }
    assert_eq!(audit(&together).await, audit(&alone).await);
}

/// The whole chain, with its hashes.
async fn audit(store: &PostgresStore) -> String {
    format!("{:?}", store.audit_lines(0, 1_000).await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("city.db");
    drop(SqliteStore::open(&path, &office()).await.unwrap());
    let c = rusqlite::Connection::open(&path).unwrap();
    c.execute(
        "INSERT INTO migrations (number, name, digest) VALUES (9999, '9999_later', '00')",
        [],
    )
    .unwrap();
    drop(c);
    let error = SqliteStore::open(&path, &office()).await.unwrap_err();
    assert!(
        matches!(error, StoreError::TooNew { found: 9999, known } if known < 9999),
        "{error:?}"
    );
}
