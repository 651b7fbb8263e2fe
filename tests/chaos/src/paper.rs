//! Birth notifications of an invented family, as canonical bytes that a city reads; each differs in its certificate's number.

use anyhow::{Context as _, Result, bail};
use jiff::civil::{Date, date};
use ubugoe_bench::rig::MUNICIPALITY;
use ubugoe_bench::story::{self, Reply};
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, Catalogue, Draft, Facts, Field, FieldKind, FilerRole,
    Filing, MunicipalityCode, Procedure, Sex, Source, Tongue, Value, missing, prefill,
};

/// The procedure that is filed.
const PROCEDURE: &str = "shussei_todoke";
/// The mother, as on her card.
const MOTHER: &str = "山田　花子";

/// What papers are written with.
#[derive(Debug)]
pub struct Writer {
    catalogue: Catalogue,
    today: Date,
}

impl Writer {
    /// For births of the day before `today`.
    ///
    /// # Errors
    /// When the built-in catalogue does not load.
    pub fn new(today: Date) -> Result<Self> {
        Ok(Self {
            catalogue: Catalogue::builtin()?,
            today,
        })
    }

    /// The canonical bytes of the notification that rests on the certificate `number`.
    ///
    /// # Errors
    /// When the form asks what the story does not know.
    pub fn canonical(&self, number: &str) -> Result<Vec<u8>> {
        let today = self.today;
        let procedure = self
            .catalogue
            .procedure(&PROCEDURE.parse()?)
            .context("no birth notification in the catalogue")?;
        let home: MunicipalityCode = MUNICIPALITY.parse()?;
        let day = today.yesterday()?;
        let certificate =
            story::certificate(number, MOTHER, &format!("{day}T04:12"), &today.to_string());
        let facts = Facts {
            holder: CardHolder {
                name: MOTHER.to_owned(),
                address: "あすこえ市汐見町三丁目１２－７　潮風ハイツ２０５".to_owned(),
                birth: date(1994, 5, 17),
                sex: Sex::Female,
            },
            role: FilerRole::Mother,
            certificate: Some(BirthCertificate::from_json(
                certificate.to_string().as_bytes(),
            )?),
            today,
            home,
            birthplace: home,
        };
        let answers = interview(procedure, prefill(procedure, &facts, &self.catalogue))?;
        let draft = Draft {
            recipient: home,
            lang_shown: Tongue::Ja,
            certificate_number: Some(number.to_owned()),
            child_order: Some(1),
            drafted_on: today,
        };
        Ok(Filing::assemble(procedure, &answers, &draft)?.canonical(procedure))
    }
}

/// Answers every question that is left as the family of the demonstration does.
fn interview(procedure: &Procedure, mut answers: Answers) -> Result<Answers> {
    while let Some(field) = missing(procedure, &answers).first().copied() {
        let path = field.path.as_str();
        let reply = story::answer(PROCEDURE, path)
            .with_context(|| format!("asked for {path}, and nobody knows"))?;
        answers.set(field.path.clone(), value(field, &reply)?, Source::Parent);
    }
    Ok(answers)
}

fn value(field: &Field, reply: &Reply) -> Result<Value> {
    Ok(match (reply, &field.kind) {
        (Reply::Choice(label), FieldKind::Bool) => Value::Bool(*label == "はい"),
        (Reply::Choice(label), _) => {
            let found = field.options.iter().find(|o| o.label.ja == *label);
            let option =
                found.with_context(|| format!("{:?} has no option {label}", field.path))?;
            Value::Choice(option.id.clone())
        }
        (Reply::Digits(digits), FieldKind::Date) => Value::Date(Date::strptime("%Y%m%d", digits)?),
        (Reply::Text(text) | Reply::Digits(text), FieldKind::Text | FieldKind::Kana) => {
            Value::Text((*text).to_owned())
        }
        (reply, kind) => bail!("{:?} is a {kind:?}, the answer a {reply:?}", field.path),
    })
}
