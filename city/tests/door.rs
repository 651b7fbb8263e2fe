//! Every address × every role × every object, and what the door does to sessions and to haste.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::support::browser::{Browser, Reply};
use crate::support::office::{Letter, Office, Running, land, letter, message, password_hash};
use crate::support::papers::{birth, canonical, parent};
use ubugoe_city::casework::audit::AuditEntry;
use ubugoe_city::casework::roles::{Role, may};
use ubugoe_city::casework::second::{Named, Outcome, SecondFinding};
use ubugoe_city::http::routes::{ROUTES, Route, Who};
use ubugoe_city::http::{CONTENT_SECURITY_POLICY, served};
use ubugoe_city::store::Finding;
use ubugoe_city::store::second::{SecondKind, SecondSignature};
use ubugoe_protocol::attachment::cut;
use ubugoe_protocol::{AttachmentRef, FilingId, digest};

/// One account for each role, the word of the role being its name; nobody is ever too fast.
fn everybody() -> Office {
    let mut office = Office::new();
    for role in Role::ALL {
        write!(
            office.more,
            "[[staff]]\nid = \"{0}\"\nname = \"{0}\"\nroles = [\"{0}\"]\npassword = '{1}'\n",
            role.code(),
            password_hash()
        )
        .unwrap();
    }
    // a signing service that nobody reaches: its pages are there
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    for (name, text) in [("rp.key", &key), ("rp-open.key", &parent().key_pem)] {
        std::fs::write(office.folder.path().join(name), text).unwrap();
    }
    office.more.push_str(
        "[second_signature]\nissuer = \"http://127.0.0.1:1\"\ntransactions = \"http://127.0.0.1:1/t\"\n\
         client_id = \"RP1\"\nclient_key = \"rp.key\"\nopening_key = \"rp-open.key\"\n",
    );
    office.more.push_str(
        "[limits]\naddress_burst = 1000000\nsession_burst = 1000000\nsign_in_burst = 1000000\n",
    );
    office
}

/// What the path parameters stand for.
#[derive(Debug, Clone)]
struct Object {
    name: &'static str,
    id: String,
    token: String,
}

/// This office's filing with its attachment, one of another office in the same database, one that is nowhere, and nonsense.
async fn objects(office: &Office) -> Vec<Object> {
    let photograph = vec![7_u8; 1_000];
    let own = letter(canonical(&birth("ASK-1")));
    let own = Letter {
        attachments: vec![AttachmentRef {
            sha256: digest(&photograph),
            len: 1_000,
            media_type: "image/png".into(),
        }],
        ..own
    };
    let ingest = office.ingest().await;
    let receipt = land(office, &ingest, &own).await;
    let chunk = &cut(own.id, &photograph).unwrap()[0];
    let piece = office.piece(FilingId::generate().unwrap(), "ward-1", chunk);
    ingest.land(vec![message("ward-1", piece)]).await.unwrap();
    signed_twice(office, &own).await;
    let other = neighbours_filing(office).await;
    let object = |name, id: String, token: String| Object { name, id, token };
    vec![
        object("own", own.id.to_string(), receipt.status_token),
        object("other", other.to_string(), "0".repeat(32)),
        object(
            "missing",
            FilingId::generate().unwrap().to_string(),
            "1".repeat(32),
        ),
        object("nonsense", "%2e%2e".into(), "%00".into()),
    ]
}

/// A second signature beside a filing.
async fn signed_twice(office: &Office, letter: &Letter) {
    let store = office.store().await;
    let sum = digest(&letter.canonical);
    let signature = SecondSignature {
        signer: [7; 32],
        kind: SecondKind::App,
        digest: sum,
        given_at: 0,
        cms: vec![0x30],
        finding: SecondFinding {
            math: Finding::Ok,
            chain: Finding::Ok,
            validity: Finding::Ok,
            revocation: Finding::Unknown,
            distinct: Finding::Ok,
            named: Named::Father,
        },
    };
    let (asked, now) = ((letter.id, sum, String::new()), office.now());
    store
        .second_begin([1; 32], asked, (now, now))
        .await
        .unwrap();
    store.second_take_up([1; 32], now).await.unwrap();
    let ended = store.second_end([1; 32], Ok(signature), now).await;
    assert_eq!(ended.unwrap(), Outcome::Given);
}

/// A filing of another recipient in the same database: written as the ingest of a neighbour on it would.
async fn neighbours_filing(office: &Office) -> FilingId {
    let theirs = letter(canonical(&birth("ASK-9")));
    let ingest = office.ingest().await;
    land(office, &ingest, &theirs).await;
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.execute_batch("PRAGMA foreign_keys = OFF; DROP TRIGGER filings_keep_their_bytes;")
        .unwrap();
    for table in ["filings", "cases"] {
        let sql = format!("UPDATE {table} SET recipient = 'tonari' WHERE case_id = ?1");
        assert_eq!(
            c.execute(&sql, [theirs.case.as_bytes().as_slice()])
                .unwrap(),
            1
        );
    }
    theirs.id
}

fn path(route: &Route, object: &Object) -> String {
    route
        .path
        .replace("{id}", &object.id)
        .replace("{filing}", &object.id)
        .replace("{other}", &object.id)
        .replace("{layout}", &object.id)
        .replace("{kind}", "birth")
        .replace("{number}", "1")
        .replace("{child}", "1")
        .replace("{round}", "2027-04-1")
        .replace("{token}", &object.token)
}

/// Every row of every table but the audit log, whose lines are looked at one by one.
fn dump(office: &Office) -> BTreeMap<String, Vec<String>> {
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    let mut tables = c
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'audit'")
        .unwrap();
    let names: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let rows = |name: &String| {
        let mut all = c.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = all.column_count();
        all.query_map([], |row| {
            let values = (0..columns).map(|at| row.get_ref(at).map(|value| format!("{value:?}")));
            values
                .collect::<Result<Vec<_>, _>>()
                .map(|row| row.join("|"))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect()
    };
    names
        .iter()
        .map(|name| (name.clone(), rows(name)))
        .collect()
}

async fn lines(office: &Office) -> Vec<AuditEntry> {
    let lines = office.store().await.audit_lines(0, 100_000).await.unwrap();
    lines.into_iter().map(|line| line.entry).collect()
}

fn strict(reply: &Reply, what: &str) {
    let policy = reply.header("content-security-policy").unwrap_or_default();
    let sandboxed = "default-src 'none'; frame-ancestors 'none'; sandbox";
    assert!(
        policy == CONTENT_SECURITY_POLICY || policy == sandboxed,
        "{what}: {policy}"
    );
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    if !what.contains("/assets/") {
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
    }
    for cookie in reply
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
    {
        assert!(
            cookie.1.contains("; HttpOnly; SameSite=Strict"),
            "{what}: {cookie:?}"
        );
    }
}

/// Addresses and methods out of what axum's router prints of itself.
fn printed(text: &str) -> BTreeSet<(String, String)> {
    const METHODS: [&str; 9] = [
        "get", "head", "delete", "options", "patch", "post", "put", "trace", "connect",
    ];
    let (routes, paths) = text.split_once("node: Node { paths: {").unwrap();
    let numbered = |part: &str| -> Vec<(String, String)> {
        let entries = part.split("RouteId(").skip(1);
        let pair = |entry: &str| {
            entry
                .split_once("): ")
                .map(|(n, rest)| (n.to_owned(), rest.to_owned()))
        };
        entries.filter_map(pair).collect()
    };
    let paths: BTreeMap<String, String> = numbered(paths.split("fallback_router").next().unwrap())
        .into_iter()
        .map(|(number, rest)| (number, rest.split('"').nth(1).unwrap().to_owned()))
        .collect();
    let mut found = BTreeSet::new();
    for (number, methods) in numbered(routes) {
        for method in METHODS {
            let rest = methods.split(&format!("{method}: ")).nth(1).unwrap();
            if !rest.starts_with("None") {
                found.insert((method.to_uppercase(), paths[&number].clone()));
            }
        }
    }
    found
}

#[test]
fn the_table_of_addresses_is_what_the_router_serves() {
    let text = served();
    let written: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(written.len(), ROUTES.len(), "an address stands there twice");
    assert_eq!(
        printed(&text),
        written,
        "write it in city/src/http/routes.rs: {text}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_address_answers_every_role_as_the_rights_say_and_a_look_changes_nothing() {
    let office = everybody();
    let objects = objects(&office).await;
    let city = office.open().await;
    let mut people = vec![(None, Browser::new(city.address))];
    for role in Role::ALL {
        let mut browser = Browser::new(city.address);
        assert_eq!(browser.sign_in_as(role.code()).await.status, 303);
        people.push((Some(role), browser));
    }
    let before = dump(&office);
    for (role, browser) in &mut people {
        for route in ROUTES.iter().filter(|route| route.method == "GET") {
            for object in &objects {
                let path = path(route, object);
                let what = format!("{role:?} GET {path} ({})", object.name);
                let written = lines(&office).await.len();
                let reply = browser.get(&path).await;
                strict(&reply, &what);
                let expected = looked(route, *role, object);
                assert!(
                    expected.contains(&reply.status),
                    "{what}: {}",
                    reply.brief()
                );
                assert!(
                    reply.status == 200
                        || route.who == Who::Family
                        || !reply.text().contains("<form"),
                    "{what}"
                );
                let new: Vec<_> = lines(&office).await.split_off(written);
                let seen = |line: &AuditEntry| {
                    let looked = [".viewed", ".downloaded", ".printed"];
                    line.actor == role.map_or("", Role::code)
                        && match reply.status {
                            200 => looked.iter().any(|end| line.action.ends_with(end)),
                            403 => line.action == "door.refused",
                            _ => false,
                        }
                };
                assert!(new.iter().all(seen) && new.len() <= 1, "{what}: {new:?}");
            }
        }
    }
    assert_eq!(dump(&office), before);
    city.stop().await;
}

/// Whether what the address names is a filing; items, payments and layouts have ids of another kind, and here are none.
fn of_filing(route: &Route) -> bool {
    route.path.starts_with("/console/filings/{id}")
}

/// What a look may be answered with.
#[expect(clippy::match_same_arms, reason = "one line for each rule")]
fn looked(route: &Route, role: Option<Role>, object: &Object) -> &'static [u16] {
    let named = route.path.contains('{');
    let of_filing = of_filing(route);
    match (route.who, role) {
        // the link alone shows the question, and nothing behind it
        (Who::Family, _) if object.name == "own" && route.path == "/f/{token}" => &[200],
        (Who::Family, _) if object.name == "own" => &[403],
        (Who::Family, _) => &[404, 400],
        (Who::Anybody, _) => &[200, 303],
        // a browser has no token of a system
        (Who::Client(_), _) => &[401],
        // no provider is configured
        (Who::SigningIn, _) if route.path.starts_with("/f/") => &[403],
        (Who::SigningIn, _) => &[404],
        (Who::SignedIn | Who::Holding(_) | Who::Either(..), None) => &[303],
        // to their first page; an agency's clerk has none yet
        (Who::SignedIn, Some(Role::Agency)) => &[403],
        (Who::SignedIn, Some(_)) => &[303],
        (Who::Holding(right), Some(role)) if !may(&[role], right) => &[403],
        (Who::Either(one, two), Some(role)) if !may(&[role], one) && !may(&[role], two) => &[403],
        (Who::Either(..), Some(_)) if route.path == "/console/retention" => &[200],
        // this city is linked to no agency
        (Who::Either(..), Some(_)) => &[404],
        (Who::Holding(_), Some(_)) if route.path.starts_with("/console/agencies") => &[403, 404],
        // one officer is enough here, and an examiner is none who decides
        (Who::Holding(_), Some(Role::Examiner))
            if route.path.ends_with("/accept") && object.name == "own" =>
        {
            &[403]
        }
        // a filing is no duplicate of itself
        (Who::Holding(_), Some(_)) if route.path.ends_with("/compare/{other}") => &[404],
        (Who::Holding(_), Some(_)) if !named || (of_filing && object.name == "own") => &[200],
        (Who::Holding(_), Some(_)) => &[404],
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_form_needs_its_sessions_token_and_its_right() {
    let office = everybody();
    let objects = objects(&office).await;
    let city = office.open().await;
    let posts: Vec<&Route> = ROUTES
        .iter()
        .filter(|route| route.method == "POST")
        .collect();
    assert!(posts.len() >= 6);
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let mut browser = Browser::new(city.address);
        assert_eq!(browser.sign_in_as(role.code()).await.status, 303);
        tokens.push((role, csrf_of(&office, role), browser));
    }
    let foreign = tokens[0].1.clone();
    let (before, written) = (dump(&office), lines(&office).await.len());
    let mut stranger = Browser::new(city.address);
    for route in &posts {
        for object in &objects {
            let path = path(route, object);
            // nobody, with somebody's token
            let reply = stranger.post(&path, &[("csrf", &foreign)]).await;
            let what = format!("nobody POST {path}");
            strict(&reply, &what);
            let refused: &[u16] = match route.who {
                Who::SigningIn => &[403, 404],
                Who::Family => &[400, 403, 404, 422],
                Who::Client(_) => &[401],
                _ => &[303],
            };
            assert!(refused.contains(&reply.status), "{what}: {}", reply.brief());
            for (role, _, browser) in tokens.iter_mut().skip(1) {
                for fields in [vec![], vec![("csrf", "")], vec![("csrf", foreign.as_str())]] {
                    let fields = [fields, vec![("version", "1"), ("confirmed", "yes")]].concat();
                    let what = format!("{role:?} POST {path} {fields:?}");
                    let reply = browser.post(&path, &fields).await;
                    strict(&reply, &what);
                    let refused: &[u16] = match route.who {
                        Who::Family => &[400, 403, 404, 422],
                        Who::Client(_) => &[401],
                        _ => &[403, 404],
                    };
                    assert!(refused.contains(&reply.status), "{what}: {}", reply.brief());
                }
            }
        }
    }
    assert_eq!(dump(&office), before);
    assert_eq!(
        lines(&office).await.len(),
        written,
        "a refused form left a line"
    );
    // with their own token: the right decides, then the object
    for (role, csrf, browser) in &mut tokens {
        for route in &posts {
            let Who::Holding(right) = route.who else {
                continue;
            };
            for object in &objects {
                let path = path(route, object);
                let what = format!("{role:?} POST {path} ({})", object.name);
                // without the fields of the form: nothing is decided
                let reply = browser.post(&path, &[("csrf", csrf)]).await;
                strict(&reply, &what);
                let of_filing = of_filing(route);
                let expected: &[u16] = match (may(&[*role], right), object.name) {
                    (false, _) => &[403],
                    (true, _) if route.path.starts_with("/console/agencies") => &[400, 403, 404],
                    (true, _) if route.path.ends_with("/compare/{other}") => &[404],
                    (true, "own") if route.path.ends_with("/accept") => &[200, 400, 403, 409, 422],
                    // a redirect is fine where nothing changed: that is looked at below
                    (true, "own") if of_filing => &[200, 303, 400, 409, 422],
                    (true, _) if !route.path.contains('{') => &[200, 303, 400, 409, 422],
                    (true, _) => &[404],
                };
                assert!(
                    expected.contains(&reply.status),
                    "{what}: {}",
                    reply.brief()
                );
            }
        }
    }
    assert_eq!(dump(&office), before);
    city.stop().await;
}

/// A session's token out of the database: some roles have no page with a form on it that they may see.
fn csrf_of(office: &Office, role: Role) -> String {
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.query_row(
        "SELECT csrf FROM sessions WHERE staff = ?1",
        [role.code()],
        |row| row.get(0),
    )
    .unwrap()
}

async fn desk() -> (Office, Running, Browser) {
    let office = Office::new();
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    (office, city, browser)
}

const COOKIE: &str = "ubugoe_session";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planted_session_is_nobodys_and_every_sign_in_gives_a_new_one() {
    let (_office, city, mut browser) = desk().await;
    let planted = "0123456789abcdef0123456789abcdef";
    let mut victim = Browser::new(city.address);
    victim.cookies.insert(COOKIE.into(), planted.into());
    victim.sign_in().await;
    let first = victim.cookies[COOKIE].clone();
    assert_ne!(first, planted);
    let mut attacker = Browser::new(city.address);
    attacker.cookies.insert(COOKIE.into(), planted.into());
    assert_eq!(attacker.get("/console/filings").await.status, 303);
    // signing in again in the same browser ends the session that it had
    let mut form = Browser::new(city.address);
    let token = form.get("/console/sign-in").await.hidden("csrf");
    victim.cookies.extend(form.cookies);
    let fields = [
        ("csrf", token.as_str()),
        ("account", "sato"),
        ("password", crate::support::office::PASSWORD),
    ];
    assert_eq!(victim.post("/console/sign-in", &fields).await.status, 303);
    assert_ne!(victim.cookies[COOKIE], first);
    let mut old = Browser::new(city.address);
    old.cookies.insert(COOKIE.into(), first);
    assert_eq!(old.get("/console/filings").await.status, 303);
    assert_eq!(
        browser.get("/console/filings").await.status,
        200,
        "a colleague's session goes on"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_used_token_is_changed_and_requests_that_come_together_sign_nobody_out() {
    let (office, city, mut browser) = desk().await;
    let csrf = browser.get("/console/filings").await.hidden("csrf");
    let first = browser.cookies[COOKIE].clone();
    office.hands.forward(14 * 60);
    browser.get("/console/filings").await;
    assert_eq!(browser.cookies[COOKIE], first, "not yet");
    office.hands.forward(2 * 60);
    let together: Vec<_> = (0..12)
        .map(|_| {
            let mut one = browser.clone();
            tokio::spawn(async move {
                let reply = one.get("/console/filings").await;
                (reply.status, one.cookies[COOKIE].clone())
            })
        })
        .collect();
    let mut tokens = BTreeSet::new();
    for one in together {
        let (status, token) = one.await.unwrap();
        assert_eq!(status, 200);
        tokens.insert(token);
    }
    tokens.remove(&first);
    assert_eq!(tokens.len(), 1, "one request of them changed it, once");
    let newest = tokens.pop_first().unwrap();
    let with = |token: &str| {
        let mut browser = Browser::new(city.address);
        browser.cookies.insert(COOKIE.into(), token.to_owned());
        browser
    };
    office.hands.forward(29);
    assert_eq!(with(&first).get("/console/filings").await.status, 200);
    office.hands.forward(2);
    assert_eq!(
        with(&first).get("/console/filings").await.status,
        303,
        "the overlap is over"
    );
    let mut browser = with(&newest);
    assert_eq!(browser.get("/console/filings").await.status, 200);
    assert_eq!(
        browser.get("/console/filings").await.hidden("csrf"),
        csrf,
        "forms that are open stay good"
    );
    // in use all day: a new token at least every half hour, and the end after ten hours all the same
    let mut seen = BTreeSet::from([newest]);
    let mut uses = 0;
    while browser.get("/console/filings").await.status == 200 {
        seen.insert(browser.cookies[COOKIE].clone());
        office.hands.forward(20 * 60);
        uses += 1;
        assert!(uses < 40, "the session never ends");
    }
    assert_eq!(uses, 30, "ten hours, less what went before");
    assert!(seen.len() >= 28, "{} tokens", seen.len());
    // signing out with the token of before the change, within its overlap
    let (mut old, mut fresh) = (Browser::new(city.address), Browser::new(city.address));
    old.sign_in().await;
    office.hands.forward(16 * 60);
    fresh.cookies.clone_from(&old.cookies);
    let csrf = fresh.get("/console/filings").await.hidden("csrf");
    assert_ne!(fresh.cookies, old.cookies);
    assert_eq!(
        old.post("/console/sign-out", &[("csrf", &csrf)])
            .await
            .status,
        303
    );
    assert_eq!(fresh.get("/console/filings").await.status, 303);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_may_is_what_the_session_says_and_what_the_configuration_still_gives() {
    let mut office = Office::new();
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    city.stop().await;
    let again = async |office: &Office, browser: &Browser, path: &str| {
        let city = office.open().await;
        let status = browser.at(city.address).get(path).await.status;
        city.stop().await;
        status
    };
    // a role that was taken away is away at once; one that was given comes with the next sign-in
    office.roles = "[\"reception\", \"auditor\"]".to_owned();
    assert_eq!(again(&office, &browser, "/console/audit").await, 200);
    assert_eq!(again(&office, &browser, "/console/quarantine").await, 403);
    office.roles = "[\"agency\", \"examiner\"]".to_owned();
    assert_eq!(again(&office, &browser, "/console/filings").await, 200);
    assert_eq!(again(&office, &browser, "/console/audit").await, 403);
    // an account that is gone is out
    let toml = office.toml().replace("id = \"sato\"", "id = \"suzuki\"");
    let city = office.open_as(office.config_of(&toml).unwrap()).await;
    assert_eq!(
        browser
            .at(city.address)
            .get("/console/filings")
            .await
            .status,
        303
    );
    city.stop().await;
    // a session from before roles were kept with it has those of the configuration
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.execute("UPDATE sessions SET sub = NULL, name = NULL, roles = NULL, jurisdiction = NULL, rotated_at = NULL", [])
        .unwrap();
    assert_eq!(again(&office, &browser, "/console/filings").await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn haste_is_slowed_down_by_session_by_address_and_more_so_at_the_sign_in() {
    let mut office = Office::new();
    office.more = "[limits]\naddress_burst = 20\naddress_per_minute = 60\nsession_burst = 5\nsession_per_minute = 30\n\
                   sign_in_burst = 2\nsign_in_per_minute = 6\ntrusted_proxies = [\"127.0.0.1\"]\n"
        .to_owned();
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    let mut from = async |address: &str, path: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nx-forwarded-for: {address}\r\n");
        browser.request(&head, "").await
    };
    // every family behind its own address, and one that asks too fast
    for n in 1..=30 {
        assert_eq!(
            from(&format!("192.0.2.{n}"), "/f/nothing").await.status,
            404
        );
    }
    for _ in 0..19 {
        assert_eq!(from("192.0.2.1", "/f/nothing").await.status, 404);
    }
    let slow = from("192.0.2.1", "/f/nothing").await;
    strict(&slow, "too fast");
    assert_eq!((slow.status, slow.header("retry-after")), (429, Some("1")));
    assert!(
        slow.text().contains("しばらくお待ちください") && slow.text().contains("nothing is lost")
    );
    assert_eq!(
        from("203.0.113.5, 192.0.2.1", "/f/nothing").await.status,
        429,
        "what a client writes there itself is not believed"
    );
    office.hands.forward(2);
    assert_eq!(from("192.0.2.1", "/f/nothing").await.status, 404);
    // one session, whatever its addresses
    office.hands.forward(60);
    let mut officer = Browser::new(city.address);
    officer.sign_in().await;
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(officer.get("/console/filings").await.status);
    }
    assert_eq!(answers, [200, 200, 200, 200, 200, 429]);
    office.hands.forward(2);
    assert_eq!(officer.get("/console/filings").await.status, 200);
    // signing in: two attempts, then one every ten seconds
    office.hands.forward(60);
    let mut guesser = Browser::new(city.address);
    let csrf = guesser.get("/console/sign-in").await.hidden("csrf");
    let mut answers = Vec::new();
    for _ in 0..3 {
        let fields = [
            ("csrf", csrf.as_str()),
            ("account", "nobody"),
            ("password", "guess"),
        ];
        answers.push(guesser.post("/console/sign-in", &fields).await);
    }
    let statuses: Vec<u16> = answers.iter().map(|reply| reply.status).collect();
    assert_eq!(statuses, [401, 401, 429]);
    assert_eq!(answers[2].header("retry-after"), Some("10"));
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_role_is_refused_is_in_the_audit_log_a_few_times_and_then_once_a_minute() {
    let office = everybody();
    let city = office.open().await;
    let mut reception = Browser::new(city.address);
    assert_eq!(reception.sign_in_as("reception").await.status, 303);
    let refused = async || {
        let lines = lines(&office).await;
        lines
            .into_iter()
            .filter(|line| line.action == "door.refused")
            .collect::<Vec<_>>()
    };
    assert_eq!(reception.get("/console/audit").await.status, 403);
    let csrf = csrf_of(&office, Role::Reception);
    let path = format!("/console/filings/{}/accept", FilingId::generate().unwrap());
    assert_eq!(reception.post(&path, &[("csrf", &csrf)]).await.status, 403);
    let said: Vec<_> = refused()
        .await
        .into_iter()
        .map(|line| (line.actor, line.subject))
        .collect();
    let by = |what: &str| ("reception".to_owned(), what.to_owned());
    // the address as the program writes it: no id, nothing that somebody typed
    assert_eq!(
        said,
        [
            by("GET /console/audit"),
            by("POST /console/filings/{id}/accept")
        ]
    );
    // what is allowed, a forged form and a stranger leave none
    assert_eq!(reception.get("/console/filings").await.status, 200);
    assert_eq!(reception.post(&path, &[]).await.status, 403);
    assert_eq!(
        Browser::new(city.address)
            .get("/console/audit")
            .await
            .status,
        303
    );
    assert_eq!(refused().await.len(), 2);
    for _ in 0..30 {
        assert_eq!(reception.get("/console/audit").await.status, 403);
    }
    assert_eq!(refused().await.len(), 10, "nobody fills the log");
    office.hands.forward(60);
    for _ in 0..3 {
        assert_eq!(reception.get("/console/audit").await.status, 403);
    }
    assert_eq!(refused().await.len(), 11);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_elses_sessions_are_ended_by_a_command() {
    let mut office = Office::new();
    office.hire("ito", "伊藤", &["examiner"]);
    let config = office.write_config();
    let city = office.open().await;
    let mut browsers = [(); 3].map(|()| Browser::new(city.address));
    for (browser, account) in browsers.iter_mut().zip(["ito", "ito", "sato"]) {
        assert_eq!(browser.sign_in_as(account).await.status, 303);
    }
    let end = |account: &str| {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_ubugoe-city"))
            .arg("end-sessions")
            .arg("--config")
            .arg(&config)
            .args(["--account", account])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(end("ito"), "2 sessions of ito ended\n");
    assert_eq!(end("ito"), "0 sessions of ito ended\n");
    let mut after = Vec::new();
    for browser in &mut browsers {
        after.push(browser.get("/console/filings").await.status);
    }
    assert_eq!(after, [303, 303, 200]);
    let ended: Vec<_> = lines(&office)
        .await
        .into_iter()
        .filter(|line| line.action == "sessions.ended")
        .map(|line| (line.actor, line.subject, line.detail))
        .collect();
    let line = |count: &str| ("operator".to_owned(), "ito".to_owned(), count.to_owned());
    assert_eq!(ended, [line("2"), line("0")]);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_who_opens_two_hundred_cases_in_a_row_is_never_slowed_down() {
    let office = Office::new();
    let notice = letter(canonical(&birth("ASK-1")));
    land(&office, &office.ingest().await, &notice).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    // the clock stands still: no bucket fills in between
    for _ in 0..200 {
        for path in [
            "/console/filings".to_owned(),
            format!("/console/filings/{}", notice.id),
        ] {
            assert_eq!(browser.get(&path).await.status, 200);
        }
    }
    city.stop().await;
}
