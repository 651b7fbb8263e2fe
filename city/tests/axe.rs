//! The officers' pages in a real Chromium under axe-core: WCAG 2.2 A and AA, by keyboard, at 1280×720 with 200 open filings.
//! Pictures are written to `CARGO_TARGET_TMPDIR/desk` for people to look at.

use std::path::{Path, PathBuf};

use crate::support::browser::Browser as Bytes;
use crate::support::office::{Letter, Office, PASSWORD, land, letter, message, signed_by};
use crate::support::papers::{Paper, birth, canonical, many_allowances, stranger};
use crate::support::shown::{accessible, over, value, violations};
use serde_json::json;
use ubugoe_bench::browser::Browser;

/// Looks at the page: no violation, nothing wider than the window, a picture.
fn look(browser: &Browser, folder: &Path, name: &str) {
    accessible(browser, folder, name);
    let over = over(browser);
    assert!(over <= 0, "{name} is wider than the window by {over}");
    let title = value(
        browser,
        "document.title.length > 0 && document.querySelectorAll('main#main h1').length === 1",
    );
    assert_eq!(title, json!(true), "{name} has a title and one heading");
}

/// 200 open filings of several kinds; answers those that are looked at: plain, doubtful, protected, and one of a pair.
async fn scene(office: &Office) -> [Letter; 4] {
    let ingest = office.ingest().await;
    let plain = letter(canonical(&birth("AX-1")));
    let doubtful = signed_by(stranger(), canonical(&birth("AX-2")));
    let guarded = letter(canonical(&Paper {
        protected: true,
        child: "みのり".into(),
        ..birth("AX-3")
    }));
    let father = Letter {
        device: "ward-2",
        ..letter(canonical(&Paper {
            child: "サクラ".into(),
            ..birth("AX-1")
        }))
    };
    for one in [&plain, &doubtful, &guarded, &father] {
        land(office, &ingest, one).await;
    }
    let many: Vec<Letter> = many_allowances("AX-M", 196)
        .into_iter()
        .map(letter)
        .collect();
    for some in many.chunks(64) {
        let batch = some
            .iter()
            .map(|letter| message(letter.device, office.envelope(letter)));
        ingest.land(batch.collect()).await.unwrap();
    }
    [plain, doubtful, guarded, father]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_pages_hold_to_wcag_by_axe_and_by_keyboard() {
    let mut office = Office::new();
    office.more = "[casework]\ntwo_officers = [\"shussei_todoke\"]\n".to_owned();
    office.hire("suzuki", "鈴木", &["decider"]);
    let [plain, doubtful, guarded, father] = scene(&office).await;
    let city = office.open().await;
    // somebody else has proposed to accept the doubtful one
    let mut suzuki = Bytes::new(city.address);
    suzuki.sign_in_as("suzuki").await;
    let path = format!("/console/filings/{}/accept", doubtful.id);
    let form = suzuki.get(&path).await;
    let (csrf, version) = (form.hidden("csrf"), form.hidden("version"));
    let fields = [
        ("csrf", csrf.as_str()),
        ("version", version.as_str()),
        ("note", "電話で本人に確認しました。"),
    ];
    assert_eq!(suzuki.post(&path, &fields).await.status, 303);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("desk");
    std::fs::create_dir_all(&folder).unwrap();
    let base = format!("http://{}", city.address);
    let case = |letter: &Letter, rest: &str| format!("{base}/console/filings/{}{rest}", letter.id);
    let pages = vec![
        ("queue", format!("{base}/console/filings")),
        ("queue-en", format!("{base}/console/filings?lang=en")),
        (
            "urgent",
            format!("{base}/console/filings?tab=urgent&lang=ja"),
        ),
        ("to-confirm", format!("{base}/console/filings?tab=proposed")),
        ("case", case(&plain, "")),
        ("case-en", case(&plain, "?lang=en")),
        ("case-doubtful", case(&doubtful, "?lang=ja")),
        ("case-protected", case(&guarded, "")),
        ("propose", case(&plain, "/accept")),
        ("confirm", case(&doubtful, "/accept")),
        ("return", case(&plain, "/return")),
        ("compare", case(&plain, &format!("/compare/{}", father.id))),
        ("family-link", case(&plain, "/family")),
        ("voices", format!("{base}/console/voices")),
        ("search", format!("{base}/console/search")),
    ];
    tokio::task::spawn_blocking(move || visit(&folder, &base, pages))
        .await
        .unwrap();
    city.stop().await;
}

fn visit(folder: &Path, base: &str, pages: Vec<(&str, String)>) {
    let logs = tempfile::tempdir().unwrap();
    let browser = Browser::start(logs.path(), false, (1280, 720)).unwrap();
    browser.open(&format!("{base}/console/sign-in")).unwrap();
    look(&browser, folder, "sign-in");
    browser.fill("account", "sato").unwrap();
    browser.fill("password", PASSWORD).unwrap();
    browser.press("\u{E007}").unwrap();
    browser.wait_id("filings").unwrap();
    for (name, address) in pages {
        browser.open(&address).unwrap();
        browser.wait_id("main").unwrap();
        look(&browser, folder, name);
    }
    // by keyboard: the skip link comes first and is seen, the search and the first filing are reached, each with a ring
    browser
        .open(&format!("{base}/console/filings?lang=ja"))
        .unwrap();
    browser.wait_id("filings").unwrap();
    browser.press("\u{E004}").unwrap();
    let first = value(&browser, "document.activeElement.className");
    assert_eq!(first, json!("skip"));
    look(&browser, folder, "keyboard");
    let mut reached = Vec::new();
    for _ in 0..45 {
        browser.press("\u{E004}").unwrap();
        let at = value(
            &browser,
            "(() => { const e = document.activeElement, s = getComputedStyle(e);
                return { what: e.id || e.className, ring: s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2 }; })()",
        );
        assert_eq!(
            at["ring"],
            json!(true),
            "{at} has the focus and shows nothing"
        );
        reached.push(at["what"].as_str().unwrap_or_default().to_owned());
        if reached.last().is_some_and(|what| what == "open") {
            break;
        }
    }
    for what in [
        "quick",
        "quick-find",
        "tab-urgent",
        "queue-mine",
        "filter",
        "open",
    ] {
        assert!(
            reached.iter().any(|id| id == what),
            "{what} is not reached: {reached:?}"
        );
    }
    // the words that are looked for stand in no address
    browser.fill("quick", "葛城").unwrap();
    browser.click("quick-find").unwrap();
    browser.wait_id("results").unwrap();
    assert_eq!(browser.url().unwrap(), format!("{base}/console/search"));
    look(&browser, folder, "found");
    // the check finds what is wrong: a picture without words and grey on grey
    let planted = "(() => { const e = document.createElement('p'); e.innerHTML =
        '<img src=\"/assets/icon.svg\"><span class=\"hint\">うすい文字</span>'; e.id = 'planted'; document.getElementById('main').append(e);
        e.lastChild.style.color = '#bbbbbb'; return true; })()";
    assert_eq!(value(&browser, planted), json!(true));
    let found: Vec<String> = violations(&browser)
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, ["color-contrast", "image-alt"]);
    let pictures: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(pictures.len() >= 16, "{pictures:?}");
}
