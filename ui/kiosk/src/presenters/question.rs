//! One question: a field of a form becomes a page, and what was typed becomes a value.

use jiff::civil::Date;
use ubugoe_procedures::{
    Answers, Catalogue, Charset, Field, FieldKind, Lang, Problem, ReasonCode, Value,
};
use ubugoe_view::{
    ComponentHandle, Problem as Shown, QuestionAdapter, QuestionKind, QuestionOption, Screen,
};
use ubugoe_visit::{Draft, Event, QuestionAt};

use super::{Around, Picture, input, words};
use crate::core::{Input, Sender};

/// What the person did with the question.
#[derive(Clone, PartialEq, Eq)]
pub enum Typed {
    /// "Next", with what stands in the field.
    Text(String),
    /// "No answer" / "not decided yet".
    Skip,
}

// What a parent answers belongs in no log.
impl std::fmt::Debug for Typed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typed(masked)")
    }
}

/// What was typed, as the field's kind of value.
///
/// # Errors
/// The [`Problem`] to show when it cannot be one. Everything else is `procedures::check`'s to say.
pub(crate) fn value(field: &Field, typed: Typed) -> Result<Value, ReasonCode> {
    let text = match typed {
        Typed::Skip => return Ok(Value::Blank),
        Typed::Text(text) => text,
    };
    match field.kind {
        FieldKind::Text | FieldKind::Kana => Ok(Value::Text(text)),
        FieldKind::Number { .. } => text
            .parse()
            .map(Value::Number)
            .map_err(|_| empty_or_bad(&text)),
        FieldKind::Bool => match text.as_str() {
            "yes" => Ok(Value::Bool(true)),
            "no" => Ok(Value::Bool(false)),
            _ => Err(ReasonCode::Empty),
        },
        FieldKind::Choice if text.is_empty() => Err(ReasonCode::Empty),
        FieldKind::Choice => Ok(Value::Choice(text)),
        FieldKind::Date => text
            .parse::<Date>()
            .map(Value::Date)
            .map_err(|_| empty_or_bad(&text)),
        FieldKind::YearMonth => year_month(&text).ok_or_else(|| empty_or_bad(&text)),
        FieldKind::DateTime => text
            .parse()
            .map(Value::DateTime)
            .map_err(|_| empty_or_bad(&text)),
    }
}

const fn empty_or_bad(text: &str) -> ReasonCode {
    if text.is_empty() {
        ReasonCode::Empty
    } else {
        ReasonCode::BadFormat
    }
}

fn year_month(text: &str) -> Option<Value> {
    let (year, month) = text.split_once('-')?;
    Some(Value::YearMonth {
        year: year.parse().ok()?,
        month: month.parse().ok()?,
    })
}

/// A value as the page's `value` property has it.
fn typed(answers: &Answers, field: &Field) -> String {
    match answers.value(field.path.as_str()) {
        None | Some(Value::Blank) => String::new(),
        Some(Value::Text(text) | Value::Choice(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Bool(true)) => "yes".to_owned(),
        Some(Value::Bool(false)) => "no".to_owned(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::DateTime(at)) => at.to_string(),
        Some(Value::YearMonth { year, month }) => format!("{year:04}-{month:02}"),
    }
}

/// The field a question is about.
pub(crate) fn field<'a>(
    draft: &Draft,
    at: &QuestionAt,
    catalogue: &'a Catalogue,
) -> Option<&'a Field> {
    let form = draft.forms.get(at.form)?;
    catalogue
        .procedure(&form.procedure)?
        .form
        .field(at.path.as_str())
}

pub(super) fn show(
    draft: &Draft,
    at: &QuestionAt,
    problems: &[Problem],
    around: &Around<'_>,
    lang: Lang,
) -> Picture {
    let (Some(field), Some(form)) = (field(draft, at, around.catalogue), draft.forms.get(at.form))
    else {
        return Box::new(|_| {});
    };
    let number = around.question;
    let page = show_field(field, &form.answers, problems, number, around.fresh, lang);
    // Of several children it is said which one is meant: the name, or the place in the delivery.
    let Some(child) = form.child.filter(|_| draft.several()) else {
        return page;
    };
    let section = format!(
        "{}（{}）",
        field.section.get(lang),
        words::child(draft, child)
    );
    Box::new(move |screen| {
        page(screen);
        screen
            .global::<QuestionAdapter>()
            .set_section(section.into());
    })
}

/// The page of one field, whoever is asked. `number`: which question of how many.
pub(super) fn show_field(
    field: &Field,
    answers: &Answers,
    problems: &[Problem],
    number: (i32, i32),
    fresh: bool,
    lang: Lang,
) -> Picture {
    let value = typed(answers, field);
    let options = options(field, &value, lang);
    let (problem, detail) = problems
        .first()
        .map_or((Shown::None, String::new()), |p| problem(p, field));
    let (index, total) = number;
    let (section, label) = (
        field.section.get(lang).to_owned(),
        field.question.get(lang).to_owned(),
    );
    let (why, seen_by) = (
        field.why.get(lang).to_owned(),
        field.seen_by.get(lang).to_owned(),
    );
    // The bracketed half of such words goes on a line of its own: the button is two lines high.
    let blank = field
        .blank
        .as_ref()
        .map(|b| b.get(lang).replace('（', "\n（"));
    let wanted = input::wanted(field);
    // Written so far, an address goes on as words; a new one begins with its postcode.
    let kind = if value.is_empty() && input::is_address(field) {
        QuestionKind::Postcode
    } else {
        kind(field)
    };
    Box::new(move |screen| {
        let page = screen.global::<QuestionAdapter>();
        page.set_section(section.into());
        page.set_label(label.into());
        page.set_why(why.into());
        page.set_seen_by(seen_by.into());
        if fresh {
            page.set_kind(kind);
            input::begin(screen, kind, wanted);
        }
        page.set_katakana(kind == QuestionKind::Kana);
        page.set_optional(blank.is_some());
        page.set_blank_label(blank.unwrap_or_default().into());
        page.set_problem(problem);
        page.set_problem_detail(detail.into());
        page.set_index(index);
        page.set_total(total);
        if fresh {
            page.set_era(0);
            page.set_part(0);
            page.set_value(value.into());
        }
        // Another language has other words for them; what she has chosen stays chosen.
        let chosen = page.get_value();
        let options = options.into_iter().map(|option| QuestionOption {
            selected: option.id == chosen,
            ..option
        });
        page.set_options(words::model(options.collect()));
    })
}

fn kind(field: &Field) -> QuestionKind {
    let leaf = field.path.as_str().rsplit('.').next().unwrap_or_default();
    match (field.kind, field.charset) {
        (FieldKind::Kana, _) => QuestionKind::Kana,
        (FieldKind::Bool, _) => QuestionKind::YesNo,
        (FieldKind::Choice, _) => QuestionKind::Choice,
        (FieldKind::Date | FieldKind::DateTime, _) => QuestionKind::Date,
        (FieldKind::YearMonth, _) => QuestionKind::YearMonth,
        (FieldKind::Text, _) if leaf == "tel" => QuestionKind::Phone,
        (FieldKind::Number { .. }, _) | (FieldKind::Text, Some(Charset::Digit)) => {
            QuestionKind::Number
        }
        (FieldKind::Text, Some(Charset::Name)) => QuestionKind::Name,
        (FieldKind::Text, _) => QuestionKind::Text,
    }
}

fn options(field: &Field, value: &str, lang: Lang) -> Vec<QuestionOption> {
    field
        .options
        .iter()
        .map(|option| QuestionOption {
            id: option.id.as_str().into(),
            label: option.label.get(lang).into(),
            selected: option.id == value,
        })
        .collect()
}

/// A block as the page can say it, with the one fact that helps.
fn problem(problem: &Problem, field: &Field) -> (Shown, String) {
    let detail = problem
        .proposal
        .clone()
        .or_else(|| problem.character.clone())
        .unwrap_or_default();
    match problem.code {
        ReasonCode::Empty | ReasonCode::BlankNotAllowed => (Shown::Empty, String::new()),
        ReasonCode::TooLong => (
            Shown::TooLong,
            field.max_len.map(|n| n.to_string()).unwrap_or_default(),
        ),
        ReasonCode::CharacterNotAllowed
        | ReasonCode::KanjiNotForNames
        | ReasonCode::KanaNotComposed
        | ReasonCode::InvisibleCharacter => (Shown::Charset, detail),
        ReasonCode::WrongKind
        | ReasonCode::OutOfRange
        | ReasonCode::NoSuchOption
        | ReasonCode::BadFormat
        | ReasonCode::IndividualNumber => (Shown::Format, detail),
        _ => (Shown::Review, detail),
    }
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<QuestionAdapter>();
    page.set_value("".into());
    page.set_options(words::model(Vec::new()));
    page.set_label("".into());
    // A twin's name may stand in it.
    page.set_section("".into());
    page.set_why("".into());
    page.set_seen_by("".into());
    page.set_problem_detail("".into());
    page.set_problem(Shown::None);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<QuestionAdapter>();
    let (send, weak) = (to.clone(), screen.as_weak());
    page.on_next(move || {
        if let Some(screen) = weak.upgrade() {
            let page = screen.global::<QuestionAdapter>();
            let value = page.get_value();
            send.send(Input::Answer(page.get_index(), Typed::Text(value.into())));
        }
    });
    let weak = screen.as_weak();
    page.on_choose(move |id| {
        if let Some(screen) = weak.upgrade() {
            mark(&screen, &id);
        }
    });
    let (send, weak) = (to.clone(), screen.as_weak());
    page.on_skip(move || {
        if let Some(screen) = weak.upgrade() {
            let on = screen.global::<QuestionAdapter>().get_index();
            send.send(Input::Answer(on, Typed::Skip));
        }
    });
    let send = to.clone();
    page.on_back(move || send.send(Input::Visit(Event::BackWanted)));
}

/// Marks the chosen option; "next" sends it.
fn mark(screen: &Screen, id: &str) {
    use ubugoe_view::Model;
    let page = screen.global::<QuestionAdapter>();
    page.set_value(id.into());
    let options = page.get_options();
    for (row, mut option) in options.iter().enumerate().collect::<Vec<_>>() {
        option.selected = option.id == id;
        options.set_row_data(row, option);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::date;
    use ubugoe_procedures::{Catalogue, ReasonCode, Value};

    use super::{Typed, value};

    fn read(path: &str, typed: &str) -> Result<Value, ReasonCode> {
        let catalogue = Catalogue::builtin().unwrap();
        let procedure = catalogue
            .procedure(&"shussei_todoke".parse().unwrap())
            .unwrap();
        value(
            procedure.form.field(path).unwrap(),
            Typed::Text(typed.to_owned()),
        )
    }

    #[test]
    fn what_is_typed_becomes_the_kind_of_value_that_the_field_takes() {
        assert_eq!(
            read("child_mei", "𠮷\u{E0100} "),
            Ok(Value::Text("𠮷\u{E0100} ".to_owned()))
        );
        assert_eq!(
            read("father.birth", "1993-08-02"),
            Ok(Value::Date(date(1993, 8, 2)))
        );
        assert_eq!(read("order", "2"), Ok(Value::Number(2)));
        assert_eq!(
            read("cohabit_ym", "2019-04"),
            Ok(Value::YearMonth {
                year: 2019,
                month: 4
            })
        );
        assert_eq!(
            read("parents", "both_japanese"),
            Ok(Value::Choice("both_japanese".to_owned()))
        );
    }

    #[test]
    fn nonsense_is_answered_with_a_reason_and_never_a_panic() {
        assert_eq!(
            read("father.birth", "1993-02-30"),
            Err(ReasonCode::BadFormat)
        );
        assert_eq!(read("father.birth", ""), Err(ReasonCode::Empty));
        assert_eq!(read("order", "二"), Err(ReasonCode::BadFormat));
        assert_eq!(read("parents", ""), Err(ReasonCode::Empty));
    }

    #[test]
    fn no_answer_is_a_deliberate_blank() {
        let catalogue = Catalogue::builtin().unwrap();
        let procedure = catalogue
            .procedure(&"shussei_todoke".parse().unwrap())
            .unwrap();
        assert_eq!(
            value(procedure.form.field("child_mei").unwrap(), Typed::Skip),
            Ok(Value::Blank)
        );
    }
}
