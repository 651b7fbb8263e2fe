//! A booking as a calendar file (RFC 5545), for the family's own calendar.
//!
//! Answers for its lines: escaped, folded at 75 octets without cutting a character, ended by CRLF, in UTC so that no time zone
//! has to be described. Says what, when and where; never a name, and nothing that leads back to the family's page.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// Longest line in octets, without its end (RFC 5545, 3.1).
const OCTETS: usize = 75;

/// What is to be remembered.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Names the booking the same way in every file of it.
    pub booking: i64,
    /// When it was last changed, unix seconds.
    pub changed_at: i64,
    /// When it begins, unix seconds.
    pub starts_at: i64,
    /// How long it takes.
    pub minutes: i64,
    /// What it is.
    pub summary: &'a str,
    /// Where.
    pub location: &'a str,
    /// What to bring, or how to cancel.
    pub description: &'a str,
}

/// The file; none outside the calendar.
#[must_use]
pub fn file(event: &Event<'_>) -> Option<String> {
    let utc = |at: i64| {
        Timestamp::from_second(at)
            .ok()
            .map(|at| at.strftime("%Y%m%dT%H%M%SZ").to_string())
    };
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Ubugoe//City//JA".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", uid(event.booking)),
        format!("DTSTAMP:{}", utc(event.changed_at)?),
        format!("DTSTART:{}", utc(event.starts_at)?),
        format!("DTEND:{}", utc(event.starts_at + event.minutes * 60)?),
        format!("SUMMARY:{}", text(event.summary)),
        format!("LOCATION:{}", text(event.location)),
        format!("DESCRIPTION:{}", text(event.description)),
        "CLASS:PRIVATE".to_owned(),
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        "TRIGGER:-P1D".to_owned(),
        format!("DESCRIPTION:{}", text(event.summary)),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    let mut out = String::new();
    for line in &lines {
        fold(line, &mut out);
    }
    Some(out)
}

/// In groups of eight, so that it never holds twelve digits in a row.
fn uid(booking: i64) -> String {
    let mut hash = Sha256::new();
    hash.update(b"ubugoe booking\0");
    hash.update(booking.to_be_bytes());
    let hex = hex::encode(hash.finalize());
    let mut groups = Vec::new();
    let mut rest = hex.as_str();
    while groups.len() < 4
        && let Some((group, more)) = rest.split_at_checked(8)
    {
        groups.push(group);
        rest = more;
    }
    groups.join("-")
}

/// A TEXT value (RFC 5545, 3.3.11).
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A line, folded: what follows a fold begins with a space, which counts.
fn fold(line: &str, out: &mut String) {
    let mut octets = 0;
    for c in line.chars() {
        if octets + c.len_utf8() > OCTETS {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    fn event() -> Event<'static> {
        Event {
            booking: 7,
            changed_at: 1_795_489_200,
            starts_at: 1_799_107_200,
            minutes: 30,
            summary: "1か月児健康診査",
            location: "あすこえ市民病院 小児科, あすこえ市本町1-1; 2階",
            description: "母子健康手帳\n受診票",
        }
    }

    fn unfolded(file: &str) -> String {
        file.replace("\r\n ", "")
    }

    #[test]
    fn every_line_is_short_ends_as_it_must_and_cuts_no_character() {
        let file = file(&event()).unwrap();
        assert!(file.ends_with("END:VCALENDAR\r\n"));
        let lines: Vec<&str> = file.split("\r\n").collect();
        assert!(
            lines
                .iter()
                .all(|line| line.len() <= 75 && !line.contains('\n'))
        );
        assert!(lines.iter().any(|line| line.starts_with(' ')), "{file}");
        assert!(
            unfolded(&file)
                .contains("\r\nLOCATION:あすこえ市民病院 小児科\\, あすこえ市本町1-1\\; 2階\r\n")
        );
        assert!(unfolded(&file).contains("\r\nDESCRIPTION:母子健康手帳\\n受診票\r\n"));
    }

    #[test]
    fn it_begins_and_ends_in_utc_and_one_booking_is_one_event() {
        let first = file(&event()).unwrap();
        assert!(first.contains("\r\nDTSTART:20270105T000000Z\r\nDTEND:20270105T003000Z\r\n"));
        let moved = Event {
            starts_at: 1_799_193_600,
            changed_at: 1_795_489_260,
            ..event()
        };
        let moved = file(&moved).unwrap();
        let uid = |file: &str| {
            let (_, rest) = file.split_once("UID:").unwrap();
            rest.lines().next().unwrap().to_owned()
        };
        assert_eq!(uid(&first), uid(&moved));
        let other = file_of(8);
        assert_ne!(uid(&first), uid(&other));
        assert_eq!(uid(&first).len(), 35);
    }

    fn file_of(booking: i64) -> String {
        file(&Event { booking, ..event() }).unwrap()
    }

    #[test]
    fn a_line_breaks_before_the_76th_octet_and_not_earlier() {
        let folded = |text: &str| {
            let mut out = String::new();
            fold(text, &mut out);
            out
        };
        assert_eq!(folded(&"a".repeat(75)).len(), 77);
        assert_eq!(
            folded(&"a".repeat(76)),
            format!("{}\r\n a\r\n", "a".repeat(75))
        );
        // 25 characters of three octets fill a line
        assert_eq!(
            folded(&"市".repeat(26)),
            format!("{}\r\n 市\r\n", "市".repeat(25))
        );
    }
}
