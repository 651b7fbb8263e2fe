//! What a visit knows of a family, in the words of the plan: card, certificates, the ward's marks, and the answers as
//! far as they say something the plan asks. What nobody said stays a question.

use ubugoe_procedures::plan::{Child, Family, Other, Parent, Stillbirth, Whom};
use ubugoe_procedures::rules::FactValue;
use ubugoe_procedures::{Answers, CardHolder, FilerRole, MunicipalityCode, Plurality, Value};

use crate::{Candidate, Draft, FormDraft, nursery};

/// The family before anything was asked.
pub(crate) fn at_first(
    holder: &CardHolder,
    role: FilerRole,
    certificates: &[Candidate],
    home: Option<MunicipalityCode>,
    birthplace: MunicipalityCode,
) -> Family {
    // Whoever files as midwife or cohabitant is not the one who raises the child.
    let home = home.filter(|_| matches!(role, FilerRole::Mother | FilerRole::Father));
    let mut family = Family {
        mother: Parent {
            birth: (role == FilerRole::Mother).then_some(holder.birth),
            residence: home,
            ..Parent::default()
        },
        ..Family::default()
    };
    family.places.birthplace = Some(birthplace);
    for (at, found) in certificates.iter().enumerate() {
        let certificate = &found.certificate;
        let born = certificate.birth_dt;
        family.delivery.children.push(Child {
            id: format!("c{}", at + 1),
            birth: born.date(),
            minute: Some(i16::from(born.hour()) * 60 + i16::from(born.minute())),
            died: None,
        });
        family.delivery.weeks = Some((i64::from(certificate.weeks), i64::from(certificate.days)));
        let whom = Whom::Child(at);
        family.tell(
            whom,
            "child.weight_g",
            FactValue::Number(i64::from(certificate.weight_g)),
        );
        if let Plurality::Multiple { of, .. } = certificate.plurality {
            family.tell(
                Whom::Delivery,
                "delivery.fetuses",
                FactValue::Number(i64::from(of)),
            );
        }
    }
    family
}

/// The family as the ward and the answers tell it.
pub(crate) fn as_told(draft: &Draft, mut family: Family) -> Family {
    for (at, found) in draft.certificates.iter().enumerate() {
        if found.flags.nicu {
            family.tell(Whom::Child(at), "child.nicu", FactValue::Bool(true));
        }
        if found.flags.loss {
            family.tell(Whom::Child(at), "child.alive", FactValue::Bool(false));
        }
    }
    if draft.flags.sibling_lost {
        let on = draft
            .certificates
            .first()
            .map(|found| found.certificate.birth_dt.date());
        family.delivery.stillborn.push(Stillbirth { on });
    }
    if draft.flags.protection {
        family.tell(Whom::Family, "family.dv_support", FactValue::Bool(true));
    }
    if draft.flags.adoption {
        family.tell(Whom::Family, "family.adoption_plan", FactValue::Bool(true));
    }
    if draft.private_wanted {
        family.tell(
            Whom::Family,
            "family.ready_for_private_offers",
            FactValue::Bool(true),
        );
    }
    for form in &draft.forms {
        told_by(form, &mut family);
    }
    family
}

/// What one form's answers say that the plan has a word for.
fn told_by(form: &FormDraft, family: &mut Family) {
    let answers = &form.answers;
    match form.procedure.as_str() {
        "shussei_todoke" => of_the_notification(answers, family),
        "jido_teate_nintei" => of_the_claim(answers, family),
        nursery::APPLICATION => {
            let whom = Whom::Child(form.child.unwrap_or(0));
            if form.chosen {
                family.tell(whom, "child.wants_childcare", FactValue::Bool(true));
            }
        }
        _ => {}
    }
}

fn word<'a>(answers: &'a Answers, path: &str) -> Option<&'a str> {
    match answers.value(path)? {
        Value::Choice(id) => Some(id),
        _ => None,
    }
}

fn of_the_notification(answers: &Answers, family: &mut Family) {
    let choice = |word: &str| FactValue::Choice(word.to_owned());
    match word(answers, "parents_marriage") {
        Some("married") => {
            family.tell(Whom::Family, "family.marital", choice("married"));
            if family.father == Other::NotSaid {
                family.father = Other::Some(Parent::default());
            }
        }
        Some(status @ ("not_married" | "divorced")) => {
            family.tell(Whom::Family, "family.marital", choice(status));
        }
        Some(_) | None => {}
    }
    if let Some(nationality) = word(answers, "parents") {
        family.tell(Whom::Family, "family.nationality", choice(nationality));
    }
    if let (Other::Some(father), Some(Value::Date(birth))) =
        (&mut family.father, answers.value("father.birth"))
    {
        father.birth = Some(*birth);
    }
    if let Some(who @ ("mother" | "father")) = word(answers, "head_who") {
        family.tell(Whom::Family, "family.head", choice(who));
    }
}

fn of_the_claim(answers: &Answers, family: &mut Family) {
    let choice = |word: &str| FactValue::Choice(word.to_owned());
    let work = match (word(answers, "job"), word(answers, "public_kind")) {
        (Some("1"), _) => Some("employee"),
        (Some("2"), _) => Some("self_employed"),
        (Some("3"), Some("national" | "local")) => Some("civil_servant"),
        (Some("3"), Some("agency" | "seconded")) => Some("independent_public"),
        (Some("4"), _) => Some("none"),
        _ => None,
    };
    if let Some(work) = work {
        family.tell(Whom::Family, "mother.work", choice(work));
    }
    let pension = match word(answers, "pension") {
        Some("1" | "3") => Some("employees_2"),
        _ => None,
    };
    if let Some(pension) = pension {
        family.tell(Whom::Family, "mother.pension", choice(pension));
    }
    match word(answers, "higher") {
        Some("self") => family.tell(Whom::Family, "family.claimant", choice("mother")),
        Some("spouse") => family.tell(Whom::Family, "family.claimant", choice("father")),
        Some(_) | None => {}
    }
    if answers.value("spouse_living") == Some(&Value::Choice("2".to_owned())) {
        family.tell(Whom::Family, "family.spouses_apart", FactValue::Bool(true));
    }
}
