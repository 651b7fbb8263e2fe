//! What staff at a counter print: which documents they saw, and what a receipt turned out to be. Names nobody.

use ubugoe_papers::Slip;
use ubugoe_procedures::{Lang, ProcedureId, calendar};
use ubugoe_visit::service::{Counter, CounterAt, Mark, Print, Service, Verdict};

use super::{Now, Wanted};
use crate::presenters::{municipality, short_digest};

/// The sheet of a page; `None`: the page has none of this kind.
pub(crate) fn slip(service: &Service, print: Print, now: &Now<'_>) -> Option<Wanted> {
    let Service::Counter(counter) = service else {
        return None;
    };
    let slip = match (print, &counter.at) {
        (Print::Documents, CounterAt::Documents(procedure)) => documents(counter, procedure, now)?,
        (Print::Receipt, CounterAt::Verified(verdict)) => verified(verdict, now)?,
        _ => return None,
    };
    Some(Wanted::Slip(slip))
}

fn documents(counter: &Counter, id: &ProcedureId, now: &Now<'_>) -> Option<Slip> {
    let procedure = now.catalogue.procedure(id)?;
    let lines = procedure.attachments.iter().map(|document| {
        let found = match counter.marks.get(&(id.clone(), document.id.clone())) {
            Some(Mark::Seen) => "原本を見た",
            Some(Mark::Copied) => "写しをとった",
            Some(Mark::Missing) if document.may_follow => "足りない（あとからでもよい）",
            Some(Mark::Missing) => "足りない",
            None => "まだ見ていない",
        };
        (document.label.ja.clone(), found.to_owned())
    });
    Some(Slip {
        heading: "書類の確認".to_owned(),
        about: procedure.title.ja.clone(),
        printed: now.at.map(calendar::japanese_minute),
        lines: lines.collect(),
        note: "窓口で確かめたものの控えです。名前はのっていません。".to_owned(),
    })
}

fn verified(verdict: &Verdict, now: &Now<'_>) -> Option<Slip> {
    let Verdict::Genuine {
        arrival_no,
        arrived_at,
        recipient,
        digest,
    } = verdict
    else {
        return None;
    };
    let mut lines = vec![("到達番号".to_owned(), arrival_no.to_string())];
    if let Some(at) = arrived_at {
        lines.push(("到達した日時".to_owned(), calendar::japanese_minute(*at)));
    }
    lines.push(("照合番号".to_owned(), short_digest(digest)));
    Some(Slip {
        heading: "受付票の確認".to_owned(),
        about: municipality(now.catalogue, *recipient, Lang::Ja),
        printed: now.at.map(calendar::japanese_minute),
        lines,
        note: "市の署名を確かめました。届け出の中身と名前はのっていません。".to_owned(),
    })
}
