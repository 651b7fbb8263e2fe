//! Days, minutes and months written out in the language of a screen.
//!
//! Japanese counts eras, as its forms do; every other language, easy Japanese too, has the Western year. The clock has
//! twelve hours in Japanese only. Month names and the order of the parts are each language's own (Unicode CLDR).

use jiff::civil::{Date, DateTime};

use super::{english, english_minute, english_month, japanese, japanese_minute, japanese_month};
use crate::Tongue;

const PORTUGUESE: [&str; 12] = [
    "janeiro",
    "fevereiro",
    "março",
    "abril",
    "maio",
    "junho",
    "julho",
    "agosto",
    "setembro",
    "outubro",
    "novembro",
    "dezembro",
];
const TAGALOG: [&str; 12] = [
    "Enero",
    "Pebrero",
    "Marso",
    "Abril",
    "Mayo",
    "Hunyo",
    "Hulyo",
    "Agosto",
    "Setyembre",
    "Oktubre",
    "Nobyembre",
    "Disyembre",
];
const NEPALI: [&str; 12] = [
    "जनवरी",
    "फेब्रुअरी",
    "मार्च",
    "अप्रिल",
    "मे",
    "जुन",
    "जुलाई",
    "अगस्ट",
    "सेप्टेम्बर",
    "अक्टोबर",
    "नोभेम्बर",
    "डिसेम्बर",
];

/// The month's name among twelve; its number where it is no month.
fn named(names: [&str; 12], month: i8) -> String {
    usize::try_from(month)
        .ok()
        .and_then(|month| names.get(month.checked_sub(1)?))
        .map_or_else(|| month.to_string(), |&name| name.to_owned())
}

/// A day: `令和8年11月22日`, `22 November 2026`, `22 de novembro de 2026`.
#[must_use]
pub fn written(day: Date, tongue: Tongue) -> String {
    let (year, month, of_month) = (day.year(), day.month(), day.day());
    match tongue {
        Tongue::Ja => japanese(day),
        Tongue::JaEasy | Tongue::Zh => format!("{year}年{month}月{of_month}日"),
        Tongue::En => english(day),
        Tongue::Pt => format!("{of_month} de {} de {year}", named(PORTUGUESE, month)),
        Tongue::Vi => format!("ngày {of_month} tháng {month} năm {year}"),
        Tongue::Tl => format!("{} {of_month}, {year}", named(TAGALOG, month)),
        Tongue::Ne => format!("{of_month} {} {year}", named(NEPALI, month)),
    }
}

/// A day and its minute.
#[must_use]
pub fn written_minute(at: DateTime, tongue: Tongue) -> String {
    let day = written(at.date(), tongue);
    let (hour, minute) = (at.hour(), at.minute());
    match tongue {
        Tongue::Ja => japanese_minute(at),
        Tongue::JaEasy => format!("{day} {hour}時{minute:02}分"),
        Tongue::En => english_minute(at),
        Tongue::Zh => format!("{day} {hour:02}:{minute:02}"),
        Tongue::Pt | Tongue::Vi | Tongue::Tl | Tongue::Ne => {
            format!("{day}, {hour:02}:{minute:02}")
        }
    }
}

/// A month of a year.
#[must_use]
pub fn written_month(year: i16, month: i8, tongue: Tongue) -> String {
    match tongue {
        Tongue::Ja => japanese_month(year, month),
        Tongue::JaEasy | Tongue::Zh => format!("{year}年{month}月"),
        Tongue::En => format!("{} {year}", english_month(month)),
        Tongue::Pt => format!("{} de {year}", named(PORTUGUESE, month)),
        Tongue::Vi => format!("tháng {month} năm {year}"),
        Tongue::Tl => format!("{} {year}", named(TAGALOG, month)),
        Tongue::Ne => format!("{} {year}", named(NEPALI, month)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn a_day_is_written_as_its_language_writes_it() {
        let day = date(2026, 3, 5);
        let all: Vec<String> = Tongue::ALL.map(|tongue| written(day, tongue)).into();
        assert_eq!(
            all,
            [
                "令和8年3月5日",
                "2026年3月5日",
                "5 March 2026",
                "2026年3月5日",
                "5 de março de 2026",
                "ngày 5 tháng 3 năm 2026",
                "Marso 5, 2026",
                "5 मार्च 2026"
            ]
        );
    }

    #[test]
    fn a_minute_has_two_digits_and_midnight_is_no_twelve() {
        let at = date(2026, 11, 22).at(0, 5, 0, 0);
        let all: Vec<String> = Tongue::ALL.map(|tongue| written_minute(at, tongue)).into();
        assert_eq!(
            all,
            [
                "令和8年11月22日 午前0時05分",
                "2026年11月22日 0時05分",
                "22 November 2026, 00:05",
                "2026年11月22日 00:05",
                "22 de novembro de 2026, 00:05",
                "ngày 22 tháng 11 năm 2026, 00:05",
                "Nobyembre 22, 2026, 00:05",
                "22 नोभेम्बर 2026, 00:05"
            ]
        );
    }

    #[test]
    fn a_month_needs_no_day() {
        let all: Vec<String> = Tongue::ALL
            .map(|tongue| written_month(2027, 4, tongue))
            .into();
        assert_eq!(
            all,
            [
                "令和9年4月",
                "2027年4月",
                "April 2027",
                "2027年4月",
                "abril de 2027",
                "tháng 4 năm 2027",
                "Abril 2027",
                "अप्रिल 2027"
            ]
        );
    }
}
