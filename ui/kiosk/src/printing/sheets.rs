//! What stands on a visit's sheets, taken from its state: the receipts as they are, the forms as far as they are known,
//! and what is due where.
//!
//! Answers for what goes on which sheet. A protected family's address is on none, and no counter is named that would tell
//! where it lives; after a loss nothing stands there that is not needed.

use std::sync::Arc;

use jiff::civil::{Date, DateTime};
use ubugoe_papers::{
    Code, DueItem, DueOffice, DueSheet, FontProblem, Fonts, Paper, Receipt, ReceiptEntry, Slip,
    Standing, State as How, due, is_birth, paper,
};
use ubugoe_printer::Media;
use ubugoe_procedures::{
    Advice, Answers, Catalogue, Desk, Draft as About, Filing, Lang, MunicipalityCode, ParsedFiling,
    ProcedureId, Text, Tongue, calendar,
};
use ubugoe_visit::{
    Aftercare, Context, Delivery, DeliveryState, Draft, FormDraft, LineDate, LineRow, Sheet, Stage,
    elsewhere, line_view,
};

use crate::clock;
use crate::presenters::{municipality, short_digest};

/// What is to be set.
#[derive(Debug)]
pub(crate) enum Wanted {
    Receipt(Receipt),
    Slip(Slip),
    Papers(Box<Papers>),
}

/// The paper set: the forms, and the sheet of what is due.
pub(crate) struct Papers {
    catalogue: Arc<Catalogue>,
    forms: Vec<Form>,
    due: DueSheet,
    protected: bool,
}

impl std::fmt::Debug for Papers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Papers({} forms, masked)", self.forms.len())
    }
}

/// A form, and the office it is taken to.
struct Form {
    filing: ParsedFiling,
    office: String,
}

impl Papers {
    pub(crate) fn set(&self, fonts: &Fonts) -> Result<Vec<(Media, Paper)>, FontProblem> {
        let mut all = Vec::new();
        for form in &self.forms {
            let procedure = self.catalogue.procedure(&form.filing.procedure);
            let standing = Standing::ToHandIn(&form.office);
            // to be written in by hand, at the counter
            let hidden = self.protected.then_some("");
            let set = paper(fonts, &form.filing, procedure, &standing, hidden)?;
            let media = if is_birth(&form.filing) {
                Media::A3
            } else {
                Media::A4
            };
            all.push((media, set));
        }
        all.push((Media::A4, due(fonts, &self.due)?));
        Ok(all)
    }
}

/// What a page looks at to set a sheet.
pub(crate) struct Now<'a> {
    pub(crate) catalogue: &'a Arc<Catalogue>,
    pub(crate) cx: &'a Context<'a>,
    pub(crate) tongue: Tongue,
    /// The moment in Japan, if it may be believed.
    pub(crate) at: Option<DateTime>,
}

/// A sheet of a stage; `None`: the stage has none of this kind.
pub(crate) fn wanted(stage: &Stage, sheet: Sheet, now: &Now<'_>) -> Option<Wanted> {
    match (sheet, stage) {
        (Sheet::Receipt, Stage::Following { deliveries, .. }) => {
            Some(Wanted::Receipt(receipt(deliveries, now)))
        }
        (Sheet::Paper, Stage::Paper { was, .. }) => {
            Some(Wanted::Papers(Box::new(papers(was, now))))
        }
        _ => None,
    }
}

// ---------------------------------------------------------------------------------------------- receipts

fn receipt(deliveries: &[Delivery], now: &Now<'_>) -> Receipt {
    let city = |code| municipality(now.catalogue, code, Lang::Ja);
    let mut codes = Vec::new();
    for one in deliveries {
        if let Some(text) = &one.receipt_text {
            codes.push(Code::Signed {
                city: format!("{}　{}", city(one.recipient), title(now, &one.procedure).ja),
                text: text.clone(),
            });
        }
    }
    // one page for each city, not for each filing
    let mut pages: Vec<(MunicipalityCode, &String)> = Vec::new();
    for one in deliveries {
        if let Some(url) = &one.status_url
            && pages.iter().all(|(known, _)| *known != one.recipient)
        {
            pages.push((one.recipient, url));
        }
    }
    codes.extend(pages.into_iter().map(|(code, url)| Code::Page {
        city: city(code),
        text: url.clone(),
    }));
    Receipt {
        tongue: now.tongue,
        printed: now.at.map(calendar::japanese_minute),
        entries: deliveries
            .iter()
            .map(|one| (one, title(now, &one.procedure)))
            .map(|(one, title)| ReceiptEntry {
                also: also(now.tongue, &title),
                title: title.ja,
                child: one.child.map(|child| child + 1),
                to: city(one.recipient),
                state: match one.state {
                    DeliveryState::Stored | DeliveryState::Sent => How::Stored,
                    DeliveryState::Arrived => How::Arrived,
                    DeliveryState::Accepted => How::Accepted,
                    DeliveryState::Returned { .. } | DeliveryState::Refused { .. } => How::Returned,
                },
                arrival_no: one.arrival_no,
                at: one
                    .arrived_at
                    .and_then(clock::civil)
                    .map(calendar::japanese_minute),
                check: short_digest(&one.digest),
            })
            .collect(),
        codes,
    }
}

fn title(now: &Now<'_>, procedure: &ProcedureId) -> Text {
    now.catalogue.procedure(procedure).map_or_else(
        || Text::untranslated(procedure.as_str()),
        |one| one.title.clone(),
    )
}

/// The catalogue's words in another language than Japanese, where that is the visitor's.
fn also(tongue: Tongue, text: &Text) -> Option<String> {
    let other = matches!(tongue.lang(), Lang::En) && text.en != text.ja;
    other.then(|| text.en.clone())
}

// ---------------------------------------------------------------------------------------------- the paper set

fn papers(was: &Stage, now: &Now<'_>) -> Papers {
    let blank = || -> Set {
        let birth: Option<ProcedureId> = "shussei_todoke".parse().ok();
        let known = birth.and_then(|id| now.catalogue.procedure(&id));
        let form = known.zip(now.cx.today).map(|(procedure, today)| {
            let about = About {
                recipient: now.cx.birthplace,
                lang_shown: now.tongue,
                certificate_number: None,
                child_order: None,
                drafted_on: today,
            };
            Form {
                filing: Filing::so_far(procedure, &Answers::new(), &about),
                office: mayor(now, now.cx.birthplace),
            }
        });
        let office = DueOffice {
            items: known
                .iter()
                .map(|procedure| item(now, &procedure.title, None, form.is_some()))
                .collect(),
            ..office(now, now.cx.birthplace)
        };
        (form.into_iter().collect(), vec![office], false, false)
    };
    let (forms, offices, quiet, protected) = match (was, was.draft()) {
        (Stage::Following { deliveries, after }, _) => carried(deliveries, after, now),
        (_, Some(draft)) => drafted(draft, now),
        (_, None) => blank(),
    };
    Papers {
        catalogue: Arc::clone(now.catalogue),
        forms,
        due: DueSheet {
            tongue: now.tongue,
            day: now.cx.today.map(calendar::japanese),
            quiet,
            offices,
        },
        protected,
    }
}

type Set = (Vec<Form>, Vec<DueOffice>, bool, bool);

/// What was filed and has not arrived. The forms only while whoever brought the card may be there.
fn carried(deliveries: &[Delivery], after: &Aftercare, now: &Now<'_>) -> Set {
    let open: Vec<&Delivery> = deliveries
        .iter()
        .filter(|one| matches!(one.state, DeliveryState::Stored | DeliveryState::Sent))
        .collect();
    let is_open = |bytes: &[u8]| {
        let known = ubugoe_protocol::digest(bytes);
        open.iter().any(|one| one.digest == known)
    };
    let forms: Vec<Form> = after
        .forms
        .0
        .iter()
        .filter(|bytes| is_open(bytes))
        .filter_map(|bytes| Filing::parse(bytes).ok())
        .map(|filing| Form {
            office: if after.protected {
                String::new()
            } else {
                mayor(now, filing.recipient)
            },
            filing,
        })
        .collect();
    let mut offices = Offices::new(now, after.protected);
    for one in &open {
        let printed = forms.iter().any(|form| {
            form.filing.procedure == one.procedure && form.filing.recipient == one.recipient
        });
        let title = title(now, &one.procedure);
        offices.add(
            Some(one.recipient),
            "",
            item(now, &title, one.open_until, printed),
        );
    }
    (forms, offices.all, after.quiet, after.protected)
}

/// What is being filled in, and whatever else of the line has a last day.
fn drafted(draft: &Draft, now: &Now<'_>) -> Set {
    let mut forms = Vec::new();
    // what goes to another office is not filed here, and not handed in here either
    let ours = |form: &&FormDraft| form.chosen && elsewhere(form, now.cx).is_none();
    for form in draft.forms.iter().filter(ours) {
        let Some(procedure) = now.catalogue.procedure(&form.procedure) else {
            continue;
        };
        let about = draft.frame(form, now.tongue);
        forms.push(Form {
            filing: Filing::so_far(procedure, &form.answers, &about),
            office: if draft.protected() {
                String::new()
            } else {
                mayor(now, form.recipient)
            },
        });
    }
    let line = line_view(draft, now.cx);
    let mut offices = Offices::new(now, draft.protected());
    for row in &line.public {
        let Some(LineDate::Until { open_until, .. }) = row.date else {
            continue;
        };
        let form = form_of(draft, row);
        let to = row.to.first().map_or("", |to| to.ja.as_str());
        let item = |printed| item(now, &row.title, Some(open_until), printed);
        match form.and_then(|form| elsewhere(form, now.cx)) {
            Some(other) => offices.add_elsewhere(other.advice, item(false)),
            None => offices.add(
                form.map(|form| form.recipient),
                to,
                item(form.as_ref().is_some_and(ours)),
            ),
        }
    }
    (forms, offices.all, line.quiet, draft.protected())
}

fn form_of<'a>(draft: &'a Draft, row: &LineRow) -> Option<&'a FormDraft> {
    draft.forms.iter().find(|form| {
        form.procedure == row.procedure && (form.child == row.child || row.child.is_none())
    })
}

/// Counters, each once, in the order in which they are first needed.
struct Offices<'a> {
    now: &'a Now<'a>,
    protected: bool,
    all: Vec<DueOffice>,
}

impl<'a> Offices<'a> {
    const fn new(now: &'a Now<'a>, protected: bool) -> Self {
        Self {
            now,
            protected,
            all: Vec::new(),
        }
    }

    /// Not a city's counter: where it goes is said in the catalogue's words.
    fn add_elsewhere(&mut self, advice: &Advice, item: DueItem) {
        let english = matches!(self.now.tongue.lang(), Lang::En);
        let mut lines = vec![advice.text.ja.clone()];
        lines.extend(english.then(|| advice.text.en.clone()));
        self.all.push(DueOffice {
            name: "市区町村の窓口ではありません".to_owned(),
            lines,
            items: vec![item],
        });
    }

    fn add(&mut self, recipient: Option<MunicipalityCode>, to: &str, item: DueItem) {
        let at = match recipient {
            // where they live is nobody's to read
            _ if self.protected => named("窓口"),
            Some(code) => office(self.now, code),
            None if to.is_empty() => named("窓口"),
            None => named(to),
        };
        match self.all.iter_mut().find(|known| known.name == at.name) {
            Some(known) => known.items.push(item),
            None => self.all.push(DueOffice {
                items: vec![item],
                ..at
            }),
        }
    }
}

fn named(name: &str) -> DueOffice {
    DueOffice {
        name: name.to_owned(),
        ..DueOffice::default()
    }
}

/// A municipality's counter, as its profile has it.
fn office(now: &Now<'_>, code: MunicipalityCode) -> DueOffice {
    let Some(profile) = now.catalogue.profile(&code) else {
        return named(&code.to_text());
    };
    let lines = |desk: &Desk| {
        let also = matches!(now.tongue.lang(), Lang::En).then_some(&desk.hours.en);
        let mut lines = vec![
            desk.place.ja.clone(),
            format!("{}　電話 {}", desk.hours.ja, desk.tel),
        ];
        lines.extend(also.cloned());
        lines
    };
    let mut all = lines(&profile.counter);
    if let Some(night) = &profile.night_desk {
        all.push(format!("夜間・休日：{}", night.name.ja));
        all.extend(lines(night));
    }
    DueOffice {
        name: profile.counter.name.ja.clone(),
        lines: all,
        items: Vec::new(),
    }
}

fn mayor(now: &Now<'_>, code: MunicipalityCode) -> String {
    let profile = now.catalogue.profile(&code);
    profile.map_or_else(String::new, |profile| profile.mayor.ja.clone())
}

fn item(now: &Now<'_>, title: &Text, until: Option<Date>, printed: bool) -> DueItem {
    let today = now.cx.today;
    DueItem {
        title: title.ja.clone(),
        also: also(now.tongue, title),
        // where the clock is not right no deadline is shown
        until: until.filter(|_| today.is_some()).map(|day| {
            let other = !matches!(now.tongue, Tongue::Ja | Tongue::JaEasy);
            (
                calendar::japanese(day),
                other.then(|| calendar::written(day, now.tongue)),
            )
        }),
        days: today
            .zip(until)
            .and_then(|(today, day)| Some(today.until(day).ok()?.get_days())),
        printed,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::date;
    use ubugoe_procedures::{Answers, CardHolder, FilerRole, Sex, Source, Value};
    use ubugoe_visit::service::ServiceDesk;
    use ubugoe_visit::{Candidate, CardFacts, CardIdentity, CardOnReader, Ticket, WardFlags};

    use super::*;
    use crate::{service::papers::samples, updates::Updates};

    fn draft(answers: &[(&str, &str)]) -> Draft {
        let mut filled = Answers::new();
        for (path, option) in answers {
            filled.set(
                path.parse().unwrap(),
                Value::Choice((*option).to_owned()),
                Source::Parent,
            );
        }
        let form = |procedure: &str, answers: Answers| FormDraft {
            procedure: procedure.parse().unwrap(),
            recipient: "991015".parse().unwrap(),
            child: None,
            optional: false,
            chosen: true,
            due: None,
            own: Answers::new(),
            answers,
        };
        Draft {
            card: CardOnReader {
                ticket: Ticket(1),
                facts: CardFacts {
                    identity: CardIdentity([1; 32]),
                    attributes_tries: None,
                    sign_tries: None,
                    has_sign_certificate: true,
                    expiry: None,
                },
            },
            holder: CardHolder {
                name: "山田\u{3000}花子".to_owned(),
                address: "ことほぎ県あすこえ市汐見町一丁目".to_owned(),
                birth: date(1994, 5, 17),
                sex: Sex::Female,
            },
            certificates: vec![Candidate {
                certificate: samples::certificate("W-1"),
                flags: WardFlags::default(),
            }],
            flags: WardFlags::default(),
            role: FilerRole::Mother,
            forms: vec![
                form("shussei_todoke", Answers::new()),
                form("jido_teate_nintei", filled),
            ],
            asked: Vec::new(),
            line_seen: true,
            private_wanted: false,
            nursery: ubugoe_visit::NurseryDraft::default(),
            drafted_on: date(2026, 11, 24),
        }
    }

    /// The forms of the paper set, and its counters by name, each with how many things are due there.
    fn set(draft: &Draft) -> (Vec<String>, Vec<(String, usize)>) {
        let catalogue = Arc::new(Updates::default().load().unwrap().0.catalogue);
        let cx = Context {
            catalogue: &catalogue,
            today: Some(date(2026, 11, 24)),
            now: 1_795_478_400,
            birthplace: "991015".parse().unwrap(),
            has_room: true,
            closed: false,
            online: true,
            offline_long: false,
            nurseries: None,
            staff: ServiceDesk::default(),
        };
        let now = Now {
            catalogue: &catalogue,
            cx: &cx,
            tongue: Tongue::Ja,
            at: None,
        };
        let (forms, offices, ..) = drafted(draft, &now);
        (
            forms
                .iter()
                .map(|form| form.filing.procedure.to_string())
                .collect(),
            offices
                .into_iter()
                .map(|one| (one.name, one.items.len()))
                .collect(),
        )
    }

    #[test]
    fn a_form_that_the_answers_send_elsewhere_is_neither_printed_nor_due_at_the_citys_counter() {
        let (forms, offices) = set(&draft(&[("job", "1")]));
        assert_eq!(forms, ["shussei_todoke", "jido_teate_nintei"], "control");
        let named = |offices: &[(String, usize)]| {
            let other =
                |(name, _): &&(String, usize)| name.as_str() == "市区町村の窓口ではありません";
            offices.iter().filter(other).count()
        };
        assert_eq!(named(&offices), 0, "control: {offices:?}");
        let (forms, offices) = set(&draft(&[("job", "3"), ("public_kind", "local")]));
        assert_eq!(forms, ["shussei_todoke"]);
        assert_eq!(named(&offices), 1, "{offices:?}");
    }
}
