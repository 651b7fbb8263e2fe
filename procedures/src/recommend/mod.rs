//! Recommendations from attributes alone: what can be used now, what was looked for, and what else there is.
//!
//! No person is needed for them: a region, an age of the youngest child, a number of children, an income band, and what is
//! looked for. Everything rests on the same catalogue as the line, with the same guards; what is not known of the family
//! never rules a service out, it only keeps it from being called usable now. Private offers stand apart and last.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::Serialize;

use crate::catalogue::{Catalogue, Domain, Guard, Kind, Procedure, Sector, Stage};
use crate::ids::MunicipalityCode;
use crate::plan::{Around, Child, Family, FamilyLine, Pregnancy, Status, Whom, line};
use crate::portable::Fact;
use crate::rules::FactValue;
use crate::text::Text;

/// What is known of whoever asks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an attribute somebody declares"
)]
pub struct Attributes {
    /// The municipality.
    pub region: Option<MunicipalityCode>,
    /// Expecting.
    pub pregnant: bool,
    /// Whether there is a child; `None`: not said.
    pub child: Option<bool>,
    /// Age of the youngest child in months, first and last that is possible.
    pub child_months: Option<(u16, u16)>,
    /// How many children.
    pub children: Option<u8>,
    /// Raises the child alone.
    pub single_parent: Option<bool>,
    /// Exempt from municipal tax, as far as an income band says so.
    pub tax_exempt: Option<bool>,
    /// Tags of the universal menu that are looked for.
    pub looking_for: Vec<String>,
    /// The part of life.
    pub domain: Option<Domain>,
    /// A child was lost.
    pub loss: bool,
    /// Protected from violence.
    pub dv_support: bool,
    /// The child is to be adopted or fostered.
    pub adoption_plan: bool,
    /// The youngest child is in intensive care.
    pub nicu: bool,
    /// A parent is a minor.
    pub minor_parent: bool,
    /// A parent is a foreign national.
    pub foreign_parent: bool,
    /// Other facts of the family that are yes or no, by their ids (`family.welfare`).
    pub further: BTreeMap<String, bool>,
    /// Agreed to private offers.
    pub private: bool,
}

impl Attributes {
    /// Takes over what a portable ID declares ([`crate::portable::SlotTable::facts`]). What was said otherwise before stays, and
    /// what an income in yen means for the tax is not guessed.
    #[must_use]
    pub fn declared(mut self, facts: &BTreeMap<&str, &Fact>) -> Self {
        let is = |name: &str| match facts.get(name) {
            Some(Fact::Is(flag)) => Some(*flag),
            _ => None,
        };
        let between = |name: &str| match facts.get(name) {
            Some(Fact::Between { from, to }) => Some((*from, *to)),
            _ => None,
        };
        if let Some(Fact::Word(code)) = facts.get("municipality") {
            self.region = self.region.or_else(|| code.parse().ok());
        }
        self.pregnant |= is("expecting") == Some(true);
        self.child = self.child.or(is("has_child"));
        self.single_parent = self.single_parent.or(is("single_parent"));
        self.tax_exempt = self.tax_exempt.or(is("residence_tax_exempt"));
        // "Three or more" are at least three.
        let at_least = between("children").and_then(|(fewest, _)| u8::try_from(fewest).ok());
        self.children = self.children.or(at_least);
        let cares_for_elder = is("cares_for_elder") == Some(true);
        if cares_for_elder {
            self.domain = self.domain.or(Some(Domain::ElderlyCare));
        }
        let months = between("age_years").and_then(|(from, to)| {
            let first = u16::try_from(from.checked_mul(12)?).ok()?;
            let last = u16::try_from(to.checked_mul(12)?.checked_add(11)?).ok()?;
            // The age of an adult is not that of a child.
            (last < 19 * 12 && !cares_for_elder).then_some((first, last))
        });
        self.child_months = self.child_months.or(months);
        self
    }

    /// How something may be shown in the circumstances that are declared. The line asks the same of a child it knows; this holds
    /// where it knows of none.
    fn guard(&self, procedure: &Procedure) -> Guard {
        let guards = &procedure.guards;
        let dv_support = guards.dv_support.max(Guard::Quiet);
        [
            (self.loss, guards.loss),
            (self.nicu, guards.nicu),
            (self.dv_support, dv_support),
            (self.adoption_plan, guards.adoption_plan),
            (self.minor_parent, guards.minor_parent),
            (self.foreign_parent, guards.foreign_parent),
        ]
        .into_iter()
        .filter_map(|(applies, guard)| applies.then_some(guard))
        .fold(guards.always, Guard::max)
    }

    /// Whether private offers may be made at all: whoever agreed, and never in these circumstances.
    fn takes_offers(&self) -> bool {
        self.private && !(self.loss || self.nicu || self.dv_support || self.adoption_plan)
    }

    /// The ages to look at: the youngest possible one, then one for each further year.
    fn ages(&self) -> impl Iterator<Item = Option<u16>> {
        let (first, last) = self.child_months.unzip();
        let further = first.zip(last).into_iter().flat_map(|(first, last)| {
            (first..=last.min(MOST_MONTHS))
                .step_by(12)
                .skip(1)
                .map(Some)
        });
        std::iter::once(first).chain(further)
    }
}

/// A hundred years.
const MOST_MONTHS: u16 = 1200;

/// Why something is recommended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Shelf {
    /// 使える: can be used now.
    Usable,
    /// お探し: was looked for.
    Searched,
    /// こんなサービスも: these too.
    Also,
}

/// A recommendation.
#[derive(Debug, Clone)]
pub struct Recommendation<'c> {
    /// Which.
    pub procedure: &'c Procedure,
    /// On which shelf.
    pub shelf: Shelf,
    /// Why, in words: the catalogue's own reason, then what matched.
    pub why: Vec<&'c Text>,
    /// The tags that matched what is looked for.
    pub tags: Vec<&'c str>,
    /// How it may be shown.
    pub guard: Guard,
}

/// What is recommended: public entries by shelf, then private ones. Where an age is only known as a band of years, what
/// can be used in some of them is not called usable.
#[must_use]
pub fn recommend<'c>(
    catalogue: &'c Catalogue,
    attributes: &Attributes,
    today: Date,
) -> Vec<Recommendation<'c>> {
    let domain = attributes.domain.unwrap_or(Domain::Childcare);
    let around = Around {
        domain,
        ..Around::default()
    };
    let entries: Vec<&Procedure> = catalogue
        .procedures()
        .filter(|procedure| procedure.domain == domain && procedure.kind != Kind::TaskOfOthers)
        .collect();
    let mut found: BTreeMap<usize, (usize, Recommendation<'c>)> = BTreeMap::new();
    let mut ages = 0;
    for months in attributes.ages() {
        ages += 1;
        let family = family(attributes, months, today);
        let line = line(catalogue, &family, today, &around);
        for (at, procedure) in entries.iter().enumerate() {
            let Some(one) = one(attributes, &line, procedure) else {
                continue;
            };
            match found.get_mut(&at) {
                Some((times, known)) => {
                    *times += 1;
                    known.shelf = known.shelf.max(one.shelf);
                    known.guard = known.guard.max(one.guard);
                }
                None => {
                    found.insert(at, (1, one));
                }
            }
        }
    }
    let mut all: Vec<Recommendation<'c>> = found
        .into_values()
        .map(|(times, mut one)| {
            if times < ages && one.shelf == Shelf::Usable {
                one.shelf = Shelf::Also;
            }
            one
        })
        .collect();
    all.sort_by_key(|one| {
        (
            one.procedure.sector,
            one.shelf,
            std::cmp::Reverse(one.tags.len()),
            one.procedure.order,
        )
    });
    all
}

/// The family the attributes describe, as far as they do.
fn family(attributes: &Attributes, months: Option<u16>, today: Date) -> Family {
    let mut family = Family {
        loss: attributes.loss,
        persons: 1,
        ..Family::default()
    };
    family.mother.residence = attributes.region;
    family.places.person_home = attributes.region;
    if attributes.pregnant {
        family.delivery.expected = Some(Pregnancy { due: None });
    }
    if let Some(months) = months.filter(|_| attributes.child != Some(false)) {
        // Some day of the month that far back; windows are shown as open or not, never with days.
        let birth =
            today.saturating_sub(jiff::Span::new().months(i32::from(months.min(MOST_MONTHS))));
        family.delivery.children.push(child(birth));
        for older in 1..attributes.children.unwrap_or(1).min(20) {
            let years = i32::from(older) * 2;
            family
                .older
                .push(child(birth.saturating_sub(jiff::Span::new().years(years))));
        }
    }
    if attributes.nicu {
        let whom = if family.delivery.children.is_empty() {
            Whom::Expected
        } else {
            Whom::Child(0)
        };
        family.tell(whom, "child.nicu", FactValue::Bool(true));
    }
    let mut say = |fact: &str, value: Option<bool>| {
        if let Some(value) = value {
            family.tell(Whom::Family, fact, FactValue::Bool(value));
        }
    };
    say("family.single_parent", attributes.single_parent);
    say("family.tax_exempt", attributes.tax_exempt);
    say("family.dv_support", attributes.dv_support.then_some(true));
    say(
        "family.adoption_plan",
        attributes.adoption_plan.then_some(true),
    );
    say(
        "family.ready_for_private_offers",
        attributes.private.then_some(true),
    );
    let yes = |holds: bool| holds.then_some(true);
    say("family.minor_parent", yes(attributes.minor_parent));
    say("family.foreign_parent", yes(attributes.foreign_parent));
    for (fact, value) in &attributes.further {
        say(fact, Some(*value));
    }
    family
}

fn child(birth: Date) -> Child {
    Child {
        id: String::new(),
        birth,
        minute: None,
        died: None,
    }
}

fn one<'c>(
    attributes: &Attributes,
    line: &FamilyLine<'c>,
    procedure: &'c Procedure,
) -> Option<Recommendation<'c>> {
    if procedure.sector == Sector::Private && !attributes.takes_offers() {
        return None;
    }
    let tags: Vec<&str> = procedure
        .um
        .iter()
        .map(String::as_str)
        .filter(|tag| attributes.looking_for.iter().any(|wanted| wanted == tag))
        .collect();
    let item = line
        .items
        .iter()
        .find(|item| item.procedure.id == procedure.id);
    let mut why = vec![&procedure.reason];
    let (shelf, guard) = match item {
        Some(item) if !item.for_parents() => return None,
        Some(item) => {
            why.extend(item.reasons.iter().map(|why| why.sentence));
            let usable = matches!(
                item.state,
                Status::Now | Status::Offer | Status::Late | Status::WaitsFor
            );
            let over = matches!(item.state, Status::Closed | Status::Done);
            let shelf = match (tags.is_empty(), usable) {
                _ if over => return None,
                (false, _) => Shelf::Searched,
                (true, true) => Shelf::Usable,
                (true, false) => Shelf::Also,
            };
            (shelf, item.guard)
        }
        // Not on the line: looked for by name is an answer; else only where it may still apply later.
        None if tags.is_empty() || procedure.sector == Sector::Private => return None,
        None if attributes.loss || attributes.adoption_plan || attributes.dv_support => {
            return None;
        }
        None if attributes.child == Some(false) && procedure.stage != Stage::Pregnancy => {
            return None;
        }
        None => match attributes.guard(procedure) {
            Guard::StaffOnly | Guard::Hide => return None,
            guard @ (Guard::Show | Guard::Quiet) => (Shelf::Searched, guard),
        },
    };
    Some(Recommendation {
        procedure,
        shelf,
        why,
        tags,
        guard,
    })
}
