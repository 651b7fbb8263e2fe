//! One file of a procedure: from what is written to a [`Procedure`], with every problem it has by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::forms::{self, Blocks};
use super::problem::ProblemKind;
use super::procedure::{
    Access, Acts, AlsoAt, AmountRef, Attachment, Automatic, DeadlineRule, DeadlineVariant,
    Decision, Dependency, Disappears, Exception, Guard, Guards, LegalBasis, Length, OfficerItem,
    OtherWords, Per, Procedure, RecordEntry, Sector, SharedRecord, Version, VersionBy, Window,
};
use super::profile::is_corporate_number;
use super::raw::{
    RawAlsoAt, RawAmount, RawAttachment, RawAutomatic, RawDeadline, RawDeadlineVariant,
    RawDependency, RawGuards, RawOfficerItem, RawProcedure, RawRecord, RawVersion, RawWindow,
};
use super::words::Words;
use crate::form::Form;
use crate::rules::raw::{RawCondition, RawException, RawNode, YesNo};
use crate::rules::resolve::Resolver;
use crate::rules::{Cases, Rule, Vocabulary, exception_findings, table_findings};
use crate::text::Text;

/// The tables of amounts there are (`catalogue/amounts/`). A file of that folder is known by its name too.
pub const AMOUNT_TABLES: &[&str] = &[
    "jido_teate",
    "jido_fuyo_teate",
    "tokuji_teate",
    "shogaiji_fukushi_teate",
    "shussan_ikuji_ichijikin",
    "shussan_teatekin",
    "ninpu_shien",
    "sanzen_sango_nenkin",
    "ikuji_menjo_nenkin",
    "sanzen_sango_kokuho",
    "ikuji_kyugyo_kyufu",
    "kodomo_iryohi",
    "yoiku_iryo",
    "hoiku_fee",
    "kaigo_limits",
    "kyoiku_kunren",
    "kyushokusha_shien",
    "iju_shienkin",
];

/// The most versions of one procedure.
const MOST_VERSIONS: usize = 64;

/// What a procedure's file may refer to.
pub(super) struct Around<'a> {
    pub(super) blocks: &'a Blocks,
    pub(super) vocabulary: &'a Arc<Vocabulary>,
    pub(super) conditions: &'a BTreeMap<String, RawNode>,
    pub(super) amounts: &'a BTreeSet<&'a str>,
}

type Problems = Vec<(String, ProblemKind)>;

/// The procedure, unless a part without which there is none has a problem; and every problem.
pub(super) fn read(raw: RawProcedure, around: &Around<'_>) -> (Option<Procedure>, Problems) {
    let own = raw.condition.clone();
    let mut reader = Reader {
        around,
        resolver: Resolver::new(around.vocabulary, &own, around.conditions),
        problems: Vec::new(),
    };
    reader.resolver.named_ones();
    let procedure = reader.procedure(raw);
    let mut problems = reader.problems;
    let mut seen = BTreeSet::new();
    for (key, error) in reader.resolver.problems {
        if seen.insert((key.clone(), error.to_string())) {
            problems.push((key, ProblemKind::Rule(error)));
        }
    }
    (procedure, problems)
}

struct Reader<'a> {
    around: &'a Around<'a>,
    resolver: Resolver<'a>,
    problems: Problems,
}

impl Reader<'_> {
    fn problem(&mut self, key: impl Into<String>, what: ProblemKind) {
        self.problems.push((key.into(), what));
    }

    fn text(&mut self, key: &str, words: &Words) -> Text {
        if let Some(problem) = words.problem() {
            self.problem(key, ProblemKind::Words { problem });
        }
        words.text()
    }

    fn maybe_text(&mut self, key: &str, words: Option<&Words>) -> Option<Text> {
        words.map(|words| self.text(key, words))
    }

    fn rule(&mut self, key: &str, raw: Option<&RawCondition>) -> Option<Rule> {
        raw.and_then(|raw| self.resolver.rule(key, raw))
    }

    fn procedure(&mut self, raw: RawProcedure) -> Option<Procedure> {
        self.law(&raw);
        self.private(&raw);
        self.tags(&raw);
        let event = self.event(&raw);
        let form = self.form(&raw);
        let officer_item = raw.officer_item.as_ref().map(|item| self.officer(item));
        self.halves(&raw, !form.fields.is_empty());
        let (title, summary, reason) = (
            self.text("title", &raw.title),
            self.text("summary", &raw.summary),
            self.text("reason", &raw.reason),
        );
        let authority = self.maybe_text("authority", raw.authority.as_ref());
        let signer = self
            .maybe_text("signer", raw.signer.as_ref())
            .unwrap_or_default();
        let recipient = self.resolver.cases("routing", &raw.routing);
        self.table("routing", recipient.as_ref());
        let signers = match &raw.signers {
            None => Some(Cases::always(Vec::new())),
            Some(signers) => self.resolver.cases("signers", signers),
        };
        self.table("signers", signers.as_ref());
        let versions = self.versions(&raw, event.as_deref());
        let attachments = raw.attachment.iter().map(|a| self.attachment(a)).collect();
        let depends = raw.depends.iter().map(|d| self.dependency(d)).collect();
        let also_at = raw.also_at.iter().map(|one| self.also_at(one)).collect();
        let automatic = raw.automatic.iter().map(|a| self.automatic(a)).collect();
        let record = raw.record.as_ref().map(|record| self.record(record));
        let recipient = recipient?;
        let deadline = versions
            .last()
            .and_then(|version| version.deadline.clone())
            .filter(|rule| rule.from == "child.birth" && rule.length != Length::Promptly);
        Some(Procedure {
            id: raw.id,
            kind: raw.kind,
            sector: raw.sector,
            domain: raw.domain,
            stage: raw.stage,
            level: raw.level,
            per: raw.per,
            other_words: other_words(&raw.title, &raw.summary, &raw.reason),
            title,
            summary,
            reason,
            authority,
            law: raw.law,
            routing: recipient.usual,
            recipient,
            also_at,
            order: raw.order,
            bedside: raw.bedside,
            bedside_offer: raw.bedside_offer,
            event,
            version_by: raw.version_by.unwrap_or(VersionBy::EventDay),
            versions,
            deadline,
            officer_item,
            signer,
            signers: signers?,
            carriers: raw.carriers,
            attachments,
            depends,
            automatic,
            guards: guards(&raw.guards),
            joyful: raw.joyful,
            record,
            psid: raw.psid,
            um: raw.um,
            std_function_id: raw.std_function_id.filter(|id| !id.is_empty()),
            sources: raw.sources,
            confidence: raw.confidence,
            advice: raw.advice,
            form,
        })
    }

    // ------------------------------------------------------------------------------------------ by itself

    /// Whether a form has everything that goes with one, and nothing stands there twice.
    fn halves(&mut self, raw: &RawProcedure, has_form: bool) {
        if has_form && raw.officer_item.is_none() {
            self.problem(
                "officer_item",
                ProblemKind::HalfDefined {
                    problem: "a form for families, and no officer's item",
                },
            );
        }
        if has_form && raw.signer.is_none() {
            let what = "signer, and has a form";
            self.problem("signer", ProblemKind::Lacking { what });
        }
        self.unique("attachment", raw.attachment.iter().map(|a| a.id.as_str()));
        self.unique("depends", raw.depends.iter().map(|d| d.on.as_str()));
        self.unique("advice", raw.advice.iter().map(|a| a.id.as_str()));
        for advice in &raw.advice {
            if advice.text.ja.trim().is_empty() || advice.text.en.trim().is_empty() {
                self.problem(
                    format!("advice.{}", advice.id),
                    ProblemKind::Words {
                        problem: "no Japanese or no English text".to_owned(),
                    },
                );
            }
        }
    }

    fn law(&mut self, raw: &RawProcedure) {
        if raw.sector == Sector::Public && raw.law.is_empty() {
            self.problem("law", ProblemKind::NoLaw);
        }
        for (index, law) in raw.law.iter().enumerate() {
            let LegalBasis {
                law_id, municipal, ..
            } = law;
            let shape = law_id.len() == 15
                && law_id
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
            if !(shape || *municipal && law_id.is_empty()) {
                self.problem(
                    format!("law[{index}].law_id"),
                    ProblemKind::LawId {
                        given: law_id.clone(),
                    },
                );
            }
            if law.name.trim().is_empty() || law.article.trim().is_empty() {
                self.problem(
                    format!("law[{index}]"),
                    ProblemKind::Lacking {
                        what: "name or article",
                    },
                );
            }
        }
    }

    fn private(&mut self, raw: &RawProcedure) {
        let RawGuards {
            always,
            loss,
            nicu,
            dv_support,
            adoption_plan,
            ..
        } = raw.guards;
        if always == Some(Guard::Hide) {
            // What nobody may ever see has no place in the catalogue.
            self.problem(
                "guards.always",
                ProblemKind::Unguarded {
                    guard: "always",
                    needed: "quiet or staff_only",
                },
            );
        }
        if raw.sector == Sector::Private {
            for (guard, said) in [
                ("loss", loss),
                ("nicu", nicu),
                ("dv_support", dv_support),
                ("adoption_plan", adoption_plan),
            ] {
                if said != Some(Guard::Hide) {
                    self.problem(
                        format!("guards.{guard}"),
                        ProblemKind::Unguarded {
                            guard,
                            needed: "hide",
                        },
                    );
                }
            }
        } else if !raw.joyful.is_empty() && !matches!(loss, Some(Guard::Hide | Guard::StaffOnly)) {
            self.problem(
                "guards.loss",
                ProblemKind::Unguarded {
                    guard: "loss",
                    needed: "hide",
                },
            );
        }
    }

    fn tags(&mut self, raw: &RawProcedure) {
        if let Some(psid) = &raw.psid
            && !is_psid(psid)
        {
            self.problem(
                "psid",
                ProblemKind::Psid {
                    given: psid.clone(),
                },
            );
        }
        for tag in &raw.um {
            let number: Option<u16> = (tag.len() == 3).then(|| tag.parse().ok()).flatten();
            if number.is_none_or(|number| number > 126) {
                self.problem("um", ProblemKind::UmTag { given: tag.clone() });
            }
        }
    }

    fn unique<'n>(&mut self, key: &str, names: impl Iterator<Item = &'n str>) {
        let mut seen = BTreeSet::new();
        for name in names {
            if !seen.insert(name) {
                let name = name.to_owned();
                self.problem(key, ProblemKind::Twice { name });
            }
        }
    }

    fn event(&mut self, raw: &RawProcedure) -> Option<String> {
        if let Some(event) = &raw.event {
            self.resolver.has_fact("event", event, Some("date"));
            return Some(event.clone());
        }
        let usual = match raw.per {
            Per::Child => "child.birth",
            Per::Delivery => "delivery.date",
            Per::Family | Per::Parent | Per::Person => return None,
        };
        self.around.vocabulary.slot(usual).map(|_| usual.to_owned())
    }

    fn form(&mut self, raw: &RawProcedure) -> Form {
        let Some(form) = &raw.form else {
            return Form::default();
        };
        let (form, problems) = forms::expand(form, self.around.blocks);
        if form.fields.is_empty() && problems.is_empty() {
            self.problem("form", ProblemKind::Lacking { what: "fields" });
        }
        for (path, what) in problems {
            self.problem(format!("form.{path}"), what);
        }
        form
    }

    fn officer(&mut self, raw: &RawOfficerItem) -> OfficerItem {
        if raw.decides.is_empty() {
            self.problem(
                "officer_item.decides",
                ProblemKind::HalfDefined {
                    problem: "an officer's item with nothing to decide",
                },
            );
        }
        self.unique(
            "officer_item.decides",
            raw.decides.iter().map(|d| d.id.as_str()),
        );
        let decides = raw.decides.iter().map(|decision| Decision {
            id: decision.id.clone(),
            label: self.text(
                &format!("officer_item.decides.{}", decision.id),
                &decision.label,
            ),
            article: decision.article.clone(),
        });
        let decides = decides.collect();
        OfficerItem {
            title: self.text("officer_item.title", &raw.title),
            decides,
        }
    }

    fn attachment(&mut self, raw: &RawAttachment) -> Attachment {
        let key = format!("attachment.{}", raw.id);
        Attachment {
            id: raw.id.clone(),
            label: self.text(&key, &raw.label),
            when: self.rule(&format!("{key}.when"), raw.when.as_ref()),
            may_follow: raw.may_follow,
            disappears: raw.disappears.as_ref().map(|gone| Disappears {
                source: gone.source,
                sentence: self.text(&format!("{key}.disappears"), &gone.sentence),
            }),
            article: raw.article.clone(),
            confidence: raw.confidence,
        }
    }

    fn dependency(&mut self, raw: &RawDependency) -> Dependency {
        let key = format!("depends.{}", raw.on);
        Dependency {
            on: raw.on.clone(),
            strength: raw.strength,
            sentence: self.text(&key, &raw.sentence),
            when: self.rule(&format!("{key}.when"), raw.when.as_ref()),
            article: raw.article.clone(),
            confidence: raw.confidence,
        }
    }

    fn also_at(&mut self, raw: &RawAlsoAt) -> AlsoAt {
        AlsoAt {
            to: raw.to,
            when: self.rule("also_at.when", raw.when.as_ref()),
            article: raw.article.clone().filter(|article| !article.is_empty()),
        }
    }

    fn automatic(&mut self, raw: &RawAutomatic) -> Automatic {
        for fact in &raw.needs {
            self.resolver.has_fact("automatic.needs", fact, None);
        }
        Automatic {
            mode: raw.mode,
            sentence: self.text("automatic.sentence", &raw.sentence),
            needs: raw.needs.clone(),
            when: self.rule("automatic.when", raw.when.as_ref()),
            acts: raw.acts.as_ref().map(|acts| Acts {
                from: acts.from,
                article: acts.article.clone().filter(|article| !article.is_empty()),
                confidence: acts.confidence,
            }),
        }
    }

    fn record(&mut self, raw: &RawRecord) -> SharedRecord {
        self.unique("record.entry", raw.entry.iter().map(|e| e.id.as_str()));
        let known: BTreeSet<&str> = raw.entry.iter().map(|e| e.id.as_str()).collect();
        let access: Vec<Access> = raw
            .access
            .iter()
            .map(|access| Access {
                role: access.role,
                reads: access.reads.clone(),
                writes: access.writes.clone(),
                consent: access.consent,
            })
            .collect();
        for entry in access.iter().flat_map(|a| a.reads.iter().chain(&a.writes)) {
            if !known.contains(entry.as_str()) {
                self.problem(
                    "record.access",
                    ProblemKind::NoSuchPart {
                        missing: entry.clone(),
                    },
                );
            }
        }
        let entries = raw.entry.iter().map(|entry| RecordEntry {
            id: entry.id.clone(),
            label: self.text(&format!("record.entry.{}", entry.id), &entry.label),
        });
        SharedRecord {
            entries: entries.collect(),
            access,
            break_glass: raw.break_glass,
        }
    }

    /// The overlaps and gaps of a case table.
    fn table<T>(&mut self, key: &str, cases: Option<&Cases<T>>) {
        let Some(cases) = cases.filter(|cases| !cases.cases.is_empty()) else {
            return;
        };
        let rules: Vec<(&str, &Rule)> = cases
            .cases
            .iter()
            .map(|case| (case.id.as_str(), &case.rule))
            .collect();
        for finding in table_findings(&rules, cases.otherwise.is_some()) {
            self.problem(key, ProblemKind::Table(finding));
        }
    }

    // ----------------------------------------------------------------------------------------- over time

    fn versions(&mut self, raw: &RawProcedure, event: Option<&str>) -> Vec<Version> {
        self.claim_exceptions("exception", &raw.exception);
        let deadline = raw
            .deadline
            .as_ref()
            .and_then(|rule| self.deadline("deadline", rule, event));
        let windows: Vec<Window> = raw
            .window
            .iter()
            .map(|w| self.window("window", w))
            .collect();
        let amount = raw.amount.as_ref().map(|a| self.amount("amount", a));
        let only = [RawVersion {
            id: "always".to_owned(),
            ..RawVersion::default()
        }];
        let all = if raw.version.is_empty() {
            only.as_slice()
        } else {
            &raw.version
        };
        if all.len() > MOST_VERSIONS {
            let problem = "too many versions";
            self.problem("version", ProblemKind::Misfit { problem });
            return Vec::new();
        }
        self.unique("version", all.iter().map(|version| version.id.as_str()));
        let mut versions = Vec::new();
        for one in all {
            let key = if raw.version.is_empty() {
                String::new()
            } else {
                format!("version.{}.", one.id)
            };
            self.claim_exceptions(&format!("{key}exception"), &one.exception);
            let own_exceptions = !one.exception.is_empty();
            let exceptions = if own_exceptions {
                &one.exception
            } else {
                &raw.exception
            };
            let when = one.when.as_ref().or(raw.when.as_ref());
            let decision = self
                .resolver
                .decision(&format!("{key}when"), when, exceptions);
            let own = one
                .deadline
                .as_ref()
                .and_then(|rule| self.deadline(&format!("{key}deadline"), rule, event));
            let own_windows: Vec<Window> = one
                .window
                .iter()
                .map(|w| self.window(&format!("{key}window"), w))
                .collect();
            let own_amount = one
                .amount
                .as_ref()
                .map(|a| self.amount(&format!("{key}amount"), a));
            let note = self.maybe_text(&format!("{key}note"), one.note.as_ref());
            let Some((when, single)) = decision else {
                continue;
            };
            if own_exceptions || raw.version.first().is_none_or(|first| first.id == one.id) {
                self.contradictions(&format!("{key}exception"), exceptions, &single);
            }
            versions.push(Version {
                id: one.id.clone(),
                valid_from: one.valid_from,
                valid_to: one.valid_to,
                when,
                exceptions: exceptions.iter().map(exception).collect(),
                deadline: own.or_else(|| deadline.clone()),
                windows: if own_windows.is_empty() {
                    windows.clone()
                } else {
                    own_windows
                },
                amount: own_amount.or_else(|| amount.clone()),
                note,
                confidence: one.confidence,
            });
        }
        self.succession(all);
        if raw.version.len() > 1 && raw.version_by != Some(VersionBy::DayAsked) && event.is_none() {
            self.problem(
                "event",
                ProblemKind::Lacking {
                    what: "event, whose day decides the version",
                },
            );
        }
        versions
    }

    fn claim_exceptions(&mut self, key: &str, exceptions: &[RawException]) {
        for exception in exceptions {
            self.resolver
                .claim_id(&format!("{key}.{}", exception.id), &exception.id);
        }
    }

    fn contradictions(&mut self, key: &str, raw: &[RawException], single: &[(usize, Rule)]) {
        let rules: Vec<(&str, &Rule)> = single
            .iter()
            .filter_map(|(index, rule)| Some((raw.get(*index)?.id.as_str(), rule)))
            .collect();
        let opposed = |a: usize, b: usize| {
            let (Some(a), Some(b)) = (raw.get(a), raw.get(b)) else {
                return false;
            };
            a.then != b.then && !goes_over(raw, &a.id, &b.id) && !goes_over(raw, &b.id, &a.id)
        };
        for finding in exception_findings(&rules, &opposed) {
            self.problem(key, ProblemKind::Table(finding));
        }
    }

    /// Versions follow one another without gap or overlap.
    fn succession(&mut self, versions: &[RawVersion]) {
        for version in versions {
            if version
                .valid_from
                .zip(version.valid_to)
                .is_some_and(|(from, to)| from > to)
            {
                self.problem(
                    format!("version.{}", version.id),
                    ProblemKind::Misfit {
                        problem: "ends before it begins",
                    },
                );
            }
        }
        for pair in versions.windows(2) {
            let [before, after] = pair else { continue };
            let key = format!("version.{}", after.id);
            let overlap = ProblemKind::VersionOverlap {
                a: before.id.clone(),
                b: after.id.clone(),
            };
            let (Some(to), Some(from)) = (before.valid_to, after.valid_from) else {
                self.problem(key, overlap);
                continue;
            };
            let next = crate::calendar::plus_days(to, 1);
            if from < next {
                self.problem(key, overlap);
            } else if from > next {
                self.problem(
                    key,
                    ProblemKind::VersionGap {
                        after: before.id.clone(),
                        before: after.id.clone(),
                    },
                );
            }
        }
    }

    fn length(
        &mut self,
        key: &str,
        days: Option<u16>,
        months: Option<u16>,
        years: Option<u16>,
        promptly: bool,
    ) -> Option<Length> {
        let said = [
            days.map(Length::Days),
            months.map(Length::Months),
            years
                .and_then(|years| years.checked_mul(12))
                .map(Length::Months),
            promptly.then_some(Length::Promptly),
        ];
        let mut said = said.into_iter().flatten();
        match (said.next(), said.next()) {
            (Some(length), None) if !matches!(length, Length::Days(0) | Length::Months(0)) => {
                Some(length)
            }
            _ => {
                self.problem(
                    key,
                    ProblemKind::Misfit {
                        problem: "exactly one of days, months, years and promptly is needed",
                    },
                );
                None
            }
        }
    }

    fn deadline(
        &mut self,
        key: &str,
        raw: &RawDeadline,
        event: Option<&str>,
    ) -> Option<DeadlineRule> {
        let note = self.text(&format!("{key}.note"), &raw.note);
        let length = self.length(key, raw.days, raw.months, raw.years, raw.promptly);
        let from = raw.from.as_deref().or(event);
        if from.is_none() {
            let what = "from, and the procedure no event";
            self.problem(key, ProblemKind::Lacking { what });
        }
        let from = from.filter(|from| {
            self.resolver
                .has_fact(&format!("{key}.from"), from, Some("date"))
        });
        let variants: Vec<Option<DeadlineVariant>> = raw
            .variant
            .iter()
            .map(|variant| self.variant(key, raw, variant))
            .collect();
        let variants: Option<Vec<DeadlineVariant>> = variants.into_iter().collect();
        if raw.variant.len() > MOST_VERSIONS {
            let problem = "too many variants";
            self.problem(key, ProblemKind::Misfit { problem });
            return None;
        }
        let rules: Vec<(&str, &Rule)> = variants
            .iter()
            .flatten()
            .map(|variant| (variant.id.as_str(), &variant.when))
            .collect();
        let findings = if rules.len() > 1 {
            table_findings(&rules, true)
        } else {
            Vec::new()
        };
        for finding in findings {
            self.problem(format!("{key}.variant"), ProblemKind::Table(finding));
        }
        Some(DeadlineRule {
            count: raw.count,
            length: length?,
            from: from?.to_owned(),
            before: raw.before,
            rolled: raw.rolled,
            note,
            article: raw.article.clone(),
            confidence: raw.confidence,
            variants: variants?,
        })
    }

    fn variant(
        &mut self,
        key: &str,
        rule: &RawDeadline,
        raw: &RawDeadlineVariant,
    ) -> Option<DeadlineVariant> {
        let key = format!("{key}.variant.{}", raw.id);
        self.resolver.claim_id(&key, &raw.id);
        let note = self.text(&format!("{key}.note"), &raw.note);
        let length = self.length(&key, raw.days, raw.months, raw.years, raw.promptly);
        Some(DeadlineVariant {
            id: raw.id.clone(),
            when: self.rule(&format!("{key}.when"), Some(&raw.when))?,
            count: raw.count.unwrap_or(rule.count),
            length: length?,
            note,
            article: raw.article.clone(),
            confidence: raw.confidence,
        })
    }

    fn window(&mut self, key: &str, raw: &RawWindow) -> Window {
        let key = format!("{key}.{}", raw.id);
        self.resolver.claim_id(&key, &raw.id);
        if raw.from.is_none() && raw.to.is_none() {
            self.problem(&key, ProblemKind::Lacking { what: "from or to" });
        }
        let mut day = |end: &str, raw: &Option<crate::rules::raw::RawExpr>| {
            raw.as_ref()
                .and_then(|raw| self.resolver.day(&format!("{key}.{end}"), raw))
        };
        let (from, to) = (day("from", &raw.from), day("to", &raw.to));
        Window {
            id: raw.id.clone(),
            label: self.maybe_text(&format!("{key}.label"), raw.label.as_ref()),
            when: self.rule(&format!("{key}.when"), raw.when.as_ref()),
            from,
            to,
            note: self.maybe_text(&format!("{key}.note"), raw.note.as_ref()),
            article: raw.article.clone(),
            confidence: raw.confidence,
        }
    }

    fn amount(&mut self, key: &str, raw: &RawAmount) -> AmountRef {
        if !self.around.amounts.contains(raw.table.as_str()) {
            self.problem(
                format!("{key}.table"),
                ProblemKind::NoSuchAmount {
                    name: raw.table.clone(),
                },
            );
        }
        AmountRef {
            table: raw.table.clone(),
            note: self.maybe_text(&format!("{key}.note"), raw.note.as_ref()),
        }
    }
}

fn exception(raw: &RawException) -> Exception {
    Exception {
        id: raw.id.clone(),
        then: raw.then == YesNo::Yes,
        sentence: raw.sentence.as_ref().map(Words::text).unwrap_or_default(),
        article: raw.article.clone(),
    }
}

/// Whether one exception goes over another, directly or by way of others.
fn goes_over(all: &[RawException], strong: &str, weak: &str) -> bool {
    let mut reached: BTreeSet<&str> = BTreeSet::from([strong]);
    let mut open = vec![strong];
    while let Some(id) = open.pop() {
        let below = all.iter().filter(|e| e.id == id).flat_map(|e| &e.over);
        for over in below {
            if over == weak {
                return true;
            }
            if reached.insert(over) {
                open.push(over);
            }
        }
    }
    false
}

fn guards(raw: &RawGuards) -> Guards {
    let or_show = |guard: Option<Guard>| guard.unwrap_or(Guard::Show);
    Guards {
        always: or_show(raw.always),
        loss: or_show(raw.loss),
        nicu: or_show(raw.nicu),
        dv_support: or_show(raw.dv_support),
        adoption_plan: or_show(raw.adoption_plan),
        minor_parent: or_show(raw.minor_parent),
        foreign_parent: or_show(raw.foreign_parent),
    }
}

fn other_words(title: &Words, summary: &Words, reason: &Words) -> BTreeMap<String, OtherWords> {
    let mut all: BTreeMap<String, OtherWords> = BTreeMap::new();
    for (lang, words) in &title.other {
        all.entry(lang.clone()).or_default().title = Some(words.clone());
    }
    for (lang, words) in &summary.other {
        all.entry(lang.clone()).or_default().summary = Some(words.clone());
    }
    for (lang, words) in &reason.other {
        all.entry(lang.clone()).or_default().reason = Some(words.clone());
    }
    all
}

/// `psid3.0+<法人番号>+<number>+UM<number>`.
fn is_psid(psid: &str) -> bool {
    let digits =
        |text: &str| (1..=10).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let parts: Vec<&str> = psid.split('+').collect();
    match parts.as_slice() {
        ["psid3.0", number, sequence, menu] => {
            is_corporate_number(number)
                && digits(sequence)
                && menu.strip_prefix("UM").is_some_and(digits)
        }
        _ => false,
    }
}
