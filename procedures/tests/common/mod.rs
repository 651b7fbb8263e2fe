//! An invented family of あすこえ市 for the tests of this crate.
#![allow(dead_code, reason = "each test file uses its own part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed unwrap is a failed test"
)]

use std::sync::LazyLock;

use jiff::civil::{Date, date, datetime};
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, Catalogue, Facts, FieldKind, FilerRole, IssuerKind,
    MunicipalityCode, PlaceKind, Plurality, Procedure, Sex, Source, Value, missing, prefill, share,
};

pub(crate) const ASUKOE: &str = "991015";

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::builtin().unwrap());

pub(crate) fn catalogue() -> &'static Catalogue {
    &CATALOGUE
}

pub(crate) fn asukoe() -> MunicipalityCode {
    ASUKOE.parse().unwrap()
}

pub(crate) fn procedure<'a>(catalogue: &'a Catalogue, id: &str) -> &'a Procedure {
    catalogue.procedure(&id.parse().unwrap()).unwrap()
}

pub(crate) fn holder() -> CardHolder {
    CardHolder {
        name: "神\u{e0100}山\u{3000}花子".to_owned(),
        address: "ことほぎ県あすこえ市うぶ町１丁目２番３号".to_owned(),
        birth: date(1996, 11, 23),
        sex: Sex::Female,
    }
}

pub(crate) fn certificate() -> BirthCertificate {
    BirthCertificate {
        number: "ASK-2026-000123".to_owned(),
        name: None,
        sex: Sex::Female,
        birth_dt: datetime(2026, 11, 22, 23, 59, 0, 0),
        place_kind: PlaceKind::Hospital,
        place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        place_name: Some("あすこえ市民病院".to_owned()),
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: "神\u{e0100}山\u{20}花子".to_owned(),
        weeks: 39,
        days: 2,
        live_births: 1,
        stillbirths: 0,
        issued: date(2026, 11, 23),
        issuer_kind: IssuerKind::Doctor,
        issuer_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        issuer_name: "海野\u{3000}渚".to_owned(),
    }
}

pub(crate) fn facts() -> Facts {
    Facts {
        holder: holder(),
        role: FilerRole::Mother,
        certificate: Some(certificate()),
        today: date(2026, 11, 24),
        home: asukoe(),
        birthplace: asukoe(),
    }
}

pub(crate) fn born(day: Date) -> Facts {
    let mut facts = facts();
    if let Some(certificate) = facts.certificate.as_mut() {
        certificate.birth_dt = day.at(23, 59, 0, 0);
        certificate.issued = day;
    }
    facts
}

pub(crate) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(crate) fn choice(id: &str) -> Value {
    Value::Choice(id.to_owned())
}

/// What the plain married mother says, by path.
pub(crate) fn said(path: &str) -> Option<Value> {
    Some(match path {
        "child_mei" => text("さくら"),
        "child_mei_kana" => text("サクラ"),
        "child_sei_kana" => text("カミヤマ"),
        "parents_marriage" => choice("married"),
        "parents" => choice("both_japanese"),
        "father.mei" => text("太郎"),
        "father.birth" => Value::Date(date(1994, 2, 3)),
        "head_who" | "hittosha_who" => choice("father"),
        "honseki" => text("ことほぎ県あすこえ市うぶ町１丁目２番"),
        "work_code" => choice("4"),
        "contact.tel" => text("090-0000-0000"),
        "claimant.mei_kana" => text("ハナコ"),
        "job" | "pension" | "spouse_living" | "spouse_job" => choice("1"),
        "employer" => text("あすこえ製作所"),
        "higher" => choice("self"),
        "addr_same_0101" | "acct.kokin" | "consent" => Value::Bool(true),
        "has_other_children" => Value::Bool(false),
        _ => return None,
    })
}

/// Asks and answers until nothing is missing; returns the answers and the paths in the order of asking.
pub(crate) fn interview(
    procedure: &Procedure,
    mut answers: Answers,
    say: impl Fn(&str) -> Option<Value>,
) -> (Answers, Vec<String>) {
    let mut asked = Vec::new();
    for _ in 0..200 {
        let Some(field) = missing(procedure, &answers).first().copied() else {
            return (answers, asked);
        };
        let path = field.path.as_str();
        let value = say(path).unwrap_or_else(|| panic!("asked for {path}, and nobody knows"));
        asked.push(path.to_owned());
        answers.set(field.path.clone(), value, Source::Parent);
    }
    panic!("the questions never end: {asked:?}");
}

/// Both forms of the plain married mother, complete.
pub(crate) fn both_forms(catalogue: &Catalogue, facts: &Facts) -> [(Answers, Vec<String>); 2] {
    let birth = procedure(catalogue, "shussei_todoke");
    let claim = procedure(catalogue, "jido_teate_nintei");
    let first = interview(birth, prefill(birth, facts, catalogue), said);
    let shared = share(birth, &first.0, claim, &prefill(claim, facts, catalogue));
    let second = interview(claim, shared, said);
    [first, second]
}

pub(crate) fn is_text(kind: FieldKind) -> bool {
    matches!(kind, FieldKind::Text | FieldKind::Kana)
}
