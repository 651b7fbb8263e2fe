//! Filings of an invented family of あすこえ市, signed with a parent's RSA key as a card signs.

use jiff::civil::{Date, date, datetime};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CustomExtension, DnType, IsCa, KeyPair,
    KeyUsagePurpose, OtherNameValue, PKCS_RSA_SHA256, RsaKeySize, SanType,
};
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Pkcs1v15Sign, RsaPrivateKey};
use sha2::Sha256;
use std::sync::{Arc, OnceLock};
use ubugoe_procedures::{
    Answers, BirthCertificate, CardHolder, Catalogue, Draft, Facts, FilerRole, Filing, IssuerKind,
    MunicipalityCode, PlaceKind, Plurality, Procedure, Sex, Source, Tongue, Value, missing,
    prefill,
};
use ubugoe_protocol::cades;

/// あすこえ市.
pub(crate) fn asukoe() -> MunicipalityCode {
    "991015".parse().unwrap()
}

/// The mother: 葛󠄀城 with a variant selector and a four-byte 𠮷, which must come through everything.
pub(crate) const MOTHER: &str = "葛\u{e0100}城\u{3000}𠮷子";
/// The father.
pub(crate) const FATHER: &str = "葛\u{e0100}城\u{3000}太郎";
/// The child.
pub(crate) const CHILD_MEI: &str = "さくら";
/// Her address.
pub(crate) const ADDRESS: &str = "ことほぎ県あすこえ市うぶ町１丁目２番３号";

/// Her child's certificate.
pub(crate) fn certificate(number: &str) -> BirthCertificate {
    BirthCertificate {
        number: number.to_owned(),
        name: None,
        sex: Sex::Female,
        birth_dt: datetime(2026, 11, 22, 23, 59, 0, 0),
        place_kind: PlaceKind::Hospital,
        place_addr: "ことほぎ県あすこえ市みなと町４丁目５番地".to_owned(),
        place_name: Some("あすこえ市民病院".to_owned()),
        weight_g: 3012,
        length_mm: 495,
        plurality: Plurality::Single,
        mother: MOTHER.to_owned(),
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

fn facts(number: &str) -> Facts {
    Facts {
        holder: CardHolder {
            name: MOTHER.to_owned(),
            address: ADDRESS.to_owned(),
            birth: date(1996, 11, 23),
            sex: Sex::Female,
        },
        role: FilerRole::Mother,
        certificate: Some(certificate(number)),
        today: date(2026, 11, 24),
        home: asukoe(),
        birthplace: asukoe(),
    }
}

fn said(path: &str, child: &str) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    let choice = |id: &str| Value::Choice(id.to_owned());
    match path {
        "child_mei" | "child.mei" | "child[0].mei" => text(child),
        "child_sei" | "child.sei" | "child[0].sei" | "father.sei" | "spouse.sei" => {
            text("葛\u{e0100}城")
        }
        "child_mei_kana" | "child.mei_kana" => text("サクラ"),
        "child_sei_kana" | "child.sei_kana" | "claimant.sei_kana" | "guardian.sei_kana" => {
            text("カツラギ")
        }
        "child_addr.full" => text(ADDRESS),
        "parents_marriage" => choice("married"),
        "parents" => choice("both_japanese"),
        "father.mei" | "spouse.mei" => text("太郎"),
        "father.birth" | "spouse.birth" => Value::Date(date(1994, 2, 3)),
        "head_who" | "hittosha_who" => choice("father"),
        "honseki" => text("ことほぎ県あすこえ市うぶ町１丁目２番"),
        "work_code" => choice("4"),
        "contact.tel" => text("090-0000-0000"),
        "claimant.mei_kana" | "guardian.mei_kana" => text("ヨシコ"),
        "job" | "pension" | "spouse_living" | "spouse_job" => choice("1"),
        "employer" => text("あすこえ製作所"),
        "higher" => choice("self"),
        "addr_same_0101" | "acct.kokin" | "consent" | "married" | "ins.pending" => {
            Value::Bool(true)
        }
        "has_other_children" => Value::Bool(false),
        other => panic!("asked for {other}, and nobody knows"),
    }
}

fn interview(procedure: &Procedure, mut answers: Answers, child: &str) -> Answers {
    for _ in 0..300 {
        let Some(field) = missing(procedure, &answers).first().copied() else {
            return answers;
        };
        let value = said(field.path.as_str(), child);
        answers.set(field.path.clone(), value, Source::Parent);
    }
    panic!("the questions never end");
}

/// What makes one filing different from another.
#[derive(Debug, Clone)]
pub(crate) struct Paper {
    /// `shussei_todoke` or `jido_teate_nintei`.
    pub(crate) procedure: &'static str,
    /// Number of the birth certificate.
    pub(crate) certificate: String,
    /// Which child of the delivery.
    pub(crate) order: u8,
    /// Given name of the child.
    pub(crate) child: String,
    /// Asks for confidential handling.
    pub(crate) protected: bool,
    /// Day it was drawn up.
    pub(crate) drafted_on: Date,
    /// Answers that are other than this family's.
    pub(crate) answers: Vec<(&'static str, Value)>,
}

/// A plain birth notification.
pub(crate) fn birth(certificate: &str) -> Paper {
    Paper {
        procedure: "shussei_todoke",
        certificate: certificate.to_owned(),
        order: 1,
        child: CHILD_MEI.to_owned(),
        protected: false,
        drafted_on: date(2026, 11, 24),
        answers: Vec::new(),
    }
}

/// A plain allowance claim.
pub(crate) fn allowance(certificate: &str) -> Paper {
    Paper {
        procedure: "jido_teate_nintei",
        ..birth(certificate)
    }
}

/// The catalogue, read once: it takes a moment.
pub(crate) fn catalogue() -> Arc<Catalogue> {
    static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();
    Arc::clone(CATALOGUE.get_or_init(|| Arc::new(Catalogue::builtin().unwrap())))
}

/// Canonical bytes of a paper.
pub(crate) fn canonical(paper: &Paper) -> Vec<u8> {
    let catalogue = catalogue();
    let procedure = catalogue
        .procedure(&paper.procedure.parse().unwrap())
        .unwrap();
    let mut answers = prefill(procedure, &facts(&paper.certificate), &catalogue);
    if paper.protected {
        let path = procedure
            .form
            .fields
            .iter()
            .map(|field| &field.path)
            .find(|path| path.as_str().ends_with(".confidential"));
        let path = path.unwrap().clone();
        let field = procedure.form.field(path.as_str()).unwrap();
        let option = field
            .options
            .iter()
            .find(|option| option.id != "none")
            .unwrap();
        answers.set(path, Value::Choice(option.id.clone()), Source::Parent);
    }
    for (path, value) in &paper.answers {
        let path = procedure.form.field(path).unwrap().path.clone();
        answers.set(path, value.clone(), Source::Parent);
    }
    let answers = interview(procedure, answers, &paper.child);
    let draft = Draft {
        recipient: asukoe(),
        lang_shown: Tongue::Ja,
        certificate_number: Some(paper.certificate.clone()),
        child_order: Some(paper.order),
        drafted_on: paper.drafted_on,
    };
    Filing::assemble(procedure, &answers, &draft)
        .unwrap()
        .canonical(procedure)
}

/// Canonical bytes of many allowance claims that differ in the certificate's number only: made once, since that takes long.
pub(crate) fn many_allowances(prefix: &str, count: usize) -> Vec<Vec<u8>> {
    let first = format!("{prefix}-0000");
    let text = String::from_utf8(canonical(&allowance(&first))).unwrap();
    (0..count)
        .map(|n| {
            text.replace(&first, &format!("{prefix}-{n:04}"))
                .into_bytes()
        })
        .collect()
}

/// A parent's signing key and certificate, and the authority over it.
#[derive(Clone)]
pub(crate) struct Parent {
    key: RsaPrivateKey,
    /// The key, for somebody else to sign with.
    pub(crate) key_pem: String,
    /// The certificate, DER.
    pub(crate) certificate: Vec<u8>,
    /// The authority, PEM.
    pub(crate) authority_pem: String,
}

/// 2026-11-24T03:00:00Z.
pub(crate) const SIGNED_AT: i64 = 1_795_489_200;

/// An authority over signature certificates.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Itself.
    pub(crate) pem: String,
}

/// Whom a certificate names; `birth` as it writes it: the era's digit, then year, month and day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Holder {
    pub(crate) name: &'static str,
    pub(crate) birth: &'static str,
    pub(crate) sex: &'static str,
}

/// The mother, as her certificate names her.
pub(crate) const MOTHER_SIGNS: Holder = Holder {
    name: MOTHER,
    birth: "419961123",
    sex: "2",
};
/// The father.
pub(crate) const FATHER_SIGNS: Holder = Holder {
    name: FATHER,
    birth: "419940203",
    sex: "1",
};
/// A grandmother, who is no parent.
pub(crate) const GRANDMOTHER_SIGNS: Holder = Holder {
    name: "葛\u{e0100}城\u{3000}梅",
    birth: "319600101",
    sex: "2",
};

fn rsa() -> KeyPair {
    KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap()
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut authority = CertificateParams::default();
        authority.distinguished_name.push(DnType::CountryName, "JP");
        authority
            .distinguished_name
            .push(DnType::OrganizationName, "JPKI-TEST");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.not_before = rcgen::date_time_ymd(2020, 1, 1);
        authority.not_after = rcgen::date_time_ymd(2040, 1, 1);
        let issuer = CertifiedIssuer::self_signed(authority, rsa()).unwrap();
        let pem = issuer.pem();
        Self { issuer, pem }
    }

    /// A certificate that ends with this year's first day.
    pub(crate) fn issue(&self, holder: Option<Holder>, until: i32) -> Parent {
        let key = rsa();
        let mut person = CertificateParams::default();
        person.distinguished_name.push(DnType::CountryName, "JP");
        person
            .distinguished_name
            .push(DnType::CommonName, "20261124000000000001");
        person.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::ContentCommitment,
        ];
        person.use_authority_key_identifier_extension = true;
        person.not_before = rcgen::date_time_ymd(2024, 1, 1);
        person.not_after = rcgen::date_time_ymd(until, 1, 1);
        if let Some(holder) = holder {
            let flags = "0".repeat(holder.name.chars().count());
            let names = [
                (1, holder.name),
                (4, holder.birth),
                (3, holder.sex),
                (2, &flags),
            ];
            person.subject_alt_names = names
                .map(|(last, text)| {
                    let kind = vec![1, 2, 392, 200_149, 8, 5, 5, last];
                    SanType::OtherName((kind, OtherNameValue::Utf8String(text.to_owned())))
                })
                .to_vec();
        }
        // certificatePolicies { 1.2.392.200149.8.5.1.1.20 }
        let policy = hex::decode("300f300d060b2a8308 8c9b550805010114".replace(' ', "")).unwrap();
        person
            .custom_extensions
            .push(CustomExtension::from_oid_content(&[2, 5, 29, 32], policy));
        let certificate = person.signed_by(&key, &self.issuer).unwrap();
        Parent {
            key: RsaPrivateKey::from_pkcs8_der(key.serialized_der()).unwrap(),
            key_pem: key.serialize_pem(),
            certificate: certificate.der().to_vec(),
            authority_pem: self.pem.clone(),
        }
    }
}

fn issue() -> Parent {
    Authority::new().issue(None, 2029)
}

/// The parent all tests share; making RSA keys takes a moment.
pub(crate) fn parent() -> &'static Parent {
    static PARENT: OnceLock<Parent> = OnceLock::new();
    PARENT.get_or_init(issue)
}

/// A parent nobody's authority knows.
pub(crate) fn stranger() -> &'static Parent {
    static STRANGER: OnceLock<Parent> = OnceLock::new();
    STRANGER.get_or_init(issue)
}

impl Parent {
    /// Signs canonical bytes as a card does.
    pub(crate) fn sign(&self, canonical: &[u8]) -> Vec<u8> {
        let prepared = cades::prepare(canonical, &self.certificate, SIGNED_AT).unwrap();
        let signature = self
            .key
            .sign(Pkcs1v15Sign::new::<Sha256>(), &prepared.to_sign_sha256)
            .unwrap();
        prepared.assemble(&signature).unwrap()
    }
}
