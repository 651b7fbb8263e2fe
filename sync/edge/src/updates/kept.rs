//! What the file `state` says, as lines of text.

use std::fmt::Write as _;

use ubugoe_protocol::report::UpdateState;
use ubugoe_protocol::{Report, UpdateId};

const FIRST: &str = "ubugoe-updates/1";
/// So many updates are remembered after they are gone. Their versions are too low for ever; this is for the answer.
const MOST: usize = 32;
/// Longest detail in bytes; a report takes 500.
const DETAIL: usize = 480;

/// Which updates are used, and which were.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Kept {
    /// The highest version that was used or given up.
    pub(super) highest: u64,
    pub(super) current: Option<u64>,
    pub(super) before: Option<u64>,
    /// Starts of the one in use that were not proven yet.
    pub(super) trial: Option<u32>,
    /// How often a check of the one that waits was begun.
    pub(super) checks: Option<u32>,
    gone: Vec<Gone>,
}

/// An update that is not used any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Gone {
    id: UpdateId,
    /// [`UpdateState::Healthy`]: a later one took its place.
    why: UpdateState,
    detail: String,
}

impl Gone {
    pub(super) fn new(id: UpdateId, why: UpdateState, detail: &str) -> Self {
        let mut line = String::new();
        for c in detail.chars() {
            let c = if c.is_control() { ' ' } else { c };
            if line.len() + c.len_utf8() > DETAIL {
                break;
            }
            line.push(c);
        }
        Self {
            id,
            why,
            detail: line,
        }
    }

    /// What is said about it; nothing about one that did well in its time.
    pub(super) fn report(&self) -> Option<Report> {
        (self.why != UpdateState::Healthy).then(|| self.told())
    }

    pub(super) fn told(&self) -> Report {
        Report::Update {
            id: self.id,
            state: self.why,
            detail: self.detail.clone(),
        }
    }
}

const fn word(state: UpdateState) -> &'static str {
    match state {
        UpdateState::Staged => "staged",
        UpdateState::Healthy => "replaced",
        UpdateState::Failed => "failed",
        UpdateState::Withdrawn => "withdrawn",
    }
}

impl Kept {
    /// The one before is in use again, and there is none before it.
    pub(super) const fn step_back(&mut self) {
        self.current = self.before.take();
        self.trial = None;
    }

    pub(super) fn gone(&mut self, gone: Gone) {
        self.gone.retain(|known| known.id != gone.id);
        self.gone.push(gone);
        let over = self.gone.len().saturating_sub(MOST);
        self.gone.drain(..over);
    }

    pub(super) fn gone_of(&self, id: UpdateId) -> Option<&Gone> {
        self.gone.iter().find(|known| known.id == id)
    }

    pub(super) fn newest_gone(&self) -> Option<&Gone> {
        self.gone.last()
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut text = format!("{FIRST}\nhighest {}\n", self.highest);
        let lines = [
            ("current", self.current),
            ("before", self.before),
            ("trial", self.trial.map(u64::from)),
            ("checks", self.checks.map(u64::from)),
        ];
        for (name, value) in lines {
            if let Some(value) = value {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "{name} {value}");
            }
        }
        for gone in &self.gone {
            let _ = writeln!(text, "gone {} {} {}", gone.id, word(gone.why), gone.detail);
        }
        text.into_bytes()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.strip_suffix('\n')?.split('\n');
        if lines.next()? != FIRST {
            return None;
        }
        let mut kept = Self::default();
        for line in lines {
            let (name, value) = line.split_once(' ')?;
            match name {
                "highest" => kept.highest = value.parse().ok()?,
                "current" => kept.current = Some(value.parse().ok()?),
                "before" => kept.before = Some(value.parse().ok()?),
                "trial" => kept.trial = Some(value.parse().ok()?),
                "checks" => kept.checks = Some(value.parse().ok()?),
                "gone" => {
                    let mut parts = value.splitn(3, ' ');
                    let id: UpdateId = parts.next()?.parse().ok()?;
                    let said = parts.next()?;
                    let why = [
                        UpdateState::Healthy,
                        UpdateState::Failed,
                        UpdateState::Withdrawn,
                    ];
                    let why = why.into_iter().find(|state| word(*state) == said)?;
                    kept.gone.push(Gone::new(id, why, parts.next()?));
                }
                _ => return None,
            }
        }
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn what_is_written_is_read_again_and_damage_is_found() {
        let mut kept = Kept {
            highest: 4,
            current: Some(3),
            before: None,
            trial: Some(1),
            checks: Some(2),
            gone: Vec::new(),
        };
        kept.gone(Gone::new(
            UpdateId::from_bytes([4; 16]),
            UpdateState::Failed,
            "facts.toml:\n no key",
        ));
        let bytes = kept.to_bytes();
        assert_eq!(Kept::read(&bytes), Some(kept.clone()));
        for end in 0..bytes.len() {
            let cut = Kept::read(bytes.get(..end).unwrap());
            assert_ne!(cut, Some(kept.clone()), "{end}");
        }
        assert_eq!(Kept::read(b"ubugoe-updates/2\nhighest 1\n"), None);
    }

    #[test]
    fn a_detail_is_one_line_that_fits_a_report_and_only_so_many_are_remembered() {
        let mut kept = Kept::default();
        for n in 0..40 {
            let id = UpdateId::from_bytes([n; 16]);
            kept.gone(Gone::new(id, UpdateState::Failed, &"届\n".repeat(400)));
        }
        assert_eq!(kept.gone.len(), MOST);
        assert!(kept.gone_of(UpdateId::from_bytes([0; 16])).is_none());
        let Some(Report::Update { detail, .. }) = kept.newest_gone().and_then(Gone::report) else {
            panic!("the newest is known");
        };
        assert!(detail.len() <= DETAIL && !detail.contains('\n'));
    }
}
