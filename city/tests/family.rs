//! The family's pages: one fact behind the link, a link that can be closed, eight languages, who looked, comments, the child's name.
//! Pictures are written to `CARGO_TARGET_TMPDIR/family` for people to look at.

use std::path::Path;
use std::sync::Arc;

use crate::support::browser::{Browser, Reply};
use crate::support::listener::{asked, header};
use crate::support::office::{Letter, Office, Running, land, letter, on_each_store};
use crate::support::papers::{ADDRESS, CHILD_MEI, Paper, allowance, asukoe, birth, canonical};
use crate::support::shown::{accessible, fits_a_finger, over, value, violations};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, agree};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::{hkdf, signature};
use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use jiff::civil::date;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use ubugoe_bench::browser::Browser as Chromium;
use ubugoe_city::casework::second_fact::{Asked, Fact, day_hash};
use ubugoe_city::config::Config;
use ubugoe_city::nonstop::{Engine, Worker};
use ubugoe_city::push::Pusher;
use ubugoe_city::store::family::{CaseFile, Knock, Knocked, NewPhone, NewVoice};
use ubugoe_city::store::nonstop::By;
use ubugoe_procedures::Catalogue;
use ubugoe_protocol::Receipt;

const DAY: i64 = 86_400;

/// A birth and a claim in one case.
async fn case(office: &Office, number: &str) -> (Letter, Letter, Receipt) {
    let ingest = office.ingest().await;
    let first = letter(canonical(&birth(number)));
    let receipt = land(office, &ingest, &first).await;
    let claim = Letter {
        case: first.case,
        case_seq: 1,
        ..letter(canonical(&allowance(number)))
    };
    land(office, &ingest, &claim).await;
    (first, claim, receipt)
}

async fn opened(city: &Running, token: &str) -> Browser {
    let mut phone = Browser::new(city.address);
    phone.open_family(token).await;
    phone
}

async fn officer(city: &Running) -> Browser {
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    browser
}

async fn accept(browser: &mut Browser, filing: &Letter) {
    let path = format!("/console/filings/{}/accept", filing.id);
    let form = browser.get(&path).await;
    let (csrf, version) = (form.hidden("csrf"), form.hidden("version"));
    let fields = [("csrf", csrf.as_str()), ("version", version.as_str())];
    assert_eq!(browser.post(&path, &fields).await.status, 303);
}

fn line(token: &str) -> String {
    format!("/f/{token}")
}

/// What the audit chain says of a filing, without when and who.
async fn acts(office: &Office, filing: &Letter) -> Vec<String> {
    let lines = office.store().await.audit_lines(0, 500).await.unwrap();
    lines
        .into_iter()
        .filter(|line| line.entry.subject == filing.id.to_string())
        .map(|line| line.entry.action)
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_link_alone_opens_only_the_question_and_nothing_of_the_case() {
    let office = Office::new();
    let (filing, _, receipt) = case(&office, "FA-1").await;
    let (_, _, other) = case(&office, "FA-2").await;
    let city = office.open().await;
    let token = receipt.status_token.as_str();
    let mut phone = Browser::new(city.address);
    let door = phone.get(&line(token)).await;
    assert_eq!(door.status, 200);
    assert!(door.text().contains("data-asked=\"mother\""));
    for secret in [
        "出生届",
        "児童手当",
        "審査中",
        CHILD_MEI,
        "葛",
        "1996",
        ADDRESS,
    ] {
        assert!(!door.text().contains(secret), "the door tells {secret}");
    }
    for behind in ["looks", "for-you", "close", "leaflet.pdf"] {
        let reply = phone.get(&format!("/f/{token}/{behind}")).await;
        assert_eq!(reply.status, 403, "{behind}");
        assert!(
            reply.text().contains("data-asked"),
            "{behind} shows the door"
        );
    }
    let reply = phone
        .post(&format!("/f/{token}/voice"), &[("mood", "good")])
        .await;
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.hidden("to"),
        line(token),
        "nobody goes back to a form"
    );
    // what cannot be read is no wrong answer
    let reply = phone.answer_family(token, ["1996", "13", "1"]).await;
    assert_eq!(reply.status, 422);
    assert!(reply.text().contains("data-door=\"unreadable\""));
    // the right one opens, and where one wanted to go comes next
    let fields = [
        ("to", format!("/f/{token}/looks")),
        ("era", "h".to_owned()),
        ("year", "８".to_owned()),
        ("month", "11".to_owned()),
        ("day", "23".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let reply = phone.post(&format!("/f/{token}/open"), &fields).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some(format!("/f/{token}/looks").as_str()))
    );
    let cookie = reply.header("set-cookie").unwrap();
    for part in [
        format!("Path=/f/{token};"),
        "HttpOnly;".to_owned(),
        "SameSite=Lax;".to_owned(),
        format!("Max-Age={DAY}"),
    ] {
        assert!(cookie.contains(&part), "{part} is not in {cookie}");
    }
    let page = phone.get(&line(token)).await;
    assert!(page.text().contains("出生届") && page.text().contains("審査中"));
    // the cookie of one link does not open another, and it ends after a day
    let strange = phone.get(&line(&other.status_token)).await;
    assert!(strange.text().contains("data-asked") && !strange.text().contains("審査中"));
    office.hands.forward(DAY - 1);
    assert!(phone.get(&line(token)).await.text().contains("審査中"));
    office.hands.forward(1);
    assert!(phone.get(&line(token)).await.text().contains("data-asked"));
    let said = acts(&office, &filing).await;
    assert_eq!(
        said,
        [
            "filing.arrived",
            "family.opened",
            "family.viewed",
            "family.viewed"
        ],
        "every view leaves a line, and nothing else does"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_answers_are_counted_for_every_replica_and_end_by_themselves() {
    let office = Office::new();
    let (filing, _, receipt) = case(&office, "FA-3").await;
    let (city, replica) = (office.open().await, office.open().await);
    let token = receipt.status_token.as_str();
    let wrong = ["1996", "11", "24"];
    let (mut one, mut other) = (Browser::new(city.address), Browser::new(replica.address));
    for phone in [&mut one, &mut other] {
        for _ in 0..2 {
            let reply = phone.answer_family(token, wrong).await;
            assert_eq!(reply.status, 403);
            assert!(
                reply.text().contains("data-door=\"wrong\"") && !reply.text().contains("審査中")
            );
        }
    }
    assert_eq!(one.answer_family(token, wrong).await.status, 403);
    for phone in [&mut one, &mut other] {
        let reply = phone.answer_family(token, ["1996", "11", "23"]).await;
        assert_eq!(reply.status, 429, "even the right one waits, everywhere");
        assert_eq!(reply.header("retry-after"), Some("600"));
        assert!(reply.text().contains("data-door=\"wait\""));
    }
    office.hands.forward(599);
    assert_eq!(
        one.answer_family(token, ["1996", "11", "23"]).await.status,
        429
    );
    office.hands.forward(1);
    other.open_family(token).await;
    assert!(other.get(&line(token)).await.text().contains("審査中"));
    // somebody who is inside is not thrown out by a stranger's wrong answers
    for _ in 0..6 {
        one.answer_family(token, wrong).await;
    }
    assert!(other.get(&line(token)).await.text().contains("審査中"));
    let said = acts(&office, &filing).await;
    let count = |action: &str| said.iter().filter(|one| *one == action).count();
    assert_eq!((count("family.wrong"), count("family.opened")), (10, 1));
    // an address that guesses at many links waits too, and nobody else does
    let mut links = Vec::new();
    for number in 0..8 {
        links.push(
            case(&office, &format!("FA-3-{number}"))
                .await
                .2
                .status_token,
        );
    }
    office.hands.forward(2 * DAY);
    let mut guesser = Browser::new(city.address);
    let mut last = 0;
    for link in links.iter().cycle().take(32) {
        last = guesser.answer_family(link, wrong).await.status;
    }
    assert_eq!(last, 429, "thirty from one address");
    city.stop().await;
    replica.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closed_link_is_as_unknown_and_a_new_one_opens_with_its_code() {
    let office = Office::new();
    let (filing, _, receipt) = case(&office, "FA-4").await;
    let city = office.open().await;
    let token = receipt.status_token.as_str();
    let (mut mother, mut father) = (opened(&city, token).await, opened(&city, token).await);
    let ask = mother.get(&format!("/f/{token}/close")).await;
    let csrf = ask.hidden("csrf");
    let close = format!("/f/{token}/close");
    // a form of another session does not close it, nor one without the word
    assert_eq!(
        father
            .post(&close, &[("csrf", &csrf), ("sure", "yes")])
            .await
            .status,
        403
    );
    assert_eq!(mother.post(&close, &[("csrf", &csrf)]).await.status, 400);
    assert!(mother.get(&line(token)).await.text().contains("審査中"));
    let closed = mother
        .post(&close, &[("csrf", &csrf), ("sure", "yes")])
        .await;
    assert_eq!(closed.status, 200);
    assert!(closed.text().contains("id=\"closed\""));
    // for both at once, like a link that never was
    let unknown = Browser::new(city.address).get(&line(&"0".repeat(32))).await;
    assert_eq!(unknown.status, 404);
    for phone in [&mut mother, &mut father] {
        let reply = phone.get(&line(token)).await;
        assert_eq!((reply.status, reply.text()), (404, unknown.text()));
    }
    let reply = mother.answer_family(token, ["1996", "11", "23"]).await;
    assert_eq!((reply.status, reply.text()), (404, unknown.text()));
    // an officer gives a new one, with a code
    let mut desk = officer(&city).await;
    let base = format!("/console/filings/{}", filing.id);
    let page = desk.get(&format!("{base}/family")).await;
    assert!(
        page.text().contains("data-closed=\"yes\"") && page.text().contains("家族が閉じました")
    );
    let csrf = page.hidden("csrf");
    let renew = format!("{base}/family/renew");
    assert_eq!(desk.post(&renew, &[("csrf", &csrf)]).await.status, 400);
    let fields = [("csrf", csrf.as_str()), ("sure", "yes"), ("code", "yes")];
    let page = desk.post(&renew, &fields).await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("<svg") && page.text().contains("data-closed=\"no\""));
    let code = between(&page, "id=\"code\">", "<");
    let again = desk.get(&format!("{base}/family")).await;
    assert!(!again.text().contains(&code), "a code is shown once");
    let store = office.store().await;
    let renewed = store.family_link_state(filing.id).await.unwrap().unwrap();
    assert!(renewed.code && renewed.token != token);
    let mut phone = Browser::new(city.address);
    let door = phone.get(&line(&renewed.token)).await;
    assert!(door.text().contains("data-asked=\"code\""));
    let open = format!("/f/{}/open", renewed.token);
    let birthday = phone
        .answer_family(&renewed.token, ["1996", "11", "23"])
        .await;
    assert_eq!(birthday.status, 422, "a birthday is no code");
    assert_eq!(
        phone.post(&open, &[("code", "0000 0000")]).await.status,
        403
    );
    assert_eq!(
        phone.post(&open, &[("code", code.as_str())]).await.status,
        303
    );
    assert!(
        phone
            .get(&line(&renewed.token))
            .await
            .text()
            .contains("審査中")
    );
    // a later filing of the case prints the new link
    let later = Letter {
        case: filing.case,
        case_seq: 2,
        ..letter(canonical(&birth("FA-4b")))
    };
    let printed = land(&office, &office.ingest().await, &later).await;
    assert_eq!(printed.status_token, renewed.token);
    // the officer closes it again
    let page = desk.get(&format!("{base}/family")).await;
    let csrf = page.hidden("csrf");
    let fields = [("csrf", csrf.as_str()), ("sure", "yes")];
    let reply = desk.post(&format!("{base}/family/close"), &fields).await;
    assert_eq!(reply.status, 303);
    assert_eq!(phone.get(&line(&renewed.token)).await.status, 404);
    let said = acts(&office, &filing).await;
    let count = |action: &str| said.iter().filter(|one| *one == action).count();
    assert_eq!((count("family.closed"), count("family.renewed")), (2, 1));
    city.stop().await;
}

fn between(page: &Reply, from: &str, to: &str) -> String {
    let (_, rest) = page.text().split_once(from).unwrap();
    rest.split_once(to).unwrap().0.to_owned()
}

#[expect(clippy::too_many_lines, reason = "one story")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn families_see_who_looked_and_officers_hear_what_they_say() {
    let office = Office::new();
    let (filing, claim, receipt) = case(&office, "FA-5").await;
    let (foreign, _, _) = case(&office, "FA-6").await;
    let city = office.open().await;
    let token = receipt.status_token.as_str();
    let mut desk = officer(&city).await;
    let case_page = format!("/console/filings/{}", filing.id);
    for _ in 0..3 {
        desk.get(&case_page).await;
    }
    accept(&mut desk, &claim).await;
    let mut phone = opened(&city, token).await;
    let page = phone.get(&format!("/f/{token}/looks")).await;
    let text = page.text();
    assert!(text.contains("data-act=\"filing.viewed\"") && text.contains("届出の内容を見ました ×"));
    assert!(text.contains("data-act=\"filing.accepted\"") && text.contains("決裁の職員"));
    assert!(text.contains("自動の処理（機械）") && text.contains("ご家族（このリンク）"));
    for hidden in ["佐藤", "sato", CHILD_MEI] {
        assert!(!text.contains(hidden), "{hidden} is shown");
    }
    // comments: one tap, and words
    let page = phone.get(&line(token)).await;
    let csrf = page.hidden("csrf");
    let about = format!("filing-{}", filing.id);
    let words = "待ち時間が<短い>のは助かります。";
    let fields = [
        ("csrf", csrf.as_str()),
        ("about", &about),
        ("mood", "good"),
        ("words", words),
    ];
    let say = format!("/f/{token}/voice");
    let reply = phone.post(&say, &fields).await;
    assert_eq!(
        (reply.status, reply.header("location")),
        (303, Some(format!("/f/{token}#{about}").as_str()))
    );
    let on_claim = format!("filing-{}", claim.id);
    let tap = [
        ("csrf", csrf.as_str()),
        ("about", &on_claim),
        ("mood", "hard"),
    ];
    assert_eq!(phone.post(&say, &tap).await.status, 303);
    let page = phone.get(&line(token)).await;
    assert!(page.text().contains("受け取りました") && !page.text().contains("待ち時間"));
    // another family's step, a forged form, words beyond measure, an unknown mood: nothing is kept
    let strange = format!("filing-{}", foreign.id);
    let long = "あ".repeat(401);
    for (about, mood, words, csrf, status) in [
        (strange.as_str(), "good", "", csrf.as_str(), 404),
        (about.as_str(), "good", "", "x", 403),
        (about.as_str(), "good", long.as_str(), csrf.as_str(), 400),
        (about.as_str(), "angry", "", csrf.as_str(), 400),
    ] {
        let fields = [
            ("csrf", csrf),
            ("about", about),
            ("mood", mood),
            ("words", words),
        ];
        assert_eq!(
            phone.post(&say, &fields).await.status,
            status,
            "{about} {mood}"
        );
    }
    let page = desk.get(&case_page).await;
    assert!(
        page.text()
            .contains("待ち時間が&lt;短い&gt;のは助かります。")
    );
    let page = desk.get("/console/voices").await;
    let row = between(&page, "<tr data-procedure=\"shussei_todoke\">", "</tr>");
    assert!(row.ends_with("<td>1</td><td>0</td><td>0</td>"), "{row}");
    let row = between(&page, "<tr data-procedure=\"jido_teate_nintei\">", "</tr>");
    assert!(row.ends_with("<td>0</td><td>1</td><td>0</td>"), "{row}");
    let page = phone.get(&format!("/f/{token}/for-you?for=027")).await;
    assert!(
        page.text().contains("data-shelf=\"What you look for\"")
            && page.text().contains("data-shelf=\"Can be used now\"")
    );
    assert!(!page.text().contains("data-procedure=\"ninpu_kenshin\""));
    // after a loss there is nothing good to ask about, no name, and nothing for children
    accept(&mut desk, &filing).await;
    let page = phone.get(&line(token)).await;
    assert!(page.text().contains("id=\"childs-name\""), "before");
    let by = By {
        actor: "sato".to_owned(),
        at: office.now(),
    };
    let store = office.store().await;
    store.mark_loss(filing.id, String::new(), by).await.unwrap();
    let page = phone.get(&line(token)).await;
    for cheer in ["良かった", "childs-name", CHILD_MEI] {
        assert!(!page.text().contains(cheer), "{cheer} after a loss");
    }
    assert!(page.text().contains("職員に伝えたいこと"));
    let page = phone.get(&format!("/f/{token}/looks")).await;
    assert!(!page.text().contains("亡くな"));
    let page = phone.get(&format!("/f/{token}/for-you")).await;
    for joy in ["予防接種", "児童手当", "健康診査", "記念品"] {
        assert!(!page.text().contains(joy), "{joy} after a loss");
    }
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_accepted_name_is_shown_by_code_points_and_never_of_the_protected() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let name = "桜\u{e0101}";
    let plain = letter(canonical(&Paper {
        child: name.to_owned(),
        ..birth("FA-7")
    }));
    let guarded = letter(canonical(&Paper {
        protected: true,
        ..birth("FA-8")
    }));
    let tokens = [
        land(&office, &ingest, &plain).await.status_token,
        land(&office, &ingest, &guarded).await.status_token,
    ];
    let city = office.open().await;
    let mut desk = officer(&city).await;
    let mut shown = Vec::new();
    for (filing, token) in [&plain, &guarded].into_iter().zip(&tokens) {
        let mut phone = opened(&city, token).await;
        let before = phone.get(&line(token)).await;
        assert!(
            !before.text().contains("childs-name"),
            "before it is accepted"
        );
        accept(&mut desk, filing).await;
        shown.push(phone.get(&line(token)).await);
    }
    assert_eq!(
        between(&shown[0], "id=\"childs-name\">", "<"),
        format!("葛\u{e0100}城\u{3000}{name}")
    );
    let page = &shown[1];
    assert!(page.text().contains("data-state=\"accepted\""));
    assert!(!page.text().contains("childs-name") && !page.text().contains(CHILD_MEI));
    city.stop().await;
}

/// The text of a page in its own language: without what is marked as Japanese, and without the languages' names.
fn own_words(page: &Reply) -> String {
    let mut rest = page.text();
    let mut own = String::new();
    while let Some((before, marked)) = rest.split_once("lang=\"ja\"") {
        let start = before.rfind('<').unwrap();
        own.push_str(&before[..start]);
        let tag: String = before[start + 1..]
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .collect();
        let end = format!("</{tag}>");
        rest = marked.split_once(&end).map_or("", |(_, after)| after);
    }
    own.push_str(rest);
    own.replace("ことば / Language", "").replace('〜', "")
}

fn kana(text: &str) -> Option<char> {
    text.chars()
        .find(|each| ('\u{3041}'..='\u{30fe}').contains(each) && *each != '・')
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_speaks_the_familys_language() {
    let office = Office::new();
    let (filing, _, receipt) = case(&office, "FA-9").await;
    let city = office.open().await;
    let token = receipt.status_token.as_str();
    let mut desk = officer(&city).await;
    accept(&mut desk, &filing).await;
    let mut phone = opened(&city, token).await;
    let mut seen = Vec::new();
    for (word, code, title) in [
        ("ja", "ja", "手続きの状況"),
        ("easy", "ja", "てつづきは いま"),
        ("en", "en", "Where your filings stand"),
        ("zh", "zh-Hans", "手续进度"),
        ("pt", "pt", "Andamento dos procedimentos"),
        ("vi", "vi", "Tình trạng thủ tục"),
        ("tl", "tl", "Kalagayan ng mga aplikasyon"),
        ("ne", "ne", "प्रक्रियाको स्थिति"),
    ] {
        let page = phone.get(&format!("/f/{token}?lang={word}")).await;
        assert!(
            page.text().contains(&format!("<html lang=\"{code}\">")),
            "{word}"
        );
        assert!(
            page.text().contains(&format!("<title>{title}</title>")),
            "{word}"
        );
        // kept for the next page, without the address
        let mut pages = vec![page];
        for path in ["", "/looks", "/for-you", "/close"] {
            pages.push(phone.get(&format!("/f/{token}{path}")).await);
        }
        let mut stranger = Browser::new(city.address);
        let head = format!("GET /f/{token} HTTP/1.1\r\naccept-language: {word}-XX;q=0.9, de\r\n");
        if word != "easy" {
            let door = stranger.request(&head, "").await;
            assert!(
                door.text().contains(&format!("<html lang=\"{code}\">")),
                "{word} by the browser"
            );
            pages.push(door);
        }
        for page in &pages {
            let own = own_words(page);
            if code != "ja" {
                assert_eq!(kana(&own), None, "{word}, {}: {own}", page.brief());
            }
        }
        seen.push(pages[0].text().to_owned());
    }
    // the check finds Japanese that is not marked
    let mut unmarked = phone.get(&format!("/f/{token}?lang=vi")).await;
    unmarked.body = unmarked.text().replace(" lang=\"ja\"", "").into_bytes();
    assert!(kana(&own_words(&unmarked)).is_some());
    let all = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), all, "eight different pages");
    city.stop().await;
}

/// Looks at a page on a phone: no violation, nothing wider than the window, also with letters of twice the size; a picture.
fn look(browser: &Chromium, folder: &Path, name: &str) {
    accessible(browser, folder, name);
    assert!(over(browser) <= 0, "{name} is wider than the window");
    value(browser, "document.documentElement.style.fontSize = '200%'");
    browser
        .snapshot(&folder.join(format!("{name}-200.png")))
        .unwrap();
    assert!(over(browser) <= 0, "{name} at 200 %");
    fits_a_finger(browser, name);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_opens_reads_and_closes_without_a_script() {
    let office = telling();
    let (filing, _, receipt) = case(&office, "FA-10").await;
    let city = office.open().await;
    let mut desk = officer(&city).await;
    accept(&mut desk, &filing).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("family");
    std::fs::create_dir_all(&folder).unwrap();
    let home = format!("http://{}/f/{}", city.address, receipt.status_token);
    tokio::task::spawn_blocking(move || visit(&folder, &home))
        .await
        .unwrap();
    city.stop().await;
}

fn visit(folder: &Path, home: &str) {
    let logs = tempfile::tempdir().unwrap();
    let browser = Chromium::start(logs.path(), false, (360, 740)).unwrap();
    browser.open(home).unwrap();
    browser.wait_id("year").unwrap();
    assert_eq!(value(&browser, "document.scripts.length"), json!(0));
    look(&browser, folder, "door");
    browser.open(&format!("{home}?lang=ne")).unwrap();
    look(&browser, folder, "door-ne");
    browser.open(&format!("{home}?lang=ja")).unwrap();
    browser.fill("year", "1996").unwrap();
    browser.fill("month", "11").unwrap();
    browser.fill("day", "22").unwrap();
    browser.click("open").unwrap();
    browser.wait_css("[data-door=wrong]").unwrap();
    look(&browser, folder, "door-wrong");
    browser.open(home).unwrap();
    for (id, text) in [("year", "1996"), ("month", "11"), ("day", "23")] {
        browser.fill(id, text).unwrap();
    }
    browser.click("open").unwrap();
    browser.wait_css("article.filing").unwrap();
    assert_eq!(browser.url().unwrap(), home);
    look(&browser, folder, "line");
    browser.open(home).unwrap();
    browser.click_css("form.voice button[value=good]").unwrap();
    browser.wait_css("form.voice .received").unwrap();
    for (name, path) in [
        ("line-easy", "?lang=easy"),
        ("line-vi", "?lang=vi"),
        ("looks", "/looks?lang=ja"),
        ("for-you-found", "/for-you?for=027"),
        ("close", "/close"),
    ] {
        browser.open(&format!("{home}{path}")).unwrap();
        browser.wait_id("main").unwrap();
        look(&browser, folder, name);
    }
    // the one page with a script: under its own policy the script runs, and its worker is taken for this family's pages
    browser.open(&format!("{home}/news")).unwrap();
    browser.wait_css("#subscribe:not([hidden])").unwrap();
    look(&browser, folder, "news");
    let register = "const done = arguments[arguments.length - 1];
        navigator.serviceWorker.register('/assets/family-worker.js', { scope: document.getElementById('subscribe').dataset.scope })
            .then(taken => done(new URL(taken.scope).pathname), refused => done(String(refused)));";
    let scope = browser.ask(register, Vec::new()).unwrap();
    assert!(
        home.ends_with(scope.as_str().unwrap().trim_end_matches('/')),
        "{scope}"
    );
    // the checks find what is wrong: grey on grey, and something wider than the window
    let planted = "(() => { const e = document.createElement('p'); e.className = 'hint'; e.textContent = 'うすい文字';
        e.style.color = '#bbbbbb'; e.style.width = '900px'; document.getElementById('main').append(e); return true; })()";
    assert_eq!(value(&browser, planted), json!(true));
    let found: Vec<String> = violations(&browser)
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    assert!(found.contains(&"color-contrast".to_owned()), "{found:?}");
    assert!(over(&browser) > 0);
    browser.open(&format!("{home}/close")).unwrap();
    browser.click("close").unwrap();
    browser.wait_id("closed").unwrap();
    look(&browser, folder, "closed");
    browser.open(home).unwrap();
    browser.wait_id("main").unwrap();
    look(&browser, folder, "unknown");
}

/// A phone's side of Web Push.
struct Phone {
    key: PrivateKey,
    secret: [u8; 16],
}

impl Phone {
    fn new() -> Self {
        Self {
            key: PrivateKey::generate(&ECDH_P256).unwrap(),
            secret: [0x5a; 16],
        }
    }

    fn public(&self) -> Vec<u8> {
        self.key.compute_public_key().unwrap().as_ref().to_vec()
    }

    /// Opens what was sealed to it (RFC 8291).
    fn open(&self, body: &[u8]) -> Vec<u8> {
        let (salt, rest) = body.split_at(16);
        assert_eq!(rest[..5], [0, 0, 16, 0, 65]);
        let (sender, sealed) = rest[5..].split_at(65);
        let own = self.public();
        let peer = agreement::UnparsedPublicKey::new(&ECDH_P256, sender);
        let keying: Vec<u8> = agree(&self.key, peer, (), |shared| {
            Ok(derived(
                &self.secret,
                shared,
                &[b"WebPush: info\0", &own, sender],
                32,
            ))
        })
        .unwrap();
        let key = derived(salt, &keying, &[b"Content-Encoding: aes128gcm\0"], 16);
        let nonce = derived(salt, &keying, &[b"Content-Encoding: nonce\0"], 12);
        let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
        let nonce = Nonce::try_assume_unique_for_key(&nonce).unwrap();
        let mut sealed = sealed.to_vec();
        key.open_in_place(nonce, Aad::empty(), &mut sealed)
            .unwrap()
            .to_vec()
    }
}

struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derived(salt: &[u8], secret: &[u8], info: &[&[u8]], length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    let key = hkdf::Salt::new(hkdf::HKDF_SHA256, salt).extract(secret);
    let derived = key.expand(info, Length(length)).unwrap();
    derived.fill(&mut bytes).unwrap();
    bytes
}

/// The sender's token holds, and says for whom and until when; answers its public key.
fn vapid(head: &str, audience: &str, now: i64) -> String {
    let line = header(head, "authorization");
    let (token, key) = line
        .strip_prefix("vapid t=")
        .unwrap()
        .split_once(", k=")
        .unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| Base64UrlUnpadded::decode_vec(text).unwrap();
    let public = decode(key);
    signature::UnparsedPublicKey::new(&signature::ECDSA_P256_SHA256_FIXED, &public)
        .verify(signed.as_bytes(), &decode(signature))
        .unwrap();
    let (alg, claims) = signed.split_once('.').unwrap();
    let alg: Value = serde_json::from_slice(&decode(alg)).unwrap();
    assert_eq!(alg, json!({ "typ": "JWT", "alg": "ES256" }));
    let claims: Value = serde_json::from_slice(&decode(claims)).unwrap();
    assert_eq!(claims["aud"], json!(audience));
    assert_eq!(claims["sub"], json!("mailto:koho@asukoe.example"));
    let left = claims["exp"].as_i64().unwrap() - now;
    assert!((1..=DAY).contains(&left), "{left}");
    key.to_owned()
}

/// A city that tells phones through push services on this machine.
fn telling() -> Office {
    let mut office = Office::new();
    let algorithm = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let key = signature::EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        Base64::encode_string(key.as_ref())
    );
    std::fs::write(office.folder.path().join("push.pem"), pem).unwrap();
    office.more.push_str(
        "[push]\nkey = \"push.pem\"\nsubject = \"mailto:koho@asukoe.example\"\nservices = [\"127.0.0.1\"]\nca = \"broker-ca.pem\"\n",
    );
    office
}

#[expect(clippy::too_many_lines, reason = "one story")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_phone_that_asked_is_told_of_something_new_and_never_after_a_loss() {
    let office = telling();
    let (filing, claim, receipt) = case(&office, "FA-11").await;
    let city = office.open().await;
    let service = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = format!("http://{}", service.local_addr().unwrap());
    let token = receipt.status_token.as_str();
    let mut guest = opened(&city, token).await;
    let news = format!("/f/{token}/news");
    let page = guest.get(&format!("{news}?lang=vi")).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self'") && policy.starts_with("default-src 'none'"));
    assert!(!guest.get(&line(token)).await.text().contains("<script"));
    let worker = guest.get("/assets/family-worker.js").await;
    assert_eq!(worker.header("service-worker-allowed"), Some("/f/"));
    let csrf = page.hidden("csrf");
    let phone = Phone::new();
    let key = Base64UrlUnpadded::encode_string(&phone.public());
    let secret = Base64UrlUnpadded::encode_string(&phone.secret);
    let keep = |endpoint: String| {
        let (csrf, key, secret) = (csrf.clone(), key.clone(), secret.clone());
        [
            ("csrf", csrf),
            ("endpoint", endpoint),
            ("p256dh", key),
            ("auth", secret),
        ]
    };
    // only services that are named are ever asked: no address inside the town's network, no other port's secrets
    for (endpoint, status) in [
        ("https://10.0.0.7/push".to_owned(), 400),
        ("http://intranet.asukoe.example/push".to_owned(), 400),
        ("file:///etc/passwd".to_owned(), 400),
        (format!("{at}/first"), 303),
    ] {
        let fields = keep(endpoint.clone());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
        assert_eq!(
            guest.post(&news, &fields).await.status,
            status,
            "{endpoint}"
        );
    }
    let mut desk = officer(&city).await;
    accept(&mut desk, &filing).await;
    let (head, body) = asked(&service, |_| "201 Created").await;
    assert!(head.starts_with("POST /first HTTP/1.1\r\n"), "{head}");
    assert_eq!(header(&head, "content-encoding"), "aes128gcm");
    assert_eq!(header(&head, "topic"), "news");
    assert!(header(&head, "ttl").parse::<u32>().unwrap() > 0);
    let sender = vapid(&head, &at, office.now());
    assert!(page.text().contains(&format!("data-key=\"{sender}\"")));
    let mut expect = b"vi\x02".to_vec();
    expect.resize(33, 0);
    assert_eq!(phone.open(&body), expect, "a language, and nothing else");
    city.stop().await;

    // another program hands out the next notice, and tells nobody
    let config = office.config();
    let store = office.store().await;
    let case_ref = store
        .family_link_state(filing.id)
        .await
        .unwrap()
        .unwrap()
        .case_ref;
    store.forget_phones(case_ref).await.unwrap();
    for name in ["gone", "busy"] {
        let kept = store
            .keep_phone(NewPhone {
                case_ref,
                endpoint: format!("{at}/{name}"),
                p256dh: phone.public(),
                auth: phone.secret.to_vec(),
                tongue: "ja",
                at: office.now(),
            })
            .await
            .unwrap();
        assert!(kept);
    }
    let pusher = Pusher::new(config.push.as_ref().unwrap()).unwrap();
    let clock = office.hands.clock();
    assert_eq!(
        pusher.work_off(store.as_ref(), &clock).await.unwrap(),
        0,
        "nothing is new"
    );
    let quiet = Config {
        push: None,
        ..office.config()
    };
    let city = office.open_as(quiet).await;
    let mut desk = officer(&city).await;
    accept(&mut desk, &claim).await;
    let worker = Worker {
        store: store.clone(),
        planner: Arc::new(Engine::new(
            Arc::new(Catalogue::builtin().unwrap()),
            asukoe(),
            3,
        )),
        clock: clock.clone(),
        bell: Arc::new(Notify::new()),
        done: Arc::new(Notify::new()),
    };
    worker.work_off().await.unwrap();
    let answers = async {
        for _ in 0..2 {
            asked(&service, |head| {
                if head.contains("/gone") {
                    "410 Gone"
                } else {
                    "503 Busy"
                }
            })
            .await;
        }
    };
    let (told, ()) = tokio::join!(pusher.work_off(store.as_ref(), &clock), answers);
    assert_eq!(told.unwrap(), 2);
    assert_eq!(
        store.family_phones(case_ref).await.unwrap(),
        1,
        "who is gone is forgotten"
    );
    office.hands.forward(3_600);
    let due = store.due_phones(office.now(), 10).await.unwrap();
    assert_eq!(due.len(), 1, "who was busy is tried again");
    assert!(
        store.due_phones(office.now(), 10).await.unwrap().is_empty(),
        "by one program"
    );
    let by = By {
        actor: "sato".to_owned(),
        at: office.now(),
    };
    store.mark_loss(filing.id, String::new(), by).await.unwrap();
    office.hands.forward(3_600);
    assert!(
        store.due_phones(office.now(), 10).await.unwrap().is_empty(),
        "after a loss nobody is"
    );
    assert_eq!(pusher.work_off(store.as_ref(), &clock).await.unwrap(), 0);
    let mut guest = opened(&city, token).await;
    assert_eq!(guest.get(&news).await.status, 404, "and it is not offered");
    city.stop().await;
}

fn hash(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

#[expect(clippy::too_many_lines, reason = "one story")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn doors_links_comments_and_phones_are_alike_on_both_databases() {
    on_each_store(async |office| {
        let (filing, claim, receipt) = case(office, "FS-1").await;
        let (store, now) = (office.store().await, office.now());
        let link_sha256 = hash(&receipt.status_token);
        let found = store.family_link(link_sha256, None, now).await.unwrap();
        let link = found.unwrap();
        assert!(!link.opened && link.filing == filing.id);
        let kept = store.family_case(link.case_ref).await.unwrap();
        assert_eq!((kept.papers.len(), kept.loss), (2, false));
        let knock = |right: bool, now: i64| Knock {
            link_sha256,
            address_sha256: hash("192.0.2.7"),
            right,
            link,
            session_sha256: hash("session"),
            now,
            ends_at: now + DAY,
        };
        // several at once are counted one by one
        let mut tries = JoinSet::new();
        for _ in 0..5 {
            let (store, wrong) = (Arc::clone(&store), knock(false, now));
            tries.spawn(async move { store.family_knock(wrong).await.unwrap() });
        }
        assert_eq!(tries.join_all().await, [Knocked::Wrong; 5]);
        let waits = store.family_knock(knock(true, now)).await.unwrap();
        assert_eq!(waits, Knocked::Wait(now + 600));
        let later = now + 600;
        let opened = store.family_knock(knock(true, later)).await.unwrap();
        assert_eq!(opened, Knocked::Opened);
        let inside = async |session: &str, at: i64| {
            let link = store.family_link(link_sha256, Some(hash(session)), at);
            link.await.unwrap().is_some_and(|link| link.opened)
        };
        assert!(inside("session", later).await && !inside("another", later).await);
        assert!(!inside("session", later + DAY).await);
        let say = |filing, item, words: Option<&str>| NewVoice {
            case_ref: link.case_ref,
            filing,
            item,
            mood: "good",
            words: words.map(str::to_owned),
            at: later,
        };
        assert!(
            store
                .family_says(say(Some(claim.id), None, Some("一言")))
                .await
                .unwrap()
        );
        assert!(
            store
                .family_says(say(Some(filing.id), None, None))
                .await
                .unwrap()
        );
        assert!(!store.family_says(say(None, Some(77), None)).await.unwrap());
        let voices = store.family_voices(link.case_ref).await.unwrap();
        assert_eq!(voices.len(), 2);
        assert_eq!(store.newest_voices(9).await.unwrap(), voices[1..]);
        let counts = store.voice_counts().await.unwrap();
        assert_eq!(counts["jido_teate_nintei"]["good"], 1);
        let phone = NewPhone {
            case_ref: link.case_ref,
            endpoint: "https://push.example/1".to_owned(),
            p256dh: vec![4; 65],
            auth: vec![1; 16],
            tongue: "ne",
            at: later,
        };
        for _ in 0..2 {
            assert!(store.keep_phone(phone.clone()).await.unwrap());
        }
        assert_eq!(store.family_phones(link.case_ref).await.unwrap(), 1);
        assert!(store.due_phones(later, 9).await.unwrap().is_empty());
        let by = || By {
            actor: "sato".to_owned(),
            at: later,
        };
        let renew = |token: &str| {
            store.renew_family_link(
                link.case_ref,
                filing.id,
                token.to_owned(),
                Some(hash("c")),
                by(),
            )
        };
        renew("first").await.unwrap();
        renew("second").await.unwrap();
        let opens = async |token: &str| {
            let link = store.family_link(hash(token), None, later);
            link.await.unwrap().map(|link| link.case_ref)
        };
        assert_eq!(opens(&receipt.status_token).await, None);
        assert_eq!(opens("first").await, None);
        assert_eq!(opens("second").await, Some(link.case_ref));
        assert_eq!(store.family_phones(link.case_ref).await.unwrap(), 0);
        assert_eq!(store.family(hash("second")).await.unwrap().len(), 2);
        let state = store.family_link_state(claim.id).await.unwrap().unwrap();
        assert!(state.code && state.closed.is_none() && state.token == "second");
        let close = || store.close_family_links(link.case_ref, filing.id, by());
        assert!(close().await.unwrap());
        assert!(!close().await.unwrap());
        assert_eq!(opens("second").await, None);
        let looks = store.family_looks(link.case_ref, 100).await.unwrap();
        let acts: Vec<&str> = looks.iter().map(|look| look.action.as_str()).collect();
        let mut expect = vec!["family.closed", "family.renewed", "family.renewed"];
        expect.extend(["family.said", "family.said", "family.opened"]);
        expect.extend(["family.wrong"; 5]);
        expect.extend(["filing.arrived", "filing.arrived"]);
        assert_eq!(acts, expect);
    })
    .await;
}

#[test]
fn everything_that_is_wrong_with_telling_phones_is_named_at_once() {
    let mut office = Office::new();
    office.more.push_str(
        "[push]\nkey = \"nowhere.pem\"\nsubject = \"somebody\"\nlater = 1\nca = \"broker-ca.pem\"\n",
    );
    let said = office.config_of(&office.toml()).unwrap_err().to_string();
    for key in ["push.key", "push.subject", "push.later"] {
        assert!(said.contains(key), "{key} is not in {said}");
    }
    let config = telling().config().push.unwrap();
    assert_eq!(config.services, ["127.0.0.1"]);
    let pusher = Pusher::new(&config).unwrap();
    for (address, asked) in [
        ("http://127.0.0.1:9/x", true),
        ("https://127.0.0.1/x", true),
        ("http://127.0.0.1@10.0.0.1/x", false),
        ("https://10.0.0.1/127.0.0.1", false),
        ("ftp://127.0.0.1/x", false),
        ("127.0.0.1", false),
        ("", false),
    ] {
        assert_eq!(pusher.asks(address), asked, "{address}");
    }
}

/// A filing's canonical bytes without the rows that have these paths.
fn without(canonical: &[u8], paths: &[&str]) -> Vec<u8> {
    let mut filing: Value = serde_json::from_slice(canonical).unwrap();
    let rows = filing["rows"].as_array_mut().unwrap();
    rows.retain(|row| !paths.contains(&row["path"].as_str().unwrap()));
    serde_json::to_vec(&filing).unwrap()
}

#[tokio::test]
async fn what_is_asked_follows_what_the_filings_say_and_spares_a_loss() {
    let office = Office::new();
    let (_, _, receipt) = case(&office, "FA-12").await;
    let store = office.store().await;
    let link = store
        .family_link(hash(&receipt.status_token), None, office.now())
        .await
        .unwrap()
        .unwrap();
    let mut whole = store.family_case(link.case_ref).await.unwrap();
    let (mother, father, child) = (
        day_hash(date(1996, 11, 23)),
        day_hash(date(1994, 2, 3)),
        day_hash(date(2026, 11, 22)),
    );
    let opens = |file: &CaseFile| {
        let fact = Fact::of(file);
        (
            fact.asked(),
            [mother, father, child].map(|day| fact.opens(day)),
        )
    };
    assert_eq!(opens(&whole), (Asked::Mother, [true, false, false]));
    // a claim alone: whoever claims
    let claim = CaseFile {
        papers: whole.papers.split_off(1),
        ..CaseFile::default()
    };
    assert_eq!(opens(&claim), (Asked::Filer, [true, false, false]));
    // a notification that knows no parent's birth: the child's, but never after a loss
    let births = ["mother.birth", "father.birth", "filer.birth"];
    let notice = &mut whole.papers[0];
    notice.canonical = without(&notice.canonical, &births);
    assert_eq!(opens(&whole), (Asked::Child, [false, false, true]));
    whole.loss = true;
    assert_eq!(opens(&whole), (Asked::Nothing, [false, false, false]));
}
