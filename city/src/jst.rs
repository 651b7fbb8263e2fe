//! Moments as people in Japan read them: JST fixed at UTC+9, no daylight saving, with the era.
//!
//! Pure: every moment is handed in as unix seconds.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Weekday};
use jiff::tz::{Offset, TimeZone};
use ubugoe_procedures::Lang;

const JST: Offset = Offset::constant(9);

/// Date and time on the wall; `None` outside the calendar.
pub(crate) fn civil(at: i64) -> Option<DateTime> {
    let moment = Timestamp::from_second(at).ok()?;
    Some(moment.to_zoned(TimeZone::fixed(JST)).datetime())
}

/// The day of a moment; `None` outside the calendar.
#[must_use]
pub fn date(at: i64) -> Option<Date> {
    civil(at).map(DateTime::date)
}

/// The moment of a full hour of a day in Japan, unix seconds; hours outside a day count as its first.
#[must_use]
pub fn at(day: Date, hour: i8) -> i64 {
    let start = day.at(hour.clamp(0, 23), 0, 0, 0);
    TimeZone::fixed(JST)
        .to_timestamp(start)
        .map_or(i64::MAX, Timestamp::as_second)
}

/// The moment of a time on the wall, unix seconds.
#[must_use]
pub fn instant(on_the_wall: DateTime) -> i64 {
    TimeZone::fixed(JST)
        .to_timestamp(on_the_wall)
        .map_or(i64::MAX, Timestamp::as_second)
}

/// `2026年11月22日（日）23:59`, or `Sun 22 Nov 2026, 23:59`.
#[must_use]
pub fn moment(at: i64, lang: Lang) -> String {
    civil(at).map_or_else(
        || "—".to_owned(),
        |t| {
            let (hour, minute) = (t.hour(), t.minute());
            match lang {
                Lang::Ja => format!("{}{hour}:{minute:02}", day(t.date(), lang)),
                Lang::En => format!("{}, {hour}:{minute:02}", day(t.date(), lang)),
            }
        },
    )
}

/// The same with seconds.
#[must_use]
pub fn exact(at: i64, lang: Lang) -> String {
    let seconds = at.rem_euclid(60);
    format!("{}:{seconds:02}", moment(at, lang))
}

/// `11/22 23:59`, for narrow columns.
#[must_use]
pub fn short(at: i64) -> String {
    civil(at).map_or_else(
        || "—".to_owned(),
        |t| format!("{}/{} {}:{:02}", t.month(), t.day(), t.hour(), t.minute()),
    )
}

/// `2026年11月22日（日）`, or `Sun 22 Nov 2026`.
#[must_use]
pub fn day(day: Date, lang: Lang) -> String {
    let weekday = weekday(day.weekday(), lang);
    match lang {
        Lang::Ja => format!(
            "{}年{}月{}日（{weekday}）",
            day.year(),
            day.month(),
            day.day()
        ),
        Lang::En => format!(
            "{weekday} {} {} {}",
            day.day(),
            month(day.month()),
            day.year()
        ),
    }
}

/// `12月7日（月）`, or `Mon 7 Dec`.
#[must_use]
pub fn short_day(day: Date, lang: Lang) -> String {
    let weekday = weekday(day.weekday(), lang);
    match lang {
        Lang::Ja => format!("{}月{}日（{weekday}）", day.month(), day.day()),
        Lang::En => format!("{weekday} {} {}", day.day(), month(day.month())),
    }
}

fn weekday(weekday: Weekday, lang: Lang) -> &'static str {
    let (ja, en) = match weekday {
        Weekday::Monday => ("月", "Mon"),
        Weekday::Tuesday => ("火", "Tue"),
        Weekday::Wednesday => ("水", "Wed"),
        Weekday::Thursday => ("木", "Thu"),
        Weekday::Friday => ("金", "Fri"),
        Weekday::Saturday => ("土", "Sat"),
        Weekday::Sunday => ("日", "Sun"),
    };
    match lang {
        Lang::Ja => ja,
        Lang::En => en,
    }
}

fn month(month: i8) -> &'static str {
    const NAMES: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    usize::try_from(month - 1)
        .ok()
        .and_then(|at| NAMES.get(at))
        .copied()
        .unwrap_or("—")
}

#[cfg(test)]
mod tests {
    use super::*;

    // 2026-11-22T14:59:00Z = 23:59 in Japan; one minute later it is the next day there.
    const LAST_MINUTE: i64 = 1_795_359_540;

    #[test]
    fn the_day_turns_at_midnight_in_japan() {
        assert_eq!(moment(LAST_MINUTE, Lang::Ja), "2026年11月22日（日）23:59");
        assert_eq!(
            moment(LAST_MINUTE + 60, Lang::Ja),
            "2026年11月23日（月）0:00"
        );
        assert_eq!(moment(LAST_MINUTE, Lang::En), "Sun 22 Nov 2026, 23:59");
        assert_eq!(short(LAST_MINUTE + 60), "11/23 0:00");
    }

    #[test]
    fn an_hour_of_a_day_is_read_back() {
        let day = jiff::civil::date(2026, 11, 23);
        assert_eq!(at(day, 0), LAST_MINUTE + 60);
        assert_eq!(moment(at(day, 9), Lang::Ja), "2026年11月23日（月）9:00");
        assert_eq!(at(day, 99), at(day, 23));
    }

    #[test]
    fn a_moment_outside_the_calendar_is_a_dash_and_no_panic() {
        assert_eq!(moment(i64::MAX, Lang::Ja), "—");
        assert_eq!(date(i64::MIN), None);
    }
}
