//! What the four rooms behind a family's link share: which are open, for which child, and how a form comes back.
//!
//! A room is open where the item of the line that leads to it is: the guards of the catalogue (loss, adoption, protection) are
//! asked there and nowhere else. A room that is closed leads back to the line without a word, so that a loss is met with silence.

mod words;

use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use maud::{Markup, html};

use super::super::{Failure, Shared};
use super::{Guest, Room, Said, Tongue, checkups, gift, nursery, vaccines};
use crate::jst;
use crate::nonstop::engine::KnownChild;
use crate::store::services::{Act, Acted, CaseServices, FamilyCase};

pub(super) use words::{PHONE, PLACE, STALE};

/// The family as its rooms see it.
pub(super) struct Around {
    pub(super) case: FamilyCase,
    /// The children, in the order of their birth.
    pub(super) children: Vec<KnownChild>,
    pub(super) services: CaseServices,
    pub(super) today: Date,
    pub(super) now: i64,
}

impl Around {
    /// `None`: nothing of this link was accepted yet.
    pub(super) async fn of(app: &Shared, guest: &Guest) -> Result<Option<Self>, Failure> {
        let now = app.now();
        let Some(case) = app.store.services_case(guest.case_ref, now).await? else {
            return Ok(None);
        };
        let Some(today) = jst::date(now) else {
            return Ok(None);
        };
        Ok(Some(Self {
            children: app.nonstop.engine.children(&case.seen),
            services: app.store.family_services(guest.case_ref, now).await?,
            case,
            today,
            now,
        }))
    }

    /// The children for whom a procedure is open, each with its number from 1.
    pub(super) fn children_in(&self, procedure: &str) -> Vec<(usize, &KnownChild)> {
        self.children
            .iter()
            .enumerate()
            .filter(|(_, child)| self.case.is_open(procedure, &child.child))
            .map(|(at, child)| (at + 1, child))
            .collect()
    }

    /// The child of this number, if the procedure is open for it.
    pub(super) fn child(&self, number: Option<&str>, procedure: &str) -> Option<&KnownChild> {
        let number: usize = number?.parse().ok()?;
        let child = self.children.get(number.checked_sub(1)?)?;
        self.case.is_open(procedure, &child.child).then_some(child)
    }

    /// An act in a room of this child.
    pub(super) fn act(&self, guest: &Guest, child: &KnownChild, procedure: &str) -> Act {
        Act {
            // the case itself: whatever link of it was used, also a renewed one
            token_sha256: guest.case_ref,
            child: child.child.clone(),
            procedure: procedure.to_owned(),
            at: self.now,
        }
    }

    /// Which child a part is about, where there are several.
    pub(super) fn which(&self, tongue: Tongue, number: usize) -> Markup {
        html! {
            @if self.children.len() > 1 { span.which { (child_number(tongue, number)) } }
        }
    }
}

/// `1人目のお子さん`, `Child 1`.
pub(super) fn child_number(tongue: Tongue, number: usize) -> String {
    format!(
        "{}{number}{}",
        words::CHILD_BEFORE.get(tongue),
        words::CHILD_AFTER.get(tongue)
    )
}

/// The rooms that are open.
pub(super) async fn rooms(app: &Shared, guest: &Guest) -> Result<Vec<Room>, Failure> {
    let Some(around) = Around::of(app, guest).await? else {
        return Ok(Vec::new());
    };
    Ok([
        checkups::room(guest, &around),
        nursery::room(app, guest, &around),
        vaccines::room(guest, &around),
        gift::room(app, guest, &around),
    ]
    .into_iter()
    .flatten()
    .collect())
}

/// Back to the line: what a closed room answers.
pub(super) fn home(guest: &Guest) -> Response {
    Redirect::to(&guest.home()).into_response()
}

/// To a page below the line.
pub(super) fn to(guest: &Guest, path: &str) -> Response {
    Redirect::to(&format!("{}/{path}", guest.home())).into_response()
}

/// Whether the room's page shows what became of an act by itself.
pub(super) fn went_well(acted: Acted) -> bool {
    matches!(acted, Acted::Done | Acted::Already)
}

/// A remark at the top of a page: what was wrong with a form.
pub(super) fn complaint(guest: &Guest, said: Option<&Said>) -> Markup {
    html! {
        @if let Some(said) = said { p.alert role="alert" { (guest.say(said)) } }
    }
}

/// From one day to another.
pub(super) fn span(tongue: Tongue, from: Date, to: Option<Date>) -> String {
    let first = super::day(tongue, from);
    match to {
        Some(to) => format!("{first} – {}", super::day(tongue, to)),
        None => format!("{first} –"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every word of the rooms, with the name it has.
    fn all() -> Vec<(&'static str, Said)> {
        [
            words::ALL,
            checkups::WORDS,
            vaccines::WORDS,
            gift::WORDS,
            nursery::WORDS,
        ]
        .concat()
    }

    fn in_devanagari(text: &str) -> bool {
        text.chars()
            .filter(|c| c.is_alphabetic() && !c.is_ascii())
            .all(|c| ('\u{900}'..='\u{97F}').contains(&c))
            && text.chars().any(|c| ('\u{900}'..='\u{97F}').contains(&c))
    }

    #[test]
    fn every_word_is_said_in_all_eight_languages_and_in_its_own_letters() {
        for (name, said) in all() {
            // numbers stand between these two
            if name.ends_with("_BEFORE") || name.ends_with("_AFTER") {
                continue;
            }
            for tongue in Tongue::ALL {
                assert!(!said.get(tongue).trim().is_empty(), "{name} {tongue:?}");
            }
            assert!(in_devanagari(said.ne), "{name}: {}", said.ne);
            for latin in [said.en, said.pt, said.vi, said.tl] {
                let foreign = |c: char| ('\u{3040}'..='\u{9FFF}').contains(&c);
                assert!(!latin.chars().any(foreign), "{name}: {latin}");
            }
            let kana = |c: char| ('\u{3040}'..='\u{30FF}').contains(&c);
            assert!(!said.zh.chars().any(kana), "{name}: {}", said.zh);
            assert!(
                said.easy.chars().any(kana),
                "{name}: plain Japanese has kana: {}",
                said.easy
            );
        }
        // the check finds a letter of another script
        assert!(!in_devanagari("जहाँ प\u{9A8}ि"));
    }

    #[test]
    fn plain_japanese_has_few_kanji() {
        let kanji = |text: &str| {
            text.chars()
                .filter(|c| ('\u{4E00}'..='\u{9FFF}').contains(c))
                .count()
        };
        for (name, said) in all() {
            if name.ends_with("_BEFORE") || name.ends_with("_AFTER") {
                continue;
            }
            assert!(
                kanji(said.easy) * 3 <= said.easy.chars().count(),
                "{name}: {}",
                said.easy
            );
        }
    }
}
