//! How PostgreSQL answers the officers' desk, and a device's sign of life, once there are many filings: it says itself, for every statement that is asked.
//!
//! `auto_explain` writes the plan of each statement that the store runs into the server's log. With forty thousand filings no
//! queue, no number on a tab and no search may read the table of filings from end to end.

use crate::support::device::PATIENCE;
use crate::support::office::{Office, land, letter};
use crate::support::papers::{birth, canonical};
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::casework::{FilingState, ReasonCode};
use ubugoe_city::store::WakeWindow;
use ubugoe_city::store::desk::{After, Look, Queue, Whose};
use ubugoe_protocol::{DeviceId, FilingId};

/// Filings besides the one they are copies of.
const FILINGS: i64 = 40_000;
/// How a statement begins in the log.
const ASKED: &str = "Query Text: ";

/// Copies of the one filing that is there: most accepted, some open, some taken, a few doubtful.
async fn many(client: &tokio_postgres::Client) {
    let columns = "schema, created, digest, canonical, signature, procedure, facts";
    let sql = format!(
        "ALTER TABLE filings DISABLE TRIGGER USER;
         CREATE TEMP TABLE n AS SELECT g, decode(md5(g::text), 'hex') AS id FROM generate_series(1, {FILINGS}) g;
         INSERT INTO cases (recipient, device, case_id, token, token_sha256, opened_at)
           SELECT 'asukoe', 'ward-1', id, md5(g::text), sha256(id), 1000 + g FROM n;
         INSERT INTO filings (id, recipient, device, case_id, case_seq, sequence_taken, arrival_no, arrived_at, due, state,
             assignee, proposed_by, counter, {columns})
           SELECT n.id, 'asukoe', 'ward-1', n.id, 0, false, 100 + g, 1000 + g, to_char(date '2026-12-01' + (g % 60)::int, 'YYYY-MM-DD'),
             CASE WHEN g % 50 = 0 THEN 'arrived' WHEN g % 50 = 1 THEN 'returned' ELSE 'accepted' END,
             CASE WHEN g % 100 = 0 THEN 'sato' END, CASE WHEN g % 1000 = 0 THEN 'ito' END, 1000000 + g, {columns}
           FROM n, (SELECT * FROM filings LIMIT 1) f;
         INSERT INTO history (filing, seq, at, actor, state) SELECT id, 0, 1000, 'system', 'arrived' FROM n;
         INSERT INTO notices (filing, seq, device, signed, at, seen_at)
           SELECT id, 1, 'ward-1', id, 1000 + g, CASE WHEN g % 10000 <> 0 THEN 2000 + g END FROM n;
         INSERT INTO search_terms (kind, term, filing, arrived_at) SELECT 'n', 'ナマエ' || g, id, 1000 + g FROM n;
         INSERT INTO search_terms (kind, term, filing, arrived_at) SELECT 'n', 'サトウハナコ', id, 1000 + g FROM n WHERE g % 4 = 0;
         INSERT INTO search_terms (kind, term, filing, arrived_at) SELECT 'r', 'kana_sources', id, 1000 + g FROM n WHERE g % 4 = 0;
         INSERT INTO search_terms (kind, term, filing, arrived_at) SELECT 'r', 'late', id, 1000 + g FROM n WHERE g % 8000 = 0;
         ALTER TABLE filings ENABLE TRIGGER USER;
         ANALYZE;"
    );
    client.batch_execute(&sql).await.unwrap();
}

/// Whether a plan goes through all filings. The first thousand of the accepted, which nearly all are, are found at once.
fn reads_everything(plan: &str) -> bool {
    let lines: Vec<&str> = plan.lines().collect();
    lines.windows(3).any(|near| {
        near[1].contains("Seq Scan on filings")
            && !(near[0].contains("Limit") && near[2].contains("(state = 'accepted'::text)"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::too_many_lines,
    reason = "every question of the desk, one after the other"
)]
async fn no_queue_number_or_search_reads_every_filing() {
    let cluster = Postgres::start().unwrap();
    let mut office = Office::new();
    office.store_url = cluster.url();
    let one = letter(canonical(&birth("ASK-1")));
    land(&office, &office.ingest().await, &one).await;
    let (client, connection) = tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    many(&client).await;
    // from here on every statement tells its plan
    office.store_url = format!(
        "{}?options=-c%20session_preload_libraries%3Dauto_explain%20-c%20auto_explain.log_min_duration%3D0",
        cluster.url()
    );
    let store = office.store().await;
    let log = cluster.process().log().to_path_buf();
    let begins = std::fs::read_to_string(&log).unwrap().len();

    let queue = |queue: Queue| store.queue(Queue { limit: 51, ..queue });
    let arrived = Some(FilingState::Arrived);
    let open = Queue {
        state: arrived,
        ..Queue::default()
    };
    let first = queue(open.clone()).await.unwrap();
    assert_eq!(first.len(), 51);
    let after = Queue {
        after: Some(first[50].place()),
        ..open.clone()
    };
    assert_eq!(queue(after).await.unwrap().len(), 51);
    let deep = After {
        due_key: "2027-01-20".to_owned(),
        arrived_at: 20_000,
        arrival_no: 20_000,
    };
    for (asked, found) in [
        (Queue::default(), 51),
        (
            Queue {
                after: Some(deep),
                ..Queue::default()
            },
            51,
        ),
        (
            Queue {
                whose: Whose::Of("sato".to_owned()),
                ..open.clone()
            },
            51,
        ),
        (
            Queue {
                whose: Whose::Nobody,
                ..open.clone()
            },
            51,
        ),
        (
            Queue {
                proposed: true,
                ..Queue::default()
            },
            40,
        ),
        (
            Queue {
                due_until: Some("2026-12-03".to_owned()),
                ..open.clone()
            },
            51,
        ),
        (
            Queue {
                state: Some(FilingState::Accepted),
                ..Queue::default()
            },
            51,
        ),
        // a reason that few filings have leads to them
        (
            Queue {
                reason: Some(ReasonCode::Late),
                ..Queue::default()
            },
            5,
        ),
    ] {
        let lines = queue(asked.clone()).await.unwrap();
        assert_eq!(lines.len(), found, "{asked:?}");
    }
    let counts = store
        .queue_counts("sato".to_owned(), "2026-12-03".to_owned())
        .await
        .unwrap();
    assert_eq!((counts.mine, counts.arrived), (400, 801));
    store.badge().await.unwrap();
    let id = FilingId::from_bytes([7; 16]);
    let named = |name: &str| Look::Name {
        folded: name.to_owned(),
        most: 101,
    };
    // of ten thousand of one name the newest
    let common = store.look(named("サトウハナコ")).await.unwrap();
    let numbers: Vec<u64> = common.iter().map(|line| line.row.arrival_no).collect();
    let newest: Vec<u64> = (0..101).map(|n| 40_100 - 4 * n).collect();
    assert_eq!(numbers, newest);
    for look in [
        named("ナマエ777"),
        Look::Number("asukoe".parse().unwrap(), 777),
        Look::Id(id),
        Look::Token([7; 32]),
    ] {
        store.look(look).await.unwrap();
    }

    // of forty thousand notices of one device the four that it has not seen
    let ward: DeviceId = "ward-1".parse().unwrap();
    let window = WakeWindow {
        now: 100_000,
        decided_since: 0,
        not_sent_since: 0,
    };
    assert_eq!(store.wake_notices(&ward, window).await.unwrap(), 4);

    // what the server says: every statement with its plan
    let asked = |written: &str| written.matches(ASKED).count();
    let said = || std::fs::read_to_string(&log).unwrap()[begins..].to_owned();
    let plans = said();
    assert!(asked(&plans) >= 16, "{} plans", asked(&plans));
    for plan in plans.split(ASKED).skip(1) {
        assert!(!reads_everything(plan), "{plan}");
    }
    let rare = plans
        .split(ASKED)
        .find(|plan| plan.contains("s.kind = 'r'"))
        .unwrap();
    assert!(rare.contains("search_terms_pkey"), "{rare}");
    assert!(!rare.contains("filings_all_in_order"), "{rare}");
    let named = plans
        .split(ASKED)
        .find(|plan| plan.contains("search_terms WHERE kind = 'n'"))
        .unwrap();
    assert!(
        named.contains("Index Only Scan using search_terms_newest"),
        "{named}"
    );
    let woken = plans
        .split(ASKED)
        .find(|plan| plan.contains("UPDATE notices"))
        .unwrap();
    assert!(woken.contains("using notices_unseen"), "{woken}");
    // the control: a question that no index answers is found in the log
    let mark = cluster.process().mark();
    client
        .batch_execute(
            "LOAD 'auto_explain'; SET auto_explain.log_min_duration = 0; SELECT count(*) FROM filings WHERE facts LIKE '%zzz%'",
        )
        .await
        .unwrap();
    let seen = |line: &str| line.contains("Seq Scan on filings");
    tokio::task::block_in_place(|| {
        cluster
            .process()
            .wait_line_after(mark, "the plan of the control", seen, PATIENCE)
    })
    .unwrap();
    connection.abort();
}
