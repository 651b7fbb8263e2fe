//! The line as text a person can read: for snapshots, printing and officers. Screens have their own way.

use std::fmt::Write as _;

use super::Audience;
use super::family::Whom;
use super::item::{FamilyLine, Item, Status, filings};
use super::words::{self, with};
use crate::calendar::plus_days;
use crate::catalogue::{Role, Sector};
use crate::text::{Lang, Text};

/// The order in which states are read.
const ORDER: [Status; 11] = [
    Status::Late,
    Status::Now,
    Status::Offer,
    Status::WaitsFor,
    Status::ByItself,
    Status::Elsewhere,
    Status::Question,
    Status::Upcoming,
    Status::Staff,
    Status::Closed,
    Status::Done,
];

/// Renders a line in one language. Items for staff are named only where staff read.
#[must_use]
#[expect(
    clippy::too_many_lines,
    reason = "one block for each part of the page, in order"
)]
pub fn render(line: &FamilyLine<'_>, lang: Lang) -> String {
    let mut text = String::new();
    let mut say = |indent: usize, words: &Text| {
        let _ = writeln!(text, "{}{}", "  ".repeat(indent), words.get(lang));
    };
    say(0, &words::day(line.today));
    let children = line
        .items
        .iter()
        .filter(|item| matches!(item.whom, Whom::Child(_)))
        .map(|item| item.whom)
        .collect::<std::collections::BTreeSet<_>>();
    let alone = children.len() <= 1;
    for status in ORDER {
        let mut own: Vec<&Item<'_>> = line
            .items
            .iter()
            .filter(|item| item.status == status && item.procedure.sector == Sector::Public)
            .collect();
        if own.is_empty() {
            continue;
        }
        say(0, &Text::default());
        // What has a date comes first, by date; the rest as it stands on the line.
        own.sort_by_key(|item| match status {
            Status::Upcoming => item.begins.unwrap_or(jiff::civil::Date::MAX),
            _ => item
                .deadline
                .as_ref()
                .map_or(jiff::civil::Date::MAX, |one| one.open_until),
        });
        say(0, &heading(status));
        if status == Status::Staff {
            say(1, &words::line("staff_tell"));
            continue;
        }
        for item in own {
            of_item(line, item, alone, &mut say);
        }
    }
    if !line.questions.is_empty() {
        say(0, &Text::default());
        say(0, &bracket(&words::line("questions")));
        for question in &line.questions {
            let asked = question
                .fact
                .question
                .as_ref()
                .unwrap_or(&question.fact.label);
            let mut titles: Vec<Text> = Vec::new();
            for item in question.items.iter().filter_map(|at| line.items.get(*at)) {
                if !titles.contains(&item.procedure.title) {
                    titles.push(item.procedure.title.clone());
                }
            }
            let titles = words::list(titles, "、", ", ");
            // Of several children it is said which one is meant.
            let whom = match question.whom {
                Whom::Child(_) if !alone => {
                    let whom = words::whom(question.whom, alone);
                    Text {
                        ja: format!("{}：", whom.ja),
                        en: format!("{}: ", whom.en),
                    }
                }
                _ => Text::default(),
            };
            say(
                1,
                &Text {
                    ja: format!("・{}{}（{}）", whom.ja, asked.ja, titles.ja),
                    en: format!("- {}{} ({})", whom.en, asked.en, titles.en),
                },
            );
        }
    }
    let groups = filings(line);
    let mut first = true;
    {
        for group in &groups {
            let mut counted: Vec<(&Text, &str, usize)> = Vec::new();
            for item in group.items.iter().filter_map(|at| line.items.get(*at)) {
                let title = &item.procedure.title;
                let known = counted.iter_mut().find(|(known, ..)| *known == title);
                if let Some((.., times)) = known {
                    *times += item.copies;
                } else {
                    let child = matches!(item.whom, Whom::Child(_));
                    let key = if child { "several" } else { "copies" };
                    counted.push((title, key, item.copies));
                }
            }
            let titles = counted.into_iter().map(|(title, key, times)| match times {
                0 | 1 => title.clone(),
                _ => {
                    let times = Text::untranslated(&times.to_string());
                    let copies = with(&words::line(key), "n", &times);
                    Text {
                        ja: format!("{}（{}）", title.ja, copies.ja),
                        en: format!("{} ({})", title.en, copies.en),
                    }
                }
            });
            let titles = words::list(titles, "、", ", ");
            if !titles.ja.is_empty() {
                if std::mem::take(&mut first) {
                    say(0, &Text::default());
                    say(0, &bracket(&words::line("visit")));
                }
                say(
                    1,
                    &Text {
                        ja: format!("{}：{}", group.recipient.name.ja, titles.ja),
                        en: format!("{}: {}", group.recipient.name.en, titles.en),
                    },
                );
            }
        }
    }
    let private: Vec<&Item<'_>> = line
        .items
        .iter()
        .filter(|item| item.procedure.sector == Sector::Private)
        .collect();
    if !private.is_empty() {
        say(0, &Text::default());
        say(0, &bracket(&words::line("private")));
        for item in private {
            of_item(line, item, alone, &mut say);
        }
    }
    if !line.presumed.is_empty() {
        let facts = line.presumed.iter().map(|fact| fact.label.clone());
        let facts = words::list(facts, "、", ", ");
        say(0, &Text::default());
        say(0, &with(&words::line("presumed"), "what", &facts));
    }
    text
}

fn bracket(text: &Text) -> Text {
    Text {
        ja: format!("【{}】", text.ja),
        en: format!("== {} ==", text.en),
    }
}

fn heading(status: Status) -> Text {
    bracket(&words::status(status))
}

#[expect(
    clippy::too_many_lines,
    reason = "one line for each thing that is said"
)]
fn of_item(
    line: &FamilyLine<'_>,
    item: &Item<'_>,
    alone: bool,
    say: &mut impl FnMut(usize, &Text),
) {
    let title = &item.procedure.title;
    let mut whom = words::whom(item.whom, alone);
    if item.copies > 1 {
        let copies = with(
            &words::line("copies"),
            "n",
            &Text::untranslated(&item.copies.to_string()),
        );
        whom.ja = format!("{}、{}", whom.ja, copies.ja);
        whom.en = format!("{}, {}", whom.en, copies.en);
    }
    let begins = match (item.state, item.begins) {
        (Status::Upcoming, Some(from)) => with(&words::line("begins"), "from", &words::day(from)),
        (Status::Upcoming, None) => words::line("later_known"),
        _ => Text::default(),
    };
    say(
        1,
        &Text {
            ja: format!("■ {}（{}）{}", title.ja, whom.ja, begins.ja),
            en: format!("* {} ({}) {}", title.en, whom.en, begins.en)
                .trim_end()
                .to_owned(),
        },
    );
    if item.status == Status::Done {
        return;
    }
    if let Some(deadline) = &item.deadline {
        let key = if deadline.open_until == deadline.last_day {
            "due"
        } else {
            "due_rolled"
        };
        let text = with(&words::line(key), "day", &words::day(deadline.open_until));
        say(2, &with(&text, "last", &words::day(deadline.last_day)));
        if near(line, item) {
            say(2, &words::line("near_limit"));
        }
    }
    // What is over is told only where nothing else is left.
    let all_over = item.windows.iter().all(|window| window.over(line.today));
    for window in &item.windows {
        if window.over(line.today) && !all_over {
            continue;
        }
        let text = match (window.from, window.to) {
            (Some(from), Some(to)) if from == to => words::line("window_day"),
            (Some(_), Some(_)) => words::line("window"),
            (Some(_), None) => words::line("window_from"),
            (None, Some(_)) => words::line("window_to"),
            (None, None) => continue,
        };
        let day = |day: Option<jiff::civil::Date>| day.map(words::day).unwrap_or_default();
        let text = with(&text, "from", &day(window.from));
        let text = with(&text, "to", &day(window.to));
        match &window.label {
            Some(label) => {
                let said = with(&words::line("window_of"), "time", &text);
                say(2, &with(&said, "what", label));
            }
            None => say(2, &text),
        }
    }
    for dose in &item.doses {
        let text = with(&words::line("dose"), "what", dose.title);
        let (from, to) = dose.recommended.unwrap_or((dose.earliest, dose.latest));
        let text = with(
            &with(&text, "from", &words::day(from)),
            "to",
            &words::day(to),
        );
        say(3, &with(&text, "latest", &words::day(dose.latest)));
    }
    if item.estimated {
        say(2, &words::line("estimated"));
    }
    if let Some(sentence) = item.automatic.map(|one| &one.sentence) {
        say(2, sentence);
    }
    if item
        .recipients
        .iter()
        .any(|one| one.kind != crate::catalogue::Routing::Nobody)
    {
        let or = words::line("or");
        let names = item.recipients.iter().map(|one| one.name.clone());
        let names = words::list(names, &or.ja, &or.en);
        say(2, &with(&words::line("to"), "name", &names));
    }
    if !item.also_at.is_empty() {
        let names = item.also_at.iter().map(|one| one.name.clone());
        let names = words::list(names, "、", ", ");
        say(2, &with(&words::line("also_at"), "name", &names));
    }
    let who = |key: &str, roles: &[Role], say: &mut dyn FnMut(usize, &Text)| {
        if !roles.is_empty() {
            let names = words::list(roles.iter().map(|role| words::role(*role)), "、", ", ");
            say(2, &with(&words::line(key), "who", &names));
        }
    };
    who(
        if item.signers.len() > 1 {
            "who_of"
        } else {
            "who"
        },
        &item.signers,
        say,
    );
    amount(item, say);
    let reason = &item.procedure.reason;
    say(2, &with(&words::line("why"), "why", reason));
    for why in item
        .reasons
        .iter()
        .filter(|_| item.state != Status::Question)
    {
        let article = why
            .article
            .map(|article| format!("（{article}）"))
            .unwrap_or_default();
        say(
            3,
            &Text {
                ja: format!("・{}{article}", why.sentence.ja),
                en: format!(
                    "- {}{}",
                    why.sentence.en,
                    why.article.map(|a| format!(" ({a})")).unwrap_or_default()
                ),
            },
        );
    }
    if let Some(why) = &item.recipient_why {
        say(
            3,
            &Text {
                ja: format!("・{}", why.sentence.ja),
                en: format!("- {}", why.sentence.en),
            },
        );
    }
    let open = |hard: bool| {
        let edges = item.depends.iter().filter(move |edge| {
            edge.open && (edge.dependency.strength == crate::catalogue::Strength::Hard) == hard
        });
        let titles = edges
            .filter_map(|edge| line.items.get(edge.item?))
            .map(|other| other.procedure.title.clone());
        words::list(titles, "、", ", ")
    };
    for (key, hard) in [("waits", true), ("together", false)] {
        let titles = open(hard);
        if !titles.ja.is_empty() {
            say(2, &with(&words::line(key), "what", &titles));
        }
    }
    if !item.papers.is_empty() {
        let papers = item.papers.iter().map(|paper| {
            let mut text = paper.attachment.label.clone();
            let mut add = |words: &Text| {
                text.ja = format!("{}［{}］", text.ja, words.ja);
                text.en = format!("{} [{}]", text.en, words.en);
            };
            if paper.maybe {
                add(&words::line("maybe"));
            }
            if paper.attachment.may_follow {
                add(&words::line("follows"));
            }
            text
        });
        let papers = words::list(papers, "、", ", ");
        say(2, &with(&words::line("papers"), "papers", &papers));
    }
    // What was not checked is for officers to know; a parent can do nothing about it.
    if item.unverified() && line.audience == Audience::Staff {
        say(2, &words::line("unverified"));
    }
}

fn amount(item: &Item<'_>, say: &mut impl FnMut(usize, &Text)) {
    let Some(amount) = &item.amount else { return };
    let number = |n: i64| Text::untranslated(&n.to_string());
    if let Some(yen) = amount.yen {
        let key = if amount.monthly { "monthly" } else { "once" };
        let mut text = with(&words::line(key), "yen", &words::yen(yen));
        for (key, month) in [
            ("first_month", amount.first_month),
            ("paid_in", amount.paid_in),
        ] {
            if let Some(month) = month {
                let more = with(&words::line(key), "month", &words::month(month));
                text.ja = format!("{}（{}）", text.ja, more.ja);
                text.en = format!("{} ({})", text.en, more.en);
            }
        }
        say(2, &text);
    } else if let (Some(n), Some(first), Some(last)) =
        (amount.months, amount.first_month, amount.last_month)
    {
        let text = with(&words::line("months_free"), "n", &number(n));
        let text = with(&text, "first", &words::month(first));
        say(2, &with(&text, "last", &words::month(last)));
    }
    if let Some(note) = amount.note {
        say(2, note);
    }
}

/// Two days before the last, when a paper form is worth a thought.
fn near(line: &FamilyLine<'_>, item: &Item<'_>) -> bool {
    item.procedure.bedside
        && item.deadline.as_ref().is_some_and(|deadline| {
            line.today <= deadline.open_until && plus_days(line.today, 2) >= deadline.last_day
        })
}
