//! The work of the plan: each entry of the catalogue, for each member of the family it is for, decided and dated.
//!
//! Three-valued throughout: what rests on something nobody has said becomes a question, never a guess.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::amount;
use super::family::{Family, Other, Whom};
use super::item::{
    Ahead, Deadline, Edge, FamilyLine, Item, Paper, Question, Recipient, Span, Status, Why,
};
use super::known::{self, Known, Members, child_home, claimant_home};
use super::words;
use super::{Around, Audience};
use crate::amounts::MonthNumber;
use crate::calendar::{Calendar, ClosingDays, plus_days};
use crate::catalogue::{
    Automatic, AutomaticMode, Catalogue, DayCount, Guard, Joyful, Kind, OwnDays, Per, Procedure,
    Role, Routing, Sector, Stage, Strength, Version,
};
use crate::codes;
use crate::form::Confidence;
use crate::ids::MunicipalityCode;
use crate::milestone::{last_before, school_entry};
use crate::rules::{Chosen, Fact, FactValue, Focus, Verdict};
use crate::text::Text;
use crate::vaccination;

/// How many questions an item shows at most, as sets.
const MOST_SETS: usize = 6;

pub(super) struct Work<'c, 'f> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) family: &'f Family,
    pub(super) members: Members,
    pub(super) today: Date,
    pub(super) around: &'f Around,
    pub(super) now: Known,
    /// The same with an expected child taken as born on the expected day.
    hoped: Option<Known>,
    usual: ClosingDays,
}

/// Where somebody is looked at, and with what knowledge.
#[derive(Clone, Copy)]
pub(super) struct View<'k> {
    pub(super) known: &'k Known,
    pub(super) focus: Focus,
    pub(super) whom: Whom,
    estimated: bool,
}

impl<'c, 'f> Work<'c, 'f> {
    pub(super) fn new(
        catalogue: &'c Catalogue,
        family: &'f Family,
        today: Date,
        around: &'f Around,
    ) -> Self {
        let due = family.delivery.expected.as_ref().and_then(|one| one.due);
        Self {
            catalogue,
            family,
            members: Members::of(family),
            today,
            around,
            now: known::known(catalogue, family, today, false),
            hoped: due.map(|_| known::known(catalogue, family, today, true)),
            usual: ClosingDays::usual(),
        }
    }

    pub(super) fn line(&self) -> FamilyLine<'c> {
        let mut items = Vec::with_capacity(96);
        let mut presumed = BTreeSet::new();
        for sector in [Sector::Public, Sector::Private] {
            for procedure in self.catalogue.procedures() {
                if procedure.sector != sector || procedure.domain != self.around.domain {
                    continue;
                }
                for whom in self.each(procedure.per).into_iter().flatten() {
                    let Some(item) = self.item(procedure, whom) else {
                        continue;
                    };
                    for slot in item.version.when.slots() {
                        if let Some(fact) = self.catalogue.vocabulary().at(*slot)
                            && !fact.sensitive
                            && fact.question.is_some()
                            && self.now.presumed.contains(fact.id.as_str())
                        {
                            presumed.insert(fact.id.as_str());
                        }
                    }
                    items.push(item);
                }
            }
        }
        Self::connect(&mut items);
        let questions = self.questions(&items);
        let vocabulary = self.catalogue.vocabulary();
        let said = vocabulary
            .facts()
            .filter(|fact| presumed.contains(fact.id.as_str()));
        let presumed = said.collect();
        FamilyLine {
            today: self.today,
            items,
            questions,
            presumed,
            quiet: self.family.any_lost() || self.dv(),
            audience: self.around.audience,
        }
    }

    /// Everybody an entry is for.
    fn each(&self, per: Per) -> Vec<Option<Whom>> {
        let family = self.family;
        match per {
            Per::Family => vec![Some(Whom::Family)],
            Per::Delivery => vec![self.members.delivery.then_some(Whom::Delivery)],
            Per::Child => (0..self.members.children)
                .map(|at| Some(Whom::Child(at)))
                .chain([self.members.expected.then_some(Whom::Expected)])
                .collect(),
            Per::Parent => {
                // Somebody protected from the other parent has no partner who acts.
                let father = matches!(family.father, Other::Some(_)) && !self.dv();
                vec![
                    (!self.flag("mother.dead")).then_some(Whom::Mother),
                    father.then_some(Whom::Father),
                ]
            }
            Per::Person => (0..family.persons)
                .map(|at| Some(Whom::Person(at)))
                .collect(),
        }
    }

    pub(super) fn dv(&self) -> bool {
        self.flag("family.dv_support")
    }

    fn flag(&self, id: &str) -> bool {
        self.value_of(&self.now, Focus::family(), id) == Some(FactValue::Bool(true))
    }

    pub(super) fn value_of(&self, known: &Known, focus: Focus, id: &str) -> Option<FactValue> {
        let vocabulary = self.catalogue.vocabulary();
        let slot = vocabulary.slot(id)?;
        let member = focus.member(slot.scope())?;
        vocabulary.decode(slot, known.records.get(slot, member)?)
    }

    fn day_of(&self, view: View<'_>, id: &str) -> Option<Date> {
        match self.value_of(view.known, view.focus, id)? {
            FactValue::Date(day) => Some(day),
            _ => None,
        }
    }

    fn version(&self, procedure: &'c Procedure, view: View<'_>) -> Option<&'c Version> {
        let usual = match procedure.per {
            Per::Child => "child.birth",
            Per::Delivery => "delivery.date",
            _ => "",
        };
        let id = procedure.event.as_deref().unwrap_or(usual);
        let event = self.day_of(view, id);
        match procedure.version(event, self.today) {
            Some(version) => Some(version),
            // Nobody knows the day yet: the law as it stands.
            None if event.is_none() => procedure.versions.iter().find(|one| one.covers(self.today)),
            None => None,
        }
    }

    fn item(&self, procedure: &'c Procedure, whom: Whom) -> Option<Item<'c>> {
        let guard = self.guard(procedure, whom);
        if guard == Guard::Hide {
            return None;
        }
        let focus = self.members.focus(self.family, whom);
        let view = View {
            known: &self.now,
            focus,
            whom,
            estimated: false,
        };
        let decided = self.version(procedure, view).map(|version| {
            (
                version,
                version.when.decide(&view.known.records, &view.focus),
            )
        });
        let hoped = || {
            let known = self.hoped.as_ref()?;
            let view = View {
                known,
                estimated: true,
                ..view
            };
            let version = self.version(procedure, view)?;
            (version.when.decide(&known.records, &view.focus) == Verdict::Yes)
                .then_some((view, version))
        };
        // What waits for the birth is not there yet, even where the rule does not say so.
        if whom == Whom::Expected
            && let Some((view, version)) = hoped()
        {
            return Some(self.due(procedure, version, view, guard));
        }
        match decided {
            Some((version, Verdict::Yes)) => Some(self.due(procedure, version, view, guard)),
            Some((version, Verdict::Unknown)) => {
                if let Some((view, version)) = hoped() {
                    return Some(self.due(procedure, version, view, guard));
                }
                self.open(procedure, version, view, guard)
            }
            _ => {
                let (view, version) = hoped()?;
                Some(self.due(procedure, version, view, guard))
            }
        }
    }

    /// How it may be shown.
    fn guard(&self, procedure: &Procedure, whom: Whom) -> Guard {
        let guards = &procedure.guards;
        let family = self.family;
        let mut guard = guards.always;
        let mut at_least = |one: Guard| guard = guard.max(one);
        let offers = procedure.sector == Sector::Private || procedure.kind == Kind::Offer;
        if family.any_lost() {
            let lost = match whom {
                Whom::Child(at) => family.lost(at),
                // After a loss nobody is asked to look forward.
                _ => family.all_lost(),
            };
            let congratulates =
                |joyful: &Joyful| matches!(joyful, Joyful::Congrats | Joyful::Gift | Joyful::Offer);
            if offers || (lost && !procedure.joyful.is_empty()) {
                return Guard::Hide;
            }
            let of_the_loss = matches!(
                procedure.event.as_deref(),
                Some("delivery.loss_on" | "child.died_on")
            );
            if lost || of_the_loss {
                at_least(guards.loss);
            } else if procedure.joyful.iter().any(congratulates) {
                at_least(Guard::StaffOnly);
            } else {
                at_least(Guard::Quiet);
            }
        }
        let nicu = match whom {
            Whom::Child(at) => self.nicu(at),
            _ => (0..self.members.children).any(|at| self.nicu(at)),
        };
        for (applies, own) in [
            (nicu, guards.nicu),
            (self.dv(), guards.dv_support.max(Guard::Quiet)),
            (self.flag("family.adoption_plan"), guards.adoption_plan),
            (self.flag("family.minor_parent"), guards.minor_parent),
            (self.flag("family.foreign_parent"), guards.foreign_parent),
        ] {
            if applies {
                at_least(own);
            }
        }
        guard
    }

    fn nicu(&self, child: usize) -> bool {
        let focus = Focus::family().on(crate::rules::Scope::Child, child);
        self.value_of(&self.now, focus, "child.nicu") == Some(FactValue::Bool(true))
    }

    /// An item whose being due rests on something nobody has said; `None` where nobody could be asked and nothing is lost.
    fn open(
        &self,
        procedure: &'c Procedure,
        version: &'c Version,
        view: View<'_>,
        guard: Guard,
    ) -> Option<Item<'c>> {
        if procedure.sector == Sector::Private || self.past_its_stage(procedure, view) {
            return None;
        }
        let change = version
            .when
            .what_would_change(&view.known.records, &view.focus);
        let missing = self.facts(change.facts());
        let asked = missing.iter().flatten().any(|fact| fact.question.is_some());
        if !asked && (procedure.kind != Kind::Procedure || view.whom == Whom::Expected) {
            return None;
        }
        let mut item = self.due(procedure, version, view, guard);
        let closed = item.state == Status::Closed;
        item.missing = missing;
        item.state = if closed {
            Status::Closed
        } else {
            Status::Question
        };
        if item.status != Status::Staff {
            item.status = item.state;
        }
        (!closed).then_some(item)
    }

    fn facts(&self, sets: Vec<BTreeSet<&str>>) -> Vec<Vec<&'c Fact>> {
        let vocabulary = self.catalogue.vocabulary();
        sets.into_iter()
            .take(MOST_SETS)
            .map(|set| {
                set.into_iter()
                    .filter_map(|id| vocabulary.fact(id))
                    .collect()
            })
            .collect()
    }

    /// Births long ago: what belongs to the first weeks is taken as done.
    fn past_its_stage(&self, procedure: &Procedure, view: View<'_>) -> bool {
        let early = matches!(
            procedure.stage,
            Stage::Pregnancy | Stage::Birth | Stage::Newborn
        );
        let born = match view.whom {
            Whom::Child(at) => self
                .family
                .delivery
                .children
                .get(at)
                .map(|child| child.birth),
            Whom::Delivery | Whom::Mother | Whom::Father => known::delivery_day(self.family),
            _ => None,
        };
        let year = |day: Date| day.saturating_add(jiff::Span::new().years(1));
        let not_registered = || {
            matches!(view.whom, Whom::Child(at) if self.family.told.iter().any(|told| {
                told.of == Whom::Child(at)
                    && told.fact == "child.registered"
                    && told.value == FactValue::Bool(false)
            }))
        };
        early && born.is_some_and(|day| year(day) <= self.today) && !not_registered()
    }

    fn due(
        &self,
        procedure: &'c Procedure,
        version: &'c Version,
        view: View<'_>,
        guard: Guard,
    ) -> Item<'c> {
        let records = &view.known.records;
        let (recipients, recipient_why) = self.recipients(procedure, view);
        let deadline = self.deadline(procedure, version, view, recipients.first());
        let mut windows = Self::windows(version, view);
        if procedure.id.as_str() == "hoiku_nintei_riyo" && windows.is_empty() {
            windows = self.intakes(view);
        }
        let automatic = procedure.automatic.iter().find(|one| {
            one.when
                .as_ref()
                .is_none_or(|when| when.decide(records, &view.focus) == Verdict::Yes)
        });
        let needs = self.needs(automatic, view);
        let copies = match view.whom {
            Whom::Delivery if procedure.id.as_str() == "shizan_todoke" => {
                self.family.delivery.stillborn.len().max(1)
            }
            _ => 1,
        };
        let doses = self.doses(procedure, view);
        let opens = doses.iter().filter_map(|dose| self.opens(dose, view)).min();
        let (state, begins) = match self.state(
            procedure,
            view,
            automatic,
            &needs,
            deadline.as_ref(),
            &windows,
            &recipients,
        ) {
            (Status::Now | Status::ByItself | Status::Offer, _)
                if opens.is_some_and(|day| self.today < day) =>
            {
                (Status::Upcoming, opens)
            }
            other => other,
        };
        let status = if guard == Guard::StaffOnly && self.around.audience == Audience::Parents {
            Status::Staff
        } else {
            state
        };
        Item {
            procedure,
            version,
            whom: view.whom,
            copies,
            status,
            state,
            guard,
            estimated: view.estimated,
            begins,
            also_at: self.also_at(procedure, view, &recipients),
            recipients,
            recipient_why,
            signers: self.signers(procedure, view),
            carriers: self.people(&procedure.carriers),
            amount: amount::amount(self, procedure, version, view, deadline.as_ref()),
            deadline,
            windows,
            doses,
            reasons: reasons(version, view),
            missing: needs.into_iter().map(|fact| vec![fact]).collect(),
            papers: procedure
                .attachments
                .iter()
                .filter_map(|attachment| {
                    let verdict = attachment
                        .when
                        .as_ref()
                        .map_or(Verdict::Yes, |when| when.decide(records, &view.focus));
                    (verdict != Verdict::No).then_some(Paper {
                        attachment,
                        maybe: verdict == Verdict::Unknown,
                    })
                })
                .collect(),
            depends: procedure
                .depends
                .iter()
                .filter(|dependency| {
                    dependency
                        .when
                        .as_ref()
                        .is_none_or(|when| when.decide(records, &view.focus) != Verdict::No)
                })
                .map(|dependency| Edge {
                    dependency,
                    item: None,
                    open: false,
                })
                .collect(),
            automatic,
        }
    }

    /// The facts an offer needs and nobody has said.
    fn needs(&self, automatic: Option<&'c Automatic>, view: View<'_>) -> Vec<&'c Fact> {
        let vocabulary = self.catalogue.vocabulary();
        let needs = automatic
            .map(|one| one.needs.as_slice())
            .unwrap_or_default();
        needs
            .iter()
            .filter(|id| self.value_of(view.known, view.focus, id).is_none())
            .filter_map(|id| vocabulary.fact(id))
            .collect()
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "everything an item's state rests on"
    )]
    fn state(
        &self,
        procedure: &Procedure,
        view: View<'_>,
        automatic: Option<&Automatic>,
        needs: &[&Fact],
        deadline: Option<&Deadline<'_>>,
        windows: &[Span<'_>],
        recipients: &[Recipient],
    ) -> (Status, Option<Date>) {
        let today = self.today;
        let whom = if view.whom == Whom::Expected {
            Whom::Delivery
        } else {
            view.whom
        };
        if self.family.has_done(procedure.id.as_str(), whom) {
            return (Status::Done, None);
        }
        if view.estimated {
            let due = self
                .family
                .delivery
                .expected
                .as_ref()
                .and_then(|one| one.due);
            let first = windows.iter().filter_map(|window| window.from).min();
            let open = windows
                .iter()
                .any(|window| window.holds(today) && window.from.is_some());
            if !open {
                return (Status::Upcoming, first.or(due));
            }
        }
        let late = deadline.is_some_and(|deadline| deadline.open_until < today);
        if late && self.past_its_stage(procedure, view) {
            return (Status::Done, None);
        }
        if !windows.is_empty() && !windows.iter().any(|window| window.holds(today)) {
            let next = windows
                .iter()
                .filter(|window| !window.over(today))
                .filter_map(|window| window.from)
                .min();
            return match next {
                Some(from) => (Status::Upcoming, Some(from)),
                None if windows.iter().all(|window| window.over(today)) => {
                    if self.past_its_stage(procedure, view) {
                        (Status::Done, None)
                    } else {
                        (Status::Closed, None)
                    }
                }
                None => (Status::Upcoming, None),
            };
        }
        let mode = automatic.map_or(AutomaticMode::None, |one| one.mode);
        if mode == AutomaticMode::NoApplication {
            return (Status::ByItself, None);
        }
        let others = matches!(
            recipients.first().map(|one| one.kind),
            Some(Routing::Employer | Routing::Insurer | Routing::Immigration | Routing::Embassy)
        );
        if procedure.kind == Kind::TaskOfOthers || others {
            return (Status::Elsewhere, None);
        }
        if late {
            return (Status::Late, None);
        }
        if self.past_its_stage(procedure, view) && windows.is_empty() && deadline.is_none() {
            return (Status::Done, None);
        }
        if mode == AutomaticMode::OfferAndConfirm && needs.is_empty() {
            return (Status::Offer, None);
        }
        (Status::Now, None)
    }

    fn deadline(
        &self,
        procedure: &'c Procedure,
        version: &'c Version,
        view: View<'_>,
        recipient: Option<&Recipient>,
    ) -> Option<Deadline<'c>> {
        let rule = version.deadline.as_ref()?;
        let event = self.day_of(view, &rule.from)?;
        let variant = rule
            .variant(&view.known.records, &view.focus)
            .ok()
            .flatten();
        // A protected family's municipality is not said, but its days count all the same.
        let code = self.place(recipient?.kind, view.whom);
        let profile = code.and_then(|code| self.catalogue.profile(&code));
        let own = profile.map_or(OwnDays::AsTheLaw, |profile| profile.own_days(&procedure.id));
        let last_day = match own {
            OwnDays::Whenever => return None,
            OwnDays::Days(days) => crate::calendar::last_day_after_event(event, days),
            OwnDays::AsTheLaw => match variant {
                Some(variant) => rule.last_day_of(variant, event)?,
                None => rule.last_day(event)?,
            },
        };
        let open_until = if rule.rolled {
            let calendar = match code {
                Some(code) => self.catalogue.calendar(&code),
                None => Calendar::new(self.catalogue.holidays(), &self.usual),
            };
            let calendar = calendar.by_rule_beyond_table();
            calendar.roll(last_day).unwrap_or(last_day)
        } else {
            last_day
        };
        Some(Deadline {
            last_day,
            open_until,
            count: variant.map_or(rule.count, |variant| variant.count),
            note: match (own, variant) {
                (OwnDays::Days(_) | OwnDays::Whenever, _) => None,
                (_, Some(variant)) => Some(&variant.note),
                _ => Some(&rule.note),
            },
            article: variant
                .and_then(|variant| variant.article.as_deref())
                .or(rule.article.as_deref()),
            confidence: variant.map_or(rule.confidence, |variant| variant.confidence),
        })
    }

    fn windows(version: &'c Version, view: View<'_>) -> Vec<Span<'c>> {
        let records = &view.known.records;
        let applies = |window: &&crate::catalogue::Window| {
            window
                .when
                .as_ref()
                .is_none_or(|when| when.decide(records, &view.focus) == Verdict::Yes)
        };
        let several = version.windows.len() > 1;
        version
            .windows
            .iter()
            .filter(applies)
            .filter_map(|window| {
                let from = window.from.as_ref().map(|day| day.of(records, &view.focus));
                let to = window.to.as_ref().map(|day| day.of(records, &view.focus));
                // A day that is not known yet opens nothing beside a window that is.
                if several && from == Some(None) {
                    return None;
                }
                Some(Span {
                    label: window.label.clone(),
                    from: from.flatten(),
                    to: to.flatten(),
                    note: window.note.as_ref(),
                })
            })
            .collect()
    }

    /// The windows of the routine vaccinations, for the entry that stands for them.
    fn doses(&self, procedure: &Procedure, view: View<'_>) -> Vec<Ahead> {
        let Whom::Child(at) = view.whom else {
            return Vec::new();
        };
        if procedure.id.as_str() != "yobosesshu" || self.family.lost(at) {
            return Vec::new();
        }
        let (Ok(schedule), Some(child)) = (
            vaccination::Schedule::builtin(),
            self.family.delivery.children.get(at),
        ) else {
            return Vec::new();
        };
        let person = vaccination::Person {
            birth: Some(child.birth),
            due: None,
            sex: None,
            mother_hbs_positive: false,
            live_injections: Vec::new(),
            away: false,
        };
        let outlooks = schedule
            .vaccines()
            .iter()
            .filter(|one| one.recipient != vaccination::Recipient::Mother);
        let mut doses: Vec<Ahead> = outlooks
            .filter_map(|vaccine| {
                let outlook = schedule
                    .assess(vaccine, &person, &[], self.today.max(child.birth))
                    .ok()?;
                let next = outlook.next?;
                if matches!(
                    outlook.status,
                    vaccination::Status::NotRoutine | vaccination::Status::Expired
                ) {
                    return None;
                }
                Some(Ahead {
                    vaccine: vaccine.id.as_str(),
                    title: &vaccine.title,
                    earliest: next.earliest,
                    recommended: next.recommended,
                    latest: next.latest,
                })
            })
            .collect();
        doses.sort_by_key(|dose| dose.earliest);
        doses
    }

    /// The day from which a dose is thought of: the first permitted one, or the beginning of the standard time where the law
    /// permits it from the day of birth.
    fn opens(&self, dose: &Ahead, view: View<'_>) -> Option<Date> {
        let birth = self.day_of(view, "child.birth")?;
        Some(match dose.recommended {
            Some((from, _)) if dose.earliest <= birth => from,
            _ => dose.earliest,
        })
    }

    /// The municipality a kind of recipient is, for this family.
    pub(super) fn place(&self, kind: Routing, whom: Whom) -> Option<MunicipalityCode> {
        let family = self.family;
        let places = &family.places;
        let mother = family.mother.residence;
        match kind {
            Routing::Birthplace => places.birthplace,
            Routing::Honseki => places.honseki,
            Routing::Stay => places.stay.or(places.birthplace).or(mother),
            Routing::ChildHome | Routing::HeadHome => child_home(family),
            Routing::ClaimantHome => claimant_home(family),
            Routing::MotherHome => mother.or_else(|| child_home(family)),
            Routing::PersonHome => match whom {
                Whom::Mother => mother,
                Whom::Father => family.father.known().and_then(|father| father.residence),
                _ => places.person_home,
            },
            Routing::FormerHome => places.former_home,
            Routing::NewHome => places.new_home,
            _ => None,
        }
    }

    fn recipients(
        &self,
        procedure: &'c Procedure,
        view: View<'_>,
    ) -> (Vec<Recipient>, Option<Why<'c>>) {
        let (kinds, why): (Vec<Routing>, Option<Why<'c>>) =
            match procedure.recipient.choose(&view.known.records, &view.focus) {
                Chosen::Sure(kind, case) => (
                    vec![*kind],
                    case.and_then(|case| {
                        Some(Why {
                            sentence: case.sentence.as_ref()?,
                            article: case.article.as_deref(),
                            confidence: case.confidence,
                        })
                    }),
                ),
                Chosen::Open(kinds) => (kinds.into_iter().copied().collect(), None),
            };
        let recipients = kinds
            .into_iter()
            .map(|kind| self.recipient(kind, view.whom))
            .collect();
        (recipients, why)
    }

    /// The other lawful recipients; a municipality that is named already is not named again.
    fn also_at(
        &self,
        procedure: &Procedure,
        view: View<'_>,
        usual: &[Recipient],
    ) -> Vec<Recipient> {
        let mut others: Vec<Recipient> = Vec::new();
        for one in &procedure.also_at {
            let applies = one
                .when
                .as_ref()
                .is_none_or(|when| when.decide(&view.known.records, &view.focus) != Verdict::No);
            let recipient = self.recipient(one.to, view.whom);
            let named = |other: &Recipient| {
                other.kind == recipient.kind
                    || (other.municipality.is_some()
                        && other.municipality == recipient.municipality)
            };
            if applies && !usual.iter().chain(&others).any(named) {
                others.push(recipient);
            }
        }
        others
    }

    /// The next times to apply for a nursery place, by the profile of the municipality: the rounds for April that are not over,
    /// and the last day for the next month a place can begin in.
    fn intakes(&self, view: View<'_>) -> Vec<Span<'c>> {
        let profile = self
            .place(Routing::ChildHome, view.whom)
            .and_then(|code| self.catalogue.profile(&code));
        let (Some(profile), Some(birth)) = (profile, self.day_of(view, "child.birth")) else {
            return Vec::new();
        };
        // Before that the mother may not work (労働基準法65 II), and nurseries take no child.
        let earliest = plus_days(birth, 57).max(self.today);
        let school = school_entry(birth);
        let span = |label: Text, from: Option<Date>, to: Date| Span {
            label: Some(label),
            from,
            to: Some(to),
            note: None,
        };
        let said = |key: &str, month: Date, round: u8| {
            let text = words::with(
                &words::line(key),
                "month",
                &words::month(MonthNumber::of(month)),
            );
            words::with(&text, "n", &Text::untranslated(&round.to_string()))
        };
        let year = earliest.year();
        let rounds = [year, year.saturating_add(1), year.saturating_add(2)]
            .into_iter()
            .filter_map(|year| Date::new(year, 4, 1).ok())
            .filter(|april| *april >= earliest && *april < school)
            .map(|april| {
                let rounds = profile.nursery.april.iter().map(|round| {
                    let from = last_before(april, round.from);
                    let to = last_before(april, round.to);
                    span(said("intake_april", april, round.round), Some(from), to)
                });
                rounds
                    .filter(|round| !round.over(self.today))
                    .collect::<Vec<_>>()
            })
            .find(|rounds| !rounds.is_empty());
        let day = i8::try_from(profile.nursery.monthly_until_day).unwrap_or(28);
        let firsts = std::iter::successors(Some(earliest.first_of_month()), |first| {
            first.checked_add(jiff::Span::new().months(1)).ok()
        });
        let monthly = firsts
            .take(6)
            .filter(|first| *first >= earliest && *first < school && first.month() != 4)
            .find_map(|first| {
                let before = first.yesterday().ok()?;
                let last = Date::new(before.year(), before.month(), day.min(before.day())).ok()?;
                (last >= self.today).then(|| span(said("intake_month", first, 0), None, last))
            });
        rounds.into_iter().flatten().chain(monthly).collect()
    }

    fn recipient(&self, kind: Routing, whom: Whom) -> Recipient {
        // Where a protected family lives is said by nobody to nobody but staff.
        let hidden = self.dv() && self.around.audience == Audience::Parents;
        let municipality = self.place(kind, whom).filter(|_| !hidden);
        let profile = municipality.and_then(|code| self.catalogue.profile(&code));
        let name = match (profile, municipality) {
            (Some(profile), _) => profile.name.clone(),
            (None, Some(code)) => codes::municipality(code).map_or_else(
                || words::recipient(kind),
                |row| Text::untranslated(&row.full_name()),
            ),
            (None, None) => words::recipient(kind),
        };
        Recipient {
            kind,
            municipality,
            name,
        }
    }

    fn signers(&self, procedure: &Procedure, view: View<'_>) -> Vec<Role> {
        let roles = match procedure.signers.choose(&view.known.records, &view.focus) {
            Chosen::Sure(roles, _) => roles.clone(),
            Chosen::Open(lists) => lists
                .first()
                .map(|roles| (*roles).clone())
                .unwrap_or_default(),
        };
        self.people(&roles)
    }

    /// The same without whoever cannot or must not act.
    fn people(&self, roles: &[Role]) -> Vec<Role> {
        let no_father = self.dv() || self.family.father == Other::None;
        let mut kept = Vec::with_capacity(roles.len());
        for role in roles {
            let role = match role {
                Role::Father if no_father && roles.len() > 1 => continue,
                Role::Parent | Role::BothParents if no_father => Role::Mother,
                Role::Family if self.dv() => continue,
                other => *other,
            };
            if !kept.contains(&role) {
                kept.push(role);
            }
        }
        kept
    }

    /// Finds what each item rests on, and lets items wait.
    fn connect(items: &mut [Item<'c>]) {
        for at in 0..items.len() {
            let Some(item) = items.get(at) else { continue };
            let whom = item.whom;
            let mut depends = item.depends.clone();
            for edge in &mut depends {
                let other = items.iter().position(|other| {
                    other.procedure.id == edge.dependency.on
                        && (other.whom == whom || !child(other.whom) || !child(whom))
                });
                let state = other
                    .and_then(|other| items.get(other))
                    .map(|other| other.state);
                edge.item = other;
                edge.open =
                    state.is_some_and(|state| !matches!(state, Status::Done | Status::Closed));
            }
            let hard = depends
                .iter()
                .any(|edge| edge.open && edge.dependency.strength == Strength::Hard);
            let Some(item) = items.get_mut(at) else {
                continue;
            };
            item.depends = depends;
            if hard && matches!(item.state, Status::Now | Status::Offer) {
                item.state = Status::WaitsFor;
                if item.status != Status::Staff {
                    item.status = Status::WaitsFor;
                }
            }
        }
    }

    fn questions(&self, items: &[Item<'c>]) -> Vec<Question<'c>> {
        let mut questions: Vec<Question<'c>> = Vec::new();
        for (at, item) in items.iter().enumerate() {
            if item.status == Status::Staff
                || matches!(item.state, Status::Done | Status::Closed | Status::Upcoming)
            {
                continue;
            }
            for fact in item.missing.iter().flatten() {
                if fact.question.is_none() {
                    continue;
                }
                let whom = match fact.scope {
                    crate::rules::Scope::Child if !child(item.whom) => (0..self.members.children)
                        .find(|at| !self.family.lost(*at))
                        .map_or(Whom::Expected, Whom::Child),
                    crate::rules::Scope::Child
                    | crate::rules::Scope::Parent
                    | crate::rules::Scope::Person => item.whom,
                    crate::rules::Scope::Delivery => Whom::Delivery,
                    crate::rules::Scope::Family => Whom::Family,
                };
                match questions
                    .iter_mut()
                    .find(|one| one.fact.id == fact.id && one.whom == whom)
                {
                    Some(question) => {
                        if !question.items.contains(&at) {
                            question.items.push(at);
                        }
                    }
                    None => questions.push(Question {
                        fact,
                        whom,
                        items: vec![at],
                    }),
                }
            }
        }
        // As a person would ask: what everything hangs on first, what is delicate last, else as the facts stand in order.
        let place = |id: &str| {
            self.catalogue
                .vocabulary()
                .facts()
                .position(|fact| fact.id == id)
        };
        questions.sort_by_cached_key(|one| (one.fact.sensitive, place(&one.fact.id), one.whom));
        questions
    }
}

fn child(whom: Whom) -> bool {
    matches!(whom, Whom::Child(_) | Whom::Older(_) | Whom::Expected)
}

/// The leaves that hold, in words; each sentence once.
fn reasons<'c>(version: &'c Version, view: View<'_>) -> Vec<Why<'c>> {
    let trace = version.when.explain(&view.known.records, &view.focus);
    let mut reasons: Vec<Why<'c>> = Vec::new();
    // Below a reason that was given, its parts are not given again.
    let mut given: Option<u16> = None;
    for step in trace.steps {
        if given.is_some_and(|depth| step.depth > depth) {
            continue;
        }
        given = None;
        // That the child is born is plain to everybody.
        // So is, to whoever said it, that something is known: such leaves only keep a rule from being presumed.
        if step.verdict != Verdict::Yes || step.id == "born" || step.id.ends_with("_known") {
            continue;
        }
        // What was presumed is no reason to give; what is delicate is not repeated.
        let quiet = step.seen.iter().any(|seen| match seen {
            crate::rules::Seen::Fact { id, .. } => view.known.presumed.contains(id),
            _ => false,
        });
        if let Some(sentence) = step.sentence.filter(|_| !quiet)
            && !reasons.iter().any(|why| why.sentence == sentence)
        {
            given = Some(step.depth);
            reasons.push(Why {
                sentence,
                article: step.article,
                confidence: step.confidence,
            });
        }
    }
    reasons
}

/// How a deadline is counted, in one word.
#[must_use]
pub(crate) fn counted(count: DayCount) -> &'static str {
    match count {
        DayCount::EventDayIsDayOne => "event_day_is_day_one",
        DayCount::EventDayExcluded => "event_day_excluded",
    }
}

/// How sure, in one word.
#[must_use]
pub(crate) fn sure(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Verified => "verified",
        Confidence::Gk => "gk",
    }
}
