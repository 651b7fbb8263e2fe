//! How far a question to an agency is: one state machine, without a clock and without I/O.
//!
//! ```text
//!  queued ──> sent ──> answered: yes
//!    ^         │ ^ └────(no, not yet, not known, nonsense)────┐
//!    │         v │ after a while                              v
//!    │       failed ──(too often, or refused for good)──> given up = a task ──> by hand
//!    └────────────(an officer: send again)─────────────────┘  └─(left at that, or asked anew)──> stopped
//!  any but answered and by hand ──(consent withdrawn, or a loss)──> stopped
//! ```

use ubugoe_exchange::AskError;

use super::meaning::Meaning;

/// State of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HopState {
    /// Waits to be sent for the first time, or again by an officer's word.
    Queued,
    /// On its way: nobody knows yet whether it arrived.
    Sent,
    /// There is a signed answer, and it is a yes.
    Answered,
    /// Failed for now; it is sent again by itself.
    Failed,
    /// An officer must look at it.
    GivenUp,
    /// An officer settled it on another way.
    ByHand,
    /// May not be sent any more.
    Stopped,
}

impl HopState {
    /// Every state.
    pub const ALL: [Self; 7] = [
        Self::Queued,
        Self::Sent,
        Self::Answered,
        Self::Failed,
        Self::GivenUp,
        Self::ByHand,
        Self::Stopped,
    ];

    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Sent => "sent",
            Self::Answered => "answered",
            Self::Failed => "failed",
            Self::GivenUp => "given-up",
            Self::ByHand => "by-hand",
            Self::Stopped => "stopped",
        }
    }

    /// Reads [`HopState::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// Why a question failed or stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Nobody listens, or the connection broke.
    Down,
    /// One side does not accept the other's certificate.
    Untrusted,
    /// Cut off in the middle.
    BrokenOff,
    /// No answer in time.
    TimedOut,
    /// Too large an answer.
    TooLarge,
    /// The answer cannot be read.
    Garbled,
    /// It answers another question.
    Stranger,
    /// The signature is missing or not theirs.
    BadSignature,
    /// The question itself may not be sent.
    Unsendable,
    /// They say that it cannot be done now.
    NotNow,
    /// They refuse.
    Refused,
    /// The configuration does not allow it any more.
    NoRight,
    /// The family does not agree (any more).
    NoConsent,
    /// After a loss.
    Silenced,
    /// They answered, and it is a no.
    Declined,
    /// They answered that something is missing.
    NeedsMore,
    /// They answered that they know nothing of it.
    NotKnown,
    /// They answered with a word that was not agreed upon.
    Meaningless,
    /// An officer left it at what was answered.
    LeftAtThat,
    /// An officer wants it asked anew: a new question, for this one has its answer.
    AskedAnew,
}

impl Reason {
    const ALL: [Self; 20] = [
        Self::Down,
        Self::Untrusted,
        Self::BrokenOff,
        Self::TimedOut,
        Self::TooLarge,
        Self::Garbled,
        Self::Stranger,
        Self::BadSignature,
        Self::Unsendable,
        Self::NotNow,
        Self::Refused,
        Self::NoRight,
        Self::NoConsent,
        Self::Silenced,
        Self::Declined,
        Self::NeedsMore,
        Self::NotKnown,
        Self::Meaningless,
        Self::LeftAtThat,
        Self::AskedAnew,
    ];

    /// The word in the database.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Down => "down",
            Self::Untrusted => "untrusted",
            Self::BrokenOff => "broken-off",
            Self::TimedOut => "timed-out",
            Self::TooLarge => "too-large",
            Self::Garbled => "garbled",
            Self::Stranger => "stranger",
            Self::BadSignature => "bad-signature",
            Self::Unsendable => "unsendable",
            Self::NotNow => "not-now",
            Self::Refused => "refused",
            Self::NoRight => "no-right",
            Self::NoConsent => "no-consent",
            Self::Silenced => "silenced",
            Self::Declined => "declined",
            Self::NeedsMore => "needs-more",
            Self::NotKnown => "not-known",
            Self::Meaningless => "meaningless",
            Self::LeftAtThat => "left-at-that",
            Self::AskedAnew => "asked-anew",
        }
    }

    /// Reads [`Reason::code`].
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Of a question without an answer that counts.
    #[must_use]
    pub const fn of(error: &AskError) -> Self {
        match error {
            AskError::Question | AskError::Key(_) => Self::Unsendable,
            AskError::Connect(_) => Self::Down,
            AskError::Tls(_) => Self::Untrusted,
            AskError::Http(_) => Self::BrokenOff,
            AskError::TimedOut => Self::TimedOut,
            AskError::TooLarge => Self::TooLarge,
            AskError::Head(_) => Self::Garbled,
            AskError::Stranger => Self::Stranger,
            AskError::Signature => Self::BadSignature,
        }
    }

    /// Whether sending the same again may help.
    #[must_use]
    pub const fn passes(self) -> bool {
        match self {
            Self::Down
            | Self::Untrusted
            | Self::BrokenOff
            | Self::TimedOut
            | Self::TooLarge
            | Self::Garbled
            | Self::Stranger
            | Self::BadSignature
            | Self::NotNow => true,
            Self::Unsendable
            | Self::Refused
            | Self::NoRight
            | Self::NoConsent
            | Self::Silenced
            | Self::Declined
            | Self::NeedsMore
            | Self::NotKnown
            | Self::Meaningless
            | Self::LeftAtThat
            | Self::AskedAnew => false,
        }
    }

    /// Whether it is an answer: the same question would get the same one again.
    #[must_use]
    pub const fn is_answer(self) -> bool {
        matches!(
            self,
            Self::Declined | Self::NeedsMore | Self::NotKnown | Self::Meaningless
        )
    }
}

/// What happened to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// It is sent now.
    Sending,
    /// A signed answer came, and this is what it means.
    Answered(Meaning),
    /// It failed.
    Failed(Reason),
    /// An officer wants it sent again.
    Again,
    /// An officer settled it otherwise.
    Settled,
    /// An officer leaves it at what was answered.
    Left,
    /// An officer wants a new question in its place.
    Anew,
}

/// Where a question goes from here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Next {
    /// To this state.
    pub state: HopState,
    /// Why.
    pub reason: Option<Reason>,
    /// Sendings so far.
    pub attempts: u32,
    /// When it is due by itself, unix seconds.
    pub next_at: Option<i64>,
}

/// Longest wait between two sendings, in seconds.
const LONGEST: i64 = 3_600;
/// First wait, in seconds; it doubles.
const FIRST: i64 = 5;

/// How long to wait after so many sendings, in seconds.
#[must_use]
pub fn wait(attempts: u32) -> i64 {
    let doubled = attempts.saturating_sub(1).min(16);
    (FIRST << doubled).min(LONGEST)
}

/// The step. `None`: not open from this state.
///
/// A question that is being sent is due again after `lease` seconds: then whoever sent it is taken for dead, and it is
/// sent again under the same id.
#[must_use]
pub fn step(
    state: HopState,
    attempts: u32,
    happened: Happened,
    (now, lease, tries): (i64, i64, u32),
) -> Option<Next> {
    let next = |state, reason, attempts, next_at| {
        Some(Next {
            state,
            reason,
            attempts,
            next_at,
        })
    };
    match (state, happened) {
        (HopState::Queued | HopState::Failed | HopState::Sent, Happened::Sending) => next(
            HopState::Sent,
            None,
            attempts.saturating_add(1),
            Some(now + lease),
        ),
        (HopState::Sent, Happened::Answered(meaning)) => match meaning.reason() {
            None => next(HopState::Answered, None, attempts, None),
            // only an officer carries on what was not granted
            Some(reason) => next(HopState::GivenUp, Some(reason), attempts, None),
        },
        (HopState::Queued | HopState::Sent | HopState::Failed, Happened::Failed(reason)) => {
            match reason {
                Reason::NoConsent | Reason::Silenced => {
                    next(HopState::Stopped, Some(reason), attempts, None)
                }
                _ if reason.passes() && attempts < tries => next(
                    HopState::Failed,
                    Some(reason),
                    attempts,
                    Some(now + wait(attempts)),
                ),
                _ => next(HopState::GivenUp, Some(reason), attempts, None),
            }
        }
        (HopState::GivenUp, Happened::Again) => next(HopState::Queued, None, 0, Some(now)),
        (HopState::GivenUp, Happened::Settled) => next(HopState::ByHand, None, attempts, None),
        (HopState::GivenUp, Happened::Left) => {
            next(HopState::Stopped, Some(Reason::LeftAtThat), attempts, None)
        }
        (HopState::GivenUp, Happened::Anew) => {
            next(HopState::Stopped, Some(Reason::AskedAnew), attempts, None)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use super::*;

    #[test]
    fn codes_are_read_back() {
        for state in HopState::ALL {
            assert_eq!(HopState::from_code(state.code()), Some(state));
        }
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
    }

    #[test]
    fn waits_double_up_to_an_hour() {
        let waits: Vec<i64> = [1, 2, 3, 8, 10, 11, 500].map(wait).to_vec();
        assert_eq!(waits, [5, 10, 20, 640, 2_560, 3_600, 3_600]);
    }

    #[test]
    fn a_question_fails_a_few_times_and_then_becomes_a_task() {
        let mut at = (HopState::Queued, 0, 100);
        for attempt in 1..=3 {
            let sent = step(at.0, at.1, Happened::Sending, (at.2, 60, 3)).unwrap();
            assert_eq!((sent.state, sent.attempts), (HopState::Sent, attempt));
            assert_eq!(sent.next_at, Some(at.2 + 60));
            let failed = step(
                sent.state,
                sent.attempts,
                Happened::Failed(Reason::Down),
                (at.2, 60, 3),
            )
            .unwrap();
            at = (failed.state, failed.attempts, failed.next_at.unwrap_or(0));
        }
        assert_eq!((at.0, at.2), (HopState::GivenUp, 0));
        let again = step(at.0, at.1, Happened::Again, (900, 60, 3)).unwrap();
        assert_eq!(
            (again.state, again.attempts, again.next_at),
            (HopState::Queued, 0, Some(900))
        );
    }

    #[test]
    fn what_is_over_stays_over() {
        for state in [HopState::Answered, HopState::ByHand, HopState::Stopped] {
            for happened in [
                Happened::Sending,
                Happened::Answered(Meaning::Granted),
                Happened::Answered(Meaning::Refused),
                Happened::Failed(Reason::Down),
                Happened::Again,
                Happened::Settled,
                Happened::Left,
                Happened::Anew,
            ] {
                assert_eq!(step(state, 1, happened, (0, 60, 3)), None, "{state:?}");
            }
        }
    }

    #[test]
    fn only_a_yes_carries_on_by_itself() {
        for meaning in Meaning::ALL {
            let now = (0, 60, 9);
            let next = step(HopState::Sent, 1, Happened::Answered(meaning), now).unwrap();
            assert_eq!(next.next_at, None, "it is not sent again by itself");
            if meaning == Meaning::Granted {
                assert_eq!((next.state, next.reason), (HopState::Answered, None));
                continue;
            }
            assert_eq!(next.state, HopState::GivenUp, "{meaning:?}");
            assert!(next.reason.is_some_and(Reason::is_answer));
            for (happened, state) in [
                (Happened::Settled, HopState::ByHand),
                (Happened::Left, HopState::Stopped),
                (Happened::Anew, HopState::Stopped),
            ] {
                let then = step(next.state, next.attempts, happened, now).unwrap();
                assert_eq!(then.state, state);
            }
        }
        let nonsense = Happened::Failed(Reason::Meaningless);
        let next = step(HopState::Sent, 1, nonsense, (0, 60, 9)).unwrap();
        assert_eq!(next.state, HopState::GivenUp);
    }

    #[test]
    fn refusals_are_tasks_at_once_and_missing_consent_stops() {
        let now = (0, 60, 9);
        let refused = step(HopState::Sent, 1, Happened::Failed(Reason::Refused), now).unwrap();
        assert_eq!(refused.state, HopState::GivenUp);
        let stopped = step(
            HopState::Queued,
            0,
            Happened::Failed(Reason::NoConsent),
            now,
        )
        .unwrap();
        assert_eq!((stopped.state, stopped.next_at), (HopState::Stopped, None));
    }
}
