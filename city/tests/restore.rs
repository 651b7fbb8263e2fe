//! The city's database is lost and an older copy of it put back: no number is given twice, and everything comes back
//! with the number, the time and the link it had. Told to both databases.

use std::path::PathBuf;
use std::process::Command;

use crate::support::browser::Browser;
use crate::support::office::{Letter, NOON, Office, decide, land, letter, message, only_receipt};
use crate::support::papers::{allowance, birth, canonical};
use sha2::{Digest, Sha256};
use ubugoe_bench::postgres::Postgres;
use ubugoe_bench::programs;
use ubugoe_city::casework::FilingState;
use ubugoe_city::ingest::Ingest;
use ubugoe_city::operate::restore::{Announced, after_restore};
use ubugoe_city::store::{Decided, Decision, DownKind, Store};
use ubugoe_protocol::attachment::cut;
use ubugoe_protocol::{AttachmentRef, FilingId, Order, Receipt, Report, digest};

/// Where a city's data is, so that it can be copied.
enum Place {
    Sqlite,
    Postgres(Postgres),
}

impl Place {
    /// A copy of the database as it is now; the address that opens the copy.
    fn copy(&self, office: &Office) -> String {
        match self {
            Self::Sqlite => {
                let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
                let copy = office.folder.path().join("copy.db");
                c.execute("VACUUM INTO ?1", [copy.to_str().unwrap()])
                    .unwrap();
                "sqlite:copy.db".to_owned()
            }
            Self::Postgres(cluster) => {
                cluster.create_database("copy").unwrap();
                let dump: PathBuf = office.folder.path().join("dump.sql");
                run(
                    "pg_dump",
                    &["--file", dump.to_str().unwrap(), &cluster.url()],
                );
                run(
                    "psql",
                    &[
                        "--quiet",
                        "--set=ON_ERROR_STOP=1",
                        "--output=/dev/null",
                        "--file",
                        dump.to_str().unwrap(),
                        &cluster.url_of("copy"),
                    ],
                );
                cluster.url_of("copy")
            }
        }
    }
}

fn run(program: &str, arguments: &[&str]) {
    let done = Command::new(programs::postgres(program).unwrap())
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        done.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

async fn on_each_place(story: impl AsyncFn(&mut Office, &Place)) {
    story(&mut Office::new(), &Place::Sqlite).await;
    let cluster = Postgres::start().unwrap();
    let mut office = Office::new();
    office.store_url = cluster.url();
    story(&mut office, &Place::Postgres(cluster)).await;
}

async fn signed(office: &Office, ingest: &Ingest, letter: &Letter) -> Vec<u8> {
    let wire = office.envelope(letter);
    only_receipt(
        &ingest
            .land(vec![message(letter.device, wire)])
            .await
            .unwrap(),
    )
}

fn read(office: &Office, signed: &[u8]) -> Receipt {
    Receipt::verify(signed, &office.receipt_key()).unwrap()
}

/// What landed after the backup, with the receipts that went out for it.
struct Lost {
    /// Was in the backup.
    before: (Letter, Vec<u8>),
    /// Of the same case as the one in the backup.
    same_case: (Letter, Vec<u8>),
    /// Of a new case, with an attachment of one piece.
    other: (Letter, Vec<u8>),
    piece: (Vec<u8>, Vec<u8>),
    photograph: Vec<u8>,
    /// Will be sent again before its receipt is known.
    late: (Letter, Vec<u8>),
}

/// Lands something, copies the database, lands more, and puts the copy back an hour later.
async fn disaster(office: &mut Office, place: &Place) -> Lost {
    let ingest = office.ingest().await;
    let before = letter(canonical(&birth("ASK-1")));
    let kept = signed(office, &ingest, &before).await;
    let copy = place.copy(office);
    office.hands.forward(600);
    let same_case = Letter {
        case: before.case,
        case_seq: 1,
        ..letter(canonical(&allowance("ASK-1")))
    };
    let photograph = vec![7; 1000];
    let mut other = letter(canonical(&birth("ASK-2")));
    other.attachments.push(AttachmentRef {
        sha256: digest(&photograph),
        len: 1000,
        media_type: "image/png".into(),
    });
    let late = letter(canonical(&birth("ASK-3")));
    let chunk = &cut(other.id, &photograph).unwrap()[0];
    let piece = office.piece(FilingId::generate().unwrap(), "ward-1", chunk);
    let landed = ingest.land(vec![message("ward-1", piece.clone())]);
    let lost = Lost {
        before: (before, kept),
        piece: (piece, only_receipt(&landed.await.unwrap())),
        same_case: (same_case.clone(), signed(office, &ingest, &same_case).await),
        other: (other.clone(), signed(office, &ingest, &other).await),
        late: (late.clone(), signed(office, &ingest, &late).await),
        photograph,
    };
    let numbers =
        [&lost.same_case, &lost.other, &lost.late].map(|(_, r)| read(office, r).arrival_no);
    assert_eq!(numbers, [2, 3, 4]);
    office.store_url = copy;
    office.hands.forward(3_600);
    let gone = office.store().await.filing(lost.other.0.id).await.unwrap();
    assert!(gone.is_none());
    lost
}

/// Whether each device was asked, under the city's own signature.
async fn every_device_is_asked(office: &Office, store: &dyn Store) {
    let now = office.now();
    let mut devices = Vec::new();
    for item in store.due_down(now, 10).await.unwrap() {
        assert_eq!(item.kind, DownKind::Command);
        let command =
            ubugoe_protocol::Command::verify(&item.payload, &office.receipt_key()).unwrap();
        assert_eq!(
            command.order,
            Order::Resend {
                since: NOON,
                era: now
            }
        );
        let named = (command.device.as_str(), command.recipient.as_str());
        assert_eq!(named, (item.device.as_str(), "asukoe"));
        assert!(command.expires > now + 30 * 86_400);
        devices.push(item.device.to_string());
    }
    assert_eq!(devices, ["ward-1", "ward-2"]);
}

/// An old receipt as a city signs it that was just restored: a device that was asked believes no older one.
fn in_this_era(office: &Office, old: &[u8]) -> Receipt {
    Receipt {
        era: office.now(),
        ..read(office, old)
    }
}

/// Sends a letter again and looks whether it is as its old receipt says.
async fn is_as_it_was(
    office: &Office,
    ingest: &Ingest,
    store: &dyn Store,
    (letter, receipt): &(Letter, Vec<u8>),
) {
    let said = in_this_era(office, receipt);
    let again = signed(office, ingest, letter).await;
    assert_eq!(read(office, &again), said);
    let record = store.filing(letter.id).await.unwrap().unwrap();
    assert_eq!(
        (
            record.row.arrival_no,
            record.row.arrived_at,
            record.signed,
            record.earlier
        ),
        (said.arrival_no, said.arrived_at, said.signed, None)
    );
    assert!(opens(store, &said).await.contains(&said.arrival_no));
}

/// The numbers on the family's page that a receipt's link opens.
async fn opens(store: &dyn Store, receipt: &Receipt) -> Vec<u64> {
    let token: [u8; 32] = Sha256::digest(&receipt.status_token).into();
    let filings = store.family(token).await.unwrap();
    filings.iter().map(|filing| filing.arrival_no).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_landed_after_the_backup_comes_back_with_its_number_its_time_and_its_link() {
    on_each_place(async |office, place| {
        let lost = disaster(office, place).await;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let config = office.config();
        let asked = after_restore(&config, store.as_ref(), NOON, 10, office.now()).await;
        assert_eq!(asked.unwrap(), Announced { last: 1, asked: 2 });
        every_device_is_asked(office, store.as_ref()).await;
        // somebody else files before the devices are back, and gets a number that nobody had
        let new = letter(canonical(&birth("ASK-4")));
        assert_eq!(land(office, &ingest, &new).await.arrival_no, 12);
        // one row comes before its proof
        let (late, old) = &lost.late;
        let anew = signed(office, &ingest, late).await;
        assert_eq!(read(office, &anew).arrival_no, 13);

        // the device proves what it has, and sends it again
        let all = [&lost.before, &lost.same_case, &lost.other, &lost.late].map(|(_, r)| r.clone());
        let all = [all.to_vec(), vec![lost.piece.1.clone()]].concat();
        let proof = message("ward-1", office.report("ward-1", &Report::Earlier(all)));
        assert_eq!(ingest.land(vec![proof.clone()]).await.unwrap(), []);
        for row in [&lost.before, &lost.same_case, &lost.other] {
            is_as_it_was(office, &ingest, store.as_ref(), row).await;
        }
        let landed = ingest
            .land(vec![message("ward-1", lost.piece.0)])
            .await
            .unwrap();
        let piece = read(office, &only_receipt(&landed));
        assert_eq!(piece, in_this_era(office, &lost.piece.1));
        let whole = store.attachment(lost.other.0.id, 0).await.unwrap();
        assert_eq!(whole, Some(lost.photograph));
        // the row that was faster than its proof keeps its new number in the database; the device gets the word that its family
        // holds, both are shown to the officer, and the old link works
        assert_ne!(signed(office, &ingest, late).await, anew);
        let repeated = read(office, &signed(office, &ingest, late).await);
        assert_eq!(repeated, in_this_era(office, old));
        let record = store.filing(late.id).await.unwrap().unwrap();
        assert_eq!(
            (record.row.arrival_no, record.earlier),
            (13, Some((4, NOON + 600)))
        );
        assert_eq!(opens(store.as_ref(), &read(office, old)).await, [4]);
        let city = office.open().await;
        let mut browser = Browser::new(city.address);
        browser.sign_in().await;
        let shown = browser.get(&format!("/console/filings/{}", late.id)).await;
        assert!(
            shown.text().contains("id=\"earlier-no\">No. 4（"),
            "{}",
            shown.text()
        );
        city.stop().await;
        // said once more, nothing moves
        ingest.land(vec![proof]).await.unwrap();
        let counts = store.counts().await.unwrap();
        assert_eq!((counts.arrived, counts.quarantined), (5, 0));
        let next = land(office, &ingest, &letter(canonical(&birth("ASK-5")))).await;
        assert_eq!(next.arrival_no, 14);
    })
    .await;
}

/// The control: without the jump the same story gives a number twice, and the test above would see it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_jump_a_number_is_given_twice_and_both_filings_stay() {
    on_each_place(async |office, place| {
        let ingest = office.ingest().await;
        let copy = place.copy(office);
        let lost = letter(canonical(&birth("ASK-1")));
        let old = signed(office, &ingest, &lost).await;
        office.store_url = copy;
        let (ingest, store) = (office.ingest().await, office.store().await);
        let new = letter(canonical(&birth("ASK-2")));
        assert_eq!(
            land(office, &ingest, &new).await.arrival_no,
            read(office, &old).arrival_no
        );
        let proof = office.report("ward-1", &Report::Earlier(vec![old.clone()]));
        ingest.land(vec![message("ward-1", proof)]).await.unwrap();
        let again = read(office, &signed(office, &ingest, &lost).await);
        // its number is taken, and the word that its family holds stands all the same
        assert_eq!(again.arrival_no, 1);
        let record = store.filing(lost.id).await.unwrap().unwrap();
        assert_eq!(
            (record.row.arrival_no, record.earlier),
            (2, Some((1, NOON)))
        );
        assert_eq!(store.counts().await.unwrap().arrived, 2);
    })
    .await;
}

/// A decision lost by a restore and the next one must not have one number: the device would take the second for the first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_after_a_restore_has_a_higher_number_than_any_that_was_lost() {
    on_each_place(async |office, place| {
        let (ingest, store) = (office.ingest().await, office.store().await);
        let filed = letter(canonical(&birth("ASK-1")));
        land(office, &ingest, &filed).await;
        let copy = place.copy(office);
        assert_eq!(accept(office, store.as_ref(), &filed).await, 1);
        office.store_url = copy;
        let store = office.store().await;
        let now = office.now();
        after_restore(&office.config(), store.as_ref(), NOON, 10, now)
            .await
            .unwrap();
        let anew = accept(office, store.as_ref(), &filed).await;
        assert_eq!(i64::from(anew), now);
    })
    .await;
}

/// An officer's word; the number of its notice.
async fn accept(office: &Office, store: &dyn Store, letter: &Letter) -> u32 {
    let decision = Decision {
        filing: letter.id,
        version: 1,
        to: FilingState::Accepted,
        actor: "ito.k".to_owned(),
        reason: None,
        note: None,
        at: office.now(),
    };
    match decide(store, decision, &office.sealer()).await {
        Decided::Done { notice } => notice,
        other => unreachable!("{other:?}"),
    }
}
