//! Agencies on the console and from the shell: who sees what, the ward's form, suggestions, and the log verified offline.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use crate::support::browser::{Browser, Reply};
use crate::support::exchange::Exchange;
use crate::support::office::{Letter, Office, PASSWORD, land, letter, on_each_store};
use crate::support::papers::{MOTHER, Paper, birth, canonical};
use crate::support::shown::{accessible, value};
use jiff::civil::{date, datetime};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use ubugoe_agencies::Verdict;
use ubugoe_bench::browser::Browser as Chromium;
use ubugoe_city::agencies::hops::HopState as Asked;
use ubugoe_city::agencies::send::Wish;
use ubugoe_city::casework::FilingState;
use ubugoe_city::ingest::no_faults;
use ubugoe_city::server::City;
use ubugoe_city::store::Store;
use ubugoe_city::store::agencies::{CertificateKind, Consent};
use ubugoe_city::store::nonstop::{Hop, HopState};
use ubugoe_exchange::MessageId;
use ubugoe_procedures::fhir::write_birth;
use ubugoe_procedures::{BirthCertificate, IssuerKind, PlaceKind, Plurality, Sex};
use ubugoe_protocol::FilingId;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ubugoe-city");

struct Town {
    address: SocketAddr,
    door: SocketAddr,
    raise: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Town {
    async fn open(office: &Office, exchange: &Exchange) -> Self {
        let city = City::start(exchange.whole(office), office.hands.clock(), no_faults())
            .await
            .unwrap();
        let (address, door) = (city.address().unwrap(), city.exchange_address().unwrap());
        let (raise, stop) = watch::channel(false);
        let task = tokio::spawn(async move { city.run(stop).await.unwrap() });
        Self {
            address,
            door,
            raise,
            task,
        }
    }

    async fn stop(self) {
        self.raise.send(true).unwrap();
        self.task.await.unwrap();
    }

    async fn browser(&self, account: &str) -> Browser {
        let mut browser = Browser::new(self.address);
        let csrf = browser.get("/console/sign-in").await.hidden("csrf");
        let fields = [
            ("csrf", csrf.as_str()),
            ("account", account),
            ("password", PASSWORD),
        ];
        let reply = browser.post("/console/sign-in", &fields).await;
        assert_eq!(reply.status, 303, "{account}: {}", reply.brief());
        browser
    }
}

fn certificate(number: &str, mother: &str) -> BirthCertificate {
    BirthCertificate {
        number: number.to_owned(),
        name: None,
        sex: Sex::Female,
        birth_dt: datetime(2026, 11, 22, 23, 59, 0, 0),
        place_kind: PlaceKind::Hospital,
        place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        place_name: None,
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: mother.to_owned(),
        weeks: 39,
        days: 2,
        live_births: 1,
        stillbirths: 0,
        issued: date(2026, 11, 23),
        issuer_kind: IssuerKind::Doctor,
        issuer_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        issuer_name: "海野\u{3000}渚".to_owned(),
    }
}

async fn notified(office: &Office, number: &str) -> FilingId {
    let ingest = office.ingest().await;
    let notice = letter(canonical(&birth(number)));
    land(office, &ingest, &notice).await;
    notice.id
}

/// What a ward's clerk types.
pub(crate) fn typed<'a>(number: &'a str, weight: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("number", number),
        ("name", ""),
        ("sex", "2"),
        ("dt", "2026-11-22T23:59"),
        ("place_kind", "1"),
        ("place_addr", "ことほぎ県あすこえ市みなと町４丁目５番地"),
        ("place_name", ""),
        ("weight_g", weight),
        ("length_cm", "49.5"),
        ("order", ""),
        ("of", ""),
        ("mother", MOTHER),
        ("weeks", "39"),
        ("days", "2"),
        ("live_births", "1"),
        ("stillbirths", "0"),
        ("issued", "2026-11-23"),
        ("issuer_kind", "1"),
        ("issuer_addr", "ことほぎ県あすこえ市みなと町４丁目５番地"),
        ("issuer_name", "海野\u{3000}渚"),
    ]
}

pub(crate) async fn enter(browser: &mut Browser, kind: &str, fields: &[(&str, &str)]) -> Reply {
    let path = format!("/console/agencies/ward/{kind}");
    let csrf = browser.get(&path).await.hidden("csrf");
    let mut all = vec![("csrf", csrf.as_str())];
    all.extend(fields);
    browser.post(&path, &all).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ward_enters_its_certificates_by_form_and_sees_its_own_only() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let town = Town::open(office, &exchange).await;
        let store = office.store().await;
        let mut ward = town.browser("ward-clerk").await;

        let wrong = enter(&mut ward, "birth", &typed("ASK-7", "99999")).await;
        assert_eq!(wrong.status, 422);
        assert!(wrong.text().contains("体重（グラム）を確認してください。"));
        assert!(
            wrong.text().contains("value=\"ASK-7\""),
            "what was entered is lost"
        );
        assert!(store.certificates(None, 10).await.unwrap().is_empty());
        for _ in 0..2 {
            let done = enter(&mut ward, "birth", &typed("ASK-7", "3012")).await;
            assert_eq!(done.status, 303, "{}", done.brief());
        }
        let kept = store.certificates(None, 10).await.unwrap();
        assert_eq!(kept.len(), 1, "the same paper was kept twice");
        assert_eq!(
            BirthCertificate::from_json(kept[0].kept.content.as_bytes()).unwrap(),
            certificate("ASK-7", MOTHER)
        );
        assert_eq!(kept[0].kept.entered_by, "ward-clerk");
        let loss = enter(&mut ward, "stillbirth", &typed("ASK-L-1", "412")).await;
        assert_eq!(loss.status, 303, "{}", loss.brief());
        let kinds: Vec<_> = store
            .certificates(None, 10)
            .await
            .unwrap()
            .iter()
            .map(|each| each.kept.kind)
            .collect();
        assert!(kinds.contains(&CertificateKind::Stillbirth) && kinds.len() == 2);
        let page = ward.get("/console/agencies/ward/birth").await;
        assert!(page.text().contains("data-number=\"ASK-7\""));
        assert!(!page.text().contains("ASK-L-1"));

        // another hospital's clerk sees nothing of it; an insurer's has no such page; an officer is no ward
        let mut clinic = town.browser("clinic-clerk").await;
        let page = clinic.get("/console/agencies/ward/birth").await;
        assert_eq!(page.status, 200);
        assert!(!page.text().contains("ASK-7"));
        for account in ["insurer-clerk", "sato"] {
            let mut browser = town.browser(account).await;
            for path in [
                "/console/agencies/ward/birth",
                "/console/agencies/ward/stillbirth",
            ] {
                assert_eq!(browser.get(path).await.status, 403, "{account} {path}");
            }
        }
        for path in [
            "/console/agencies/certificates",
            "/console/filings",
            "/console/audit",
        ] {
            assert_eq!(ward.get(path).await.status, 403, "{path}");
        }
        town.stop().await;
        exchange.stop().await;
    })
    .await;
}

#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_gets_suggestions_and_a_clerk_the_own_agencys_questions() {
    let office = Office::new();
    let exchange = Exchange::of(&office).await;
    let filing = notified(&office, "ASK-7").await;
    let town = Town::open(&office, &exchange).await;
    let store = office.store().await;
    let hospital = exchange.agency("hospital");
    for (number, mother) in [
        ("ASK-7", "別\u{3000}人"),
        ("ASK-8", MOTHER),
        ("ASK-9", "無関係\u{3000}花"),
    ] {
        let question = hospital
            .question(MessageId::generate().unwrap(), "birthCertificate", "", true)
            .unwrap();
        let bundle = write_birth(&certificate(number, mother));
        let answered = hospital
            .ask(&town.door.to_string(), &question, bundle)
            .await
            .unwrap();
        assert_eq!(answered.answer.status, 200);
    }
    let mut sato = town.browser("sato").await;
    let page = sato.get("/console/agencies/certificates").await;
    assert_eq!(page.text().matches("候補：証明書番号が同じ").count(), 1);
    assert_eq!(page.text().matches("候補：母の氏名が同じ").count(), 1);
    let csrf = page.hidden("csrf");
    let all = store.certificates(None, 10).await.unwrap();
    let wanted = all.iter().find(|each| each.kept.number == "ASK-7").unwrap();
    let path = format!(
        "/console/agencies/certificates/{}/link",
        hex::encode(wanted.kept.id)
    );
    let id = filing.to_string();
    let fields = [("csrf", csrf.as_str()), ("filing", id.as_str())];
    assert_eq!(sato.post(&path, &fields[1..]).await.status, 403);
    assert_eq!(sato.post(&path, &fields).await.status, 303);
    assert_eq!(sato.post(&path, &fields).await.status, 404);
    let linked = store.certificate(wanted.kept.id).await.unwrap().unwrap();
    assert_eq!(
        (linked.filing, linked.linked_by.as_deref()),
        (Some(filing), Some("sato"))
    );
    let record = store.filing(filing).await.unwrap().unwrap();
    assert_eq!(
        record.row.state,
        FilingState::Arrived,
        "linking accepted it"
    );

    // consent on the console, then questions to two agencies
    let consents = format!("/console/agencies/consents/{filing}");
    let csrf = sato.get(&consents).await.hidden("csrf");
    let give = [
        ("csrf", csrf.as_str()),
        ("source", "insurer"),
        ("purpose", "lump-sum"),
    ];
    assert_eq!(sato.post(&consents, &give).await.status, 303);
    let given = store.consents(filing).await.unwrap();
    assert_eq!(
        given
            .iter()
            .map(|consent| (consent.source.as_str(), consent.digest))
            .collect::<Vec<_>>(),
        [("insurer", record.digest)]
    );
    let sender = exchange.sender(&office, office.store().await);
    for (agency, service, purpose) in [
        ("insurer", "lumpSum", "lump-sum"),
        ("prefecture", "vitalStatistics", "statistics"),
    ] {
        sender
            .ask(Wish {
                id: MessageId::generate().unwrap(),
                filing,
                agency: agency.to_owned(),
                service: service.to_owned(),
                purpose: purpose.to_owned(),
                issue: "991015-1".to_owned(),
                path: String::new(),
                body: Some(b"{}".to_vec()),
                actor: "sato".to_owned(),
            })
            .await
            .unwrap();
    }
    let page = sato.get("/console/agencies").await;
    assert!(page.text().contains("lumpSum") && page.text().contains("vitalStatistics"));
    assert!(page.text().contains("人口動態調査令第3条"));
    let mut clerk = town.browser("insurer-clerk").await;
    let first = clerk.get("/console").await;
    assert_eq!(first.header("location"), Some("/console/agencies"));
    let page = clerk.get("/console/agencies").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("lumpSum") && !page.text().contains("vitalStatistics"));
    assert_eq!(clerk.get(&consents).await.status, 403);
    let task = format!(
        "/console/agencies/requests/{}/again",
        store.requests(None, 1).await.unwrap()[0].request.id
    );
    let csrf = page.hidden("csrf");
    assert_eq!(clerk.post(&task, &[("csrf", &csrf)]).await.status, 403);
    // withdrawn on the console
    let csrf = sato.get(&consents).await.hidden("csrf");
    let consent: &Consent = &given[0];
    let id = hex::encode(consent.id);
    let fields = [("csrf", csrf.as_str()), ("consent", id.as_str())];
    let withdraw = format!("{consents}/withdraw");
    assert_eq!(sato.post(&withdraw, &fields).await.status, 303);
    assert!(
        !store
            .consented(filing, "insurer", "lump-sum")
            .await
            .unwrap()
    );

    // all of it is in the audit chain, in words
    let audit = sato.get("/console/audit").await;
    for word in [
        "証明書の到着",
        "証明書と届出の対応付け",
        "同意の記録",
        "同意の撤回",
        "照会の登録",
        "照会一覧の閲覧",
    ] {
        assert!(
            audit.text().contains(word),
            "{word} is not in the audit log"
        );
    }
    town.stop().await;
    exchange.stop().await;
}

/// What it is called, what is done to the lines, what the program says.
type Tampering<'a> = (&'a str, &'a dyn Fn(&mut Vec<String>), &'a str);

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn verify(log: &Path, key: &Path, seals: &str) -> (bool, String) {
    let (log, key) = (log.to_str().unwrap(), key.to_str().unwrap());
    let output = run(&[
        "verify-messages",
        "--file",
        log,
        "--key",
        key,
        "--seals",
        seals,
    ]);
    let said = String::from_utf8(output.stdout).unwrap();
    (output.status.success(), said.trim_end().to_owned())
}

#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exported_log_is_verified_with_the_public_key_alone_and_tampering_is_named() {
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let door = exchange.door(office, store).await;
        let insurer = exchange.agency("insurer");
        let folder = office.folder.path();
        std::fs::write(folder.join("city.toml"), &exchange.toml).unwrap();
        let config = folder.join("city.toml");
        let config = config.to_str().unwrap();
        let mut lines = Vec::new();
        for _ in 0..2 {
            for _ in 0..2 {
                let id = MessageId::generate().unwrap();
                door.ask(insurer, id, ("birthStatus", "/1"), None)
                    .await
                    .unwrap();
            }
            let output = run(&["export-messages", "--config", config]);
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
            let text = String::from_utf8(output.stdout).unwrap();
            lines = text.lines().map(str::to_owned).collect();
        }
        // two seals, over four and eight entries
        assert_eq!(lines.len(), 2 + 8);
        let key = folder.join("city-asukoe.receipt.pub");
        let file = folder.join("log.jsonl");
        let check = |lines: &[String], seals: &str| {
            std::fs::write(&file, lines.join("\n") + "\n").unwrap();
            verify(&file, &key, seals)
        };
        let (whole, said) = check(&lines, "2");
        assert!(
            whole && said.starts_with("intact: 8 entries, 2 seals up to entry 8"),
            "{said}"
        );
        let tampered = |change: &dyn Fn(&mut Vec<String>), seals: &str| {
            let mut copy = lines.clone();
            change(&mut copy);
            let (whole, said) = check(&copy, seals);
            assert!(!whole, "{said}");
            said
        };
        let cases: [Tampering<'_>; 8] = [
            (
                "changed",
                &|l| l[4] = l[4].replace("GET ", "PUT "),
                "BROKEN: entry 3 was changed after it was written",
            ),
            (
                "dropped",
                &|l| drop(l.remove(5)),
                "BROKEN: entry 4 is missing: found entry 5 in its place",
            ),
            (
                "swapped",
                &|l| l.swap(6, 7),
                "BROKEN: entry 5 is missing: found entry 6 in its place",
            ),
            (
                "inserted",
                &|l| l.insert(4, l[4].clone()),
                "BROKEN: entry 4 is missing: found entry 3 in its place",
            ),
            (
                "truncated",
                &|l| l.truncate(7),
                "BROKEN: entry 6 is missing: seal 2 covers entries up to 8",
            ),
            (
                "a seal dropped",
                &|l| drop(l.remove(0)),
                "BROKEN: seal 1 is missing: found seal 2 in its place",
            ),
            (
                "a seal forged",
                &|l| l[1] = l[1].replace("\"upto\":8", "\"upto\":7"),
                "BROKEN: seal 2, over the entries up to 7, is not signed by this key",
            ),
            (
                "no line",
                &|l| l[9].truncate(20),
                "BROKEN: line 10 is no line of a message log",
            ),
        ];
        for (what, change, expected) in cases {
            assert_eq!(tampered(change, "0"), expected, "{what}");
        }
        // the end cut off together with its seal: found by what was noted elsewhere
        let cut = |l: &mut Vec<String>| {
            l.truncate(6);
            l.remove(1);
        };
        assert_eq!(
            tampered(&cut, "2"),
            "BROKEN: there are 1 seals, at least 2 are known: entries behind entry 4 are missing"
        );
        // another city's key
        let stranger = folder.join("city-tonari.receipt.pub");
        std::fs::write(&file, lines.join("\n")).unwrap();
        let (whole, said) = verify(&file, &stranger, "0");
        assert!(!whole && said.starts_with("BROKEN: seal 1"), "{said}");
        door.stop().await;
        exchange.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_itself_refuses_to_change_what_was_logged() {
    const CHANGES: [&str; 6] = [
        "UPDATE message_log SET peer = 'x'",
        "DELETE FROM message_log",
        "DELETE FROM message_seals",
        "UPDATE agency_answers SET status = 500",
        "UPDATE agency_certificates SET content = '{}'",
        "DELETE FROM agency_events",
    ];
    on_each_store(async |office| {
        let exchange = Exchange::of(office).await;
        let store = office.store().await;
        let door = exchange.door(office, store.clone()).await;
        let id = MessageId::generate().unwrap();
        let bundle = write_birth(&certificate("ASK-7", MOTHER));
        door.ask(
            exchange.agency("hospital"),
            id,
            ("birthCertificate", ""),
            Some(bundle),
        )
        .await
        .unwrap();
        ubugoe_city::agencies::log::seal(store.as_ref(), &office.config().keys.sign, office.now())
            .await
            .unwrap();
        for change in CHANGES {
            let refused = if office.store_url.starts_with("sqlite") {
                let database =
                    rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
                database.execute(change, []).unwrap_err().to_string()
            } else {
                let (client, connection) =
                    tokio_postgres::connect(&office.store_url, tokio_postgres::NoTls)
                        .await
                        .unwrap();
                tokio::spawn(connection);
                let error = client.execute(change, &[]).await.unwrap_err();
                error.as_db_error().unwrap().message().to_owned()
            };
            assert!(
                ["append-only", "never change", "corrected by its issuer"]
                    .iter()
                    .any(|words| refused.contains(words)),
                "{change}: {refused}"
            );
        }
        door.stop().await;
        exchange.stop().await;
    })
    .await;
}

/// Waits until the medical subsidy's station at the insurer is here.
async fn insurer_is(store: &dyn Store, filing: FilingId, wanted: HopState) {
    let start = Instant::now();
    loop {
        let line = store.case_line(filing).await.unwrap();
        let mut items = line.items.iter();
        let item = items.find(|item| item.procedure == "kodomo_iryohi");
        let hop = item.and_then(|item| item.hops.iter().find(|hop| hop.hop == Hop::Insurer));
        let now = hop.map(|hop| hop.state);
        if now == Some(wanted) {
            return;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{now:?}");
        tokio::task::yield_now().await;
    }
}

/// A birth and a claim on the medical subsidy, both accepted, and the family's link.
async fn claimed(office: &Office, number: &str) -> (Letter, Letter, String) {
    let ingest = office.ingest().await;
    let store = office.store().await;
    let notice = letter(canonical(&birth(number)));
    let subsidy = Paper {
        procedure: "kodomo_iryohi",
        ..birth(number)
    };
    let claim = Letter {
        case: notice.case,
        case_seq: 1,
        ..letter(canonical(&subsidy))
    };
    let token = land(office, &ingest, &notice).await.status_token;
    land(office, &ingest, &claim).await;
    for filing in [notice.id, claim.id] {
        office.accept(store.as_ref(), filing).await;
    }
    (notice, claim, token)
}

/// What an agency answers is said in plain words to the family, with the agency's own to an officer, and only an officer's word
/// carries it on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_no_yes_is_shown_and_waits_for_an_officer() {
    let office = Office::new();
    let exchange = Exchange::of(&office).await;
    let store = office.store().await;
    let (_, claim, token) = claimed(&office, "ASK-1").await;
    let insurer = exchange.agency("insurer");
    insurer
        .verdicts
        .plan([Verdict::Refused, Verdict::NeedsMore]);
    let said = Verdict::Refused.reason().unwrap();
    let town = Town::open(&office, &exchange).await;
    insurer_is(store.as_ref(), claim.id, HopState::Waiting).await;
    let mut phone = Browser::new(town.address);
    phone.open_family(&token).await;
    let room = format!("/f/{token}/consents");
    let csrf = phone.get(&room).await.hidden("csrf");
    let fields = [
        ("csrf", csrf.as_str()),
        ("agency", "insurer"),
        ("purpose", "lump-sum"),
        ("answer", "yes"),
    ];
    assert_eq!(phone.post(&room, &fields).await.status, 303);
    insurer_is(store.as_ref(), claim.id, HopState::Refused).await;

    let line = phone.get(&format!("/f/{token}")).await;
    assert!(
        line.text()
            .contains("認められませんでした。市の職員が確認しています")
    );
    assert!(
        !line.text().contains(said),
        "an agency's own words are for officers"
    );
    let mut sato = town.browser("sato").await;
    let case = format!("/console/filings/{}/nonstop", claim.id);
    assert!(sato.get(&case).await.text().contains(said));
    let tasks = sato.get("/console/agencies").await;
    assert!(tasks.text().contains("回答：認められない") && tasks.text().contains(said));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("answers");
    std::fs::create_dir_all(&folder).unwrap();
    let base = format!("http://{}", town.address);
    let (seen, family) = (case.clone(), token.clone());
    tokio::task::spawn_blocking(move || look(&folder, &base, &seen, &family))
        .await
        .unwrap();

    // asked anew, there is something missing; left at that, it has ended
    let word = async |sato: &mut Browser, word: &str| {
        let task = store.requests(None, 10).await.unwrap();
        let task = task.iter().find(|hop| hop.state == Asked::GivenUp).unwrap();
        let path = format!("/console/agencies/requests/{}/{word}", task.request.id);
        let csrf = sato.get("/console/agencies").await.hidden("csrf");
        let done = sato.post(&path, &[("csrf", &csrf)]).await;
        assert_eq!(done.status, 303, "{}", done.brief());
    };
    word(&mut sato, "again").await;
    insurer_is(store.as_ref(), claim.id, HopState::NeedsMore).await;
    word(&mut sato, "left").await;
    insurer_is(store.as_ref(), claim.id, HopState::Stopped).await;
    assert_eq!(insurer.answers.effects(), 2);
    town.stop().await;
    exchange.stop().await;
}

/// Pictures of the tasks, of the case and of the family's line.
fn look(folder: &Path, base: &str, case: &str, token: &str) {
    let logs = tempfile::tempdir().unwrap();
    let window = Chromium::start(logs.path(), false, (1280, 720)).unwrap();
    window.open(&format!("{base}/console/sign-in")).unwrap();
    window.fill("account", "sato").unwrap();
    window.fill("password", PASSWORD).unwrap();
    window.press("\u{E007}").unwrap();
    window.wait_css("form[action='/console/sign-out']").unwrap();
    for (name, path) in [("tasks", "/console/agencies"), ("case", case)] {
        window.open(&format!("{base}{path}")).unwrap();
        window.wait_id("main").unwrap();
        accessible(&window, folder, name);
    }
    drop(window);
    let window = Chromium::start(logs.path(), false, (500, 740)).unwrap();
    window.open(&format!("{base}/f/{token}")).unwrap();
    for (id, text) in [("year", "1996"), ("month", "11"), ("day", "23")] {
        window.fill(id, text).unwrap();
    }
    window.click("open").unwrap();
    window.wait_css("[data-state=refused]").unwrap();
    let there =
        "document.querySelector('[data-state=refused]').scrollIntoView({block: 'center'}) || 1";
    value(&window, there);
    accessible(&window, folder, "family");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_family_says_who_may_be_asked_and_the_line_goes_on() {
    let office = Office::new();
    let exchange = Exchange::of(&office).await;
    let store = office.store().await;
    let (notice, claim, token) = claimed(&office, "ASK-1").await;
    let town = Town::open(&office, &exchange).await;
    insurer_is(store.as_ref(), claim.id, HopState::Waiting).await;

    let mut phone = Browser::new(town.address);
    phone.open_family(&token).await;
    let home = format!("/f/{token}");
    let room = format!("{home}/consents");
    assert!(phone.get(&home).await.text().contains(&room));
    let page = phone.get(&room).await;
    assert!(
        page.text().contains("あすこえinsurer") && page.text().contains("data-given=\"false\"")
    );
    let csrf = page.hidden("csrf");
    let say = |agency: &'static str, answer: &'static str| {
        [
            ("csrf", csrf.clone()),
            ("agency", agency.to_owned()),
            ("purpose", "lump-sum".to_owned()),
            ("answer", answer.to_owned()),
        ]
    };
    let post = async |phone: &mut Browser, agency, answer| {
        let fields = say(agency, answer);
        let fields: Vec<_> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        phone.post(&room, &fields).await.status
    };
    // what nobody asked for cannot be agreed to
    assert_eq!(post(&mut phone, "prefecture", "yes").await, 303);
    assert_eq!(post(&mut phone, "insurer", "no").await, 303);
    assert_eq!(store.consents(notice.id).await.unwrap(), []);
    assert_eq!(post(&mut phone, "insurer", "maybe").await, 400);
    // sent twice, given once; and the real insurer is asked by the running city
    for _ in 0..2 {
        assert_eq!(post(&mut phone, "insurer", "yes").await, 303);
    }
    let given = store.consents(notice.id).await.unwrap();
    assert_eq!((given.len(), given[0].given_by.as_str()), (1, "family"));
    assert_eq!(given[0].filing, claim.id);
    insurer_is(store.as_ref(), claim.id, HopState::Done).await;
    assert_eq!(exchange.agency("insurer").answers.effects(), 1);
    let page = phone.get(&room).await;
    assert!(page.text().contains("data-given=\"true\""));
    assert_eq!(post(&mut phone, "insurer", "no").await, 303);
    let given = store.consents(notice.id).await.unwrap();
    assert!(given[0].withdrawn_at.is_some());
    town.stop().await;
}
