//! Signing in through a real, certified identity provider, without a browser: every step and every cookie by hand.

use std::time::Duration;

use crate::support::browser::{Browser, Reply};
use crate::support::now;
use crate::support::office::{Hands, Office, Running, land, letter};
use crate::support::papers::{birth, canonical};
use crate::support::provider::{IdentityProvider, PUBLIC, SECRET, Wish};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use ubugoe_bench::process::Process;

/// An office beside a provider; 佐藤's local account is for set-up only.
fn office(section: &str) -> Office {
    let mut office = Office::new();
    office.hands = Hands::at(now());
    office.roles = String::from("[\"administrator\"]");
    office.more = String::from(section);
    std::fs::write(office.folder.path().join("oidc.secret"), SECRET).unwrap();
    office
}

async fn town(wish: &Wish) -> (Office, Running, IdentityProvider) {
    let folder = tempfile::tempdir().unwrap();
    let provider = IdentityProvider::start(folder.path(), wish);
    let office = office(&provider.section(""));
    let city = office.open().await;
    (office, city, provider)
}

/// Where a page goes on to by itself.
fn onwards(page: &Reply) -> String {
    let text = page.text();
    let rest = text.split("content=\"0; url=").nth(1);
    let rest = rest.unwrap_or_else(|| panic!("it goes nowhere: {}", page.brief()));
    rest[..rest.find('"').unwrap()].replace("&amp;", "&")
}

/// Begins at the city, and answers where it sends the browser.
async fn begin(browser: &mut Browser) -> String {
    let form = browser.get("/console/sign-in").await;
    let csrf = form.hidden("csrf");
    let sent = browser
        .post("/console/sign-in/provider", &[("csrf", &csrf)])
        .await;
    assert_eq!(sent.status, 200, "{}", sent.brief());
    onwards(&sent)
}

/// The whole way, up to and with the answer of the city.
async fn sign_in(browser: &mut Browser, provider: &IdentityProvider, login: &str) -> Reply {
    let there = begin(browser).await;
    let back = provider
        .through(&mut provider.browser(), &there, login)
        .await;
    browser.get(&back).await
}

/// Actor, action, detail of what the audit log says about the door, oldest first.
async fn audited(office: &Office) -> Vec<[String; 3]> {
    let lines = office.store().await.audit_lines(0, 1_000).await.unwrap();
    let door = lines.into_iter().map(|line| line.entry);
    door.filter(|entry| entry.action.starts_with("sign_") || entry.action.starts_with("door."))
        .map(|entry| [entry.actor, entry.action, entry.detail])
        .collect()
}

fn line(actor: &str, action: &str, detail: &str) -> [String; 3] {
    [actor.to_owned(), action.to_owned(), detail.to_owned()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_officer_signs_in_works_with_their_roles_and_signs_out_here_and_there() {
    let (office, city, provider) = town(&Wish::default()).await;
    let ingest = office.ingest().await;
    let notice = letter(canonical(&birth("ASK-1")));
    land(&office, &ingest, &notice).await;
    let mut browser = Browser::new(city.address);
    let there = begin(&mut browser).await;
    for part in [
        "response_type=code",
        "code_challenge_method=S256",
        "scope=openid+profile+ubugoe",
    ] {
        assert!(there.contains(part), "{part} is not in {there}");
    }
    let mut theirs = provider.browser();
    let back = provider.through(&mut theirs, &there, "u-kato").await;
    let arrived = browser.get(&back).await;
    assert_eq!(
        (arrived.status, onwards(&arrived).as_str()),
        (200, "/console/filings"),
        "{}",
        arrived.brief()
    );
    let strict = arrived.headers.iter().any(|(name, value)| {
        name == "set-cookie"
            && value.starts_with("ubugoe_session=")
            && value.ends_with("HttpOnly; SameSite=Strict")
    });
    assert!(strict, "{:?}", arrived.headers);
    assert_eq!(
        browser.cookies.keys().collect::<Vec<_>>(),
        ["ubugoe_session"],
        "nothing of the way is left"
    );
    // an examiner: sees and returns, does not decide, does not see the log
    let open = browser
        .get(&format!("/console/filings/{}", notice.id))
        .await;
    assert_eq!(open.status, 200);
    assert!(open.text().contains("\u{20BB7}田　咲") && open.text().contains("id=\"return\""));
    for hidden in [
        "id=\"accept\"",
        "href=\"/console/audit\"",
        "href=\"/console/quarantine\"",
        "id=\"break-glass\"",
    ] {
        assert!(!open.text().contains(hidden), "{hidden} is shown");
    }
    for path in [
        "/console/audit".to_owned(),
        format!("/console/filings/{}/accept", notice.id),
    ] {
        assert_eq!(browser.get(&path).await.status, 403, "{path}");
    }
    let csrf = open.hidden("csrf");
    let out = browser.post("/console/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!(out.status, 200);
    assert!(browser.cookies.is_empty());
    let end = onwards(&out);
    assert!(
        end.starts_with(&format!("{}/session/end?", provider.issuer)),
        "{end}"
    );
    let asked = theirs
        .get(end.strip_prefix(&provider.issuer).unwrap())
        .await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let xsrf = asked.hidden("xsrf");
    let fields = [("xsrf", xsrf.as_str()), ("logout", "yes")];
    let done = theirs.post("/session/end/confirm", &fields).await;
    assert_eq!(
        done.header("location"),
        Some(&*format!("{PUBLIC}/console/sign-in")),
        "{}",
        done.text()
    );
    assert_eq!(browser.get("/console/filings").await.status, 303);
    assert_eq!(
        audited(&office).await,
        [
            line("oidc:u-kato", "sign_in.done", "oidc"),
            line("oidc:u-kato", "door.refused", ""),
            line("oidc:u-kato", "door.refused", ""),
            line("oidc:u-kato", "sign_out", "")
        ]
    );
    let names = office.store().await.officer_names().await.unwrap();
    assert_eq!(names["oidc:u-kato"], "\u{20BB7}田　咲");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_and_jurisdiction_come_from_the_claims_and_nobody_else_comes_in() {
    // with an elliptic curve, and everything in the ID token
    let wish = Wish {
        curve: true,
        plain: true,
        ..Wish::default()
    };
    let (office, city, provider) = town(&wish).await;
    for (login, status, page, says) in [
        (
            "u-mori",
            200,
            Some("/console/filings"),
            "サインインしました",
        ),
        (
            "u-kansa",
            200,
            Some("/console/filings"),
            "サインインしました",
        ),
        ("u-yoso", 403, None, "担当する市区町村ではありません"),
        ("u-guest", 403, None, "このシステムの役割がありません"),
    ] {
        let mut browser = Browser::new(city.address);
        let reply = sign_in(&mut browser, &provider, login).await;
        assert_eq!(reply.status, status, "{login}: {}", reply.brief());
        assert!(reply.text().contains(says), "{login}");
        assert_eq!(
            page.is_some(),
            browser.cookies.contains_key("ubugoe_session"),
            "{login}"
        );
        if let Some(page) = page {
            assert_eq!(onwards(&reply), page);
            assert_eq!(browser.get(page).await.status, 200, "{login}");
        } else {
            assert!(!reply.text().contains("http-equiv"), "{login} is led on");
        }
    }
    assert_eq!(
        audited(&office).await,
        [
            line("oidc:u-mori", "sign_in.done", "oidc"),
            line("oidc:u-kansa", "sign_in.done", "oidc"),
            line("oidc:u-yoso", "sign_in.failed", "elsewhere"),
            line("-", "sign_in.failed", "no_role"),
        ]
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_somebody_who_works_elsewhere_by_now_opens_nothing() {
    let (office, city, provider) = town(&Wish::default()).await;
    let mut browser = Browser::new(city.address);
    sign_in(&mut browser, &provider, "u-kato").await;
    assert_eq!(browser.get("/console/filings").await.status, 200);
    let c = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    c.execute("UPDATE sessions SET jurisdiction = 'tonari'", [])
        .unwrap();
    let reply = browser.get("/console/filings").await;
    assert_eq!(reply.status, 403);
    assert!(reply.text().contains("担当する市区町村ではありません"));
    assert!(
        audited(&office)
            .await
            .contains(&line("oidc:u-kato", "door.elsewhere", ""))
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn forged_replayed_and_foreign_answers_sign_nobody_in() {
    let (office, city, provider) = town(&Wish::default()).await;
    let mut theirs = provider.browser();
    let refused = |reply: &Reply, browser: &Browser, what: &str| {
        assert_eq!(reply.status, 403, "{what}: {}", reply.brief());
        assert!(
            reply.text().contains("サインインを確認できませんでした"),
            "{what}"
        );
        assert!(!browser.cookies.contains_key("ubugoe_session"), "{what}");
    };
    // a form without its browser's token
    let mut browser = Browser::new(city.address);
    browser.get("/console/sign-in").await;
    for fields in [vec![], vec![("csrf", "0")]] {
        let reply = browser.post("/console/sign-in/provider", &fields).await;
        assert_eq!(reply.status, 403);
    }
    // another state; it ends nothing, so the right answer still counts
    let there = begin(&mut browser).await;
    let back = provider.through(&mut theirs, &there, "u-kato").await;
    let (head, state) = back.split_once("state=").unwrap();
    let forged = format!("{head}state={}{}", "0".repeat(8), &state[8..]);
    refused(&browser.get(&forged).await, &browser, "another state");
    // the same answer in another browser, with and without a sign-in of its own
    let mut thief = Browser::new(city.address);
    refused(&thief.get(&back).await, &thief, "a stolen answer");
    begin(&mut thief).await;
    refused(&thief.get(&back).await, &thief, "a stolen answer, in time");
    let before = browser.clone();
    assert_eq!(browser.get(&back).await.status, 200);
    // the same answer again, with the cookie of then
    let mut again = before;
    refused(&again.get(&back).await, &again, "a replayed answer");
    // a used code under a new sign-in's state: the provider refuses it
    let code = |back: &str| {
        back.split("code=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .to_owned()
    };
    let mut other = Browser::new(city.address);
    let there = begin(&mut other).await;
    let fresh = provider.through(&mut theirs, &there, "u-kato").await;
    let replayed = fresh.replace(&code(&fresh), &code(&back));
    refused(&other.get(&replayed).await, &other, "a used code");
    // somebody else's unused code, put under one's own state: the verifier does not fit
    let mut victim = Browser::new(city.address);
    let theirs_unused = provider
        .through(&mut provider.browser(), &begin(&mut victim).await, "u-mori")
        .await;
    let own = provider
        .through(&mut theirs, &begin(&mut other).await, "u-kato")
        .await;
    let injected = own.replace(&code(&own), &code(&theirs_unused));
    refused(&other.get(&injected).await, &other, "an injected code");
    // another nonce asked for on the way
    let there = begin(&mut other).await;
    let at = there.find("nonce=").unwrap() + "nonce=".len();
    let tampered = format!("{}{}{}", &there[..at], "0".repeat(8), &there[at + 8..]);
    let back = provider.through(&mut theirs, &tampered, "u-kato").await;
    refused(&other.get(&back).await, &other, "another nonce");
    // another issuer says so (RFC 9207)
    let back = provider
        .through(&mut theirs, &begin(&mut other).await, "u-kato")
        .await;
    let mixed = format!(
        "{}iss=https%3A%2F%2Fid.example",
        back.split("iss=").next().unwrap()
    );
    refused(&other.get(&mixed).await, &other, "another issuer");
    // too late, and declined
    let back = provider
        .through(&mut theirs, &begin(&mut other).await, "u-kato")
        .await;
    office.hands.forward(601);
    refused(&other.get(&back).await, &other, "too late");
    let there = begin(&mut other).await;
    let state = there
        .split("state=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let declined = format!("/console/sign-in/back?error=access_denied&state={state}");
    refused(&other.get(&declined).await, &other, "declined");
    let details: Vec<String> = audited(&office)
        .await
        .into_iter()
        .filter(|[_, action, _]| action == "sign_in.failed")
        .map(|[_, _, detail]| detail)
        .collect();
    assert_eq!(
        details,
        [
            "state", "state", "again", "code", "code", "token", "issuer", "again", "declined"
        ]
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_is_down_slow_or_endless_gives_a_calm_page_and_comes_back_with_a_new_key() {
    let folder = tempfile::tempdir().unwrap();
    let provider = IdentityProvider::start(folder.path(), &Wish::default());
    let office = office(&provider.section("patience_seconds = 1"));
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    assert_eq!(sign_in(&mut browser, &provider, "u-kato").await.status, 200);
    // gone while somebody is on the way back
    let mut late = Browser::new(city.address);
    let there = begin(&mut late).await;
    let back = provider
        .through(&mut provider.browser(), &there, "u-kato")
        .await;
    let port = provider.port();
    let stopped = |process: &Process| process.terminate(Duration::from_secs(30)).unwrap();
    stopped(&provider.process);
    let calm = |reply: &Reply| {
        assert_eq!(reply.status, 502, "{}", reply.brief());
        assert!(
            reply.text().contains("いまサインインできません")
                && reply.text().contains("filings go on arriving")
        );
    };
    calm(&late.get(&back).await);
    assert!(!late.cookies.contains_key("ubugoe_session"));
    // who is signed in works on; whoever comes now, and is not known to be sent there, is told
    assert_eq!(browser.get("/console/filings").await.status, 200);
    office.hands.forward(601);
    let ask = async || {
        let mut browser = Browser::new(city.address);
        let csrf = browser.get("/console/sign-in").await.hidden("csrf");
        browser
            .post("/console/sign-in/provider", &[("csrf", &csrf)])
            .await
    };
    calm(&ask().await);
    // somebody who takes the connection and says nothing, then somebody who never ends
    for endless in [false, true] {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let trouble = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut head = [0; 1024];
            let _ = stream.read(&mut head).await;
            let start = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n";
            if endless && stream.write_all(start).await.is_ok() {
                let mut sent = 0_usize;
                while stream.write_all(&[b' '; 4096]).await.is_ok() {
                    sent += 4096;
                }
                return sent;
            }
            // until the other side gives up
            while stream.read(&mut head).await.is_ok_and(|read| read > 0) {}
            0
        });
        office.hands.forward(10);
        calm(&ask().await);
        assert!(trouble.await.unwrap() < 64 * 1024 * 1024);
    }
    // back on the same port with another key
    office.hands.forward(10);
    let wish = Wish {
        port,
        ..Wish::default()
    };
    let provider = IdentityProvider::start(folder.path(), &wish);
    // half a minute after the first key was read: it is still remembered, and the answer makes the city look again
    office.hands.forward(-600);
    let mut browser = Browser::new(city.address);
    let reply = sign_in(&mut browser, &provider, "u-kato").await;
    assert_eq!(reply.status, 200, "{}", reply.brief());
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_elsewhere_must_show_a_certificate_of_an_authority_that_is_trusted() {
    let pki = Office::new();
    let folder = tempfile::tempdir().unwrap();
    let wish = Wish {
        tls: Some((pki.pki.path("broker.key"), pki.pki.path("broker.pem"))),
        ..Wish::default()
    };
    let provider = IdentityProvider::start(folder.path(), &wish);
    for (ca, status) in [
        (pki.pki.path("broker-ca.pem"), 200),
        (pki.folder.path().join("jpki-sign-ca.pem"), 502),
    ] {
        let office = office(&provider.section(&format!("ca = \"{}\"", ca.display())));
        let city = office.open().await;
        let mut browser = Browser::new(city.address);
        let csrf = browser.get("/console/sign-in").await.hidden("csrf");
        let reply = browser
            .post("/console/sign-in/provider", &[("csrf", &csrf)])
            .await;
        assert_eq!(reply.status, status, "{}", reply.brief());
        if status == 200 {
            assert!(onwards(&reply).starts_with("https://127.0.0.1:"));
        }
        city.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_local_account_beside_a_provider_breaks_the_glass_and_everybody_sees_it() {
    let office = office(&section_of_nobody());
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    let form = browser.get("/console/sign-in").await;
    assert!(
        form.text().contains("id=\"sign-in-provider\"") && form.text().contains("非常用アカウント")
    );
    let reply = browser.sign_in_as("sato").await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some("/console/quarantine"))
    );
    let page = browser.get("/console/quarantine").await;
    assert!(page.text().contains("id=\"break-glass\""));
    assert_eq!(browser.get("/console/filings").await.status, 403);
    let csrf = page.hidden("csrf");
    let out = browser.post("/console/sign-out", &[("csrf", &csrf)]).await;
    assert_eq!(
        (out.status, out.header("location")),
        (303, Some("/console/sign-in"))
    );
    assert_eq!(
        audited(&office).await,
        [
            line("sato", "sign_in.break_glass", ""),
            line("sato", "door.refused", ""),
            line("sato", "sign_out", "")
        ]
    );
    city.stop().await;
}

/// A provider that nobody runs.
fn section_of_nobody() -> String {
    "[oidc]\nissuer = \"http://127.0.0.1:9\"\nclient_id = \"ubugoe\"\nclient_secret = \"oidc.secret\"\nroles_claim = \"groups\"\njurisdiction_claim = \"towns\"\n[oidc.roles]\n\"g\" = \"examiner\"\n".to_owned()
}

#[test]
fn the_sections_of_the_door_name_every_problem_at_once_and_no_secret() {
    let mut office = office(&section_of_nobody());
    assert!(office.config_of(&office.toml()).is_ok());
    let without = office.toml();
    let start = without.find("[[staff]]").unwrap();
    let end = without.find("[oidc]").unwrap();
    let nobody = format!("{}{}", &without[..start], &without[end..]);
    assert!(office.config_of(&nobody).unwrap().staff.is_empty());
    let no_door = &without[..start];
    let said = office.config_of(no_door).unwrap_err().to_string();
    assert!(said.contains("staff: at least one"), "{said}");
    office.roles = "[\"decider\"]".to_owned();
    office.more = section_of_nobody()
        .replace("http://127.0.0.1:9", "http://id.asukoe.example")
        .replace("\"examiner\"", "[\"examiner\", \"mayor\"]")
        .replace("client_id = \"ubugoe\"\n", "clientid = \"ubugoe\"\n")
        .replace("oidc.secret", "no.secret");
    office.more.push_str("[limits]\nsession_burst = 0\naddress_per_minute = -1\ntrusted_proxies = [\"proxy.example\"]\n");
    let said = office.config_of(&office.toml()).unwrap_err().to_string();
    for part in [
        "oidc.issuer: \"http://id.asukoe.example\": plain http is for a provider on loopback only",
        "oidc.client_id: is missing",
        "oidc.clientid: is not a known key",
        "oidc.client_secret: cannot read",
        "oidc.roles.g: \"mayor\" is none of",
        "staff[0].roles: beside [oidc] a local account is for set-up only",
        "limits.session: burst and per_minute must be at least 1",
        "limits.address_per_minute: -1 is out of range",
        "limits.trusted_proxies[0]: \"proxy.example\" is no IP address",
    ] {
        assert!(said.contains(part), "{part} is not in: {said}");
    }
    let mut office = Office::new();
    office.roles = "[]".to_owned();
    let said = office.config_of(&office.toml()).unwrap_err().to_string();
    assert!(said.contains("staff[0].roles: is empty"), "{said}");
    let missing = Office::new().toml();
    let lines = missing.lines().filter(|line| !line.starts_with("roles = "));
    let missing = lines.collect::<Vec<_>>().join("\n");
    let said = Office::new().config_of(&missing).unwrap_err().to_string();
    assert!(said.contains("staff[0].roles: is missing"), "{said}");
}
