//! A facility as its list describes it.
//!
//! Everything here comes from outside and is untrusted text: bounded in length where it was read, kept as written, to be
//! shown as plain text and never as markup.

use super::age::Ages;
use super::text::fold;

/// A place on the globe, in degrees (WGS 84).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Position {
    lat: f64,
    lon: f64,
}

impl Position {
    /// `None` unless −90 ≤ lat ≤ 90 and −180 ≤ lon ≤ 180.
    #[must_use]
    pub fn new(lat: f64, lon: f64) -> Option<Self> {
        ((-90.0..=90.0).contains(&lat) && (-180.0..=180.0).contains(&lon))
            .then_some(Self { lat, lon })
    }

    /// Latitude in degrees, north positive.
    #[must_use]
    pub fn lat(self) -> f64 {
        self.lat
    }

    /// Longitude in degrees, east positive.
    #[must_use]
    pub fn lon(self) -> f64 {
        self.lon
    }
}

/// A time of day in minutes after midnight; after 24:00 for a closing time in the night.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Clock(u16);

impl Clock {
    /// Hours 0 to 47 and minutes 0 to 59.
    #[must_use]
    pub fn new(hours: u16, minutes: u16) -> Option<Self> {
        (hours < 48 && minutes < 60).then(|| Self(hours * 60 + minutes))
    }

    /// Minutes after midnight.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// The same time on the next day.
    #[must_use]
    pub fn next_day(self) -> Self {
        Self(self.0.saturating_add(24 * 60).min(48 * 60 - 1))
    }

    /// Reads `7:00`, `07:00`, `７時３０分`, `7時半`, `午後6時`, `翌2:00`, and says what stood behind it.
    #[must_use]
    pub fn read(text: &str) -> Option<(Self, String)> {
        let folded = fold(text);
        let mut rest = folded.trim();
        let mut shift = 0;
        for (word, hours) in [
            ("翌日", 24),
            ("翌", 24),
            ("午前", 0),
            ("午後", 12),
            ("AM", 0),
            ("PM", 12),
        ] {
            if let Some(after) = rest.strip_prefix(word) {
                rest = after.trim_start();
                shift += hours;
            }
        }
        let (hours, after) = digits(rest)?;
        let hours = if shift % 24 == 12 && hours == 12 {
            0
        } else {
            hours
        };
        let (minutes, after) = if let Some(after) = after.strip_prefix("時半") {
            (30, after)
        } else if let Some(after) = after.strip_prefix(':').or_else(|| after.strip_prefix('時')) {
            match digits(after) {
                Some((minutes, after)) => (minutes, after.strip_prefix('分').unwrap_or(after)),
                None if rest.contains('時') => (0, after),
                None => return None,
            }
        } else {
            return None;
        };
        // Seconds, as spreadsheets add them.
        let after = after.strip_prefix(":00").unwrap_or(after);
        Some((
            Self::new(hours.checked_add(shift)?, minutes)?,
            after.trim().to_owned(),
        ))
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// One or two digits.
fn digits(text: &str) -> Option<(u16, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(end)?;
    if number.len() > 2 {
        return None;
    }
    Some((number.parse().ok()?, rest))
}

/// Days of the week as a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Weekdays(u8);

impl Weekdays {
    const LETTERS: [char; 7] = ['月', '火', '水', '木', '金', '土', '日'];
    const ENGLISH: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// The whole week.
    pub const ALL: Self = Self(0b111_1111);

    /// Whether no day is in it.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether every day of another set is in it.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    /// Those of another set that are not in it.
    #[must_use]
    pub fn lacking(self, other: Self) -> Self {
        Self(other.0 & !self.0)
    }

    /// Reads `月火水木金土`, `月～金`, `平日`, `毎日`, `mon-fri`, `mon;tue`. Holidays (祝) are not days of the week.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut normal = fold(text).to_lowercase();
        for (word, letters) in [
            ("平日", "月~金"),
            ("毎日", "月~日"),
            ("全日", "月~日"),
            ("曜日", ""),
            ("曜", ""),
        ] {
            normal = normal.replace(word, letters);
        }
        let mut days = Self::default();
        let mut last: Option<usize> = None;
        let mut range = false;
        let mut rest = normal.as_str();
        while let Some(c) = rest.chars().next() {
            let day = Self::LETTERS
                .iter()
                .position(|letter| *letter == c)
                .map(|day| (day, c.len_utf8()))
                .or_else(|| {
                    let day = Self::ENGLISH
                        .iter()
                        .position(|name| rest.starts_with(name))?;
                    Some((day, 3))
                });
            if let Some((day, length)) = day {
                let from = last.filter(|last| range && *last <= day).unwrap_or(day);
                for day in from..=day {
                    days.0 |= 1 << day;
                }
                last = Some(day);
                range = false;
                rest = rest.get(length..).unwrap_or_default();
            } else {
                range |= matches!(c, '~' | '-' | 'ー');
                rest = rest.get(c.len_utf8()..).unwrap_or_default();
            }
        }
        (!days.is_empty()).then_some(days)
    }
}

impl std::fmt::Display for Weekdays {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (day, letter) in Self::LETTERS.iter().enumerate() {
            if self.0 & (1 << day) != 0 {
                write!(f, "{letter}")?;
            }
        }
        Ok(())
    }
}

/// What kind of facility it is, read from the list's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FacilityKind {
    /// 認可保育所.
    Nursery,
    /// 認定こども園.
    Kodomoen,
    /// 幼稚園.
    Kindergarten,
    /// 小規模保育.
    SmallScale,
    /// 家庭的保育, 居宅訪問型保育.
    HomeBased,
    /// 事業所内保育.
    Workplace,
    /// 企業主導型保育: not licensed, subsidised by the state.
    CompanyLed,
    /// 認可外保育施設, also those a prefecture certifies (認証).
    Unlicensed,
    /// 放課後児童クラブ.
    AfterSchool,
    /// 子育て支援センター, 児童館: for parents and children together.
    SupportCentre,
    /// 一時預かり, 病児保育 only.
    Temporary,
    /// Anything else, or nothing said.
    Other,
}

impl FacilityKind {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Nursery,
        Self::Kodomoen,
        Self::Kindergarten,
        Self::SmallScale,
        Self::HomeBased,
        Self::Workplace,
        Self::CompanyLed,
        Self::Unlicensed,
        Self::AfterSchool,
        Self::SupportCentre,
        Self::Temporary,
        Self::Other,
    ];

    /// Its name in data and answers.
    #[must_use]
    pub fn id(self) -> &'static str {
        match self {
            Self::Nursery => "nursery",
            Self::Kodomoen => "kodomoen",
            Self::Kindergarten => "kindergarten",
            Self::SmallScale => "small_scale",
            Self::HomeBased => "home_based",
            Self::Workplace => "workplace",
            Self::CompanyLed => "company_led",
            Self::Unlicensed => "unlicensed",
            Self::AfterSchool => "after_school",
            Self::SupportCentre => "support_centre",
            Self::Temporary => "temporary",
            Self::Other => "other",
        }
    }

    /// The kind a list's word means; also its own name.
    #[must_use]
    pub fn read(text: &str) -> Self {
        // In this order: 認可外 holds 認可, 企業主導型 is also 認可外, こども園 may say 幼稚園型.
        const WORDS: &[(&str, FacilityKind)] = &[
            ("企業主導", FacilityKind::CompanyLed),
            ("放課後", FacilityKind::AfterSchool),
            ("学童", FacilityKind::AfterSchool),
            ("児童クラブ", FacilityKind::AfterSchool),
            ("支援センター", FacilityKind::SupportCentre),
            ("支援拠点", FacilityKind::SupportCentre),
            ("つどいの広場", FacilityKind::SupportCentre),
            ("児童館", FacilityKind::SupportCentre),
            ("認可外", FacilityKind::Unlicensed),
            ("無認可", FacilityKind::Unlicensed),
            ("認証", FacilityKind::Unlicensed),
            ("小規模", FacilityKind::SmallScale),
            ("家庭的", FacilityKind::HomeBased),
            ("居宅訪問", FacilityKind::HomeBased),
            ("事業所内", FacilityKind::Workplace),
            ("こども園", FacilityKind::Kodomoen),
            ("子ども園", FacilityKind::Kodomoen),
            ("病児", FacilityKind::Temporary),
            ("病後児", FacilityKind::Temporary),
            ("一時預かり", FacilityKind::Temporary),
            ("幼稚園", FacilityKind::Kindergarten),
            ("保育所", FacilityKind::Nursery),
            ("保育園", FacilityKind::Nursery),
            ("認可", FacilityKind::Nursery),
        ];
        let word = text.trim();
        Self::ALL
            .into_iter()
            .find(|kind| kind.id() == word)
            .or_else(|| {
                let found = WORDS.iter().find(|(part, _)| text.contains(part));
                found.map(|(_, kind)| *kind)
            })
            .unwrap_or(Self::Other)
    }

    /// Whether the municipality gives out its places (利用調整) and sets its fee.
    #[must_use]
    pub fn is_licensed_care(self) -> bool {
        matches!(
            self,
            Self::Nursery | Self::Kodomoen | Self::SmallScale | Self::HomeBased | Self::Workplace
        )
    }

    /// Whether preschool children are looked after there day by day; `None` where the list does not say.
    #[must_use]
    pub fn is_daily_care(self) -> Option<bool> {
        match self {
            Self::AfterSchool | Self::SupportCentre | Self::Temporary => Some(false),
            Self::Other => None,
            _ => Some(true),
        }
    }

    pub(super) fn bit(self) -> u16 {
        1 << (self as u16)
    }
}

/// One facility of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Facility {
    /// The line of the file it began on; 0 if it came from no file.
    pub line: u64,
    /// The list's own id; its name where the list has no ids.
    pub id: Box<str>,
    /// Name, code point for code point.
    pub name: Box<str>,
    /// Reading.
    pub kana: Option<Box<str>>,
    /// The list's word for its kind.
    pub kind_text: Box<str>,
    /// The kind that word was read as.
    pub kind: FacilityKind,
    /// For employees of one company or hospital only.
    pub staff_only: bool,
    /// Municipality code as written.
    pub municipality: Option<Box<str>>,
    /// Address in one line.
    pub address: Option<Box<str>>,
    /// Building.
    pub building: Option<Box<str>>,
    /// Where it is.
    pub position: Option<Position>,
    /// Telephone.
    pub phone: Option<Box<str>>,
    /// Postcode as written.
    pub postcode: Option<Box<str>>,
    /// 法人番号, only with a fitting check digit.
    pub corporate_number: Option<Box<str>>,
    /// Who runs it.
    pub operator: Option<Box<str>>,
    /// Places in all.
    pub capacity: Option<u32>,
    /// Ages.
    pub ages: Ages,
    /// Days of the week.
    pub days: Option<Weekdays>,
    /// When it opens.
    pub open: Option<Clock>,
    /// When it closes; after 24:00 in the night.
    pub close: Option<Clock>,
    /// Takes children round the clock.
    pub round_the_clock: bool,
    /// Remarks on days and hours.
    pub hours_note: Option<Box<str>>,
    /// Temporary care (一時預かり).
    pub temporary_care: Option<bool>,
    /// Care of sick children (病児保育).
    pub sick_care: Option<bool>,
    /// Its own monthly fee in yen, where the list names one. Licensed care costs what the municipality says.
    pub fee: Option<u32>,
    /// Web page.
    pub url: Option<Box<str>>,
    /// Remarks.
    pub note: Option<Box<str>>,
}

impl Facility {
    /// A facility of which only id and name are known.
    #[must_use]
    pub fn named(id: &str, name: &str) -> Self {
        Self {
            line: 0,
            id: id.into(),
            name: name.into(),
            kana: None,
            kind_text: "".into(),
            kind: FacilityKind::Other,
            staff_only: false,
            municipality: None,
            address: None,
            building: None,
            position: None,
            phone: None,
            postcode: None,
            corporate_number: None,
            operator: None,
            capacity: None,
            ages: Ages::default(),
            days: None,
            open: None,
            close: None,
            round_the_clock: false,
            hours_note: None,
            temporary_care: None,
            sick_care: None,
            fee: None,
            url: None,
            note: None,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn clock(text: &str) -> Option<String> {
        Clock::read(text).map(|(clock, _)| clock.to_string())
    }

    #[test]
    fn times_are_read_in_every_dress() {
        for (text, time) in [
            ("7:00", "7:00"),
            ("07:00", "7:00"),
            ("７：３０", "7:30"),
            ("07:30:00", "7:30"),
            ("7時", "7:00"),
            ("7時半", "7:30"),
            ("18時30分", "18:30"),
            ("午後6時15分", "18:15"),
            ("午後12時", "12:00"),
            ("翌2:00", "26:00"),
            ("24:00", "24:00"),
        ] {
            assert_eq!(clock(text).as_deref(), Some(time), "{text}");
        }
        for text in ["", "放課後", "7", "25:99", "123:00", "99:00", ":30"] {
            assert_eq!(clock(text), None, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_time_is_handed_back() {
        let (clock, rest) = Clock::read("7:30※1号認定は8：30").unwrap();
        assert_eq!(clock, Clock::new(7, 30).unwrap());
        assert_eq!(rest, "※1号認定は8:30");
    }

    #[test]
    fn days_of_the_week_are_read() {
        let show = |text: &str| Weekdays::read(text).map(|days| days.to_string());
        assert_eq!(show("月火水木金土").as_deref(), Some("月火水木金土"));
        assert_eq!(show("月水木金土").as_deref(), Some("月水木金土"));
        assert_eq!(show("月～金").as_deref(), Some("月火水木金"));
        assert_eq!(show("月曜日〜土曜日").as_deref(), Some("月火水木金土"));
        assert_eq!(show("平日").as_deref(), Some("月火水木金"));
        assert_eq!(show("mon-fri;sun").as_deref(), Some("月火水木金日"));
        assert_eq!(show("年末年始を除く"), None);
    }

    #[test]
    fn kinds_are_told_apart_also_where_one_word_holds_another() {
        for (text, kind) in [
            ("認可公立保育所", FacilityKind::Nursery),
            ("認可外保育所", FacilityKind::Unlicensed),
            ("認定こども園（幼稚園型）", FacilityKind::Kodomoen),
            ("幼保連携型認定こども園", FacilityKind::Kodomoen),
            ("私立幼稚園", FacilityKind::Kindergarten),
            ("小規模保育事業Ａ型", FacilityKind::SmallScale),
            ("事業所内保育事業（定員20人以上）", FacilityKind::Workplace),
            ("放課後児童クラブ", FacilityKind::AfterSchool),
            ("子育て支援センター", FacilityKind::SupportCentre),
            ("企業主導型保育事業（認可外）", FacilityKind::CompanyLed),
            ("small_scale", FacilityKind::SmallScale),
            ("その他", FacilityKind::Other),
        ] {
            assert_eq!(FacilityKind::read(text), kind, "{text}");
        }
    }
}
