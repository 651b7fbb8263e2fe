//! The desk in a real Chromium that signs in at a real, certified provider and comes back: nothing is typed at the city, and
//! signing out ends both sessions. Pictures are written to `CARGO_TARGET_TMPDIR/provider` for people to look at.

use std::path::Path;

use crate::support::now;
use crate::support::office::{Hands, Office, Running, land, letter};
use crate::support::papers::{birth, canonical};
use crate::support::provider::{IdentityProvider, SECRET, Wish};
use serde_json::json;
use ubugoe_bench::browser::Browser;
use ubugoe_bench::ports::Lease;
use ubugoe_protocol::FilingId;

/// A city at an address that its provider knows, as browsers follow addresses.
struct Town {
    office: Office,
    city: Running,
    provider: IdentityProvider,
    address: String,
    filing: FilingId,
    _port: Lease,
}

impl Town {
    async fn new(folder: &Path) -> Self {
        let port = Lease::take().unwrap();
        // another name than the provider's: whoever signs out is told to forget the cookies of this host, on every port
        let address = format!("http://localhost:{}", port.port());
        let wish = Wish {
            public: Some(address.clone()),
            ..Wish::default()
        };
        let provider = IdentityProvider::start(folder, &wish);
        let mut office = Office::new();
        office.hands = Hands::at(now());
        "[\"administrator\"]".clone_into(&mut office.roles);
        office.more = provider.section("");
        std::fs::write(office.folder.path().join("oidc.secret"), SECRET).unwrap();
        let notice = letter(canonical(&birth("OIB-1")));
        land(&office, &office.ingest().await, &notice).await;
        let text = office
            .toml()
            .replace("127.0.0.1:0", &format!("127.0.0.1:{}", port.port()))
            .replace("http://127.0.0.1:8080", &address);
        let city = office.open_as(office.config_of(&text).unwrap()).await;
        Self {
            office,
            city,
            provider,
            address,
            filing: notice.id,
            _port: port,
        }
    }
}

/// Fills in the provider's own page.
fn at_the_provider(browser: &Browser, town: &Town, login: &str) {
    browser.wait_css("input[name=login]").unwrap();
    assert!(browser.url().unwrap().starts_with(&town.provider.issuer));
    for (field, text) in [("login", login), ("password", "any")] {
        browser.click_css(&format!("input[name={field}]")).unwrap();
        browser.press(text).unwrap();
    }
    browser.click_css("button[type=submit]").unwrap();
}

/// Agrees to what the city asks to know.
fn consent(browser: &Browser) {
    browser
        .wait_css("form input[name=prompt][value=consent]")
        .unwrap();
    browser.click_css("button[type=submit]").unwrap();
}

fn cookies(browser: &Browser) -> String {
    let script = "arguments[arguments.length - 1](document.cookie);";
    let seen = browser.ask(script, Vec::new()).unwrap();
    seen.as_str().unwrap().to_owned()
}

#[test]
fn an_officer_comes_to_the_desk_through_the_provider_and_leaves_both() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("provider");
    std::fs::create_dir_all(&folder).unwrap();
    let logs = tempfile::tempdir().unwrap();
    let town = runtime.block_on(Town::new(logs.path()));
    let profile = tempfile::tempdir().unwrap();
    let browser = Browser::start(profile.path(), false, (1280, 720)).unwrap();
    let desk = format!("{}/console/filings", town.address);
    let picture = |name: &str| {
        browser
            .snapshot(&folder.join(format!("{name}.png")))
            .unwrap();
    };
    // whoever is not signed in is sent to the one button
    browser.open(&desk).unwrap();
    browser.wait_id("sign-in-provider").unwrap();
    picture("1-sign-in");
    browser.click("sign-in-provider").unwrap();
    at_the_provider(&browser, &town, "u-kato");
    consent(&browser);
    // back at the desk by itself, with the provider's name and the roles that its claims give
    browser.wait_id("filings").unwrap();
    assert_eq!(browser.url().unwrap(), desk);
    let text = browser.text().unwrap();
    assert!(text.contains("\u{20BB7}田　咲"), "{text}");
    picture("2-desk");
    // no script of any page could read the session
    assert!(
        !cookies(&browser).contains("ubugoe"),
        "{}",
        cookies(&browser)
    );
    let case = format!("{}/console/filings/{}", town.address, town.filing);
    browser.open(&case).unwrap();
    browser.wait_id("return").unwrap();
    let script = "arguments[arguments.length - 1](document.getElementById('accept') === null);";
    let examiner = browser.ask(script, Vec::new()).unwrap();
    assert_eq!(examiner, json!(true), "an examiner accepts nothing");
    // out: here, and there once the provider has asked
    browser.click("sign-out").unwrap();
    browser.wait_css("button[name=logout]").unwrap();
    assert!(browser.url().unwrap().starts_with(&town.provider.issuer));
    picture("3-out");
    browser.click_css("button[name=logout]").unwrap();
    browser.wait_id("sign-in-provider").unwrap();
    assert!(browser.url().unwrap().starts_with(&town.address));
    browser.open(&desk).unwrap();
    browser.wait_id("sign-in-provider").unwrap();
    // the provider has forgotten them too: it asks who somebody is, and the next one is somebody else
    browser.click("sign-in-provider").unwrap();
    at_the_provider(&browser, &town, "u-mori");
    consent(&browser);
    browser.wait_id("filings").unwrap();
    browser.open(&case).unwrap();
    browser.wait_id("accept").unwrap();
    assert!(browser.text().unwrap().contains('森'));
    browser.click("sign-out").unwrap();
    browser.wait_css("button[name=logout]").unwrap();
    browser.click_css("button[name=logout]").unwrap();
    browser.wait_id("sign-in-provider").unwrap();
    // somebody whom no role lets in is told so, and has no session
    browser.click("sign-in-provider").unwrap();
    at_the_provider(&browser, &town, "u-guest");
    consent(&browser);
    browser.wait_css("main").unwrap();
    let told = "const done = arguments[arguments.length - 1];
        const look = () => document.body.innerText.includes('役割がありません') ? done(true) : requestAnimationFrame(look);
        look();";
    assert_eq!(browser.ask(told, Vec::new()).unwrap(), json!(true));
    picture("4-no-role");
    browser.open(&desk).unwrap();
    browser.wait_id("sign-in-provider").unwrap();
    drop(browser);
    let lines = runtime.block_on(async {
        let store = town.office.store().await;
        store.audit_lines(0, 1_000).await.unwrap()
    });
    let door: Vec<(String, String)> = lines
        .into_iter()
        .map(|line| (line.entry.actor, line.entry.action))
        .filter(|(_, action)| action.starts_with("sign_"))
        .collect();
    let expected = ["u-kato", "u-mori"].map(|who| {
        let actor = format!("oidc:{who}");
        [
            (actor.clone(), "sign_in.done".to_owned()),
            (actor, "sign_out".to_owned()),
        ]
    });
    let turned_away = ("-".to_owned(), "sign_in.failed".to_owned());
    assert_eq!(door, [&expected.concat()[..], &[turned_away]].concat());
    runtime.block_on(town.city.stop());
}
