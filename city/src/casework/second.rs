//! The second signature: the other parent signs the very bytes that were signed first.
//!
//! Answers for judging one signature against the filing it is for, and for the words of what came of an attempt. Pure. Holds the
//! signature to the same checks as the first one ([`ubugoe_protocol::cades`]), and one more: it must not be the first signer's
//! again. Decides nothing about the filing, which goes on without it.

use serde::{Deserialize, Serialize};
use ubugoe_procedures::{Filing, Value};
use ubugoe_protocol::cades::{self, CadesError, CertificateFacts, Trust};

use crate::store::Finding;

/// What came of an attempt to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It counts.
    Given,
    /// Whoever was to sign said no, or closed the app.
    Refused,
    /// The time for it was over.
    Late,
    /// The service was away, or had no signature.
    Away,
    /// What came back cannot be believed or read.
    Unread,
    /// It is over other bytes.
    OtherBytes,
    /// The certificate is of no authority we trust, or not for signing.
    Untrusted,
    /// The certificate was not valid.
    Expired,
    /// It is the first signer's again.
    SamePerson,
    /// The filing was replaced in the meantime.
    Replaced,
    /// There was one already.
    Already,
    /// Taken up, and not ended: the program stopped in the middle.
    Begun,
}

impl Outcome {
    /// Every one.
    pub const ALL: [Self; 12] = [
        Self::Given,
        Self::Refused,
        Self::Late,
        Self::Away,
        Self::Unread,
        Self::OtherBytes,
        Self::Untrusted,
        Self::Expired,
        Self::SamePerson,
        Self::Replaced,
        Self::Already,
        Self::Begun,
    ];

    /// The word in the database and in the audit log.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Given => "given",
            Self::Refused => "refused",
            Self::Late => "late",
            Self::Away => "away",
            Self::Unread => "unread",
            Self::OtherBytes => "other_bytes",
            Self::Untrusted => "untrusted",
            Self::Expired => "expired",
            Self::SamePerson => "same_person",
            Self::Replaced => "replaced",
            Self::Already => "already",
            Self::Begun => "begun",
        }
    }

    /// Reads [`Self::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// As whom the filing names the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Named {
    /// The father.
    Father,
    /// The mother.
    Mother,
    /// Neither: an officer looks.
    Nobody,
    /// The certificate names nobody, or with other characters than the registered ones.
    Unknown,
}

impl Named {
    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Father => "father",
            Self::Mother => "mother",
            Self::Nobody => "nobody",
            Self::Unknown => "unknown",
        }
    }
}

/// What was found about a second signature that counts. A result is never more than what was really checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFinding {
    /// The signature value matches the bytes and the certificate's key.
    pub math: Finding,
    /// The certificate leads to a trusted authority.
    pub chain: Finding,
    /// The certificate was within its dates.
    pub validity: Finding,
    /// Always [`Finding::Unknown`]: nobody asked (公的個人認証法 17条).
    pub revocation: Finding,
    /// The signer is somebody else than the first one. [`Finding::Unknown`]: another certificate, but one of the two names nobody.
    pub distinct: Finding,
    /// As whom the filing names the signer.
    pub named: Named,
}

/// The filing that was signed first.
#[derive(Debug, Clone, Copy)]
pub struct First<'a> {
    /// The bytes.
    pub canonical: &'a [u8],
    /// The first signature over them.
    pub cms: &'a [u8],
}

/// Judges a signature value over the same bytes, as a signing service hands it over.
///
/// # Errors
/// The [`Outcome`] under which it does not count.
pub fn judge(
    first: First<'_>,
    (certificate, signature): (&[u8], &[u8]),
    trust: &Trust,
    now: i64,
) -> Result<SecondFinding, Outcome> {
    let second = cades::verify_bare(certificate, signature, first.canonical, trust, now)
        .map_err(|error| outcome(&error))?
        .facts;
    counted(first, distinct(first.cms, certificate, &second), &second)
}

/// Judges a detached CMS over the same bytes, as a device makes it with a card: the shape of the first signature. Answers SHA-256 of
/// the signer's certificate too.
///
/// # Errors
/// As [`judge`].
pub fn judge_card(
    first: First<'_>,
    cms: &[u8],
    trust: &Trust,
    now: i64,
) -> Result<([u8; 32], SecondFinding), Outcome> {
    let second =
        cades::verify(cms, first.canonical, trust, now).map_err(|error| outcome(&error))?;
    let distinct = distinct(first.cms, &second.cert_der, &second.facts);
    let finding = counted(first, distinct, &second.facts)?;
    Ok((ubugoe_protocol::digest(&second.cert_der), finding))
}

/// What is written down of a signature whose value, chain and dates hold.
fn counted(
    first: First<'_>,
    distinct: Finding,
    second: &CertificateFacts,
) -> Result<SecondFinding, Outcome> {
    if distinct == Finding::Bad {
        return Err(Outcome::SamePerson);
    }
    Ok(SecondFinding {
        math: Finding::Ok,
        chain: Finding::Ok,
        validity: Finding::Ok,
        revocation: Finding::Unknown,
        distinct,
        named: named(first.canonical, second),
    })
}

fn outcome(error: &CadesError) -> Outcome {
    match error {
        CadesError::Signature | CadesError::ContentDigest => Outcome::OtherBytes,
        CadesError::NotValidAt { .. } => Outcome::Expired,
        CadesError::NoIssuer
        | CadesError::IssuerSignature
        | CadesError::NoAnchors
        | CadesError::Usage { .. }
        | CadesError::Policy { .. }
        | CadesError::CriticalExtension(_) => Outcome::Untrusted,
        _ => Outcome::Unread,
    }
}

/// Whether the second signer is somebody else. The same certificate, or another one of the same name, birth and sex, is the
/// same person: a card and a phone have certificates of their own.
fn distinct(first_cms: &[u8], certificate: &[u8], second: &CertificateFacts) -> Finding {
    let Ok(first) = cades::signer_of(first_cms) else {
        return Finding::Unknown;
    };
    if first == certificate {
        return Finding::Bad;
    }
    let Ok(first) = cades::describe(&first) else {
        return Finding::Unknown;
    };
    let named = |facts: &CertificateFacts| {
        let parts = (facts.name.clone()?, facts.birth.clone()?);
        Some((parts, facts.sex.clone()))
    };
    match (named(&first), named(second)) {
        (Some(first), Some(second)) if first == second => Finding::Bad,
        (Some(_), Some(_)) => Finding::Ok,
        _ => Finding::Unknown,
    }
}

/// The name of a parent as the filing has it, family and given name parted by U+3000 as certificates do.
fn parent(answers: &ubugoe_procedures::Answers, who: &str) -> Option<String> {
    let part = |leaf: &str| {
        answers
            .text(&format!("{who}.{leaf}"))
            .filter(|text| !text.is_empty())
    };
    Some(format!("{}\u{3000}{}", part("sei")?, part("mei")?))
}

fn named(canonical: &[u8], second: &CertificateFacts) -> Named {
    let (Some(name), true) = (&second.name, second.name_is_as_registered()) else {
        return Named::Unknown;
    };
    let Ok(filing) = Filing::parse(canonical) else {
        return Named::Unknown;
    };
    let answers = filing.answers();
    let born = |who: &str| match answers.value(&format!("{who}.birth")) {
        Some(Value::Date(day)) => Some(day.strftime("%Y%m%d").to_string()),
        _ => None,
    };
    // the certificate writes the era's digit before the Gregorian date
    let theirs = second.birth.as_deref().and_then(|birth| birth.get(1..));
    let is = |who: &str| {
        let same_day = born(who).is_none_or(|day| Some(day.as_str()) == theirs);
        parent(&answers, who).as_ref() == Some(name) && same_day
    };
    if is("father") {
        Named::Father
    } else if is("mother") {
        Named::Mother
    } else {
        Named::Nobody
    }
}

/// Whether a filing names two parents, so that there is another one to ask.
#[must_use]
pub fn names_two(canonical: &[u8]) -> bool {
    Filing::parse(canonical).is_ok_and(|filing| {
        let answers = filing.answers();
        parent(&answers, "father").is_some() && parent(&answers, "mother").is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_read_back() {
        for outcome in Outcome::ALL {
            assert_eq!(Outcome::from_code(outcome.code()), Some(outcome));
        }
        assert_eq!(Outcome::from_code("Given"), None);
    }
}
