//! The line on the screen: sections, dates, what is filed here, what may be added, and what is not said.

use jiff::civil::date;
use ubugoe_visit::{
    Event, LineDate, LineFiling, LineSection, LineView, PaperAdvice, Stage, WardFlags, line_view,
};

use crate::bedside::{Bedside, at, certificate, choice, marked, said};

fn view(visit: &Bedside) -> LineView {
    line_view(visit.draft(), &visit.cx)
}

fn row<'a>(view: &'a LineView, id: &str) -> Option<&'a ubugoe_visit::LineRow> {
    view.public.iter().find(|row| row.procedure.as_str() == id)
}

fn with(flags: WardFlags) -> Bedside {
    let mut visit = at("finding-certificate");
    visit.tell(marked(&[certificate()], flags));
    if visit.stage() == "staff-guides" {
        visit.staff_open();
    }
    visit.tell(Event::CertificatesConfirmed);
    visit
}

#[test]
fn the_whole_family_line_is_there_by_section_each_with_its_reason_and_law() {
    let visit = at("line");
    let view = view(&visit);
    let section = |id| row(&view, id).map(|row| (row.section, row.filing));
    let here = Some((LineSection::Now, LineFiling::Here));
    assert_eq!(section("shussei_todoke"), here);
    assert_eq!(section("jido_teate_nintei"), here);
    assert_eq!(
        section("juminhyo_kisai").map(|(section, _)| section),
        Some(LineSection::ByItself)
    );
    assert!(
        view.public
            .iter()
            .any(|row| row.section == LineSection::Later)
    );
    assert!(view.public.len() > 15, "{}", view.public.len());
    for row in &view.public {
        assert!(!row.reason.ja.is_empty(), "{}", row.procedure);
        assert!(
            !row.law.is_empty(),
            "{}: a public item rests on a law",
            row.procedure
        );
    }
    let sections: Vec<LineSection> = view.public.iter().map(|row| row.section).collect();
    assert!(sections.is_sorted());
    // Trap 1.
    assert_eq!(
        row(&view, "shussei_todoke").unwrap().date,
        Some(LineDate::Until {
            last_day: date(2026, 12, 5),
            open_until: date(2026, 12, 7)
        })
    );
}

#[test]
fn private_offers_are_apart_only_for_whoever_asks_and_never_where_they_have_no_place() {
    let mut visit = at("line");
    assert!(view(&visit).private.is_empty() && view(&visit).may_ask_private);
    visit.tell(Event::PrivateWanted(true));
    assert!(!view(&visit).private.is_empty());
    visit.tell(Event::PrivateWanted(false));
    assert!(view(&visit).private.is_empty());
    for flags in [
        WardFlags {
            nicu: true,
            ..WardFlags::default()
        },
        WardFlags {
            protection: true,
            ..WardFlags::default()
        },
        WardFlags {
            adoption: true,
            ..WardFlags::default()
        },
        WardFlags {
            sibling_lost: true,
            ..WardFlags::default()
        },
    ] {
        let mut visit = with(flags);
        visit.tell(Event::PrivateWanted(true));
        let view = view(&visit);
        assert!(
            view.private.is_empty() && !view.may_ask_private && view.quiet,
            "{flags:?}"
        );
    }
}

#[test]
fn an_optional_item_is_added_filled_in_from_what_is_known_and_signed_with_the_rest() {
    let mut visit = at("line");
    let offered = view(&visit);
    let offered = row(&offered, "kodomo_iryohi").unwrap();
    // It waits for the notification of birth only, which is filed in the same visit: so it stands where it can be ticked.
    assert_eq!(
        (offered.filing, offered.section, offered.waits_for.len()),
        (LineFiling::CanAdd, LineSection::Confirm, 1)
    );
    visit.tell(Event::ItemToggled("kodomo_iryohi".parse().unwrap()));
    let added = view(&visit);
    let added = row(&added, "kodomo_iryohi").unwrap();
    assert_eq!(
        (added.filing, added.section),
        (LineFiling::Added, LineSection::Confirm),
        "it does not run away from under the finger"
    );
    visit.tell(Event::LineSeen).answer_all(said);
    assert_eq!(visit.prepared().len(), 3);
    let asked = visit
        .draft()
        .asked
        .iter()
        .filter(|at| visit.draft().forms[at.form].optional);
    let asked: Vec<&str> = asked.map(|at| at.path.as_str()).collect();
    assert_eq!(
        asked,
        ["ins.pending", "consent"],
        "what was said before is not asked again"
    );
    let subsidy = visit.prepared().last().unwrap();
    assert_eq!(subsidy.filing.answers.text("child.mei"), Some("さくら"));
    assert_eq!(
        subsidy.filing.answers.text("contact.tel"),
        Some("090-0000-0000")
    );
    // What must be filed is not taken out.
    let mut visit = at("line");
    visit.tell(Event::ItemToggled("shussei_todoke".parse().unwrap()));
    assert_eq!(
        row(&view(&visit), "shussei_todoke").unwrap().filing,
        LineFiling::Here
    );
}

#[test]
fn answers_move_the_line() {
    let mut visit = at("line");
    visit.tell(Event::LineSeen).answer_all(|path| match path {
        "parents" => choice("both_foreign"),
        "nationality" => crate::bedside::text("ベトナム（父・母）"),
        "child_sei" | "head_name" | "hittosha" | "father.sei" | "claimant.sei_kana" => {
            crate::bedside::text("グエン")
        }
        path => said(path),
    });
    while visit.stage() != "line" {
        visit.tell(Event::BackWanted);
    }
    // Trap 28: thirty days for a status of residence.
    let view = view(&visit);
    let residence = row(&view, "zairyu_shikaku").unwrap();
    let Some(LineDate::Until { last_day, .. }) = residence.date else {
        panic!("{:?}", residence.date)
    };
    assert_eq!(last_day, date(2026, 12, 22));
}

#[test]
fn a_protected_family_is_shown_no_municipality_of_its_own_and_no_second_parent_acts() {
    let protected = with(WardFlags {
        protection: true,
        ..WardFlags::default()
    });
    let view = view(&protected);
    let claim = row(&view, "jido_teate_nintei").unwrap();
    assert!(
        claim.to.iter().all(|to| !to.ja.contains("あすこえ市")),
        "{:?}",
        claim.to
    );
    let marked = &protected.draft().forms[0].own;
    assert_eq!(
        marked.value("addr.confidential"),
        Some(&choice("dv_support"))
    );
}

#[test]
fn nothing_of_the_other_parent_is_carried_over_where_an_address_is_protected() {
    let mut visit = with(WardFlags {
        protection: true,
        ..WardFlags::default()
    });
    visit.tell(Event::LineSeen);
    let mut asked = Vec::new();
    while let Stage::Asking { at, .. } = &visit.state.stage {
        asked.push((at.form, at.path.to_string()));
        let answer = match at.path.as_str() {
            "spouse.sei" => crate::bedside::text("神山"),
            "spouse.mei" => crate::bedside::text("太郎"),
            "spouse.birth" => said("father.birth"),
            path => said(path),
        };
        visit.tell(Event::Answered(answer));
    }
    assert!(
        asked.contains(&(1, "spouse.mei".to_owned())),
        "asked, not copied: {asked:?}"
    );
}

#[test]
fn paper_is_advised_calmly_when_the_law_or_the_network_leaves_no_time() {
    let open_until = date(2026, 12, 7);
    for (today, online, advice) in [
        (date(2026, 11, 24), false, PaperAdvice::NotNeeded),
        (date(2026, 12, 2), false, PaperAdvice::NotNeeded),
        (date(2026, 12, 3), true, PaperAdvice::Soon { open_until }),
        (date(2026, 12, 3), false, PaperAdvice::Now { open_until }),
        (date(2026, 12, 7), false, PaperAdvice::Now { open_until }),
        (date(2026, 12, 8), false, PaperAdvice::Late { open_until }),
    ] {
        let mut visit = at("line");
        (visit.cx.today, visit.cx.online) = (Some(today), online);
        assert_eq!(view(&visit).paper, advice, "{today} {online}");
    }
    // Without a network for a day, earlier.
    for (today, long, advice) in [
        (date(2026, 11, 29), true, PaperAdvice::NotNeeded),
        (date(2026, 11, 30), true, PaperAdvice::Now { open_until }),
        (date(2026, 12, 2), false, PaperAdvice::NotNeeded),
    ] {
        let mut visit = at("line");
        visit.cx.today = Some(today);
        (visit.cx.online, visit.cx.offline_long) = (false, long);
        assert_eq!(view(&visit).paper, advice, "{today} {long}");
    }
    let mut visit = at("line");
    visit.cx.today = None;
    assert_eq!(
        view(&visit).paper,
        PaperAdvice::NotNeeded,
        "no clock, no deadline"
    );
}

/// Trap 51: one twin was lost. The living child's tasks are there, in silence.
#[test]
fn a_lost_twin_takes_the_joy_and_not_the_living_childs_rights() {
    let visit = with(WardFlags {
        sibling_lost: true,
        ..WardFlags::default()
    });
    let view = view(&visit);
    assert!(view.quiet);
    assert!(row(&view, "shussei_todoke").is_some() && row(&view, "jido_teate_nintei").is_some());
    assert!(row(&view, "kinenhin").is_none(), "no gift");
}
