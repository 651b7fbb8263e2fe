//! A draft that is kept between two visits of the same card: what the parent said and chose, and nothing else.
//!
//! What card and certificate say is not in it: both are read anew, and must still fit. Sealing and deleting it is the
//! kiosk's; this file only says what it holds and when it still counts.

use serde::{Deserialize, Serialize};
use ubugoe_procedures::{Answers, FieldPath, MunicipalityCode, ProcedureId, Source, Tongue};

use crate::nursery::NurseryDraft;
use crate::{Candidate, ChildKey, Comfort, Context, Draft, FormDraft, QuestionAt};

/// The version that this program writes and reads.
const VERSION: u32 = 1;

/// One form of a kept draft.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedForm {
    procedure: ProcedureId,
    recipient: MunicipalityCode,
    child: Option<usize>,
    chosen: bool,
    /// Whether she could choose.
    #[serde(default)]
    optional: bool,
    /// Only what a person said.
    said: Answers,
}

/// A kept draft.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedDraft {
    version: u32,
    /// The certificates it rests on, in its own order.
    pub certificates: Vec<ChildKey>,
    forms: Vec<SavedForm>,
    asked: Vec<(usize, FieldPath)>,
    line_seen: bool,
    private_wanted: bool,
    nursery: NurseryDraft,
    /// The language that was on the screen.
    pub tongue: Tongue,
    /// How the screen was set.
    pub comfort: Comfort,
    /// When it was kept, in seconds since 1970-01-01 UTC.
    pub kept: i64,
    /// Until when it is kept.
    pub until: i64,
}

// It holds a family's answers; states are printed in logs and failed tests.
impl std::fmt::Debug for SavedDraft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SavedDraft")
            .field("forms", &self.forms.len())
            .field("until", &self.until)
            .finish_non_exhaustive()
    }
}

impl SavedDraft {
    /// What is kept of a draft, for as long as the municipality lets it be kept.
    pub(crate) fn of(draft: &Draft, tongue: Tongue, comfort: Comfort, cx: &Context<'_>) -> Self {
        let hours = cx
            .catalogue
            .profile(&cx.birthplace)
            .map_or(72, |profile| profile.resume_hours);
        Self {
            version: VERSION,
            certificates: draft.certificates.iter().map(Candidate::key).collect(),
            forms: draft.forms.iter().map(SavedForm::of).collect(),
            asked: draft
                .asked
                .iter()
                .map(|at| (at.form, at.path.clone()))
                .collect(),
            line_seen: draft.line_seen,
            private_wanted: draft.private_wanted,
            nursery: draft.nursery.clone(),
            tongue,
            comfort,
            kept: cx.now,
            until: cx.now.saturating_add(i64::from(hours) * 3600),
        }
    }

    /// How many answers it holds.
    #[must_use]
    pub fn answers(&self) -> usize {
        self.forms.iter().map(|form| form.said.len()).sum()
    }

    /// Whether it still counts: of a version that is known, and not too old.
    pub(crate) fn counts(&self, now: i64) -> bool {
        self.version == VERSION && now <= self.until
    }

    /// Whether it can be gone on with now: it counts, and every certificate is here and still open.
    pub(crate) fn fits(&self, candidates: &[Candidate], now: i64) -> bool {
        let open = |key: &ChildKey| candidates.iter().any(|found| found.key() == *key);
        self.counts(now) && !self.certificates.is_empty() && self.certificates.iter().all(open)
    }

    /// Puts what was said back into a draft made anew. A form that the law or the catalogue has changed meanwhile takes
    /// what it still has a field for; the rest is asked again.
    pub(crate) fn restore(&self, draft: &mut Draft, cx: &Context<'_>) {
        let mut places = Vec::with_capacity(self.forms.len());
        for saved in &self.forms {
            let place = draft.forms.iter().position(|form| saved.is(form));
            places.push(place);
            let Some(form) = place.and_then(|at| draft.forms.get_mut(at)) else {
                continue;
            };
            // What was filed without asking, and is asked for now (adoption was marked meanwhile), is asked for.
            form.chosen = !form.optional || (saved.chosen && saved.optional);
            let Some(procedure) = cx.catalogue.procedure(&form.procedure) else {
                continue;
            };
            for (path, answer) in saved.said.iter() {
                let known = procedure.form.field(path.as_str());
                if known.is_some_and(|field| !field.staff_only) {
                    form.own
                        .set(path.clone(), answer.value.clone(), Source::Parent);
                }
            }
        }
        draft.asked = self
            .asked
            .iter()
            .filter_map(|(form, path)| {
                Some(QuestionAt {
                    form: places.get(*form).copied().flatten()?,
                    path: path.clone(),
                })
            })
            .collect();
        draft.line_seen = self.line_seen;
        draft.private_wanted = self.private_wanted;
        draft.nursery = self.nursery.clone();
    }
}

impl SavedForm {
    fn of(form: &FormDraft) -> Self {
        let said = form
            .own
            .iter()
            .filter(|(_, answer)| answer.source == Source::Parent);
        Self {
            procedure: form.procedure.clone(),
            recipient: form.recipient,
            child: form.child,
            chosen: form.chosen,
            optional: form.optional,
            said: said
                .map(|(path, answer)| (path.clone(), answer.clone()))
                .collect(),
        }
    }

    fn is(&self, form: &FormDraft) -> bool {
        self.procedure == form.procedure
            && self.recipient == form.recipient
            && self.child == form.child
    }
}
