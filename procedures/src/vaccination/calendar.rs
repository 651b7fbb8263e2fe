//! The whole vaccination calendar of one child: every vaccine with its outlook and the doses still ahead.
//!
//! Later doses are shown as they would fall if the ones before come on the first standard day still open: a picture of
//! the way ahead, not an appointment and not advice.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::assess::{AssessError, Dose, NextDose, Outlook, Person, Status};
use super::data::{NoteCode, Recipient, Schedule, Vaccine};

/// Doses given, by vaccine id.
pub type Records = BTreeMap<String, Vec<Dose>>;

/// No course has more doses; a calendar that does not end earlier is cut here.
const MOST_DOSES: usize = 8;

/// A dose ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ahead {
    /// Its window.
    pub dose: NextDose,
    /// The window rests on doses before it that are not given yet.
    pub assumes_earlier: bool,
}

/// One vaccine in the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned<'a> {
    /// The vaccine.
    pub vaccine: &'a Vaccine,
    /// Where it stands.
    pub outlook: Outlook,
    /// The next dose and those after it.
    pub ahead: Vec<Ahead>,
}

impl Schedule {
    /// Every vaccine of a child with its windows, in the order of the schedule. Without a due date the mother's are left
    /// out; of alternatives, those whose other was begun are.
    ///
    /// # Errors
    /// [`AssessError`] when the child's date of birth is missing.
    pub fn calendar(
        &self,
        person: &Person,
        records: &Records,
        as_of: Date,
    ) -> Result<Vec<Planned<'_>>, AssessError> {
        let begun = |vaccine: &Vaccine| !doses(vaccine, records).is_empty();
        let mut planned = Vec::new();
        for vaccine in self.vaccines() {
            let mothers = vaccine.recipient == Recipient::Mother;
            let other_begun = !begun(vaccine) && self.alternatives(vaccine).any(begun);
            if (mothers && person.due.is_none()) || other_begun {
                continue;
            }
            // Other live vaccines count for this one; its own doses do not.
            let mut person = person.clone();
            for other in self.vaccines() {
                if other.live_injection && other.id != vaccine.id {
                    let others = doses(other, records);
                    person
                        .live_injections
                        .extend(others.iter().map(|dose| dose.day));
                }
            }
            let given = doses(vaccine, records);
            let mut outlook = self.assess(vaccine, &person, &given, as_of)?;
            let mixed = self.alternatives(vaccine).any(begun) && begun(vaccine);
            if mixed && outlook.status != Status::NotRoutine {
                outlook.status = Status::NeedsDoctor;
                outlook.next = None;
                outlook.notes = vec![NoteCode::OtherProduct];
            }
            let ahead = self.ahead(vaccine, &person, given, as_of, &outlook)?;
            planned.push(Planned {
                vaccine,
                outlook,
                ahead,
            });
        }
        Ok(planned)
    }

    /// The other vaccines of its group.
    fn alternatives(&self, vaccine: &Vaccine) -> impl Iterator<Item = &Vaccine> {
        let group = vaccine.group.clone();
        let id = vaccine.id.clone();
        self.vaccines()
            .iter()
            .filter(move |other| group.is_some() && other.group == group && other.id != id)
    }

    fn ahead(
        &self,
        vaccine: &Vaccine,
        person: &Person,
        mut given: Vec<Dose>,
        as_of: Date,
        outlook: &Outlook,
    ) -> Result<Vec<Ahead>, AssessError> {
        let mut ahead = Vec::new();
        let (mut next, mut day) = (outlook.next, as_of);
        while let Some(dose) = next.filter(|_| ahead.len() < MOST_DOSES) {
            ahead.push(Ahead {
                dose,
                assumes_earlier: !ahead.is_empty(),
            });
            let first = dose.recommended.map_or(dose.earliest, |(from, _)| from);
            day = day.max(first).min(dose.latest);
            given.push(Dose::from(day));
            let then = self.assess(vaccine, person, &given, day)?;
            next = then.next.filter(|_| then.status != Status::NotRoutine);
        }
        Ok(ahead)
    }
}

fn doses(vaccine: &Vaccine, records: &Records) -> Vec<Dose> {
    std::iter::once(&vaccine.id)
        .chain(&vaccine.aliases)
        .filter_map(|name| records.get(name))
        .flatten()
        .cloned()
        .collect()
}
