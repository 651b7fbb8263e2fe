//! The pages in a real Chromium: they render under their own policy, with nothing refused and nothing missing.
//! Pictures are written to `CARGO_TARGET_TMPDIR/pages` for people to look at.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::browser::Browser;
use crate::support::office::{Letter, NOON, Office, land, letter, message, signed_by};
use crate::support::papers::{Paper, allowance, birth, canonical, stranger};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};

/// Forwards requests with a cookie added, since a headless browser started from the shell cannot sign in.
async fn with_cookie(target: SocketAddr, cookie: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            let cookie = cookie.clone();
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = from.read_u8().await else {
                        return;
                    };
                    head.push(byte);
                }
                let text = String::from_utf8(head)
                    .unwrap()
                    .replace("Connection: keep-alive", "Connection: close");
                let text = text.replacen("\r\n", &format!("\r\nCookie: {cookie}\r\n"), 1);
                let mut to = TcpStream::connect(target).await.unwrap();
                to.write_all(text.as_bytes()).await.unwrap();
                let _ = copy(&mut to, &mut from).await;
            });
        }
    });
    address
}

/// Renders one page and answers what Chromium had to say about it.
fn render(folder: &Path, name: &str, size: &str, url: &str) -> (PathBuf, String) {
    let profile = tempfile::tempdir().unwrap();
    let picture = folder.join(format!("{name}.png"));
    let output = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--enable-logging=stderr",
            "--v=0",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--window-size={size}"))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(url)
        .output()
        .unwrap();
    (
        picture,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// Name, window size, path.
type Sight = (&'static str, &'static str, String);

/// Filings of every kind an officer meets, the pages worth a look, and two filings to accept and to return.
async fn scene(office: &Office) -> (Vec<Sight>, Letter, Letter, [String; 2]) {
    let ingest = office.ingest().await;
    let notice = letter(canonical(&birth("ASK-2026-000123")));
    let receipt = land(office, &ingest, &notice).await;
    let claim = Letter {
        case: notice.case,
        case_seq: 1,
        ..letter(canonical(&allowance("ASK-2026-000123")))
    };
    land(office, &ingest, &claim).await;
    let father = Letter {
        device: "ward-2",
        ..letter(canonical(&birth("ASK-2026-000123")))
    };
    land(office, &ingest, &father).await;
    let doubtful = signed_by(stranger(), canonical(&birth("ASK-2026-000124")));
    land(office, &ingest, &doubtful).await;
    let decided = letter(canonical(&birth("ASK-2026-000126")));
    let decided_receipt = land(office, &ingest, &decided).await;
    let returned = Letter {
        case: decided.case,
        case_seq: 1,
        ..letter(canonical(&allowance("ASK-2026-000126")))
    };
    land(office, &ingest, &returned).await;
    let guarded = letter(canonical(&Paper {
        protected: true,
        ..birth("ASK-2026-000125")
    }));
    let door = land(office, &ingest, &guarded).await.status_token;
    ingest
        .land(vec![message("ward-1", b"not an envelope".to_vec())])
        .await
        .unwrap();
    let page = |letter: &Letter, rest: &str| format!("/console/filings/{}{rest}", letter.id);
    let (desk, phone) = ("1280,720", "360,1400");
    let sights = vec![
        ("list", desk, "/console/filings".into()),
        ("list-en", desk, "/console/filings?lang=en".into()),
        ("filing", "1280,2600", page(&notice, "")),
        ("filing-top", desk, page(&notice, "")),
        ("doubtful", desk, page(&doubtful, "")),
        ("guarded", "1280,1800", page(&guarded, "")),
        ("accept", desk, page(&notice, "/accept")),
        ("accept-doubtful", "1280,900", page(&doubtful, "/accept")),
        ("return", "1280,900", page(&notice, "/return")),
        ("quarantine", desk, "/console/quarantine".into()),
        ("audit", desk, "/console/audit".into()),
        ("family", phone, format!("/f/{}", receipt.status_token)),
        (
            "family-en",
            phone,
            format!("/f/{}?lang=en", receipt.status_token),
        ),
        ("family-unknown", "360,640", "/f/nothing".into()),
        ("family-door", "360,740", format!("/f/{door}")),
        ("family-link", desk, page(&notice, "/family")),
        ("voices", desk, "/console/voices".into()),
        ("sign-in", desk, "/console/sign-in".into()),
        ("not-found", desk, "/nothing".into()),
        (
            "family-decided",
            phone,
            format!("/f/{}", decided_receipt.status_token),
        ),
        ("filing-returned", desk, page(&returned, "")),
    ];
    let tokens = [receipt.status_token, decided_receipt.status_token];
    (sights, decided, returned, tokens)
}

async fn decide(browser: &mut Browser, letter: &Letter, step: &str, more: &[(&str, &str)]) {
    let path = format!("/console/filings/{}/{step}", letter.id);
    let form = browser.get(&path).await;
    let (csrf, version) = (form.hidden("csrf"), form.hidden("version"));
    let mut fields = vec![("csrf", csrf.as_str()), ("version", version.as_str())];
    fields.extend_from_slice(more);
    assert_eq!(browser.post(&path, &fields).await.status, 303);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_renders_in_chromium_and_its_policy_refuses_nothing() {
    let office = Office::new();
    let (pages, accept, give_back, tokens) = scene(&office).await;
    assert_eq!((office.hands.clock())().as_second(), NOON);
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    decide(&mut browser, &accept, "accept", &[]).await;
    let words = [
        ("reason", "document_needed"),
        ("note", "母子健康手帳の写しを1枚お持ちください。"),
        ("confirmed", "yes"),
    ];
    decide(&mut browser, &give_back, "return", &words).await;
    let cookie = browser
        .cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("; ");
    let signed_in = with_cookie(city.address, cookie).await;
    let mut family = Vec::new();
    for token in tokens {
        let mut phone = Browser::new(city.address);
        phone.open_family(&token).await;
        let cookie = format!("ubugoe_family={}", phone.cookies["ubugoe_family"]);
        family.push((token, with_cookie(city.address, cookie).await));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, size, path) in pages {
        let opened = family
            .iter()
            .find(|(token, _)| path.contains(token.as_str()));
        let address = match opened {
            Some((_, address)) => *address,
            None if name == "sign-in" => city.address,
            None => signed_in,
        };
        let url = format!("http://{address}{path}");
        let (picture, said) = tokio::task::block_in_place(|| render(&folder, name, size, &url));
        assert!(
            !said.contains("Refused to") && !said.contains("violates the following"),
            "{path}: {said}"
        );
        let bytes = std::fs::read(&picture)
            .unwrap_or_else(|error| panic!("no picture of {path}: {error}; {said}"));
        assert!(bytes.len() > 4_000, "{path} is an empty picture");
    }
    city.stop().await;
}
