//! Dates as the card writes them. Must not judge them: a resident record may hold a birth date whose
//! month or day nobody knows, and the card then holds what the record holds.

use std::fmt;

/// Eight ASCII digits `YYYYMMDD`, Gregorian, exactly as on the card.
///
/// Ordered by year, month, day. Not necessarily a day of the calendar: see [`CardDate::is_calendar_day`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CardDate {
    /// Gregorian year, `0..=9999`.
    pub year: i16,
    /// Month as written, `0..=99`; `1..=12` on a calendar day.
    pub month: i8,
    /// Day of the month as written, `0..=99`.
    pub day: i8,
}

/// The bytes are not eight ASCII digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a date of {length} bytes is not eight ASCII digits")]
pub struct CardDateError {
    /// How many bytes there were. Their value is personal data and stays out of messages.
    pub length: usize,
}

impl CardDate {
    /// Reads eight ASCII digits.
    pub fn parse(bytes: &[u8]) -> Result<Self, CardDateError> {
        let wrong = || CardDateError {
            length: bytes.len(),
        };
        let digits: [u8; 8] = bytes.try_into().map_err(|_| wrong())?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(wrong());
        }
        let (year, rest) = digits.split_at(4);
        let (month, day) = rest.split_at(2);
        let number = |part: &[u8]| {
            part.iter()
                .fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
        };
        // Two digits always fit.
        let small = |part| i8::try_from(number(part)).map_err(|_| wrong());
        Ok(Self {
            year: number(year),
            month: small(month)?,
            day: small(day)?,
        })
    }

    /// Whether this is a day of the Gregorian calendar.
    #[must_use]
    pub fn is_calendar_day(self) -> bool {
        let leap = self.year % 4 == 0 && (self.year % 100 != 0 || self.year % 400 == 0);
        let last = match self.month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return false,
        };
        self.year >= 1 && (1..=last).contains(&self.day)
    }
}

impl fmt::Display for CardDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_are_a_date_as_written() {
        let date = CardDate::parse(b"19800217");
        assert_eq!(
            date,
            Ok(CardDate {
                year: 1980,
                month: 2,
                day: 17
            })
        );
        assert_eq!(date.map(|d| d.to_string()), Ok("1980-02-17".to_owned()));
    }

    #[test]
    fn an_unknown_day_is_carried_through_and_is_no_calendar_day() {
        let unknown = CardDate::parse(b"19450000");
        assert_eq!(unknown.map(CardDate::is_calendar_day), Ok(false));
        assert_eq!(
            CardDate::parse(b"20250230").map(CardDate::is_calendar_day),
            Ok(false)
        );
        assert_eq!(
            CardDate::parse(b"20240229").map(CardDate::is_calendar_day),
            Ok(true)
        );
        assert_eq!(
            CardDate::parse(b"99999999").map(CardDate::is_calendar_day),
            Ok(false)
        );
    }

    #[test]
    fn anything_but_eight_digits_is_refused_without_quoting_it() {
        for wrong in [
            &b""[..],
            b"1980021",
            b"198002170",
            b"1980-2-1",
            b"\xEF\xBC\x91\xEF\xBC\x92aa",
        ] {
            let error = CardDate::parse(wrong);
            assert_eq!(
                error,
                Err(CardDateError {
                    length: wrong.len()
                })
            );
        }
    }
}
