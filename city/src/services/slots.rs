//! Times for check-ups out of a CSV file: RFC 4180, UTF-8, the first line names the columns.
//!
//! Answers for reading it whole or naming everything that is wrong with it. `docs/checkup-slots.md` says the same to facilities.
//!
//! | column | what | example |
//! |---|---|---|
//! | `slot_id` | the facility's own reference, unique in the city | `SHIMIN-20270105-0900` |
//! | `checkup` | id of a check-up that is booked | `kenshin_1m` |
//! | `facility` | the facility's code | `SHIMIN` |
//! | `facility_name` | its name, shown to families | `あすこえ市民病院 小児科` |
//! | `address` | where it is | `あすこえ市本町1-1` |
//! | `phone` | may be empty | `000-000-0003` |
//! | `start` | Japan Standard Time | `2027-01-05T09:00` |
//! | `minutes` | how long it takes, 1 to 480 | `30` |
//! | `capacity` | children at once, 0 to 200; 0 closes a time | `4` |
//! | `days_from`, `days_to` | days after birth, where the facility takes a narrower span; both or none | `28`, `35` |
//! | `contracts` | codes of municipalities whose vouchers it takes, separated by spaces; may be empty | `991015 994049` |

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::DateTime;
use ubugoe_procedures::MunicipalityCode;
use ubugoe_procedures::checkups::{Checkups, Slot, SlotId};

use crate::jst;
use crate::store::services::SlotRow;

/// The columns, as they are written.
pub const COLUMNS: [&str; 12] = [
    "slot_id",
    "checkup",
    "facility",
    "facility_name",
    "address",
    "phone",
    "start",
    "minutes",
    "capacity",
    "days_from",
    "days_to",
    "contracts",
];

/// Most times of one file.
pub const MOST: usize = 5_000;
/// Longest cell, characters.
const LONGEST: usize = 200;

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotProblem {
    /// Line of the file, from 1.
    pub line: u64,
    /// Which column; empty for the line.
    pub column: &'static str,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for SlotProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if !self.column.is_empty() {
            write!(f, ", {}", self.column)?;
        }
        write!(f, ": {}", self.what)
    }
}

/// Reads a file.
///
/// # Errors
/// Everything that is wrong, at most a hundred things.
pub fn read(bytes: &[u8]) -> Result<Vec<SlotRow>, Vec<SlotProblem>> {
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(bytes);
    let whole = |what: String| {
        vec![SlotProblem {
            line: 1,
            column: "",
            what,
        }]
    };
    let places: BTreeMap<String, usize> = match reader.headers() {
        Ok(header) => header
            .iter()
            .enumerate()
            .map(|(at, name)| (name.to_owned(), at))
            .collect(),
        Err(error) => return Err(whole(error.to_string())),
    };
    let missing: Vec<&str> = COLUMNS
        .into_iter()
        .filter(|name| !places.contains_key(*name))
        .collect();
    if !missing.is_empty() {
        return Err(whole(format!(
            "columns are missing: {}",
            missing.join(", ")
        )));
    }
    let mut slots = Vec::new();
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (at, record) in reader.records().enumerate() {
        if at >= MOST {
            problems.extend(whole(format!("more than {MOST} times")));
            break;
        }
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                problems.push(SlotProblem {
                    line,
                    column: "",
                    what: "is not UTF-8, or has more or fewer cells than the first line".to_owned(),
                });
                continue;
            }
        };
        let mut line = Line {
            number: record.position().map_or(0, csv::Position::line),
            places: &places,
            record: &record,
            problems: &mut problems,
        };
        if let Some(slot) = line.slot() {
            if seen.insert(slot.id.clone()) {
                slots.push(slot);
            } else {
                line.wrong::<()>("slot_id", "stands in the file twice");
            }
        }
        if problems.len() >= 100 {
            break;
        }
    }
    if problems.is_empty() {
        Ok(slots)
    } else {
        Err(problems)
    }
}

struct Line<'a> {
    number: u64,
    places: &'a BTreeMap<String, usize>,
    record: &'a csv::StringRecord,
    problems: &'a mut Vec<SlotProblem>,
}

impl Line<'_> {
    fn wrong<T>(&mut self, column: &'static str, what: impl Into<String>) -> Option<T> {
        self.problems.push(SlotProblem {
            line: self.number,
            column,
            what: what.into(),
        });
        None
    }

    fn cell(&self, column: &'static str) -> &str {
        self.places
            .get(column)
            .and_then(|at| self.record.get(*at))
            .unwrap_or_default()
    }

    fn text(&mut self, column: &'static str, may_be_empty: bool) -> Option<String> {
        let text = self.cell(column).to_owned();
        if text.is_empty() && !may_be_empty {
            self.wrong(column, "is empty")
        } else if text.chars().count() > LONGEST {
            self.wrong(column, format!("has more than {LONGEST} characters"))
        } else if text.chars().any(char::is_control) {
            self.wrong(column, "has control characters")
        } else {
            Some(text)
        }
    }

    fn number(&mut self, column: &'static str, from: i64, to: i64) -> Option<i64> {
        let number = self.cell(column).parse().ok();
        number
            .filter(|number| (from..=to).contains(number))
            .or_else(|| {
                self.wrong(
                    column,
                    format!("must be a whole number from {from} to {to}"),
                )
            })
    }

    fn slot(&mut self) -> Option<SlotRow> {
        let id = self.text("slot_id", false);
        let checkup = self.checkup();
        let facility = self.text("facility", false);
        let facility_name = self.text("facility_name", false);
        let address = self.text("address", false);
        let phone = self.text("phone", true);
        let starts_at = self.start();
        let minutes = self.number("minutes", 1, 480);
        let capacity = self.number("capacity", 0, 200);
        let days = self.days();
        let contracts = self.contracts();
        Some(SlotRow {
            id: id?,
            checkup: checkup?,
            facility: facility?,
            facility_name: facility_name?,
            address: address?,
            phone: phone?,
            starts_at: starts_at?,
            minutes: minutes?,
            capacity: capacity?,
            days: days?,
            contracts: contracts?,
        })
    }

    fn checkup(&mut self) -> Option<String> {
        let name = self.cell("checkup").to_owned();
        let known = Checkups::builtin().ok().and_then(|all| all.checkup(&name));
        match known {
            Some(checkup) if checkup.booking => Some(checkup.id.clone()),
            Some(_) => self.wrong("checkup", "is not one that families book"),
            None => self.wrong("checkup", "is no check-up"),
        }
    }

    fn start(&mut self) -> Option<i64> {
        let start: Option<DateTime> = self.cell("start").parse().ok();
        match start {
            Some(start) => Some(jst::instant(start)),
            None => self.wrong("start", "is no time such as 2027-01-05T09:00"),
        }
    }

    #[expect(clippy::option_option, reason = "wrong, none, or a span")]
    fn days(&mut self) -> Option<Option<(i64, i64)>> {
        if self.cell("days_from").is_empty() && self.cell("days_to").is_empty() {
            return Some(None);
        }
        let from = self.number("days_from", 0, 3_000);
        let to = self.number("days_to", 0, 3_000);
        let (from, to) = (from?, to?);
        if from > to {
            return self.wrong("days_to", "lies before days_from");
        }
        Some(Some((from, to)))
    }

    fn contracts(&mut self) -> Option<String> {
        let text = self.cell("contracts").to_owned();
        let codes: BTreeSet<&str> = text.split_whitespace().collect();
        if codes
            .iter()
            .any(|code| code.parse::<MunicipalityCode>().is_err())
        {
            return self.wrong("contracts", "must be municipality codes of six digits");
        }
        Some(codes.into_iter().collect::<Vec<_>>().join(" "))
    }
}

/// A kept time as the domain knows it; none outside the calendar.
#[must_use]
pub fn domain(row: &SlotRow) -> Option<Slot> {
    let small = |number: i64| u16::try_from(number).ok();
    Some(Slot {
        id: SlotId(row.id.clone()),
        facility: row.facility.clone(),
        checkup: row.checkup.clone(),
        start: jst::civil(row.starts_at)?,
        minutes: small(row.minutes)?,
        capacity: small(row.capacity)?,
        days_after_birth: row
            .days
            .and_then(|(from, to)| Some((small(from)?, small(to)?))),
        contracts: row
            .contracts
            .split_whitespace()
            .filter_map(|code| code.parse().ok())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    const GOOD: &str = "slot_id,checkup,facility,facility_name,address,phone,start,minutes,capacity,days_from,days_to,contracts\n\
        A1,kenshin_1m,SHIMIN,あすこえ市民病院,あすこえ市本町1-1,,2027-01-05T09:00,30,4,28,35,994049 991015\n";

    #[test]
    fn a_time_is_read_in_japans_time() {
        let slots = read(format!("\u{FEFF}{GOOD}").as_bytes()).unwrap();
        let slot = &slots[0];
        // 2027-01-05T00:00:00Z
        assert_eq!(slot.starts_at, 1_799_107_200);
        assert_eq!(
            (slot.days, slot.contracts.as_str()),
            (Some((28, 35)), "991015 994049")
        );
        let domain = domain(slot).unwrap();
        assert_eq!(domain.start.to_string(), "2027-01-05T09:00:00");
        assert_eq!(domain.contracts.len(), 2);
    }

    #[test]
    fn everything_that_is_wrong_is_named_and_nothing_is_taken() {
        let bad = format!(
            "{GOOD}A1,kenshin_1m,S,名,所,,2027-01-05T09:00,30,4,,,\n\
             A2,chokaku,S,名,所,,5 January,0,201,30,28,12\n\
             A3,kenshin_1m,,名,所,,2027-01-05T09:00,30,4,28,,\n"
        );
        let problems = read(bad.as_bytes()).unwrap_err();
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "line 3, slot_id: stands in the file twice",
                "line 4, checkup: is not one that families book",
                "line 4, start: is no time such as 2027-01-05T09:00",
                "line 4, minutes: must be a whole number from 1 to 480",
                "line 4, capacity: must be a whole number from 0 to 200",
                "line 4, days_to: lies before days_from",
                "line 4, contracts: must be municipality codes of six digits",
                "line 5, facility: is empty",
                "line 5, days_to: must be a whole number from 0 to 3000",
            ]
        );
    }

    #[test]
    fn a_file_without_its_columns_says_which() {
        let problems = read(b"slot_id,checkup\nA1,kenshin_1m\n").unwrap_err();
        assert!(problems[0].what.contains("facility_name"), "{problems:?}");
        assert!(read(b"").is_err());
        let short = GOOD.replace(",994049 991015", "");
        assert_eq!(read(short.as_bytes()).unwrap_err()[0].line, 2);
    }
}
