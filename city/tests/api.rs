//! The published API: what the document says is what is served; who may read what; and a stranger's tool that tries to break it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::browser::{Browser, Reply};
use crate::support::office::{Letter, Office, Running, land, letter};
use crate::support::papers::{Paper, birth, canonical};
use serde_json::Value;
use sha2::{Digest, Sha256};
use ubugoe_city::http::{api, routes, served};
use ubugoe_protocol::FilingId;

const WHOLE: &str = "token of a system that may everything";
const LISTER: &str = "token of a system that may list";
const READER: &str = "token of a system that may read";

fn client(id: &str, token: &str, rights: &[&str]) -> String {
    let hash = hex::encode(Sha256::digest(token));
    format!("[[api_client]]\nid = {id:?}\ntoken_sha256 = {hash:?}\nrights = {rights:?}\n")
}

fn office() -> Office {
    let mut office = Office::new();
    office.more = [
        client("juki", WHOLE, &["list", "content", "protected", "export"]),
        client("lister", LISTER, &["list"]),
        client("reader", READER, &["list", "content"]),
        "[limits]\naddress_burst = 1000000\naddress_per_minute = 1000000\nsession_burst = 1000000\nsession_per_minute = 1000000\n"
            .to_owned(),
    ]
    .concat();
    office
}

fn paper(certificate: &str, protected: bool) -> Letter {
    letter(canonical(&Paper {
        protected,
        ..birth(certificate)
    }))
}

struct System(Browser, &'static str);

impl System {
    fn new(city: &Running, token: &'static str) -> Self {
        Self(Browser::new(city.address), token)
    }

    async fn ask(&mut self, method: &str, path: &str) -> Reply {
        let head = format!(
            "{method} {path} HTTP/1.1\r\nauthorization: Bearer {}\r\n",
            self.1
        );
        let reply = self.0.request(&head, "").await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
        assert_eq!(reply.header("set-cookie"), None, "{path}");
        if reply.status != 200 {
            assert_eq!(
                reply.header("content-type"),
                Some("application/problem+json"),
                "{path}"
            );
            let problem: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(problem["status"], reply.status, "{path}");
            assert!(
                problem["type"]
                    .as_str()
                    .unwrap()
                    .starts_with("urn:ubugoe:problem:")
            );
        }
        reply
    }

    async fn get(&mut self, path: &str) -> Reply {
        self.ask("GET", path).await
    }

    async fn json(&mut self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(
            reply.status,
            200,
            "{path}: {}",
            String::from_utf8_lossy(&reply.body)
        );
        serde_json::from_slice(&reply.body).unwrap()
    }
}

async fn accept(city: &Running, id: FilingId) {
    let mut officer = Browser::new(city.address);
    officer.sign_in().await;
    let path = format!("/console/filings/{id}/accept");
    let page = officer.get(&path).await;
    let (csrf, version) = (page.hidden("csrf"), page.hidden("version"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", &version),
        ("confirmed", "yes"),
    ];
    assert_eq!(officer.post(&path, &fields).await.status, 303);
}

/// Addresses and methods of the document.
fn written(document: &Value) -> BTreeSet<(String, String)> {
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .flat_map(|(path, operations)| {
            let operations = operations.as_object().unwrap();
            operations
                .keys()
                .map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect()
}

#[test]
fn the_document_has_every_address_that_is_served_and_no_other() {
    let document = api::openapi();
    let written = written(&document);
    let table: BTreeSet<(String, String)> = routes::ROUTES
        .iter()
        .filter(|route| route.path.starts_with("/api/"))
        .map(|route| (route.method.to_owned(), route.path.to_owned()))
        .collect();
    assert_eq!(written, table);
    // the router tells the same of itself; tests/door.rs holds the whole table against it
    let router = served();
    for (_, path) in &written {
        assert!(
            router.contains(&format!("{path:?}")),
            "{path} is not served"
        );
    }
    assert_eq!(router.matches("\"/api/").count(), written.len());
    // every reference leads somewhere, and every operation names its right
    let text = document.to_string();
    for part in text.split("\"#/components/schemas/").skip(1) {
        let name = part.split('"').next().unwrap();
        assert!(
            document["components"]["schemas"].get(name).is_some(),
            "{name}"
        );
    }
    assert_eq!(document["openapi"], "3.1.0");
}

#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systems_read_what_was_accepted_within_their_rights_and_each_look_is_written_down() {
    let office = office();
    let ingest = office.ingest().await;
    let (first, hidden, waiting) = (
        paper("API-1", false),
        paper("API-2", true),
        paper("API-3", false),
    );
    for one in [&first, &hidden, &waiting] {
        land(&office, &ingest, one).await;
    }
    let city = office.open().await;
    let mut whole = System::new(&city, WHOLE);
    let mut reader = System::new(&city, READER);
    let mut lister = System::new(&city, LISTER);
    let list = "/api/v1/filings/accepted";
    let nothing = whole.json(list).await;
    assert_eq!(
        (nothing["next"].as_i64(), nothing["more"].as_bool()),
        (Some(0), Some(false))
    );
    // accepted in another order than they arrived in
    accept(&city, hidden.id).await;
    accept(&city, first.id).await;
    let page = whole.json(&format!("{list}?limit=1")).await;
    assert_eq!(page["filings"][0]["id"], hidden.id.to_string());
    assert_eq!(
        (
            page["filings"][0]["protected"].as_bool(),
            page["more"].as_bool()
        ),
        (Some(true), Some(true))
    );
    let next = page["next"].as_i64().unwrap();
    let page = whole.json(&format!("{list}?after={next}")).await;
    assert_eq!(page["filings"].as_array().unwrap().len(), 1);
    assert_eq!(page["filings"][0]["id"], first.id.to_string());
    let next = page["next"].as_i64().unwrap();
    let page = whole.json(&format!("{list}?after={next}")).await;
    assert_eq!(
        (
            page["filings"].as_array().unwrap().len(),
            page["next"].as_i64()
        ),
        (0, Some(next))
    );

    let of = |letter: &Letter, what: &str| format!("/api/v1/filings/{}{what}", letter.id);
    // the bytes that were signed, and nothing of them in what the city knows
    let content = whole.get(&of(&first, "/content")).await;
    assert_eq!(content.body, first.canonical);
    assert_eq!(
        whole.get(&of(&first, "/signature")).await.body,
        first.signature
    );
    let facts = lister.get(&of(&first, "")).await;
    assert_eq!(facts.status, 200);
    for secret in ["さくら", "葛", "うぶ町", "API-1"] {
        assert!(!facts.text().contains(secret), "{secret}");
        assert!(std::str::from_utf8(&content.body).unwrap().contains(secret));
    }
    // rights
    for (token, path, status) in [
        (LISTER, of(&first, "/content"), 403),
        (READER, of(&first, "/content"), 200),
        (READER, of(&hidden, "/content"), 403),
        (WHOLE, of(&hidden, "/content"), 200),
        (READER, "/api/v1/layouts".to_owned(), 403),
        (WHOLE, of(&waiting, ""), 404),
        (WHOLE, of(&waiting, "/content"), 404),
        (WHOLE, "/api/v1/filings/nothing".to_owned(), 404),
        (WHOLE, "/api/v1/nothing".to_owned(), 404),
        (WHOLE, format!("{list}?limit=0"), 400),
        (WHOLE, format!("{list}?limit=201"), 400),
        (WHOLE, format!("{list}?after=-1"), 400),
        (WHOLE, format!("{list}?after={}", "9".repeat(20)), 400),
        (WHOLE, format!("{list}?procedure=x"), 400),
    ] {
        let mut system = System::new(&city, token);
        assert_eq!(system.get(&path).await.status, status, "{path}");
    }
    assert_eq!(whole.ask("POST", list).await.status, 405);
    assert_eq!(whole.ask("DELETE", &of(&first, "")).await.status, 405);
    // an officer's session is no token, and a token no session
    let mut officer = Browser::new(city.address);
    officer.sign_in().await;
    assert_eq!(officer.get(list).await.status, 401);
    let mut stranger = System::new(&city, "token of nobody");
    let refused = stranger.get(list).await;
    assert_eq!(
        (refused.status, refused.header("www-authenticate").is_some()),
        (401, true)
    );
    assert_eq!(
        whole
            .0
            .request(
                &format!("GET /console/filings HTTP/1.1\r\nauthorization: Bearer {WHOLE}\r\n"),
                ""
            )
            .await
            .status,
        303
    );

    // a file leaves once
    let layouts = whole.json("/api/v1/layouts").await;
    let layout = layouts["layouts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|layout| layout["procedure"] == "shussei_todoke")
        .unwrap();
    let take = format!(
        "/api/v1/exports/{}?format=csv",
        layout["id"].as_str().unwrap()
    );
    assert_eq!(reader.ask("POST", &take).await.status, 403);
    let file = whole.ask("POST", &take).await;
    assert_eq!(file.status, 200);
    assert!(file.text().contains("さくら"));
    assert_eq!(whole.ask("POST", &take).await.status, 409);

    let store = office.store().await;
    let lines = store.audit_lines(0, 1_000).await.unwrap();
    let count = |actor: &str, action: &str| {
        lines
            .iter()
            .filter(|line| line.entry.actor == actor && line.entry.action == action)
            .count()
    };
    assert_eq!(count("api:juki", "api.listed"), 4);
    assert_eq!(count("api:juki", "api.content"), 2);
    assert_eq!(count("api:reader", "api.content"), 1);
    assert_eq!(count("api:lister", "api.facts"), 1);
    assert_eq!(count("api:juki", "api.signature"), 1);
    assert!(
        lines
            .iter()
            .any(|line| line.entry.actor == "api:juki" && line.entry.action == "filing.exported")
    );
    city.stop().await;
}

#[test]
fn a_slip_in_a_client_is_named_and_a_token_is_never_shown() {
    let mut office = Office::new();
    let good = client("juki", WHOLE, &["list"]);
    for (section, named) in [
        (good.replace("\"list\"", "\"lst\""), "api_client[0].rights"),
        (good.replace("juki", "住基"), "api_client[0].id"),
        (
            good.replace("token_sha256 = \"", "token_sha256 = \"geheim"),
            "api_client[0].token_sha256",
        ),
        (format!("{good}{good}"), "api_client[1]"),
    ] {
        office.more = section;
        let said = office.config_of(&office.toml()).unwrap_err().to_string();
        assert!(said.contains(named) && !said.contains("geheim"), "{said}");
    }
    office.more = good;
    assert_eq!(office.config().api.len(), 1);
    let made = Command::new(env!("CARGO_BIN_EXE_ubugoe-city"))
        .arg("make-token")
        .output()
        .unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    let (token, rest) = text.split_once('\n').unwrap();
    assert!(rest.contains(&hex::encode(Sha256::digest(token))));
}

/// Schemathesis with everything it needs, installed once for each list beside the other test data.
fn installed() -> PathBuf {
    let list = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/api/requirements.txt");
    let digest = Sha256::digest(std::fs::read(&list).unwrap());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::create_dir_all(target).unwrap();
    let place = target.join(format!("schemathesis-{}", &hex::encode(digest)[..16]));
    let program = place.join("bin/st");
    let ready = place.join("ready");
    if ready.exists() {
        return program;
    }
    // a virtual environment knows where it lies, so it is made in its place; one that was broken off is made again
    let made = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(&place)
        .output();
    let made = made.expect("Python 3.10 or newer with venv is needed: it runs the API's tester");
    assert!(made.status.success(), "python3 -m venv: {made:?}");
    let done = Command::new(place.join("bin/pip"))
        .args([
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--requirement",
        ])
        .arg(&list)
        .output()
        .unwrap();
    assert!(done.status.success(), "pip install: {done:?}");
    std::fs::write(ready, "").unwrap();
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tester_that_reads_the_document_finds_nothing_wrong() {
    let office = office();
    let ingest = office.ingest().await;
    let one = paper("API-9", false);
    land(&office, &ingest, &one).await;
    let city = office.open().await;
    accept(&city, one.id).await;
    let (address, folder) = (city.address, office.folder.path().to_path_buf());
    let run = tokio::task::spawn_blocking(move || {
        Command::new(installed())
            .current_dir(folder)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .arg("run")
            .arg(format!("http://{address}/api/v1/openapi.json"))
            .args(["--header", &format!("Authorization: Bearer {WHOLE}")])
            .args(["--checks", "all", "--mode", "all", "--max-examples", "15"])
            .args([
                "--max-time",
                "20",
                "--seed",
                "20261127",
                "--generation-database",
                "none",
            ])
            .args(["--workers", "1", "--no-color"])
            .output()
            .unwrap()
    })
    .await
    .unwrap();
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    assert!(
        run.status.success(),
        "{said}\n{}",
        String::from_utf8_lossy(&run.stderr)
    );
    // it did ask: every address was tried, many times
    let lines = office.store().await.audit_lines(0, 100_000).await.unwrap();
    let asked = lines
        .iter()
        .filter(|line| line.entry.actor == "api:juki")
        .count();
    assert!(asked > 20, "{asked} answers\n{said}");
    city.stop().await;
}
