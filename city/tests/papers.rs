//! Papers, read back with tools that nobody here wrote: poppler's `pdftotext`, `pdffonts` and `pdfinfo`.

use std::io::Write;
use std::process::Command;
use std::sync::OnceLock;

use crate::support::browser::Browser;
use crate::support::office::{Office, land, letter};
use crate::support::papers::{
    ADDRESS, CHILD_MEI, MOTHER, Paper as Draft, allowance, birth, canonical,
};
use ubugoe_city::papers::{
    DEBIAN_FONTS, FontProblem, Fontcase, Fonts, Notice, Outcome, Paper, Received, notice, paper,
};
use ubugoe_procedures::{Catalogue, Filing, ParsedFiling};

fn fonts() -> &'static Fonts {
    static FONTS: OnceLock<Fonts> = OnceLock::new();
    FONTS.get_or_init(|| {
        let files = DEBIAN_FONTS.iter().filter_map(|path| {
            let bytes = std::fs::read(path).ok()?;
            Some(((*path).to_owned(), bytes))
        });
        Fonts::new(files.collect()).unwrap()
    })
}

fn received() -> Received {
    Received {
        office: "あすこえ市 市民課".to_owned(),
        arrival_no: 12,
        arrived: "2026年11月24日 12:00".to_owned(),
        accepted: None,
        digest: "0123456789abcdef".repeat(4),
    }
}

fn set(filing: &ParsedFiling, masked: bool) -> Paper {
    let catalogue = Catalogue::builtin().unwrap();
    let procedure = catalogue.procedure(&filing.procedure);
    paper(fonts(), filing, procedure, &received(), masked).unwrap()
}

fn poppler(tool: &str, arguments: &[&str], pdf: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(pdf).unwrap();
    let out = Command::new(tool)
        .args(arguments)
        .arg(file.path())
        .args((tool == "pdftotext").then_some("-"))
        .output()
        .unwrap_or_else(|_| panic!("{tool} is missing: ./ubugoe setup"));
    assert!(
        out.status.success() && out.stderr.is_empty(),
        "{tool}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).unwrap()
}

/// Without blanks and line ends: where a line was broken says nothing about what is written.
fn packed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What a reader finds, in the order in which it was written.
fn text(pdf: &[u8]) -> String {
    packed(&poppler("pdftotext", &["-raw", "-enc", "UTF-8"], pdf))
}

fn parsed(draft: &Draft) -> ParsedFiling {
    Filing::parse(&canonical(draft)).unwrap()
}

fn every_value_is_found(filing: &ParsedFiling, pdf: &[u8]) {
    let found = text(pdf);
    for row in &filing.rows {
        let path = row.path.as_str();
        if !path.ends_with(".confidential") {
            assert!(
                found.contains(&packed(&row.shown.ja)),
                "{path} is not on the paper"
            );
        }
    }
}

#[test]
fn every_value_is_read_back_by_code_point_and_every_typeface_is_inside() {
    for draft in [birth("ASK-1"), allowance("ASK-1")] {
        let filing = parsed(&draft);
        let set = set(&filing, false);
        assert_eq!((set.missing.as_slice(), set.overflows), ([].as_slice(), 0));
        every_value_is_found(&filing, &set.pdf);
        assert!(
            text(&set.pdf).contains("葛\u{e0100}城"),
            "the variant is lost"
        );
        let listed = poppler("pdffonts", &[], &set.pdf);
        let lines: Vec<&str> = listed.lines().skip(2).collect();
        assert!(!lines.is_empty());
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().rev().collect();
            // … emb sub uni object id
            assert_eq!(
                words.get(2..5),
                Some(["yes", "yes", "yes"].as_slice()),
                "{line}"
            );
        }
    }
}

#[test]
fn the_birth_notification_is_a3_lying_and_everything_else_a4() {
    let size = |pdf: &[u8]| {
        let info = poppler("pdfinfo", &[], pdf);
        let line = info
            .lines()
            .find(|line| line.starts_with("Page size"))
            .unwrap();
        line.to_owned()
    };
    let birth = set(&parsed(&birth("ASK-1")), false);
    assert!(
        size(&birth.pdf).contains("1190.55 x 841.89"),
        "{}",
        size(&birth.pdf)
    );
    assert_eq!(birth.pages, 1);
    let claim = set(&parsed(&allowance("ASK-1")), false);
    assert!(
        size(&claim.pdf).contains("595.276 x 841.89"),
        "{}",
        size(&claim.pdf)
    );
}

/// Every text as long as its form allows, of wide characters, some with variants.
#[test]
fn the_longest_values_stay_in_their_boxes_and_are_all_there() {
    let catalogue = Catalogue::builtin().unwrap();
    for draft in [birth("ASK-1"), allowance("ASK-1")] {
        let mut filing = parsed(&draft);
        let form = &catalogue.procedure(&filing.procedure).unwrap().form;
        for row in &mut filing.rows {
            let most = form
                .field(row.path.as_str())
                .and_then(|field| field.max_len);
            if row.kind == "text" || row.kind == "kana" {
                let most = usize::from(most.unwrap_or(60));
                row.shown.ja = "葛\u{e0100}城𠮷野鷗髙﨑邊ヶー"
                    .chars()
                    .cycle()
                    .take(most)
                    .collect();
            }
        }
        let set = set(&filing, false);
        assert_eq!(
            (set.missing.as_slice(), set.overflows),
            ([].as_slice(), 0),
            "{}",
            draft.procedure
        );
        every_value_is_found(&filing, &set.pdf);
    }
}

#[test]
fn a_protected_address_is_not_in_the_file_unless_it_is_asked_for() {
    for draft in [birth("ASK-1"), allowance("ASK-1")] {
        let filing = parsed(&Draft {
            protected: true,
            ..draft
        });
        assert!(text(&set(&filing, false).pdf).contains(&packed(ADDRESS)));
        let masked = text(&set(&filing, true).pdf);
        for hidden in [ADDRESS, "ことほぎ県", "うぶ町", "みなと町", "支援措置"] {
            assert!(!masked.contains(&packed(hidden)), "{hidden} is in the file");
        }
        assert!(masked.contains("葛\u{e0100}城"), "a name is not an address");
    }
}

#[test]
fn what_no_typeface_draws_stands_there_as_code_points() {
    let mut filing = parsed(&birth("ASK-1"));
    let row = filing
        .rows
        .iter_mut()
        .find(|row| row.path.as_str() == "mother.sei");
    // a character of 行政事務標準文字 that lives in private use
    row.unwrap().shown.ja = "\u{10de92}田".to_owned();
    let set = set(&filing, false);
    assert!(set.missing.contains(&"\u{10de92}".to_owned()));
    assert!(text(&set.pdf).contains("〔U+10DE92〕田"));
}

#[test]
fn a_notice_names_what_is_to_be_corrected() {
    let words = Notice {
        to: Some(MOTHER.to_owned()),
        office: "あすこえ市 市民課".to_owned(),
        phone: Some("000-000-0000".to_owned()),
        day: "令和8年11月25日".to_owned(),
        procedure: "出生届".to_owned(),
        step: Some("審査・受理".to_owned()),
        child: Some("葛\u{e0100}城\u{3000}さくら".to_owned()),
        arrival_no: 12,
        arrived: "2026年11月24日 12:00".to_owned(),
        outcome: Outcome::Returned {
            reason: "お名前の振り仮名をもう一度お知らせください。".to_owned(),
            note: "電話でも\nかまいません。".to_owned(),
        },
        at: "2026年11月25日 9:00".to_owned(),
    };
    let set = notice(fonts(), &words).unwrap();
    let found = text(&set.pdf);
    for wanted in [
        "補正のお願い",
        MOTHER,
        "振り仮名をもう一度",
        "電話でもかまいません。",
    ] {
        assert!(
            found.contains(&packed(wanted)),
            "{wanted} is not on the notice"
        );
    }
    assert_eq!(set.overflows, 0);
}

#[test]
fn without_typefaces_the_reason_is_told() {
    let nobody = Fontcase::new(vec!["/nowhere/a.ttf".into()], |_| None);
    let problem = nobody.fonts().unwrap_err();
    assert!(matches!(&problem, FontProblem::None(name) if name.contains("/nowhere/a.ttf")));
    assert!(problem.to_string().contains("fonts-noto-cjk"));
    let nonsense = Fontcase::new(vec!["/somewhere/a.ttf".into()], |_| {
        Some(b"nonsense".to_vec())
    });
    assert!(matches!(
        nonsense.fonts().unwrap_err(),
        FontProblem::Unreadable(_)
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn papers_leave_the_console_masked_and_audited_and_the_leaflet_names_nobody() {
    let office = Office::new();
    let ingest = office.ingest().await;
    let filed = letter(canonical(&Draft {
        protected: true,
        ..birth("ASK-1")
    }));
    let receipt = land(&office, &ingest, &filed).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    let base = format!("/console/filings/{}", filed.id);
    let leaflet_at = format!("/f/{}/leaflet.pdf", receipt.status_token);
    for path in [format!("{base}/paper.pdf"), format!("{base}/notice.pdf")] {
        assert_eq!(
            browser.get(&path).await.status,
            303,
            "{path} before signing in"
        );
    }
    browser.sign_in().await;

    let page = browser.get(&base).await;
    for link in ["/paper.pdf", "/notice.pdf"] {
        assert!(
            page.text().contains(&format!("{base}{link}")),
            "{link} is not on the page"
        );
    }
    let paper = browser.get(&format!("{base}/paper.pdf")).await;
    assert_eq!(
        (paper.status, paper.header("content-type")),
        (200, Some("application/pdf"))
    );
    assert_eq!(paper.header("cache-control"), Some("no-store"));
    assert!(
        !text(&paper.body).contains("ことほぎ県"),
        "the address left without being asked for"
    );
    let forged = browser
        .post(&format!("{base}/paper.pdf"), &[("csrf", "x")])
        .await;
    assert_eq!(forged.status, 403);
    let csrf = page.hidden("csrf");
    let shown = browser
        .post(&format!("{base}/paper.pdf"), &[("csrf", &csrf)])
        .await;
    assert!(text(&shown.body).contains(&packed(ADDRESS)));
    let told = browser.get(&format!("{base}/notice.pdf")).await;
    assert!(text(&told.body).contains("到達のお知らせ"));

    assert_eq!(
        browser.get(&leaflet_at).await.status,
        403,
        "without the fact"
    );
    let handed_over = browser.get(&format!("{base}/leaflet.pdf")).await;
    assert_eq!(
        (handed_over.status, handed_over.header("content-type")),
        (200, Some("application/pdf"))
    );
    browser.open_family(&receipt.status_token).await;
    let leaflet = browser.get(&leaflet_at).await;
    assert_eq!(leaflet.status, 200);
    let words = text(&leaflet.body);
    assert!(words.contains("出生届") && words.contains("審査中"));
    for name in [MOTHER, CHILD_MEI, "葛\u{e0100}城", "ことほぎ県"] {
        assert!(!words.contains(&packed(name)), "{name} is on the leaflet");
    }
    let english = browser.get(&format!("{leaflet_at}?lang=en")).await;
    assert!(text(&english.body).contains("Whereyourfilingsstand"));
    assert_eq!(browser.get("/f/nothing/leaflet.pdf").await.status, 404);

    let lines = office.store().await.audit_lines(0, 100).await.unwrap();
    let said: Vec<(&str, &str)> = lines
        .iter()
        .filter(|line| line.entry.subject == filed.id.to_string())
        .map(|line| (line.entry.action.as_str(), line.entry.detail.as_str()))
        .filter(|(action, _)| *action == "filing.printed" || *action == "filing.unmasked")
        .collect();
    assert_eq!(
        said,
        [
            ("filing.printed", "paper"),
            ("filing.unmasked", "paper"),
            ("filing.printed", "notice"),
            ("filing.printed", "leaflet")
        ]
    );
    city.stop().await;
}
