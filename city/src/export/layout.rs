//! Layouts as data: columns, where each value comes from, and what a column can carry.

use jiff::civil::{Date, DateTime};
use serde::Deserialize;
use ubugoe_procedures::Value;

/// Why a layout cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LayoutError {
    /// Not readable as a layout.
    #[error("not a layout")]
    Toml(#[from] toml::de::Error),
    /// It contradicts itself.
    #[error("the layout contradicts itself: {0}")]
    Contradiction(String),
}

/// Where a column's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Origin {
    /// A field of the filing, by its path.
    Field(String),
    /// `@id`: the filing's id.
    Id,
    /// `@arrival_no`: 到達番号.
    ArrivalNo,
    /// `@arrived_on`: day of arrival.
    ArrivedOn,
    /// `@accepted_on`: day of acceptance.
    AcceptedOn,
    /// `@digest`: SHA-256 of the signed bytes.
    Digest,
    /// `@serial`: serial number of the signer's certificate.
    Serial,
    /// `@addressee`: 宛名番号.
    Addressee,
}

impl std::convert::From<String> for Origin {
    fn from(text: String) -> Self {
        match text.as_str() {
            "@id" => Self::Id,
            "@arrival_no" => Self::ArrivalNo,
            "@arrived_on" => Self::ArrivedOn,
            "@accepted_on" => Self::AcceptedOn,
            "@digest" => Self::Digest,
            "@serial" => Self::Serial,
            "@addressee" => Self::Addressee,
            _ => Self::Field(text),
        }
    }
}

/// How a value becomes text. Each way is undone exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transform {
    /// Text and ids of choices as they are.
    #[default]
    Text,
    /// A whole number in decimal.
    Number,
    /// Yes 1, no 0.
    Flag,
    /// A day, `YYYYMMDD`.
    Day,
    /// A day and a minute, `YYYYMMDDhhmm`.
    Minute,
    /// A month, `YYYYMM`.
    Month,
    /// The id of a choice.
    Choice,
}

impl Transform {
    /// The text of a value; none if the value is of another kind.
    #[must_use]
    pub fn write(self, value: &Value) -> Option<String> {
        match (self, value) {
            (Self::Text, Value::Text(text)) | (Self::Choice, Value::Choice(text)) => {
                Some(text.clone())
            }
            (Self::Number, Value::Number(number)) => Some(number.to_string()),
            (Self::Flag, Value::Bool(yes)) => Some(if *yes { "1" } else { "0" }.to_owned()),
            (Self::Day, Value::Date(day)) => Some(day.strftime("%Y%m%d").to_string()),
            (Self::Minute, Value::DateTime(at)) => Some(at.strftime("%Y%m%d%H%M").to_string()),
            (Self::Month, Value::YearMonth { year, month }) => Some(format!("{year:04}{month:02}")),
            _ => None,
        }
    }

    /// Undoes [`Transform::write`].
    #[must_use]
    pub fn read(self, text: &str) -> Option<Value> {
        match self {
            Self::Text => Some(Value::Text(text.to_owned())),
            Self::Choice => Some(Value::Choice(text.to_owned())),
            Self::Number => text.parse().ok().map(Value::Number),
            Self::Flag => match text {
                "1" => Some(Value::Bool(true)),
                "0" => Some(Value::Bool(false)),
                _ => None,
            },
            Self::Day => Date::strptime("%Y%m%d", text).ok().map(Value::Date),
            Self::Minute => DateTime::strptime("%Y%m%d%H%M", text)
                .ok()
                .map(Value::DateTime),
            Self::Month => {
                let (year, month) = text.split_at_checked(4)?;
                Some(Value::YearMonth {
                    year: year.parse().ok()?,
                    month: month.parse().ok()?,
                })
            }
        }
    }
}

/// What a column can carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Charset {
    /// Every code point, variation selectors and private use included.
    #[default]
    Any,
    /// What Windows-31J has, for systems that were never taught more.
    #[serde(rename = "windows_31j")]
    Windows31j,
    /// Printable ASCII.
    Ascii,
    /// 0 to 9.
    Digits,
    /// Full-width katakana and ー, ・, blank.
    Katakana,
}

impl Charset {
    /// Whether the column can carry the character.
    #[must_use]
    pub fn has(self, c: char) -> bool {
        match self {
            Self::Any => true,
            Self::Windows31j => {
                let text = c.to_string();
                !encoding_rs::SHIFT_JIS.encode(&text).2
            }
            Self::Ascii => matches!(c, ' '..='~'),
            Self::Digits => c.is_ascii_digit(),
            Self::Katakana => matches!(c, 'ァ'..='ヺ' | 'ー' | '・' | '\u{3000}' | ' '),
        }
    }
}

/// What is done in CSV about texts that a spreadsheet would take for a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Escape {
    /// `'` before them, undone by reading.
    #[default]
    Apostrophe,
    /// Nothing: for files that no person ever opens.
    None,
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name in the file.
    pub name: String,
    /// Where its value comes from.
    pub from: Origin,
    /// How the value becomes text.
    #[serde(default)]
    pub transform: Transform,
    /// Most characters (code points).
    pub width: Option<usize>,
    /// What it can carry.
    #[serde(default)]
    pub charset: Charset,
    /// Whether something must stand there.
    #[serde(default)]
    pub required: bool,
}

/// A layout.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    /// Stable id, with its version at the end.
    pub id: String,
    /// What it is called, in Japanese.
    pub title_ja: String,
    /// What it is called, in English.
    pub title_en: String,
    /// The procedure whose filings it takes.
    pub procedure: String,
    /// CSV begins with a byte order mark.
    #[serde(default)]
    pub bom: bool,
    /// What is done about formulas in CSV.
    #[serde(default)]
    pub escape: Escape,
    /// Its columns, in the file's order.
    #[serde(rename = "column")]
    pub columns: Vec<Column>,
}

impl Layout {
    /// Reads a layout's TOML.
    ///
    /// # Errors
    /// [`LayoutError`].
    pub fn from_toml(text: &str) -> Result<Self, LayoutError> {
        let layout: Self = toml::from_str(text)?;
        if layout.columns.is_empty() {
            return Err(LayoutError::Contradiction("it has no column".to_owned()));
        }
        let id_fits = !layout.id.is_empty()
            && layout
                .id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !id_fits {
            return Err(LayoutError::Contradiction(format!(
                "id {:?} must be of a-z 0-9 _",
                layout.id
            )));
        }
        for (at, column) in layout.columns.iter().enumerate() {
            let before = layout.columns.iter().take(at);
            if column.name.is_empty() || before.into_iter().any(|other| other.name == column.name) {
                return Err(LayoutError::Contradiction(format!(
                    "column {at} has no name, or one that another has"
                )));
            }
        }
        Ok(layout)
    }
}

const BUILTIN: [&str; 2] = [
    include_str!("layouts/asukoe_shussei_1.toml"),
    include_str!("layouts/asukoe_jido_teate_1.toml"),
];

/// The layouts this program carries.
///
/// # Errors
/// [`LayoutError`], which a test excludes.
pub fn builtin() -> Result<Vec<Layout>, LayoutError> {
    BUILTIN.iter().map(|text| Layout::from_toml(text)).collect()
}

/// A carried layout by its id.
///
/// # Errors
/// As [`builtin`].
pub fn layout(id: &str) -> Result<Option<Layout>, LayoutError> {
    Ok(builtin()?.into_iter().find(|layout| layout.id == id))
}
