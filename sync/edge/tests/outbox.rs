//! The outbox on a real file: what it keeps, what it refuses, and what it refuses to open.
#![allow(clippy::unwrap_used, reason = "a failed set-up should stop the test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use rusqlite::{Connection, params};
use ubugoe_edge::outbox::{
    Config, NewRow, NewVisit, NoRoom, Noted, OpenError, Outbox, Recipients, Retired, RowKind,
    SettleError, StoreError,
};
use ubugoe_edge::{Counts, RowState, Trouble};
use ubugoe_protocol::report::Outcome;
use ubugoe_protocol::{
    CaseState, FilingId, MAX_ENVELOPE, Receipt, RecipientId, Refusal, RefusalReason, SigningKey,
    StatusNotice, VERSION, digest,
};

const NOW: i64 = 1_795_300_000;

struct Folder {
    dir: tempfile::TempDir,
    city: SigningKey,
    recipients: Recipients,
}

fn folder() -> Folder {
    let city = SigningKey::generate().unwrap();
    let recipients = BTreeMap::from([(recipient(), city.verifying().unwrap())]);
    Folder {
        dir: tempfile::tempdir().unwrap(),
        city,
        recipients,
    }
}

fn recipient() -> RecipientId {
    "city-a".parse().unwrap()
}

fn row(n: u8) -> NewRow {
    NewRow {
        id: FilingId::from_bytes([n; 16]),
        kind: RowKind::Filing,
        counter: None,
        recipient: recipient(),
        digest: [n; 32],
        sealed: vec![n; 1000],
        legal_due: Some(NOW + 14 * 86_400),
    }
}

impl Folder {
    fn path(&self) -> PathBuf {
        self.dir.path().join("outbox.db")
    }

    fn open(&self) -> Outbox {
        Outbox::open(&Config::at(self.path())).unwrap()
    }

    fn receipt(&self, n: u8) -> Vec<u8> {
        let receipt = Receipt {
            v: VERSION,
            id: FilingId::from_bytes([n; 16]),
            digest: [n; 32],
            recipient: recipient(),
            arrived_at: NOW,
            arrival_no: 1,
            status_token: String::new(),
            status_url: String::new(),
            visit: None,
            signed: None,
            era: 0,
        };
        receipt.sign(&self.city).unwrap()
    }

    fn status(&self, n: u8, seq: u32) -> Vec<u8> {
        let id = FilingId::from_bytes([n; 16]);
        let notice = StatusNotice {
            id,
            recipient: recipient(),
            seq,
            state: CaseState::Accepted,
            at: NOW,
        };
        notice.sign(&self.city).unwrap()
    }
}

#[test]
fn what_was_stored_is_there_after_reopening_in_the_order_it_came() {
    let folder = folder();
    folder
        .open()
        .store(&[1; 16], &[row(1), row(2)], b"record one", NOW)
        .unwrap();
    folder
        .open()
        .store(&[2; 16], &[row(3)], b"record two", NOW + 1)
        .unwrap();
    let outbox = folder.open();
    let ids: Vec<_> = outbox
        .pending()
        .unwrap()
        .iter()
        .map(|p| p.id.as_bytes()[0])
        .collect();
    assert_eq!(ids, [1, 2, 3]);
    let stored = outbox.row(&FilingId::from_bytes([2; 16])).unwrap().unwrap();
    assert_eq!(
        (stored.visit, stored.state, stored.size, stored.stored_at),
        ([1; 16], RowState::Queued, 1000, NOW)
    );
    assert_eq!(
        (stored.digest, stored.envelope),
        ([2; 32], digest(&[2; 1000]))
    );
    assert_eq!(stored.legal_due, Some(NOW + 14 * 86_400));
    assert_eq!(outbox.sealed(&stored.id).unwrap(), Some(vec![2; 1000]));
    let visits = outbox.visits().unwrap();
    assert_eq!(
        visits
            .iter()
            .map(|v| v.record.as_deref())
            .collect::<Vec<_>>(),
        [Some(&b"record one"[..]), Some(b"record two")]
    );
    assert_eq!(outbox.rows_of(&[1; 16]).unwrap().len(), 2);
}

#[test]
fn the_file_is_durable_by_its_settings_and_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let _outbox = folder.open();
    let mode = std::fs::metadata(folder.path())
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let db = Connection::open(folder.path()).unwrap();
    let journal: String = db
        .pragma_query_value(None, "journal_mode", |r| r.get(0))
        .unwrap();
    let application: i64 = db
        .pragma_query_value(None, "application_id", |r| r.get(0))
        .unwrap();
    let version: i64 = db
        .pragma_query_value(None, "user_version", |r| r.get(0))
        .unwrap();
    assert_eq!(
        (journal.as_str(), application, version),
        ("wal", 0x5542_474F, 2)
    );
}

#[test]
fn a_visit_is_stored_whole_or_not_at_all() {
    let folder = folder();
    let mut outbox = folder.open();
    outbox.store(&[1; 16], &[row(1)], b"", NOW).unwrap();
    // The third row's id is taken.
    let error = outbox
        .store(&[2; 16], &[row(2), row(3), row(1)], b"", NOW)
        .unwrap_err();
    assert!(matches!(error, StoreError::AlreadyStored), "{error:?}");
    assert_eq!(outbox.list().unwrap().len(), 1);
    assert_eq!(outbox.visits().unwrap().len(), 1);
    let again = outbox.store(&[1; 16], &[row(4)], b"", NOW).unwrap_err();
    assert!(matches!(again, StoreError::AlreadyStored), "{again:?}");
    assert!(matches!(
        outbox.store(&[3; 16], &[], b"", NOW).unwrap_err(),
        StoreError::NoRows
    ));
    let large = NewRow {
        sealed: vec![0; MAX_ENVELOPE + 1],
        ..row(5)
    };
    let error = outbox.store(&[3; 16], &[large], b"", NOW).unwrap_err();
    assert!(
        matches!(error, StoreError::TooLong { len, .. } if len == MAX_ENVELOPE + 1),
        "{error:?}"
    );
}

#[test]
fn several_visits_share_one_commit() {
    let folder = folder();
    let mut outbox = folder.open();
    let (a, b) = ([row(1)], [row(2), row(3)]);
    let visits = [
        NewVisit {
            id: &[1; 16],
            rows: &a,
            record: b"a",
        },
        NewVisit {
            id: &[2; 16],
            rows: &b,
            record: b"b",
        },
    ];
    outbox.store_all(&visits, NOW).unwrap();
    assert_eq!(
        outbox.counts().unwrap(),
        Counts {
            queued: 3,
            oldest_open: Some(NOW),
            ..Counts::default()
        }
    );
    let (c, d) = ([row(4)], [row(1)]);
    let visits = [
        NewVisit {
            id: &[3; 16],
            rows: &c,
            record: b"",
        },
        NewVisit {
            id: &[4; 16],
            rows: &d,
            record: b"",
        },
    ];
    assert!(outbox.store_all(&visits, NOW).is_err());
    assert_eq!(outbox.list().unwrap().len(), 3, "all or nothing");
}

#[test]
fn a_row_goes_from_queued_to_sent_to_arrived_and_nothing_takes_it_back() {
    let folder = folder();
    let mut outbox = folder.open();
    let id = row(1).id;
    let state = |o: &Outbox| o.row(&id).unwrap().unwrap().state;
    outbox.store(&[1; 16], &[row(1)], b"", NOW).unwrap();
    assert!(outbox.note_trouble(&id, Trouble::NobodyListens).unwrap());
    assert!(
        !outbox.note_trouble(&id, Trouble::NobodyListens).unwrap(),
        "no news"
    );
    outbox.mark_sent(&[id], NOW + 1).unwrap();
    assert_eq!(state(&outbox), RowState::Sent);
    assert_eq!(outbox.row(&id).unwrap().unwrap().trouble, None);
    assert_eq!(outbox.reopen_unsettled().unwrap(), 1);
    assert_eq!(state(&outbox), RowState::Queued);
    outbox.mark_sent(&[id], NOW + 2).unwrap();
    outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW + 3)
        .unwrap();
    let settled = outbox.row(&id).unwrap().unwrap();
    assert_eq!((settled.state, settled.attempts), (RowState::Arrived, 2));
    assert_eq!(
        (settled.sent_at, settled.settled_at),
        (Some(NOW + 2), Some(NOW + 3))
    );
    assert_eq!(settled.answer, Some(folder.receipt(1)));
    assert_eq!(outbox.forget_sealed(NOW + 3).unwrap(), 0, "too young");
    assert_eq!(outbox.forget_sealed(NOW + 4).unwrap(), 1);
    assert_eq!(outbox.sealed(&id).unwrap(), None);
    // Late echoes change nothing.
    outbox.mark_sent(&[id], NOW + 9).unwrap();
    assert_eq!(outbox.reopen_unsettled().unwrap(), 0);
    assert!(!outbox.note_trouble(&id, Trouble::NotAuthorised).unwrap());
    outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW + 9)
        .unwrap();
    assert_eq!(outbox.row(&id).unwrap().unwrap(), settled);
}

#[test]
fn a_receipt_overrules_a_refusal_and_never_the_other_way_round() {
    let folder = folder();
    let mut outbox = folder.open();
    outbox.store(&[1; 16], &[row(1), row(2)], b"", NOW).unwrap();
    let refusal = |n: u8| {
        let refusal = Refusal {
            id: FilingId::from_bytes([n; 16]),
            recipient: recipient(),
            envelope: digest(&[n; 1000]),
            reason: RefusalReason::Malformed,
            at: NOW,
        };
        refusal.sign(&folder.city).unwrap()
    };
    outbox.refuse(&refusal(1), &folder.recipients, NOW).unwrap();
    assert_eq!(outbox.counts().unwrap().refused, 1);
    outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW)
        .unwrap();
    assert_eq!(outbox.counts().unwrap().arrived, 1);
    let error = outbox
        .refuse(&refusal(1), &folder.recipients, NOW)
        .unwrap_err();
    assert!(matches!(error, SettleError::AlreadyArrived(_)), "{error:?}");
}

#[test]
fn one_bad_receipt_in_a_batch_does_not_spoil_the_others() {
    let folder = folder();
    let mut outbox = folder.open();
    outbox.store(&[1; 16], &[row(1), row(2)], b"", NOW).unwrap();
    let batch = [
        folder.receipt(1),
        vec![0],
        folder.receipt(9),
        folder.receipt(2),
    ];
    let outcomes = outbox.retire_all(&batch, &folder.recipients, NOW).unwrap();
    let good: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(good, [true, false, false, true]);
    assert!(matches!(outcomes[1], Err(SettleError::Signature(_))));
    assert!(matches!(outcomes[2], Err(SettleError::NoSuchFiling(_))));
    assert_eq!(folder.open().counts().unwrap().arrived, 2);
}

#[test]
fn only_a_newer_status_is_news() {
    let folder = folder();
    let mut outbox = folder.open();
    outbox.store(&[1; 16], &[row(1)], b"", NOW).unwrap();
    let mut note = |seq| match outbox
        .note_status(&folder.status(1, seq), &folder.recipients)
        .unwrap()
    {
        Noted::New(_) => "new",
        Noted::Old(_) => "old",
    };
    assert_eq!(
        [note(2), note(2), note(1), note(5), note(3)],
        ["new", "old", "old", "new", "old"]
    );
    let (latest, raw) = folder.open().latest_status(&row(1).id).unwrap().unwrap();
    assert_eq!(latest.seq, 5);
    assert_eq!(raw, folder.status(1, 5));
    let error = folder
        .open()
        .note_status(&folder.status(9, 1), &folder.recipients)
        .unwrap_err();
    assert!(matches!(error, SettleError::NoSuchFiling(_)), "{error:?}");
}

#[test]
fn a_record_is_purged_only_when_everything_of_its_visit_arrived() {
    let folder = folder();
    let mut outbox = folder.open();
    outbox
        .store(&[1; 16], &[row(1), row(2)], b"the record", NOW)
        .unwrap();
    outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW)
        .unwrap();
    let error = outbox.purge_record(&[1; 16]).unwrap_err();
    assert!(
        matches!(error, StoreError::StillOpen { open: 1 }),
        "{error:?}"
    );
    assert_eq!(outbox.purge_records_before(NOW + 1000).unwrap(), 0);
    outbox
        .retire(&folder.receipt(2), &folder.recipients, NOW + 10)
        .unwrap();
    assert_eq!(
        outbox.purge_records_before(NOW + 10).unwrap(),
        0,
        "not before its time"
    );
    assert_eq!(outbox.purge_records_before(NOW + 11).unwrap(), 1);
    assert_eq!(outbox.visits().unwrap()[0].record, None);
    assert!(
        outbox.row(&row(1).id).unwrap().unwrap().answer.is_some(),
        "receipts stay"
    );
}

#[test]
fn a_dropped_payload_leaves_no_trace_in_the_files() {
    let folder = folder();
    let mut outbox = folder.open();
    let secret = b"sealed-bytes-of-somebody";
    let row = NewRow {
        sealed: secret.repeat(40),
        ..row(1)
    };
    outbox
        .store(&[1; 16], &[row], b"record-of-somebody", NOW)
        .unwrap();
    let found = |what: &[u8]| {
        let files = std::fs::read_dir(folder.dir.path())
            .unwrap()
            .map(|f| f.unwrap().path());
        files
            .filter(|f| {
                std::fs::read(f)
                    .unwrap()
                    .windows(what.len())
                    .any(|w| w == what)
            })
            .count()
    };
    assert!(found(secret) > 0);
    outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW)
        .unwrap();
    assert_eq!(outbox.forget_sealed(NOW + 1).unwrap(), 1);
    outbox.purge_record(&[1; 16]).unwrap();
    // Closing checkpoints the log into the file and removes it.
    drop(outbox);
    assert_eq!((found(secret), found(b"record-of-somebody")), (0, 0));
}

#[test]
fn a_full_database_is_a_typed_error_and_everything_acknowledged_is_still_there() {
    let folder = folder();
    let config = Config {
        max_bytes: Some(256 * 1024),
        free_floor: 0,
        ..Config::at(folder.path())
    };
    let mut outbox = Outbox::open(&config).unwrap();
    let mut stored = 0_u32;
    let error = loop {
        let id = *FilingId::generate().unwrap().as_bytes();
        let row = NewRow {
            id: FilingId::from_bytes(id),
            sealed: vec![7; 20_000],
            ..row(1)
        };
        match outbox.store(&id, &[row], b"", NOW) {
            Ok(()) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, StoreError::Full { .. }), "{error:?}");
    assert!(stored > 5, "{stored}");
    assert_eq!(outbox.counts().unwrap().queued, u64::from(stored));
    assert!(matches!(
        outbox.can_accept_visit().unwrap_err(),
        NoRoom::Quota { .. }
    ));
    drop(outbox);
    assert_eq!(folder.open().counts().unwrap().queued, u64::from(stored));
}

#[test]
fn the_next_visit_is_refused_before_the_disk_is_full() {
    let folder = folder();
    let outbox = folder.open();
    outbox.can_accept_visit().unwrap();
    let greedy = Outbox::open(&Config {
        free_floor: u64::MAX,
        ..Config::at(folder.path())
    })
    .unwrap();
    let error = greedy.can_accept_visit().unwrap_err();
    assert!(
        matches!(
            error,
            NoRoom::Space {
                floor: u64::MAX,
                ..
            }
        ),
        "{error:?}"
    );
}

#[test]
fn a_read_only_outbox_reads_and_says_so_when_asked_to_write() {
    let folder = folder();
    folder.open().store(&[1; 16], &[row(1)], b"", NOW).unwrap();
    let mut outbox = Outbox::open_read_only(&Config::at(folder.path())).unwrap();
    assert_eq!(outbox.list().unwrap().len(), 1);
    let error = outbox.store(&[2; 16], &[row(2)], b"", NOW).unwrap_err();
    assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    assert!(matches!(
        outbox.can_accept_visit().unwrap_err(),
        NoRoom::Store(StoreError::ReadOnly { .. })
    ));
}

#[test]
fn a_place_where_no_file_can_be_is_a_typed_error() {
    let folder = folder();
    for path in [
        folder.dir.path().join("nowhere/outbox.db"),
        PathBuf::from("/proc/outbox.db"),
    ] {
        let error = Outbox::open(&Config::at(&path)).unwrap_err();
        assert!(
            matches!(&error, OpenError::File { path: p, .. } if *p == path),
            "{error:?}"
        );
    }
}

#[test]
fn a_schema_from_the_future_is_refused_and_left_alone() {
    let folder = folder();
    folder.open().store(&[1; 16], &[row(1)], b"", NOW).unwrap();
    let db = Connection::open(folder.path()).unwrap();
    db.pragma_update(None, "user_version", 3).unwrap();
    let error = Outbox::open(&Config::at(folder.path())).unwrap_err();
    assert!(
        matches!(
            error,
            OpenError::FromTheFuture {
                found: 3,
                known: 2,
                ..
            }
        ),
        "{error:?}"
    );
    let rows: i64 = db
        .query_row("SELECT count(*) FROM filing", [], |r| r.get(0))
        .unwrap();
    assert_eq!(rows, 1);
}

#[test]
fn whatever_is_not_an_outbox_is_refused_and_left_alone() {
    let folder = folder();
    std::fs::write(
        folder.path(),
        b"this is not a database, and it is long enough to be one".repeat(100),
    )
    .unwrap();
    let before = std::fs::read(folder.path()).unwrap();
    let error = Outbox::open(&Config::at(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::NotAnOutbox { .. }), "{error:?}");
    assert_eq!(std::fs::read(folder.path()).unwrap(), before);
    std::fs::remove_file(folder.path()).unwrap();
    let db = Connection::open(folder.path()).unwrap();
    db.execute_batch("CREATE TABLE somebody_elses (x)").unwrap();
    let error = Outbox::open(&Config::at(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::NotAnOutbox { .. }), "{error:?}");
}

#[test]
fn a_damaged_file_is_refused_and_left_alone() {
    let folder = folder();
    let mut outbox = folder.open();
    for n in 0..50 {
        outbox.store(&[n; 16], &[row(n)], b"", NOW).unwrap();
    }
    drop(outbox);
    let mut bytes = std::fs::read(folder.path()).unwrap();
    // Everything after the first pages: trees and rows.
    for byte in bytes.iter_mut().skip(3 * 4096).step_by(7) {
        *byte ^= 0xFF;
    }
    std::fs::write(folder.path(), &bytes).unwrap();
    let error = Outbox::open(&Config::at(folder.path())).unwrap_err();
    assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}");
    assert_eq!(std::fs::read(folder.path()).unwrap(), bytes);
}

#[test]
fn migrations_are_frozen() {
    let files: [&[u8]; 2] = [
        include_bytes!("../src/outbox/migrations/0001_outbox.sql"),
        include_bytes!("../src/outbox/migrations/0002_time_and_again.sql"),
    ];
    assert_eq!(files.map(|f| hex::encode(digest(f))), MIGRATIONS);
}

const MIGRATIONS: [&str; 2] = [
    "61d82bc41e49f0aedb896501843b035ee79f50fefd5a13eebd779da4092c0276",
    "bb0080d130aa2e89c84c123611c6c65fd592e0218b9688e36b30e445fce70ed3",
];

#[test]
fn an_outbox_of_the_first_schema_is_brought_up_to_date_with_everything_in_it() {
    let folder = folder();
    let db = Connection::open(folder.path()).unwrap();
    db.execute_batch(include_str!("../src/outbox/migrations/0001_outbox.sql"))
        .unwrap();
    db.pragma_update(None, "application_id", 0x5542_474F)
        .unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    let answer = folder.receipt(2);
    db.execute_batch("INSERT INTO visit VALUES (zeroblob(16), x'01', 5)")
        .unwrap();
    let insert = "INSERT INTO filing (id, visit, recipient, digest, envelope, sealed, size, state,
                  stored_at, settled_at, answer) VALUES (?1, zeroblob(16), 'city-a', ?2, ?2, ?3, 1000, ?4, 5, ?5, ?6)";
    let none: Option<i64> = None;
    db.execute(
        insert,
        params![
            [1_u8; 16],
            [1_u8; 32],
            vec![1_u8; 1000],
            "queued",
            none,
            none
        ],
    )
    .unwrap();
    db.execute(
        insert,
        params![[2_u8; 16], [2_u8; 32], none, "arrived", 9, answer],
    )
    .unwrap();
    drop(db);
    let mut outbox = folder.open();
    let rows = outbox.list().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (rows[0].state, rows[0].kind),
        (RowState::Queued, RowKind::Filing)
    );
    assert_eq!(rows[1].answer, Some(answer));
    assert_eq!(outbox.last_counter().unwrap(), 0);
    outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW)
        .unwrap();
    assert_eq!(outbox.counts().unwrap().arrived, 2);
    assert_eq!(outbox.time_floor().unwrap(), NOW);
}

#[test]
fn a_number_of_the_counter_is_used_once_and_a_visit_with_a_used_one_is_not_stored() {
    let folder = folder();
    let mut outbox = folder.open();
    let numbered = |n, counter| NewRow {
        counter: Some(counter),
        ..row(n)
    };
    outbox
        .store(&[1; 16], &[numbered(1, 1), numbered(2, 2)], b"", NOW)
        .unwrap();
    assert_eq!(outbox.last_counter().unwrap(), 2);
    for (good, used) in [(3, 2), (9, 9), (u64::MAX, 12)] {
        let rows = [numbered(3, good), numbered(4, used)];
        let error = outbox.store(&[2; 16], &rows, b"", NOW).unwrap_err();
        assert!(matches!(error, StoreError::CounterUsed { .. }), "{error:?}");
        assert_eq!(outbox.last_counter().unwrap(), 2, "nothing of it was kept");
    }
    outbox = folder.open();
    assert_eq!(outbox.last_counter().unwrap(), 2);
    assert_eq!(outbox.list().unwrap().len(), 2);
}

#[test]
fn what_a_city_lost_is_sent_again_and_its_first_receipt_stays() {
    let folder = folder();
    let mut outbox = folder.open();
    outbox
        .store(&[1; 16], &[row(1), row(2), row(3)], b"", NOW)
        .unwrap();
    for n in 1..=2 {
        outbox
            .retire(&folder.receipt(n), &folder.recipients, NOW)
            .unwrap();
    }
    let arrived_at = Receipt::peek(&folder.receipt(1)).unwrap().arrived_at;
    assert_eq!(
        outbox.ask_again(&recipient(), arrived_at + 1, 0).unwrap(),
        Vec::<Vec<u8>>::new(),
        "what arrived before is not lost"
    );
    let other = "city-b".parse().unwrap();
    assert!(outbox.ask_again(&other, 0, 0).unwrap().is_empty());
    let proofs = outbox.ask_again(&recipient(), arrived_at, NOW + 3).unwrap();
    assert_eq!(proofs, [folder.receipt(1), folder.receipt(2)]);
    assert_eq!(outbox.forget_sealed(i64::MAX).unwrap(), 0, "still needed");
    let pending = |o: &Outbox| {
        o.pending()
            .unwrap()
            .iter()
            .map(|p| p.seq)
            .collect::<Vec<_>>()
    };
    assert_eq!(pending(&outbox), [1, 2, 3]);
    outbox.mark_sent(&[row(1).id], NOW).unwrap();
    assert_eq!(
        outbox.row(&row(1).id).unwrap().unwrap().state,
        RowState::Arrived,
        "to the family it has arrived"
    );
    // A receipt from before the restore, late or repeated, is about what was lost: it ends nothing.
    let again = outbox
        .retire(&folder.receipt(1), &folder.recipients, NOW + 5)
        .unwrap();
    assert!(matches!(again, Retired::Again(_)));
    let stale = outbox
        .retire(&folder.receipt(3), &folder.recipients, NOW + 5)
        .unwrap();
    assert!(matches!(stale, Retired::Stale(_)), "{stale:?}");
    assert_eq!(pending(&outbox), [1, 2, 3]);
    for n in [1, 3] {
        let fresh = Receipt {
            era: NOW + 3,
            ..Receipt::peek(&folder.receipt(n)).unwrap()
        };
        let fresh = fresh.sign(&folder.city).unwrap();
        outbox.retire(&fresh, &folder.recipients, NOW + 6).unwrap();
    }
    let settled = outbox.row(&row(1).id).unwrap().unwrap();
    assert_eq!((settled.again, settled.settled_at), (false, Some(NOW)));
    assert_eq!(settled.answer, Some(folder.receipt(1)), "the first stays");
    assert_eq!(pending(&outbox), [2]);
}

#[test]
fn an_order_is_kept_once_and_its_first_outcome_stands() {
    let folder = folder();
    let mut outbox = folder.open();
    let id = FilingId::from_bytes([9; 16]);
    assert_eq!(
        outbox.keep_command(id, b"signed", NOW).unwrap().outcome,
        None
    );
    drop(outbox);
    let mut outbox = folder.open();
    let open = outbox.open_commands().unwrap();
    assert_eq!(
        (open.len(), open[0].signed.as_slice()),
        (1, b"signed".as_slice())
    );
    outbox
        .finish_command(&id, Outcome::Done, "2 rows", NOW)
        .unwrap();
    outbox
        .finish_command(&id, Outcome::Refused, "later", NOW)
        .unwrap();
    let kept = outbox.keep_command(id, b"signed", NOW).unwrap();
    assert_eq!(kept.outcome, Some((Outcome::Done, "2 rows".to_owned())));
    assert!(outbox.open_commands().unwrap().is_empty());
}
