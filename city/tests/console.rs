//! The console and the family's page, byte by byte over a real socket.

use crate::support::browser::{Browser, Reply};
use crate::support::office::{Letter, Office, Running, land, letter, signed_by};
use crate::support::papers::{
    ADDRESS, CHILD_MEI, MOTHER, Paper, allowance, birth, canonical, stranger,
};
use ubugoe_city::casework::FilingState;
use ubugoe_protocol::Receipt;

/// A city with one birth notification and one allowance claim of the same case, and an officer signed in.
async fn desk() -> (Office, Running, Browser, Letter, Receipt) {
    let office = Office::new();
    let ingest = office.ingest().await;
    let notice = letter(canonical(&birth("ASK-1")));
    let receipt = land(&office, &ingest, &notice).await;
    let claim = Letter {
        case: notice.case,
        case_seq: 1,
        ..letter(canonical(&allowance("ASK-1")))
    };
    land(&office, &ingest, &claim).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    (office, city, browser, notice, receipt)
}

fn page(letter: &Letter, rest: &str) -> String {
    format!("/console/filings/{}{rest}", letter.id)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_carries_the_strict_headers() {
    let (_office, city, mut browser, notice, receipt) = desk().await;
    for path in [
        "/console/filings",
        "/console/sign-in",
        "/console/audit",
        &page(&notice, ""),
        &format!("/f/{}", receipt.status_token),
        "/f/nothing",
        "/nothing",
        "/assets/city.css",
    ] {
        let reply = browser.get(path).await;
        assert_eq!(
            reply.header("content-security-policy"),
            Some(
                "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
            ),
            "{path}"
        );
        assert_eq!(
            reply.header("x-content-type-options"),
            Some("nosniff"),
            "{path}"
        );
        assert_eq!(
            reply.header("referrer-policy"),
            Some("no-referrer"),
            "{path}"
        );
        assert_eq!(
            reply.header("x-robots-tag"),
            Some("noindex, nofollow"),
            "{path}"
        );
        if !path.starts_with("/assets") {
            assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
            assert!(
                !reply.text().contains("<script") && !reply.text().contains(" style=\""),
                "{path} needs more than the policy allows"
            );
            assert!(
                !reply.text().contains("//cdn") && !reply.text().contains("https://"),
                "{path} loads from elsewhere"
            );
        }
    }
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_signing_in_every_console_page_leads_to_the_sign_in() {
    let (_office, city, _browser, notice, _) = desk().await;
    let mut stranger = Browser::new(city.address);
    for path in [
        "/console/filings",
        "/console/quarantine",
        "/console/audit",
        &page(&notice, ""),
        &page(&notice, "/accept"),
        &page(&notice, "/return"),
        &page(&notice, "/filing.json"),
        &page(&notice, "/signature.p7s"),
        &page(&notice, "/receipt.cose"),
    ] {
        let reply = stranger.get(path).await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, Some("/console/sign-in")),
            "{path}"
        );
        assert!(
            reply.body.is_empty(),
            "{path} shows something before the sign-in"
        );
    }
    for path in [
        page(&notice, "/accept"),
        page(&notice, "/return"),
        page(&notice, "/reveal"),
        "/console/sign-out".to_owned(),
    ] {
        let reply = stranger
            .post(&path, &[("csrf", "x"), ("version", "1")])
            .await;
        assert_eq!(
            (reply.status, reply.header("location")),
            (303, Some("/console/sign-in")),
            "{path}"
        );
    }
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_without_its_sessions_token_changes_nothing() {
    let (office, city, mut browser, notice, _) = desk().await;
    let mut colleague = Browser::new(city.address);
    colleague.sign_in().await;
    let foreign = colleague.get("/console/filings").await.hidden("csrf");
    for path in [
        page(&notice, "/accept"),
        page(&notice, "/return"),
        page(&notice, "/reveal"),
        "/console/sign-out".to_owned(),
    ] {
        for fields in [
            vec![("version", "1")],
            vec![("version", "1"), ("csrf", "")],
            vec![("version", "1"), ("csrf", foreign.as_str())],
        ] {
            let reply = browser.post(&path, &fields).await;
            assert_eq!(reply.status, 403, "{path} {fields:?}");
        }
    }
    let record = office
        .store()
        .await
        .filing(notice.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(record.row.state, FilingState::Arrived);
    assert_eq!(
        browser.get("/console/filings").await.status,
        200,
        "still signed in"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn signing_in_needs_the_forms_own_token_and_the_right_password() {
    let office = Office::new();
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    let form = browser.get("/console/sign-in").await;
    assert!(
        form.header("set-cookie")
            .unwrap()
            .ends_with("HttpOnly; SameSite=Strict")
    );
    let right = crate::support::office::PASSWORD;
    let forged = browser
        .post(
            "/console/sign-in",
            &[("csrf", "0"), ("account", "sato"), ("password", right)],
        )
        .await;
    assert_eq!(forged.status, 403);
    let csrf = form.hidden("csrf");
    for (account, password) in [("sato", "wrong password"), ("nobody", right)] {
        let reply = browser
            .post(
                "/console/sign-in",
                &[
                    ("csrf", &csrf),
                    ("account", account),
                    ("password", password),
                ],
            )
            .await;
        assert_eq!(reply.status, 401);
        assert!(
            reply
                .text()
                .contains("アカウント名またはパスワードが違います。")
        );
    }
    let reply = browser
        .post(
            "/console/sign-in",
            &[("csrf", &csrf), ("account", "sato"), ("password", right)],
        )
        .await;
    assert_eq!(reply.status, 303);
    let cookie = reply.header("set-cookie").unwrap();
    assert!(
        cookie.starts_with("ubugoe_session=")
            && cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"),
        "{cookie}"
    );
    // out again: the session is dead on the server, not only forgotten by the browser
    let kept = browser.clone();
    let csrf = browser.get("/console/filings").await.hidden("csrf");
    assert_eq!(
        browser
            .post("/console/sign-out", &[("csrf", &csrf)])
            .await
            .status,
        303
    );
    let mut kept = kept;
    assert_eq!(kept.get("/console/filings").await.status, 303);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_wrong_passwords_bring_a_pause() {
    let office = Office::new();
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    let csrf = browser.get("/console/sign-in").await.hidden("csrf");
    let mut answers = Vec::new();
    for _ in 0..6 {
        answers.push(
            browser
                .post(
                    "/console/sign-in",
                    &[("csrf", &csrf), ("account", "sato"), ("password", "wrong")],
                )
                .await
                .status,
        );
    }
    assert_eq!(answers, [401, 401, 401, 401, 401, 429]);
    office.hands.forward(61);
    browser.sign_in().await;
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_after_half_an_hour_without_use() {
    let (office, city, mut browser, _, _) = desk().await;
    office.hands.forward(29 * 60);
    assert_eq!(browser.get("/console/filings").await.status, 200);
    office.hands.forward(31 * 60);
    assert_eq!(browser.get("/console/filings").await.status, 303);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_filing_is_shown_as_it_was_signed_with_the_source_of_every_value() {
    let (_office, city, mut browser, notice, _) = desk().await;
    let list = browser.get("/console/filings").await;
    assert!(
        list.text().contains("12月7日（月）") && list.text().contains("あと13日"),
        "the due day is missing"
    );
    assert!(
        list.text().contains(MOTHER),
        "code points must come through"
    );
    let open = browser.get(&page(&notice, "")).await;
    let text = open.text();
    for part in [
        MOTHER,
        ADDRESS,
        CHILD_MEI,
        "マイナンバーカードから読み取った値",
        "出生証明書の値",
        "届出人が入力した値",
        "失効未確認",
        "✓ 確認済み",
        "佐藤",
    ] {
        assert!(text.contains(part), "{part} is not on the page");
    }
    assert!(text.contains(&hex::encode(ubugoe_protocol::digest(&notice.canonical))));
    assert!(
        !text.contains("<input type=\"text\""),
        "a filing is never edited"
    );
    let english = browser.get(&page(&notice, "?lang=en")).await;
    assert!(
        english.text().contains("Electronic signature")
            && english.text().contains("html lang=\"en\"")
    );
    assert!(
        browser
            .get("/console/filings")
            .await
            .text()
            .contains("Ordered by legal deadline"),
        "the choice is kept"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_stored_downloads_byte_for_byte_and_openssl_accepts_the_signature() {
    let (office, city, mut browser, notice, receipt) = desk().await;
    let content = browser.get(&page(&notice, "/filing.json")).await;
    assert_eq!(content.body, notice.canonical);
    let signature = browser.get(&page(&notice, "/signature.p7s")).await;
    assert_eq!(signature.body, notice.signature);
    let signed = browser.get(&page(&notice, "/receipt.cose")).await;
    assert_eq!(
        Receipt::verify(&signed.body, &office.receipt_key()).unwrap(),
        receipt
    );
    assert_eq!(
        signed.header("content-disposition"),
        Some("attachment; filename=\"filing-1.cose\"")
    );
    let folder = office.folder.path();
    std::fs::write(folder.join("content"), &content.body).unwrap();
    std::fs::write(folder.join("signature"), &signature.body).unwrap();
    let verified = std::process::Command::new("openssl")
        .args([
            "cms",
            "-verify",
            "-cades",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "signature",
            "-content",
            "content",
            "-CAfile",
            "jpki-sign-ca.pem",
            "-purpose",
            "any",
            "-attime",
            "1795489200",
            "-out",
            "/dev/null",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stderr)
    );
    city.stop().await;
}

async fn press(browser: &mut Browser, path: &str, form: &Reply, more: &[(&str, &str)]) -> Reply {
    let (csrf, version) = (form.hidden("csrf"), form.hidden("version"));
    let mut fields = vec![("csrf", csrf.as_str()), ("version", version.as_str())];
    fields.extend_from_slice(more);
    browser.post(path, &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepting_takes_two_pages_and_shows_everywhere() {
    let (office, city, mut browser, notice, receipt) = desk().await;
    let path = page(&notice, "/accept");
    let confirm = browser.get(&path).await;
    assert!(confirm.text().contains("id=\"confirm\""));
    let record = office
        .store()
        .await
        .filing(notice.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        record.row.state,
        FilingState::Arrived,
        "looking changes nothing"
    );
    let done = press(&mut browser, &path, &confirm, &[]).await;
    assert_eq!(
        (done.status, done.header("location")),
        (303, Some(page(&notice, "").as_str()))
    );
    let open = browser.get(&page(&notice, "")).await;
    assert!(
        open.text().contains("data-state=\"accepted\"") && !open.text().contains("id=\"accept\"")
    );
    // the same form again, as a double click sends it
    assert_eq!(press(&mut browser, &path, &confirm, &[]).await.status, 409);
    browser.open_family(&receipt.status_token).await;
    let family = browser.get(&format!("/f/{}", receipt.status_token)).await;
    assert!(
        family.text().contains("data-state=\"accepted\"")
            && family.text().contains("data-state=\"arrived\"")
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn returning_asks_for_a_reason_confirms_it_and_tells_the_family() {
    let (office, city, mut browser, notice, receipt) = desk().await;
    let path = page(&notice, "/return");
    let form = browser.get(&path).await;
    assert!(form.text().contains("<select id=\"reason\""));
    let nothing = press(&mut browser, &path, &form, &[("reason", ""), ("note", "")]).await;
    assert_eq!(nothing.status, 422);
    assert!(nothing.text().contains("理由を選んでください。"));
    let confirm = press(
        &mut browser,
        &path,
        &form,
        &[
            ("reason", "document_needed"),
            ("note", "母子健康手帳の\r\n写しをお願いします。"),
        ],
    )
    .await;
    assert_eq!(confirm.status, 200);
    assert!(
        confirm.text().contains("書類が1つ必要です。")
            && confirm.text().contains("name=\"confirmed\"")
    );
    let record = office
        .store()
        .await
        .filing(notice.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        record.row.state,
        FilingState::Arrived,
        "the first page returns nothing yet"
    );
    let words = confirm.hidden("note");
    let done = press(
        &mut browser,
        &path,
        &confirm,
        &[
            ("reason", "document_needed"),
            ("note", &words),
            ("confirmed", "yes"),
        ],
    )
    .await;
    assert_eq!(done.status, 303);
    browser.open_family(&receipt.status_token).await;
    let family = browser.get(&format!("/f/{}", receipt.status_token)).await;
    assert!(
        family.text().contains("書類が1つ必要です。")
            && family
                .text()
                .contains("母子健康手帳の\n写しをお願いします。")
    );
    // later the family brings it, and the filing is accepted after all
    let path = page(&notice, "/accept");
    let confirm = browser.get(&path).await;
    assert_eq!(press(&mut browser, &path, &confirm, &[]).await.status, 303);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_for_the_family_may_not_name_anybody() {
    let (_office, city, mut browser, notice, _) = desk().await;
    let path = page(&notice, "/return");
    let form = browser.get(&path).await;
    for words in [
        format!("{CHILD_MEI}さんの読み方"),
        format!("{ADDRESS}に送ります"),
        "𠮷子様へ".to_owned(),
    ] {
        let reply = press(
            &mut browser,
            &path,
            &form,
            &[
                ("reason", "name_check"),
                ("note", &words),
                ("confirmed", "yes"),
            ],
        )
        .await;
        assert_eq!(reply.status, 422, "{words} was taken");
    }
    let harmless = "出生証明書をもう一度お持ちください。";
    let reply = press(
        &mut browser,
        &path,
        &form,
        &[("reason", "document_needed"), ("note", harmless)],
    )
    .await;
    assert_eq!(reply.status, 200, "ordinary words are taken");
    let endless = "あ".repeat(501);
    assert_eq!(
        press(
            &mut browser,
            &path,
            &form,
            &[("reason", "name_check"), ("note", &endless)]
        )
        .await
        .status,
        422
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accepting_a_filing_with_a_doubtful_signature_needs_a_written_reason() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let doubtful = signed_by(stranger(), canonical(&birth("ASK-1")));
    land(&office, &ingest, &doubtful).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    assert!(
        browser
            .get("/console/filings")
            .await
            .text()
            .contains("data-reason=\"signature_untrusted\"")
    );
    let path = page(&doubtful, "/accept");
    let confirm = browser.get(&path).await;
    assert_eq!(press(&mut browser, &path, &confirm, &[]).await.status, 422);
    assert_eq!(
        press(
            &mut browser,
            &path,
            &confirm,
            &[("note", "窓口で運転免許証により本人確認")]
        )
        .await
        .status,
        303
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_protected_address_is_masked_until_somebody_asks_and_that_is_logged() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let paper = Paper {
        protected: true,
        ..birth("ASK-1")
    };
    let guarded = letter(canonical(&paper));
    let receipt = land(&office, &ingest, &guarded).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    browser.open_family(&receipt.status_token).await;
    for path in [
        "/console/filings".to_owned(),
        page(&guarded, ""),
        format!("/f/{}", receipt.status_token),
    ] {
        assert!(
            !browser.get(&path).await.text().contains(ADDRESS),
            "{path} shows a protected address"
        );
    }
    let csrf = browser.get(&page(&guarded, "")).await.hidden("csrf");
    let shown = browser
        .post(&page(&guarded, "/reveal"), &[("csrf", &csrf)])
        .await;
    assert!(shown.text().contains(ADDRESS));
    assert!(
        browser
            .get("/console/audit")
            .await
            .text()
            .contains("filing.unmasked")
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_family_page_names_nobody_and_unknown_links_are_all_alike() {
    let (_office, city, _, notice, receipt) = desk().await;
    let mut phone = Browser::new(city.address);
    phone.open_family(&receipt.status_token).await;
    let page = phone.get(&format!("/f/{}", receipt.status_token)).await;
    assert_eq!(page.status, 200);
    let text = page.text();
    assert!(
        text.contains("出生届") && text.contains("児童手当 認定請求書") && text.contains("審査中")
    );
    let parsed = ubugoe_procedures::Filing::parse(&notice.canonical).unwrap();
    for row in &parsed.rows {
        if let ubugoe_procedures::Value::Text(value) = &row.value
            && !["あすこえ市長", "出生", "あすこえ市"].contains(&value.as_str())
            && value.chars().count() >= 2
        {
            assert!(
                !text.contains(value.as_str()),
                "{} is on the family's page: {value}",
                row.path
            );
        }
    }
    assert_eq!(
        phone.cookies.keys().collect::<Vec<_>>(),
        ["ubugoe_family"],
        "one cookie, for this link alone"
    );
    let english = phone
        .get(&format!("/f/{}?lang=en", receipt.status_token))
        .await;
    assert!(english.text().contains("Being examined"));
    let mut unknown = Vec::new();
    for token in [
        "x",
        "00000000000000000000000000000000",
        "%00",
        "..%2f..%2fetc",
    ] {
        let reply = phone.get(&format!("/f/{token}")).await;
        assert_eq!(reply.status, 404, "{token}");
        unknown.push(reply.text().replace(&format!("/f/{token}"), ""));
    }
    assert!(
        unknown.windows(2).all(|two| two[0] == two[1]),
        "unknown links differ"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_forms_and_addresses_get_calm_pages() {
    let (_office, city, mut browser, notice, _) = desk().await;
    let csrf = browser.get("/console/filings").await.hidden("csrf");
    let accept = page(&notice, "/accept");
    let huge = "x".repeat(20_000);
    assert_eq!(
        browser
            .post(&accept, &[("csrf", &csrf), ("note", &huge)])
            .await
            .status,
        413
    );
    assert_eq!(
        browser.post(&accept, &[("csrf", &csrf)]).await.status,
        400,
        "no version"
    );
    assert_eq!(
        browser
            .post(&accept, &[("csrf", &csrf), ("version", "-1")])
            .await
            .status,
        400
    );
    let head = format!(
        "POST {accept} HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
    );
    assert_eq!(browser.request(&head, "{}").await.status, 400);
    let head = format!(
        "POST {accept} HTTP/1.1\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 6\r\n"
    );
    assert_eq!(browser.request(&head, "a=%FF%").await.status, 400);
    for path in [
        "/console/filings/zz",
        "/console/filings/00000000000000000000000000000000",
        "/console/filings/%F0%9F/accept",
        "/wp-login.php",
    ] {
        let reply = browser.get(path).await;
        assert!(
            (400..=404).contains(&reply.status),
            "{path}: {}",
            reply.status
        );
    }
    assert_eq!(
        browser.get("/console/filings?state=%22%3E").await.status,
        200
    );
    assert_eq!(browser.get("/console/audit?before=abc").await.status, 400);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_view_and_action_is_in_the_audit_chain() {
    let (office, city, mut browser, notice, _) = desk().await;
    browser.get("/console/filings").await;
    browser.get(&page(&notice, "")).await;
    browser.get(&page(&notice, "/signature.p7s")).await;
    let path = page(&notice, "/accept");
    let confirm = browser.get(&path).await;
    press(&mut browser, &path, &confirm, &[]).await;
    let store = office.store().await;
    let lines = store.audit_lines(0, 100).await.unwrap();
    let told: Vec<(&str, &str)> = lines
        .iter()
        .map(|line| (line.entry.actor.as_str(), line.entry.action.as_str()))
        // what goes on by itself comes when it comes
        .filter(|(_, action)| !action.starts_with("nonstop."))
        .collect();
    assert_eq!(
        told,
        [
            ("system", "filing.arrived"),
            ("system", "filing.arrived"),
            ("sato", "sign_in.done"),
            ("sato", "list.viewed"),
            ("sato", "filing.viewed"),
            ("sato", "filing.downloaded"),
            ("sato", "filing.viewed"),
            ("sato", "filing.accepted"),
        ]
    );
    for line in &lines {
        let whole = format!("{:?}", line.entry);
        assert!(
            !whole.contains(CHILD_MEI) && !whole.contains(ADDRESS),
            "the audit log names somebody"
        );
    }
    auditor_reads(&office, &mut browser, &notice.id.to_string()).await;
    city.stop().await;
}

/// Filters of the log, and the check of the chain: whole, then changed behind everybody's back.
async fn auditor_reads(office: &Office, browser: &mut Browser, filing: &str) {
    let rows = |page: &str| page.matches("<tr><td>").count();
    let all = browser.get("/console/audit").await;
    assert!(rows(all.text()) >= 8, "{}", all.text());
    let one = |query: &str| format!("/console/audit?{query}");
    let seen = browser.get(&one("action=filing.viewed&actor=sato")).await;
    assert_eq!(rows(seen.text()), 2);
    let about = browser.get(&one(&format!("subject={filing}"))).await;
    assert!(rows(about.text()) >= 4 && !about.text().contains("sign_in.done"));
    for nothing in ["actor=tanaka", "until=2001-01-01", "from=2100-01-01"] {
        assert_eq!(
            rows(browser.get(&one(nothing)).await.text()),
            0,
            "{nothing}"
        );
    }
    let csrf = all.hidden("csrf");
    let verify = async |browser: &mut Browser| {
        let reply = browser
            .post("/console/audit/verify", &[("csrf", &csrf)])
            .await;
        (
            reply.text().contains("id=\"verified\""),
            reply.text().contains("id=\"broken\""),
        )
    };
    assert_eq!(verify(browser).await, (true, false));
    let database = rusqlite::Connection::open(office.folder.path().join("city.db")).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER audit_never_changes; UPDATE audit SET actor = 'suzuki' WHERE seq = 3;",
        )
        .unwrap();
    assert_eq!(verify(browser).await, (false, true));
}
