//! The ward's pages: the list, one certificate, to whom it is handed, and what follows a loss.

use jiff::civil::Date;
use ubugoe_procedures::{
    FilerRole, Lang, Plurality, Text, calendar,
    plan::{self, Around as LineAround, Audience, Child, Family, Item, Status, Stillbirth, Whom},
};
use ubugoe_view::{
    ComponentHandle, HandOverAdapter, HandedTo, LossAdapter, LossItem, Page, PaperMarks,
    PaperState, PapersAdapter, Screen, ServicePage, ServiceWait, Sex, WardPaper, WardPaperAdapter,
};
use ubugoe_visit::{
    Event, WardFlags,
    service::{Filed, FlagsRead, Loss, Paper, ServiceEvent, Ward, WardAt},
};

use super::{Around, Picture, form, nothing, shown, trouble, wait};
use crate::{
    core::{Input, Sender},
    presenters::words,
};

pub(super) fn page(ward: &Ward, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    match &ward.at {
        WardAt::Reading { .. } => wait(ServiceWait::Papers),
        WardAt::List => list(ward, lang),
        WardAt::One(key) => match ward.paper(key) {
            Some(paper) => one(paper, around, lang),
            None => list(ward, lang),
        },
        WardAt::Form(form) => form::page(form, &ward.who, around, lang),
        WardAt::Writing { .. } => wait(ServiceWait::Writing),
        WardAt::HandOver(key) => {
            let mother = ward
                .paper(key)
                .map(|paper| paper.certificate.mother.clone());
            hand_over(mother.unwrap_or_default(), around)
        }
        WardAt::Handed(_) => shown(ServicePage::Handed, nothing()),
        WardAt::LossAsked => shown(ServicePage::LossAsked, nothing()),
        WardAt::Loss { of, from: _ } => loss(*of, around, lang),
        WardAt::Trouble { failure, form } => trouble(*failure, form.is_some()),
    }
}

fn list(ward: &Ward, lang: Lang) -> (Page, Picture) {
    let rows: Vec<WardPaper> = (0..)
        .zip(&ward.papers)
        .map(|(at, paper)| row(at, paper, lang))
        .collect();
    let unreadable = i32::try_from(ward.unreadable).unwrap_or(i32::MAX);
    shown(
        ServicePage::Papers,
        Box::new(move |screen| {
            let page = screen.global::<PapersAdapter>();
            page.set_papers(words::model(rows));
            page.set_unreadable(unreadable);
        }),
    )
}

fn row(at: i32, paper: &Paper, lang: Lang) -> WardPaper {
    let (order, of) = match paper.certificate.plurality {
        Plurality::Single => (0, 0),
        Plurality::Multiple { order, of } => (order.into(), of.into()),
    };
    WardPaper {
        at,
        mother: paper.certificate.mother.as_str().into(),
        born_text: calendar::written_minute(paper.certificate.birth_dt, lang.into()).into(),
        order,
        of,
        state: match paper.filed {
            Filed::No => PaperState::Waiting,
            Filed::Returned => PaperState::Returned,
            Filed::Yes => PaperState::Filed,
        },
        marks: marks(paper.flags),
        unreadable: paper.flags == FlagsRead::Unreadable,
    }
}

fn marks(flags: FlagsRead) -> PaperMarks {
    let flags = match flags {
        FlagsRead::Known(flags) => flags,
        FlagsRead::Unreadable => WardFlags::default(),
    };
    PaperMarks {
        nicu: flags.nicu,
        loss: flags.loss,
        sibling_lost: flags.sibling_lost,
        protection: flags.protection,
        adoption: flags.adoption,
    }
}

const fn flags(marks: &PaperMarks) -> WardFlags {
    WardFlags {
        nicu: marks.nicu,
        loss: marks.loss,
        sibling_lost: marks.sibling_lost,
        protection: marks.protection,
        adoption: marks.adoption,
    }
}

fn one(paper: &Paper, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let certificate = paper.certificate.clone();
    let (row, fresh) = (row(0, paper, lang), around.fresh);
    let attested = paper.attested.clone();
    let attested = attested.map(|said| (said.name, calendar::written_minute(said.at, lang.into())));
    let (by, at) = attested.unwrap_or_default();
    let (correct, hand_over) = (paper.may_correct(), paper.may_hand_over());
    let place = match &certificate.place_name {
        Some(name) => format!("{name}　{}", certificate.place_addr),
        None => certificate.place_addr.clone(),
    };
    shown(
        ServicePage::Paper,
        Box::new(move |screen| {
            let page = screen.global::<WardPaperAdapter>();
            page.set_number(certificate.number.as_str().into());
            page.set_sex(words::sex(certificate.sex));
            page.set_weight_g(certificate.weight_g.into());
            let (cm, mm) = (certificate.length_mm / 10, certificate.length_mm % 10);
            page.set_length_text(format!("{cm}.{mm} cm").into());
            // Weeks and days as the form has them, without a word.
            page.set_weeks_text(format!("{}＋{}", certificate.weeks, certificate.days).into());
            page.set_place(place.into());
            page.set_issuer(certificate.issuer_name.as_str().into());
            page.set_attested_by(by.into());
            page.set_attested_at(at.into());
            page.set_can_correct(correct);
            page.set_can_hand_over(hand_over);
            page.set_can_add_twin(row.of > 1);
            if fresh {
                page.set_marks(row.marks.clone());
                // Unreadable marks may be written anew as they stand: none.
                page.set_changed(row.unreadable);
            }
            page.set_paper(row);
        }),
    )
}

fn hand_over(mother: String, around: &Around<'_>) -> (Page, Picture) {
    let fresh = around.fresh;
    shown(
        ServicePage::HandOver,
        Box::new(move |screen| {
            let page = screen.global::<HandOverAdapter>();
            page.set_mother(mother.into());
            if fresh {
                page.set_to(HandedTo::None);
            }
        }),
    )
}

// ---------------------------------------------------------------------------------------------- after a loss

/// The notifications that the law asks for after a loss.
const DUTIES: [&str; 3] = ["shizan_todoke", "shussei_todoke", "shibo_todoke"];

fn family(of: Loss, around: &Around<'_>, today: Date) -> Family {
    let mut family = Family::default();
    family.places.birthplace = Some(around.birthplace);
    family.mother.residence = Some(around.birthplace);
    match of {
        Loss::Stillbirth => family
            .delivery
            .stillborn
            .push(Stillbirth { on: Some(today) }),
        Loss::Death { born } => family.delivery.children.push(Child {
            id: "child".to_owned(),
            birth: born.unwrap_or(today),
            minute: None,
            died: Some(today),
        }),
    }
    family
}

/// Whether an item may stand on the page that staff and the mother look at together: a duty of the law, or a right of
/// hers. Nothing of the child's future, nothing that ever sends a joyful message, nothing private.
fn may_stand(item: &Item<'_>) -> bool {
    let open = match item.status {
        Status::Now
        | Status::Offer
        | Status::Late
        | Status::WaitsFor
        | Status::Upcoming
        | Status::Question => true,
        Status::ByItself | Status::Elsewhere | Status::Staff | Status::Closed | Status::Done => {
            false
        }
    };
    let hers = match item.whom {
        Whom::Family | Whom::Delivery | Whom::Mother => true,
        Whom::Child(_) | Whom::Expected | Whom::Older(_) | Whom::Father | Whom::Person(_) => {
            is_duty(item)
        }
    };
    let public = item.procedure.sector == ubugoe_procedures::Sector::Public;
    open && hers && public && item.procedure.joyful.is_empty()
}

fn is_duty(item: &Item<'_>) -> bool {
    DUTIES.contains(&item.procedure.id.as_str())
}

/// What there is to do after a loss: her rights, and the duties.
///
/// Staff opened the page, so what only staff may bring up is brought up by them: the line is theirs.
fn after_loss(of: Loss, around: &Around<'_>, lang: Lang) -> (Vec<LossItem>, Vec<LossItem>) {
    let Some(today) = around.today else {
        return (Vec::new(), Vec::new());
    };
    let family = family(of, around, today);
    let reader = LineAround {
        audience: Audience::Staff,
        ..LineAround::default()
    };
    let line = plan::line(around.catalogue, &family, today, &reader);
    let (duties, rights): (Vec<&Item<'_>>, Vec<&Item<'_>>) = line
        .items
        .iter()
        .filter(|item| may_stand(item))
        .partition(|item| is_duty(item));
    let items = |items: Vec<&Item<'_>>| -> Vec<LossItem> {
        items
            .into_iter()
            .map(|item| loss_item(item, lang))
            .collect()
    };
    (items(rights), items(duties))
}

fn loss_item(item: &Item<'_>, lang: Lang) -> LossItem {
    let text = |text: &Text| text.get(lang).to_owned();
    let due = item.deadline.as_ref();
    LossItem {
        title: text(&item.procedure.title).into(),
        to: item
            .recipients
            .first()
            .map(|recipient| text(&recipient.name))
            .unwrap_or_default()
            .into(),
        // The day of the loss is not known here for certain: a day is said only where it is the law's first duty.
        due_text: due
            .filter(|_| is_duty(item))
            .map(|due| calendar::written(due.open_until, lang.into()))
            .unwrap_or_default()
            .into(),
        reason: text(&item.procedure.reason).into(),
    }
}

fn loss(of: Loss, around: &Around<'_>, lang: Lang) -> (Page, Picture) {
    let (rights, duties) = after_loss(of, around, lang);
    let stillbirth = of == Loss::Stillbirth;
    shown(
        ServicePage::Loss,
        Box::new(move |screen| {
            let page = screen.global::<LossAdapter>();
            page.set_stillbirth(stillbirth);
            page.set_rights(words::model(rights));
            page.set_duties(words::model(duties));
        }),
    )
}

pub(super) fn wipe(screen: &Screen) {
    screen
        .global::<PapersAdapter>()
        .set_papers(words::model(Vec::new()));
    let page = screen.global::<WardPaperAdapter>();
    page.set_paper(WardPaper::default());
    page.set_marks(PaperMarks::default());
    page.set_changed(false);
    page.set_number("".into());
    page.set_sex(Sex::Unknown);
    page.set_weight_g(0);
    page.set_length_text("".into());
    page.set_weeks_text("".into());
    page.set_place("".into());
    page.set_issuer("".into());
    page.set_attested_by("".into());
    page.set_attested_at("".into());
    let page = screen.global::<HandOverAdapter>();
    page.set_mother("".into());
    page.set_to(HandedTo::None);
    let page = screen.global::<LossAdapter>();
    page.set_rights(words::model(Vec::new()));
    page.set_duties(words::model(Vec::new()));
}

pub(super) fn bind(screen: &Screen, to: &Sender) {
    use ServiceEvent as E;
    let tell = |event: E| {
        let send = to.clone();
        move || send.send(Input::Service(event.clone()))
    };
    let page = screen.global::<PapersAdapter>();
    page.on_register(tell(E::RegisterWanted));
    page.on_loss(tell(E::LossWanted));
    let send = to.clone();
    page.on_open_visit(move || send.send(Input::Visit(Event::StaffOpened)));
    let send = to.clone();
    page.on_choose(move |at| {
        if let Ok(at) = usize::try_from(at) {
            send.send(Input::PaperChosen(at));
        }
    });
    let page = screen.global::<WardPaperAdapter>();
    page.on_correct(tell(E::CorrectionWanted));
    page.on_twin(tell(E::TwinWanted));
    page.on_hand_over(tell(E::HandOverWanted));
    page.on_loss(tell(E::LossWanted));
    let (send, weak) = (to.clone(), screen.as_weak());
    page.on_save(move || {
        if let Some(screen) = weak.upgrade() {
            let marks = screen.global::<WardPaperAdapter>().get_marks();
            send.send(Input::Service(E::FlagsChosen(flags(&marks))));
        }
    });
    let send = to.clone();
    screen.global::<HandOverAdapter>().on_hand(move |to| {
        let role = match to {
            HandedTo::None => return,
            HandedTo::Father => FilerRole::Father,
            HandedTo::Cohabitant => FilerRole::Cohabitant,
            HandedTo::Representative => FilerRole::LegalRepresentative,
        };
        send.send(Input::Service(E::HandedTo(role)));
    });
    let send = to.clone();
    screen.global::<LossAdapter>().on_choose(move |stillbirth| {
        let of = if stillbirth {
            Loss::Stillbirth
        } else {
            Loss::Death { born: None }
        };
        send.send(Input::Service(E::LossChosen(of)));
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]
    use jiff::civil::date;
    use ubugoe_procedures::Catalogue;

    use super::*;

    fn around(catalogue: &Catalogue) -> Around<'_> {
        Around {
            catalogue,
            typed: 0,
            online: true,
            has_room: true,
            closed: false,
            help_light: crate::panelside::HelpLight::None,
            panel_lost: false,
            offline_long: false,
            pending: 0,
            today: Some(date(2026, 11, 24)),
            left_out: &[],
            question: (1, 1),
            fresh: true,
            birthplace: "991015".parse().unwrap(),
            line: None,
            nurseries: None,
            towns: &[],
            found: &NOTHING,
            most_choices: 0,
            printers: (false, false),
            number: &UNTYPED,
        }
    }

    static NOTHING: (Vec<ubugoe_procedures::nursery::Hit>, bool) = (Vec::new(), false);
    static UNTYPED: std::sync::LazyLock<crate::second::Typing> =
        std::sync::LazyLock::new(crate::second::Typing::default);

    fn titles(items: &[LossItem]) -> Vec<String> {
        items.iter().map(|item| item.title.to_string()).collect()
    }

    #[test]
    fn after_a_stillbirth_her_rights_and_its_one_notification_are_shown() {
        let catalogue = Catalogue::builtin().unwrap();
        let (rights, duties) = after_loss(Loss::Stillbirth, &around(&catalogue), Lang::Ja);
        assert_eq!(titles(&duties), ["死産届"]);
        let rights = titles(&rights);
        for hers in ["出産育児一時金", "産後ケア事業"] {
            assert!(rights.iter().any(|title| title == hers), "{rights:?}");
        }
    }

    #[test]
    fn after_a_death_both_notifications_are_shown_and_nothing_of_the_childs_future() {
        let catalogue = Catalogue::builtin().unwrap();
        let born = Some(date(2026, 11, 22));
        let (rights, duties) = after_loss(Loss::Death { born }, &around(&catalogue), Lang::Ja);
        let mut notified = titles(&duties);
        notified.sort();
        assert_eq!(notified, ["出生届", "死亡届"]);
        for title in titles(&rights) {
            for word in [
                "保育",
                "予防接種",
                "健診",
                "児童手当",
                "ショートステイ",
                "お祝い",
                "写真",
            ] {
                assert!(!title.contains(word), "{title}");
            }
        }
    }

    #[test]
    fn no_joyful_word_stands_on_the_page_in_either_language() {
        let catalogue = Catalogue::builtin().unwrap();
        for of in [Loss::Stillbirth, Loss::Death { born: None }] {
            for lang in [Lang::Ja, Lang::En] {
                let (rights, duties) = after_loss(of, &around(&catalogue), lang);
                assert!(!rights.is_empty() && !duties.is_empty());
                for item in rights.iter().chain(&duties) {
                    let said = format!("{} {} {}", item.title, item.to, item.reason);
                    for word in [
                        "おめでと",
                        "祝",
                        "よろこ",
                        "喜",
                        "ongrat",
                        "joy",
                        "happy",
                        "gift",
                    ] {
                        assert!(!said.contains(word), "{said}");
                    }
                }
            }
        }
    }

    #[test]
    fn marks_and_flags_are_the_same_five_things() {
        let set = WardFlags {
            nicu: true,
            loss: false,
            sibling_lost: true,
            protection: false,
            adoption: true,
        };
        assert_eq!(flags(&marks(FlagsRead::Known(set))), set);
        assert_eq!(flags(&marks(FlagsRead::Unreadable)), WardFlags::default());
    }
}
