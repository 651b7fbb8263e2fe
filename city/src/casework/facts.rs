//! What lists, deadlines and officers need to know about a filing, read from its canonical bytes.
//!
//! Answers for names in lists, the due day, the key of substance and the reason codes found by machine. Pure. Everything
//! is derived from the signed bytes; nothing is corrected, and code points go through untouched.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use ubugoe_procedures::{
    Answers, Catalogue, Filing, MunicipalityCode, ParseError, ParsedFiling, Procedure, Value, due,
    reviews,
};

use super::ReasonCode;
use super::search::terms;
use crate::jst;
use crate::store::{Facts, Finding, Reason, SignatureFinding};

/// Seconds a device's clock may be ahead before it is worth a word.
const CLOCK_TOLERANCE: i64 = 120;

/// What is needed beside the bytes.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Known procedures.
    pub catalogue: &'a Catalogue,
    /// This office's municipality.
    pub municipality: MunicipalityCode,
    /// Device's time of making, unix seconds.
    pub created: i64,
    /// Arrival, unix seconds.
    pub now: i64,
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Content {
    /// Procedure id.
    pub procedure: String,
    /// Key of substance.
    pub child_key: Option<[u8; 32]>,
    /// Legal due day, `YYYY-MM-DD`: the last day the counter is open for it.
    pub due: Option<String>,
    /// Folded names and readings under which it is found.
    pub terms: Vec<String>,
    /// What lists need.
    pub facts: Facts,
}

/// Reads the facts.
///
/// # Errors
/// [`ParseError`] when the bytes are not a filing in canonical form.
pub fn from_canonical(
    canonical: &[u8],
    signature: SignatureFinding,
    cx: &Context<'_>,
) -> Result<Content, ParseError> {
    let filing = Filing::parse(canonical)?;
    let answers = filing.answers();
    let procedure = cx
        .catalogue
        .procedure(&filing.procedure)
        .filter(|known| known.form.version == filing.form_version);
    let due = due_day(&filing, &answers, cx);
    let mut reasons = signature_reasons(&signature);
    reasons.extend(arrival_reasons(&filing, due, cx));
    match procedure {
        Some(procedure) => reasons.extend(value_reasons(procedure, &answers)),
        None => reasons.push(reason(
            ReasonCode::UnknownForm,
            Some(format!("v{}", filing.form_version)),
        )),
    }
    Ok(Content {
        procedure: filing.procedure.to_string(),
        child_key: child_key(&filing),
        due: due.map(|day| day.to_string()),
        terms: terms(&answers).into_iter().collect(),
        facts: Facts {
            title_ja: filing.title.ja.clone(),
            title_en: filing.title.en.clone(),
            child: name(&answers, &["child_", "child[0].", "child."]),
            claimant: name(&answers, &["claimant.", "filer.", "applicant."]),
            signature,
            reasons,
            protected: is_protected(&answers),
        },
    })
}

fn reason(code: ReasonCode, detail: Option<String>) -> Reason {
    Reason { code, detail }
}

fn signature_reasons(finding: &SignatureFinding) -> Vec<Reason> {
    let code = match (finding.math, finding.chain, finding.validity) {
        (Finding::Ok, Finding::Ok, Finding::Ok) => return Vec::new(),
        (Finding::Ok, Finding::Ok, _) => ReasonCode::SignatureExpired,
        (Finding::Ok, _, _) => ReasonCode::SignatureUntrusted,
        _ => ReasonCode::SignatureInvalid,
    };
    vec![reason(code, None)]
}

fn arrival_reasons(filing: &ParsedFiling, due: Option<Date>, cx: &Context<'_>) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if due
        .zip(jst::date(cx.now))
        .is_some_and(|(due, arrived)| arrived > due)
    {
        reasons.push(reason(ReasonCode::Late, None));
    }
    if cx.created > cx.now + CLOCK_TOLERANCE {
        reasons.push(reason(ReasonCode::DeviceClockAhead, None));
    }
    if filing.recipient != cx.municipality {
        reasons.push(reason(
            ReasonCode::OtherMunicipality,
            Some(filing.recipient.to_string()),
        ));
    }
    reasons
}

fn value_reasons(procedure: &Procedure, answers: &Answers) -> impl Iterator<Item = Reason> {
    reviews(procedure, answers)
        .into_iter()
        .map(|(path, code)| reason(ReasonCode::ReviewValue, Some(format!("{path}|{code:?}"))))
}

/// The key of substance: procedure, certificate number, child order. Never parents and a date: twins share those.
fn child_key(filing: &ParsedFiling) -> Option<[u8; 32]> {
    let number = filing.certificate_number.as_ref()?;
    let order = filing.child_order.unwrap_or(1);
    Some(key_of(filing.procedure.as_str(), number, order))
}

/// The same key, of a procedure and a certificate that came by another way.
#[must_use]
pub fn key_of(procedure: &str, number: &str, order: u8) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [procedure.as_bytes(), number.as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update([order]);
    hash.finalize().into()
}

fn due_day(filing: &ParsedFiling, answers: &Answers, cx: &Context<'_>) -> Option<Date> {
    let rule = cx
        .catalogue
        .procedure(&filing.procedure)?
        .deadline
        .as_ref()?;
    let birth = ["birth_dt", "child.birth", "child[0].birth"]
        .iter()
        .find_map(|path| match answers.value(path) {
            Some(Value::DateTime(at)) => Some(at.date()),
            Some(Value::Date(day)) => Some(*day),
            _ => None,
        })?;
    Some(due(cx.catalogue, filing.recipient, birth, rule).open_until)
}

/// Family and given name under the first prefix that has any, parted by U+3000; an undecided given name stays away.
fn name(answers: &Answers, prefixes: &[&str]) -> Option<String> {
    prefixes.iter().find_map(|prefix| {
        let part = |leaf: &str| {
            answers
                .text(&format!("{prefix}{leaf}"))
                .filter(|text| !text.is_empty())
        };
        match (part("sei"), part("mei"), part("name")) {
            (Some(sei), Some(mei), _) => Some(format!("{sei}\u{3000}{mei}")),
            (Some(one), None, _) | (None, Some(one), _) | (None, None, Some(one)) => {
                Some(one.to_owned())
            }
            (None, None, None) => None,
        }
    })
}

/// Whether the filer asked for confidential handling (支援措置).
fn is_protected(answers: &Answers) -> bool {
    answers.iter().any(|(path, answer)| {
        let asks = path.as_str().rsplit('.').next() == Some("confidential");
        asks && match &answer.value {
            Value::Bool(yes) => *yes,
            Value::Choice(id) => id != "none",
            _ => false,
        }
    })
}
