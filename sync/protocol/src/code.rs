//! The family's QR code: one city's receipt and the hashes of all forms of the visit. With the forms beside it and the
//! city's public key, anyone can tell without a network whether they are the ones that were filed, and which is not.
//!
//! ```text
//! UBUGOE1V: base45 { 1: version, 2: signed receipt, 3: seed of the salts, 4: digests of all forms, in order }
//! ```
//! The code lets its reader test guesses about every form of the visit, so it is the family's, not the city's.

use ciborium::Value;

use crate::receipt;
use crate::tree::MAX_FORMS;
use crate::wire::{self, Fields, WireError};
use crate::{Receipt, SignedError, VerifyingKey, VisitTree, base45, digest};

const WHAT: &str = "visit code";
const PREFIX: &str = "UBUGOE1V:";
const MAX: usize = receipt::MAX + MAX_FORMS * 32 + 64;

/// What a family's code says. Nothing in it is proved until [`VisitCode::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitCode {
    /// A receipt for one of the forms, as signed.
    pub receipt: Vec<u8>,
    /// The forms.
    pub tree: VisitTree,
}

/// Why a text is not a genuine code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Does not begin with `UBUGOE1V:`.
    #[error("not a family's code")]
    Prefix,
    /// Not base45, cut short, or not in the code's form.
    #[error("the text is damaged")]
    Damaged,
    /// The receipt inside does not verify.
    #[error("the receipt does not verify")]
    Receipt(#[source] SignedError),
    /// The receipt is about a visit with other forms: the list was changed.
    #[error("the list of forms is not the one the city signed for")]
    OtherForms,
}

/// How the forms at hand compare with a genuine code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Compared {
    /// Of the forms at hand (counted from 0): those that are none of the visit's.
    pub altered: Vec<usize>,
    /// Of the visit's forms (counted from 0): those that are not at hand unaltered.
    pub missing: Vec<u16>,
}

impl VisitCode {
    /// The text of the QR code; within the QR alphanumeric set.
    #[must_use]
    pub fn to_text(&self) -> String {
        let fields = vec![
            (1, Value::from(crate::VERSION)),
            (2, Value::Bytes(self.receipt.clone())),
            (3, Value::Bytes(self.tree.seed().to_vec())),
            (4, Value::Bytes(self.tree.digests().concat())),
        ];
        format!(
            "{PREFIX}{}",
            base45::encode(&wire::encode(&wire::map(fields)))
        )
    }

    /// Reads a text.
    pub fn from_text(text: &str) -> Result<Self, CodeError> {
        let body = text.strip_prefix(PREFIX).ok_or(CodeError::Prefix)?;
        if body.len() > MAX * 2 {
            return Err(CodeError::Damaged);
        }
        let bytes = base45::decode(body).ok_or(CodeError::Damaged)?;
        Self::from_bytes(&bytes).map_err(|_| CodeError::Damaged)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, WireError> {
        let mut f = Fields::open(WHAT, wire::decode(WHAT, bytes, MAX)?)?;
        f.version(1)?;
        let receipt = f.bytes(2, "receipt", receipt::MAX)?;
        let seed = f.array(3, "seed")?;
        let digests = f.bytes(4, "digests", MAX_FORMS * 32)?;
        f.finish()?;
        let (digests, rest) = digests.as_chunks::<32>();
        let tree = VisitTree::new(seed, digests.to_vec());
        match tree {
            Some(tree) if rest.is_empty() => Ok(Self { receipt, tree }),
            _ => Err(WireError::OutOfRange {
                what: WHAT,
                field: "digests",
            }),
        }
    }

    /// Verifies it under one city's key: that city signed for exactly this list of forms.
    pub fn verify(&self, key: &VerifyingKey) -> Result<Receipt, CodeError> {
        let receipt = Receipt::verify(&self.receipt, key).map_err(CodeError::Receipt)?;
        let place = receipt.visit.ok_or(CodeError::OtherForms)?;
        let listed = self.tree.digests().get(usize::from(place.index));
        let same = place.root == self.tree.root()
            && usize::from(place.count) == self.tree.digests().len()
            && listed == Some(&receipt.digest);
        if same {
            Ok(receipt)
        } else {
            Err(CodeError::OtherForms)
        }
    }

    /// Compares forms (their canonical bytes, in any order) with the list.
    #[must_use]
    pub fn compare(&self, forms: &[&[u8]]) -> Compared {
        let at_hand: Vec<[u8; 32]> = forms.iter().map(|f| digest(f)).collect();
        let listed = self.tree.digests();
        Compared {
            altered: (0..)
                .zip(&at_hand)
                .filter(|(_, d)| !listed.contains(d))
                .map(|(n, _)| n)
                .collect(),
            missing: (0..)
                .zip(listed)
                .filter(|(_, d)| !at_hand.contains(d))
                .map(|(n, _)| n)
                .collect(),
        }
    }
}
