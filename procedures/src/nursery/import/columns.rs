//! Which column is which, by its name. The names of all known layouts are here, and nothing else is.

use super::super::text::squeeze;

/// A column of a list of facilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum Column {
    Municipality,
    Id,
    Name,
    Kana,
    Kind,
    Address,
    Prefecture,
    City,
    Town,
    Block,
    Building,
    Lat,
    Lon,
    Phone,
    Postcode,
    CorporateNumber,
    Operator,
    Capacity,
    Ages,
    AgesFrom,
    AgesTo,
    Days,
    Open,
    Close,
    RoundTheClock,
    Night,
    StaffOnly,
    HoursNote,
    TemporaryCare,
    SickCare,
    Fee,
    Url,
    Note,
    MinMonths,
    MinDays,
}

/// Names as they stand in files, folded and in lower case. Groups: the standard data set, the older recommended one, the
/// papamama layout, plain English.
const NAMES: &[(Column, &[&str])] = &[
    (
        Column::Municipality,
        &[
            "全国地方公共団体コード",
            "都道府県コード又は市区町村コード",
            "市区町村コード",
            "municipality",
        ],
    ),
    (
        Column::Id,
        &[
            "id",
            "no",
            "no.",
            "施設番号",
            "施設・事業所番号",
            "事業所番号",
            "施設id",
            "facility_id",
        ],
    ),
    (
        Column::Name,
        &[
            "名称",
            "施設名",
            "施設名称",
            "施設・事業名",
            "保育所名",
            "園名",
            "name",
            "facility",
        ],
    ),
    (
        Column::Kana,
        &[
            "名称_カナ",
            "名称カナ",
            "名称(カナ)",
            "施設名_カナ",
            "ふりがな",
            "フリガナ",
            "kana",
        ],
    ),
    (
        Column::Kind,
        &["種別", "施設種別", "施設区分", "type", "kind"],
    ),
    (
        Column::Address,
        &["所在地_連結表記", "住所", "所在地", "add1", "address"],
    ),
    (Column::Prefecture, &["所在地_都道府県", "都道府県名"]),
    (Column::City, &["所在地_市区町村", "市区町村名"]),
    (Column::Town, &["所在地_町字"]),
    (Column::Block, &["所在地_番地以下"]),
    (
        Column::Building,
        &["建物名等(方書)", "方書", "add2", "building"],
    ),
    (Column::Lat, &["緯度", "y", "lat", "latitude"]),
    (
        Column::Lon,
        &["経度", "x", "lon", "lng", "long", "longitude"],
    ),
    (Column::Phone, &["電話番号", "tel", "phone"]),
    (Column::Postcode, &["郵便番号", "postcode", "zip"]),
    (Column::CorporateNumber, &["法人番号", "corporate_number"]),
    (
        Column::Operator,
        &[
            "団体名",
            "団体の名称",
            "設置者",
            "運営者",
            "owner",
            "operator",
        ],
    ),
    (Column::Capacity, &["収容定員", "定員", "full", "capacity"]),
    (
        Column::Ages,
        &[
            "受入年齢",
            "受入れ年齢",
            "対象年齢",
            "受入可能年齢",
            "ages",
            "age",
        ],
    ),
    (
        Column::AgesFrom,
        &[
            "ages_from",
            "min_age",
            "minimum_age",
            "受入年齢_開始",
            "agess",
            "agestart",
        ],
    ),
    (
        Column::AgesTo,
        &[
            "agee",
            "max_age",
            "maximum_age",
            "受入年齢_終了",
            "max_class",
        ],
    ),
    (Column::MinMonths, &["min_age_months", "min_months"]),
    (Column::MinDays, &["min_age_days", "min_days"]),
    (Column::Days, &["利用可能曜日", "開所曜日", "days"]),
    (Column::Open, &["開始時間", "開所時間", "開園時間", "open"]),
    (
        Column::Close,
        &["終了時間", "閉所時間", "閉園時間", "close"],
    ),
    (Column::RoundTheClock, &["h24", "round_the_clock"]),
    (Column::Night, &["night"]),
    (Column::StaffOnly, &["shanai", "staff_only"]),
    (
        Column::HoursNote,
        &[
            "利用可能日時特記事項",
            "利用可能日時特記",
            "特記事項",
            "memo",
            "hours_note",
        ],
    ),
    (
        Column::TemporaryCare,
        &["一時預かりの有無", "一時預かり", "temp", "temporary_care"],
    ),
    (
        Column::SickCare,
        &["病児保育の有無", "病児保育", "sick_care"],
    ),
    (Column::Fee, &["保育料", "fee", "monthly_fee"]),
    (Column::Url, &["url"]),
    (Column::Note, &["備考", "note"]),
];

/// A column of a table of free places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in super::super) enum VacancyColumn {
    FacilityId,
    FacilityName,
    /// A whole class as one column.
    Class(u8),
    Month,
    AgeClass,
    Capacity,
    Enrolled,
    Vacancies,
    Applicants,
    AsOf,
}

const VACANCY_NAMES: &[(VacancyColumn, &[&str])] = &[
    (
        VacancyColumn::FacilityId,
        &[
            "facility_id",
            "id",
            "施設番号",
            "施設・事業所番号",
            "事業所番号",
            "施設id",
        ],
    ),
    (
        VacancyColumn::FacilityName,
        &[
            "施設・事業名",
            "施設・事業所名",
            "施設名",
            "施設名称",
            "名称",
            "保育所名",
            "facility",
            "name",
        ],
    ),
    (
        VacancyColumn::Month,
        &["fiscal_ym", "month", "対象年月", "入所月"],
    ),
    (
        VacancyColumn::AgeClass,
        &["age_class", "class", "年齢", "クラス"],
    ),
    (VacancyColumn::Capacity, &["capacity", "定員"]),
    (
        VacancyColumn::Enrolled,
        &["enrolled", "入所児童数", "在籍数"],
    ),
    (
        VacancyColumn::Vacancies,
        &[
            "vacancies",
            "vacancy",
            "受入可能数",
            "空き",
            "空き数",
            "空き人数",
        ],
    ),
    (
        VacancyColumn::Applicants,
        &["applicants", "waiting", "入所待ち人数", "申込数"],
    ),
    (
        VacancyColumn::AsOf,
        &[
            "as_of",
            "更新日",
            "更新年月日",
            "基準日",
            "時点",
            "現在日",
            "日付",
            "date",
        ],
    ),
];

/// A kind of column that can be found by its name.
pub(in super::super) trait Named: Copy + Ord {
    /// The column of this name.
    fn named(name: &str) -> Option<Self>;
}

impl Named for Column {
    fn named(name: &str) -> Option<Self> {
        column(name)
    }
}

impl Named for VacancyColumn {
    fn named(name: &str) -> Option<Self> {
        let name = key(name);
        let class = AGES.iter().position(|age| {
            name.strip_prefix(age)
                .is_some_and(|rest| matches!(rest, "歳児" | "歳" | "歳児クラス" | "歳クラス"))
        });
        class
            .and_then(|class| u8::try_from(class).ok())
            .map(Self::Class)
            .or_else(|| find(VACANCY_NAMES, &name))
    }
}

const AGES: [&str; 6] = ["0", "1", "2", "3", "4", "5"];

pub(super) fn column(name: &str) -> Option<Column> {
    let key = key(name);
    match key.as_str() {
        // AgeS, AgeE of the papamama layout.
        "ages" if name.trim().starts_with("AgeS") => Some(Column::AgesFrom),
        _ => find(NAMES, &key),
    }
}

fn key(name: &str) -> String {
    squeeze(name).to_lowercase()
}

fn find<C: Copy>(table: &[(C, &[&str])], key: &str) -> Option<C> {
    table
        .iter()
        .find(|(_, names)| names.contains(&key))
        .map(|(column, _)| *column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_columns() {
        let mut all: Vec<&str> = NAMES
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        all.sort_unstable();
        let before = all.len();
        all.dedup();
        assert_eq!(all.len(), before);
    }

    #[test]
    fn columns_are_found_in_any_width_and_case() {
        assert_eq!(column("建物名等（方書）"), Some(Column::Building));
        assert_eq!(column(" ＵＲＬ "), Some(Column::Url));
        assert_eq!(column("AgeS"), Some(Column::AgesFrom));
        assert_eq!(column("ages"), Some(Column::Ages));
        assert_eq!(column("画像"), None);
        assert_eq!(
            VacancyColumn::named("０歳児"),
            Some(VacancyColumn::Class(0))
        );
        assert_eq!(VacancyColumn::named("合計"), None);
    }
}
