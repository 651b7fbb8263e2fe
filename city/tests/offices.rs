//! Several offices on one PostgreSQL: none sees, counts, exports or changes anything of another, whatever it is asked and
//! whatever it does by itself.
//!
//! Two offices of one municipality live the same life: filings, decisions, what follows by itself, agencies, rooms, a bank file.
//! Then one of them is asked for everything there is (the table of addresses says what), with its own ids and with the other's,
//! by its own people and by the other's. Each page is the same, byte for byte, as before the other office was there; and the
//! other office's tables do not change by a single row. Looked at by its own office, the other's values are there to be found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::agencies_console::{enter, typed};
use crate::services::{rows, with_nurseries};
use crate::support::browser::{Browser, Reply};
use crate::support::exchange::Exchange;
use crate::support::office::{Letter, Office, Running, land, letter, message};
use crate::support::papers::{Paper, birth, canonical, catalogue, parent};
use crate::wrong_person::{SIGNING, holds, marked, read, signed_twice};
use jiff::civil::date;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use ubugoe_bench::postgres::Postgres;
use ubugoe_city::http::routes::{ROUTES, Route, Who};
use ubugoe_city::nonstop::{Engine, Worker};
use ubugoe_city::retention::{Policy, sweep};
use ubugoe_city::server::open_store;
use ubugoe_city::store::agencies::Consent;
use ubugoe_city::store::family::{NewPhone, NewVoice};
use ubugoe_city::store::nonstop::{Account, By, ItemState, Planner, Shelf};
use ubugoe_city::store::postgres::PostgresStore;
use ubugoe_city::store::services::{Act, Acted, NurseryDraft, PlaceAsked, SlotRow, Submission};
use ubugoe_city::store::sqlite::SqliteStore;
use ubugoe_city::store::{Decided, Store, StoreError};
use ubugoe_exchange::MessageId;
use ubugoe_protocol::attachment::cut;
use ubugoe_protocol::{AttachmentRef, FilingId, digest};

const TOKEN: &str = "token of a system that may everything";
const CHECKUP: &str = "kenshin_1m";
const YEAR: i64 = 366 * 86_400;

/// An office that does everything a city can do.
fn office(id: &'static str) -> Office {
    let mut office = Office::new();
    office.id = id;
    with_nurseries(&mut office);
    let folder = office.folder.path();
    let client = rcgen::KeyPair::generate().unwrap();
    std::fs::write(folder.join("rp.key"), client.serialize_pem()).unwrap();
    std::fs::write(folder.join("rp-open.key"), &parent().key_pem).unwrap();
    office.more.push_str(SIGNING);
    office.more.push_str(
        "[limits]\naddress_burst = 1000000\nsession_burst = 1000000\nsign_in_burst = 1000000\n",
    );
    let hash = hex::encode(Sha256::digest(TOKEN));
    office.more.push_str(&format!(
        "[[api_client]]\nid = \"juki\"\ntoken_sha256 = \"{hash}\"\nrights = [\"list\", \"content\", \"protected\", \"export\"]\n"
    ));
    office.more.push_str(
        "[payer]\nclient_code = 1234567890\nclient_name = \"アスコエシ\"\nbank = \"0001\"\nbranch = \"001\"\nkind = \"1\"\nnumber = \"7654321\"\n",
    );
    office
}

/// What addresses name.
struct Ids {
    token: String,
    filing: FilingId,
    twin: FilingId,
    item: i64,
    offered: i64,
    file: i64,
    hold: i64,
    booking: i64,
    slot: String,
    request: String,
    certificate: String,
}

impl Ids {
    /// Nobody's.
    fn nowhere() -> Self {
        Self {
            token: "0".repeat(32),
            filing: FilingId::generate().unwrap(),
            twin: FilingId::generate().unwrap(),
            item: 1_000_000,
            offered: 1_000_000,
            file: 1_000_000,
            hold: 1_000_000,
            booking: 1_000_000,
            slot: "NOWHERE".to_owned(),
            request: MessageId::generate().unwrap().to_string(),
            certificate: "00".repeat(16),
        }
    }

    /// Whether an address names something that was drawn at random: numbers and references of one office may be another's too.
    fn drawn(&self, path: &str) -> bool {
        let filing = self.filing.to_string();
        let drawn = [&self.token, &filing, &self.request, &self.certificate];
        drawn.into_iter().any(|id| path.contains(id.as_str()))
    }
}

/// An office with its people and what it has.
struct Town {
    office: Office,
    exchange: Exchange,
    ids: Ids,
    mark: String,
    /// What nobody else's answers may hold.
    marks: Vec<Vec<u8>>,
    officer: Browser,
    clerk: Browser,
    phone: Browser,
    csrf: String,
}

impl Town {
    async fn run(&self) -> Running {
        self.office.open_as(self.exchange.whole(&self.office)).await
    }

    fn worker(&self, store: &Arc<dyn Store>) -> Worker {
        worker(&self.office, store)
    }
}

fn worker(office: &Office, store: &Arc<dyn Store>) -> Worker {
    let engine = Engine::new(catalogue(), office.config().office.municipality, 3);
    Worker {
        store: Arc::clone(store),
        planner: Arc::new(engine) as Arc<dyn Planner>,
        clock: office.hands.clock(),
        bell: Arc::new(Notify::new()),
        done: Arc::new(Notify::new()),
    }
}

fn by(office: &Office) -> By {
    By {
        actor: "sato".to_owned(),
        at: office.now(),
    }
}

/// Canonical bytes of this family's paper.
fn paper(procedure: &'static str, number: &str, mark: &str) -> Vec<u8> {
    let paper = Paper {
        procedure,
        ..birth("WP-0000")
    };
    marked(&String::from_utf8(canonical(&paper)).unwrap(), number, mark)
}

/// One family's filings: notification with a picture, its twin from another device, a claim; all but the twin accepted.
async fn filed(office: &Office, number: &str, mark: &str) -> (FilingId, FilingId, String) {
    let ingest = office.ingest().await;
    let store = office.store().await;
    let own = |bytes: Vec<u8>| Letter {
        recipient: office.id,
        ..letter(bytes)
    };
    let picture = format!("{mark}の写真").into_bytes();
    let first = Letter {
        attachments: vec![AttachmentRef {
            sha256: digest(&picture),
            len: picture.len() as u64,
            media_type: "image/png".into(),
        }],
        ..own(paper("shussei_todoke", number, mark))
    };
    let claim = Letter {
        case: first.case,
        case_seq: 1,
        ..own(paper("kodomo_iryohi", number, mark))
    };
    let twin = Letter {
        device: "ward-2",
        ..own(paper("shussei_todoke", number, mark))
    };
    let token = land(office, &ingest, &first).await.status_token;
    for one in [&claim, &twin] {
        land(office, &ingest, one).await;
    }
    let piece = &cut(first.id, &picture).unwrap()[0];
    let piece = office.piece(FilingId::generate().unwrap(), "ward-1", piece);
    ingest.land(vec![message("ward-1", piece)]).await.unwrap();
    for one in [&first, &claim] {
        let decided = office.accept(store.as_ref(), one.id).await;
        assert!(matches!(decided, Decided::Done { .. }));
    }
    (first.id, twin.id, token)
}

/// Lives until there is something of everything. `mark` stands in every text; `families` make the numbers of two offices differ.
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn live(office: Office, mark: &str, families: usize) -> Town {
    let store = office.store().await;
    let now = office.now();
    let ingest = office.ingest().await;
    let garbage = format!("{mark}：読めない届き物").into_bytes();
    ingest.land(vec![message("ward-1", garbage)]).await.unwrap();
    let mut last = None;
    for n in 0..families {
        last = Some(filed(&office, &format!("W-{n}"), mark).await);
    }
    let (filing, twin, token) = last.unwrap();
    let worker = worker(&office, &store);
    worker.work_off().await.unwrap();
    let first = store.filing(filing).await.unwrap().unwrap();
    signed(&office, filing, &first.canonical, mark).await;
    let link: [u8; 32] = Sha256::digest(token.as_bytes()).into();

    // what goes on by itself, to a bank file; and something that still waits
    let line = store.case_line(filing).await.unwrap();
    let of = |procedure: &str| {
        let mut found = line.items.iter();
        found.find(|item| item.procedure == procedure).unwrap()
    };
    let paid = of("ninpu_shien_2").id;
    let account = Account {
        bank: "0001".to_owned(),
        branch: "001".to_owned(),
        kind: "1".to_owned(),
        number: "1111111".to_owned(),
        holder: "ｶﾂﾗｷﾞ ﾖｼｺ".to_owned(),
    };
    let planner = Arc::clone(&worker.planner);
    store
        .family_account(link, paid, account, now, planner)
        .await
        .unwrap();
    let went = store.approve_items(vec![paid], by(&office)).await.unwrap();
    assert_eq!(went, 1);
    let payer = Arc::new(office.config().nonstop.payer.unwrap());
    let file = store
        .release_file(date(2026, 12, 10), payer, by(&office))
        .await
        .unwrap()
        .unwrap();
    let offered = line
        .items
        .iter()
        .find(|item| item.state == ItemState::Offered && item.id != paid)
        .unwrap()
        .id;
    let item = store.nonstop_items(Shelf::Prepared, 100).await.unwrap();
    let item = item.iter().map(|item| item.id).max().unwrap();

    // the family's rooms
    let case = store.services_case(link, now).await.unwrap().unwrap();
    let engine = Engine::new(catalogue(), office.config().office.municipality, 3);
    let child = engine.children(&case.seen)[0].child.clone();
    let act = |procedure: &str| Act {
        token_sha256: link,
        child: child.clone(),
        procedure: procedure.to_owned(),
        at: now,
    };
    let slots: Vec<SlotRow> = rows()
        .into_iter()
        .map(|row| SlotRow {
            facility_name: format!("{mark}医院"),
            ..row
        })
        .collect();
    store.import_slots(slots, by(&office)).await.unwrap();
    let asked = PlaceAsked {
        slot: "A0930".to_owned(),
        filing,
        until: now + 600,
        cover: "voucher",
        moves: None,
    };
    let took = store.take_place(act(CHECKUP), asked).await.unwrap();
    assert_eq!(took, Acted::Done);
    let mine = store.family_services(link, now).await.unwrap();
    let booking = mine.bookings[0].id;
    store.confirm_booking(act(CHECKUP), booking).await.unwrap();
    let choice = Some(("絵本".to_owned(), "counter".to_owned()));
    let gift = store.answer_gift(act("kinenhin"), filing, choice);
    assert_eq!(gift.await.unwrap(), Acted::Done);
    let draft = NurseryDraft {
        wishes: vec!["AS0001".to_owned()],
        household: Some("{}".to_owned()),
        version: 0,
    };
    let changed = store.change_nursery_draft(act("hoiku_nintei_riyo"), draft);
    assert_eq!(changed.await.unwrap(), Acted::Done);
    let submission = Submission {
        filing,
        version: 1,
        round: "2027-04-1".to_owned(),
        entry: "2027-04-01".to_owned(),
        points: Some(24),
        closes_at: now + 30 * 86_400,
    };
    let submitted = store.submit_nursery(act("hoiku_nintei_riyo"), submission);
    assert_eq!(submitted.await.unwrap(), Acted::Done);
    let voice = NewVoice {
        case_ref: link,
        filing: Some(filing),
        item: None,
        mood: "word",
        words: Some(format!("{mark}の夜のことば")),
        at: now,
    };
    assert!(store.family_says(voice).await.unwrap());
    let phone = NewPhone {
        case_ref: link,
        endpoint: format!("https://push.example/{}", office.id),
        p256dh: vec![4; 65],
        auth: vec![1; 16],
        tongue: "ja",
        at: now,
    };
    assert!(store.keep_phone(phone).await.unwrap());
    let reason = format!("{mark}の審査請求");
    assert!(store.hold(twin, reason, by(&office)).await.unwrap());
    let hold = store.holds(1).await.unwrap()[0].id;

    // agencies: a question that was answered, a certificate by form
    let exchange = Exchange::of(&office).await;
    let consent = Consent {
        id: *MessageId::generate().unwrap().as_bytes(),
        filing,
        digest: first.digest,
        source: "insurer".to_owned(),
        purpose: "lump-sum".to_owned(),
        given_at: now,
        given_by: "sato".to_owned(),
        withdrawn_at: None,
    };
    assert!(store.give_consent(consent).await.unwrap());
    let sender = exchange.sender(&office, Arc::clone(&store));
    sender.follow_the_line().await.unwrap();
    sender.send_due().await.unwrap();
    sender.follow_the_line().await.unwrap();
    let request = store.requests(None, 1).await.unwrap()[0].request.id;

    // nothing is left to do by itself at this moment: pages do not change under whoever looks
    worker.work_off().await.unwrap();
    let city = office.open_as(exchange.whole(&office)).await;
    let mut officer = Browser::new(city.address);
    officer.sign_in().await;
    let mut clerk = Browser::new(city.address);
    assert_eq!(clerk.sign_in_as("ward-clerk").await.status, 303);
    let mut fields = typed("CERT-1", "3012");
    for (name, value) in &mut fields {
        if *name == "mother" {
            *value = mark;
        }
    }
    let entered = enter(&mut clerk, "birth", &fields).await;
    assert!([200, 303].contains(&entered.status), "{}", entered.brief());
    let certificate = store.certificates(None, 1).await.unwrap()[0].kept.id;
    let mut phone = Browser::new(city.address);
    phone.open_family(&token).await;
    let page = officer.get(&format!("/console/filings/{filing}")).await;
    let csrf = page.hidden("csrf");
    // one layout has left, the other is still ready
    let fields = [("csrf", csrf.as_str()), ("format", "csv")];
    let path = "/console/export/asukoe_shussei_1";
    let left = officer.post(path, &fields).await;
    assert_eq!(left.status, 200, "{}", left.brief());
    city.stop().await;

    let texts = [
        mark.to_owned(),
        token.clone(),
        filing.to_string(),
        twin.to_string(),
        request.to_string(),
        hex::encode(certificate),
        hex::encode(file.sha256).chars().take(16).collect(),
    ];
    Town {
        marks: texts.map(String::into_bytes).to_vec(),
        mark: mark.to_owned(),
        exchange,
        ids: Ids {
            token,
            filing,
            twin,
            item,
            offered,
            file: file.id,
            hold,
            booking,
            slot: "A0930".to_owned(),
            request: request.to_string(),
            certificate: hex::encode(certificate),
        },
        officer,
        clerk,
        phone,
        csrf,
        office,
    }
}

/// The other parent's signature beside a filing.
async fn signed(office: &Office, filing: FilingId, canonical: &[u8], mark: &str) {
    let letter = Letter {
        id: filing,
        ..letter(canonical.to_vec())
    };
    signed_twice(office, 1, &letter, mark).await;
}

/// An address with the ids of a town.
fn path(route: &Route, of: &Ids) -> String {
    let begins = |start: &str| route.path.starts_with(start);
    let id = if begins("/console/nonstop/payments/") {
        of.file.to_string()
    } else if begins("/console/nonstop/") {
        of.item.to_string()
    } else if begins("/console/retention/holds/") {
        of.hold.to_string()
    } else if begins("/console/agencies/requests/") {
        of.request.clone()
    } else if begins("/console/agencies/certificates/") {
        of.certificate.clone()
    } else if begins("/console/services/slots/") {
        of.slot.clone()
    } else if begins("/console/services/bookings/") {
        of.booking.to_string()
    } else if begins("/f/{token}/items/") {
        of.offered.to_string()
    } else {
        of.filing.to_string()
    };
    route
        .path
        .replace("{id}", &id)
        .replace("{filing}", &of.filing.to_string())
        .replace("{other}", &of.twin.to_string())
        .replace("{layout}", "asukoe_shussei_1")
        .replace("{kind}", "birth")
        .replace("{number}", "1")
        .replace("{child}", "1")
        .replace("{round}", "2027-04-1")
        .replace("{token}", &of.token)
}

/// Addresses that are looked at, with those that only differ by what is asked for.
fn looks(of: &Ids) -> Vec<(Who, String)> {
    let mut all: Vec<(Who, String)> = ROUTES
        .iter()
        .filter(|route| route.method == "GET" && route.who != Who::SigningIn)
        .map(|route| (route.who, path(route, of)))
        .collect();
    let console = all
        .iter()
        .find(|(_, path)| path == "/console/filings")
        .unwrap()
        .0;
    for query in [
        "/console/filings?state=all",
        "/console/filings?state=accepted",
        "/console/filings?queue=free",
        "/console/filings?tab=urgent",
        "/console/filings?reason=duplicate_child",
        "/console/nonstop?shelf=offered",
        "/console/nonstop?shelf=done",
        "/console/nonstop?shelf=ended",
        "/console/services/nursery?round=2027-04-1",
        "/console/audit?actor=sato",
        "/console/audit?action=filing.accepted",
    ] {
        all.push((console, query.to_owned()));
    }
    all
}

/// Whoever looks: an officer, a clerk where it is the clerk's page, a family, a system.
async fn look(city: &Running, people: &Town, who: Who, path: &str) -> Reply {
    match who {
        Who::Client(_) => {
            let head = format!("GET {path} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\n");
            Browser::new(city.address).request(&head, "").await
        }
        Who::Family => people.phone.at(city.address).get(path).await,
        _ if path.starts_with("/console/agencies/ward") => {
            people.clerk.at(city.address).get(path).await
        }
        _ => people.officer.at(city.address).get(path).await,
    }
}

/// Everything of a town that is looked at by its own people.
async fn album(city: &Running, town: &Town) -> BTreeMap<String, (u16, Vec<u8>)> {
    let mut album = BTreeMap::new();
    for (who, path) in looks(&town.ids) {
        let reply = look(city, town, who, &path).await;
        album.insert(path, (reply.status, read(&reply)));
    }
    album
}

/// Everything that is posted: own forms, with whatever makes some of them do what they are for.
async fn press(city: &Running, people: &Town, (of, mark): (&Ids, &str)) -> BTreeMap<String, Reply> {
    let mut replies = BTreeMap::new();
    let posts = ROUTES.iter().filter(|route| {
        route.method == "POST" && route.who != Who::SigningIn && route.path != "/console/sign-out"
    });
    for route in posts {
        let path = path(route, of);
        let (browser, csrf) = match route.who {
            Who::Client(_) => (Browser::new(city.address), String::new()),
            Who::Family => {
                let mut phone = people.phone.at(city.address);
                let page = phone.get(&format!("/f/{}", people.ids.token)).await;
                let csrf = if page.text().contains("name=\"csrf\"") {
                    page.hidden("csrf")
                } else {
                    String::new()
                };
                (phone, csrf)
            }
            _ => (people.officer.at(city.address), people.csrf.clone()),
        };
        let filing = of.filing.to_string();
        let item = format!("i{}", of.item);
        let shown = of.item.to_string();
        let booking = of.booking.to_string();
        for version in ["1", "2"] {
            let fields = [
                ("csrf", csrf.as_str()),
                ("version", version),
                ("confirmed", "yes"),
                ("sure", "yes"),
                ("what", "chosen"),
                (&item, "on"),
                ("shown", &shown),
                ("reason", "talk"),
                ("note", "確認しました"),
                ("words", mark),
                ("format", "csv"),
                ("day", "2026-12-11"),
                ("filing", &filing),
                ("source", "insurer"),
                ("purpose", "lump-sum"),
                ("answer", "yes"),
                ("booking", &booking),
                ("checkup", CHECKUP),
                ("child", "1"),
                ("slot", &of.slot),
                ("proposal", "0"),
                ("round", "2027-04-1"),
            ];
            let mut browser = browser.clone();
            let reply = if let Who::Client(_) = route.who {
                let head = format!(
                    "POST {path} HTTP/1.1\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 0\r\n"
                );
                browser.request(&head, "").await
            } else {
                browser.post(&path, &fields).await
            };
            replies.insert(format!("{path} {version}"), reply);
        }
    }
    replies
}

/// Every row of every table of an office.
async fn dump(office: &Office) -> BTreeMap<String, Vec<String>> {
    let mut tables = BTreeMap::new();
    if office.store_url.starts_with("sqlite") {
        let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
        let mut names = c
            .prepare("SELECT name FROM sqlite_master WHERE type = 'table'")
            .unwrap();
        let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for name in names.map(Result::unwrap) {
            let mut all = c.prepare(&format!("SELECT * FROM {name}")).unwrap();
            let columns = all.column_count();
            let rows = all
                .query_map([], |row| {
                    (0..columns)
                        .map(|at| row.get_ref(at).map(|value| format!("{value:?}")))
                        .collect::<Result<Vec<_>, _>>()
                })
                .unwrap();
            let mut rows: Vec<String> = rows.map(|row| row.unwrap().join("|")).collect();
            rows.sort();
            tables.insert(name, rows);
        }
        return tables;
    }
    let schema = office.schema.unwrap_or("public");
    let (client, connection) = tokio_postgres::connect(&office.store_url, tokio_postgres::NoTls)
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1";
    for row in client.query(sql, &[&schema]).await.unwrap() {
        let table: String = row.get(0);
        let sql = format!("SELECT t::text FROM {schema}.{table} t ORDER BY 1");
        let rows = client.query(&sql, &[]).await.unwrap();
        tables.insert(table, rows.iter().map(|row| row.get(0)).collect());
    }
    connection.abort();
    tables
}

fn differing(
    before: &BTreeMap<String, Vec<String>>,
    after: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect()
}

fn found<'m>(text: &[u8], marks: &'m [Vec<u8>]) -> Option<&'m Vec<u8>> {
    marks.iter().find(|mark| holds(text, mark))
}

/// The whole story of two offices.
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
async fn apart(one: Office, other: Office) {
    let ours = live(one, "ゑあきゐ", 1).await;
    let city = ours.run().await;
    // twice, to know what changes by being looked at
    let first = album(&city, &ours).await;
    let alone = album(&city, &ours).await;
    let changing: BTreeSet<&String> = alone
        .iter()
        .filter(|(path, page)| first.get(*path) != Some(page))
        .map(|(path, _)| path)
        .collect();
    assert!(changing.len() <= 8, "{changing:?}");
    let shown = alone.values().filter(|(status, _)| *status == 200).count();
    assert!(shown >= 50, "{shown} pages");

    // the neighbour moves in, and what it has is there to be found by its own people
    let theirs = live(other, "ゑすてゐ", 3).await;
    let neighbour = theirs.run().await;
    let their_album = album(&neighbour, &theirs).await;
    let with_marks = their_album
        .values()
        .filter(|(_, text)| found(text, &theirs.marks).is_some())
        .count();
    assert!(with_marks >= 30, "{with_marks} pages show something of it");
    neighbour.stop().await;
    let before = dump(&theirs.office).await;
    assert!(before["filings"].len() == 9 && before["sessions"].len() == 2);

    // our own pages: as before, to the byte
    let together = album(&city, &ours).await;
    for (path, page) in &together {
        assert_eq!(found(&page.1, &theirs.marks), None, "{path}");
        if !changing.contains(path) {
            assert!(
                alone.get(path) == Some(page),
                "{path} changed: {}",
                String::from_utf8_lossy(&page.1)
            );
        }
    }
    // our people, with the neighbour's ids: as if there were none of it
    let named = looks(&theirs.ids);
    for ((who, path), (_, missing)) in named.iter().zip(looks(&Ids::nowhere())) {
        let reply = look(&city, &ours, *who, path).await;
        assert_eq!(found(&read(&reply), &theirs.marks), None, "{path}");
        if theirs.ids.drawn(path) {
            let unknown = look(&city, &ours, *who, &missing).await;
            assert_eq!(reply.status, unknown.status, "{path}");
            assert_ne!(reply.status, 200, "{path}");
        }
    }
    // the neighbour's people at our door: strangers
    for (who, path) in looks(&ours.ids).iter().chain(&named) {
        if matches!(who, Who::Anybody | Who::Client(_)) {
            continue;
        }
        let reply = look(&city, &theirs, *who, path).await;
        assert!(
            [303, 403, 404].contains(&reply.status) || (*who == Who::Family && reply.status == 200),
            "{path}: {}",
            reply.brief()
        );
        let text = read(&reply);
        assert_eq!(found(&text, &theirs.marks), None, "{path}");
        let ours_shown = found(&text, &ours.marks[..1]);
        assert_eq!(ours_shown, None, "{path}");
    }
    // an agency that asks here by a number that only the neighbour has given
    let door = ours
        .exchange
        .door(&ours.office, ours.office.store().await)
        .await;
    let prefecture = ours.exchange.agency("prefecture");
    for (number, status) in [("/1", 200), ("/9", 404)] {
        let id = MessageId::generate().unwrap();
        let told = door
            .ask(prefecture, id, ("birthStatus", number), None)
            .await;
        assert_eq!(told.unwrap().answer.status, status, "{number}");
    }
    door.stop().await;
    // what is posted, with the neighbour's ids by our people, and by the neighbour's people with their own
    for people in [&ours, &theirs] {
        for (what, reply) in press(&city, people, (&theirs.ids, &theirs.mark)).await {
            let text = read(&reply);
            // what was typed is shown again
            assert_eq!(found(&text, &theirs.marks[2..4]), None, "{what}");
        }
        let after = dump(&theirs.office).await;
        assert_eq!(differing(&before, &after), [] as [String; 0]);
    }
    // and everything of our own, to the end: exports, files, what goes on by itself, years of it, erasing
    let mut done = 0;
    for (what, reply) in press(&city, &ours, (&ours.ids, &ours.mark)).await {
        assert_eq!(found(&read(&reply), &theirs.marks), None, "{what}");
        done += usize::from([200, 303].contains(&reply.status));
    }
    assert!(done >= 20, "{done} forms did something");
    city.stop().await;
    let store = ours.office.store().await;
    let policy = Policy::builtin().unwrap();
    for _ in 0..12 {
        ours.office.hands.forward(YEAR);
        ours.worker(&store).work_off().await.unwrap();
    }
    let held = store.holds(10).await.unwrap();
    for hold in held {
        store.lift_hold(hold.id, by(&ours.office)).await.unwrap();
    }
    let gone = sweep(store.as_ref(), &policy, ours.office.now())
        .await
        .unwrap();
    assert!(gone > 0, "something was due");
    let after = dump(&theirs.office).await;
    assert_eq!(differing(&before, &after), [] as [String; 0]);
    ours.exchange.stop().await;
    theirs.exchange.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_offices_on_one_postgresql_are_strangers_to_each_other() {
    let cluster = Postgres::start().unwrap();
    let (mut one, mut other) = (office("asukoe"), office("tonari"));
    one.store_url = cluster.url();
    other.store_url = cluster.url();
    other.schema = Some("tonari");
    apart(one, other).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_offices_on_sqlite_have_a_file_each() {
    apart(office("asukoe"), office("tonari")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_of_another_office_are_opened_by_nobody_else() {
    let (ours, theirs) = ("asukoe".parse().unwrap(), "tonari".parse().unwrap());
    let refused = |error: StoreError| match error {
        StoreError::AnotherOffice { found, wanted, .. } => {
            assert_eq!((found.as_str(), wanted.as_str()), ("asukoe", "tonari"));
        }
        other => panic!("{other:?}"),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("city.db");
    drop(SqliteStore::open(&file, &ours).await.unwrap());
    refused(SqliteStore::open(&file, &theirs).await.unwrap_err());
    drop(SqliteStore::open(&file, &ours).await.unwrap());
    // tables from before they said whose they are
    let c = rusqlite::Connection::open(&file).unwrap();
    c.execute_batch(
        "DROP TRIGGER office_never_shrinks; DELETE FROM office; INSERT INTO counters VALUES ('asukoe', 7);",
    )
    .unwrap();
    refused(SqliteStore::open(&file, &theirs).await.unwrap_err());
    c.execute_batch("INSERT INTO counters VALUES ('tonari', 7)")
        .unwrap();
    let both = SqliteStore::open(&file, &ours).await.unwrap_err();
    assert!(both.to_string().contains("asukoe, tonari"), "{both}");

    let cluster = Postgres::start().unwrap();
    let url = cluster.url();
    let schema = "tonari".parse().unwrap();
    let open = async |schema, office| PostgresStore::open((&url, None), 2, schema, office).await;
    open(None, &ours).await.unwrap();
    refused(open(None, &theirs).await.unwrap_err());
    let (one, two) = tokio::join!(open(Some(&schema), &theirs), open(Some(&schema), &theirs));
    one.unwrap();
    two.unwrap();
    let other = open(Some(&schema), &ours).await.unwrap_err();
    assert!(matches!(other, StoreError::AnotherOffice { .. }), "{other}");
    open(None, &ours).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_is_configured_by_name() {
    let mut one = office("tonari");
    one.store_url = "postgres://ubugoe@127.0.0.1/ubugoe".to_owned();
    one.schema = Some("tonari");
    let config = one.config();
    assert!(
        open_store(&config.store, &config.office.recipient)
            .await
            .is_err()
    );
    one.schema = Some("Tonari; DROP TABLE filings");
    let problems = one.config_of(&one.toml()).unwrap_err().to_string();
    assert!(problems.contains("store.schema"), "{problems}");
    one.schema = Some("tonari");
    one.store_url = "sqlite:city.db".to_owned();
    let problems = one.config_of(&one.toml()).unwrap_err().to_string();
    assert!(problems.contains("a file of its own"), "{problems}");
}
