//! The number that the other parent types, and the one question that it becomes.
//!
//! The number is no secret of a card, but whoever has it may read a filing: it is zeroised like one, and the view gets its digits
//! only to show them back. Must not decide what follows; that is `step`'s.

use ubugoe_protocol::second::{DIGITS, NumberError};
use ubugoe_protocol::{FilingId, Report, SecondAnswer, SecondNotice, SecondNumber};
use ubugoe_visit::{Event, SecondProblem, SecondSheet};
use zeroize::{Zeroize, Zeroizing};

/// Digits typed so far.
pub struct Typing(Zeroizing<String>);

impl Default for Typing {
    fn default() -> Self {
        // Full capacity from the start: a growing string would leave copies behind.
        Self(Zeroizing::new(String::with_capacity(DIGITS)))
    }
}

impl std::fmt::Debug for Typing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Typing({} digits)", self.0.len())
    }
}

impl Typing {
    /// Takes one key; anything but a digit, and anything beyond the tenth, is ignored.
    pub fn press(&mut self, key: char) {
        if key.is_ascii_digit() && self.0.len() < DIGITS {
            self.0.push(key);
        }
    }

    /// Takes the last key back.
    pub fn backspace(&mut self) {
        self.0.pop();
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.zeroize();
    }

    /// Whether all digits are there.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.0.len() == DIGITS
    }

    /// As the page shows it: in groups, a dash for each digit that is missing.
    #[must_use]
    pub fn shown(&self) -> String {
        let mut shown = String::new();
        let digits = self.0.chars().chain(std::iter::repeat('–')).take(DIGITS);
        for (at, digit) in digits.enumerate() {
            if at == 3 || at == 6 {
                shown.push(' ');
            }
            shown.push(digit);
        }
        shown
    }

    fn number(&self) -> Result<SecondNumber, NumberError> {
        self.0.parse()
    }
}

/// What was asked last: the same number is the same question.
#[derive(Debug, Default)]
pub struct Asked(Option<(SecondNumber, [u8; 16])>);

impl Asked {
    /// The question for what is typed.
    ///
    /// # Errors
    /// Why there is none.
    pub fn ask(&mut self, typed: &Typing) -> Result<Report, SecondProblem> {
        let number = typed.number().map_err(|_| SecondProblem::Mistyped)?;
        let nonce = match self.0 {
            Some((same, nonce)) if same == number => nonce,
            _ => match FilingId::generate() {
                Ok(fresh) => *fresh.as_bytes(),
                Err(_) => return Err(SecondProblem::NoAnswer),
            },
        };
        self.0 = Some((number, nonce));
        Ok(Report::SecondAsk { nonce, number })
    }

    /// What an answer means; nothing, if it is to another question.
    #[must_use]
    pub fn answered(&self, notice: &SecondNotice) -> Option<Event> {
        let (_, nonce) = self.0?;
        if notice.nonce != nonce {
            return None;
        }
        Some(match &notice.answer {
            SecondAnswer::Granted(grant) => Event::SecondFound(SecondSheet {
                ticket: grant.ticket,
                canonical: grant.canonical.clone(),
                first: grant.first,
            }),
            SecondAnswer::Unknown => Event::SecondNotFound(SecondProblem::Unknown),
            SecondAnswer::Busy => Event::SecondNotFound(SecondProblem::Busy),
        })
    }

    /// Whatever is answered from now on is nobody's here.
    pub fn forget(&mut self) {
        self.0 = None;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a panic is the failure")]

    use super::*;

    fn typed(digits: &str) -> Typing {
        let mut typing = Typing::default();
        digits.chars().for_each(|key| typing.press(key));
        typing
    }

    fn notice(nonce: [u8; 16], answer: SecondAnswer) -> SecondNotice {
        SecondNotice {
            nonce,
            device: "ward-1".parse().unwrap(),
            recipient: "asukoe".parse().unwrap(),
            answer,
        }
    }

    #[test]
    fn digits_are_shown_in_groups_and_no_eleventh_is_taken() {
        let mut typing = typed("12a3４4");
        assert_eq!(typing.shown(), "123 4–– ––––");
        assert_eq!(format!("{typing:?}"), "Typing(4 digits)");
        typing.backspace();
        "45678979".chars().for_each(|key| typing.press(key));
        assert_eq!(typing.shown(), "123 456 7897");
        assert!(typing.is_complete());
        typing.clear();
        assert_eq!(typing.shown(), "––– ––– ––––");
    }

    #[test]
    fn the_same_number_is_the_same_question_and_another_is_another() {
        let mut asked = Asked::default();
        let nonce = |report| match report {
            Report::SecondAsk { nonce, .. } => nonce,
            other => panic!("{other:?}"),
        };
        let first = nonce(asked.ask(&typed("1234567897")).unwrap());
        assert_eq!(nonce(asked.ask(&typed("1234567897")).unwrap()), first);
        let other = SecondNumber::generate().unwrap();
        assert_ne!(nonce(asked.ask(&typed(&other.digits())).unwrap()), first);
    }

    #[test]
    fn a_slip_of_the_finger_is_noticed_without_asking_anybody() {
        let mut asked = Asked::default();
        let refused = asked.ask(&typed("1234567898")).unwrap_err();
        assert_eq!(refused, SecondProblem::Mistyped);
    }

    #[test]
    fn an_answer_to_another_question_or_after_the_wipe_is_nobodys() {
        let mut asked = Asked::default();
        let Report::SecondAsk { nonce, .. } = asked.ask(&typed("1234567897")).unwrap() else {
            panic!("no question")
        };
        assert_eq!(
            asked.answered(&notice([0; 16], SecondAnswer::Unknown)),
            None
        );
        let unknown = Event::SecondNotFound(SecondProblem::Unknown);
        assert_eq!(
            asked.answered(&notice(nonce, SecondAnswer::Unknown)),
            Some(unknown)
        );
        asked.forget();
        assert_eq!(asked.answered(&notice(nonce, SecondAnswer::Unknown)), None);
    }
}
