//! From a row to a facility: each cell is read or reported, never guessed.

use super::super::age::{Ages, MinAge};
use super::super::facility::{Clock, Facility, FacilityKind, Position, Weekdays};
use super::super::text::{fold, is_nothing, leading_number, squeeze};
use super::columns::Column;
use super::decode::Row;
use super::{MAX_CELL, Problem, RowProblem};

/// A cell with more line breaks than this is a quotation mark that was never closed.
const RUNAWAY_LINES: usize = 50;

type Header<C> = [(Option<C>, Box<str>)];

/// A row with its header, and what was found wrong with it so far.
#[derive(Debug)]
pub(in super::super) struct Cells<'a, C> {
    row: &'a Row,
    header: &'a Header<C>,
    problems: Vec<RowProblem>,
}

impl<'a, C: Copy + PartialEq> Cells<'a, C> {
    pub(in super::super) fn new(row: &'a Row, header: &'a Header<C>) -> Self {
        Self {
            row,
            header,
            problems: Vec::new(),
        }
    }

    pub(in super::super) fn into_problems(self) -> Vec<RowProblem> {
        self.problems
    }

    /// What is wrong with the row as a whole. `false`: it cannot be used.
    pub(in super::super) fn check_shape(&mut self) -> bool {
        let lines = self
            .row
            .cells
            .iter()
            .flatten()
            .map(|cell| cell.matches('\n').count())
            .max()
            .unwrap_or(0);
        if lines > RUNAWAY_LINES {
            self.whole(Problem::RunawayQuote { lines });
            return false;
        }
        for index in &self.row.undecodable {
            let column = self.header.get(*index).map(|(_, name)| name.clone());
            self.problems.push(RowProblem {
                line: self.row.line,
                column,
                problem: Problem::Undecodable,
            });
        }
        if self.row.cells.len() != self.header.len() {
            self.whole(Problem::CellCount {
                expected: self.header.len(),
                found: self.row.cells.len(),
            });
        }
        true
    }

    pub(in super::super) fn whole(&mut self, problem: Problem) {
        self.problems.push(RowProblem {
            line: self.row.line,
            column: None,
            problem,
        });
    }

    pub(in super::super) fn at(&mut self, column: C, problem: Problem) {
        let name = self
            .header
            .iter()
            .find(|(own, _)| *own == Some(column))
            .map(|(_, name)| name.clone());
        self.problems.push(RowProblem {
            line: self.row.line,
            column: name,
            problem,
        });
    }

    /// A cell as written, without blanks around it; empty where there is none.
    pub(in super::super) fn raw(&self, column: C) -> &'a str {
        let index = self.header.iter().position(|(own, _)| *own == Some(column));
        index
            .and_then(|index| self.row.cells.get(index)?.as_deref())
            .unwrap_or_default()
            .trim()
    }

    /// A text that is kept: as written, cut to [`MAX_CELL`].
    pub(in super::super) fn kept(&mut self, column: C) -> Option<Box<str>> {
        let raw = self.raw(column);
        if raw.is_empty() {
            return None;
        }
        match raw.char_indices().nth(MAX_CELL) {
            None => Some(raw.into()),
            Some((end, _)) => {
                self.at(
                    column,
                    Problem::TooLong {
                        chars: raw.chars().count(),
                    },
                );
                raw.get(..end).map(Into::into)
            }
        }
    }

    pub(in super::super) fn number(&mut self, column: C, units: &[&str]) -> Option<u32> {
        let raw = self.raw(column);
        if is_nothing(raw) {
            return None;
        }
        let folded = squeeze(raw);
        let read = leading_number(&folded)
            .filter(|(_, rest)| rest.is_empty() || units.contains(rest))
            .map(|(number, _)| number);
        if read.is_none() {
            self.at(column, Problem::Number { text: short(raw) });
        }
        read
    }

    pub(in super::super) fn yes_no(&mut self, column: C) -> Option<bool> {
        let raw = self.raw(column);
        if is_nothing(raw) {
            return None;
        }
        let folded = squeeze(raw).to_lowercase();
        let read = match folded.as_str() {
            "有" | "あり" | "有り" | "y" | "yes" | "true" | "1" | "○" | "〇" => Some(true),
            "無" | "なし" | "無し" | "n" | "no" | "false" | "0" | "×" => Some(false),
            _ => None,
        };
        if read.is_none() {
            self.at(column, Problem::YesNo { text: short(raw) });
        }
        read
    }
}

impl Cells<'_, Column> {
    /// The facility of this row, or why there is none.
    pub(super) fn facility(mut self) -> (Option<Facility>, Vec<RowProblem>) {
        if !self.check_shape() {
            return (None, self.problems);
        }
        let Some(name) = self.kept(Column::Name) else {
            self.whole(Problem::NoName);
            return (None, self.problems);
        };
        let id = self.kept(Column::Id).unwrap_or_else(|| name.clone());
        let kind_text = self.kept(Column::Kind).unwrap_or_default();
        let (open, close) = self.hours();
        let facility = Facility {
            line: self.row.line,
            kana: self.kept(Column::Kana),
            kind: FacilityKind::read(&kind_text),
            staff_only: self.yes_no(Column::StaffOnly).unwrap_or(false),
            municipality: self.kept(Column::Municipality),
            address: self.address(),
            building: self.kept(Column::Building),
            position: self.position(),
            phone: self.kept(Column::Phone),
            postcode: self.kept(Column::Postcode),
            corporate_number: self.corporate_number(),
            operator: self.kept(Column::Operator),
            capacity: self.number(Column::Capacity, &["人", "名", "人程度"]),
            ages: self.ages(),
            days: self.days(),
            open,
            close,
            round_the_clock: self.yes_no(Column::RoundTheClock).unwrap_or(false),
            hours_note: self.kept(Column::HoursNote),
            temporary_care: self.yes_no(Column::TemporaryCare),
            sick_care: self.yes_no(Column::SickCare),
            fee: self.number(Column::Fee, &["円", "円/月"]),
            url: self.kept(Column::Url),
            note: self.kept(Column::Note),
            id,
            name,
            kind_text,
        };
        (Some(facility), self.problems)
    }

    /// The address in one line, put together from its parts where it stands in parts.
    fn address(&mut self) -> Option<Box<str>> {
        if let Some(address) = self.kept(Column::Address) {
            return Some(address);
        }
        let parts = [
            Column::Prefecture,
            Column::City,
            Column::Town,
            Column::Block,
        ];
        let joined: String = parts
            .into_iter()
            .filter_map(|column| self.kept(column))
            .map(String::from)
            .collect();
        (!joined.is_empty()).then(|| joined.into())
    }

    fn position(&mut self) -> Option<Position> {
        let (lat, lon) = (self.raw(Column::Lat), self.raw(Column::Lon));
        if lat.is_empty() && lon.is_empty() {
            return None;
        }
        let read = |text: &str| fold(text).trim().parse::<f64>().ok();
        let position = read(lat)
            .zip(read(lon))
            .and_then(|(lat, lon)| Position::new(lat, lon));
        let (lat, lon) = (short(lat), short(lon));
        match position {
            None => self.at(Column::Lat, Problem::Coordinates { lat, lon }),
            Some(position) => {
                let japan = (20.0..46.0).contains(&position.lat())
                    && (122.0..154.1).contains(&position.lon());
                if !japan {
                    self.at(Column::Lat, Problem::OutsideJapan { lat, lon });
                }
            }
        }
        position
    }

    fn corporate_number(&mut self) -> Option<Box<str>> {
        let raw = self.raw(Column::CorporateNumber);
        if is_nothing(raw) {
            return None;
        }
        let digits = squeeze(raw).replace('-', "");
        if is_corporate_number(&digits) {
            return Some(digits.into());
        }
        self.at(
            Column::CorporateNumber,
            Problem::CorporateNumber { text: short(raw) },
        );
        None
    }

    fn ages(&mut self) -> Ages {
        let ends = (self.raw(Column::AgesFrom), self.raw(Column::AgesTo));
        let months = self.number(Column::MinMonths, &[]);
        let days = self.number(Column::MinDays, &[]);
        let (column, mut ages) = if ends.0.is_empty() && ends.1.is_empty() {
            let text = self.kept(Column::Ages).unwrap_or_default();
            (Column::Ages, Ages::read(&text))
        } else {
            (
                Column::AgesFrom,
                Ages::read_ends(&cut(ends.0), &cut(ends.1)),
            )
        };
        let plain = months
            .and_then(|months| u16::try_from(months).ok())
            .map(MinAge::Months)
            .or_else(|| {
                let days = u16::try_from(days?).ok()?;
                Some(MinAge::Days(days))
            });
        if plain.is_some() {
            ages.min = plain;
            ages.understood = true;
        }
        if !ages.understood && !is_nothing(&ages.text) {
            let text = short(&ages.text);
            self.at(column, Problem::Ages { text });
        }
        ages
    }

    fn days(&mut self) -> Option<Weekdays> {
        let raw = self.raw(Column::Days);
        if is_nothing(raw) {
            return None;
        }
        let days = Weekdays::read(raw);
        if days.is_none() {
            self.at(Column::Days, Problem::Days { text: short(raw) });
        }
        days
    }

    fn hours(&mut self) -> (Option<Clock>, Option<Clock>) {
        let open = self.clock(Column::Open);
        let close = self.clock(Column::Close);
        let (Some(from), Some(to)) = (open, close) else {
            return (open, close);
        };
        if from < to {
            return (open, close);
        }
        let yes = |text: &str| squeeze(text).eq_ignore_ascii_case("y");
        if yes(self.raw(Column::Night)) || yes(self.raw(Column::RoundTheClock)) || from == to {
            // Through the night. The same time twice means round the clock.
            return (open, Some(to.next_day()));
        }
        self.at(
            Column::Close,
            Problem::ClosesBeforeItOpens {
                open: from.to_string(),
                close: to.to_string(),
            },
        );
        (None, None)
    }

    fn clock(&mut self, column: Column) -> Option<Clock> {
        let raw = self.raw(column);
        if is_nothing(raw) {
            return None;
        }
        let Some((clock, rest)) = Clock::read(raw) else {
            self.at(column, Problem::Time { text: short(raw) });
            return None;
        };
        if !rest.is_empty() {
            self.at(column, Problem::TimeAndMore { text: short(raw) });
        }
        Some(clock)
    }
}

/// Enough of a cell to recognise it in a report.
pub(in super::super) fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CELL).collect()
}

/// 法人番号: thirteen digits; the first is nine minus the remainder by nine of the weighted sum of the others (from the
/// right, weights 1 and 2 in turn).
fn is_corporate_number(text: &str) -> bool {
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    let Some((check, others)) = digits.as_deref().and_then(<[u32]>::split_first) else {
        return false;
    };
    let sum: u32 = others
        .iter()
        .rev()
        .zip([1, 2].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .sum();
    others.len() == 12 && *check == 9 - sum % 9
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corporate_numbers_are_checked() {
        // Tokyo Metropolitan Government and the Ministry of Health, Labour and Welfare.
        assert!(is_corporate_number("8000020130001"));
        assert!(is_corporate_number("6000012070001"));
        assert!(!is_corporate_number("7000020130001"));
        assert!(!is_corporate_number(""));
        assert!(!is_corporate_number("8"));
    }
}
