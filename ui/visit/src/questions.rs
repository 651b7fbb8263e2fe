//! The forms of a visit while they are being filled in: what to ask next, where an answer goes, what can be put
//! together. Works on a [`Draft`]; knows no stages.

use jiff::civil::Date;
use ubugoe_procedures::catalogue::Guard;
use ubugoe_procedures::plan::{self, Around, Audience, Item, Status, Whom};
use ubugoe_procedures::{
    Advice, AdviceKind, Answers, AssembleError, CardHolder, Catalogue, Due, Facts, Field,
    FilerRole, Filing, Match, MunicipalityCode, Problem, Procedure, ProcedureId, Profile, Required,
    Source, Tongue, Value, advice, check, derive, missing, prefill, share,
};

use crate::service::key_of;
use crate::{
    Candidate, CardOnReader, Context, Draft, FormDraft, NurseryDraft, Prepared, QuestionAt,
    SavedDraft, WardFlags, family, nursery,
};

/// The forms, filled from what is known.
///
/// A procedure that goes to a municipality without a profile here gets no form: nothing is ever sent to the wrong city
/// for want of the right one. It stays on the line all the same.
pub(crate) fn begin(
    card: CardOnReader,
    holder: CardHolder,
    certificates: Vec<Candidate>,
    today: Date,
    cx: &Context<'_>,
) -> Option<Draft> {
    let home = home_of(&holder.address, cx.catalogue);
    // Staff may have handed a certificate to somebody else than the mother: a legal filer all the same (戸籍法52).
    let handed = cx.staff.handed.filter(|handed| {
        let this = |found: &Candidate| {
            handed.key == key_of(&found.certificate)
                && found.certificate.matches_mother(&holder) != Match::Exact
        };
        certificates.iter().any(this)
    });
    let role = handed.map_or(FilerRole::Mother, |handed| handed.role);
    let flags = certificates
        .iter()
        .fold(WardFlags::default(), |flags, found| flags.or(found.flags));
    let facts: Vec<Facts> = certificates
        .iter()
        .map(|found| Facts {
            home: home.unwrap_or(cx.birthplace),
            birthplace: cx.birthplace,
            role,
            certificate: Some(found.certificate.clone()),
            holder: holder.clone(),
            today,
        })
        .collect();
    // Where a form goes is decided without the ward's marks: they say how things are shown, not to whom they go.
    let family = family::at_first(&holder, role, &certificates, home, cx.birthplace);
    let around = Around {
        audience: Audience::Staff,
        ..Around::default()
    };
    let whole = plan::line(cx.catalogue, &family, today, &around);
    let mut forms: Vec<FormDraft> = Vec::new();
    for item in whole.items.iter().filter(|item| fileable(item)) {
        let Some(form) = form_of(item, &facts, flags, cx) else {
            continue;
        };
        let there = |other: &FormDraft| {
            other.procedure == form.procedure && (form.child.is_none() || other.child == form.child)
        };
        if !forms.iter().any(there) {
            forms.push(form);
        }
    }
    if forms.is_empty() {
        return None;
    }
    let mut draft = Draft {
        card,
        holder,
        certificates,
        flags,
        role,
        forms,
        asked: Vec::new(),
        line_seen: false,
        private_wanted: false,
        nursery: NurseryDraft::default(),
        drafted_on: today,
    };
    guard(&mut draft, family, cx);
    lend(&mut draft.forms, cx);
    (!draft.forms.is_empty()).then_some(draft)
}

/// The notification of a birth: due whatever else is marked, for a child who lived.
const BIRTH: &str = "shussei_todoke";

/// What the ward marked takes forms away (nothing is claimed for a child who was lost), or leaves them to whoever asks
/// (an adoption plan: the adoptive parents claim). The birth is notified all the same.
fn guard(draft: &mut Draft, family: plan::Family, cx: &Context<'_>) {
    let family = family::as_told(draft, family);
    let around = Around {
        audience: Audience::Staff,
        ..Around::default()
    };
    let marked = plan::line(cx.catalogue, &family, draft.drafted_on, &around);
    draft.forms.retain_mut(|form| {
        let about = |item: &&Item<'_>| {
            let same = form.child.is_none() || Some(item.whom) == form.child.map(Whom::Child);
            item.procedure.id == form.procedure && same
        };
        let Some(item) = marked.items.iter().find(about) else {
            return false;
        };
        if item.guard == Guard::StaffOnly && form.procedure.as_str() != BIRTH {
            (form.optional, form.chosen) = (true, false);
        }
        true
    });
}

/// Whether an item can be filed from the bedside: always, or if somebody asks for it. What the bundle holds is not left
/// out because it is late or rests on something nobody said.
fn fileable(item: &Item<'_>) -> bool {
    let open = match item.state {
        Status::Now | Status::Offer | Status::Late | Status::WaitsFor | Status::Question => true,
        Status::Upcoming
        | Status::ByItself
        | Status::Elsewhere
        | Status::Staff
        | Status::Closed
        | Status::Done => false,
    };
    item.procedure.has_form() && (item.procedure.bedside || (item.procedure.bedside_offer && open))
}

/// A form that covers every child of a delivery has a box for how many they are.
const OF_ALL: &str = "newborns";

fn form_of(
    item: &Item<'_>,
    facts: &[Facts],
    flags: WardFlags,
    cx: &Context<'_>,
) -> Option<FormDraft> {
    let procedure = item.procedure;
    let recipient = item.recipients.first()?.municipality?;
    cx.catalogue.profile(&recipient)?;
    let of_all = procedure.form.field(OF_ALL).is_some();
    let child = match item.whom {
        Whom::Child(at) if !of_all => Some(at),
        _ => None,
    };
    let own_facts = facts.get(child.unwrap_or(0))?;
    let mut own = prefill(procedure, own_facts, cx.catalogue);
    if of_all && facts.len() > 1 {
        rows_of_all(procedure, facts, &mut own, cx);
    }
    if flags.protection {
        protect(procedure, &mut own);
    }
    let due = item.deadline.as_ref().map(|deadline| Due {
        last_day: deadline.last_day,
        open_until: deadline.open_until,
        rolled: cx.catalogue.roll(&recipient, deadline.last_day).is_ok(),
    });
    Some(FormDraft {
        procedure: procedure.id.clone(),
        recipient,
        child,
        optional: !procedure.bedside,
        chosen: procedure.bedside,
        due,
        answers: own.clone(),
        own,
    })
}

/// The rows for the other children of a delivery, from their own certificates.
fn rows_of_all(procedure: &Procedure, facts: &[Facts], own: &mut Answers, cx: &Context<'_>) {
    let count = i64::try_from(facts.len()).unwrap_or(i64::MAX);
    if let Ok(path) = OF_ALL.parse() {
        own.set(path, Value::Number(count), Source::Certificate);
    }
    for (row, facts) in facts.iter().enumerate().skip(1) {
        let of_the_child = prefill(procedure, facts, cx.catalogue);
        into_row(&of_the_child, row, own);
    }
}

/// Carries what would stand in the row of the first child into the row of another.
fn into_row(of_the_child: &Answers, row: usize, to: &mut Answers) {
    for (path, answer) in of_the_child.iter() {
        let leaf = path.as_str().strip_prefix("child[0].");
        let carried = match answer.source {
            Source::Certificate | Source::Parent | Source::Derived => true,
            Source::Card | Source::Profile | Source::System => false,
        };
        if let Some(leaf) = leaf.filter(|_| carried)
            && let Ok(path) = format!("newborn[{row}].{leaf}").parse()
        {
            to.set(path, answer.value.clone(), answer.source);
        }
    }
}

/// Marks every address of the family as protected: the sharing rules of the forms then carry nothing over to a spouse,
/// and the office masks it.
fn protect(procedure: &Procedure, own: &mut Answers) {
    for field in &procedure.form.fields {
        let leaf = field.path.as_str().rsplit('.').next();
        if leaf == Some("confidential") && field.option("dv_support").is_some() {
            let marked = Value::Choice("dv_support".to_owned());
            own.set(field.path.clone(), marked, Source::System);
        }
    }
}

/// Puts a kept draft's answers back.
pub(crate) fn restore(draft: &mut Draft, saved: &SavedDraft, cx: &Context<'_>) {
    saved.restore(draft, cx);
    lend(&mut draft.forms, cx);
}

/// Adds an optional form to what is filed, or takes it out again. True where there was one.
pub(crate) fn toggle(draft: &mut Draft, procedure: &ProcedureId, cx: &Context<'_>) -> bool {
    let mut found = false;
    for form in &mut draft.forms {
        if form.procedure == *procedure && form.optional {
            form.chosen = !form.chosen;
            found = true;
        }
    }
    if found {
        lend(&mut draft.forms, cx);
    }
    found
}

/// The municipality that an address on a card lies in, among those that have a profile.
///
/// With the prefecture in front, the longest name wins (a ward's begins with its city's). Cards leave the prefecture out
/// where the register does; then the name must fit exactly one profile, because two municipalities may share a name
/// (府中市, 伊達市).
pub(crate) fn home_of(address: &str, catalogue: &Catalogue) -> Option<MunicipalityCode> {
    let longest = |rest: &str| {
        let fits = |profile: &&Profile| rest.starts_with(profile.name.ja.as_str());
        let length = catalogue
            .profiles()
            .filter(fits)
            .map(|p| p.name.ja.len())
            .max()?;
        let codes = catalogue
            .profiles()
            .filter(fits)
            .filter(|p| p.name.ja.len() == length);
        Some(codes.map(|p| p.code).collect::<Vec<_>>())
    };
    let with_prefecture = catalogue
        .profiles()
        .filter_map(|profile| {
            Some((
                profile,
                address.strip_prefix(profile.prefecture.ja.as_str())?,
            ))
        })
        .filter(|(profile, rest)| rest.starts_with(profile.name.ja.as_str()))
        .max_by_key(|(profile, _)| profile.name.ja.len())
        .map(|(profile, _)| profile.code);
    with_prefecture.or_else(|| match longest(address)?.as_slice() {
        [only] => Some(*only),
        _ => None,
    })
}

fn procedure<'a>(form: &FormDraft, cx: &Context<'a>) -> Option<&'a Procedure> {
    cx.catalogue.procedure(&form.procedure)
}

// ---------------------------------------------------------------------------------------------- asking

/// Why a form of the draft is not filed here after all, once the answers show it.
#[derive(Debug, Clone, Copy)]
pub struct LeftOut<'a> {
    /// Which.
    pub procedure: &'a Procedure,
    /// Where it goes instead, in the catalogue's words (public servants claim from their employer).
    pub advice: &'a Advice,
}

/// The forms that the answers send to another office. They are not asked on, not shown and not signed.
#[must_use]
pub fn left_out<'a>(draft: &Draft, cx: &Context<'a>) -> Vec<LeftOut<'a>> {
    let chosen = draft.forms.iter().filter(|form| form.chosen);
    chosen.filter_map(|form| elsewhere(form, cx)).collect()
}

/// Whether, and why, the answers send this form to another office.
#[must_use]
pub fn elsewhere<'a>(form: &FormDraft, cx: &Context<'a>) -> Option<LeftOut<'a>> {
    let procedure = procedure(form, cx)?;
    let advice = advice(procedure, &form.answers)
        .into_iter()
        .find(|advice| advice.kind == AdviceKind::Elsewhere)?;
    Some(LeftOut { procedure, advice })
}

fn open<'a>(form: &FormDraft, cx: &Context<'a>) -> Vec<&'a Field> {
    match procedure(form, cx) {
        Some(procedure) if form.chosen && elsewhere(form, cx).is_none() => {
            let mut open = missing(procedure, &form.answers);
            open.retain(|field| !nursery::answers(form, field.path.as_str(), cx));
            open
        }
        Some(_) | None => Vec::new(),
    }
}

/// The first question still open, in the order of the line.
pub(crate) fn next_question(draft: &Draft, cx: &Context<'_>) -> Option<QuestionAt> {
    draft.forms.iter().enumerate().find_map(|(form, filled)| {
        let field = *open(filled, cx).first()?;
        Some(QuestionAt {
            form,
            path: field.path.clone(),
        })
    })
}

/// How many questions are still open over all forms, the one on the screen included if it was never answered.
#[must_use]
pub fn questions_left(draft: &Draft, cx: &Context<'_>) -> usize {
    draft.forms.iter().map(|form| open(form, cx).len()).sum()
}

/// Where a question stands among all of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QuestionNumber {
    /// From 1. Going back counts down, going on counts up.
    pub index: usize,
    /// Answered and open ones together; changes when an answer opens or closes others.
    pub total: usize,
}

/// The number of a question, for "3 of 12".
#[must_use]
pub fn question_number(draft: &Draft, at: &QuestionAt, cx: &Context<'_>) -> QuestionNumber {
    let trail = trail(draft, cx);
    let index = trail.iter().position(|q| *q == at).unwrap_or(trail.len()) + 1;
    QuestionNumber {
        index,
        total: index.max(trail.len() + questions_left(draft, cx)),
    }
}

/// The questions answered so far that are still questions, in the order in which they were answered.
fn trail<'d>(draft: &'d Draft, cx: &Context<'_>) -> Vec<&'d QuestionAt> {
    draft
        .asked
        .iter()
        .filter(|at| field_at(draft, at, cx).is_some())
        .collect()
}

/// The question answered before this one; before none: the last one answered.
pub(crate) fn question_before(
    draft: &Draft,
    at: Option<&QuestionAt>,
    cx: &Context<'_>,
) -> Option<QuestionAt> {
    let trail = trail(draft, cx);
    let place = at
        .and_then(|at| trail.iter().position(|q| *q == at))
        .unwrap_or(trail.len());
    trail.get(place.checked_sub(1)?).map(|at| (*at).clone())
}

/// The field that a question is about, if a parent may be asked it as the answers stand.
fn field_at<'a>(draft: &Draft, at: &QuestionAt, cx: &Context<'a>) -> Option<&'a Field> {
    let form = draft.forms.get(at.form)?;
    let procedure = procedure(form, cx)?;
    let field = procedure.form.field(at.path.as_str())?;
    let asked = form.chosen
        && !field.staff_only
        && !field.at_reception
        && field.required != Required::System
        && !nursery::answers(form, at.path.as_str(), cx);
    let there = field.when.holds(&derive(procedure, &form.answers)) == Some(true);
    (asked && there).then_some(field)
}

/// The question behind a row of the review: what a person, a card or a certificate said can be said anew there. What
/// follows from other answers is corrected at its origin.
pub(crate) fn correctable(
    draft: &Draft,
    sheet: &Prepared,
    path: &ubugoe_procedures::FieldPath,
    cx: &Context<'_>,
) -> Option<QuestionAt> {
    let said = match sheet.filing.answers.get(path.as_str())?.source {
        Source::Parent | Source::Card | Source::Certificate => true,
        Source::Derived | Source::Profile | Source::System => false,
    };
    let at = QuestionAt {
        form: sheet.form,
        path: path.clone(),
    };
    (said && field_at(draft, &at, cx).is_some()).then_some(at)
}

// ---------------------------------------------------------------------------------------------- answering

/// Writes an answer into its form, and wherever else the same thing is asked.
///
/// # Errors
/// What stands in the way of this value; the draft is as it was.
pub(crate) fn take(
    draft: &mut Draft,
    at: &QuestionAt,
    value: Value,
    cx: &Context<'_>,
) -> Result<(), Vec<Problem>> {
    let field = field_at(draft, at, cx);
    let (Some(field), Some(form)) = (field, draft.forms.get_mut(at.form)) else {
        // The question has gone meanwhile; there is nothing to answer.
        return Ok(());
    };
    let verdict = check(field, &value, &form.answers);
    if !verdict.blocks.is_empty() {
        return Err(verdict.blocks);
    }
    form.own.set(at.path.clone(), value, Source::Parent);
    lend(&mut draft.forms, cx);
    Ok(())
}

/// Writes the nursery choices into the application.
pub(crate) fn take_choices(draft: &mut Draft, cx: &Context<'_>) {
    let form = nursery::application(draft).and_then(|at| draft.forms.get(at));
    if let Some(procedure) = form.and_then(|form| procedure(form, cx)) {
        nursery::write(draft, procedure);
        lend(&mut draft.forms, cx);
    }
}

/// Writes the month of entry into the application, as if it had been asked.
pub(crate) fn take_entry(draft: &mut Draft, year: i16, month: i8, cx: &Context<'_>) {
    let form = nursery::application(draft);
    if let Some(at) = form
        && let Ok(path) = "start".parse()
    {
        let at = QuestionAt { form: at, path };
        // A month that is none changes nothing.
        let _ = take(draft, &at, Value::YearMonth { year, month }, cx);
    }
}

/// Works out anew what the forms lend each other, from what is each form's own. So an answer that is taken back is
/// taken back everywhere, above all a spouse's data once an address is said to be protected.
fn lend(forms: &mut [FormDraft], cx: &Context<'_>) {
    for form in &mut *forms {
        form.answers = form.own.clone();
    }
    // First what the children of one delivery have in common, then what one procedure tells another.
    for between_siblings in [true, false] {
        for lender in 0..forms.len() {
            let Some(from) = forms.get(lender).filter(|form| form.chosen).cloned() else {
                continue;
            };
            for (place, form) in forms.iter_mut().enumerate() {
                if place == lender {
                    continue;
                }
                if between_siblings {
                    lend_to_sibling(&from, form, cx);
                } else {
                    lend_to_other(&from, form, cx);
                }
            }
        }
    }
}

/// Whether a field is about one child alone: never carried over to a brother or sister (trap 40).
fn of_one_child(path: &str) -> bool {
    const OWN: [&str; 9] = [
        "child_mei",
        "child_mei_kana",
        "name_undecided",
        "yomi_note",
        "order",
        "sex",
        "tsuzukigara",
        "birth_dt",
        "other",
    ];
    let of_the_child = path
        .strip_prefix("child.")
        .is_some_and(|leaf| !matches!(leaf, "sei" | "sei_kana"));
    OWN.contains(&path)
        || of_the_child
        || path.starts_with("birth_place.")
        || path.starts_with("ins.")
        || path == "health"
}

fn lend_to_sibling(from: &FormDraft, to: &mut FormDraft, cx: &Context<'_>) {
    if from.procedure != to.procedure || from.child == to.child {
        return;
    }
    let Some(procedure) = procedure(from, cx) else {
        return;
    };
    let given = derive(procedure, &from.answers);
    let there = |path: &str| {
        let field = procedure.form.field(path);
        field.is_some_and(|field| field.when.holds(&given) == Some(true))
    };
    for (path, answer) in from.answers.iter() {
        let lent = answer.source == Source::Parent
            && !of_one_child(path.as_str())
            && there(path.as_str())
            && to.answers.get(path.as_str()).is_none();
        if lent {
            to.answers
                .set(path.clone(), answer.value.clone(), answer.source);
        }
    }
}

fn lend_to_other(from: &FormDraft, to: &mut FormDraft, cx: &Context<'_>) {
    if from.procedure == to.procedure {
        return;
    }
    let (Some(lending), Some(borrowing)) = (procedure(from, cx), procedure(to, cx)) else {
        return;
    };
    match (from.child, to.child) {
        // What one child's form says is another child's business only through that child's own form.
        (Some(one), Some(other)) if one != other => {}
        // One form for all: the first child stands in its own row, the others in rows of theirs.
        (Some(row), None) if row > 0 && borrowing.form.field(OF_ALL).is_some() => {
            let carried = share(lending, &from.answers, borrowing, &Answers::new());
            let mut rows = Answers::new();
            into_row(&carried, row, &mut rows);
            for (path, answer) in rows.iter() {
                if to.answers.get(path.as_str()).is_none() {
                    to.answers
                        .set(path.clone(), answer.value.clone(), answer.source);
                }
            }
            to.answers = derive(borrowing, &to.answers);
        }
        (Some(_) | None, Some(_) | None) => {
            to.answers = share(lending, &from.answers, borrowing, &to.answers);
        }
    }
}

// ---------------------------------------------------------------------------------------------- putting together

/// What keeps the forms from being put together.
pub(crate) enum Stuck {
    /// This has to be asked (again); what stands there cannot be filed.
    Ask(QuestionAt, Vec<Problem>),
    /// Nothing a parent could answer helps.
    Impossible,
}

/// Puts the forms together as the bytes that will be shown and signed; those that go elsewhere are left out.
pub(crate) fn assemble(
    draft: &Draft,
    tongue: Tongue,
    cx: &Context<'_>,
) -> Result<Vec<Prepared>, Stuck> {
    let mut prepared = Vec::new();
    for (index, form) in draft.forms.iter().enumerate() {
        if !form.chosen || elsewhere(form, cx).is_some() {
            continue;
        }
        let procedure = procedure(form, cx).ok_or(Stuck::Impossible)?;
        let filing = filing(form, procedure, draft, tongue)
            .map_err(|error| stuck(draft, index, error, cx))?;
        let canonical = filing.canonical(procedure);
        prepared.push(Prepared {
            form: index,
            child: form.child.filter(|_| draft.several()),
            due: form.due,
            filing,
            canonical,
        });
    }
    if prepared.is_empty() {
        Err(Stuck::Impossible)
    } else {
        Ok(prepared)
    }
}

fn filing(
    form: &FormDraft,
    procedure: &Procedure,
    draft: &Draft,
    tongue: Tongue,
) -> Result<Filing, AssembleError> {
    Filing::assemble(procedure, &form.answers, &draft.frame(form, tongue))
}

fn stuck(draft: &Draft, form: usize, error: AssembleError, cx: &Context<'_>) -> Stuck {
    let askable = |path| {
        let at = QuestionAt { form, path };
        field_at(draft, &at, cx).is_some().then_some(at)
    };
    let found = match error {
        AssembleError::Incomplete { fields } => fields
            .into_iter()
            .find_map(askable)
            .map(|at| (at, Vec::new())),
        AssembleError::Blocked { problems } => problems
            .into_iter()
            .find_map(|(path, problem)| askable(path).map(|at| (at, vec![problem]))),
        AssembleError::UnknownField { .. }
        | AssembleError::RecipientDiffers { .. }
        | AssembleError::Elsewhere { .. } => None,
    };
    found.map_or(Stuck::Impossible, |(at, problems)| Stuck::Ask(at, problems))
}

/// Why the first form that cannot be put together cannot; for the log beside `Failure::FormIncomplete`. Its words
/// name fields, never what stands in them.
#[must_use]
pub fn obstacle(draft: &Draft, tongue: Tongue, cx: &Context<'_>) -> Option<AssembleError> {
    let forms = draft
        .forms
        .iter()
        .filter(|form| form.chosen && elsewhere(form, cx).is_none());
    forms
        .filter_map(|form| Some((form, procedure(form, cx)?)))
        .find_map(|(form, procedure)| filing(form, procedure, draft, tongue).err())
}
