//! The hospital's certificate beside the notification.
//!
//! Answers for showing only what is really here. A filing carries the certificate's number and, for each value that the
//! parent left as the certificate had it, that this was its source; a value that was typed over does not carry the old one.
//! The whole certificate is known only where it came as an attachment. Nothing is guessed.

use maud::{Markup, html};
use ubugoe_procedures::Lang;
use ubugoe_procedures::{
    BirthCertificate, CardHolder, Facts, FilerRole, ParsedFiling, ParsedRow, PrefillFrom,
    Procedure, Sex, Source, Value, prefill, shown,
};

use super::super::{Failure, Shared, t};
use super::fields::source_mark;
use super::{hidden_words, tells_where};
use crate::store::{AttachmentState, FilingRecord};

/// Longest attachment that is looked at as a certificate, in bytes.
const LONGEST: u64 = 16 * 1024;

/// The certificate among the attachments, with its position from 1; a file that is not one is passed over.
async fn attached(
    app: &Shared,
    record: &FilingRecord,
) -> Result<Option<(u32, BirthCertificate)>, Failure> {
    for (position, attachment) in (0..).zip(&record.attachments) {
        if attachment.state != AttachmentState::Complete || attachment.len > LONGEST {
            continue;
        }
        let Some(bytes) = app.store.attachment(record.row.id, position).await? else {
            continue;
        };
        if let Ok(certificate) = BirthCertificate::from_json(&bytes) {
            return Ok(Some((position + 1, certificate)));
        }
    }
    Ok(None)
}

/// Whether the form takes this field from the certificate.
fn from_certificate(procedure: &Procedure, path: &str) -> bool {
    procedure.form.field(path).is_some_and(|field| {
        field.prefill.iter().any(|prefill| {
            matches!(
                prefill.from,
                PrefillFrom::CertificateBirthDt
                    | PrefillFrom::CertificateBirth
                    | PrefillFrom::CertificateSex
                    | PrefillFrom::CertificatePlace
                    | PrefillFrom::CertificateMotherSei
                    | PrefillFrom::CertificateMotherMei
            )
        })
    })
}

/// What the certificate says for each field of the form, by the rule that fills the form at the bedside. Whose card it is
/// makes no difference to what is read from the certificate.
fn certified(
    app: &Shared,
    procedure: &Procedure,
    parsed: &ParsedFiling,
    certificate: &BirthCertificate,
) -> ubugoe_procedures::Answers {
    let facts = Facts {
        holder: CardHolder {
            name: String::new(),
            address: String::new(),
            birth: certificate.issued,
            sex: Sex::NotKnown,
        },
        role: FilerRole::Mother,
        certificate: Some(certificate.clone()),
        today: parsed.drafted_on,
        home: parsed.recipient,
        birthplace: parsed.recipient,
    };
    prefill(procedure, &facts, &app.catalogue)
}

/// How a value stands to the certificate.
enum Standing {
    /// As the certificate says, which is here.
    Same,
    /// The device took it from the certificate, which is not here.
    Taken,
    /// The certificate says something else.
    Differs(Value),
    /// Typed by the parent; what the certificate says is not here.
    Unknown,
}

/// The card with both sides; nothing where the form takes nothing from a certificate.
pub(super) async fn beside(
    app: &Shared,
    lang: Lang,
    record: &FilingRecord,
    parsed: &ParsedFiling,
    masked: bool,
) -> Result<Markup, Failure> {
    let known = app.catalogue.procedure(&parsed.procedure);
    let Some(procedure) = known.filter(|known| known.form.version == parsed.form_version) else {
        return Ok(Markup::default());
    };
    let rows: Vec<&ParsedRow> = parsed
        .rows
        .iter()
        .filter(|row| from_certificate(procedure, row.path.as_str()))
        .collect();
    if rows.is_empty() {
        return Ok(Markup::default());
    }
    let whole = attached(app, record).await?;
    let certified = whole
        .as_ref()
        .map(|(_, certificate)| certified(app, procedure, parsed, certificate));
    let standing = |row: &ParsedRow| match &certified {
        Some(answers) => match answers.get(row.path.as_str()) {
            Some(answer) if answer.source == Source::Certificate => {
                if answer.value == row.value {
                    Standing::Same
                } else {
                    Standing::Differs(answer.value.clone())
                }
            }
            _ => Standing::Unknown,
        },
        None if row.source == Source::Certificate => Standing::Taken,
        None => Standing::Unknown,
    };
    let number = parsed.certificate_number.as_deref();
    let other_number = whole
        .as_ref()
        .map(|(_, certificate)| certificate.number.as_str())
        .filter(|other| Some(*other) != number);
    Ok(html! {
        section.card id="certificate" aria-labelledby="certificate-title" {
            h2 id="certificate-title" { (t(lang, "出生証明書との比較", "Beside the birth certificate")) }
            p.hint {
                (t(lang, "証明書番号：", "Certificate no.: ")) span id="certificate-no" { (number.unwrap_or("—")) }
                @if let Some(order) = parsed.child_order { "　" (t(lang, "出生順：", "Order of birth: ")) (order) }
            }
            @match &whole {
                Some((position, _)) => p.hint { (t(lang, "添付された出生証明書の値と比べています：添付 ", "Compared with the attached certificate: attachment ")) (position) },
                None => p.hint { (t(lang, "証明書の全体はこの届出に付いていません。本人が書き換えた項目は、証明書の値が分からないため原本で確認してください。", "The whole certificate did not come with this filing. Where the parent typed over a value, check the original.")) },
            }
            @if let Some(other) = other_number { p.alert data-differs="number" { (t(lang, "添付の証明書番号が届出と異なります：", "The attached certificate has another number: ")) (other) } }
            div.scroll tabindex="0" role="region" aria-labelledby="certificate-title" {
                table.beside {
                    thead { tr {
                        th scope="col" { (t(lang, "項目", "Item")) }
                        th scope="col" { (t(lang, "出生証明書", "Certificate")) }
                        th scope="col" { (t(lang, "届出", "Notification")) }
                        th scope="col" { (t(lang, "比較", "Result")) }
                    } }
                    tbody { @for row in rows {
                        (line(lang, procedure, row, &standing(row), masked && tells_where(row)))
                    } }
                }
            }
        }
    })
}

fn line(
    lang: Lang,
    procedure: &Procedure,
    row: &ParsedRow,
    standing: &Standing,
    hidden: bool,
) -> Markup {
    let here = row.shown.get(lang);
    let there = match standing {
        Standing::Same | Standing::Taken => Some(here.to_owned()),
        Standing::Differs(value) => procedure
            .form
            .field(row.path.as_str())
            .map(|field| shown(field, value).get(lang).to_owned()),
        Standing::Unknown => None,
    };
    let (class, result) = match standing {
        Standing::Same => ("same", t(lang, "✓ 一致", "✓ same")),
        Standing::Taken => ("taken", t(lang, "✓ 証明書から転記", "✓ taken from it")),
        Standing::Differs(_) => ("differs", t(lang, "✕ 異なります", "✕ differs")),
        Standing::Unknown => ("unknown", t(lang, "－ 原本で確認", "– check the original")),
    };
    html! {
        tr class=(class) data-compared=(class) {
            th scope="row" { (row.label.get(lang)) }
            td lang="ja" {
                @if hidden { (hidden_words(lang)) } @else {
                    @match &there { Some(words) => (words), None => "—" }
                }
            }
            td lang="ja" { @if hidden { (hidden_words(lang)) } @else { (here) } " " (source_mark(lang, row.source)) }
            td.result { (result) }
        }
    }
}
