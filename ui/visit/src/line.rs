//! The line as a screen needs it: the whole family's, by sections, public and private apart. Data only; the words for
//! sections and states belong to the view, those for items to the catalogue.

use jiff::civil::Date;
use ubugoe_procedures::calendar::plus_days;
use ubugoe_procedures::catalogue::Sector;
use ubugoe_procedures::plan::{self, Around, FamilyLine, Item, Status, Whom};
use ubugoe_procedures::{LegalBasis, ProcedureId, Text};

use crate::{Context, Delivery, DeliveryState, Draft, FormDraft, PaperAdvice, family, questions};

/// Under which heading an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineSection {
    /// It can be finished now.
    Now,
    /// It is prepared, or rests on something nobody has said: to confirm.
    Confirm,
    /// It comes by itself.
    ByItself,
    /// It waits for something else.
    Waits,
    /// Its time has not come.
    Later,
    /// Others do it.
    Elsewhere,
}

/// The one date that matters of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineDate {
    /// Until then.
    Until {
        /// The last day as the law counts it.
        last_day: Date,
        /// The day until which the counters take it.
        open_until: Date,
    },
    /// From then on.
    From(Date),
    /// In this time.
    Between(Date, Date),
}

/// What this visit does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFiling {
    /// It is filed in this visit, as it must or should be.
    Here,
    /// It is filed in this visit because somebody asked for it.
    Added,
    /// It may be added to this visit.
    CanAdd,
    /// It is not filed here.
    No,
}

impl LineFiling {
    /// Whether it goes out with this visit, as it stands.
    #[must_use]
    pub const fn is_filed(self) -> bool {
        matches!(self, Self::Here | Self::Added)
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct LineRow {
    /// Which.
    pub procedure: ProcedureId,
    /// Its title.
    pub title: Text,
    /// Whose: which child, from 0, where it is about one of them.
    pub child: Option<usize>,
    /// Its heading.
    pub section: LineSection,
    /// What this visit does with it.
    pub filing: LineFiling,
    /// Its date.
    pub date: Option<LineDate>,
    /// Its period has passed; it is still taken.
    pub late: bool,
    /// To whom; not where an address is protected.
    pub to: Vec<Text>,
    /// How much, in yen, and whether every month.
    pub yen: Option<(i64, bool)>,
    /// Why it is on this family's line.
    pub reason: Text,
    /// Sentences with their articles.
    pub because: Vec<(Text, Option<String>)>,
    /// What it rests on.
    pub law: Vec<LegalBasis>,
    /// Titles of what it waits for.
    pub waits_for: Vec<Text>,
    /// How it happens by itself.
    pub by_itself: Option<Text>,
}

/// The line.
#[derive(Debug, Clone, PartialEq)]
pub struct LineView {
    /// What state, municipality and insurers have for the family, by section, what is filed here first, and date.
    pub public: Vec<LineRow>,
    /// What others offer; empty unless asked for.
    pub private: Vec<LineRow>,
    /// Whether private offers may be asked for at all.
    pub may_ask_private: bool,
    /// Nothing is congratulated.
    pub quiet: bool,
    /// Something is left for staff to bring up.
    pub staff: bool,
    /// Whether paper is the safer way.
    pub paper: PaperAdvice,
    /// The day it is as of.
    pub today: Option<Date>,
}

/// The line of a draft as it stands.
#[must_use]
pub fn line_view(draft: &Draft, cx: &Context<'_>) -> LineView {
    let home = questions::home_of(&draft.holder.address, cx.catalogue);
    let first = family::at_first(
        &draft.holder,
        draft.role,
        &draft.certificates,
        home,
        cx.birthplace,
    );
    let family = family::as_told(draft, first);
    let today = cx.today.unwrap_or(draft.drafted_on);
    let whole = plan::line(cx.catalogue, &family, today, &Around::default());
    let may_ask_private = !draft.flags.quiet() && !whole.quiet;
    let mut staff = false;
    let (mut public, mut private) = (Vec::new(), Vec::new());
    for item in &whole.items {
        // What only staff bring up is not even hinted at here, unless they opened it and it is filed now.
        let opened = item.status == Status::Staff && filing(draft, item) == LineFiling::Here;
        staff |= item.status == Status::Staff && !opened;
        let Some(section) = section(item).or(opened.then_some(LineSection::Now)) else {
            continue;
        };
        let row = row(draft, &whole, item, section);
        if item.procedure.sector == Sector::Public {
            public.push(row);
        } else if may_ask_private && draft.private_wanted {
            private.push(row);
        }
    }
    for rows in [&mut public, &mut private] {
        rows.sort_by_key(|row| {
            let here = row.filing == LineFiling::Here;
            (row.section, !here, first_day(row.date))
        });
    }
    LineView {
        public,
        private,
        may_ask_private,
        quiet: whole.quiet || draft.flags.quiet(),
        staff,
        paper: paper_advice(&draft.forms, cx),
        today: cx.today,
    }
}

fn section(item: &Item<'_>) -> Option<LineSection> {
    match item.status {
        Status::Now | Status::Late => Some(LineSection::Now),
        Status::Offer | Status::Question => Some(LineSection::Confirm),
        Status::ByItself => Some(LineSection::ByItself),
        Status::WaitsFor => Some(LineSection::Waits),
        Status::Upcoming => Some(LineSection::Later),
        Status::Elsewhere => Some(LineSection::Elsewhere),
        // What is over or done is no news.
        Status::Staff | Status::Closed | Status::Done => None,
    }
}

fn first_day(date: Option<LineDate>) -> Date {
    match date {
        Some(LineDate::Until { open_until, .. }) => open_until,
        Some(LineDate::From(day) | LineDate::Between(day, _)) => day,
        None => Date::MAX,
    }
}

fn row(draft: &Draft, line: &FamilyLine<'_>, item: &Item<'_>, section: LineSection) -> LineRow {
    let child = match item.whom {
        Whom::Child(at) if draft.several() => Some(at),
        _ => None,
    };
    let before: Vec<Option<&Item<'_>>> = item
        .waits_for()
        .map(|edge| line.items.get(edge.item?))
        .collect();
    let filed_first = before
        .iter()
        .all(|other| other.is_some_and(|other| filing(draft, other).is_filed()));
    let filing = filing(draft, item);
    let section = match filing {
        // What is filed in this visit can be finished now, whatever it waits for at the office.
        LineFiling::Here => LineSection::Now,
        // All that it waits for is filed in this visit: a yes is enough, and it stays in its place when that is said.
        LineFiling::Added if section == LineSection::Waits => LineSection::Confirm,
        LineFiling::CanAdd if section == LineSection::Waits && filed_first => LineSection::Confirm,
        LineFiling::Added | LineFiling::CanAdd | LineFiling::No => section,
    };
    let waits_for = before.into_iter().flatten();
    let waits_for = waits_for
        .map(|other| other.procedure.title.clone())
        .collect();
    LineRow {
        procedure: item.procedure.id.clone(),
        title: item.procedure.title.clone(),
        child,
        section,
        filing,
        date: date(item),
        late: item.state == Status::Late,
        to: item
            .recipients
            .iter()
            .filter(|one| one.kind != ubugoe_procedures::Routing::Nobody)
            .map(|one| one.name.clone())
            .collect(),
        yen: item
            .amount
            .as_ref()
            .and_then(|amount| Some((amount.yen?, amount.monthly))),
        reason: item.procedure.reason.clone(),
        because: item
            .reasons
            .iter()
            .filter(|_| item.state != Status::Question)
            .map(|why| (why.sentence.clone(), why.article.map(str::to_owned)))
            .collect(),
        law: item.procedure.law.clone(),
        waits_for,
        by_itself: item.automatic.map(|one| one.sentence.clone()),
    }
}

fn filing(draft: &Draft, item: &Item<'_>) -> LineFiling {
    let about = |form: &&FormDraft| {
        let same = form.child.is_none() || Some(item.whom) == form.child.map(Whom::Child);
        form.procedure == item.procedure.id && same
    };
    match draft.forms.iter().find(about) {
        Some(form) if form.chosen && form.optional => LineFiling::Added,
        Some(form) if form.chosen => LineFiling::Here,
        Some(_) => LineFiling::CanAdd,
        None => LineFiling::No,
    }
}

fn date(item: &Item<'_>) -> Option<LineDate> {
    if let Some(deadline) = &item.deadline {
        return Some(LineDate::Until {
            last_day: deadline.last_day,
            open_until: deadline.open_until,
        });
    }
    if let Some(from) = item.begins {
        return Some(LineDate::From(from));
    }
    item.windows
        .first()
        .and_then(|window| match (window.from, window.to) {
            (Some(from), Some(to)) => Some(LineDate::Between(from, to)),
            (Some(from), None) => Some(LineDate::From(from)),
            (None, Some(to)) => Some(LineDate::Until {
                last_day: to,
                open_until: to,
            }),
            (None, None) => None,
        })
}

/// Whether paper is the safer way: near the end of the first deadline, and without a network. Where the clock is not
/// right no deadline is shown, and none is reckoned with.
#[must_use]
pub(crate) fn paper_advice(forms: &[FormDraft], cx: &Context<'_>) -> PaperAdvice {
    let dues = forms
        .iter()
        .filter(|form| form.chosen)
        .filter_map(|form| form.due);
    let Some((today, due)) = cx.today.zip(dues.min_by_key(|due| due.open_until)) else {
        return PaperAdvice::NotNeeded;
    };
    advice(
        today,
        due.last_day.min(due.open_until),
        due.open_until,
        Reach::of(cx),
    )
}

/// How the cities can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Now.
    pub online: bool,
    /// Not for a day or longer.
    pub offline_long: bool,
}

impl Reach {
    /// So many days before its last one, a deadline is near.
    #[must_use]
    pub const fn near(self) -> i32 {
        if self.offline_long && !self.online {
            NEAR_WITHOUT_NETWORK
        } else {
            NEAR
        }
    }

    pub(crate) const fn of(cx: &Context<'_>) -> Self {
        Self {
            online: cx.online,
            offline_long: cx.offline_long,
        }
    }
}

/// The same for what is stored and has not arrived: it is carried for as long as it takes, and whether that is in time is
/// another question.
#[must_use]
pub fn carried_advice(deliveries: &[Delivery], today: Option<Date>, reach: Reach) -> PaperAdvice {
    let first = first_due(deliveries);
    match today.zip(first) {
        Some((today, until)) => advice(today, until, until, reach),
        None => PaperAdvice::NotNeeded,
    }
}

/// The first day until which one of these has to arrive that has not arrived.
#[must_use]
pub fn first_due(deliveries: &[Delivery]) -> Option<Date> {
    let open = deliveries
        .iter()
        .filter(|one| matches!(one.state, DeliveryState::Stored | DeliveryState::Sent));
    open.filter_map(|one| one.open_until).min()
}

/// Days before the end from which paper is spoken of: day 12 of 14.
const NEAR: i32 = 2;
/// The same where there was no network for a day: over a week-end and a holiday nobody mends it.
const NEAR_WITHOUT_NETWORK: i32 = 5;

fn advice(today: Date, last_day: Date, open_until: Date, reach: Reach) -> PaperAdvice {
    if today > open_until {
        return PaperAdvice::Late { open_until };
    }
    // Or the last day on which a counter is open.
    if plus_days(today, reach.near()) < last_day && today < open_until {
        return PaperAdvice::NotNeeded;
    }
    if reach.online {
        PaperAdvice::Soon { open_until }
    } else {
        PaperAdvice::Now { open_until }
    }
}
