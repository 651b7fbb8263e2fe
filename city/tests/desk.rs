//! The officers' desk in a browser that sees every byte: queues, search, proof of values, two officers, duplicates,
//! certificates, masks.

use std::collections::BTreeSet;

use crate::support::browser::{Browser, Reply};
use crate::support::office::{Letter, Office, land, letter, message};
use crate::support::papers::{
    ADDRESS, MOTHER, Paper, allowance, birth, canonical, many_allowances,
};
use ubugoe_bench::story::certificate;
use ubugoe_city::casework::FilingState;
use ubugoe_protocol::{AttachmentRef, attachment::cut, digest};

fn page(letter: &Letter, rest: &str) -> String {
    format!("/console/filings/{}{rest}", letter.id)
}

/// Sends a form with the hidden fields of the page that it stands on.
async fn press(browser: &mut Browser, path: &str, on: &Reply, more: &[(&str, &str)]) -> Reply {
    let csrf = on.hidden("csrf");
    let mut fields = vec![("csrf", csrf.as_str())];
    fields.extend_from_slice(more);
    browser.post(path, &fields).await
}

async fn audit(office: &Office) -> String {
    let lines = office.store().await.audit_lines(0, 1_000).await.unwrap();
    let words = lines.into_iter().map(|line| {
        let entry = line.entry;
        format!(
            "{} {} {} {}\n",
            entry.actor, entry.action, entry.subject, entry.detail
        )
    });
    words.collect()
}

async fn find(browser: &mut Browser, words: &str, more: &[(&str, &str)]) -> Reply {
    let form = browser.get("/console/search").await;
    let mut fields = vec![("words", words)];
    fields.extend_from_slice(more);
    press(browser, "/console/search", &form, &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
async fn queues_show_whose_work_it_is_and_page_by_address_alone() {
    let mut office = Office::new();
    office.hire("suzuki", "鈴木", &["examiner"]);
    office.hire("tanaka", "田中", &["reception"]);
    let ingest = office.ingest().await;
    let letters: Vec<Letter> = many_allowances("L", 53).into_iter().map(letter).collect();
    let batch = letters
        .iter()
        .map(|letter| message(letter.device, office.envelope(letter)));
    ingest.land(batch.collect()).await.unwrap();
    let city = office.open().await;
    let (mut sato, mut suzuki, mut tanaka) = (
        Browser::new(city.address),
        Browser::new(city.address),
        Browser::new(city.address),
    );
    sato.sign_in().await;
    suzuki.sign_in_as("suzuki").await;
    tanaka.sign_in_as("tanaka").await;
    let first = sato.get("/console/filings").await;
    assert_eq!(first.text().matches("class=\"open\"").count(), 50);
    let next = first.text().split("id=\"next-page\"").nth(1).unwrap();
    let next = next
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let second = sato.get(&next.replace("&amp;", "&")).await;
    assert_eq!(second.text().matches("class=\"open\"").count(), 3);
    assert!(
        second.text().contains("id=\"first-page\"") && !second.text().contains("id=\"next-page\"")
    );
    // taking needs the right to propose; the queue then says whose it is
    let open = suzuki.get(&page(&letters[0], "")).await;
    assert_eq!(
        press(
            &mut suzuki,
            &page(&letters[0], "/take"),
            &open,
            &[("from", "")]
        )
        .await
        .status,
        303
    );
    let open = tanaka.get(&page(&letters[1], "")).await;
    assert!(!open.text().contains("id=\"take\""));
    assert_eq!(
        press(&mut tanaka, &page(&letters[1], "/take"), &open, &[])
            .await
            .status,
        403
    );
    let mine = suzuki.get("/console/filings?queue=mine").await;
    assert_eq!(mine.text().matches("class=\"open\"").count(), 1);
    assert!(mine.text().contains("鈴木"));
    assert!(
        sato.get("/console/filings?queue=mine")
            .await
            .text()
            .contains("該当する届出はありません")
    );
    // a colleague who saw nobody on it is too late, and may then take over
    let late = press(
        &mut sato,
        &page(&letters[0], "/take"),
        &first,
        &[("from", "")],
    )
    .await;
    assert_eq!(late.status, 409);
    let open = sato.get(&page(&letters[0], "")).await;
    let over = press(
        &mut sato,
        &page(&letters[0], "/take"),
        &open,
        &[("from", "suzuki")],
    )
    .await;
    assert_eq!(over.status, 303);
    let open = sato.get(&page(&letters[0], "")).await;
    assert_eq!(
        press(&mut sato, &page(&letters[0], "/put-back"), &open, &[])
            .await
            .status,
        303
    );
    for (query, count) in [
        ("procedure=jido_teate_nintei", 50),
        ("procedure=shussei_todoke", 0),
        ("reason=duplicate_child", 0),
        ("ward=ward-2", 0),
        ("tab=proposed", 0),
        ("ward=%22%3E&reason=x&procedure=%2F&after=zzz", 50),
    ] {
        let reply = sato.get(&format!("/console/filings?{query}")).await;
        assert_eq!(reply.status, 200, "{query}");
        assert_eq!(
            reply.text().matches("class=\"open\"").count(),
            count,
            "{query}"
        );
    }
    // two days before the due day it is urgent, in words
    office.hands.forward(11 * 86_400);
    sato.sign_in().await;
    let urgent = sato.get("/console/filings?tab=urgent").await;
    assert!(urgent.text().contains("left soon"), "by colour");
    assert!(
        urgent.text().contains("あと") && urgent.text().contains("急ぎ"),
        "and by words"
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_finds_by_name_reading_number_and_code_and_leaves_no_trace_of_the_words() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let one = letter(canonical(&birth("F-1")));
    let receipt = land(&office, &ingest, &one).await;
    let guarded = letter(canonical(&Paper {
        protected: true,
        child: "みのり".into(),
        ..birth("F-2")
    }));
    land(&office, &ingest, &guarded).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let id = one.id.to_string();
    let link = format!("http://127.0.0.1/f/{}", receipt.status_token);
    for (words, count) in [
        ("葛城", 2),
        (MOTHER, 2),
        ("ｻｸﾗ", 2),
        ("かつらぎ", 2),
        ("みのり", 1),
        ("1", 1),
        ("Ｎｏ．２", 1),
        (id.as_str(), 1),
        (receipt.status_token.as_str(), 1),
        (link.as_str(), 1),
        ("桂城", 0),
    ] {
        let reply = find(&mut browser, words, &[]).await;
        assert_eq!(reply.status, 200, "{words}");
        assert_eq!(
            reply.text().matches("class=\"open\"").count(),
            count,
            "{words}"
        );
        assert!(!reply.text().contains(ADDRESS), "{words} shows an address");
    }
    // exactly these code points
    let exact = [("exact", "yes")];
    assert!(
        !find(&mut browser, "葛城", &exact)
            .await
            .text()
            .contains("class=\"open\"")
    );
    let found = find(&mut browser, "葛\u{e0100}城", &exact).await;
    assert_eq!(found.text().matches("class=\"open\"").count(), 2);
    assert!(
        found.text().contains("支援措置"),
        "a protected filing is marked in lists"
    );
    // an individual number is not taken, and not shown again
    let refused = find(&mut browser, "123456789012", &[]).await;
    assert!(refused.text().contains("個人番号") && !refused.text().contains("123456789012"));
    for words in ["", "   "] {
        assert!(
            find(&mut browser, words, &[])
                .await
                .text()
                .contains("探す言葉を入れてください")
        );
    }
    let log = audit(&office).await;
    assert!(
        log.contains("search.made - by=name exact=0 page=0"),
        "{log}"
    );
    for words in [
        "葛城",
        "カツラギ",
        "さくら",
        "みのり",
        receipt.status_token.as_str(),
    ] {
        assert!(!log.contains(words), "{words} is in the audit chain");
    }
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_found_for_a_common_name_is_turned_over_page_by_page() {
    let office = Office::new();
    let ingest = office.ingest().await;
    for number in 1..=22 {
        land(
            &office,
            &ingest,
            &letter(canonical(&birth(&format!("S-{number}")))),
        )
        .await;
    }
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let mut seen = BTreeSet::new();
    for (page, lines, words, turns) in [
        ("0", 20, "1〜20件目", (false, true)),
        ("1", 2, "21〜22件目", (true, false)),
        ("999", 0, "0件見つかりました", (true, false)),
        ("-1", 20, "1〜20件目", (false, true)),
    ] {
        for exact in [&[][..], &[("exact", "yes")][..]] {
            let fields = [&[("page", page)][..], exact].concat();
            let reply = find(&mut browser, "葛\u{e0100}城", &fields).await;
            let text = reply.text();
            let found: Vec<&str> = text.split("class=\"open\" href=\"").skip(1).collect();
            assert_eq!(found.len(), lines, "{page} {exact:?}");
            assert!(text.contains(words), "{page} {exact:?}");
            let has = |id: &str| text.contains(&format!("id=\"{id}\""));
            assert_eq!(
                (has("page-before"), has("next-page")),
                turns,
                "{page} {exact:?}"
            );
            seen.extend(
                found
                    .iter()
                    .filter_map(|line| line.split('"').next().map(str::to_owned)),
            );
        }
    }
    assert_eq!(seen.len(), 22, "none is on two pages, none is left out");
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_nothing_proves_is_to_be_ticked_and_ticks_go_with_the_decision() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let one = letter(canonical(&birth("P-1")));
    land(&office, &ingest, &one).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let open = browser.get(&page(&one, "")).await;
    let text = open.text();
    let (first, rest) = text.split_once("id=\"proven\"").unwrap();
    assert!(
        first.contains("name=\"seen.child_mei\""),
        "the parent said the name"
    );
    assert!(
        !first.contains("data-path=\"birth_dt\""),
        "the certificate proves the birth"
    );
    assert!(rest.contains("data-path=\"birth_dt\"") && !rest.contains("name=\"seen."));
    let version = open.hidden("version");
    let ticks = [
        ("version", version.as_str()),
        ("seen.child_mei", "yes"),
        // no field that wants a tick, and none at all
        ("seen.birth_dt", "yes"),
        ("seen.nothing", "yes"),
    ];
    assert_eq!(
        press(&mut browser, &page(&one, "/checks"), &open, &ticks)
            .await
            .status,
        303
    );
    let open = browser.get(&page(&one, "")).await;
    assert!(open.text().contains("data-ticked=\"child_mei\""));
    assert!(!open.text().contains("data-ticked=\"birth_dt\""));
    let confirm = browser.get(&page(&one, "/accept")).await;
    let text = confirm.text();
    assert!(
        text.contains("name=\"seen.child_mei_kana\"") && !text.contains("name=\"seen.child_mei\"")
    );
    // what follows, and what the family reads, word for word in both languages of its page
    for words in [
        "児童手当",
        "手続きは受け付けられました。",
        "It has been accepted. There is nothing more for you to do.",
    ] {
        assert!(text.contains(words), "{words}");
    }
    let fields = [
        ("version", version.as_str()),
        ("seen.child_mei_kana", "yes"),
    ];
    assert_eq!(
        press(&mut browser, &page(&one, "/accept"), &confirm, &fields)
            .await
            .status,
        303
    );
    let done = browser.get(&page(&one, "")).await;
    assert!(done.text().contains("data-ticked=\"child_mei_kana\""));
    assert!(
        !done.text().contains("name=\"seen."),
        "nothing is ticked after acceptance"
    );
    let stale = press(&mut browser, &page(&one, "/checks"), &confirm, &fields).await;
    assert_eq!(stale.status, 409);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[allow(clippy::too_many_lines, reason = "one story, told in its order")]
async fn where_two_officers_are_asked_for_no_single_person_accepts() {
    let mut office = Office::new();
    office.more = "[casework]\ntwo_officers = [\"shussei_todoke\"]\n".to_owned();
    office.hire("suzuki", "鈴木", &["decider"]);
    office.hire("honda", "本田", &["examiner"]);
    let ingest = office.ingest().await;
    let one = letter(canonical(&birth("W-1")));
    let other = letter(canonical(&allowance("W-1")));
    land(&office, &ingest, &one).await;
    land(&office, &ingest, &other).await;
    let city = office.open().await;
    let (mut sato, mut again, mut suzuki, mut honda) = (
        Browser::new(city.address),
        Browser::new(city.address),
        Browser::new(city.address),
        Browser::new(city.address),
    );
    sato.sign_in().await;
    again.sign_in().await;
    suzuki.sign_in_as("suzuki").await;
    honda.sign_in_as("honda").await;
    let accept = page(&one, "/accept");
    let form = sato.get(&accept).await;
    assert!(form.text().contains("受理を提案する"));
    let version = form.hidden("version");
    let fields = [("version", version.as_str()), ("note", "戸籍で読みを確認")];
    assert_eq!(press(&mut sato, &accept, &form, &fields).await.status, 303);
    // the same person, also in a second session, neither sees the form nor gets it by a forged one
    let open = again.get(&page(&one, "")).await;
    assert!(open.text().contains("提案した本人は承認できません"));
    assert!(!open.text().contains("id=\"accept\""));
    assert_eq!(again.get(&accept).await.status, 409);
    let seq = suzuki.get(&accept).await.hidden("proposal");
    let forged = [("version", version.as_str()), ("proposal", seq.as_str())];
    assert_eq!(press(&mut again, &accept, &open, &forged).await.status, 409);
    let back = [("proposal", seq.as_str()), ("note", "x")];
    assert_eq!(
        press(&mut again, &page(&one, "/send-back"), &open, &back)
            .await
            .status,
        409
    );
    // an examiner proposes but does not confirm
    let open = honda.get(&page(&one, "")).await;
    assert_eq!(press(&mut honda, &accept, &open, &forged).await.status, 403);
    assert!(
        suzuki
            .get("/console/filings?tab=proposed")
            .await
            .text()
            .contains("data-proposed-by=\"sato\"")
    );
    // sent back with words, proposed by somebody else, confirmed by another
    let form = suzuki.get(&accept).await;
    assert!(form.text().contains("戸籍で読みを確認"));
    let empty = press(
        &mut suzuki,
        &page(&one, "/send-back"),
        &form,
        &[("proposal", &seq)],
    )
    .await;
    assert_eq!(empty.status, 422);
    let back = [
        ("proposal", seq.as_str()),
        ("note", "住所も確認してください"),
    ];
    assert_eq!(
        press(&mut suzuki, &page(&one, "/send-back"), &form, &back)
            .await
            .status,
        303
    );
    let form = honda.get(&accept).await;
    assert_eq!(press(&mut honda, &accept, &form, &fields).await.status, 303);
    assert_eq!(
        press(&mut suzuki, &accept, &form, &[]).await.status,
        403,
        "a form of another session"
    );
    let stale = suzuki.get(&page(&one, "")).await;
    assert_eq!(
        press(&mut suzuki, &accept, &stale, &forged).await.status,
        409,
        "the old proposal"
    );
    let form = suzuki.get(&accept).await;
    let number = form.hidden("proposal");
    let fields = [("version", version.as_str()), ("proposal", number.as_str())];
    assert_eq!(
        press(&mut suzuki, &accept, &form, &fields).await.status,
        303
    );
    let record = office.store().await.filing(one.id).await.unwrap().unwrap();
    assert_eq!(record.row.state, FilingState::Accepted);
    let open = sato.get(&page(&one, "")).await;
    for words in [
        "提案を差し戻しました",
        "提案を承認しました",
        "住所も確認してください",
    ] {
        assert!(open.text().contains(words), "{words} is not in the history");
    }
    let log = audit(&office).await;
    for line in ["desk.proposed", "desk.sent_back", "desk.confirmed"] {
        assert!(log.contains(line), "{line}: {log}");
    }
    assert!(
        !log.contains("住所も確認") && !log.contains("戸籍で読み"),
        "words of officers"
    );
    // the family never hears of a proposal
    assert_eq!(record.history.len(), 2);
    // a procedure that is not named there still takes one, and an examiner alone cannot
    let form = sato.get(&page(&other, "/accept")).await;
    assert!(form.text().contains(">受理する<"));
    assert_eq!(honda.get(&page(&other, "/accept")).await.status, 403);
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slip_of_the_pen_in_the_list_of_two_officers_stops_the_start() {
    let office = Office::new();
    let text = format!(
        "{}\n[casework]\ntwo_officers = [\"shussei\"]\nurgent = 3\n",
        office.toml()
    );
    let problems = office.config_of(&text).unwrap_err().to_string();
    assert!(
        problems.contains("casework.two_officers[0]") && problems.contains("casework.urgent"),
        "{problems}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn duplicates_stand_side_by_side_and_twins_do_not() {
    let mut office = Office::new();
    office.hire("tanaka", "田中", &["reception"]);
    let ingest = office.ingest().await;
    let mother = letter(canonical(&birth("D-1")));
    let father = Letter {
        device: "ward-2",
        ..letter(canonical(&Paper {
            child: "サクラ".into(),
            protected: true,
            ..birth("D-1")
        }))
    };
    let twin = letter(canonical(&Paper {
        order: 2,
        child: "つぼみ".into(),
        ..birth("D-1")
    }));
    for letter in [&mother, &father, &twin] {
        land(&office, &ingest, letter).await;
    }
    let city = office.open().await;
    let (mut browser, mut reception) = (Browser::new(city.address), Browser::new(city.address));
    browser.sign_in().await;
    reception.sign_in_as("tanaka").await;
    let compare = page(&mother, &format!("/compare/{}", father.id));
    let open = browser.get(&page(&mother, "")).await;
    assert!(open.text().contains(&compare) && open.text().contains("先に受理したものが有効"));
    assert!(
        !browser
            .get(&page(&twin, ""))
            .await
            .text()
            .contains("/compare/")
    );
    let twins = page(&mother, &format!("/compare/{}", twin.id));
    assert_eq!(browser.get(&twins).await.status, 404);
    let both = browser.get(&compare).await;
    let text = both.text();
    let differing = text
        .split("data-path=\"child_mei\"")
        .next()
        .unwrap()
        .rsplit("<tr")
        .next()
        .unwrap()
        .to_owned();
    assert!(differing.contains("differs"), "{differing}");
    assert!(text.contains("さくら") && text.contains("サクラ"));
    assert!(
        !text.contains(ADDRESS),
        "one of them is protected: neither tells where"
    );
    assert!(!text.contains("うぶ町産院"), "nor where the device stands");
    let csrf = reception.get(&compare).await;
    assert_eq!(
        press(&mut reception, &compare, &csrf, &[]).await.status,
        403
    );
    let shown = press(&mut browser, &compare, &both, &[]).await;
    assert!(shown.text().contains(ADDRESS));
    let log = audit(&office).await;
    for letter in [&mother, &father] {
        assert!(
            log.contains(&format!("sato filing.unmasked {} compare", letter.id)),
            "{log}"
        );
    }
    // on the page of the protected one the ward is masked too
    assert!(
        !browser
            .get(&page(&father, ""))
            .await
            .text()
            .contains("<dd id=\"device\">うぶ町産院")
    );
    city.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_that_came_along_stands_beside_the_notification() {
    let office = Office::new();
    let ingest = office.ingest().await;
    // another minute of birth than the notification says, the mother as she is written there
    let mut whole = certificate("C-1", MOTHER, "2026-11-22T23:58", "2026-11-23");
    whole["sex"] = serde_json::json!(2);
    let bytes = serde_json::to_vec(&whole).unwrap();
    let mut with = letter(canonical(&birth("C-1")));
    with.attachments.push(AttachmentRef {
        sha256: digest(&bytes),
        len: bytes.len() as u64,
        media_type: "application/json".to_owned(),
    });
    land(&office, &ingest, &with).await;
    for piece in cut(with.id, &bytes).unwrap() {
        let wire = office.piece(
            ubugoe_protocol::FilingId::generate().unwrap(),
            "ward-1",
            &piece,
        );
        ingest.land(vec![message("ward-1", wire)]).await.unwrap();
    }
    let without = letter(canonical(&birth("C-2")));
    land(&office, &ingest, &without).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let side = |reply: &Reply| {
        let text = reply.text().to_owned();
        let from = text.find("id=\"certificate\"").unwrap();
        text[from..].split("</section>").next().unwrap().to_owned()
    };
    let beside = side(&browser.get(&page(&with, "")).await);
    assert!(beside.contains("data-compared=\"differs\""), "{beside}");
    assert!(beside.contains("data-compared=\"same\""), "{beside}");
    assert!(beside.contains("添付された出生証明書"));
    let beside = side(&browser.get(&page(&without, "")).await);
    assert!(!beside.contains("data-compared=\"same\"") && beside.contains("証明書から転記"));
    assert!(!beside.contains("data-compared=\"differs\"") && beside.contains("C-2"));
    assert!(beside.contains("証明書の全体はこの届出に付いていません"));
    city.stop().await;
}
