//! What has passed its period leaves every file of the database; open and held cases stay; the audit chain verifies all along.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use crate::support::browser::Browser;
use crate::support::office::{Letter, NOON, Office, decide, land, letter, message, on_each_store};
use crate::support::papers::{ADDRESS, MOTHER, Paper, birth, canonical, catalogue};
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use ubugoe_bench::programs;
use ubugoe_city::casework::FilingState;
use ubugoe_city::casework::audit::{AuditEntry, Verifier};
use ubugoe_city::nonstop::{Engine, Worker};
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::retention::{Due, Kind, Policy, sweep};
use ubugoe_city::store::family::NewVoice;
use ubugoe_city::store::nonstop::{By, NoticeState, Shelf, StopReason};
use ubugoe_city::store::{Decided, Decision, Sealer, Store};
use ubugoe_protocol::{AttachmentRef, FilingId, attachment, digest};

const YEAR: i64 = 366 * 86_400;
/// The officer's words, which name somebody.
const NOTE: &str = "窓口で葛城さん本人と確認";

/// What stands in a database's files, as bytes: SQLite's own, or a dump of PostgreSQL, where bytes are written in hexadecimal.
fn files(office: &Office) -> Vec<u8> {
    if office.store_url.starts_with("sqlite") {
        let mut bytes = Vec::new();
        for name in ["city.db", "city.db-wal"] {
            bytes.extend(std::fs::read(office.folder.path().join(name)).unwrap_or_default());
        }
        return bytes;
    }
    let output = Command::new(programs::postgres("pg_dump").unwrap())
        .arg("--dbname")
        .arg(&office.store_url)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn stands(files: &[u8], value: &str) -> bool {
    let find = |needle: &[u8]| files.windows(needle.len()).any(|window| window == needle);
    find(value.as_bytes()) || find(hex::encode(value).as_bytes())
}

async fn verify(store: &dyn Store) -> i64 {
    let (last, head) = store.audit_start().await.unwrap();
    let mut verifier = Verifier::after(last, head);
    loop {
        let lines = store.audit_lines(verifier.lines(), 500).await.unwrap();
        if lines.is_empty() {
            return last;
        }
        for line in &lines {
            verifier.follow(line).unwrap();
        }
    }
}

struct City {
    store: Arc<dyn Store>,
    sealer: Arc<dyn Sealer>,
    worker: Worker,
}

impl City {
    async fn open(office: &Office) -> Self {
        let config = office.config();
        let store = office.store().await;
        let engine = Engine::new(catalogue(), config.office.municipality, 3);
        let sealer = CitySealer::new(
            config.office.recipient.clone(),
            config.keys.sign.clone(),
            &config.http.public_url,
        );
        let worker = Worker {
            store: Arc::clone(&store),
            planner: Arc::new(engine),
            clock: office.hands.clock(),
            bell: Arc::new(Notify::new()),
            done: Arc::default(),
        };
        Self {
            store,
            sealer: Arc::new(sealer),
            worker,
        }
    }

    async fn accept(&self, filing: FilingId, at: i64) -> Decided {
        let version = self.store.filing(filing).await.unwrap().unwrap().version();
        let decision = Decision {
            filing,
            version,
            to: FilingState::Accepted,
            reason: None,
            note: Some(NOTE.to_owned()),
            actor: "sato".to_owned(),
            at,
        };
        decide(self.store.as_ref(), decision, &self.sealer).await
    }

    /// Lives through years: what falls due is worked off, and officers stop what waits for them.
    async fn live(&self, office: &Office, years: i64) {
        for _ in 0..years {
            office.hands.forward(YEAR);
            self.worker.work_off().await.unwrap();
            for item in self
                .store
                .nonstop_items(Shelf::Prepared, 200)
                .await
                .unwrap()
            {
                let by = by(office);
                self.store
                    .stop_item(item.id, StopReason::Already, Some(NOTE.to_owned()), by)
                    .await
                    .unwrap();
            }
        }
    }
}

fn by(office: &Office) -> By {
    By {
        actor: "sato".to_owned(),
        at: office.now(),
    }
}

fn paper(certificate: &str, child: &str) -> Letter {
    letter(canonical(&Paper {
        child: child.to_owned(),
        ..birth(certificate)
    }))
}

/// A filing with a picture of its certificate, all of it arrived; answers the family's link.
async fn with_picture(office: &Office, letter: &mut Letter, picture: &[u8]) -> String {
    let chunks = attachment::cut(letter.id, picture).unwrap();
    letter.attachments = vec![AttachmentRef {
        sha256: digest(picture),
        len: picture.len() as u64,
        media_type: "image/png".to_owned(),
    }];
    let ingest = office.ingest().await;
    let token = land(office, &ingest, letter).await.status_token;
    for chunk in &chunks {
        let wire = office.piece(FilingId::generate().unwrap(), "ward-1", chunk);
        ingest.land(vec![message("ward-1", wire)]).await.unwrap();
    }
    token
}

#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_due_leaves_every_file_and_what_is_open_or_held_stays() {
    on_each_store(async |office| {
        let city = City::open(office).await;
        let store = city.store.as_ref();
        let policy = Policy::builtin().unwrap();
        let ingest = office.ingest().await;
        let picture = "絵の中の文字：さくら".as_bytes();
        let mut gone = paper("RET-A-1", "さくら");
        let link = with_picture(office, &mut gone, picture).await;
        let voice = NewVoice {
            case_ref: Sha256::digest(link.as_bytes()).into(),
            filing: Some(gone.id),
            item: None,
            mood: "word",
            words: Some("夜の病室でひとりで読みました".to_owned()),
            at: office.now(),
        };
        assert!(store.family_says(voice).await.unwrap());
        let open = paper("RET-B-1", "ひかり");
        land(office, &ingest, &open).await;
        let held = paper("RET-C-1", "つばさ");
        land(office, &ingest, &held).await;
        // a message that nobody can read, and an answer to an agency would be of the same kind: kept by age alone
        ingest
            .land(vec![message("ward-1", "読めない届き物".into())])
            .await
            .unwrap();
        for letter in [&gone, &held] {
            let decided = city.accept(letter.id, office.now()).await;
            assert!(matches!(decided, Decided::Done { .. }));
        }
        assert!(
            store
                .hold(held.id, "審査請求のため".to_owned(), by(office))
                .await
                .unwrap()
        );
        city.live(office, 9).await;
        assert_eq!(
            sweep(store, &policy, NOON).await.unwrap(),
            0,
            "nothing is due yet"
        );

        // the control: all of it is there before
        let of_gone = ["さくら", "RET-A-1", "夜の病室でひとりで読みました"];
        let of_others = ["ひかり", "RET-B-1", "つばさ", "RET-C-1"];
        let of_all = [MOTHER, ADDRESS, "太郎", "090-0000-0000", NOTE];
        let before = files(office);
        for value in of_gone.iter().chain(&of_others).chain(&of_all) {
            assert!(stands(&before, value), "{value} was never there");
        }
        assert!(stands(&before, "読めない届き物"));
        city.live(office, 3).await;
        let due = policy
            .due(office.now())
            .into_iter()
            .find(|due| due.only.as_deref() == Some("shussei_todoke"))
            .unwrap();
        let count = store.count_due(due.clone()).await.unwrap();
        assert_eq!((count.rows, count.held), (1, 1));
        assert_eq!(store.due_filings(due).await.unwrap()[0].id, gone.id);

        assert!(sweep(store, &policy, office.now()).await.unwrap() > 0);
        let after = files(office);
        for value in of_gone {
            assert!(!stands(&after, value), "{value} is still there");
        }
        assert!(!stands(&after, "読めない届き物"), "set aside long ago");
        for value in of_others.iter().chain(&of_all) {
            assert!(stands(&after, value), "{value} is gone");
        }
        assert_eq!(sweep(store, &policy, office.now()).await.unwrap(), 0);

        // what stays of it is a number, a state, a receipt
        let record = store.filing(gone.id).await.unwrap().unwrap();
        assert_eq!(record.row.state, FilingState::Accepted);
        assert_eq!((record.row.arrival_no, record.canonical.len()), (1, 0));
        assert!(!record.receipt.is_empty() && record.attachments.is_empty());
        assert!(store.erased_at(gone.id).await.unwrap().is_some());
        assert_eq!(city.accept(gone.id, office.now()).await, Decided::NotFound);
        // its link opens nothing, and the same letter again is the same arrival
        let link =
            ubugoe_protocol::Receipt::verify(&record.receipt, &office.receipt_key()).unwrap();
        assert_eq!(link.arrival_no, 1);
        assert!(record.token.is_empty());
        let again = land(office, &ingest, &gone).await;
        assert_eq!(again.arrival_no, 1);
        assert!(!stands(&files(office), "さくら"));
        let (cut, _) = store.audit_start().await.unwrap();
        let lines = store.audit_lines(cut, 10_000).await.unwrap();
        let erased = |line: &AuditEntry| {
            line.action == "retention.erased"
                && line.subject == gone.id.to_string()
                && line.detail == "filing.shussei_todoke"
        };
        assert_eq!(lines.iter().filter(|line| erased(&line.entry)).count(), 1);
        // the audit lines of the first years have gone as well; the rest verifies from where it was cut, and from nowhere else
        assert_eq!(verify(store).await, cut);
        assert!(cut > 0 && Verifier::default().follow(&lines[0]).is_err());

        // a hold is lifted, an open case is decided: then their time comes too, and of the family nothing is left
        let placed = store.holds(10).await.unwrap()[0].id;
        assert!(store.lift_hold(placed, by(office)).await.unwrap());
        assert!(!store.lift_hold(placed, by(office)).await.unwrap());
        assert!(matches!(
            city.accept(open.id, office.now()).await,
            Decided::Done { .. }
        ));
        city.live(office, 12).await;
        assert!(sweep(store, &policy, office.now()).await.unwrap() > 0);
        let last = files(office);
        for value in of_others.iter().chain(&of_all) {
            assert!(!stands(&last, value), "{value} is still there");
        }
        assert!(verify(store).await > cut);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_after_its_case_was_erased_has_a_link_of_its_own() {
    on_each_store(async |office| {
        let city = City::open(office).await;
        let store = city.store.as_ref();
        let ingest = office.ingest().await;
        let first = paper("RET-L-1", "さくら");
        let old = land(office, &ingest, &first).await.status_token;
        let hash = |token: &str| -> [u8; 32] { Sha256::digest(token.as_bytes()).into() };
        city.accept(first.id, office.now()).await;
        city.live(office, 12).await;
        let policy = Policy::builtin().unwrap();
        sweep(store, &policy, office.now()).await.unwrap();
        assert!(store.erased_at(first.id).await.unwrap().is_some());

        // two at once, from a device that was in a drawer all the while
        let late = ["RET-L-2", "RET-L-3"].map(|number| Letter {
            case: first.case,
            ..paper(number, "ひかり")
        });
        let late = [late[0].clone(), late[1].clone()];
        let wires = late
            .iter()
            .enumerate()
            .map(|(n, letter)| {
                let letter = Letter {
                    case_seq: u32::try_from(n + 1).unwrap(),
                    ..letter.clone()
                };
                message(letter.device, office.envelope(&letter))
            })
            .collect();
        ingest.land(wires).await.unwrap();
        let token = store.filing(late[0].id).await.unwrap().unwrap().token;
        assert_eq!(
            store.filing(late[1].id).await.unwrap().unwrap().token,
            token
        );
        assert!(token.len() == 32 && token != old, "{token}");
        let receipt = store.filing(late[1].id).await.unwrap().unwrap().receipt;
        let receipt = ubugoe_protocol::Receipt::verify(&receipt, &office.receipt_key()).unwrap();
        assert_eq!(receipt.status_token, token);
        // the new link shows the case, the old one opens nothing, and what follows goes by the new one
        assert_eq!(store.family(hash(&token)).await.unwrap().len(), 3);
        assert_eq!(store.family(hash(&old)).await.unwrap(), []);
        city.accept(late[0].id, office.now()).await;
        city.worker.work_off().await.unwrap();
        let now = office.now();
        let line = store.family_line(hash(&token), now).await.unwrap();
        assert!(!line.items.is_empty());
        let line = store.family_line(hash(&old), now).await.unwrap();
        assert!(line.notices.is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_case_that_is_planned_again_tells_nothing_anew() {
    on_each_store(async |office| {
        let city = City::open(office).await;
        let store = city.store.as_ref();
        let ingest = office.ingest().await;
        let first = paper("RET-N-1", "さくら");
        let link = land(office, &ingest, &first).await.status_token;
        let link: [u8; 32] = Sha256::digest(link.as_bytes()).into();
        city.accept(first.id, office.now()).await;
        city.worker.work_off().await.unwrap();
        let told = async || {
            let line = store.case_line(first.id).await.unwrap();
            let notices = line.notices.into_iter();
            notices
                .filter(|notice| notice.state == NoticeState::Handed)
                .map(|notice| (notice.procedure, notice.code, notice.child))
                .collect::<Vec<_>>()
        };
        office.hands.forward(40 * 86_400);
        city.worker.work_off().await.unwrap();
        let before = told().await;
        assert!(before.len() >= 2, "{before:?}");
        let due = Policy::builtin().unwrap().due(office.now());
        let due = due
            .into_iter()
            .find(|due| due.kind == Kind::FamilyNotice)
            .unwrap();
        let due = Due {
            cutoff: office.now() + 1,
            ..due
        };
        let gone = store.erase_due(due.clone(), office.now()).await.unwrap();
        assert_eq!(gone, before.len() as u64);
        assert_eq!(told().await, []);
        assert_eq!(store.erase_due(due, office.now()).await.unwrap(), 0, "once");
        let line = store.family_line(link, office.now()).await.unwrap();
        assert_eq!(line.notices, []);

        // planned again: by another filing of the case, and by every April and window to come
        let second = Letter {
            case: first.case,
            case_seq: 1,
            ..letter(canonical(&Paper {
                procedure: "jido_teate_nintei",
                ..birth("RET-N-1")
            }))
        };
        land(office, &ingest, &second).await;
        city.accept(second.id, office.now()).await;
        city.worker.work_off().await.unwrap();
        let after = told().await;
        for one in &after {
            assert!(!before.contains(one), "{one:?} was told twice");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_that_never_change_refuse_everybody_but_the_purge() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let one = paper("RET-D-1", "こはる");
    land(&office, &ingest, &one).await;
    let file = rusqlite_of(&office);
    for sql in [
        "UPDATE filings SET canonical = x''",
        "UPDATE history SET note = 'x'",
        "DELETE FROM audit",
    ] {
        assert!(file.execute(sql, []).is_err(), "{sql}");
    }
    let open: i64 = file
        .query_row("SELECT count(*) FROM retention_gate", [], |row| row.get(0))
        .unwrap();
    assert_eq!(open, 0);
}

/// Emptied or deleted when a filing or the last of its case is erased.
const WITH_A_FILING: &str = "filings history desk_log notices attachments chunks search_terms search_todo earlier agency_events
    agency_certificates agency_requests nonstop_items cases case_aliases second_signatures second_watch second_signings
    second_numbers second_arrivals
    family_codes family_sessions family_voices family_phones checkup_bookings told_doses gift_answers nursery_drafts
    nursery_applications";
/// Erased by their age alone.
const BY_AGE: &str = "nonstop_notices agency_answers nonstop_files quarantine addressees sessions sign_ins officers audit family_tries";
/// Say nothing of anybody: numbers, states, hashes, what the city or its devices did, places that can be booked.
const SAYS_NOTHING: &str = "second_misses counters case_slots receipts eras devices commands down certificate_asks rollouts rollout_parts
    rollout_devices exports exported nonstop_cases nonstop_events nonstop_hops nonstop_payments nonstop_losses message_log
    message_seals agency_consents agency_steps family_closed checkup_slots checkup_places retention_gate erasure_holds audit_cuts
    leases migrations office enrol_codes enrol_answers enrolled_devices device_certificates wipe_records";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_is_erased_from_or_says_nothing_of_anybody() {
    let office = Office::new();
    let _store = office.store().await;
    let file = rusqlite_of(&office);
    let mut asked = file
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    let tables: BTreeSet<String> = asked
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let known: Vec<String> = [WITH_A_FILING, BY_AGE, SAYS_NOTHING]
        .into_iter()
        .flat_map(str::split_whitespace)
        .map(str::to_owned)
        .collect();
    let once: BTreeSet<String> = known.iter().cloned().collect();
    assert_eq!(once.len(), known.len(), "a table is named twice");
    let unknown: Vec<_> = tables.symmetric_difference(&once).collect();
    assert!(unknown.is_empty(), "say what becomes of {unknown:?}");
}

fn rusqlite_of(office: &Office) -> rusqlite::Connection {
    rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_see_what_goes_next_and_can_hold_it() {
    let mut office = Office::new();
    office.roles = r#"["decider"]"#.to_owned();
    office.hire("kansa", "監査", &["auditor"]);
    office.hire("uketsuke", "受付", &["reception"]);
    let ingest = office.ingest().await;
    let one = paper("RET-E-1", "あおい");
    land(&office, &ingest, &one).await;
    let city = office.open().await;
    let mut decider = Browser::new(city.address);
    decider.sign_in().await;
    let mut auditor = Browser::new(city.address);
    auditor.sign_in_as("kansa").await;
    let mut reception = Browser::new(city.address);
    reception.sign_in_as("uketsuke").await;
    let here = "/console/retention";
    assert_eq!(reception.get(here).await.status, 403);
    let page = auditor.get(here).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("not-erasing") && page.text().contains("filing.shussei_todoke"));
    assert!(
        !page.text().contains("id=\"hold\""),
        "who watches holds nothing"
    );
    let page = decider.get(here).await;
    let id = one.id.to_string();
    let csrf = page.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("filing", &id),
        ("reason", "審査請求"),
    ];
    assert_eq!(
        decider
            .post("/console/retention/holds", &fields)
            .await
            .status,
        303
    );
    let page = decider.get(here).await;
    assert!(page.text().contains("審査請求"));
    let lift = "/console/retention/holds/1/lift";
    let theirs = auditor.get(here).await.hidden("csrf");
    assert_eq!(auditor.post(lift, &[("csrf", &theirs)]).await.status, 403);
    assert_eq!(decider.post(lift, &[("csrf", &csrf)]).await.status, 303);
    assert_eq!(decider.post(lift, &[("csrf", &csrf)]).await.status, 404);
    city.stop().await;
}

#[test]
fn the_command_lists_and_erases_nothing_until_the_town_says_so() {
    let mut office = Office::new();
    let run = |office: &Office, arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_ubugoe-city"))
            .args(arguments)
            .arg("--config")
            .arg(office.write_config())
            .output()
            .unwrap()
    };
    let listed = run(&office, &["retention", "--check"]);
    assert!(listed.status.success(), "{listed:?}");
    let text = String::from_utf8(listed.stdout).unwrap();
    for kind in Kind::ALL {
        assert!(text.contains(&format!("{}\t", kind.code())), "{text}");
    }
    assert!(text.contains("[GK]") && text.ends_with("0 due\n"), "{text}");
    assert!(run(&office, &["purge", "--dry-run"]).status.success());
    assert!(!run(&office, &["purge"]).status.success());
    office.more = "[retention]\nerase = true\n".to_owned();
    assert!(run(&office, &["purge"]).status.success());
}
