//! Everything that will be signed, taken from exactly the bytes that will be signed.

use ubugoe_procedures::{Lang, ParsedFiling, Source};
use ubugoe_protocol::digest;
use ubugoe_view::{
    ComponentHandle, Model as _, ReviewAdapter, ReviewForm, ReviewRow, Screen, ValueSource,
};
use ubugoe_visit::{Draft, Event, Prepared};

use super::{Around, Picture, words};
use crate::core::{Input, Sender};

/// A form as plain data: the view's own struct holds a model, which must not cross threads.
struct Sheet {
    title: String,
    to: String,
    digest: String,
    whom: String,
    filer: String,
    rows: Vec<ReviewRow>,
}

pub(super) fn show(
    draft: &Draft,
    prepared: &[Prepared],
    around: &Around<'_>,
    lang: Lang,
) -> Picture {
    let sheets: Vec<Sheet> = prepared
        .iter()
        .map(|p| sheet(draft, p, around, lang))
        .collect();
    let fresh = around.fresh;
    let elsewhere: Vec<String> = around
        .left_out
        .iter()
        .map(|left| {
            format!(
                "{}: {}",
                left.procedure.title.get(lang),
                left.advice.text.get(lang)
            )
        })
        .collect();
    Box::new(move |screen| {
        let page = screen.global::<ReviewAdapter>();
        // Other bytes (another language is part of them) are other sheets: they are seen anew.
        let digests: Vec<&str> = sheets.iter().map(|s| s.digest.as_str()).collect();
        let before = page.get_forms();
        let same = before.iter().map(|form| form.digest).eq(digests);
        let forms = sheets.into_iter().map(|s| ReviewForm {
            title: s.title.into(),
            to: s.to.into(),
            digest: s.digest.into(),
            whom: s.whom.into(),
            filer: s.filer.into(),
            rows: words::model(s.rows),
            ..ReviewForm::default()
        });
        page.set_forms(words::model(forms.collect()));
        page.set_second(false);
        page.set_elsewhere(elsewhere.join("\n").into());
        if fresh || !same {
            page.set_current(0);
            page.set_seen(0);
        }
    })
}

fn sheet(draft: &Draft, prepared: &Prepared, around: &Around<'_>, lang: Lang) -> Sheet {
    let procedure = &prepared.filing.procedure;
    Sheet {
        title: words::title(around.catalogue, procedure, lang),
        to: words::municipality(around.catalogue, prepared.filing.recipient, lang),
        digest: words::short_digest(&digest(&prepared.canonical)),
        whom: prepared
            .child
            .map(|child| words::child(draft, child))
            .unwrap_or_default(),
        filer: draft.holder.name.clone(),
        // Bytes that do not parse show as an empty sheet, which cannot be passed: nothing unshown is signed.
        rows: ParsedFiling::parse(&prepared.canonical)
            .map(|parsed| rows(&parsed, Some((prepared, around)), lang))
            .unwrap_or_default(),
    }
}

/// Rows that nobody corrects here.
pub(super) fn read_only(parsed: &ParsedFiling, lang: Lang) -> Vec<ReviewRow> {
    rows(parsed, None, lang)
}

/// `own`: the form that is being filled in here, whose rows may be corrected.
fn rows(
    parsed: &ParsedFiling,
    own: Option<(&Prepared, &Around<'_>)>,
    lang: Lang,
) -> Vec<ReviewRow> {
    let form = own
        .and_then(|(prepared, around)| around.catalogue.procedure(&prepared.filing.procedure))
        .map(|p| &p.form);
    let mut out = Vec::new();
    for section in parsed.sections(lang) {
        let heading = ReviewRow {
            heading: true,
            section: section.title.as_str().into(),
            label: section.title.as_str().into(),
            value: "".into(),
            source: ValueSource::System,
            path: "".into(),
            correctable: false,
        };
        out.push(heading);
        for row in section.rows {
            let correctable = said(row.source)
                && form.is_some_and(|f| f.field(row.path.as_str()).is_some_and(|f| !f.staff_only));
            out.push(ReviewRow {
                heading: false,
                section: section.title.as_str().into(),
                label: row.label.into(),
                value: row.value.into(),
                source: source(row.source),
                path: row.path.as_str().into(),
                correctable,
            });
        }
    }
    out
}

/// What a person, a card or a certificate said can be said anew (`ubugoe_visit`'s rule); the rest follows from it.
const fn said(source: Source) -> bool {
    match source {
        Source::Parent | Source::Card | Source::Certificate => true,
        Source::Derived | Source::Profile | Source::System => false,
    }
}

const fn source(source: Source) -> ValueSource {
    match source {
        Source::Card => ValueSource::Card,
        Source::Certificate => ValueSource::Certificate,
        Source::Parent => ValueSource::Parent,
        Source::Derived => ValueSource::Derived,
        Source::Profile => ValueSource::Profile,
        Source::System => ValueSource::System,
    }
}

pub(super) fn wipe(screen: &Screen) {
    let page = screen.global::<ReviewAdapter>();
    page.set_forms(words::model(Vec::new()));
    page.set_elsewhere("".into());
    page.set_current(0);
    page.set_seen(0);
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    let page = screen.global::<ReviewAdapter>();
    let send = to.clone();
    let weak = screen.as_weak();
    page.on_correct(move |path| {
        // The row belongs to the form on the screen.
        let current = weak
            .upgrade()
            .map(|screen| screen.global::<ReviewAdapter>().get_current());
        if let (Some(Ok(form)), Ok(path)) = (current.map(usize::try_from), path.parse()) {
            send.send(Input::Visit(Event::CorrectionWanted { form, path }));
        }
    });
    let send = to.clone();
    page.on_continue(move || send.send(Input::Visit(Event::ReviewConfirmed)));
}
