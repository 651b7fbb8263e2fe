//! From the accepted filings of a case to what is to be kept: items with their reasons, and notices for later.
//!
//! Answers for reading a family out of its filings, asking the plan, and sorting its items: what the city does by itself,
//! what it offers, what the family must do, what others do. Pure: day and case are handed in. Names children by a hash of
//! certificate and order, so that nothing kept here names anybody, and the same child of two filings is one child.
//!
//! Only what this municipality is competent for is prepared or offered; of everything else the family is told who does it.

use std::sync::Arc;

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use ubugoe_procedures::amounts::MonthNumber;
use ubugoe_procedures::catalogue::{Automatic, AutomaticMode, Domain, Guard, Joyful, Kind};
use ubugoe_procedures::codes::{AccountHolder, BankAccount, municipalities};
use ubugoe_procedures::milestone::school_entry;
use ubugoe_procedures::plan::{
    Around, Audience, Child, Family, Item, Other, Parent, Status, Whom, line,
};
use ubugoe_procedures::rules::FactValue;
use ubugoe_procedures::{
    Answers, Catalogue, Confidence, Filing, MunicipalityCode, ParsedFiling, Sector, Text, Value,
    due,
};

use super::payments::{self, HouseholdChild, PaidHousehold, paid_at};
use super::schedule::{self, About};
use crate::casework::FilingState;
use crate::jst;
use crate::store::nonstop::{
    Account, Because, CaseSeen, Hop, ItemDetail, ItemKind, ItemState, LOSSES, Months, NewItem,
    Planned, Planner, SeenFiling, Shown,
};

/// The notification of a birth, and the claim that pays month by month.
const BIRTH: &str = "shussei_todoke";
const ALLOWANCE: &str = "jido_teate_nintei";
/// What tells of a loss.
/// At most so many characters stand before a town's name in an address: its prefecture and its district.
const BEFORE_TOWN: usize = 12;
/// The hour at which a period for stopping ends, on an opening day.
const CLOSING_HOUR: i8 = 17;
/// Hour and day at which a case is looked at again every year.
const AGAIN_HOUR: i8 = 3;

/// The engine.
#[derive(Debug)]
pub struct Engine {
    catalogue: Arc<Catalogue>,
    version: String,
    municipality: MunicipalityCode,
    veto_days: u16,
}

impl Engine {
    /// An engine for a municipality, whose officers have so many days to stop what was prepared.
    #[must_use]
    pub fn new(catalogue: Arc<Catalogue>, municipality: MunicipalityCode, veto_days: u16) -> Self {
        Self {
            catalogue,
            version: version(Catalogue::builtin_files()),
            municipality,
            veto_days,
        }
    }

    /// Which catalogue it knows.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The same engine with another catalogue, as after an update.
    #[must_use]
    pub fn with_version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }
}

/// A version of a catalogue: the beginning of the hash of its files.
fn version<'f>(files: impl Iterator<Item = (&'f str, &'f str)>) -> String {
    let mut hash = Sha256::new();
    for (name, text) in files {
        for part in [name, text] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
}

/// A filing that could be read.
struct Read<'a> {
    seen: &'a SeenFiling,
    filing: ParsedFiling,
    answers: Answers,
}

impl Read<'_> {
    fn choice(&self, path: &str) -> Option<&str> {
        match self.answers.value(path) {
            Some(Value::Choice(id)) => Some(id),
            _ => None,
        }
    }

    fn date(&self, path: &str) -> Option<Date> {
        match self.answers.value(path) {
            Some(Value::Date(day)) => Some(*day),
            Some(Value::DateTime(at)) => Some(at.date()),
            _ => None,
        }
    }

    fn flag(&self, path: &str) -> bool {
        self.answers.value(path) == Some(&Value::Bool(true))
    }

    fn number(&self, path: &str) -> i64 {
        match self.answers.value(path) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// How the child of this filing is called here.
    fn child(&self, case_ref: [u8; 32]) -> String {
        let order = self.filing.child_order.unwrap_or(1);
        let mut hash = Sha256::new();
        match &self.filing.certificate_number {
            Some(number) => hash.update(number.as_bytes()),
            // without a certificate the child is known within its case only
            None => hash.update(case_ref),
        }
        hash.update([0, order]);
        hex::encode(hash.finalize()).chars().take(24).collect()
    }
}

/// The case, read.
struct Case<'a> {
    seen: &'a CaseSeen,
    today: Date,
    births: Vec<Read<'a>>,
    claims: Vec<Read<'a>>,
    /// Accepted, and neither a birth nor a claim for child allowance.
    accepted: Vec<Read<'a>>,
    others: Vec<(&'a SeenFiling, Option<String>)>,
}

fn read(seen: &CaseSeen, today: Date) -> (Case<'_>, bool) {
    let mut case = Case {
        seen,
        today,
        births: Vec::new(),
        claims: Vec::new(),
        accepted: Vec::new(),
        others: Vec::new(),
    };
    let mut unreadable = false;
    for filing in &seen.filings {
        let Ok(parsed) = Filing::parse(&filing.canonical) else {
            unreadable |= filing.id == seen.trigger;
            continue;
        };
        let one = Read {
            seen: filing,
            answers: parsed.answers(),
            filing: parsed,
        };
        let accepted = filing.state == FilingState::Accepted;
        if filing.state != FilingState::Returned {
            case.others.push((filing, Some(one.child(seen.case_ref))));
        }
        match filing.procedure.as_str() {
            BIRTH if accepted => {
                // filed twice for one child: the first counts
                let child = one.child(seen.case_ref);
                if case
                    .births
                    .iter()
                    .all(|known| known.child(seen.case_ref) != child)
                {
                    case.births.push(one);
                }
            }
            ALLOWANCE if accepted => case.claims.push(one),
            procedure if accepted && !LOSSES.contains(&procedure) => case.accepted.push(one),
            _ => {}
        }
    }
    case.births
        .sort_by_key(|birth| (birth.date("birth_dt"), birth.filing.child_order));
    (case, unreadable)
}

/// A child of a case, as its accepted birth notification tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownChild {
    /// As the line names children.
    pub child: String,
    /// The birth notification.
    pub filing: ubugoe_protocol::FilingId,
    /// Date of birth.
    pub birth: Date,
    /// Where it lives, if the address names a municipality we know.
    pub home: Option<MunicipalityCode>,
    /// Its sex, where the notification says so.
    pub sex: Option<ubugoe_procedures::Sex>,
}

impl Engine {
    /// The children of a case, in the order of their birth.
    #[must_use]
    pub fn children(&self, seen: &CaseSeen) -> Vec<KnownChild> {
        let Some(today) = jst::date(seen.now) else {
            return Vec::new();
        };
        let (case, _) = read(seen, today);
        case.births
            .iter()
            .filter_map(|birth| {
                Some(KnownChild {
                    child: birth.child(seen.case_ref),
                    filing: birth.seen.id,
                    birth: birth.date("birth_dt")?,
                    home: birth
                        .answers
                        .text("addr.full")
                        .and_then(|address| self.municipality_of(address, today)),
                    sex: match birth.choice("sex") {
                        Some("1") => Some(ubugoe_procedures::Sex::Male),
                        Some("2") => Some(ubugoe_procedures::Sex::Female),
                        _ => None,
                    },
                })
            })
            .collect()
    }
}

impl Planner for Engine {
    fn plan(&self, seen: &CaseSeen) -> Planned {
        let Some(today) = jst::date(seen.now) else {
            return Planned {
                outcome: "no_day",
                ..Planned::default()
            };
        };
        let (case, unreadable) = read(seen, today);
        let mut planned = Planned {
            outcome: if unreadable { "unreadable" } else { "planned" },
            ..Planned::default()
        };
        self.allowances(&case, &mut planned);
        let granted = case.accepted.iter();
        planned
            .items
            .extend(granted.filter_map(|claim| self.granted(&case, claim)));
        self.line_of(&case, &mut planned);
        planned.settled = case
            .others
            .iter()
            .filter_map(|(filing, child)| Some((filing.procedure.clone(), child.clone()?)))
            .collect();
        planned
    }

    fn months(&self, household: &str, next_month: i64, now: i64) -> Months {
        payments::months(household, next_month, now)
    }

    fn hold_until(&self, now: i64) -> i64 {
        let Some(today) = jst::date(now) else {
            return i64::MAX;
        };
        let day = ubugoe_procedures::calendar::plus_days(today, i32::from(self.veto_days));
        let calendar = self
            .catalogue
            .calendar(&self.municipality)
            .by_rule_beyond_table();
        let until = jst::at(calendar.roll(day).unwrap_or(day), CLOSING_HOUR);
        // a period of no days is one that has ended
        if self.veto_days == 0 { now } else { until }
    }
}

impl Engine {
    /// The family as its accepted filings tell it.
    fn family(&self, case: &Case<'_>) -> Option<Family> {
        let first = case.births.first()?;
        let mut family = Family::default();
        for birth in &case.births {
            let minute = match birth.answers.value("birth_dt") {
                Some(Value::DateTime(at)) => {
                    Some(i16::from(at.hour()) * 60 + i16::from(at.minute()))
                }
                _ => None,
            };
            family.delivery.children.push(Child {
                id: String::new(),
                birth: birth.date("birth_dt")?,
                minute,
                died: None,
            });
        }
        let place = |path: &str| {
            let address = first.answers.text(path)?;
            self.municipality_of(address, case.today)
        };
        let home = place("addr.full");
        family.places.child_home = home;
        family.places.birthplace = Some(first.filing.recipient);
        let japanese = match first.choice("parents") {
            Some("both_japanese") => Some(true),
            Some("both_foreign") => Some(false),
            _ => None,
        };
        let mothers = if first.choice("filer_parent") == Some("mother") {
            place("filer_addr.full").or(home)
        } else {
            home
        };
        family.mother = Parent {
            birth: first.date("mother.birth"),
            japanese,
            residence: mothers,
        };
        if first.choice("parents_marriage") == Some("married") {
            family.father = Other::Some(Parent {
                birth: first.date("father.birth"),
                japanese,
                residence: None,
            });
        }
        for (path, fact) in [
            ("parents_marriage", "family.marital"),
            ("parents", "family.nationality"),
        ] {
            if let Some(word) = first.choice(path).filter(|word| *word != "unsure") {
                family.tell(Whom::Family, fact, FactValue::Choice(word.to_owned()));
            }
        }
        let protected = case.births.iter().chain(&case.claims).any(|one| {
            one.answers.iter().any(|(path, answer)| {
                path.as_str().ends_with(".confidential")
                    && matches!(&answer.value, Value::Choice(id) if id != "none")
            })
        });
        if protected {
            family.tell(Whom::Family, "family.dv_support", FactValue::Bool(true));
        }
        self.done(case, &mut family);
        lost(case, &mut family);
        Some(family)
    }

    /// What was filed is not to be filed again.
    fn done(&self, case: &Case<'_>, family: &mut Family) {
        let place = |child: &str| {
            case.births
                .iter()
                .position(|birth| birth.child(case.seen.case_ref) == child)
        };
        for (filing, child) in &case.others {
            let Ok(procedure) = filing.procedure.parse() else {
                continue;
            };
            let per_child = self
                .catalogue
                .procedure(&procedure)
                .is_some_and(|known| known.per == ubugoe_procedures::catalogue::Per::Child);
            let whom = match child.as_deref().and_then(place) {
                Some(at) if per_child => Some(Whom::Child(at)),
                None if per_child => continue,
                _ => None,
            };
            family.done.push((procedure, whom));
        }
        // one claim may be for all children of a birth
        if case.claims.iter().any(|claim| claim.number("newborns") > 1)
            && let Ok(procedure) = ALLOWANCE.parse()
        {
            family.done.push((procedure, None));
        }
    }

    /// The municipality of an address, by its first words. Code points as they are: what is written otherwise is not known.
    fn municipality_of(&self, address: &str, day: Date) -> Option<MunicipalityCode> {
        let place = |name: &str| {
            let before = address.get(..address.find(name)?)?.chars().count();
            (before <= BEFORE_TOWN).then_some(before)
        };
        let profile = self
            .catalogue
            .profiles()
            .filter_map(|profile| Some((place(&profile.name.ja)?, profile.code)))
            .min();
        if let Some((_, code)) = profile {
            return Some(code);
        }
        municipalities()
            .iter()
            .filter(|one| one.in_force(day) && address.starts_with(&one.full_name()))
            .max_by_key(|one| one.full_name().len())
            .map(|one| one.code)
    }

    fn line_of(&self, case: &Case<'_>, planned: &mut Planned) {
        let Some(family) = self.family(case) else {
            return;
        };
        let around = Around {
            // the engine decides by the guard to whom an item is shown
            audience: Audience::Staff,
            domain: Domain::Childcare,
        };
        let whole = line(&self.catalogue, &family, case.today, &around);
        let protected = family.is("family.dv_support");
        let mut again = next_april(case.today);
        for item in &whole.items {
            if item.procedure.sector == Sector::Private || item.procedure.kind == Kind::Offer {
                continue;
            }
            let Some(child) = child_of(case, item.whom) else {
                continue;
            };
            let shown = shown(item.guard);
            let joyful = !item.procedure.joyful.is_empty();
            let congrats = item
                .procedure
                .joyful
                .iter()
                .any(|one| matches!(one, Joyful::Congrats | Joyful::Gift | Joyful::Offer));
            let loss_guard = self::shown(item.procedure.guards.loss);
            let about = About {
                child: &child,
                shown,
                loss_guard,
                joyful,
                congrats,
            };
            planned
                .notices
                .extend(schedule::moments(item, case.today, about));
            let Some((kind, state)) = self.sort(item, case.today) else {
                continue;
            };
            // what will come about by itself is prepared when its window opens, not a spring later
            if kind == ItemKind::Later && acts(item.automatic, case.today) {
                again = again.into_iter().chain(opens(item, case.today)).min();
            }
            planned
                .items
                .push(self.item(case, item, kind, state, about, protected));
        }
        let youngest = family
            .delivery
            .children
            .iter()
            .map(|child| child.birth)
            .max();
        let goes_on = youngest.is_some_and(|birth| case.today < school_entry(birth));
        if goes_on && !family.all_lost() {
            planned.again_at = again;
        }
    }

    fn ours(&self, item: &Item<'_>) -> bool {
        matches!(item.recipients.as_slice(), [one] if one.municipality == Some(self.municipality))
    }

    /// How an item comes about, and where it begins; none for what is over.
    fn sort(&self, item: &Item<'_>, today: Date) -> Option<(ItemKind, ItemState)> {
        let ours = self.ours(item);
        Some(match item.state {
            Status::Done | Status::Closed => return None,
            Status::ByItself if ours && acts(item.automatic, today) => {
                (ItemKind::ByItself, ItemState::Prepared)
            }
            // what pays month by month is claimed with a signature; a yes by a link is not one
            Status::Offer if ours && item.procedure.id.as_str() != ALLOWANCE => {
                (ItemKind::Offer, ItemState::Offered)
            }
            Status::Offer | Status::Now | Status::Late | Status::WaitsFor
                if item.procedure.kind == Kind::Procedure =>
            {
                (ItemKind::Apply, ItemState::Open)
            }
            Status::Question => (ItemKind::Maybe, ItemState::Open),
            Status::Upcoming => (ItemKind::Later, ItemState::Open),
            _ => (ItemKind::Informs, ItemState::Open),
        })
    }

    fn item(
        &self,
        case: &Case<'_>,
        item: &Item<'_>,
        kind: ItemKind,
        state: ItemState,
        about: About<'_>,
        protected: bool,
    ) -> NewItem {
        let money = kind == ItemKind::Offer && item.amount.as_ref().is_some_and(|one| !one.monthly);
        let yen = item
            .amount
            .as_ref()
            .and_then(|amount| amount.yen)
            .filter(|yen| money && *yen > 0);
        // what only staff may bring up does not go on by itself
        let state = match state {
            ItemState::Prepared | ItemState::Offered if about.shown >= Shown::Staff => {
                ItemState::Held
            }
            other => other,
        };
        let (filing, whom) = self::whom(case, item.whom);
        let mut hops = Vec::new();
        if state != ItemState::Open {
            hops.extend([Hop::Hospital, Hop::City]);
            if item.automatic.is_some_and(rests_on_insurance) {
                hops.push(Hop::Insurer);
            }
            if yen.is_some() {
                hops.push(Hop::Payment);
            }
        }
        NewItem {
            filing,
            child: about.child.to_owned(),
            procedure: item.procedure.id.to_string(),
            whom,
            kind,
            state,
            shown: about.shown,
            loss_guard: about.loss_guard,
            joyful: about.joyful,
            congrats: about.congrats,
            detail: detail(item, &hops, protected),
            catalogue: self.version.clone(),
            yen,
            first_month: None,
            pay_at: None,
            household: None,
            needs_account: yen.is_some(),
            account: None,
            hold_until: (state == ItemState::Prepared).then(|| self.hold_until(case.seen.now)),
        }
    }

    /// Accepted claims for child allowance: decided by an officer, paid month by month.
    fn allowances(&self, case: &Case<'_>, planned: &mut Planned) {
        let mut covered = false;
        for claim in &case.claims {
            let order = claim.filing.child_order.unwrap_or(1);
            // an earlier claim was for all children of the birth
            if covered && order > 1 {
                continue;
            }
            covered |= claim.number("newborns") > 1;
            if let Some(item) = self.allowance(case, claim) {
                planned.items.push(item);
            }
        }
    }

    fn allowance(&self, case: &Case<'_>, claim: &Read<'_>) -> Option<NewItem> {
        let procedure = self.catalogue.procedure(&ALLOWANCE.parse().ok()?)?;
        let birth = claim.date("child[0].birth")?;
        let arrived = jst::date(claim.seen.arrived_at)?;
        let in_time = procedure.deadline.as_ref().is_none_or(|rule| {
            due(&self.catalogue, claim.filing.recipient, birth, rule).in_time(arrived)
        });
        let first = MonthNumber::of(if in_time { birth } else { arrived }).plus(1);
        let household = household(claim, birth);
        let civil_servant = claim.choice("job") == Some("3")
            && matches!(claim.choice("public_kind"), Some("national" | "local"));
        let elsewhere = claim.filing.recipient != self.municipality;
        let yen = Some(household.yen(first)).filter(|yen| *yen > 0 && !civil_servant && !elsewhere);
        let mut hops = vec![Hop::Hospital, Hop::City];
        if yen.is_some() {
            hops.push(Hop::Payment);
        }
        let child = claim.child(case.seen.case_ref);
        let law = procedure.law.first();
        let mut because = vec![Because {
            sentence: procedure.reason.clone(),
            article: law.map(|law| format!("{} {}", law.name, law.article)),
            sure: law.is_none_or(|law| law.confidence == Confidence::Verified),
        }];
        if let Ok(tables) = ubugoe_procedures::amounts::Amounts::builtin() {
            let asked = ubugoe_procedures::amounts::Household {
                civil_servant,
                children: household
                    .children
                    .iter()
                    .map(|one| ubugoe_procedures::amounts::Child {
                        birth_order: one.order,
                        supported: one.supported,
                        ..ubugoe_procedures::amounts::Child::born(one.birth)
                    })
                    .collect(),
                ..ubugoe_procedures::amounts::Household::default()
            };
            if let Ok(answer) =
                ubugoe_procedures::amounts::allowance(&asked, first, &tables.allowance)
            {
                because.extend(answer.reasons.iter().map(|reason| Because {
                    sentence: reason.sentence(),
                    article: Some(format!(
                        "{} {}",
                        reason.clause.law(),
                        reason.clause.article()
                    )),
                    sure: reason.clause.confidence() == Confidence::Verified,
                }));
            }
        }
        Some(NewItem {
            filing: claim.seen.id,
            whom: format!("child/{child}"),
            child,
            procedure: ALLOWANCE.to_owned(),
            kind: ItemKind::Claim,
            state: ItemState::Done,
            shown: Shown::Show,
            loss_guard: shown(procedure.guards.loss),
            joyful: !procedure.joyful.is_empty(),
            congrats: false,
            detail: ItemDetail {
                title: procedure.title.clone(),
                officer: procedure.officer_item.as_ref().map(|one| one.title.clone()),
                because,
                automatic: None,
                recipient: self.name(),
                deadline: None,
                missing: Vec::new(),
                from: None,
                to: None,
                amount: None,
                hops: hops.iter().map(|hop| hop.code().to_owned()).collect(),
            },
            catalogue: self.version.clone(),
            yen,
            first_month: yen.map(|_| i64::from(first.number())),
            pay_at: yen.and_then(|_| paid_at(first)),
            household: serde_json::to_string(&household).ok(),
            needs_account: yen.is_some(),
            account: account(claim),
            hold_until: None,
        })
    }

    /// An accepted claim for a child that somebody else still has a word in: its insurer says whether it is insured there.
    fn granted(&self, case: &Case<'_>, claim: &Read<'_>) -> Option<NewItem> {
        let id = claim.seen.procedure.parse().ok()?;
        let procedure = self.catalogue.procedure(&id)?;
        let insured = procedure
            .automatic
            .iter()
            .find(|one| rests_on_insurance(one))?;
        if procedure.per != ubugoe_procedures::catalogue::Per::Child {
            return None;
        }
        let child = claim.child(case.seen.case_ref);
        let law = procedure.law.first();
        let hops = [Hop::Hospital, Hop::City, Hop::Insurer];
        Some(NewItem {
            filing: claim.seen.id,
            whom: format!("child/{child}"),
            child,
            procedure: procedure.id.to_string(),
            kind: ItemKind::Claim,
            state: ItemState::Done,
            shown: Shown::Show,
            loss_guard: shown(procedure.guards.loss),
            joyful: !procedure.joyful.is_empty(),
            congrats: false,
            detail: ItemDetail {
                title: procedure.title.clone(),
                officer: procedure.officer_item.as_ref().map(|one| one.title.clone()),
                because: vec![Because {
                    sentence: procedure.reason.clone(),
                    article: law.map(|law| format!("{} {}", law.name, law.article)),
                    sure: law.is_none_or(|law| law.confidence == Confidence::Verified),
                }],
                automatic: Some(insured.sentence.clone()),
                recipient: self.name(),
                deadline: None,
                missing: Vec::new(),
                from: None,
                to: None,
                amount: None,
                hops: hops.iter().map(|hop| hop.code().to_owned()).collect(),
            },
            catalogue: self.version.clone(),
            yen: None,
            first_month: None,
            pay_at: None,
            household: None,
            needs_account: false,
            account: None,
            hold_until: None,
        })
    }

    fn name(&self) -> Text {
        self.catalogue
            .profile(&self.municipality)
            .map_or_else(|| Text::untranslated(""), |profile| profile.name.clone())
    }
}

/// The account a claim names; none where the registered account for public money is to be used, which nobody here can look up.
fn account(claim: &Read<'_>) -> Option<Account> {
    if claim.flag("acct.kokin") {
        return None;
    }
    let text = |path: &str| claim.answers.text(path);
    let found = BankAccount {
        bank: text("acct.bank")?.parse().ok()?,
        branch: text("acct.branch")?.parse().ok()?,
        kind: claim.choice("acct.kind")?.parse().ok()?,
        number: text("acct.number")?.parse().ok()?,
    };
    let holder = AccountHolder::from_reading(text("acct.holder_kana")?).ok()?;
    Some(Account::of(&found, holder.as_str()))
}

/// The children of a claim: those of this birth are paid, the others only count.
fn household(claim: &Read<'_>, birth: Date) -> PaidHousehold {
    let mut children = vec![HouseholdChild {
        birth,
        order: claim.filing.child_order.map(i64::from),
        supported: false,
        paid: true,
    }];
    for (block, supported, paid) in [
        ("newborn", false, true),
        ("child", false, false),
        ("older", true, false),
    ] {
        for at in 0..12 {
            if block == "child" && at == 0 {
                continue;
            }
            let path = format!("{block}[{at}]");
            let Some(birth) = claim.date(&format!("{path}.birth")) else {
                continue;
            };
            children.push(HouseholdChild {
                birth,
                order: (block == "newborn").then_some(at + 1),
                supported: supported && claim.flag(&format!("{path}.cost")),
                paid,
            });
        }
    }
    PaidHousehold { children }
}

fn lost(case: &Case<'_>, family: &mut Family) {
    let told = case.others.iter().any(|(filing, _)| {
        filing.state == FilingState::Accepted && LOSSES.contains(&filing.procedure.as_str())
    });
    if told || case.seen.losses.iter().any(String::is_empty) {
        family.loss = true;
    }
    for (at, birth) in case.births.iter().enumerate() {
        if case.seen.losses.contains(&birth.child(case.seen.case_ref)) {
            family.tell(Whom::Child(at), "child.alive", FactValue::Bool(false));
        }
    }
}

/// The child an item is about; empty for the family's, none for children of before and others.
fn child_of(case: &Case<'_>, whom: Whom) -> Option<String> {
    match whom {
        Whom::Child(at) => case
            .births
            .get(at)
            .map(|birth| birth.child(case.seen.case_ref)),
        Whom::Family | Whom::Delivery | Whom::Mother | Whom::Father => Some(String::new()),
        Whom::Expected | Whom::Older(_) | Whom::Person(_) => None,
    }
}

/// The filing an item comes from, and the key under which it exists once.
fn whom(case: &Case<'_>, whom: Whom) -> (ubugoe_protocol::FilingId, String) {
    let filing = |at: usize| {
        case.births
            .get(at)
            .map_or(case.seen.trigger, |birth| birth.seen.id)
    };
    let of_case = |who: &str| format!("{}/{who}", hex::encode(case.seen.case_ref));
    match whom {
        Whom::Child(at) => {
            let child = child_of(case, whom).unwrap_or_default();
            (filing(at), format!("child/{child}"))
        }
        Whom::Delivery => (filing(0), of_case("delivery")),
        Whom::Mother => (filing(0), of_case("mother")),
        Whom::Father => (filing(0), of_case("father")),
        _ => (filing(0), of_case("family")),
    }
}

fn shown(guard: Guard) -> Shown {
    match guard {
        Guard::Show => Shown::Show,
        Guard::Quiet => Shown::Quiet,
        Guard::StaffOnly => Shown::Staff,
        Guard::Hide => Shown::Hide,
    }
}

/// Whether it cannot be settled without knowing how somebody is insured.
fn rests_on_insurance(automatic: &Automatic) -> bool {
    let mut needs = automatic.needs.iter();
    needs.any(|fact| fact.ends_with(".insurance"))
}

/// Whether the recipient itself acts here, as the law of that day has it.
fn acts(automatic: Option<&Automatic>, today: Date) -> bool {
    automatic.is_some_and(|one| {
        one.mode == AutomaticMode::NoApplication
            && one.acts.as_ref().is_some_and(|acts| acts.from <= today)
    })
}

/// When the next of an item's windows opens.
fn opens(item: &Item<'_>, today: Date) -> Option<i64> {
    let from = item.windows.iter().filter_map(|window| window.from);
    let next = from.filter(|from| *from > today).min()?;
    Some(jst::at(next, AGAIN_HOUR))
}

fn next_april(today: Date) -> Option<i64> {
    let this = Date::new(today.year(), 4, 1).ok()?;
    let next = if today < this {
        this
    } else {
        Date::new(today.year().checked_add(1)?, 4, 1).ok()?
    };
    Some(jst::at(next, AGAIN_HOUR))
}

fn detail(item: &Item<'_>, hops: &[Hop], protected: bool) -> ItemDetail {
    let procedure = item.procedure;
    let law = procedure.law.first();
    let mut because = vec![Because {
        sentence: procedure.reason.clone(),
        article: law.map(|law| format!("{} {}", law.name, law.article)),
        sure: law.is_none_or(|law| law.confidence == Confidence::Verified),
    }];
    because.extend(
        item.reasons
            .iter()
            .chain(&item.recipient_why)
            .map(|why| Because {
                sentence: why.sentence.clone(),
                article: why.article.map(str::to_owned),
                sure: why.confidence == Confidence::Verified,
            }),
    );
    if let Some(acts) = item
        .automatic
        .and_then(|one| Some((one, one.acts.as_ref()?)))
    {
        because.push(Because {
            sentence: acts.0.sentence.clone(),
            article: acts.1.article.clone(),
            sure: acts.1.confidence == Confidence::Verified,
        });
    }
    let window = item
        .windows
        .iter()
        .find(|window| window.from.is_some() || window.to.is_some());
    ItemDetail {
        title: procedure.title.clone(),
        officer: procedure.officer_item.as_ref().map(|one| one.title.clone()),
        because,
        automatic: item.automatic.map(|one| one.sentence.clone()),
        // where a protected family lives is said by nobody
        recipient: match item.recipients.first() {
            Some(one) if !protected => one.name.clone(),
            _ => Text::untranslated(""),
        },
        deadline: item.deadline.as_ref().map(|one| one.open_until),
        missing: item
            .missing
            .iter()
            .flatten()
            .filter(|fact| !fact.sensitive)
            .map(|fact| fact.label.clone())
            .fold(Vec::new(), |mut known: Vec<Text>, one| {
                if !known.contains(&one) {
                    known.push(one);
                }
                known
            }),
        from: window.and_then(|window| window.from).or(item.begins),
        to: window.and_then(|window| window.to),
        amount: item.amount.as_ref().and_then(|amount| amount.note.cloned()),
        hops: hops.iter().map(|hop| hop.code().to_owned()).collect(),
    }
}
