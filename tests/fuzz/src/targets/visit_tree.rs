//! Visits of every size, and proofs with a few changes: a proof holds exactly when our own reckoning reaches its root, and
//! no other form reaches the visit's.

use ubugoe_protocol::{VisitProof, VisitTree, digest};

use crate::Verdict;
use crate::edits::Source;

/// What a proof's path leads to, recursively from the top (RFC 9162, 2.1.1), where the product goes from the leaf upward.
pub(super) fn root(proof: &VisitProof, of: &[u8; 32]) -> Option<[u8; 32]> {
    let leaf = digest(&[&[0][..], &proof.salt, of].concat());
    above(proof.place.index, proof.place.count, leaf, &proof.path)
}

fn above(index: u16, count: u16, leaf: [u8; 32], path: &[[u8; 32]]) -> Option<[u8; 32]> {
    if index >= count {
        return None;
    }
    if count == 1 {
        return path.is_empty().then_some(leaf);
    }
    let (beside, below) = path.split_last()?;
    // The largest power of two below the count.
    let left = 1 << (count - 1).ilog2();
    let (one, other) = if index < left {
        (above(index, left, leaf, below)?, *beside)
    } else {
        (*beside, above(index - left, count - left, leaf, below)?)
    };
    Some(digest(&[&[1][..], &one, &other].concat()))
}

pub(super) fn run(bytes: &[u8]) -> Verdict {
    let mut source = Source::new(bytes);
    let count = source.byte() % 64 + 1;
    let index = u16::from(source.byte() % count);
    let digests: Vec<[u8; 32]> = (0..count).map(|form| digest(&[form])).collect();
    let tree = VisitTree::new([source.byte(); 16], digests.clone()).expect("up to 64 forms");
    assert_eq!(tree.proof(u16::from(count)), None);
    let genuine = tree.proof(index).expect("the form is one of the visit");
    let mut of = digests.get(usize::from(index)).copied().unwrap_or_default();
    let mut proof = genuine.clone();
    for _ in 0..8 {
        if source.is_empty() {
            break;
        }
        change(&mut proof, &mut of, &mut source);
    }
    let reached = root(&proof, &of);
    assert_eq!(proof.holds(&of), reached == Some(proof.place.root));
    // Index and count are not in the root: (2 of 3) and (1 of 2) have one and the same path. What they stand for is.
    let same = proof.salt == genuine.salt && digests.get(usize::from(index)) == Some(&of);
    assert!(
        !proof.holds(&of) || same || proof.place.root != genuine.place.root,
        "another form has this visit's root: {proof:?}"
    );
    Verdict::of(proof.holds(&of))
}

fn change(proof: &mut VisitProof, of: &mut [u8; 32], source: &mut Source<'_>) {
    let what = source.byte();
    let at = usize::from(source.byte() % 32);
    let mask = source.byte();
    let flip = |hash: &mut [u8; 32]| {
        if let Some(byte) = hash.get_mut(at) {
            *byte ^= mask;
        }
    };
    let place = usize::from(source.byte()) % proof.path.len().max(1);
    match what % 9 {
        0 => flip(of),
        1 => flip(&mut proof.place.root),
        2 => proof.place.index = proof.place.index.wrapping_add(u16::from(mask)),
        3 => proof.place.count = proof.place.count.wrapping_sub(u16::from(mask)),
        4 => {
            if let Some(byte) = proof.salt.get_mut(at % 16) {
                *byte ^= mask;
            }
        }
        5 => proof.path.iter_mut().skip(place).take(1).for_each(flip),
        6 => {
            let piece = proof.path.get(place).copied().unwrap_or([mask; 32]);
            proof.path.insert(place, piece);
        }
        7 => {
            if place < proof.path.len() {
                proof.path.remove(place);
            }
        }
        // A stranger's visit, whole in itself.
        _ => {
            if let Some(root) = root(proof, of) {
                proof.place.root = root;
            }
        }
    }
}
