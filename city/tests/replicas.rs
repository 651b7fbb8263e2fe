//! Several `ubugoe-city` on one PostgreSQL and one broker, killed again and again: no filing lost, none doubled, one receipt each,
//! every notice once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::device::Device;
use crate::support::now;
use crate::support::office::{Letter, Office, accept, letter, message, on_each_store};
use crate::support::papers::{birth, canonical, many_allowances};
use ubugoe_bench::broker::{Mosquitto, Settings};
use ubugoe_bench::postgres::Postgres;
use ubugoe_bench::process::Process;
use ubugoe_city::casework::audit::Verifier;
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::store::leases::Fence;
use ubugoe_city::store::{Attempt, Decided, Sealer, StoreError};
use ubugoe_protocol::{Downlink, FilingId, Receipt, StatusNotice};

/// How many filings.
const FILINGS: usize = 240;
/// So many of them are accepted while programs die.
const ACCEPTED: usize = 40;
/// How long replicas are killed at least.
const KILLING: Duration = Duration::from_secs(12);
/// How long everything may take.
const WITHIN: Duration = Duration::from_mins(1);

struct Replica {
    name: &'static str,
    config: PathBuf,
    folder: PathBuf,
    lives: u32,
    process: Option<Process>,
}

impl Replica {
    fn new(office: &Office, name: &'static str) -> Self {
        let folder = office.folder.path().to_path_buf();
        let config = folder.join(format!("city-{name}.toml"));
        let text = format!(
            "{}\n[replicas]\nname = {name:?}\ninboxes = 2\nlease_seconds = 1\n",
            office.toml()
        );
        std::fs::write(&config, text).unwrap();
        Self {
            name,
            config,
            folder,
            lives: 0,
            process: None,
        }
    }

    fn start(&mut self) {
        self.lives += 1;
        let mut command = Command::new(env!("CARGO_BIN_EXE_ubugoe-city"));
        command.arg("serve").arg("--config").arg(&self.config);
        let log = self
            .folder
            .join(format!("{}-{}.log", self.name, self.lives));
        self.process = Some(Process::spawn(self.name, command, log).unwrap());
    }

    /// SIGKILL, and up again.
    fn kill(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill().unwrap();
        }
        self.start();
    }
}

/// What came down to the devices.
#[derive(Default)]
struct Came {
    receipts: BTreeMap<FilingId, BTreeSet<Vec<u8>>>,
    /// How often each status came.
    statuses: BTreeMap<(FilingId, u32), u32>,
}

impl Came {
    fn take(&mut self, office: &Office, down: Downlink) {
        match down {
            Downlink::Receipts(items) => {
                for item in items {
                    let receipt = Receipt::verify(&item, &office.receipt_key()).unwrap();
                    self.receipts.entry(receipt.id).or_default().insert(item);
                }
            }
            Downlink::Statuses(items) => {
                for item in items {
                    let status = StatusNotice::verify(&item, &office.receipt_key()).unwrap();
                    *self.statuses.entry((status.id, status.seq)).or_default() += 1;
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

fn letters() -> Vec<Letter> {
    let mut letters: Vec<Letter> = many_allowances("REP", FILINGS - ACCEPTED)
        .into_iter()
        .chain((0..ACCEPTED).map(|n| {
            String::from_utf8(canonical(&birth("REPB-0000")))
                .unwrap()
                .replace("REPB-0000", &format!("REPB-{n:04}"))
                .into_bytes()
        }))
        .map(letter)
        .collect();
    for odd in letters.iter_mut().skip(1).step_by(2) {
        odd.device = "ward-2";
    }
    letters
}

#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_lost_or_doubled_while_replicas_are_killed() {
    let cluster = Postgres::start().unwrap();
    let mut office = Office::new();
    let broker = Mosquitto::start(&office.pki, &Settings::default()).unwrap();
    office.broker_port = broker.port();
    office.store_url = cluster.url();
    let store = office.store().await;
    let config = office.config();
    let sealer: Arc<dyn Sealer> = Arc::new(CitySealer::new(
        config.office.recipient.clone(),
        config.keys.sign.clone(),
        &config.http.public_url,
    ));
    let mut replicas = ["a", "b", "c"].map(|name| Replica::new(&office, name));
    for replica in &mut replicas {
        replica.start();
    }
    let mut devices = [
        Device::connect(&office, "ward-1").await,
        Device::connect(&office, "ward-2").await,
    ];
    let letters = letters();
    let wires: Vec<(Letter, Vec<u8>)> = letters
        .into_iter()
        .map(|letter| {
            let wire = office.envelope(&letter);
            (letter, wire)
        })
        .collect();
    let births: BTreeSet<FilingId> = wires[FILINGS - ACCEPTED..]
        .iter()
        .map(|(letter, _)| letter.id)
        .collect();
    let mut came = Came::default();
    let mut accepted = BTreeSet::new();
    let (mut sent, mut kills) = (0, 0);
    let begun = Instant::now();
    let mut last_sent = begun;
    let mut last_kill = begun;
    while came.receipts.len() < FILINGS || begun.elapsed() < KILLING {
        assert!(
            begun.elapsed() < WITHIN,
            "{} of {FILINGS} receipts after {kills} kills",
            came.receipts.len()
        );
        // filings flow all along; what has no receipt is sent again, as an outbox does
        if last_sent.elapsed() > Duration::from_millis(400) {
            last_sent = Instant::now();
            sent = (sent + 12).min(FILINGS);
            for (letter, wire) in &wires[..sent] {
                if !came.receipts.contains_key(&letter.id) {
                    let device = usize::from(letter.device == "ward-2");
                    devices[device].post("asukoe", wire.clone()).await;
                }
            }
        }
        if begun.elapsed() < KILLING && last_kill.elapsed() > Duration::from_millis(1_100) {
            last_kill = Instant::now();
            replicas[kills % 3].kill();
            kills += 1;
        }
        for device in &mut devices {
            while let Some(bytes) = device.within(Duration::from_millis(20)).await {
                came.take(&office, device.open(&bytes));
            }
        }
        let arrived: Vec<FilingId> = came
            .receipts
            .keys()
            .filter(|id| births.contains(id) && !accepted.contains(*id))
            .copied()
            .collect();
        for id in arrived {
            let decided = accept(store.as_ref(), &sealer, id, now()).await;
            assert!(matches!(decided, Decided::Done { .. }), "{decided:?}");
            accepted.insert(id);
        }
    }
    assert!(kills >= 8, "{kills}");
    // notices whose sender died are due again after their pause, which is shortened here
    let (client, connection) = tokio_postgres::connect(&cluster.url(), tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    while came.statuses.len() < ACCEPTED {
        assert!(begun.elapsed() < WITHIN, "{} notices", came.statuses.len());
        let missing: Vec<Vec<u8>> = accepted
            .iter()
            .filter(|id| !came.statuses.contains_key(&(**id, 1)))
            .map(|id| id.as_bytes().to_vec())
            .collect();
        client
            .execute(
                "UPDATE notices SET next_at = 0 WHERE filing = ANY($1) AND next_at > $2",
                &[&missing, &(now() + 5)],
            )
            .await
            .unwrap();
        for device in &mut devices {
            while let Some(bytes) = device.within(Duration::from_millis(200)).await {
                came.take(&office, device.open(&bytes));
            }
        }
    }
    let count = async |sql: &str| -> i64 { client.query_one(sql, &[]).await.unwrap().get(0) };
    // one receipt for each, one row for each, numbers without gaps
    assert!(came.receipts.values().all(|all| all.len() == 1));
    assert_eq!(count("SELECT count(*) FROM filings").await, 240);
    assert_eq!(count("SELECT max(arrival_no) FROM filings").await, 240);
    assert_eq!(
        count("SELECT count(*) FROM audit WHERE action = 'filing.arrived'").await,
        240
    );
    assert_eq!(count("SELECT count(*) FROM quarantine").await, 0);
    // a notice came as often as it was sent, and was sent again only where its sender had died
    let rows = client
        .query("SELECT filing, attempts FROM notices", &[])
        .await
        .unwrap();
    assert_eq!(rows.len(), ACCEPTED);
    for row in &rows {
        let (filing, attempts): (Vec<u8>, i64) = (row.get(0), row.get(1));
        let id = FilingId::from_bytes(filing.try_into().unwrap());
        let times = i64::from(came.statuses[&(id, 1)]);
        assert!(times <= attempts, "{times} of {attempts}");
    }
    let twice = came.statuses.values().filter(|times| **times > 1).count();
    assert!(twice * 4 <= ACCEPTED, "{twice} came more than once");
    // what follows by itself was planned once for each birth, by whichever of them
    while count("SELECT count(*) FROM nonstop_events WHERE kind = 'accepted' AND done_at IS NULL")
        .await
        > 0
    {
        assert!(begun.elapsed() < WITHIN, "events wait");
        tokio::task::yield_now().await;
    }
    let planned = count("SELECT count(*) FROM audit WHERE action = 'nonstop.planned'").await;
    assert_eq!(planned, i64::try_from(ACCEPTED).unwrap());
    assert_eq!(
        count("SELECT count(*) FROM (SELECT case_ref, child, procedure, code, number FROM nonstop_notices GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1) q").await,
        0
    );
    let mut verifier = Verifier::default();
    loop {
        let lines = store.audit_lines(verifier.lines(), 1_000).await.unwrap();
        if lines.is_empty() {
            break;
        }
        for line in &lines {
            verifier.follow(line).unwrap();
        }
    }
    // an orderly stop gives leases back: nobody waits for them
    for replica in &mut replicas {
        let process = replica.process.take().unwrap();
        assert!(
            process
                .terminate(Duration::from_secs(20))
                .unwrap()
                .success()
        );
    }
    assert_eq!(
        count("SELECT count(*) FROM leases WHERE owner IS NOT NULL").await,
        0
    );
    let fences = count("SELECT CAST(sum(fence) AS BIGINT) FROM leases").await;
    assert!(fences > 2, "inboxes changed hands: {fences}");
    connection.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_replaced_lands_nothing_and_a_notice_is_claimed_once() {
    on_each_store(async |office| {
        let store = office.store().await;
        let name = "inbox/asukoe/0".to_owned();
        let take = async |seen, owner: &str| {
            store
                .take_lease(name.clone(), seen, owner.to_owned())
                .await
                .unwrap()
        };
        assert_eq!(store.lease(name.clone()).await.unwrap(), None);
        assert_eq!(take(None, "a#1").await, Some(1));
        assert_eq!(take(None, "b#1").await, None, "it is taken");
        let seen = store.lease(name.clone()).await.unwrap();
        let first = Fence {
            name: name.clone(),
            number: 1,
        };
        assert!(store.beat_lease(first.clone()).await.unwrap());
        assert_eq!(
            take(seen, "b#1").await,
            None,
            "it showed a sign of life since"
        );
        let old = office.ingest().await.fenced(first.clone());
        let one = letter(canonical(&birth("REPF-1")));
        let land = async |ingest: &ubugoe_city::ingest::Ingest| {
            ingest
                .land(vec![message("ward-1", office.envelope(&one))])
                .await
        };
        let seen = store.lease(name.clone()).await.unwrap();
        assert_eq!(take(seen, "b#1").await, Some(2));
        assert!(!store.beat_lease(first.clone()).await.unwrap());
        // asleep all the while, the old owner wakes up with a batch in its hands
        assert!(matches!(land(&old).await, Err(StoreError::Fenced { .. })));
        assert!(store.filing(one.id).await.unwrap().is_none());
        assert!(store.quarantine(10).await.unwrap().is_empty());
        let new = office.ingest().await.fenced(Fence {
            name: name.clone(),
            number: 2,
        });
        assert_eq!(land(&new).await.unwrap().len(), 1);
        // giving back what is not held any more changes nothing
        store.give_up_lease(first).await.unwrap();
        let owner = store.lease(name.clone()).await.unwrap().unwrap().owner;
        assert_eq!(owner.as_deref(), Some("b#1"));

        let config = office.config();
        let sealer: Arc<dyn Sealer> = Arc::new(CitySealer::new(
            config.office.recipient.clone(),
            config.keys.sign.clone(),
            &config.http.public_url,
        ));
        let decided = accept(store.as_ref(), &sealer, one.id, office.now()).await;
        assert!(matches!(decided, Decided::Done { .. }));
        let attempt = Attempt {
            filing: one.id,
            seq: 1,
            attempts: 1,
            now: office.now(),
            next_at: Some(office.now() + 30),
        };
        assert_eq!(store.claim_notices(vec![attempt]).await.unwrap(), [true]);
        assert_eq!(store.claim_notices(vec![attempt]).await.unwrap(), [false]);
        // its sender is slow; another sends it once more, and then the first one's acknowledgement is noted
        let again = Attempt {
            attempts: 2,
            now: office.now() + 40,
            next_at: Some(office.now() + 3_600),
            ..attempt
        };
        assert_eq!(store.claim_notices(vec![again]).await.unwrap(), [true]);
        let late = Attempt {
            next_at: Some(office.now() + 60),
            ..attempt
        };
        store.notices_attempted(vec![late]).await.unwrap();
        let due = async |at: i64| store.due_notices(at, 10).await.unwrap();
        assert_eq!(
            due(office.now() + 60).await,
            [],
            "nobody sends it a third time"
        );
        let later = due(office.now() + 3_600).await;
        assert_eq!(later[0].attempts, 2);
        // the second one's own word counts
        let rests = Attempt {
            next_at: None,
            ..again
        };
        store.notices_attempted(vec![rests]).await.unwrap();
        assert_eq!(due(office.now() + 3_600).await, []);
    })
    .await;
}
