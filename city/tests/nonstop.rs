//! What the city does by itself: from an accepted birth to the bank's file, on both databases; killed anywhere, raced, years on;
//! and after a loss nothing joyful is left.
#![allow(clippy::similar_names, reason = "a family has a line and a link")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::support::browser::{Browser, Reply};
use crate::support::office::{Letter, NOON, Office, accept, land, letter, on_each_store};
use crate::support::papers::{Paper, allowance, birth, canonical, catalogue};
use crate::support::shown::accessible;
use jiff::civil::{Date, date};
use proptest::prelude::{ProptestConfig, any, prop};
use proptest::test_runner::TestRunner;
use sha2::Digest as _;
use tokio::sync::Notify;
use ubugoe_bench::browser::Browser as Chromium;
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::bankfile;
use ubugoe_city::casework::audit::Verifier;
use ubugoe_city::jst;
use ubugoe_city::nonstop::{Engine, Worker};
use ubugoe_city::receipt::CitySealer;
use ubugoe_city::store::nonstop::{
    Account, By, CaseLine, Hop, HopState, Item, ItemKind, ItemState, Needs, NoticeState, Planner,
    Shelf, Shown, Step, StopReason, Unpayable,
};
use ubugoe_city::store::{Decided, Sealer, Store, StoreError};
use ubugoe_procedures::Value;
use ubugoe_protocol::FilingId;

const DAY: i64 = 86_400;
/// Who pays, and how long officers have.
const SETTINGS: &str = r#"
[nonstop]
veto_days = 3

[payer]
client_code = 1234567890
client_name = "アスコエシ"
bank = "0001"
branch = "001"
kind = "1"
number = "7654321"
"#;

/// A city's store with its engine, as one program has them.
struct Desk {
    store: Arc<dyn Store>,
    engine: Arc<Engine>,
    sealer: Arc<dyn Sealer>,
    worker: Worker,
}

impl Desk {
    async fn open(office: &Office) -> Self {
        let config = office
            .config_of(&format!("{}{SETTINGS}", office.toml()))
            .unwrap();
        let store = office.store().await;
        let engine = Arc::new(Engine::new(
            catalogue(),
            config.office.municipality,
            config.nonstop.veto_days,
        ));
        let sealer = CitySealer::new(
            config.office.recipient.clone(),
            config.keys.sign.clone(),
            &config.http.public_url,
        );
        let worker = Worker {
            store: Arc::clone(&store),
            planner: Arc::clone(&engine) as _,
            clock: office.hands.clock(),
            bell: Arc::new(Notify::new()),
            done: Arc::new(Notify::new()),
        };
        Self {
            store,
            engine,
            sealer: Arc::new(sealer),
            worker,
        }
    }

    async fn accept(&self, filing: FilingId, now: i64) {
        let decided = accept(self.store.as_ref(), &self.sealer, filing, now).await;
        assert!(matches!(decided, Decided::Done { .. }));
    }

    fn planner(&self) -> Arc<dyn Planner> {
        Arc::clone(&self.engine) as _
    }
}

fn by(at: i64) -> By {
    By {
        actor: "sato".to_owned(),
        at,
    }
}

fn item<'l>(line: &'l CaseLine, procedure: &str) -> &'l Item {
    let mut found = line.items.iter().filter(|item| item.procedure == procedure);
    let item = found.next().unwrap_or_else(|| panic!("no {procedure}"));
    assert!(found.next().is_none(), "two {procedure}");
    item
}

fn states(item: &Item) -> Vec<(Hop, HopState)> {
    item.hops.iter().map(|hop| (hop.hop, hop.state)).collect()
}

fn account(number: &str) -> Account {
    Account {
        bank: "0001".to_owned(),
        branch: "001".to_owned(),
        kind: "1".to_owned(),
        number: number.to_owned(),
        holder: "ｶﾂﾗｷﾞ ﾖｼｺ".to_owned(),
    }
}

fn joyful(procedure: &str) -> bool {
    let catalogue = catalogue();
    let found = catalogue.procedure(&procedure.parse().unwrap());
    !found.unwrap().joyful.is_empty()
}

/// A birth of a case of its own, arrived; the family's link beside it.
async fn arrived(office: &Office, papers: &[Paper]) -> (Vec<FilingId>, [u8; 32]) {
    use sha2::Digest;
    let ingest = office.ingest().await;
    let first = letter(canonical(&papers[0]));
    let mut ids = Vec::new();
    let mut token = String::new();
    for (seq, paper) in papers.iter().enumerate() {
        let letter = Letter {
            case: first.case,
            case_seq: u32::try_from(seq).unwrap(),
            ..letter(canonical(paper))
        };
        token = land(office, &ingest, &letter).await.status_token;
        ids.push(letter.id);
    }
    (ids, sha2::Sha256::digest(token.as_bytes()).into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_birth_goes_from_the_hospital_to_the_bank() {
    on_each_store(async |office| story(office).await).await;
}

#[expect(clippy::too_many_lines, reason = "one story, chapter after chapter")]
async fn story(office: &Office) {
    let desk = Desk::open(office).await;
    let (ids, link) = arrived(office, &[birth("ASK-1"), allowance("ASK-1")]).await;
    let store = &desk.store;
    assert_eq!(
        desk.worker.work_off().await.unwrap(),
        0,
        "nothing is accepted"
    );
    desk.accept(ids[0], office.now()).await;
    desk.worker.work_off().await.unwrap();

    // every item with its reason, its catalogue and its chain
    let line = store.case_line(ids[0]).await.unwrap();
    assert!(line.items.len() > 15, "{} items", line.items.len());
    for item in &line.items {
        assert!(
            !item.detail.because.is_empty(),
            "{} without a reason",
            item.procedure
        );
        assert_eq!(item.catalogue, desk.engine.version());
    }
    assert!(
        line.items
            .iter()
            .all(|item| item.procedure != "jido_teate_nintei"),
        "it is filed"
    );
    let register = item(&line, "juminhyo_kisai");
    let visit = item(&line, "konnichiwa");
    let notice = item(&line, "shussei_renraku");
    let second = item(&line, "ninpu_shien_2");
    for one in [register, visit] {
        assert_eq!(
            (one.kind, one.state),
            (ItemKind::ByItself, ItemState::Prepared)
        );
        assert_eq!(
            states(one),
            [
                (Hop::Hospital, HopState::Done),
                (Hop::City, HopState::Waiting)
            ]
        );
        // three days on from Tuesday is Friday, at five
        assert_eq!(one.hold_until, Some(jst::at(date(2026, 11, 27), 17)));
        let articles = one
            .detail
            .because
            .iter()
            .filter(|because| because.article.is_some());
        assert!(articles.count() >= 1);
    }
    for one in [notice, second] {
        assert_eq!((one.kind, one.state), (ItemKind::Offer, ItemState::Offered));
    }
    assert_eq!((second.yen, second.needs), (Some(50_000), Needs::Account));
    assert_eq!(item(&line, "yobosesshu").kind, ItemKind::Later);
    assert!(line.items.iter().any(|item| item.kind == ItemKind::Apply));
    assert!(line.items.iter().any(|item| item.kind == ItemKind::Informs));

    // one is stopped, one goes at once, the family says yes to one and names an account for another
    let now = office.now();
    let stopped = store
        .stop_item(
            visit.id,
            StopReason::Talk,
            Some("電話済み".to_owned()),
            by(now),
        )
        .await
        .unwrap();
    assert_eq!(stopped, Step::Done);
    assert_eq!(
        store
            .stop_item(visit.id, StopReason::Talk, None, by(now))
            .await
            .unwrap(),
        Step::Already
    );
    assert_eq!(
        store
            .approve_items(vec![register.id, visit.id, 9_999], by(now))
            .await
            .unwrap(),
        1
    );
    let answers = |id, yes| store.family_answers(link, id, yes, now, desk.planner());
    assert_eq!(answers(notice.id, true).await.unwrap(), Step::Done);
    assert_eq!(answers(notice.id, true).await.unwrap(), Step::Already);
    assert_eq!(
        answers(second.id, true).await.unwrap(),
        Step::Closed,
        "an account is missing"
    );
    assert_eq!(answers(register.id, false).await.unwrap(), Step::Closed);
    let names = |link, id, number: &'static str| {
        store.family_account(link, id, account(number), now, desk.planner())
    };
    assert_eq!(
        names([9; 32], second.id, "1111111").await.unwrap(),
        Step::NotFound
    );
    assert_eq!(names(link, second.id, "1111111").await.unwrap(), Step::Done);
    assert_eq!(
        names(link, second.id, "2222222").await.unwrap(),
        Step::Already,
        "named once"
    );

    // the period passes
    office.hands.forward(3 * DAY + 4 * 3_600);
    desk.worker.work_off().await.unwrap();
    let line = store.case_line(ids[0]).await.unwrap();
    let done = |procedure: &str| {
        let item = item(&line, procedure);
        (item.state, item.actor.clone())
    };
    assert_eq!(done("juminhyo_kisai"), (ItemState::Done, "sato".to_owned()));
    assert_eq!(done("konnichiwa"), (ItemState::Stopped, "sato".to_owned()));
    assert_eq!(
        done("shussei_renraku"),
        (ItemState::Prepared, "family".to_owned()),
        "five o'clock is not yet"
    );
    office.hands.forward(3_600);
    desk.worker.work_off().await.unwrap();
    let line = store.case_line(ids[0]).await.unwrap();
    assert_eq!(item(&line, "shussei_renraku").state, ItemState::Done);
    assert_eq!(item(&line, "shussei_renraku").actor, "system");
    let second = item(&line, "ninpu_shien_2");
    assert_eq!(
        states(second),
        [
            (Hop::Hospital, HopState::Done),
            (Hop::City, HopState::Done),
            (Hop::Payment, HopState::Waiting)
        ]
    );

    // the claim is accepted: it is paid month by month, and only the account is asked
    desk.accept(ids[1], office.now()).await;
    desk.worker.work_off().await.unwrap();
    let line = store.case_line(ids[0]).await.unwrap();
    let claim = item(&line, "jido_teate_nintei");
    assert_eq!(
        (claim.kind, claim.state, claim.needs),
        (ItemKind::Claim, ItemState::Done, Needs::Account)
    );
    assert_eq!((claim.yen, claim.monthly), (Some(15_000), true));
    assert_eq!(names(link, claim.id, "3333333").await.unwrap(), Step::Done);
    assert!(
        store
            .nonstop_items(Shelf::Prepared, 10)
            .await
            .unwrap()
            .iter()
            .any(|item| item.id == claim.id)
    );

    // the first file has what is payable and has an account that was looked at
    let payer = Arc::new(
        office
            .config_of(&format!("{}{SETTINGS}", office.toml()))
            .unwrap()
            .nonstop
            .payer
            .unwrap(),
    );
    let file = |day: Date| store.release_file(day, Arc::clone(&payer) as _, by(office.now()));
    let first = file(date(2026, 12, 10)).await.unwrap().unwrap();
    assert_eq!((first.records, first.yen), (1, 50_000));
    assert_eq!(
        file(date(2026, 12, 10)).await.unwrap(),
        None,
        "nothing is paid twice"
    );
    office.hands.forward(70 * DAY);
    desk.worker.work_off().await.unwrap();
    assert_eq!(
        file(date(2027, 2, 10)).await.unwrap(),
        None,
        "the account waits for an officer"
    );
    assert_eq!(
        store
            .approve_items(vec![claim.id], by(office.now()))
            .await
            .unwrap(),
        1
    );
    let next = file(date(2027, 2, 10)).await.unwrap().unwrap();
    assert_eq!(
        (next.records, next.yen),
        (1, 30_000),
        "December and January"
    );
    let (_, bytes) = store.payment_file(next.id).await.unwrap().unwrap();
    let read = bankfile::read(&bytes).unwrap();
    assert_eq!(
        (read.header.month_day, read.header.client_code),
        ((2, 10), 1_234_567_890)
    );
    assert_eq!(read.transfers.len(), 1);
    assert_eq!(
        (read.transfers[0].yen, read.transfers[0].number.as_str()),
        (30_000, "3333333")
    );
    assert_eq!(
        read.transfers[0].reference,
        u64::try_from(claim.id).unwrap()
    );
    let (row, again) = store.payment_file(next.id).await.unwrap().unwrap();
    assert_eq!((again, row), (bytes, next.clone()), "a file is what it was");
    assert_eq!(store.payment_files(10).await.unwrap(), [next, first]);
    desk.worker.work_off().await.unwrap();
    let family = store.family_line(link, office.now()).await.unwrap();
    let claim = item(&family, "jido_teate_nintei");
    assert_eq!(states(claim).last(), Some(&(Hop::Payment, HopState::Done)));
    assert_eq!(claim.account, None, "a family's page has no account");
    let codes: BTreeSet<&str> = family
        .notices
        .iter()
        .map(|notice| notice.code.as_str())
        .collect();
    for code in ["offered", "done", "stopped", "paid"] {
        assert!(codes.contains(code), "no {code} in {codes:?}");
    }
    let seen = store.family_line(link, office.now()).await.unwrap();
    assert!(seen.notices.iter().all(|notice| notice.seen_at.is_some()));
    an_agency_says_how_far_it_is(&desk, claim.id, office.now()).await;
    audit_holds(store.as_ref()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_bad_account_holds_up_its_own_payment_and_no_other() {
    on_each_store(async |office| {
        let desk = Desk::open(office).await;
        let store = desk.store.as_ref();
        let payer = office
            .config_of(&format!("{}{SETTINGS}", office.toml()))
            .unwrap()
            .nonstop
            .payer
            .unwrap();
        let payer = Arc::new(payer);
        let release = async |day: Date| {
            let writer = Arc::clone(&payer) as _;
            store.release_file(day, writer, by(office.now())).await
        };
        let mut paid = Vec::new();
        for (number, holder) in [("ASK-1", "ｶﾂﾗｷﾞ ﾖｼｺ"), ("ASK-2", "葛城 𠮷子")]
        {
            let (ids, link) = arrived(office, &[birth(number)]).await;
            desk.accept(ids[0], office.now()).await;
            desk.worker.work_off().await.unwrap();
            let line = store.case_line(ids[0]).await.unwrap();
            let id = item(&line, "ninpu_shien_2").id;
            let named = Account {
                holder: holder.to_owned(),
                ..account("1111111")
            };
            let step = store
                .family_account(link, id, named, office.now(), desk.planner())
                .await;
            assert_eq!(step.unwrap(), Step::Done);
            store
                .approve_items(vec![id], by(office.now()))
                .await
                .unwrap();
            paid.push((ids[0], link, id));
        }
        let counts = async || {
            let counts = store.nonstop_counts().await.unwrap();
            (counts.due, counts.without_account, counts.aside)
        };
        assert_eq!(counts().await, (2, 0, 0));
        let first = release(date(2026, 12, 10)).await.unwrap().unwrap();
        assert_eq!((first.records, first.yen), (1, 50_000), "the good one");
        assert_eq!(counts().await, (0, 0, 1));
        let (filing, link, id) = paid[1];
        let aside = store.payments_aside(10).await.unwrap();
        let [one] = aside.as_slice() else {
            panic!("{aside:?}")
        };
        assert_eq!(
            (one.item, one.yen, one.why),
            (id, 50_000, Unpayable::Holder)
        );
        assert_eq!(release(date(2026, 12, 10)).await.unwrap(), None);

        // only what was set aside is asked for again; the family is told and names another account, and an officer looks at it
        assert!(
            !store
                .ask_account(paid[0].2, by(office.now()))
                .await
                .unwrap()
        );
        assert!(store.ask_account(id, by(office.now())).await.unwrap());
        assert!(!store.ask_account(id, by(office.now())).await.unwrap());
        assert_eq!(counts().await, (0, 1, 0));
        desk.worker.work_off().await.unwrap();
        let family = store.family_line(link, office.now()).await.unwrap();
        assert!(family.notices.iter().any(|notice| notice.code == "account"));
        let named = store
            .family_account(link, id, account("2222222"), office.now(), desk.planner())
            .await;
        assert_eq!(named.unwrap(), Step::Done);
        assert_eq!(
            release(date(2026, 12, 10)).await.unwrap(),
            None,
            "not looked at"
        );
        let looked = store.approve_items(vec![id], by(office.now())).await;
        assert_eq!(looked.unwrap(), 1);
        let second = release(date(2026, 12, 10)).await.unwrap().unwrap();
        assert_eq!((second.records, second.yen), (1, 50_000));
        let lines = store.audit_lines(0, 10_000).await.unwrap();
        let said = |action: &str| {
            let mut lines = lines.iter().map(|line| &line.entry);
            lines
                .find(|line| line.action == action && line.subject == id.to_string())
                .map(|line| line.detail.clone())
        };
        assert_eq!(said("payments.set_aside").as_deref(), Some("holder"));
        assert_eq!(said("nonstop.account_asked").as_deref(), Some(""));
        let line = store.case_line(filing).await.unwrap();
        let last = states(item(&line, "ninpu_shien_2")).last().copied();
        assert_eq!(last, Some((Hop::Payment, HopState::Done)));
    })
    .await;
}

/// What the bank's file could not take, as officers see it and mend it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_see_what_was_set_aside_and_ask_for_another_account() {
    let (office, city, mut browser, ids, token, desk) = town().await;
    let store = desk.store.as_ref();
    let line = store.case_line(ids[0]).await.unwrap();
    let id = item(&line, "ninpu_shien_2").id;
    let link: [u8; 32] = sha2::Sha256::digest(token.as_bytes()).into();
    let named = Account {
        holder: "葛城 𠮷子".to_owned(),
        ..account("1111111")
    };
    let now = office.now();
    let step = store.family_account(link, id, named, now, desk.planner());
    assert_eq!(step.await.unwrap(), Step::Done);
    store.approve_items(vec![id], by(now)).await.unwrap();
    let payer = office
        .config_of(&format!("{}{SETTINGS}", office.toml()))
        .unwrap()
        .nonstop
        .payer
        .unwrap();
    let file = store.release_file(date(2026, 12, 10), Arc::new(payer), by(now));
    assert_eq!(file.await.unwrap(), None, "nothing else was due");
    let page = browser.get("/console/nonstop/payments").await;
    assert!(page.text().contains("data-why=\"holder\""));
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("payments");
    std::fs::create_dir_all(&folder).unwrap();
    let base = format!("http://{}", city.address);
    tokio::task::spawn_blocking(move || {
        let logs = tempfile::tempdir().unwrap();
        let window = Chromium::start(logs.path(), false, (1280, 720)).unwrap();
        window.open(&format!("{base}/console/sign-in")).unwrap();
        window.fill("account", "sato").unwrap();
        window
            .fill("password", crate::support::office::PASSWORD)
            .unwrap();
        window.press("\u{E007}").unwrap();
        window.wait_css("form[action='/console/sign-out']").unwrap();
        let page = format!("{base}/console/nonstop/payments");
        window.open(&page).unwrap();
        window.wait_id("aside").unwrap();
        accessible(&window, &folder, "aside");
    })
    .await
    .unwrap();
    let csrf = page.hidden("csrf");
    let path = format!("/console/nonstop/{id}/account");
    let done = browser.post(&path, &[("csrf", &csrf)]).await;
    assert_eq!(see_other(&done), "/console/nonstop/payments");
    let again = browser.post(&path, &[("csrf", &csrf)]).await;
    assert_eq!(again.status, 409, "nothing is set aside any more");
    city.stop().await;
}

/// An agency's word goes to its own station, once.
async fn an_agency_says_how_far_it_is(desk: &Desk, item: i64, now: i64) {
    let by = By {
        actor: "kenpo".to_owned(),
        at: now,
    };
    let say = |hop, state| desk.store.report_hop(item, hop, state, by.clone());
    assert_eq!(
        say(Hop::Insurer, HopState::Done).await.unwrap(),
        Step::Closed,
        "not on its way"
    );
    assert_eq!(
        say(Hop::Payment, HopState::Waiting).await.unwrap(),
        Step::Done
    );
    assert_eq!(
        say(Hop::Payment, HopState::Waiting).await.unwrap(),
        Step::Already
    );
    assert_eq!(
        desk.store
            .report_hop(9_999, Hop::City, HopState::Done, by.clone())
            .await
            .unwrap(),
        Step::NotFound
    );
}

/// The chain verifies, and no line of it has an account or a name.
async fn audit_holds(store: &dyn Store) {
    let mut verifier = Verifier::default();
    let lines = store.audit_lines(0, 1_000).await.unwrap();
    for line in &lines {
        verifier.follow(line).unwrap();
        let text = format!("{:?}", line.entry);
        for secret in ["1111111", "2222222", "3333333", "葛", "さくら", "電話済み"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    assert_eq!(usize::try_from(verifier.lines()).unwrap(), lines.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twins_are_two_children_of_one_delivery() {
    on_each_store(async |office| {
        let desk = Desk::open(office).await;
        let second = Paper {
            order: 2,
            child: "かえで".to_owned(),
            ..birth("ASK-1")
        };
        let (ids, _) = arrived(office, &[birth("ASK-1"), second]).await;
        desk.accept(ids[0], office.now()).await;
        desk.worker.work_off().await.unwrap();
        let line = desk.store.case_line(ids[0]).await.unwrap();
        assert_eq!(
            item(&line, "ninpu_shien_2").yen,
            Some(50_000),
            "one is known"
        );
        desk.accept(ids[1], office.now()).await;
        desk.worker.work_off().await.unwrap();
        let line = desk.store.case_line(ids[1]).await.unwrap();
        assert_eq!(line.children.len(), 2);
        let of = |procedure: &str| {
            let items = line.items.iter().filter(|item| item.procedure == procedure);
            items.map(|item| item.child.clone()).collect::<Vec<_>>()
        };
        let register = of("juminhyo_kisai");
        assert_eq!(register.len(), 2);
        assert_ne!(register[0], register[1]);
        // for each fetus, and asked once
        assert_eq!(item(&line, "ninpu_shien_2").yen, Some(100_000));
        assert_eq!(of("ninpu_shien_2"), [String::new()]);
        // one of them dies: her sister's check-ups stay, without a sound; hers never leave
        let lost = register[1].clone();
        let step = desk
            .store
            .mark_loss(ids[1], lost.clone(), by(office.now()))
            .await
            .unwrap();
        assert_eq!(step, Step::Done);
        let line = desk.store.case_line(ids[1]).await.unwrap();
        assert_eq!(line.losses, std::slice::from_ref(&lost));
        for notice in &line.notices {
            let expected = if notice.child == lost && joyful(&notice.procedure) {
                notice.state == NoticeState::Cancelled
            } else {
                notice.shown >= Shown::Quiet
            };
            assert!(
                expected,
                "{} {:?} {:?}",
                notice.procedure, notice.state, notice.shown
            );
        }
        let queued = |child: &str| {
            line.notices
                .iter()
                .filter(|notice| notice.child == child && notice.state == NoticeState::Queued)
                .count()
        };
        assert_eq!(queued(&lost), 0);
        assert!(queued(&register[0]) > 5);
        // and the other
        desk.store
            .mark_loss(ids[0], register[0].clone(), by(office.now()))
            .await
            .unwrap();
        let line = desk.store.case_line(ids[1]).await.unwrap();
        assert!(line.losses.contains(&String::new()), "every child");
        nothing_joyful_is_left(&line);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_a_child_of_another_town_this_city_does_nothing_by_itself() {
    let office = Office::new();
    let desk = Desk::open(&office).await;
    let elsewhere = "ことほぎ県かざみね町うみべ１番地";
    let away = Paper {
        answers: vec![
            ("addr.full", Value::Text(elsewhere.to_owned())),
            ("filer_addr.full", Value::Text(elsewhere.to_owned())),
        ],
        ..birth("ASK-1")
    };
    let nowhere = Paper {
        answers: vec![
            ("addr.full", Value::Text("どこか".to_owned())),
            ("filer_addr.full", Value::Text("どこか".to_owned())),
        ],
        ..birth("ASK-2")
    };
    for paper in [away, nowhere] {
        let (ids, _) = arrived(&office, &[paper]).await;
        desk.accept(ids[0], office.now()).await;
        desk.worker.work_off().await.unwrap();
        let line = desk.store.case_line(ids[0]).await.unwrap();
        assert!(line.items.len() > 10);
        for item in &line.items {
            assert_eq!(item.state, ItemState::Open, "{}", item.procedure);
        }
        assert_eq!(item(&line, "juminhyo_kisai").kind, ItemKind::Informs);
    }
}

fn nothing_joyful_is_left(line: &CaseLine) {
    assert!(!line.losses.is_empty());
    for item in line.items.iter().filter(|item| joyful(&item.procedure)) {
        assert!(
            matches!(
                item.state,
                ItemState::Cancelled | ItemState::Stopped | ItemState::Declined
            ) || (item.state == ItemState::Done && item.shown >= Shown::Staff),
            "{} is {:?}",
            item.procedure,
            item.state
        );
    }
    for notice in &line.notices {
        let waits = notice.state == NoticeState::Queued && notice.joyful;
        assert!(!waits, "{} waits", notice.procedure);
    }
}

/// What may happen to a case, in any order.
#[derive(Debug, Clone, Copy)]
enum Deed {
    Accept(bool),
    Work,
    Days(i64),
    Yes,
    Approve,
    Stop,
    Loss,
    Reopen,
}

fn deed(number: u8) -> Deed {
    match number % 10 {
        0 => Deed::Accept(false),
        1 => Deed::Accept(true),
        2 | 3 => Deed::Work,
        4 => Deed::Days(3),
        5 => Deed::Days(200),
        6 => Deed::Yes,
        7 => Deed::Approve,
        8 if number > 128 => Deed::Loss,
        8 => Deed::Stop,
        _ => Deed::Reopen,
    }
}

/// Does deeds in order; after the loss nothing joyful is handed out, prepared, offered or shown.
async fn live(office: &Office, numbers: &[u8]) {
    let mut desk = Desk::open(office).await;
    let second = Paper {
        order: 2,
        ..birth("ASK-1")
    };
    let (ids, link) = arrived(office, &[birth("ASK-1"), second]).await;
    let mut accepted = [false; 2];
    let mut lost: Option<BTreeSet<i64>> = None;
    let handed = |line: &CaseLine| -> BTreeSet<i64> {
        let handed = line
            .notices
            .iter()
            .filter(|notice| notice.handed_at.is_some());
        handed.map(|notice| notice.id).collect()
    };
    for number in numbers {
        let now = office.now();
        let line = desk.store.case_line(ids[0]).await.unwrap();
        match deed(*number) {
            Deed::Accept(which) => {
                let at = usize::from(which);
                if !std::mem::replace(&mut accepted[at], true) {
                    desk.accept(ids[at], now).await;
                }
            }
            Deed::Work => {
                desk.worker.work_off().await.unwrap();
            }
            Deed::Days(days) => office.hands.forward(days * DAY),
            Deed::Yes => {
                for item in line
                    .items
                    .iter()
                    .filter(|item| item.state == ItemState::Offered)
                {
                    desk.store
                        .family_answers(link, item.id, true, now, desk.planner())
                        .await
                        .unwrap();
                }
            }
            Deed::Approve => {
                let prepared = line
                    .items
                    .iter()
                    .filter(|item| item.state == ItemState::Prepared);
                let ids = prepared.map(|item| item.id).collect();
                desk.store.approve_items(ids, by(now)).await.unwrap();
            }
            Deed::Stop => {
                if let Some(item) = line.items.iter().find(|item| item.stoppable()) {
                    desk.store
                        .stop_item(item.id, StopReason::Wish, None, by(now))
                        .await
                        .unwrap();
                }
            }
            Deed::Loss => {
                if lost.is_none() {
                    let step = desk
                        .store
                        .mark_loss(ids[0], String::new(), by(now))
                        .await
                        .unwrap();
                    assert_eq!(step, Step::Done);
                    lost = Some(handed(&desk.store.case_line(ids[0]).await.unwrap()));
                }
            }
            Deed::Reopen => desk = Desk::open(office).await,
        }
        let Some(before) = &lost else { continue };
        let line = desk.store.case_line(ids[0]).await.unwrap();
        nothing_joyful_is_left(&line);
        for notice in line.notices.iter().filter(|notice| notice.joyful) {
            assert!(
                notice.handed_at.is_none() || before.contains(&notice.id),
                "{} was handed out after the loss",
                notice.procedure
            );
        }
        let family = desk.store.family_line(link, now).await.unwrap();
        assert!(family.items.iter().all(|item| !joyful(&item.procedure)));
        assert!(family.notices.iter().all(|notice| !notice.joyful));
    }
}

#[test]
fn after_a_loss_nothing_joyful_leaves_in_whatever_order_things_happen() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 10,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    // every life ends with a loss and some time after it, whatever came before
    let lives = prop::collection::vec(any::<u8>(), 1..14);
    runner
        .run(&lives, |mut numbers| {
            numbers.extend([248, 0, 1, 2, 5, 2, 4, 2]);
            let office = Office::new();
            runtime.block_on(live(&office, &numbers));
            Ok(())
        })
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_in_the_middle_ends_what_was_queued_on_both_databases() {
    on_each_store(async |office| {
        live(office, &[0, 2, 6, 4, 2, 5, 2, 248, 1, 2, 5, 2, 7, 2]).await;
    })
    .await;
}

/// A stillbirth notified with the same case ends everything by the decision alone, before any worker looks.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_notification_of_a_loss_ends_it_in_the_same_transaction() {
    on_each_store(async |office| {
        let desk = Desk::open(office).await;
        let (ids, link) = arrived(office, &[birth("ASK-1"), birth("ASK-2")]).await;
        desk.accept(ids[0], office.now()).await;
        desk.worker.work_off().await.unwrap();
        let line = desk.store.case_line(ids[0]).await.unwrap();
        assert!(
            line.notices
                .iter()
                .any(|notice| notice.joyful && notice.state == NoticeState::Queued)
        );
        rename_procedure(office, ids[1], "shizan_todoke").await;
        desk.accept(ids[1], office.now()).await;
        let line = desk.store.case_line(ids[0]).await.unwrap();
        nothing_joyful_is_left(&line);
        assert!(
            line.items
                .iter()
                .all(|item| item.state != ItemState::Prepared)
        );
        let family = desk.store.family_line(link, office.now()).await.unwrap();
        assert!(family.items.is_empty() && family.notices.is_empty());
        office.hands.forward(400 * DAY);
        desk.worker.work_off().await.unwrap();
        nothing_joyful_is_left(&desk.store.case_line(ids[0]).await.unwrap());
        let family = desk.store.family_line(link, office.now()).await.unwrap();
        assert!(family.notices.is_empty());
    })
    .await;
}

/// The kiosk takes no such notification, so its row is made by hand.
async fn rename_procedure(office: &Office, filing: FilingId, to: &str) {
    if office.store_url.starts_with("sqlite") {
        let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
        c.execute(
            "UPDATE filings SET procedure = ?2 WHERE id = ?1",
            (filing.as_bytes().as_slice(), to),
        )
        .unwrap();
    } else {
        let client = client(&office.store_url).await;
        let id = filing.as_bytes().as_slice();
        client
            .execute(
                "UPDATE filings SET procedure = $2 WHERE id = $1",
                &[&id, &to],
            )
            .await
            .unwrap();
    }
}

async fn client(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

/// Tables of this part that are written to.
const TABLES: [&str; 8] = [
    "nonstop_cases",
    "nonstop_events",
    "nonstop_items",
    "nonstop_hops",
    "nonstop_payments",
    "nonstop_files",
    "nonstop_notices",
    "audit",
];

/// Lets the nth write of any of these tables fail, as if the program had died before it.
async fn fuse(office: &Office, left: i64) {
    if office.store_url.starts_with("sqlite") {
        let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
        c.busy_timeout(std::time::Duration::from_secs(10)).unwrap();
        c.execute_batch("CREATE TABLE IF NOT EXISTS fuse (left INTEGER)")
            .unwrap();
        for table in TABLES {
            for when in ["INSERT", "UPDATE"] {
                c.execute_batch(&format!(
                    "CREATE TRIGGER IF NOT EXISTS fuse_{table}_{when} BEFORE {when} ON {table} BEGIN
                       UPDATE fuse SET left = left - 1;
                       SELECT RAISE(ABORT, 'killed') WHERE (SELECT left FROM fuse) = 0; END"
                ))
                .unwrap();
            }
        }
        c.execute_batch(&format!(
            "DELETE FROM fuse; INSERT INTO fuse VALUES ({left})"
        ))
        .unwrap();
    } else {
        let client = client(&office.store_url).await;
        client
            .batch_execute(
                "CREATE TABLE IF NOT EXISTS fuse (remaining BIGINT);
                 CREATE OR REPLACE FUNCTION burn() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN UPDATE fuse SET remaining = remaining - 1;
                   IF (SELECT remaining FROM fuse) = 0 THEN RAISE EXCEPTION 'killed'; END IF; RETURN NULL; END $$;",
            )
            .await
            .unwrap();
        for table in TABLES {
            client
                .batch_execute(&format!(
                    "CREATE OR REPLACE TRIGGER fuse_{table} BEFORE INSERT OR UPDATE ON {table}
                     FOR EACH STATEMENT EXECUTE FUNCTION burn()"
                ))
                .await
                .unwrap();
        }
        client
            .batch_execute(&format!(
                "DELETE FROM fuse; INSERT INTO fuse VALUES ({left})"
            ))
            .await
            .unwrap();
    }
}

/// Everything a case has come to, without times.
fn essence(line: &CaseLine) -> BTreeMap<String, String> {
    let items = line.items.iter().map(|item| {
        (
            format!("{} {}", item.procedure, item.child),
            format!(
                "{:?} {:?} {:?} {:?}",
                item.kind,
                item.state,
                item.yen,
                states(item)
            ),
        )
    });
    let notices = line.notices.iter().map(|notice| {
        (
            format!(
                "{} {} {} {}",
                notice.procedure, notice.child, notice.code, notice.due_at
            ),
            format!("{:?}", notice.state),
        )
    });
    items.chain(notices).collect()
}

/// Works everything off, from acceptance to payment; dies at its nth write and goes on after.
async fn whole_way(office: &Office, kill_at: Option<i64>) -> (BTreeMap<String, String>, i64, bool) {
    let desk = Desk::open(office).await;
    let claim = Paper {
        answers: vec![
            ("acct.kokin", Value::Bool(false)),
            ("acct.bank", Value::Text("0001".to_owned())),
            ("acct.branch", Value::Text("001".to_owned())),
            ("acct.kind", Value::Choice("1".to_owned())),
            ("acct.number", Value::Text("1234567".to_owned())),
        ],
        ..allowance("ASK-1")
    };
    let (ids, _) = arrived(office, &[birth("ASK-1"), claim]).await;
    desk.accept(ids[0], office.now()).await;
    desk.accept(ids[1], office.now()).await;
    let config = office
        .config_of(&format!("{}{SETTINGS}", office.toml()))
        .unwrap();
    let payer = Arc::new(config.nonstop.payer.unwrap());
    let mut killed = false;
    if let Some(at) = kill_at {
        fuse(office, at).await;
    }
    let steps = async |desk: &Desk| -> Result<i64, StoreError> {
        desk.worker.work_off().await?;
        let file = desk
            .store
            .release_file(date(2027, 2, 10), Arc::clone(&payer) as _, by(office.now()))
            .await?;
        Ok(file.map_or(0, |file| file.yen))
    };
    let mut paid = 0;
    for days in [0, 7, 70] {
        office.hands.forward(days * DAY);
        if let Ok(yen) = steps(&desk).await {
            paid += yen;
        } else {
            killed = true;
            // another program takes over
            fuse(office, -1).await;
            let desk = Desk::open(office).await;
            let files = desk.store.payment_files(10).await.unwrap();
            paid = files.iter().map(|file| file.yen).sum();
            paid += steps(&desk).await.unwrap();
        }
    }
    let line = desk.store.case_line(ids[0]).await.unwrap();
    audit_holds(desk.store.as_ref()).await;
    (essence(&line), paid, killed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_before_any_write_it_goes_on_as_if_nothing_had_been() {
    let whole = whole_way(&Office::new(), None).await;
    assert_eq!(whole.1, 30_000);
    let mut kills = 0;
    // every write at the beginning, then with a stride
    let mut at = 1;
    loop {
        let office = Office::new();
        let (line, paid, killed) = whole_way(&office, Some(at)).await;
        assert_eq!((&line, paid), (&whole.0, whole.1), "killed at write {at}");
        if !killed {
            break;
        }
        kills += 1;
        at += if at < 6 { 1 } else { 29 };
    }
    assert!(kills > 8, "{kills} kills");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_on_postgresql_it_goes_on_too() {
    let whole = whole_way(&Office::new(), None).await;
    let cluster = Postgres::start().unwrap();
    for (number, at) in [1, 9, 60].into_iter().enumerate() {
        let name = format!("kill{number}");
        cluster.create_database(&name).unwrap();
        let mut office = Office::new();
        office.store_url = cluster.url_of(&name);
        let (line, paid, killed) = whole_way(&office, Some(at)).await;
        assert_eq!(
            (&line, paid),
            (&whole.0, whole.1),
            "killed at statement {at}"
        );
        assert!(killed, "nothing was left to kill at {at}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_workers_on_one_postgresql_do_everything_once() {
    const CASES: usize = 5;
    let cluster = Postgres::start().unwrap();
    let mut office = Office::new();
    office.store_url = cluster.url();
    let mut desks = Vec::new();
    for _ in 0..4 {
        desks.push(Desk::open(&office).await);
    }
    let mut ids = Vec::new();
    for number in 0..CASES {
        let (filings, _) = arrived(&office, &[birth(&format!("ASK-{number}"))]).await;
        desks[0].accept(filings[0], office.now()).await;
        ids.push(filings[0]);
    }
    let mut steps = Vec::new();
    for days in [0, 7, 100] {
        office.hands.forward(days * DAY);
        let workers = desks.iter().map(|desk| desk.worker.work_off());
        let mut running = Vec::new();
        for worker in workers {
            running.push(worker);
        }
        let [a, b, c, d] = running.try_into().ok().unwrap();
        let done = tokio::join!(a, b, c, d);
        steps.push([
            done.0.unwrap(),
            done.1.unwrap(),
            done.2.unwrap(),
            done.3.unwrap(),
        ]);
    }
    let lone = Office::new();
    let desk = Desk::open(&lone).await;
    let (only, _) = arrived(&lone, &[birth("ASK-0")]).await;
    desk.accept(only[0], lone.now()).await;
    let mut alone = Vec::new();
    for days in [0, 7, 100] {
        lone.hands.forward(days * DAY);
        alone.push(desk.worker.work_off().await.unwrap());
    }
    let wanted = essence(&desk.store.case_line(only[0]).await.unwrap());
    for id in ids {
        let line = desks[0].store.case_line(id).await.unwrap();
        let has: Vec<String> = essence(&line).into_values().collect();
        assert_eq!(has, wanted.clone().into_values().collect::<Vec<_>>());
    }
    for (many, one) in steps.iter().zip(alone) {
        let together: u32 = many.iter().sum();
        assert_eq!(together, one * u32::try_from(CASES).unwrap(), "{many:?}");
    }
    audit_holds(desks[0].store.as_ref()).await;
}

/// Eight years, in steps, with a new program at each: every moment once, in its time, until school.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn years_go_by_and_every_moment_is_told_once() {
    let office = Office::new();
    let (ids, link) = arrived(&office, &[birth("ASK-1")]).await;
    Desk::open(&office).await.accept(ids[0], NOON).await;
    let mut told: BTreeMap<i64, i64> = BTreeMap::new();
    for _ in 0..50 {
        let desk = Desk::open(&office).await;
        let before = office.now();
        desk.worker.work_off().await.unwrap();
        for notice in desk.store.family_line(link, before).await.unwrap().notices {
            let handed = notice.handed_at.unwrap();
            assert!(
                notice.due_at <= handed,
                "{} came too early",
                notice.procedure
            );
            assert_eq!(
                *told.entry(notice.id).or_insert(handed),
                handed,
                "told again"
            );
        }
        office.hands.forward(60 * DAY);
    }
    let desk = Desk::open(&office).await;
    let line = desk.store.case_line(ids[0]).await.unwrap();
    let told: BTreeSet<(&str, &str)> = line
        .notices
        .iter()
        .filter(|notice| notice.state == NoticeState::Handed)
        .map(|notice| (notice.procedure.as_str(), notice.code.as_str()))
        .collect();
    for wanted in [
        ("kenshin_1m", "opens"),
        ("kenshin_3_4m", "opens"),
        ("kenshin_18m", "opens"),
        ("kenshin_3y", "opens"),
        ("yobosesshu", "dose"),
        ("hoiku_nintei_riyo", "opens"),
        ("nyugaku_tsuchi", "opens"),
        ("shugakuji_kenshin", "opens"),
    ] {
        assert!(
            told.contains(&wanted),
            "{wanted:?} was never told: {told:?}"
        );
    }
    let mut keys: Vec<String> = line
        .notices
        .iter()
        .map(|notice| {
            format!(
                "{} {} {:?} {:?}",
                notice.procedure, notice.code, notice.detail.label, notice.detail.from
            )
        })
        .collect();
    let all = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert!(
        all - keys.len() <= all / 4,
        "{all} notices, {} different",
        keys.len()
    );
    // what nobody applies for was prepared and carried out in its year; what another office does is told only
    assert_eq!(item(&line, "shugakuji_kenshin").state, ItemState::Done);
    assert_eq!(item(&line, "nyugaku_tsuchi").state, ItemState::Open);
}

/// A city with a birth and a claim accepted and worked off, in a browser.
async fn town() -> (
    Office,
    crate::support::office::Running,
    Browser,
    Vec<FilingId>,
    String,
    Desk,
) {
    let office = Office::new();
    let desk = Desk::open(&office).await;
    let ingest = office.ingest().await;
    let first = letter(canonical(&birth("ASK-1")));
    let token = land(&office, &ingest, &first).await.status_token;
    let claim = Letter {
        case: first.case,
        case_seq: 1,
        ..letter(canonical(&allowance("ASK-1")))
    };
    land(&office, &ingest, &claim).await;
    for id in [first.id, claim.id] {
        desk.accept(id, office.now()).await;
    }
    desk.worker.work_off().await.unwrap();
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    (office, city, browser, vec![first.id, claim.id], token, desk)
}

fn see_other(reply: &Reply) -> String {
    assert_eq!(reply.status, 303, "{}", reply.brief());
    reply.header("location").unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_look_stop_and_let_go() {
    let (_office, city, mut browser, ids, _, desk) = town().await;
    let list = browser.get("/console/nonstop").await;
    assert_eq!(list.status, 200);
    for words in [
        "住民票の記載",
        "こんにちは赤ちゃん訪問",
        "この画面のものをすべて実施",
    ] {
        assert!(list.text().contains(words), "{words}");
    }
    let csrf = list.hidden("csrf");
    let line = desk.store.case_line(ids[0]).await.unwrap();
    let visit = item(&line, "konnichiwa").id;
    let page = browser.get(&format!("/console/nonstop/{visit}")).await;
    for words in [
        "児童福祉法",
        desk.engine.version(),
        "11月27日（金）17:00",
        "[GK]",
    ] {
        assert!(page.text().contains(words), "{words}");
    }
    let stop = format!("/console/nonstop/{visit}/stop");
    let reply = browser
        .post(&stop, &[("csrf", "x"), ("reason", "talk")])
        .await;
    assert_eq!(reply.status, 403);
    let reply = browser
        .post(&stop, &[("csrf", &csrf), ("reason", "")])
        .await;
    assert_eq!(reply.status, 422);
    let reply = browser
        .post(
            &stop,
            &[("csrf", &csrf), ("reason", "talk"), ("note", "面談\n待ち")],
        )
        .await;
    see_other(&reply);
    let page = browser.get(&format!("/console/nonstop/{visit}")).await;
    assert!(page.text().contains("先に相談が必要") && page.text().contains("待ち"));
    let reply = browser
        .post(
            &format!("/console/nonstop/{visit}/approve"),
            &[("csrf", &csrf)],
        )
        .await;
    assert_eq!(reply.status, 409, "what is stopped does not go");
    let shown = list.hidden("shown");
    let reply = browser
        .post(
            "/console/nonstop/batch",
            &[("csrf", &csrf), ("what", "all"), ("shown", &shown)],
        )
        .await;
    see_other(&reply);
    let line = desk.store.case_line(ids[0]).await.unwrap();
    assert_eq!(item(&line, "juminhyo_kisai").state, ItemState::Done);
    assert_eq!(item(&line, "konnichiwa").state, ItemState::Stopped);
    let case = format!("/console/filings/{}/nonstop", ids[0]);
    let page = browser.get(&case).await;
    assert!(page.text().contains("定期予防接種") && page.text().contains("data-hop=\"hospital\""));
    // a loss: said on a page of its own, and everything ends
    let loss = format!("/console/filings/{}/loss", ids[0]);
    assert_eq!(
        browser.post(&loss, &[("csrf", &csrf)]).await.status,
        400,
        "not sure"
    );
    assert_eq!(
        browser
            .post(&loss, &[("csrf", &csrf), ("sure", "yes"), ("child", "x")])
            .await
            .status,
        400
    );
    let reply = browser
        .post(&loss, &[("csrf", &csrf), ("sure", "yes")])
        .await;
    assert_eq!(see_other(&reply), case);
    nothing_joyful_is_left(&desk.store.case_line(ids[0]).await.unwrap());
    assert!(browser.get(&case).await.text().contains("id=\"lost\""));
    assert_eq!(browser.get("/console/nonstop/payments").await.status, 200);
    let mut stranger = Browser::new(city.address);
    for path in [
        "/console/nonstop",
        "/console/nonstop/payments",
        case.as_str(),
        "/console/nonstop/payments/1/file",
    ] {
        assert_eq!(see_other(&stranger.get(path).await), "/console/sign-in");
    }
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_sees_its_line_and_answers_once() {
    let (_office, city, _, ids, token, desk) = town().await;
    let mut phone = Browser::new(city.address);
    let here = format!("/f/{token}");
    phone.open_family(&token).await;
    let page = phone.get(&here).await;
    for group in ["yes", "one-thing", "apply", "by-itself", "later", "news"] {
        assert!(
            page.text().contains(&format!("data-group=\"{group}\"")),
            "no {group}"
        );
    }
    assert!(
        page.text().contains("さくら") && !page.text().contains("𠮷"),
        "the accepted child's name, and nobody else's"
    );
    let csrf = page.hidden("csrf");
    let line = desk.store.case_line(ids[0]).await.unwrap();
    let (notice, claim) = (
        item(&line, "shussei_renraku").id,
        item(&line, "jido_teate_nintei").id,
    );
    let to = |id: i64| format!("/f/{token}/items/{id}");
    assert_eq!(
        phone
            .post(&to(notice), &[("csrf", "x"), ("answer", "yes")])
            .await
            .status,
        403
    );
    for _ in 0..2 {
        let reply = phone
            .post(&to(notice), &[("csrf", &csrf), ("answer", "yes")])
            .await;
        assert_eq!(see_other(&reply), here, "twice is once");
    }
    // another family's link does not reach it, even with a form of its own
    let other = "0".repeat(32);
    let reply = phone
        .post(
            &format!("/f/{other}/items/{notice}"),
            &[("csrf", &csrf), ("answer", "no")],
        )
        .await;
    assert_eq!(reply.status, 404);
    assert_eq!(
        phone
            .post(&to(9_999), &[("csrf", &csrf), ("answer", "yes")])
            .await
            .status,
        404
    );
    let mut fields = vec![
        ("csrf", csrf.as_str()),
        ("answer", "account"),
        ("bank", "9999"),
        ("branch", "001"),
        ("kind", "1"),
        ("number", "4444444"),
        ("holder", "カツラギ　ヨシコ"),
    ];
    let reply = phone.post(&to(claim), &fields).await;
    assert_eq!(reply.status, 422);
    assert!(
        reply.text().contains("金融機関コードを確かめてください")
            && !reply.text().contains("4444444")
    );
    fields[2] = ("bank", "0001");
    see_other(&phone.post(&to(claim), &fields).await);
    fields[5] = ("number", "5555555");
    see_other(&phone.post(&to(claim), &fields).await);
    let kept = desk.store.nonstop_item(claim).await.unwrap().unwrap();
    assert_eq!(kept.account.unwrap().number, "4444444", "named once");
    let page = phone.get(&here).await;
    assert!(page.text().contains("担当が確かめます") && !page.text().contains("4444444"));
    let english = phone.get(&format!("{here}?lang=en")).await;
    assert!(english.text().contains("Done without asking you again"));
    // an officer sees the account, and that it reads as the claimant's own
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let page = browser.get(&format!("/console/nonstop/{claim}")).await;
    assert!(
        page.text().contains("4444444") && page.text().contains("請求者の読みと一致します"),
        "{}",
        page.text()
    );
    audit_holds(desk.store.as_ref()).await;
    city.stop().await;
}
