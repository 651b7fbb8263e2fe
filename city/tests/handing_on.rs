//! Handing accepted filings on to core systems: nothing re-typed, nothing replaced, each once; on both databases.

use std::collections::BTreeMap;
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::browser::Browser;
use crate::support::office::{Letter, Office, land, letter, on_each_store};
use crate::support::papers::{allowance, birth, canonical};
use proptest::prelude::*;
use ubugoe_city::export::{
    self, AddresseeProblem, Cell, Format, Layout, Prepared, Record, Why, builtin, encode, prepare,
    read_addressees, read_back, rows, values,
};
use ubugoe_city::store::{Decided, Store};
use ubugoe_procedures::{Filing, ParsedFiling, Value};

const FORMATS: [Format; 2] = [Format::Csv, Format::Json];

fn filed() -> &'static [(Layout, ParsedFiling)] {
    static FILED: OnceLock<Vec<(Layout, ParsedFiling)>> = OnceLock::new();
    FILED.get_or_init(|| {
        let drafts = [birth("ASK-1"), allowance("ASK-1")];
        builtin()
            .unwrap()
            .into_iter()
            .map(|layout| {
                let draft = drafts
                    .iter()
                    .find(|draft| draft.procedure == layout.procedure);
                (layout, Filing::parse(&canonical(draft.unwrap())).unwrap())
            })
            .collect()
    })
}

fn record(filing: &ParsedFiling) -> Record {
    Record {
        id: "0190a0c0-0000-7000-8000-000000000001".to_owned(),
        arrival_no: 7,
        arrived_on: "2026-11-24".to_owned(),
        accepted_on: "2026-11-25".to_owned(),
        digest: "ab".repeat(32),
        serial: Some("0a1b".to_owned()),
        addressee: Some("0000123456".to_owned()),
        filing: filing.clone(),
    }
}

fn said(filing: &ParsedFiling) -> BTreeMap<String, Value> {
    let rows = filing.rows.iter();
    rows.map(|row| (row.path.as_str().to_owned(), row.value.clone()))
        .collect()
}

#[test]
fn every_value_of_a_filing_comes_back_from_either_file() {
    for (layout, filing) in filed() {
        let (rows, report) = rows(layout, &[record(filing)]);
        assert_eq!(report.held, [], "{}", layout.id);
        let cells: Vec<Vec<Cell>> = rows.into_iter().map(|(_, cells)| cells).collect();
        for format in FORMATS {
            let file = encode(layout, format, &cells).unwrap();
            let back = read_back(layout, format, &file).unwrap();
            assert_eq!(back, cells);
            assert_eq!(
                values(layout, back.first().unwrap()),
                said(filing),
                "{}",
                layout.id
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_text_a_filing_holds_comes_back_by_code_point(
        text in prop_oneof![
            "\\PC{0,12}",
            "[葛城𠮷髙﨑\u{e0100}\u{e0101}\u{fe00}\u{10de92}\u{3099}é\u{301}]{1,12}",
            "[=+\\-@'\",\r\n\t＝＋－＠ ]{1,6}",
        ],
        which in any::<prop::sample::Index>(),
    ) {
        for (layout, filing) in filed() {
            let open: Vec<&str> = layout.columns.iter().filter_map(|column| match &column.from {
                export::Origin::Field(path) if column.width.is_none() => Some(path.as_str()),
                _ => None,
            }).collect();
            let mut changed = filing.clone();
            let mut texts: Vec<_> = changed.rows.iter_mut()
                .filter(|row| matches!(row.value, Value::Text(_)) && open.contains(&row.path.as_str()))
                .collect();
            let at = which.index(texts.len());
            texts.get_mut(at).unwrap().value = Value::Text(text.clone());
            let (rows, report) = rows(layout, &[record(&changed)]);
            if !report.held.is_empty() {
                // a column of digits or kana cannot carry it: held back, and told by code point
                prop_assert!(rows.is_empty());
                continue;
            }
            let cells: Vec<Vec<Cell>> = rows.into_iter().map(|(_, cells)| cells).collect();
            for format in FORMATS {
                let file = encode(layout, format, &cells).unwrap();
                let back = read_back(layout, format, &file).unwrap();
                prop_assert_eq!(values(layout, back.first().unwrap()), said(&changed));
                if format == Format::Csv {
                    let text = String::from_utf8(file).unwrap();
                    let mut reader = csv::ReaderBuilder::new().from_reader(text.trim_start_matches('\u{feff}').as_bytes());
                    for record in reader.records() {
                        for cell in &record.unwrap() {
                            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']), "{cell:?} is a formula");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn any_table_of_addressees_is_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(table) = read_addressees(&bytes) {
            prop_assert!(table.values().all(|number| number.chars().filter(char::is_ascii_digit).count() != 12));
        }
    }
}

#[test]
fn what_a_column_cannot_carry_is_held_back_and_named() {
    let (_, filing) = filed()
        .iter()
        .find(|(layout, _)| layout.procedure == "shussei_todoke")
        .unwrap();
    let old = Layout::from_toml(
        r#"
id = "old_host_1"
title_ja = "古いホスト"
title_en = "Old host"
procedure = "shussei_todoke"
[[column]]
name = "氏"
from = "mother.sei"
charset = "windows_31j"
[[column]]
name = "住所"
from = "addr.full"
width = 5
[[column]]
name = "なし"
from = "nothing.there"
required = true
"#,
    )
    .unwrap();
    let (kept, report) = rows(&old, &[record(filing)]);
    assert!(kept.is_empty(), "a changed value would have left");
    let why: Vec<(&str, &Why)> = report
        .held
        .iter()
        .map(|held| (held.column.as_str(), &held.why))
        .collect();
    // 葛󠄀城: the selector is what Windows-31J has not
    assert!(
        matches!(
            why.as_slice(),
            [
                (
                    "氏",
                    Why::Character {
                        at: 1,
                        code_point: 0xE0100
                    }
                ),
                ("住所", Why::TooLong { width: 5, .. }),
                ("なし", Why::Missing)
            ]
        ),
        "{why:?}"
    );
}

#[test]
fn a_table_of_addressees_is_checked_as_a_whole() {
    let good =
        "\u{feff}証明書シリアル番号,宛名番号\r\n0A:1B,0000123456\r\n0a1b,0000123456\r\nff,A-1\r\n";
    let table = read_addressees(good.as_bytes()).unwrap();
    let pairs: Vec<(&str, &str)> = table
        .iter()
        .map(|(serial, number)| (serial.as_str(), number.as_str()))
        .collect();
    assert_eq!(pairs, [("0a1b", "0000123456"), ("ff", "A-1")]);
    let twelve = "1".repeat(12);
    let bad = format!("証明書シリアル番号,宛名番号\nzz,1\n0a,{twelve}\n0b,1\n0b,2\n0c,１\n");
    assert_eq!(
        read_addressees(bad.as_bytes()).unwrap_err(),
        [
            AddresseeProblem::Serial(2),
            AddresseeProblem::TwelveDigits(3),
            AddresseeProblem::Twice(5),
            AddresseeProblem::Number(6),
        ]
    );
    assert_eq!(
        read_addressees(b"a,b\n").unwrap_err(),
        [AddresseeProblem::Head]
    );
}

/// Lands a filing and accepts it.
async fn accepted(office: &Office, letter: &Letter) {
    let ingest = office.ingest().await;
    land(office, &ingest, letter).await;
    let store = office.store().await;
    let decided = office.accept(store.as_ref(), letter.id).await;
    assert!(matches!(decided, Decided::Done { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_filing_leaves_once_per_layout_and_again_only_on_purpose() {
    on_each_store(async |office: &mut Office| {
        let filing = letter(canonical(&birth("ASK-1")));
        accepted(office, &filing).await;
        let waiting = letter(canonical(&birth("ASK-2")));
        land(office, &office.ingest().await, &waiting).await;
        let store = office.store().await;
        let store = store.as_ref();
        let config = office.write_config();

        let first = ready(store, 0).await;
        assert_eq!(first.filings, [filing.id], "only what was accepted");
        assert!(first.report.held.is_empty());
        assert_eq!(first.report.without_addressee, [1]);
        let later = ready(store, office.now() + 1).await;
        assert!(later.filings.is_empty(), "accepted before");

        the_same_table_twice_changes_nothing(office, store, &filing).await;
        let second = ready(store, 0).await;
        assert!(second.report.without_addressee.is_empty());
        let text = String::from_utf8(second.bytes.clone()).unwrap();
        assert!(text.starts_with('\u{feff}') && text.contains("葛\u{e0100}城"));
        assert!(text.contains(",0000123456,"));

        // the program writes it, records it, and has nothing the second time
        let folder = office.folder.path().to_str().unwrap();
        let export = |more: &[&str]| {
            let always = ["--since", "2026-11-01T00:00:00+09:00", "--to", folder];
            let layout = ["--layout", "asukoe_shussei_1"];
            run("export", &config, &[&always[..], &layout, more].concat())
        };
        let done = export(&[]);
        assert!(done.status.success(), "{done:?}");
        assert!(words(&done).contains("1 filings in"));
        let name = words(&done).rsplit(' ').next().unwrap().trim().to_owned();
        assert_eq!(std::fs::read(&name).unwrap(), second.bytes);
        assert!(words(&export(&[])).contains("nothing is ready"));
        let late = second.record(&layout(), office.now(), "sato", false);
        assert!(!store.note_export(late).await.unwrap(), "it left twice");
        let past = store.exports(10).await.unwrap();
        assert_eq!(past.len(), 1, "a refused export was recorded");
        assert!(words(&export(&["--again", "--format", "json"])).contains("1 filings in"));
        let past = store.exports(10).await.unwrap();
        let sizes: Vec<u64> = past.iter().map(|row| row.filings).collect();
        assert_eq!(sizes, [1, 1]);

        let lines = store.audit_lines(0, 100).await.unwrap();
        let actions = |name: &str| {
            let named = lines.iter().filter(|line| line.entry.action == name);
            named.count()
        };
        assert_eq!(actions("filing.exported"), 2);
        assert_eq!(actions("addressees.imported"), 1);
        assert!(lines.iter().all(|line| !line.entry.detail.contains('葛')));
    })
    .await;
}

fn layout() -> Layout {
    export::layout("asukoe_shussei_1").unwrap().unwrap()
}

async fn ready(store: &dyn Store, since: i64) -> Prepared {
    prepare(store, &layout(), Format::Csv, (since, false))
        .await
        .unwrap()
}

async fn the_same_table_twice_changes_nothing(office: &Office, store: &dyn Store, filing: &Letter) {
    let record = store.filing(filing.id).await.unwrap().unwrap();
    let serial = record.row.facts.signature.serial.unwrap();
    let table = office.folder.path().join("table.csv");
    let text = format!("証明書シリアル番号,宛名番号\n{serial},0000123456\n");
    std::fs::write(&table, text).unwrap();
    let config = office.write_config();
    let import = |more: &[&str]| {
        let file = ["--file", table.to_str().unwrap()];
        words(&run(
            "import-addressees",
            &config,
            &[&file[..], more].concat(),
        ))
    };
    assert!(import(&["--dry-run"]).contains("1 new, 0 changed, 0 the same\ndry run"));
    let known = store.addressees(vec![serial]).await.unwrap();
    assert!(known.is_empty(), "a dry run took something in");
    assert!(import(&[]).contains("1 new, 0 changed, 0 the same"));
    assert!(import(&[]).contains("0 new, 0 changed, 1 the same"));
}

fn run(command: &str, config: &std::path::Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ubugoe-city"))
        .arg(command)
        .arg("--config")
        .arg(config)
        .args(more)
        .output()
        .unwrap()
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn officers_export_in_the_browser_and_see_the_number_on_the_case() {
    let office = Office::new();
    let filing = letter(canonical(&allowance("ASK-1")));
    accepted(&office, &filing).await;
    let city = office.open().await;
    let mut browser = Browser::new(city.address);
    browser.sign_in().await;
    let page = browser.get("/console/export").await;
    assert!(page.text().contains("data-ready=\"1\""));
    assert_eq!(
        browser
            .post(
                "/console/export/asukoe_jido_teate_1",
                &[("format", "csv"), ("csrf", "x")]
            )
            .await
            .status,
        403
    );
    let csrf = page.hidden("csrf");
    let file = browser
        .post(
            "/console/export/asukoe_jido_teate_1",
            &[("format", "csv"), ("csrf", &csrf)],
        )
        .await;
    assert_eq!(
        (file.status, file.header("content-type")),
        (200, Some("text/csv; charset=utf-8"))
    );
    let layout = export::layout("asukoe_jido_teate_1").unwrap().unwrap();
    let back = read_back(&layout, Format::Csv, &file.body).unwrap();
    assert_eq!(back.len(), 1);
    let again = browser
        .post(
            "/console/export/asukoe_jido_teate_1",
            &[("format", "csv"), ("csrf", &csrf)],
        )
        .await;
    assert_eq!(again.status, 409);
    let case = browser
        .get(&format!("/console/filings/{}", filing.id))
        .await;
    assert!(case.text().contains("取り込んだ表にありません"));
    city.stop().await;
}
