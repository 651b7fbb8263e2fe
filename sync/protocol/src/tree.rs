//! All forms of one visit under one hash, so that each city signs for the whole and one altered form can be named.
//!
//! The tree is that of RFC 9162 §2.1 (certificate transparency) over salted leaves:
//!
//! ```text
//!  salt(i) = SHA-256("ubugoe-visit-salt/1" ‖ seed ‖ i)[..16]          seed: 16 random bytes, on the family's paper only
//!  leaf(i) = SHA-256(0x00 ‖ salt(i) ‖ SHA-256(canonical bytes of form i))
//!  node    = SHA-256(0x01 ‖ left ‖ right)
//! ```
//! A city sees the salt of its own form and the hashes along its path. Without the other salts it cannot test a guess
//! about a form that went to another city.

use ciborium::Value;

use crate::wire::{self, Fields, WireError};

const WHAT: &str = "visit proof";

/// Most forms of one visit.
pub const MAX_FORMS: usize = 64;

/// Deepest path in a tree of [`MAX_FORMS`].
const MAX_PATH: usize = 6;

fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    for (to, from) in out.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    out
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    sha256(&[&[1], left, right])
}

fn leaf(salt: &[u8; 16], digest: &[u8; 32]) -> [u8; 32] {
    sha256(&[&[0], salt, digest])
}

fn salt(seed: &[u8; 16], index: u16) -> [u8; 16] {
    let whole = sha256(&[b"ubugoe-visit-salt/1", seed, &index.to_be_bytes()]);
    let mut out = [0; 16];
    for (to, from) in out.iter_mut().zip(whole) {
        *to = from;
    }
    out
}

/// Where a form stands in its visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The visit's root.
    pub root: [u8; 32],
    /// Which form, from 0.
    pub index: u16,
    /// How many forms the visit has.
    pub count: u16,
}

/// Shows that one form belongs to a visit, and nothing about the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitProof {
    /// Where it stands.
    pub place: Place,
    /// This form's salt.
    pub salt: [u8; 16],
    /// Hashes beside the way from the leaf to the root, lowest first.
    pub path: Vec<[u8; 32]>,
}

impl VisitProof {
    /// Whether it holds for a form with this digest (RFC 9162 §2.1.3.2).
    #[must_use]
    pub fn holds(&self, digest: &[u8; 32]) -> bool {
        if self.place.index >= self.place.count {
            return false;
        }
        let (mut fnode, mut snode) = (self.place.index, self.place.count - 1);
        let mut hash = leaf(&self.salt, digest);
        for beside in &self.path {
            if snode == 0 {
                return false;
            }
            if fnode % 2 == 1 || fnode == snode {
                hash = node(beside, &hash);
                while fnode.is_multiple_of(2) && fnode != 0 {
                    fnode /= 2;
                    snode /= 2;
                }
            } else {
                hash = node(&hash, beside);
            }
            fnode /= 2;
            snode /= 2;
        }
        snode == 0 && hash == self.place.root
    }

    pub(crate) fn to_value(&self) -> Value {
        let path = self.path.iter().map(|h| Value::Bytes(h.to_vec())).collect();
        wire::map(vec![
            (1, Value::Bytes(self.place.root.to_vec())),
            (2, Value::from(self.place.index)),
            (3, Value::from(self.place.count)),
            (4, Value::Bytes(self.salt.to_vec())),
            (5, Value::Array(path)),
        ])
    }

    pub(crate) fn from_value(value: Value) -> Result<Self, WireError> {
        let mut f = Fields::open(WHAT, value)?;
        let proof = Self {
            place: Place {
                root: f.array(1, "root")?,
                index: f.small(2, "index")?,
                count: f.small(3, "count")?,
            },
            salt: f.array(4, "salt")?,
            path: f
                .list(5, "path", MAX_PATH)?
                .into_iter()
                .map(|v| {
                    <[u8; 32]>::try_from(wire::bytes_of(WHAT, "path", v, 32)?).map_err(|_| {
                        WireError::OutOfRange {
                            what: WHAT,
                            field: "path",
                        }
                    })
                })
                .collect::<Result<_, _>>()?,
        };
        f.finish()?;
        Ok(proof)
    }
}

/// The tree of one visit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VisitTree {
    seed: [u8; 16],
    digests: Vec<[u8; 32]>,
}

impl VisitTree {
    /// The tree over the digests of a visit's forms, in their order; `None` without forms or with more than [`MAX_FORMS`].
    #[must_use]
    pub fn new(seed: [u8; 16], digests: Vec<[u8; 32]>) -> Option<Self> {
        (1..=MAX_FORMS)
            .contains(&digests.len())
            .then_some(Self { seed, digests })
    }

    /// What the salts are made from. Who has it can test guesses about every form.
    #[must_use]
    pub const fn seed(&self) -> &[u8; 16] {
        &self.seed
    }

    /// The digests, in order.
    #[must_use]
    pub fn digests(&self) -> &[[u8; 32]] {
        &self.digests
    }

    /// The hash that stands for the whole visit.
    #[must_use]
    pub fn root(&self) -> [u8; 32] {
        root(&self.leaves())
    }

    /// The proof for the form at `index`, if there is one.
    #[must_use]
    pub fn proof(&self, index: u16) -> Option<VisitProof> {
        let leaves = self.leaves();
        let at = usize::from(index);
        (at < leaves.len()).then(|| VisitProof {
            place: Place {
                root: root(&leaves),
                index,
                count: u16::try_from(leaves.len()).unwrap_or(u16::MAX),
            },
            salt: salt(&self.seed, index),
            path: path(at, &leaves),
        })
    }

    fn leaves(&self) -> Vec<[u8; 32]> {
        let salted = |(i, digest): (u16, &[u8; 32])| leaf(&salt(&self.seed, i), digest);
        (0..).zip(&self.digests).map(salted).collect()
    }
}

/// Largest power of two below `len`, for `len` of at least 2.
fn half(len: usize) -> usize {
    len.next_power_of_two() / 2
}

fn root(leaves: &[[u8; 32]]) -> [u8; 32] {
    match leaves {
        [] => [0; 32],
        [only] => *only,
        more => {
            let (left, right) = more.split_at(half(more.len()));
            node(&root(left), &root(right))
        }
    }
}

fn path(at: usize, leaves: &[[u8; 32]]) -> Vec<[u8; 32]> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let middle = half(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut below, beside) = if at < middle {
        (path(at, left), root(right))
    } else {
        (path(at - middle, right), root(left))
    };
    below.push(beside);
    below
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;

    fn tree(forms: u8) -> VisitTree {
        VisitTree::new([5; 16], (0..forms).map(|n| [n; 32]).collect()).unwrap()
    }

    #[test]
    fn every_form_of_every_size_is_proved_and_no_other_digest_place_or_root_is() {
        for forms in 1..=64_u8 {
            let tree = tree(forms);
            for n in 0..forms {
                let proof = tree.proof(u16::from(n)).unwrap();
                assert!(proof.holds(&[n; 32]), "{n} of {forms}");
                assert!(!proof.holds(&[n.wrapping_add(1); 32]));
                for change in [
                    |p: &mut VisitProof| p.place.root[0] ^= 1,
                    |p: &mut VisitProof| p.place.index = p.place.count,
                    |p: &mut VisitProof| p.place.count = 0,
                    |p: &mut VisitProof| p.salt[3] ^= 1,
                    |p: &mut VisitProof| p.path.push([0; 32]),
                ] {
                    let mut changed = proof.clone();
                    change(&mut changed);
                    assert!(!changed.holds(&[n; 32]), "{n} of {forms}: {changed:?}");
                }
                if !proof.path.is_empty() {
                    let mut short = proof.clone();
                    short.path.pop();
                    assert!(!short.holds(&[n; 32]));
                }
            }
            assert!(tree.proof(u16::from(forms)).is_none());
        }
        assert!(VisitTree::new([0; 16], vec![]).is_none());
        assert!(VisitTree::new([0; 16], vec![[0; 32]; 65]).is_none());
    }

    #[test]
    fn the_shape_is_that_of_the_rfc() {
        // RFC 9162 §2.1.1: MTH({d0, d1, d2}) = H(1 ‖ H(1 ‖ l0 ‖ l1) ‖ l2).
        let three = tree(3);
        let leaves = three.leaves();
        let expected = node(&node(&leaves[0], &leaves[1]), &leaves[2]);
        assert_eq!(three.root(), expected);
        assert_eq!(three.proof(2).unwrap().path, [node(&leaves[0], &leaves[1])]);
        assert_eq!(three.proof(0).unwrap().path, [leaves[1], leaves[2]]);
    }

    #[test]
    fn another_seed_changes_every_leaf_so_a_guess_cannot_be_tested_without_it() {
        let (one, other) = (
            tree(4),
            VisitTree::new([6; 16], tree(4).digests().to_vec()).unwrap(),
        );
        for (a, b) in one.leaves().iter().zip(other.leaves()) {
            assert_ne!(*a, b);
        }
        assert_ne!(one.proof(0).unwrap().salt, one.proof(1).unwrap().salt);
    }
}
