//! One entry of the catalogue: a procedure, a service, a task of somebody else, or an offer.
//!
//! Everything here was checked when it was loaded; this module only finds things in it.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar;
use crate::condition::When;
use crate::form::{Confidence, Form};
use crate::ids::ProcedureId;
use crate::rules::{Cases, Day, Focus, Records, Rule, Scope, Verdict};
use crate::text::Text;

/// Declares an enum of words that stand in the catalogue.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$each])* $variant,)*
        }

        impl $name {
            /// The word in the catalogue.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words! {
    /// What kind of entry it is.
    Kind {
        /// Something a family files, and an office decides.
        Procedure = "procedure",
        /// Something a family can use or is invited to: a visit, a check-up, a consultation.
        Service = "service",
        /// Something others do (hospital, employer, office); the family only waits for it or carries a paper.
        TaskOfOthers = "task_of_others",
        /// An offer, commercial or not, that nobody is entitled to.
        Offer = "offer",
    }
}

words! {
    /// Who stands behind it.
    Sector {
        /// The state, a municipality, a public insurer.
        Public = "public",
        /// Anybody else. Always labelled, never among statutory items.
        Private = "private",
    }
}

words! {
    /// The part of life it belongs to.
    Domain {
        /// From pregnancy to school.
        Childcare = "childcare",
        /// Care of the elderly.
        ElderlyCare = "elderly_care",
        /// Work, training and moving in a region.
        RegionalWork = "regional_work",
    }
}

words! {
    /// When in that part of life.
    Stage {
        /// Before the birth.
        Pregnancy = "pregnancy",
        /// Around the birth.
        Birth = "birth",
        /// The first weeks.
        Newborn = "newborn",
        /// Until the first birthday.
        Infant = "infant",
        /// Until the third birthday.
        Toddler = "toddler",
        /// Until school.
        Preschool = "preschool",
        /// Entering school and after.
        School = "school",
        /// Finding out what care is needed.
        Assessment = "assessment",
        /// Planning care, or a way back to work.
        Planning = "planning",
        /// Being cared for, being trained, working.
        Running = "running",
        /// Looking for work.
        Search = "search",
        /// Moving.
        Moving = "moving",
        /// At any time.
        Any = "any",
    }
}

words! {
    /// Which level of government (or who else) is behind it.
    Level {
        /// The state.
        National = "national",
        /// A prefecture.
        Prefecture = "prefecture",
        /// A municipality.
        Municipal = "municipal",
        /// A health insurer or mutual-aid association.
        Insurer = "insurer",
        /// An employer.
        Employer = "employer",
        /// Private.
        Private = "private",
    }
}

words! {
    /// Who receives it.
    Routing {
        /// The municipality the child was born in: always lawful for a birth notification, whoever the parents are.
        Birthplace = "birthplace",
        /// The municipality of the registered domicile (本籍).
        Honseki = "honseki",
        /// The municipality where whoever files is staying (所在地).
        Stay = "stay",
        /// The municipality the child lives in.
        ChildHome = "child_home",
        /// The municipality the claimant lives in.
        ClaimantHome = "claimant_home",
        /// The municipality the mother lives in.
        MotherHome = "mother_home",
        /// The municipality the head of the household lives in.
        HeadHome = "head_home",
        /// The municipality the person concerned lives in.
        PersonHome = "person_home",
        /// The municipality somebody moves away from.
        FormerHome = "former_home",
        /// The municipality somebody moves to.
        NewHome = "new_home",
        /// The prefecture of the home.
        Prefecture = "prefecture",
        /// The employer.
        Employer = "employer",
        /// The health insurer.
        Insurer = "insurer",
        /// The pension office.
        PensionOffice = "pension_office",
        /// The public employment office (ハローワーク).
        EmploymentOffice = "employment_office",
        /// Immigration.
        Immigration = "immigration",
        /// An embassy or consulate.
        Embassy = "embassy",
        /// The family court.
        FamilyCourt = "family_court",
        /// The hospital, clinic, nursery or other facility.
        Facility = "facility",
        /// A private provider.
        Provider = "provider",
        /// Filed with nobody: evidence for others, or nothing to file.
        Nobody = "nobody",
    }
}

words! {
    /// How many times a family has it.
    Per {
        /// Once.
        Family = "family",
        /// Once for each delivery.
        Delivery = "delivery",
        /// Once for each child.
        Child = "child",
        /// Once for each parent.
        Parent = "parent",
        /// Once for each person.
        Person = "person",
    }
}

impl Per {
    /// The scope whose members each have it.
    #[must_use]
    pub fn scope(self) -> Scope {
        match self {
            Self::Family => Scope::Family,
            Self::Delivery => Scope::Delivery,
            Self::Child => Scope::Child,
            Self::Parent => Scope::Parent,
            Self::Person => Scope::Person,
        }
    }
}

words! {
    /// In what role somebody signs, carries, reads or writes.
    Role {
        /// The mother.
        Mother = "mother",
        /// The father.
        Father = "father",
        /// Either parent.
        Parent = "parent",
        /// Both parents.
        BothParents = "both_parents",
        /// Whoever has custody or raises the child.
        Guardian = "guardian",
        /// The claimant.
        Claimant = "claimant",
        /// The head of the household.
        HeadOfHousehold = "head_of_household",
        /// The insured person.
        Insured = "insured",
        /// The person concerned.
        Person = "person",
        /// The family of the person concerned.
        Family = "family",
        /// Family that lives far away.
        RemoteFamily = "remote_family",
        /// A legal representative other than a parent.
        LegalRepresentative = "legal_representative",
        /// A person living with the mother.
        Cohabitant = "cohabitant",
        /// The doctor.
        Doctor = "doctor",
        /// The midwife.
        Midwife = "midwife",
        /// Anybody else who attended the birth.
        Attendant = "attendant",
        /// The head of a facility.
        FacilityHead = "facility_head",
        /// A nurse or public-health nurse.
        Nurse = "nurse",
        /// The care manager.
        CareManager = "care_manager",
        /// A care helper.
        Helper = "helper",
        /// The employer.
        Employer = "employer",
        /// An officer of the municipality.
        Officer = "officer",
        /// The provider of a service.
        Provider = "provider",
        /// Somebody with a written authority.
        Delegate = "delegate",
        /// Anybody, as a messenger.
        Anyone = "anyone",
    }
}

words! {
    /// What happens to an item where a circumstance applies.
    Guard {
        /// Shown as always.
        Show = "show",
        /// Shown, without push, sound or congratulation.
        Quiet = "quiet",
        /// Shown to staff only, who bring it up themselves.
        StaffOnly = "staff_only",
        /// Not shown and not sent, by nobody to nobody.
        Hide = "hide",
    }
}

words! {
    /// Messages that must never reach a family that has lost a child.
    Joyful {
        /// Congratulation.
        Congrats = "congrats",
        /// A gift.
        Gift = "gift",
        /// A vaccination.
        Vaccine = "vaccine",
        /// A check-up of the child.
        Checkup = "checkup",
        /// A nursery.
        Nursery = "nursery",
        /// An offer.
        Offer = "offer",
    }
}

words! {
    /// How much happens by itself.
    AutomaticMode {
        /// Nothing: somebody files.
        None = "none",
        /// Prepared and offered; somebody confirms.
        OfferAndConfirm = "offer_and_confirm",
        /// Nobody files: the office does it by itself.
        NoApplication = "no_application",
    }
}

words! {
    /// How strongly one item rests on another.
    Strength {
        /// Cannot be decided before.
        Hard = "hard",
        /// May be lodged at the same time and completed later.
        Soft = "soft",
    }
}

words! {
    /// Which day decides the version of the law.
    VersionBy {
        /// The day of the event.
        EventDay = "event_day",
        /// The day that is asked about.
        DayAsked = "day_asked",
    }
}

words! {
    /// Where evidence comes from once registers talk to one another.
    OnceOnly {
        /// The hospital's certificate.
        Hospital = "hospital",
        /// The family register.
        Koseki = "koseki",
        /// The resident record.
        Juminhyo = "juminhyo",
        /// The municipal tax records.
        Tax = "tax",
        /// The health insurers' records.
        Insurance = "insurance",
        /// The pension records.
        Pension = "pension",
        /// The registered account for public money (公金受取口座).
        Account = "account",
        /// The employment insurance records.
        Employment = "employment",
        /// The disability records.
        Disability = "disability",
        /// The residence records of immigration.
        Residence = "residence",
        /// The municipality's own records of mother and child.
        MaternalHealth = "maternal_health",
        /// The long-term care records.
        Care = "care",
        /// The card's own attributes.
        Card = "card",
    }
}

/// A law a procedure rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegalBasis {
    /// The law's Japanese name.
    pub name: String,
    /// e-Gov law id, for example `322AC0000000224`; empty for a municipal rule.
    #[serde(default)]
    pub law_id: String,
    /// Article or articles.
    pub article: String,
    /// An ordinance or guideline of the municipality, which e-Gov does not list.
    #[serde(default)]
    pub municipal: bool,
    /// How sure the catalogue is.
    #[serde(default)]
    pub confidence: Confidence,
}

/// How the days of a deadline are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// R-DAY1: the day of the event is day 1.
    EventDayIsDayOne,
    /// R-DAY0: counting begins the day after.
    EventDayExcluded,
}

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Length {
    /// No number of days: promptly (速やかに, 遅滞なく).
    Promptly,
    /// So many days.
    Days(u16),
    /// So many months; years are twelve each.
    Months(u16),
}

/// A deadline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineRule {
    /// How days are counted.
    pub count: DayCount,
    /// How long.
    pub length: Length,
    /// The fact it runs from: `child.birth`, the day of a loss, a move.
    pub from: String,
    /// It ends that long *before* the event.
    pub before: bool,
    /// R-ROLL applies: a last day on which the counters are closed moves to the next opening day.
    pub rolled: bool,
    /// What happens then, in calm words.
    pub note: Text,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
    /// Other periods for some families; they do not overlap.
    pub variants: Vec<DeadlineVariant>,
}

/// Another period for some families: births abroad.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadlineVariant {
    /// Its id.
    pub id: String,
    /// For whom.
    pub when: Rule,
    /// How days are counted.
    pub count: DayCount,
    /// How long.
    pub length: Length,
    /// What happens then.
    pub note: Text,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

fn last_day(count: DayCount, length: Length, before: bool, event: Date) -> Option<Date> {
    let day_one = count == DayCount::EventDayIsDayOne;
    Some(match (length, before) {
        (Length::Promptly, _) => return None,
        (Length::Days(days), false) if day_one => calendar::last_day_counting_event(event, days),
        (Length::Days(days), false) => calendar::last_day_after_event(event, days),
        (Length::Days(days), true) => {
            calendar::plus_days(event, i32::from(day_one) - i32::from(days))
        }
        (Length::Months(months), false) if day_one => calendar::last_day_of_months(event, months),
        (Length::Months(months), false) => {
            calendar::last_day_of_months(calendar::plus_days(event, 1), months)
        }
        (Length::Months(months), true) => {
            event.saturating_sub(jiff::Span::new().months(i32::from(months)))
        }
    })
}

impl DeadlineRule {
    /// The last day of the ordinary period, not rolled; `None` where it is only "promptly".
    #[must_use]
    pub fn last_day(&self, event: Date) -> Option<Date> {
        last_day(self.count, self.length, self.before, event)
    }

    /// The last day of a variant's period, not rolled.
    #[must_use]
    pub fn last_day_of(&self, variant: &DeadlineVariant, event: Date) -> Option<Date> {
        last_day(variant.count, variant.length, self.before, event)
    }

    /// The variant that applies to a family; `Err` while that rests on something nobody knows.
    ///
    /// # Errors
    /// The variants that may apply.
    pub fn variant(
        &self,
        records: &Records,
        focus: &Focus,
    ) -> Result<Option<&DeadlineVariant>, Vec<&DeadlineVariant>> {
        let mut open = Vec::new();
        for variant in &self.variants {
            match variant.when.decide(records, focus) {
                Verdict::Yes => return Ok(Some(variant)),
                Verdict::Unknown => open.push(variant),
                Verdict::No => {}
            }
        }
        if open.is_empty() { Ok(None) } else { Err(open) }
    }
}

/// From when to when something can be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    /// Its id.
    pub id: String,
    /// Its name, where there are several.
    pub label: Option<Text>,
    /// For whom; `None`: always.
    pub when: Option<Rule>,
    /// The first day; `None`: from the beginning.
    pub from: Option<Day>,
    /// The last day; `None`: without end.
    pub to: Option<Day>,
    /// What to know about it.
    pub note: Option<Text>,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// A reference to a table of amounts (`catalogue/amounts/<table>.toml`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AmountRef {
    /// The table.
    pub table: String,
    /// The benefit as a rule of thumb, in words.
    pub note: Option<Text>,
}

/// An exception of a version, for those who want to show them by themselves; the version's rule contains them already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its id, which is a node of the rule's trace too.
    pub id: String,
    /// What it makes of the answer.
    pub then: bool,
    /// What it says.
    pub sentence: Text,
    /// Where the law says so.
    pub article: Option<String>,
}

/// The law as it stands for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its id, for example `2024-10`.
    pub id: String,
    /// The first day; `None`: from the beginning.
    pub valid_from: Option<Date>,
    /// The last day; `None`: until further notice.
    pub valid_to: Option<Date>,
    /// For whom it is due, exceptions included.
    pub when: Rule,
    /// The exceptions, in the order of the file; which goes over which is in the rule.
    pub exceptions: Vec<Exception>,
    /// Until when.
    pub deadline: Option<DeadlineRule>,
    /// From when to when.
    pub windows: Vec<Window>,
    /// How much.
    pub amount: Option<AmountRef>,
    /// What is different about it.
    pub note: Option<Text>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

impl Version {
    /// Whether it is valid on a day.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// Evidence that goes with a filing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: Text,
    /// For whom; `None`: always.
    pub when: Option<Rule>,
    /// May be handed in later without losing the day of filing.
    pub may_follow: bool,
    /// The register that makes it unnecessary, and how.
    pub disappears: Option<Disappears>,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// The register that makes evidence unnecessary.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disappears {
    /// Which.
    pub source: OnceOnly,
    /// How, in words.
    pub sentence: Text,
}

/// That one item rests on another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The other.
    pub on: ProcedureId,
    /// How strongly.
    pub strength: Strength,
    /// Why.
    pub sentence: Text,
    /// For whom; `None`: always.
    pub when: Option<Rule>,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// What an officer has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficerItem {
    /// Its name in the list of work.
    pub title: Text,
    /// What is to be decided, in order.
    pub decides: Vec<Decision>,
}

/// One thing an officer decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Its id.
    pub id: String,
    /// In words.
    pub label: Text,
    /// Where the law says so.
    pub article: Option<String>,
}

/// Another recipient that is as lawful as the usual one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlsoAt {
    /// Which.
    pub to: Routing,
    /// For whom; `None`: always.
    pub when: Option<Rule>,
    /// Where the law says so.
    pub article: Option<String>,
}

/// How much happens by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Automatic {
    /// How.
    pub mode: AutomaticMode,
    /// In words for the family.
    pub sentence: Text,
    /// The facts that must be known for it.
    pub needs: Vec<String>,
    /// For whom; `None`: always.
    pub when: Option<Rule>,
    /// Since when the recipient itself acts; `None`: others do it, or nothing is to be done.
    pub acts: Option<Acts>,
}

/// That the recipient acts by itself: what its system may prepare for an officer and carry out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acts {
    /// The first day.
    pub from: Date,
    /// Where the law says so.
    pub article: Option<String>,
    /// How sure the catalogue is.
    pub confidence: Confidence,
}

/// What happens always, and where one of six circumstances applies; the strictest counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guards {
    /// Whatever the circumstances: what is delicate in itself is never pushed.
    pub always: Guard,
    /// A child was lost.
    pub loss: Guard,
    /// A child is in intensive care.
    pub nicu: Guard,
    /// The family is protected from violence.
    pub dv_support: Guard,
    /// The child is to be adopted or fostered.
    pub adoption_plan: Guard,
    /// A parent is a minor.
    pub minor_parent: Guard,
    /// A parent is a foreign national.
    pub foreign_parent: Guard,
}

/// A record that several people keep: who reads and writes what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedRecord {
    /// The kinds of entry.
    pub entries: Vec<RecordEntry>,
    /// Who may do what.
    pub access: Vec<Access>,
    /// Reading without permission is possible in an emergency, and is logged.
    pub break_glass: bool,
}

/// A kind of entry in a shared record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub label: Text,
}

/// What one role may do with a shared record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Who.
    pub role: Role,
    /// The kinds of entry it reads.
    pub reads: Vec<String>,
    /// The kinds of entry it writes.
    pub writes: Vec<String>,
    /// Only with the consent of the person concerned.
    pub consent: bool,
}

/// How strong an advice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AdviceKind {
    /// Good to know.
    Note,
    /// The filing is taken; the office will want to speak with the parent.
    Counter,
    /// Another office is competent: this filing would go to the wrong place.
    Elsewhere,
}

/// Something to say once the answers on a form show it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Advice {
    /// Stable id.
    pub id: String,
    /// How strong.
    pub kind: AdviceKind,
    /// When: a condition on the answers of the form.
    pub when: When,
    /// What is said.
    pub text: Text,
    /// Law or practice behind it.
    #[serde(default)]
    pub article: Option<String>,
    /// How sure the catalogue is.
    #[serde(default)]
    pub confidence: Confidence,
}

/// Title, summary and reason in one further language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OtherWords {
    /// Title.
    pub title: Option<String>,
    /// Summary.
    pub summary: Option<String>,
    /// Reason.
    pub reason: Option<String>,
}

/// One entry of the catalogue.
#[derive(Debug, Clone)]
pub struct Procedure {
    /// Stable key.
    pub id: ProcedureId,
    /// What kind of entry.
    pub kind: Kind,
    /// Public or private.
    pub sector: Sector,
    /// Part of life.
    pub domain: Domain,
    /// When in it.
    pub stage: Stage,
    /// Level of government.
    pub level: Level,
    /// How many times a family has it.
    pub per: Per,
    /// Official title.
    pub title: Text,
    /// What it is for, in plain words.
    pub summary: Text,
    /// Why it is on the family's line.
    pub reason: Text,
    /// Title, summary and reason in further languages (`ja_easy`, `zh` …), where somebody wrote them.
    pub other_words: BTreeMap<String, OtherWords>,
    /// Who is in charge, in words.
    pub authority: Option<Text>,
    /// Laws.
    pub law: Vec<LegalBasis>,
    /// Who usually receives it.
    pub routing: Routing,
    /// Who receives it, case by case.
    pub recipient: Cases<Routing>,
    /// Other recipients that are as lawful.
    pub also_at: Vec<AlsoAt>,
    /// Place on the line; lower comes first.
    pub order: u16,
    /// Filed from the bedside kiosk.
    pub bedside: bool,
    /// Not filed from the bedside by itself, but may be added there.
    pub bedside_offer: bool,
    /// The fact its period and its version run from.
    pub event: Option<String>,
    /// Which day decides the version.
    pub version_by: VersionBy,
    /// The law over time, oldest first; at least one.
    pub versions: Vec<Version>,
    /// The deadline that runs from the birth, in the newest version; `None` where there is none, or another event begins it.
    pub deadline: Option<DeadlineRule>,
    /// What the officer has to do with it.
    pub officer_item: Option<OfficerItem>,
    /// Who signs, in words.
    pub signer: Text,
    /// Who signs, the first who can.
    pub signers: Cases<Vec<Role>>,
    /// Who may carry it.
    pub carriers: Vec<Role>,
    /// Evidence.
    pub attachments: Vec<Attachment>,
    /// What it rests on.
    pub depends: Vec<Dependency>,
    /// How much happens by itself.
    pub automatic: Vec<Automatic>,
    /// What happens in six circumstances.
    pub guards: Guards,
    /// The joyful messages it may send.
    pub joyful: Vec<Joyful>,
    /// A record that several people keep.
    pub record: Option<SharedRecord>,
    /// The key in the catalogue of public services.
    pub psid: Option<String>,
    /// Tags of the universal menu.
    pub um: Vec<String>,
    /// The number of the function in the standard specifications, where one is known.
    pub std_function_id: Option<String>,
    /// Where it was read.
    pub sources: Vec<String>,
    /// How sure the catalogue is of the whole.
    pub confidence: Confidence,
    /// What to say depending on the answers.
    pub advice: Vec<Advice>,
    /// The form; without fields where nothing is filled in.
    pub form: Form,
}

impl Procedure {
    /// Whether there is something to fill in.
    #[must_use]
    pub fn has_form(&self) -> bool {
        !self.form.fields.is_empty()
    }

    /// The version for an event day and the day that is asked about.
    ///
    /// `None` when no version is valid then, or the event's day decides and is not known.
    #[must_use]
    pub fn version(&self, event: Option<Date>, asked: Date) -> Option<&Version> {
        let day = match self.version_by {
            VersionBy::EventDay => {
                if let [only] = self.versions.as_slice()
                    && only.valid_from.is_none()
                    && only.valid_to.is_none()
                {
                    return Some(only);
                }
                event?
            }
            VersionBy::DayAsked => asked,
        };
        self.versions.iter().find(|version| version.covers(day))
    }
}
