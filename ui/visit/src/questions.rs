//! The forms of a visit while they are being filled in: what to ask next, where an answer goes, what can be put
//! together. Works on a [`Draft`]; knows no stages.

use jiff::civil::Date;
use ubugoe_procedures::{
    Advice, AdviceKind, AssembleError, BirthCertificate, CardHolder, Catalogue,
    Draft as FilingDraft, Facts, Field, FilerRole, Filing, Lang, Match, MunicipalityCode, Problem,
    Procedure, Profile, Required, Routing, Source, Value, advice, check, derive, missing, plan,
    prefill, share,
};

use crate::service::key_of;
use crate::{CardOnReader, Context, Draft, FormDraft, Prepared, QuestionAt};

/// The line and the forms, filled from what is known.
///
/// A procedure that goes to the claimant's own municipality gets a form only when that municipality has a profile
/// here: nothing is ever sent to the wrong city for want of the right one. It stays on the line all the same.
pub(crate) fn begin(
    card: CardOnReader,
    holder: CardHolder,
    certificate: BirthCertificate,
    today: Date,
    cx: &Context<'_>,
) -> Option<Draft> {
    let home = home_of(&holder.address, cx.catalogue);
    // Staff may have handed the certificate to somebody else than the mother: a legal filer all the same (戸籍法52).
    let handed = cx
        .staff
        .handed
        .filter(|handed| handed.key == key_of(&certificate))
        .filter(|_| certificate.matches_mother(&holder) != Match::Exact);
    let facts = Facts {
        home: home.unwrap_or(cx.birthplace),
        birthplace: cx.birthplace,
        role: handed.map_or(FilerRole::Mother, |handed| handed.role),
        certificate: Some(certificate.clone()),
        holder: holder.clone(),
        today,
    };
    let line = plan(cx.catalogue, &facts);
    let mut forms = Vec::new();
    for item in &line.items {
        let procedure = cx.catalogue.procedure(&item.procedure)?;
        if home.is_none() && procedure.routing == Routing::ClaimantHome {
            continue;
        }
        let own = prefill(procedure, &facts, cx.catalogue);
        forms.push(FormDraft {
            procedure: item.procedure.clone(),
            recipient: item.recipient,
            answers: own.clone(),
            own,
        });
    }
    lend(&mut forms, cx);
    Some(Draft {
        card,
        holder,
        certificate,
        line,
        forms,
        asked: Vec::new(),
        drafted_on: today,
    })
}

/// The municipality that an address on a card lies in, among those that have a profile.
///
/// With the prefecture in front, the longest name wins (a ward's begins with its city's). Cards leave the prefecture out
/// where the register does; then the name must fit exactly one profile, because two municipalities may share a name
/// (府中市, 伊達市).
fn home_of(address: &str, catalogue: &Catalogue) -> Option<MunicipalityCode> {
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
    draft
        .forms
        .iter()
        .filter_map(|form| elsewhere(form, cx))
        .collect()
}

fn elsewhere<'a>(form: &FormDraft, cx: &Context<'a>) -> Option<LeftOut<'a>> {
    let procedure = procedure(form, cx)?;
    let advice = advice(procedure, &form.answers)
        .into_iter()
        .find(|advice| advice.kind == AdviceKind::Elsewhere)?;
    Some(LeftOut { procedure, advice })
}

fn open<'a>(form: &FormDraft, cx: &Context<'a>) -> Vec<&'a Field> {
    match procedure(form, cx) {
        Some(procedure) if elsewhere(form, cx).is_none() => missing(procedure, &form.answers),
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
    let asked = !field.staff_only && !field.at_reception && field.required != Required::System;
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
    let filing = &sheet.filing;
    let form = draft.forms.iter().position(|form| {
        form.procedure == filing.procedure && form.recipient == filing.recipient
    })?;
    let said = match filing.answers.get(path.as_str())?.source {
        Source::Parent | Source::Card | Source::Certificate => true,
        Source::Derived | Source::Profile | Source::System => false,
    };
    let at = QuestionAt {
        form,
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

/// Works out anew what the forms lend each other, from what is each form's own. So an answer that is taken back is
/// taken back everywhere, above all a spouse's data once an address is said to be protected.
fn lend(forms: &mut [FormDraft], cx: &Context<'_>) {
    for form in &mut *forms {
        form.answers = form.own.clone();
    }
    for lender in 0..forms.len() {
        let Some(from) = forms.get(lender).cloned() else {
            continue;
        };
        let Some(lending) = procedure(&from, cx) else {
            continue;
        };
        for (place, form) in forms.iter_mut().enumerate() {
            if place != lender
                && let Some(to) = procedure(form, cx)
            {
                form.answers = share(lending, &from.answers, to, &form.answers);
            }
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
    lang: Lang,
    cx: &Context<'_>,
) -> Result<Vec<Prepared>, Stuck> {
    let mut prepared = Vec::new();
    for (index, form) in draft.forms.iter().enumerate() {
        if elsewhere(form, cx).is_some() {
            continue;
        }
        let procedure = procedure(form, cx).ok_or(Stuck::Impossible)?;
        let filing =
            filing(form, procedure, draft, lang).map_err(|error| stuck(draft, index, error, cx))?;
        let canonical = filing.canonical(procedure);
        prepared.push(Prepared { filing, canonical });
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
    lang: Lang,
) -> Result<Filing, AssembleError> {
    let frame = FilingDraft {
        recipient: form.recipient,
        lang_shown: lang,
        certificate_number: Some(draft.certificate.number.clone()),
        child_order: Some(draft.certificate.child_order()),
        drafted_on: draft.drafted_on,
    };
    Filing::assemble(procedure, &form.answers, &frame)
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
pub fn obstacle(draft: &Draft, lang: Lang, cx: &Context<'_>) -> Option<AssembleError> {
    let forms = draft
        .forms
        .iter()
        .filter(|form| elsewhere(form, cx).is_none());
    forms
        .filter_map(|form| Some((form, procedure(form, cx)?)))
        .find_map(|(form, procedure)| filing(form, procedure, draft, lang).err())
}
