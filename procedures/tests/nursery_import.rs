//! Lists of nurseries as municipalities publish them: the real files, their odd copies, and bytes that are no file at all.
#![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use jiff::civil::date;
use proptest::prelude::*;
use ubugoe_procedures::calendar::Month;
use ubugoe_procedures::nursery::import::{
    Encoding, Import, ImportError, MAX_CELL, Problem, import,
};
use ubugoe_procedures::nursery::{
    AgeClass, Clock, Facility, FacilityKind, Measure, MinAge, import_vacancies,
};

const KUDAMATSU: &[u8] = include_bytes!("data/nurseries/352071_preschool.csv");
const KORIYAMA: &[u8] = include_bytes!("data/nurseries/koriyama_nurseryData.csv");

fn facility<'a>(import: &'a Import, name: &str) -> &'a Facility {
    import
        .facilities
        .iter()
        .find(|facility| &*facility.name == name)
        .unwrap()
}

fn problems(import: &Import) -> Vec<String> {
    import.problems.iter().map(ToString::to_string).collect()
}

fn class(number: u8) -> AgeClass {
    AgeClass::new(number).unwrap()
}

#[test]
fn all_49_rows_of_kudamatsu_are_read_with_their_places_on_the_map_and_without_a_problem() {
    let import = import(KUDAMATSU).unwrap();
    assert_eq!(import.encoding, Encoding::Cp932);
    assert_eq!((import.rows, import.facilities.len()), (49, 49));
    assert_eq!(problems(&import), Vec::<String>::new());
    assert!(import.facilities.iter().all(|own| own.position.is_some()));
}

#[test]
fn every_age_in_kudamatsu_is_understood() {
    let import = import(KUDAMATSU).unwrap();
    let of = |name: &str| &facility(&import, name).ages;
    assert_eq!(of("下松市立潮音保育園").min, Some(MinAge::Months(3)));
    assert_eq!(of("和光保育園").min, Some(MinAge::Months(11)));
    let both = of("四恩幼稚園");
    assert_eq!(&*both.text, "(幼)3歳から(保)10ヶ月から");
    assert_eq!(both.min, Some(MinAge::Months(10)));
    assert_eq!(both.education_min, Some(MinAge::Months(36)));
    let centre = of("下松市児童センター「わかば」");
    assert_eq!(
        (centre.min, centre.max),
        (Some(MinAge::Months(3)), Some(class(2)))
    );
    assert_eq!(of("ほがらか児童の家").min, Some(MinAge::Months(72)));
    for facility in &import.facilities {
        assert!(
            facility.ages.understood || facility.ages.text.is_empty(),
            "{:?}",
            facility.ages
        );
    }
}

#[test]
fn a_row_of_kudamatsu_is_read_cell_by_cell() {
    let import = import(KUDAMATSU).unwrap();
    let first = &import.facilities[0];
    assert_eq!(first.line, 2);
    assert_eq!(&*first.id, "KD0000500001");
    assert_eq!(&*first.name, "下松市立潮音保育園");
    assert_eq!(
        first.kana.as_deref(),
        Some("クダマツシリツシオネホイクエン")
    );
    assert_eq!(&*first.kind_text, "認可公立保育所");
    assert_eq!(first.kind, FacilityKind::Nursery);
    let place = first.position.unwrap();
    assert_eq!(
        (place.lat().to_string(), place.lon().to_string()),
        ("34.0229339".into(), "131.8490058".into())
    );
    assert_eq!(first.capacity, Some(110));
    assert_eq!(first.days.unwrap().to_string(), "月火水木金土");
    assert_eq!(
        (first.open, first.close),
        (Clock::new(7, 30), Clock::new(19, 0))
    );
    assert_eq!(first.temporary_care, Some(true));
    assert_eq!(first.sick_care, Some(false));
    assert_eq!(first.postcode.as_deref(), Some("744-0074"));
    // Written 7:00 where all others write 07:00.
    assert_eq!(facility(&import, "さつき保育園").open, Clock::new(7, 0));
    // Closes, but does not say when it opens.
    let after_school = facility(&import, "豊井児童の家");
    assert_eq!(
        (after_school.open, after_school.close),
        (None, Clock::new(18, 30))
    );
}

#[test]
fn all_157_rows_of_koriyama_are_read_with_their_places_on_the_map() {
    let import = import(KORIYAMA).unwrap();
    assert_eq!(import.encoding, Encoding::Cp932);
    assert_eq!((import.rows, import.facilities.len()), (157, 157));
    assert!(import.facilities.iter().all(|own| own.position.is_some()));
    assert!(import.facilities.iter().all(|own| own.ages.understood));
    // The one cell with a second time in it, for each end.
    assert_eq!(
        problems(&import),
        [
            "line 83, Open: says more than a time of day: \"7:30※1号認定は8：30\"",
            "line 83, Close: says more than a time of day: \"19:30※1号認定は13：30\"",
        ]
    );
}

#[test]
fn a_row_of_koriyama_is_read_cell_by_cell() {
    let import = import(KORIYAMA).unwrap();
    let first = &import.facilities[0];
    // The list has no ids.
    assert_eq!((&*first.id, &*first.name), ("芳賀保育所", "芳賀保育所"));
    assert_eq!(first.operator.as_deref(), Some("郡山市"));
    assert_eq!(first.address.as_deref(), Some("郡山市芳賀二丁目5-6"));
    assert_eq!(first.ages.min, Some(MinAge::Months(12)));
    assert_eq!(first.ages.max, Some(class(5)));
    assert_eq!(
        (first.open, first.close),
        (Clock::new(7, 30), Clock::new(19, 30))
    );
    assert_eq!(first.capacity, Some(90));
    // A capacity of ー, and a childminder's half years.
    assert_eq!(facility(&import, "ベビーシッター　own time").capacity, None);
    assert_eq!(
        facility(&import, "アゴラキンダーガーテン").ages.min,
        Some(MinAge::Months(30))
    );
    // Night care closes at 4:00 the next day.
    let night = facility(&import, "ユーパロ中町保育園");
    assert_eq!(
        (night.open, night.close),
        (Clock::new(7, 30), Clock::new(28, 0))
    );
    assert!(facility(&import, "南東北こども学園").round_the_clock);
    // Nurseries of hospitals and companies for their own people.
    assert_eq!(
        import
            .facilities
            .iter()
            .filter(|own| own.staff_only)
            .count(),
        16
    );
    let minimum = |min: MinAge| {
        import
            .facilities
            .iter()
            .filter(|own| own.ages.min == Some(min))
            .count()
    };
    assert_eq!(minimum(MinAge::Days(57)), 42);
    assert_eq!(minimum(MinAge::Months(6)), 46);
}

#[test]
fn the_same_file_reads_the_same_in_every_encoding() {
    let text = encoding_rs::SHIFT_JIS
        .decode_without_bom_handling_and_without_replacement(KUDAMATSU)
        .unwrap()
        .into_owned();
    let expected = import(KUDAMATSU).unwrap().facilities;
    let utf16 = |big: bool| -> Vec<u8> {
        std::iter::once(0xFEFF)
            .chain(text.encode_utf16())
            .flat_map(|unit: u16| {
                if big {
                    unit.to_be_bytes()
                } else {
                    unit.to_le_bytes()
                }
            })
            .collect()
    };
    let with_mark = [&[0xEF, 0xBB, 0xBF], text.as_bytes()].concat();
    for (bytes, encoding) in [
        (text.clone().into_bytes(), Encoding::Utf8),
        (with_mark, Encoding::Utf8),
        (text.replace("\r\n", "\n").into_bytes(), Encoding::Utf8),
        (utf16(false), Encoding::Utf16),
        (utf16(true), Encoding::Utf16),
    ] {
        let import = import(&bytes).unwrap();
        assert_eq!(import.encoding, encoding);
        assert!(import.facilities == expected, "{encoding:?}");
    }
}

#[test]
fn the_full_53_columns_and_the_older_28_are_read_by_their_names() {
    let new = "全国地方公共団体コード,ID,地方公共団体名,名称,名称_カナ,名称_英字,種別,所在地_全国地方公共団体コード,町字ID,所在地_連結表記,所在地_都道府県,所在地_市区町村,所在地_町字,所在地_番地以下,建物名等(方書),緯度,経度,高度の種別,高度の値,アクセス方法,駐車場情報,電話番号,内線番号,FAX番号,メールアドレス,連絡先FormURL,連絡先備考(その他、SNSなど),郵便番号,法人番号,団体名,許可等年月日,収容定員,受入年齢,利用可能曜日,開始時間,終了時間,利用可能日時特記事項,一時預かりの有無,子供預かり料金種別,子供預かり料金,子供預かり料金備考,子供預かり開所時間,子供預かり閉所時間,病児保育の有無,授乳室,おむつ替えコーナー,飲食可否,ベビーカー貸出,ベビーカー利用,URL,画像,画像_ライセンス,備考\n\
        991015,A1,ことほぎ県あすこえ市,ひかり保育園,ヒカリホイクエン,,認可保育所,991015,,,,ことほぎ県あすこえ市星町1-2,,,,３５.５,１３９.５,,,,,000-000-0001,,,,,,,8000020130001,,,６０人,０〜５歳,月火水木金土,７：００,１９：００,,有,,,,,,無,,,,,,,,,\n";
    let read = import(new.as_bytes()).unwrap();
    assert_eq!(problems(&read), Vec::<String>::new());
    let one = &read.facilities[0];
    // The whole address stands in the city's column.
    assert_eq!(one.address.as_deref(), Some("ことほぎ県あすこえ市星町1-2"));
    assert_eq!(one.position.unwrap().lat().to_string(), "35.5");
    assert_eq!(one.corporate_number.as_deref(), Some("8000020130001"));
    assert_eq!(one.capacity, Some(60));
    assert_eq!(
        (one.ages.min, one.ages.max),
        (Some(MinAge::Months(0)), Some(class(5)))
    );
    assert_eq!(one.open, Clock::new(7, 0));

    let old = "都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,名称,名称_カナ,種別,住所,方書,緯度,経度,アクセス方法,駐車場情報,電話番号,内線番号,FAX番号,法人番号,団体名,許可等年月日,収容定員,受入年齢,利用可能曜日,開始時間,終了時間,利用可能日時特記事項,一時預かりの有無,URL,備考\r\n\
        991015,7,ことほぎ県,あすこえ市,\"こだま保育園, 分園\",コダマ,認可保育所,星町3,星ビル,,,,,000-000-0002,,,,,,30,産休明け,月～金,8:00,18:00,,無,,\r\n";
    let read = import(old.as_bytes()).unwrap();
    assert_eq!(problems(&read), Vec::<String>::new());
    let one = &read.facilities[0];
    assert_eq!((&*one.id, &*one.name), ("7", "こだま保育園, 分園"));
    assert_eq!(one.position, None);
    assert_eq!(one.ages.min, Some(MinAge::Days(57)));
    assert_eq!(one.days.unwrap().to_string(), "月火水木金");
}

#[test]
fn broken_bytes_are_reported_on_their_line_and_never_replaced() {
    let mut bytes = "名称,種別,備考\n一番,認可保育所,よい\n二番,認可保育所,"
        .as_bytes()
        .to_vec();
    bytes.extend([0xFF, 0xFE]);
    bytes.extend("\n三番,認可保育所,よい\n".as_bytes());
    let read = import(&bytes).unwrap();
    assert_eq!(read.encoding, Encoding::Utf8);
    assert_eq!(read.facilities.len(), 3);
    assert_eq!(
        problems(&read),
        ["line 3, 備考: holds bytes that are no characters of the file's encoding"]
    );
    assert_eq!(read.facilities[1].note, None);
    // A name that cannot be read is no name.
    let read = import(b"\x96\xBC\x8F\xCC,ID\n\x81,x\n").unwrap();
    assert_eq!(read.facilities.len(), 0);
    assert_eq!(read.problems.len(), 2);
    assert!(read.problems[1].problem.refuses_the_row());
}

#[test]
fn what_cannot_be_read_is_reported_with_its_line_and_left_out() {
    let csv = "ID,名称,緯度,経度,法人番号,収容定員,受入年齢,利用可能曜日,開始時間,終了時間,一時預かりの有無\n\
        1,一,139.5,35.5,1234567890123,多数,応相談,年末年始を除く,朝,19:00,たまに\n\
        2,二,0,0,,,,,19:00,7:00,\n\
        3,,35,139,,,,,,,\n\
        ,,,,,,,,,,\n\
        2,四,35,139\n";
    let read = import(csv.as_bytes()).unwrap();
    assert_eq!(
        problems(&read),
        [
            "line 2, 開始時間: is not a time of day: \"朝\"",
            "line 2, 緯度: not a place: \"139.5\", \"35.5\"",
            "line 2, 法人番号: not a corporate number: \"1234567890123\"",
            "line 2, 収容定員: is not a number: \"多数\"",
            "line 2, 受入年齢: ages not understood: \"応相談\"",
            "line 2, 利用可能曜日: days of the week not understood: \"年末年始を除く\"",
            "line 2, 一時預かりの有無: neither yes nor no: \"たまに\"",
            "line 3, 終了時間: closes at 7:00, before it opens at 19:00",
            "line 3, 緯度: lies outside Japan: 0, 0",
            "line 4: names no facility",
            "line 6: has 4 cells; the header has 11",
            "line 6: has an id that another row has: kept as \"2#2\"",
        ]
    );
}

#[test]
fn markup_stays_text_and_endless_cells_are_cut() {
    let long = "長".repeat(MAX_CELL + 1);
    let csv = format!("名称,種別,備考\n<script>alert(1)</script>,認可保育所,{long}\n");
    let read = import(csv.as_bytes()).unwrap();
    let one = &read.facilities[0];
    assert_eq!(&*one.name, "<script>alert(1)</script>");
    assert_eq!(one.note.as_deref().unwrap().chars().count(), MAX_CELL);
    assert_eq!(
        read.problems[0].problem,
        Problem::TooLong {
            chars: MAX_CELL + 1
        }
    );
}

#[test]
fn a_quotation_mark_that_is_never_closed_does_not_swallow_the_rest_unseen() {
    let mut csv = String::from("名称,種別\n一,認可保育所\n二,\"認可保育所\n");
    csv.push_str(&"保育園,認可保育所\n".repeat(100));
    let read = import(csv.as_bytes()).unwrap();
    assert_eq!(read.facilities.len(), 1);
    assert_eq!(
        problems(&read),
        ["line 3: a quotation mark is never closed: 101 lines are one cell"]
    );
}

#[test]
fn tabs_separate_cells_where_commas_make_no_header() {
    let read = import("名称\t種別\tID\n一、二,三\t認可保育所\t9\n".as_bytes()).unwrap();
    assert_eq!(&*read.facilities[0].name, "一、二,三");
    assert_eq!(&*read.facilities[0].id, "9");
}

#[test]
fn a_file_that_names_no_columns_is_refused() {
    for bytes in [
        &b""[..],
        b"\n\n",
        b"a,b,c\n1,2,3\n",
        &[0xFF, 0xFE],
        &[0; 100],
    ] {
        assert!(matches!(import(bytes), Err(ImportError::NoHeader { .. })));
    }
    let mut many = String::from("名称,種別\n");
    many.push_str(&"a,b\n".repeat(200_020));
    assert_eq!(import(many.as_bytes()), Err(ImportError::TooManyRows));
}

#[test]
fn the_monthly_layout_of_yokohama_is_read_below_its_title() {
    let csv = "【令和８年11月１日現在】保育所等の入所状況（受入可能数）,,,,,,,,,,,\r\n\
        施設所在区,標準地域コード,施設番号,施設・事業名,０歳児,１歳児,２歳児,３歳児,４歳児,５歳児,合計,更新日\r\n\
        星区,99101,100001,ひかり保育園,2,0,1,-,-,-,3,2026/11/1\r\n\
        星区,99101,100002,こだま保育園,０,１,多い,2,3,4,10,令和8年11月1日\r\n";
    let (encoded, _, lossy) = encoding_rs::SHIFT_JIS.encode(csv);
    assert!(!lossy);
    let read = import_vacancies(&encoded, Measure::Applicants).unwrap();
    assert_eq!(read.rows.len(), 11);
    let first = &read.rows[0];
    assert_eq!(first.facility_id.as_deref(), Some("100001"));
    assert_eq!(first.facility_name.as_deref(), Some("ひかり保育園"));
    // The title says what is counted.
    assert_eq!(first.vacancy.vacancies, Some(2));
    assert_eq!(first.vacancy.applicants, None);
    assert_eq!(first.vacancy.as_of, Some(date(2026, 11, 1)));
    assert!(first.vacancy.offered);
    assert!(!read.rows[3].vacancy.offered);
    assert_eq!(read.rows[6].vacancy.as_of, Some(date(2026, 11, 1)));
    let problems: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
    assert_eq!(problems, ["line 4, ２歳児: is not a number: \"多い\""]);
}

#[test]
fn our_own_layout_has_a_row_for_each_class_and_month() {
    let csv = "facility_id,fiscal_ym,age_class,capacity,enrolled,vacancies,applicants,as_of\n\
        A1,2027-04,0,9,7,2,5,2026-11-01\n\
        A1,2027-04,7,9,7,2,5,2026-11-01\n\
        A1,April,1歳児,12,12,-,8,yesterday\n";
    let read = import_vacancies(csv.as_bytes(), Measure::Vacancies).unwrap();
    let one = &read.rows[0].vacancy;
    assert_eq!(
        one.month,
        Some(Month {
            year: 2027,
            month: 4
        })
    );
    assert_eq!(
        (one.capacity, one.enrolled, one.vacancies, one.applicants),
        (Some(9), Some(7), Some(2), Some(5))
    );
    assert!(!read.rows[1].vacancy.offered);
    let problems: Vec<String> = read.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "line 3, age_class: not an age class: \"7\"",
            "line 4, as_of: not a date: \"yesterday\"",
            "line 4, fiscal_ym: not a date: \"April\"",
        ]
    );
}

/// Bytes that look a little like a list.
fn listlike() -> impl Strategy<Value = Vec<u8>> {
    let cell = prop_oneof![
        Just("名称".as_bytes().to_vec()),
        Just("Name,Type".as_bytes().to_vec()),
        Just(
            "種別,緯度,経度,受入年齢,開始時間,終了時間"
                .as_bytes()
                .to_vec()
        ),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b",".to_vec()),
        Just(b"\"".to_vec()),
        Just(vec![0x96, 0xBC, 0x8F, 0xCC]),
        "[0-9]{1,5}(歳|か月|日|ヶ月)(から|～|まで|未満)?".prop_map(String::into_bytes),
        "[0-9]{1,3}:[0-9]{1,3}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..12),
        "\\PC{0,10}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(cell, 0..60).prop_map(|cells| cells.concat())
}

proptest! {
    #[test]
    fn no_bytes_make_the_reader_panic_and_no_row_gets_lost(bytes in listlike()) {
        if let Ok(read) = import(&bytes) {
            let refused = read.problems.iter().filter(|own| own.problem.refuses_the_row()).count();
            prop_assert_eq!(read.rows, read.facilities.len() + refused);
            let ids: std::collections::BTreeSet<_> = read.facilities.iter().map(|own| &own.id).collect();
            prop_assert_eq!(ids.len(), read.facilities.len());
        }
        let _ = import_vacancies(&bytes, Measure::Vacancies);
    }

    #[test]
    fn a_header_and_any_bytes_below_it_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let all = ["名称,種別,緯度,経度,受入年齢,利用可能曜日,開始時間,終了時間\n".as_bytes(), &bytes].concat();
        let read = import(&all).unwrap();
        let refused = read.problems.iter().filter(|own| own.problem.refuses_the_row()).count();
        prop_assert_eq!(read.rows, read.facilities.len() + refused);
    }
}
