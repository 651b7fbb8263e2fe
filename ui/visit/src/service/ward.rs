//! The ward's papers: the list, one certificate, its form, its flags, to whom it is handed, and what follows a loss.

use ubugoe_procedures::{FieldPath, FilerRole, Plurality, ReasonCode, Value};

use super::{
    Ask, Attestation, FlagsRead, Form, Handed, Loss, Moved, Paper, Service, ServiceContext,
    ServiceEffect, Sheet, Ward, WardAt, acting, close, form, key_of, stay,
};
use crate::{ChildKey, ServiceFailure, WardFlags};

/// The ward with another page.
fn at(mut ward: Box<Ward>, at: WardAt) -> Moved {
    ward.at = at;
    acting(Service::Ward(ward))
}

fn reading(mut ward: Box<Ward>, open: Option<ChildKey>, cx: &ServiceContext<'_>) -> Moved {
    let ask = cx.desk.ask;
    ward.at = WardAt::Reading { ask, open };
    (
        Service::Ward(ward),
        vec![ServiceEffect::ReadWard { ask }, ServiceEffect::Await],
    )
}

/// The page that a certificate leads back to: its own, or the list.
fn paper_or_list(ward: &Ward, key: Option<ChildKey>) -> WardAt {
    match key.filter(|key| ward.paper(key).is_some()) {
        Some(key) => WardAt::One(key),
        None => WardAt::List,
    }
}

pub(super) fn back(mut ward: Box<Ward>) -> Moved {
    let to = match std::mem::replace(&mut ward.at, WardAt::List) {
        WardAt::List => return close(&Service::Ward(ward)),
        // What is being written answers soon.
        writing @ WardAt::Writing { .. } => {
            ward.at = writing;
            return stay(Service::Ward(ward));
        }
        WardAt::Reading { .. } | WardAt::One(_) | WardAt::LossAsked => WardAt::List,
        WardAt::Form(mut form) => {
            if form::go_back(&mut form) {
                WardAt::Form(form)
            } else {
                paper_or_list(&ward, form.corrects)
            }
        }
        WardAt::HandOver(key) => paper_or_list(&ward, Some(key)),
        WardAt::Handed(handed) => paper_or_list(&ward, Some(handed.key)),
        WardAt::Loss { of: _, from: None } => WardAt::LossAsked,
        WardAt::Loss { of: _, from } => paper_or_list(&ward, from),
        WardAt::Trouble { failure: _, form } => form.map_or(WardAt::List, WardAt::Form),
    };
    at(ward, to)
}

// ---------------------------------------------------------------------------------------------- the list

pub(super) fn refresh(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    let open = match &ward.at {
        WardAt::List | WardAt::Trouble { form: None, .. } => None,
        WardAt::One(key) => Some(key.clone()),
        // Nothing typed is thrown away for a look at the folder.
        WardAt::Trouble { form: Some(_), .. }
        | WardAt::Reading { .. }
        | WardAt::Form(_)
        | WardAt::Writing { .. }
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. } => return stay(Service::Ward(ward)),
    };
    reading(ward, open, cx)
}

pub(super) fn read(
    service: Service,
    answered: Ask,
    papers: Vec<Paper>,
    unreadable: usize,
) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    let open = match &ward.at {
        WardAt::Reading { ask, open } if *ask == answered => open.clone(),
        WardAt::Reading { .. }
        | WardAt::List
        | WardAt::One(_)
        | WardAt::Form(_)
        | WardAt::Writing { .. }
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. } => return stay(Service::Ward(ward)),
    };
    ward.papers = papers;
    ward.unreadable = unreadable;
    ward.at = paper_or_list(&ward, open);
    stay(Service::Ward(ward))
}

pub(super) fn unreadable(service: Service, answered: Ask) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    let waits = matches!(&ward.at, WardAt::Reading { ask, .. } if *ask == answered);
    if waits {
        ward.papers.clear();
        ward.at = WardAt::Trouble {
            failure: ServiceFailure::WardUnreadable,
            form: None,
        };
    }
    stay(Service::Ward(ward))
}

pub(super) fn paper_chosen(service: Service, key: ChildKey) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    if ward.at != WardAt::List || ward.paper(&key).is_none() {
        return stay(Service::Ward(ward));
    }
    at(ward, WardAt::One(key))
}

/// The certificate on the screen.
fn open_paper(ward: &Ward) -> Option<&Paper> {
    match &ward.at {
        WardAt::One(key) => ward.paper(key),
        WardAt::Reading { .. }
        | WardAt::List
        | WardAt::Form(_)
        | WardAt::Writing { .. }
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. } => None,
    }
}

// ---------------------------------------------------------------------------------------------- writing a certificate

/// Nothing is begun that could not be attested: the time belongs to it.
fn open_form(ward: Box<Ward>, form: Form, cx: &ServiceContext<'_>) -> Moved {
    let page = if cx.desk.now.is_some() {
        WardAt::Form(Box::new(form))
    } else {
        WardAt::Trouble {
            failure: ServiceFailure::NoTimeToAttest,
            form: None,
        }
    };
    at(ward, page)
}

pub(super) fn register(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    if ward.at != WardAt::List {
        return stay(Service::Ward(ward));
    }
    let form = form::begin(&ward.who, cx);
    open_form(ward, form, cx)
}

/// Only a certificate that says "one of several" has a next child.
pub(super) fn twin(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    let of = open_paper(&ward)
        .filter(|paper| matches!(paper.certificate.plurality, Plurality::Multiple { .. }))
        .map(|paper| paper.certificate.clone());
    match of {
        Some(of) => open_form(ward, form::begin_twin(&of, cx), cx),
        None => stay(Service::Ward(ward)),
    }
}

pub(super) fn correct(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    let of = open_paper(&ward)
        .filter(|paper| paper.may_correct())
        .map(|paper| paper.certificate.clone());
    match of {
        Some(of) => open_form(ward, form::begin_correction(&of, cx), cx),
        None => stay(Service::Ward(ward)),
    }
}

/// Something about the form on the screen.
fn with_form(service: Service, change: impl FnOnce(&mut Form)) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    match &mut ward.at {
        WardAt::Form(form) => change(form),
        WardAt::Reading { .. }
        | WardAt::List
        | WardAt::One(_)
        | WardAt::Writing { .. }
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. } => return stay(Service::Ward(ward)),
    }
    acting(Service::Ward(ward))
}

pub(super) fn row_chosen(service: Service, path: &FieldPath, cx: &ServiceContext<'_>) -> Moved {
    with_form(service, |form| form::open_row(form, path, cx))
}

pub(super) fn answered(service: Service, value: Value, cx: &ServiceContext<'_>) -> Moved {
    with_form(service, |form| {
        if let Sheet::Field(path) = form.sheet.clone() {
            form::take(form, &[(path, value)], cx);
        }
    })
}

pub(super) fn answer_unreadable(service: Service, code: ReasonCode) -> Moved {
    with_form(service, |form| form::unreadable(form, code))
}

pub(super) fn sheet_entered(
    service: Service,
    values: &[(FieldPath, Value)],
    cx: &ServiceContext<'_>,
) -> Moved {
    with_form(service, |form| match form.sheet {
        Sheet::Moment | Sheet::Order | Sheet::Figures => form::take(form, values, cx),
        Sheet::Field(_) | Sheet::Review => {}
    })
}

/// "I have checked this": who and when stand beside the certificate. It is nobody's signature.
pub(super) fn attested(service: Service, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    let form = match std::mem::replace(&mut ward.at, WardAt::List) {
        WardAt::Form(form) if form.sheet == Sheet::Review => form,
        other @ (WardAt::Form(_)
        | WardAt::Reading { .. }
        | WardAt::List
        | WardAt::One(_)
        | WardAt::Writing { .. }
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. }) => {
            ward.at = other;
            return stay(Service::Ward(ward));
        }
    };
    let Some(now) = cx.desk.now else {
        return at(
            ward,
            WardAt::Trouble {
                failure: ServiceFailure::NoTimeToAttest,
                form: Some(form),
            },
        );
    };
    let Ok(certificate) = form::whole(&form, cx) else {
        let mut form = form;
        form::go_on(&mut form, cx);
        return at(ward, WardAt::Form(form));
    };
    let ask = cx.desk.ask;
    let attestation = Attestation {
        number: ward.who.number.clone(),
        name: ward.who.name.clone(),
        at: now,
    };
    let effect = ServiceEffect::WriteCertificate {
        ask,
        certificate: Box::new(certificate.clone()),
        corrects: form.corrects.clone(),
        attestation,
    };
    ward.at = WardAt::Writing {
        ask,
        key: key_of(&certificate),
        form: Some(form),
    };
    (Service::Ward(ward), vec![effect, ServiceEffect::Await])
}

/// Flags may be set at any time, filed or not: they decide what may be shown from now on.
pub(super) fn flags_chosen(service: Service, flags: WardFlags, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    let Some(paper) = open_paper(&ward) else {
        return stay(Service::Ward(ward));
    };
    if paper.flags == FlagsRead::Known(flags) {
        return acting(Service::Ward(ward));
    }
    let (ask, key) = (cx.desk.ask, paper.key());
    let effect = ServiceEffect::WriteFlags {
        ask,
        key: key.clone(),
        flags,
        by: ward.who.number.clone(),
    };
    ward.at = WardAt::Writing {
        ask,
        key,
        form: None,
    };
    (Service::Ward(ward), vec![effect, ServiceEffect::Await])
}

pub(super) fn written(service: Service, answered: Ask, cx: &ServiceContext<'_>) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    let key = match &ward.at {
        WardAt::Writing { ask, key, .. } if *ask == answered => key.clone(),
        WardAt::Writing { .. }
        | WardAt::Reading { .. }
        | WardAt::List
        | WardAt::One(_)
        | WardAt::Form(_)
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. } => return stay(Service::Ward(ward)),
    };
    reading(ward, Some(key), cx)
}

pub(super) fn not_written(service: Service, answered: Ask, filed: bool) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    match std::mem::replace(&mut ward.at, WardAt::List) {
        WardAt::Writing { ask, key: _, form } if ask == answered => {
            ward.at = if filed {
                WardAt::Trouble {
                    failure: ServiceFailure::PaperFiled,
                    form: None,
                }
            } else {
                WardAt::Trouble {
                    failure: ServiceFailure::WardUnwritable,
                    form,
                }
            };
        }
        other @ (WardAt::Writing { .. }
        | WardAt::Reading { .. }
        | WardAt::List
        | WardAt::One(_)
        | WardAt::Form(_)
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. }) => ward.at = other,
    }
    stay(Service::Ward(ward))
}

// ---------------------------------------------------------------------------------------------- another filer

pub(super) fn hand_over(service: Service) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    let key = open_paper(&ward)
        .filter(|paper| paper.may_hand_over())
        .map(Paper::key);
    match key {
        Some(key) => at(ward, WardAt::HandOver(key)),
        None => stay(Service::Ward(ward)),
    }
}

/// Staff saw the person and say in what capacity they file (戸籍法52). Doctors and midwives file at the counter.
pub(super) fn handed_to(service: Service, role: FilerRole) -> Moved {
    let Service::Ward(mut ward) = service else {
        return stay(service);
    };
    let may = match role {
        FilerRole::Father | FilerRole::Cohabitant | FilerRole::LegalRepresentative => true,
        FilerRole::Mother
        | FilerRole::Doctor
        | FilerRole::Midwife
        | FilerRole::OtherAttendant
        | FilerRole::FacilityHead => false,
    };
    let key = match &ward.at {
        WardAt::HandOver(key) if may => key.clone(),
        WardAt::HandOver(_)
        | WardAt::Reading { .. }
        | WardAt::List
        | WardAt::One(_)
        | WardAt::Form(_)
        | WardAt::Writing { .. }
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. } => return stay(Service::Ward(ward)),
    };
    let handed = Handed { key, role };
    ward.at = WardAt::Handed(handed.clone());
    (
        Service::Ward(ward),
        vec![ServiceEffect::HandOver(handed), ServiceEffect::Await],
    )
}

// ---------------------------------------------------------------------------------------------- after a loss

pub(super) fn loss_wanted(service: Service) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    let page = match &ward.at {
        WardAt::List => Some(WardAt::LossAsked),
        // A certificate of birth is there: the child was born alive.
        WardAt::One(key) => ward.paper(key).map(|paper| WardAt::Loss {
            of: Loss::Death {
                born: Some(paper.certificate.birth_dt.date()),
            },
            from: Some(key.clone()),
        }),
        WardAt::Reading { .. }
        | WardAt::Form(_)
        | WardAt::Writing { .. }
        | WardAt::HandOver(_)
        | WardAt::Handed(_)
        | WardAt::LossAsked
        | WardAt::Loss { .. }
        | WardAt::Trouble { .. } => None,
    };
    match page {
        Some(page) => at(ward, page),
        None => stay(Service::Ward(ward)),
    }
}

pub(super) fn loss_chosen(service: Service, of: Loss) -> Moved {
    let Service::Ward(ward) = service else {
        return stay(service);
    };
    if ward.at != WardAt::LossAsked {
        return stay(Service::Ward(ward));
    }
    at(ward, WardAt::Loss { of, from: None })
}
