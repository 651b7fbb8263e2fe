//! The other parent's signature, from the family's page through a real provider with a signing endpoint and back: what counts,
//! what does not and how it is said, what a correction does to it, and that nothing ever waits for it.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::support::browser::{Browser, Reply};
use crate::support::now;
use crate::support::office::{Hands, Letter, Office, Running, land, on_each_store, signed_by};
use crate::support::papers::{
    Authority, FATHER_SIGNS, GRANDMOTHER_SIGNS, MOTHER_SIGNS, Paper, Parent, birth, canonical,
    parent,
};
use crate::support::provider::{PUBLIC, installed, through};
use crate::support::shown::{accessible, fits_a_phone, narrow};
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::json;
use sha2::{Digest, Sha256};
use ubugoe_bench::browser::Browser as Window;
use ubugoe_bench::process::Process;
use ubugoe_city::casework::FilingState;
use ubugoe_city::casework::second::{Named, Outcome, SecondFinding};
use ubugoe_city::store::Finding;
use ubugoe_city::store::second::{SecondKind, SecondSignature, TakenUp};
use ubugoe_protocol::FilingId;

/// Everybody who signs, and with what.
struct People {
    authority: Authority,
    mother: Parent,
    /// login, certificate, fault of the service.
    signers: Vec<(&'static str, Parent, &'static str)>,
}

fn people() -> &'static People {
    static PEOPLE: OnceLock<People> = OnceLock::new();
    PEOPLE.get_or_init(|| {
        let authority = Authority::new();
        let (mother, father, grandmother) = (MOTHER_SIGNS, FATHER_SIGNS, GRANDMOTHER_SIGNS);
        let stranger = Authority::new().issue(Some(father), 2029);
        let first = authority.issue(Some(mother), 2029);
        let again = first.clone();
        let signers = vec![
            ("father", authority.issue(Some(father), 2029), ""),
            ("mother", again, ""),
            // the same person with another certificate, as a phone has one of its own
            ("phone", authority.issue(Some(mother), 2029), ""),
            ("grandmother", authority.issue(Some(grandmother), 2029), ""),
            ("nameless", authority.issue(None, 2029), ""),
            ("stranger", stranger, ""),
            ("expired", authority.issue(Some(father), 2026), ""),
            ("other", authority.issue(Some(father), 2029), "other"),
            ("nothing", authority.issue(Some(father), 2029), "nothing"),
            ("broken", authority.issue(Some(father), 2029), "broken"),
            ("plain", authority.issue(Some(father), 2029), "plain"),
        ];
        People {
            authority,
            mother: first,
            signers,
        }
    })
}

/// The signing service, as a process of its own.
struct Service {
    process: Process,
    issuer: String,
}

/// Writes the city's keys into its folder, and answers the configuration's section for a service there.
fn section(folder: &Path, issuer: &str) -> String {
    let client = KeyPair::generate().unwrap();
    let opening = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    for (name, text) in [
        ("rp.key", client.serialize_pem()),
        ("rp.pub", client.public_key_pem()),
        ("rp-open.key", opening.serialize_pem()),
        ("rp-open.pub", opening.public_key_pem()),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    sectioned(issuer)
}

fn sectioned(issuer: &str) -> String {
    format!(
        "[second_signature]\nissuer = \"{issuer}\"\ntransactions = \"{issuer}/api/sign-transactions\"\n\
         client_id = \"RP00000001\"\nclient_key = \"rp.key\"\nopening_key = \"rp-open.key\"\n"
    )
}

fn pem(der: &[u8]) -> String {
    use base64ct::{Base64, Encoding as _};
    let text = Base64::encode_string(der);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}

impl Service {
    fn start(folder: &Path) -> Self {
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
        let mut logins = serde_json::Map::new();
        for (login, person, fault) in &people().signers {
            let (key, cert) = (
                folder.join(format!("{login}.key")),
                folder.join(format!("{login}.crt")),
            );
            std::fs::write(&key, &person.key_pem).unwrap();
            std::fs::write(&cert, pem(&person.certificate)).unwrap();
            logins.insert(
                (*login).to_owned(),
                json!({ "key": key, "cert": cert, "fault": fault,
                    "name": format!("言わなくてよい名{login}"), "address": "言わなくてよい住所" }),
            );
        }
        let asked = json!({
            "redirect": format!("{PUBLIC}/f/second-signature/back"),
            "client": { "id": "RP00000001", "key": read("rp.pub") },
            "opens": read("rp-open.pub"),
            "people": logins,
        });
        let mut command = Command::new("node");
        command
            .arg(installed().join("signing.mjs"))
            .arg(asked.to_string());
        let process = Process::spawn("signing", command, folder.join("signing.log")).unwrap();
        let ready = process.wait_ready(Duration::from_mins(1)).unwrap();
        let issuer = ready["issuer"].as_str().unwrap().to_owned();
        Self { process, issuer }
    }

    fn browser(&self) -> Browser {
        let port: u16 = self.issuer.rsplit(':').next().unwrap().parse().unwrap();
        Browser::new(([127, 0, 0, 1], port).into())
    }
}

/// A city beside a signing service.
struct Town {
    office: Office,
    city: Running,
    service: Service,
}

impl Town {
    async fn new() -> Self {
        let mut office = Office::new();
        office.hands = Hands::at(now());
        let folder = office.folder.path();
        let both = format!("{}\n{}", parent().authority_pem, people().authority.pem);
        std::fs::write(folder.join("jpki-sign-ca.pem"), both).unwrap();
        section(folder, "http://127.0.0.1:1");
        let service = Service::start(folder);
        office.more = sectioned(&service.issuer);
        let city = office.open().await;
        Self {
            office,
            city,
            service,
        }
    }

    /// Lands a letter and answers its family's link.
    async fn land(&self, letter: &Letter) -> String {
        let ingest = self.office.ingest().await;
        land(&self.office, &ingest, letter).await.status_token
    }

    /// Goes to the service as somebody and back; answers the page that follows.
    async fn sign(&self, browser: &mut Browser, token: &str, login: &str) -> Reply {
        let there = begin(browser, token).await;
        let back = self.come_back(&there, login).await;
        finish(browser, token, &back).await
    }

    async fn come_back(&self, there: &str, login: &str) -> String {
        through(
            &self.service.issuer,
            &mut self.service.browser(),
            there,
            login,
        )
        .await
    }

    fn rows(&self) -> i64 {
        let c = rusqlite::Connection::open(self.office.folder.path().join("city.db")).unwrap();
        let rows = c.query_row("SELECT count(*) FROM second_signatures", [], |row| {
            row.get(0)
        });
        rows.unwrap()
    }

    async fn audited(&self) -> Vec<String> {
        let lines = self.office.store().await.audit_lines(0, 1_000).await;
        let lines = lines.unwrap().into_iter().map(|line| line.entry);
        lines
            .filter(|entry| entry.action.starts_with("second."))
            .map(|entry| format!("{} {} {}", entry.actor, entry.action, entry.detail))
            .collect()
    }
}

/// Where the other parent signs.
pub(crate) fn page(token: &str) -> String {
    format!("/f/{token}/second-signature")
}

/// Opens the door with the mother's date of birth.
async fn enter(city: &Running, token: &str) -> Browser {
    let mut browser = Browser::new(city.address);
    browser.open_family(token).await;
    browser
}

/// Where a page goes on to by itself.
fn onwards(page: &Reply) -> String {
    let text = page.text();
    let rest = text.split("content=\"0; url=").nth(1);
    let rest = rest.unwrap_or_else(|| panic!("it goes nowhere: {text}"));
    rest[..rest.find('"').unwrap()].replace("&amp;", "&")
}

/// Presses the button, and answers where the browser is sent.
async fn begin(browser: &mut Browser, token: &str) -> String {
    let sent = press(browser, token).await;
    assert_eq!(sent.status, 200, "{}", sent.brief());
    onwards(&sent)
}

async fn press(browser: &mut Browser, token: &str) -> Reply {
    let form = browser.get(&page(token)).await;
    let fields = ["csrf", "filing", "sha256"].map(|name| (name, form.hidden(name)));
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    browser.post(&page(token), &fields).await
}

async fn finish(browser: &mut Browser, token: &str, back: &str) -> Reply {
    let arrived = browser.get(back).await;
    assert_eq!(arrived.status, 200, "{}", arrived.brief());
    assert_eq!(onwards(&arrived), page(token));
    assert!(!browser.cookies.contains_key("ubugoe_second"));
    browser.get(&page(token)).await
}

/// What stands of second signatures on a page.
pub(crate) fn marks(page: &Reply) -> Vec<String> {
    let parts = page.text().split("data-second=\"").skip(1);
    parts
        .map(|rest| rest[..rest.find('"').unwrap()].to_owned())
        .collect()
}

fn first(certificate: &str) -> Letter {
    signed_by(&people().mother, canonical(&birth(certificate)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_other_parent_signs_the_very_bytes_and_openssl_accepts_what_officers_save() {
    let town = Town::new().await;
    let letter = first("SEC-1");
    let token = town.land(&letter).await;
    // the door stands before it
    let shut = Browser::new(town.city.address).get(&page(&token)).await;
    assert_eq!(shut.status, 403);
    assert!(!shut.text().contains("太郎"));
    let mut browser = enter(&town.city, &token).await;
    let line = browser.get(&format!("/f/{token}")).await;
    assert!(line.text().contains("data-room=\"second-signature\""));
    // what is shown is read from the bytes, and the bytes are there to be saved
    let shown = browser.get(&page(&token)).await;
    let filing = ubugoe_procedures::Filing::parse(&letter.canonical).unwrap();
    for row in &filing.rows {
        let value = row.shown.ja.replace('&', "&amp;");
        assert!(shown.text().contains(&value), "{}", row.path);
    }
    let sum = hex::encode(Sha256::digest(&letter.canonical));
    assert!(shown.text().replace(' ', "").contains(&sum));
    let saved = format!("{}/{}/filing.json", page(&token), letter.id);
    let saved = browser.get(&saved).await;
    assert_eq!(saved.body, letter.canonical);
    assert_eq!(saved.header("cache-control"), Some("no-store"));
    // to the service and back
    let there = begin(&mut browser, &token).await;
    for part in [
        "response_type=code",
        "code_challenge_method=S256",
        "state=",
        "nonce=",
        "scope=openid+sign",
        "sign_transaction_id=",
        "client_id=RP00000001",
    ] {
        assert!(there.contains(part), "{part} is not in {there}");
    }
    assert!(!there.contains(&token), "the link leaves for somebody else");
    let back = town.come_back(&there, "father").await;
    assert!(!back.contains(&token));
    let done = finish(&mut browser, &token, &back).await;
    assert_eq!(marks(&done), ["given"]);
    assert!(done.text().contains("もうひとりの親の署名を受け取りました"));
    assert!(!done.text().contains("<form"));
    // the officer sees who, when and whether it holds, and saves a file that others can check
    let mut officer = Browser::new(town.city.address);
    officer.sign_in().await;
    let case = format!("/console/filings/{}", letter.id);
    let seen = officer.get(&case).await;
    assert!(seen.text().contains("id=\"second-signature\""));
    assert!(seen.text().contains("data-named=\"father\""));
    let file = officer.get(&format!("{case}/second-signatures/1")).await;
    assert_eq!(
        file.header("content-type"),
        Some("application/pkcs7-signature")
    );
    let folder = town.office.folder.path();
    std::fs::write(folder.join("second.p7s"), &file.body).unwrap();
    std::fs::write(folder.join("content"), &letter.canonical).unwrap();
    std::fs::write(folder.join("ca.pem"), &people().authority.pem).unwrap();
    let judged = |content: &str| {
        let asked = format!(
            "cms -verify -binary -inform DER -in second.p7s -content {content} -CAfile ca.pem -purpose any -out out"
        );
        let mut command = Command::new("openssl");
        command.args(asked.split(' ')).current_dir(folder);
        command.output().unwrap()
    };
    let good = judged("content");
    assert!(good.status.success(), "{good:?}");
    assert!(!judged("city.toml").status.success() && !judged("ca.pem").status.success());
    assert_eq!(
        officer
            .get(&format!("{case}/second-signatures/2"))
            .await
            .status,
        404
    );
    // of the person nothing is kept but the certificate in the proof: no subject of theirs, no claims, no tokens
    let text = std::fs::read(folder.join("city.db")).unwrap();
    let wal = std::fs::read(folder.join("city.db-wal")).unwrap_or_default();
    for secret in ["ppid-father", "言わなくてよい", "sign_transaction"] {
        for kept in [&text, &wal] {
            let at = kept
                .windows(secret.len())
                .position(|w| w == secret.as_bytes());
            assert_eq!(at, None, "{secret} is kept");
        }
    }
    assert_eq!(
        town.audited().await,
        ["family second.begun ", "family second.given given"]
    );
    town.city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_count_is_said_plainly_and_the_filing_is_accepted_all_the_same() {
    let town = Town::new().await;
    let letter = first("SEC-2");
    let token = town.land(&letter).await;
    let mut browser = enter(&town.city, &token).await;
    for (login, outcome, words) in [
        ("", "refused", "署名は取りやめになりました"),
        (
            "mother",
            "same_person",
            "はじめに署名した方と同じ人の署名でした",
        ),
        (
            "phone",
            "same_person",
            "はじめに署名した方と同じ人の署名でした",
        ),
        (
            "stranger",
            "untrusted",
            "この電子証明書での署名は受け取れません",
        ),
        ("expired", "expired", "有効期間が過ぎています"),
        (
            "other",
            "other_bytes",
            "この内容への署名ではありませんでした",
        ),
        ("nothing", "away", "署名のサービスにつながりませんでした"),
        ("broken", "away", "署名のサービスにつながりませんでした"),
        ("plain", "unread", "署名を確かめられなかった"),
    ] {
        let after = town.sign(&mut browser, &token, login).await;
        assert_eq!(marks(&after), ["arrived", outcome], "{login}");
        assert!(after.text().contains(words), "{login}");
        assert_eq!(town.rows(), 0, "{login}");
        town.office.hands.forward(1);
    }
    // another browser's answer, and an answer to nothing
    let there = begin(&mut browser, &token).await;
    let back = town.come_back(&there, "father").await;
    let stray = Browser::new(town.city.address).get(&back).await;
    assert_eq!(stray.status, 403, "{}", stray.brief());
    let forged = browser
        .get("/f/second-signature/back?state=made-up&code=made-up")
        .await;
    assert_eq!(forged.status, 403);
    // another provider's answer
    let mixed = format!(
        "{}&iss=http%3A%2F%2F127.0.0.1%3A9",
        back.split("&iss=").next().unwrap()
    );
    let kept = browser.cookies.clone();
    let after = finish(&mut browser, &token, &mixed).await;
    assert_eq!(marks(&after), ["arrived", "unread"]);
    // and the right one cannot be replayed after it
    browser.cookies = kept;
    let after = finish(&mut browser, &token, &back).await;
    assert_eq!(marks(&after), ["arrived", "unread"]);
    assert_eq!(town.rows(), 0);
    // somebody whom the filing does not name is kept for an officer, and does not stand in the father's way
    let after = town.sign(&mut browser, &token, "grandmother").await;
    assert_eq!(marks(&after), ["arrived", "strange"]);
    let there = begin(&mut browser, &token).await;
    let back = town.come_back(&there, "father").await;
    let kept = browser.cookies.clone();
    let after = finish(&mut browser, &token, &back).await;
    assert_eq!(marks(&after), ["given"]);
    browser.cookies = kept;
    finish(&mut browser, &token, &back).await;
    assert_eq!(town.rows(), 2, "replayed");
    let mut officer = Browser::new(town.city.address);
    officer.sign_in().await;
    let case = format!("/console/filings/{}", letter.id);
    let seen = officer.get(&case).await;
    for named in ["father", "nobody"] {
        assert!(seen.text().contains(&format!("data-named=\"{named}\"")));
    }
    without_the_service(&town, &mut officer).await;
    town.city.stop().await;
}

/// Too late, then without the service: said so, nothing begun, and the officer decides.
async fn without_the_service(town: &Town, officer: &mut Browser) {
    let other = first("SEC-3");
    let theirs = town.land(&other).await;
    let mut browser = enter(&town.city, &theirs).await;
    // too late
    let there = begin(&mut browser, &theirs).await;
    let late = town.come_back(&there, "father").await;
    town.office.hands.forward(15 * 60 + 1);
    let after = finish(&mut browser, &theirs, &late).await;
    assert_eq!(marks(&after), ["arrived", "late"]);
    town.service
        .process
        .terminate(Duration::from_secs(10))
        .unwrap();
    let away = press(&mut browser, &theirs).await;
    assert_eq!(marks(&away), ["trouble", "arrived"]);
    assert!(away.text().contains("手続きは進んでいます"));
    let case = format!("/console/filings/{}", other.id);
    let seen = officer.get(&case).await;
    assert!(seen.text().contains("data-second=\"none\""));
    let confirm = officer.get(&format!("{case}/accept")).await;
    let (csrf, version) = (confirm.hidden("csrf"), confirm.hidden("version"));
    let fields = [("csrf", csrf.as_str()), ("version", version.as_str())];
    let done = officer.post(&format!("{case}/accept"), &fields).await;
    assert_eq!(done.status, 303, "{}", done.brief());
    let after = browser.get(&page(&theirs)).await;
    assert_eq!(marks(&after), ["accepted"]);
    assert!(!after.text().contains("<form"));
}

#[test]
fn the_section_names_every_problem_at_once_and_no_key() {
    let mut office = Office::new();
    let folder = office.folder.path();
    section(folder, "http://127.0.0.1:1");
    std::fs::write(folder.join("none.key"), "no key at all").unwrap();
    assert!(office.config().signing.is_none());
    office.more = "[second_signature]\nissuer = \"http://sign.asukoe.example\"\ntransactions = \"ftp://127.0.0.1\"\n\
        client_key = \"none.key\"\nopening_key = \"rp.key\"\nprocedures = [\"shusse_todoke\"]\nother = 1\n"
        .to_owned();
    let problems = office.config_of(&office.toml()).unwrap_err();
    let keys: Vec<&str> = problems.0.iter().map(|one| one.key.as_str()).collect();
    let expected = [
        "issuer",
        "transactions",
        "client_id",
        "client_key",
        "opening_key",
        "procedures[0]",
        "other",
    ];
    for name in expected {
        let key = format!("second_signature.{name}");
        assert!(keys.contains(&key.as_str()), "{key}: {keys:?}");
    }
    assert!(!problems.to_string().contains("no key at all"));
    office.more = sectioned("http://127.0.0.1:1");
    let config = office.config().signing.unwrap();
    assert!(config.card && config.service.is_some());
    assert_eq!(Vec::from_iter(config.procedures), ["shussei_todoke"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_corrected_filing_makes_the_signature_stale_and_both_are_asked_again() {
    let town = Town::new().await;
    let letter = first("SEC-4");
    let token = town.land(&letter).await;
    let twin = Letter {
        case: letter.case,
        case_seq: 1,
        ..signed_by(
            &people().mother,
            canonical(&Paper {
                order: 2,
                child: "もみじ".into(),
                ..birth("SEC-4")
            }),
        )
    };
    town.land(&twin).await;
    let mut browser = enter(&town.city, &token).await;
    let page_now = browser.get(&page(&token)).await;
    assert_eq!(
        marks(&page_now),
        ["arrived", "arrived"],
        "twins are two filings"
    );
    // the form of the first child is the first on the page
    let signed = town.sign(&mut browser, &token, "father").await;
    assert_eq!(marks(&signed), ["given", "arrived"]);
    // corrected while the father is on his way with the other child's filing: that one is as it was
    let corrected = |seq: u32, child: &str, order: u8| Letter {
        case: letter.case,
        case_seq: seq,
        ..signed_by(
            &people().mother,
            canonical(&Paper {
                child: child.into(),
                order,
                ..birth("SEC-4")
            }),
        )
    };
    let next = corrected(2, "すみれ", 1);
    town.land(&next).await;
    let stale = browser.get(&page(&token)).await;
    assert_eq!(marks(&stale), ["arrived", "again", "arrived"]);
    assert!(stale.text().contains("前の署名は使えません"));
    assert!(stale.text().contains("すみれ") && !stale.text().contains("さくら"));
    let line = browser.get(&format!("/f/{token}")).await;
    assert!(marks(&line).contains(&"again".to_owned()));
    // told once, by a notice that any way of telling hands on
    let store = town.office.store().await;
    let at = town.office.now();
    store.second_tell(at).await.unwrap();
    assert_eq!(store.second_tell(at).await.unwrap(), 0, "told twice");
    store.hand_out(at).await.unwrap();
    let line = browser.get(&format!("/f/{token}")).await;
    let told = line.text().matches("data-code=\"sign_again\"").count();
    assert_eq!(told, 1);
    let mut officer = Browser::new(town.city.address);
    officer.sign_in().await;
    for (id, mark) in [
        (letter.id, "replaced"),
        (next.id, "again"),
        (twin.id, "none"),
    ] {
        let seen = officer.get(&format!("/console/filings/{id}")).await;
        let mark = format!("data-second=\"{mark}\"");
        assert!(seen.text().contains(&mark), "{mark}");
    }
    // replaced once more while the father is at the service: what he signed does not count for what there is now
    let forms = browser.get(&page(&token)).await;
    let replaced = forms.text().contains(&next.id.to_string());
    assert!(replaced);
    let second = post_for(&mut browser, &token, next.id, &next.canonical).await;
    let back = town.come_back(&onwards(&second), "father").await;
    let last = corrected(3, "つばき", 1);
    town.land(&last).await;
    let page_now = finish(&mut browser, &token, &back).await;
    assert_eq!(town.rows(), 1);
    assert_eq!(marks(&page_now), ["arrived", "again", "arrived"]);
    assert_eq!(
        town.audited().await.last().map(String::as_str),
        Some("family second.failed replaced")
    );
    // what was shown must be what is signed: a button of the earlier page does nothing
    let old = post_for(&mut browser, &token, last.id, &next.canonical).await;
    assert_eq!(marks(&old)[0], "trouble");
    // and the new content can be signed
    let second = post_for(&mut browser, &token, last.id, &last.canonical).await;
    let back = town.come_back(&onwards(&second), "father").await;
    let signed = finish(&mut browser, &token, &back).await;
    assert_eq!(marks(&signed), ["arrived", "given"]);
    town.city.stop().await;
}

async fn post_for(browser: &mut Browser, token: &str, id: FilingId, bytes: &[u8]) -> Reply {
    let form = browser.get(&page(token)).await;
    let (csrf, id) = (form.hidden("csrf"), id.to_string());
    let sum = hex::encode(Sha256::digest(bytes));
    let fields = [
        ("csrf", csrf.as_str()),
        ("filing", id.as_str()),
        ("sha256", sum.as_str()),
    ];
    browser.post(&page(token), &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_asked_where_somebody_is_protected_or_one_parent_is_named_or_there_is_no_service()
{
    let mut office = Office::new();
    office.more = section(office.folder.path(), "http://127.0.0.1:1");
    let city = office.open().await;
    let ingest = office.ingest().await;
    let plain = crate::support::office::letter(canonical(&birth("SEC-5")));
    let other = crate::support::office::letter(canonical(&birth("SEC-6")));
    // the claim of the same case asks for confidential handling; the notification itself does not
    let guarded = crate::support::office::letter(canonical(&birth("SEC-7")));
    let claim = Letter {
        case: guarded.case,
        case_seq: 1,
        ..crate::support::office::letter(canonical(&Paper {
            protected: true,
            ..crate::support::papers::allowance("SEC-7")
        }))
    };
    let mut tokens = Vec::new();
    for one in [&plain, &other, &guarded, &claim] {
        tokens.push(land(&office, &ingest, one).await.status_token);
    }
    let mut browser = enter(&city, &tokens[2]).await;
    let nothing = browser.get(&page(&tokens[2])).await;
    assert!(nothing.text().contains("id=\"nothing\""));
    assert!(!nothing.text().contains("太郎") && !nothing.text().contains("うぶ町"));
    let line = browser.get(&format!("/f/{}", tokens[2])).await;
    assert!(!line.text().contains("data-room=\"second-signature\""));
    let path = format!("{}/{}/filing.json", page(&tokens[2]), guarded.id);
    assert_eq!(browser.get(&path).await.status, 404);
    // another family's filing is not there, neither to be seen nor to be signed
    let mut browser = enter(&city, &tokens[0]).await;
    let path = format!("{}/{}/filing.json", page(&tokens[0]), other.id);
    assert_eq!(browser.get(&path).await.status, 404);
    let own = format!("{}/{}/filing.json", page(&tokens[0]), plain.id);
    assert_eq!(browser.get(&own).await.status, 200);
    let foreign = post_for(&mut browser, &tokens[0], other.id, &other.canonical).await;
    assert_eq!(foreign.status, 404);
    let form = browser.get(&page(&tokens[0])).await;
    let id = plain.id.to_string();
    let fields = [("csrf", "0"), ("filing", id.as_str())];
    let forged = browser.post(&page(&tokens[0]), &fields).await;
    assert_eq!(forged.status, 403, "{}", form.brief());
    city.stop().await;
    // and a city without such a service has no such page
    office.more = String::new();
    let city = office.open().await;
    let mut browser = enter(&city, &tokens[0]).await;
    assert_eq!(browser.get(&page(&tokens[0])).await.status, 404);
    let line = browser.get(&format!("/f/{}", tokens[0])).await;
    assert!(!line.text().contains("second-signature"));
    assert_eq!(
        browser.get("/f/second-signature/back?code=1").await.status,
        404
    );
    city.stop().await;
}

fn given(signer: u8, digest: [u8; 32], named: Named) -> SecondSignature {
    SecondSignature {
        signer: [signer; 32],
        kind: SecondKind::App,
        digest,
        given_at: 0,
        cms: vec![0x30, signer],
        finding: SecondFinding {
            math: Finding::Ok,
            chain: Finding::Ok,
            validity: Finding::Ok,
            revocation: Finding::Unknown,
            distinct: Finding::Ok,
            named,
        },
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_take_an_attempt_up_once_and_tell_a_family_once() {
    on_each_store(async |office| {
        let store = office.store().await;
        let ingest = office.ingest().await;
        let letter = crate::support::office::letter(canonical(&birth("SEC-8")));
        let receipt = land(office, &ingest, &letter).await;
        let digest: [u8; 32] = Sha256::digest(&letter.canonical).into();
        let case: [u8; 32] = Sha256::digest(&receipt.status_token).into();
        let begin = async |way: u8| {
            let asked = (letter.id, digest, "a-1".to_owned());
            store
                .second_begin([way; 32], asked, (10, 20))
                .await
                .unwrap();
        };
        // two requests with one answer: one of them has it
        begin(1).await;
        let both = (0..8).map(|_| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.second_take_up([1; 32], 15).await.unwrap() })
        });
        let mut taken = Vec::new();
        for one in both.collect::<Vec<_>>() {
            taken.push(one.await.unwrap());
        }
        let now = TakenUp::Now(letter.id, digest, "a-1".to_owned());
        assert_eq!(taken.iter().filter(|one| **one == now).count(), 1);
        assert_eq!(taken.iter().filter(|one| **one == TakenUp::Not).count(), 7);
        assert_eq!(
            store.second_take_up([9; 32], 15).await.unwrap(),
            TakenUp::Not
        );
        let end = async |way: u8, by| store.second_end([way; 32], by, 16).await.unwrap();
        let first = end(1, Ok(given(7, digest, Named::Nobody))).await;
        assert_eq!(first, Outcome::Given);
        // ended is ended
        assert_eq!(
            end(1, Ok(given(8, digest, Named::Father))).await,
            Outcome::Already
        );
        for (way, signer, named, outcome) in [
            (2, 7, Named::Nobody, Outcome::Already),
            (3, 8, Named::Father, Outcome::Given),
            (4, 9, Named::Nobody, Outcome::Given),
            (5, 10, Named::Nobody, Outcome::Given),
            (6, 11, Named::Nobody, Outcome::Already),
        ] {
            begin(way).await;
            store.second_take_up([way; 32], 15).await.unwrap();
            let found = end(way, Ok(given(signer, digest, named))).await;
            assert_eq!(found, outcome, "{way}");
        }
        begin(12).await;
        assert_eq!(
            store.second_take_up([12; 32], 21).await.unwrap(),
            TakenUp::Late
        );
        let asked = store.second_asked(case).await.unwrap();
        assert_eq!(asked.filings.len(), 1);
        assert_eq!(asked.filings[0].given_at, Some(16));
        assert_eq!(asked.filings[0].strange_at, Some(16));
        assert_eq!(asked.filings[0].last, Some(Outcome::Late));
        assert_eq!(asked.filings[0].state, FilingState::Arrived);
        assert_eq!(store.second_of(letter.id).await.unwrap().given.len(), 4);
        // replaced: told once, also by two programs at a time
        assert_eq!(store.second_tell(30).await.unwrap(), 0);
        let next = Letter {
            case: letter.case,
            case_seq: 1,
            ..crate::support::office::letter(canonical(&Paper {
                child: "すみれ".into(),
                ..birth("SEC-8")
            }))
        };
        land(office, &ingest, &next).await;
        let (one, two) = tokio::join!(store.second_tell(30), store.second_tell(30));
        assert_eq!(one.unwrap() + two.unwrap(), 1);
        let of = store.second_of(next.id).await.unwrap();
        assert!(of.again && of.given.is_empty() && !of.replaced);
        assert!(store.second_of(letter.id).await.unwrap().replaced);
        let line = store.family_line(case, 31).await.unwrap();
        assert_eq!(line.notices.len(), 0, "handed out only by the engine");
        store.hand_out(31).await.unwrap();
        let line = store.family_line(case, 31).await.unwrap();
        assert_eq!(line.notices.len(), 1);
        assert_eq!(line.notices[0].code, "sign_again");
    })
    .await;
}

#[test]
fn the_page_is_readable_on_a_small_phone_and_axe_finds_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("second");
    std::fs::create_dir_all(&folder).unwrap();
    let (city, token, office) = runtime.block_on(async {
        let mut office = Office::new();
        office.more = section(office.folder.path(), "http://127.0.0.1:1");
        let city = office.open().await;
        let letter = crate::support::office::letter(canonical(&birth("SEC-9")));
        let token = land(&office, &office.ingest().await, &letter)
            .await
            .status_token;
        (city, token, office)
    });
    let profile = tempfile::tempdir().unwrap();
    let window = Window::start(profile.path(), false, (360, 740)).unwrap();
    let address = |place: &str| format!("http://{}{place}", city.address);
    window.open(&address(&page(&token))).unwrap();
    for (id, text) in [("year", "1996"), ("month", "11"), ("day", "23")] {
        window.fill(id, text).unwrap();
    }
    window.click("open").unwrap();
    window.wait_css("article.filing").unwrap();
    for tongue in ["ja", "easy", "vi", "ne"] {
        let place = format!("{}?lang={tongue}", page(&token));
        window.open(&address(&place)).unwrap();
        window.wait_css("article.filing form button").unwrap();
        narrow(&window);
        accessible(&window, &folder, tongue);
        fits_a_phone(&window, tongue);
        let down = "document.querySelector('article.filing form').scrollIntoView({block: 'end'}); arguments[arguments.length - 1](1);";
        window.ask(down, Vec::new()).unwrap();
        window
            .snapshot(&folder.join(format!("{tongue}-form.png")))
            .unwrap();
    }
    // the press leads to a service that is away, and says so on the page
    window.click_css("article.filing form button").unwrap();
    window.wait_css("[data-second=trouble]").unwrap();
    window.snapshot(&folder.join("away.png")).unwrap();
    drop(window);
    runtime.block_on(city.stop());
    drop(office);
}
