//! Turns what was explored into scripts that drive real parts.

use std::collections::VecDeque;

use crate::explore::{Explored, Machine};

/// Scripts that take every step of the machine at least once. A script begins at the first state and has about `longest`
/// actions at most.
#[must_use]
pub fn tour<M: Machine>(found: &Explored<M>, longest: usize) -> Vec<Vec<M::Action>> {
    let count = found.states.len();
    // Steps stand in the order of where they begin.
    let mut begin = vec![0_usize; count + 1];
    for (from, _, _) in &found.steps {
        begin[*from as usize + 1] += 1;
    }
    for n in 0..count {
        begin[n + 1] += begin[n];
    }
    let mut fresh = vec![true; found.steps.len()];
    let mut left: Vec<usize> = (0..count).map(|n| begin[n + 1] - begin[n]).collect();
    let mut open = found.steps.len();
    let mut scripts = Vec::new();
    let mut script = Vec::new();
    let mut at = 0_usize;
    while open > 0 {
        let way = nearest(found, &begin, &left, at).unwrap_or_default();
        if at != 0 && (way.is_empty() && left[at] == 0 || script.len() + way.len() >= longest) {
            scripts.push(std::mem::take(&mut script));
            at = 0;
            continue;
        }
        let step = (begin[at]..begin[at + 1]).find(|step| fresh[*step]);
        let steps = if way.is_empty() {
            step.into_iter().collect()
        } else {
            way
        };
        for step in steps {
            let (_, action, to) = found.steps[step];
            script.push(action);
            if std::mem::replace(&mut fresh[step], false) {
                left[at] -= 1;
                open -= 1;
            }
            at = to as usize;
        }
    }
    scripts.push(script);
    scripts
}

/// The steps to the nearest state that has a step left to take; none when this one has.
fn nearest<M: Machine>(
    found: &Explored<M>,
    begin: &[usize],
    left: &[usize],
    from: usize,
) -> Option<Vec<usize>> {
    let mut came: Vec<Option<usize>> = vec![None; left.len()];
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if left[at] > 0 {
            let (mut way, mut back) = (Vec::new(), at);
            while back != from {
                let step = came[back]?;
                way.push(step);
                back = found.steps[step].0 as usize;
            }
            way.reverse();
            return Some(way);
        }
        for step in begin[at]..begin[at + 1] {
            let to = found.steps[step].2 as usize;
            if to != from && came[to].is_none() {
                came[to] = Some(step);
                queue.push_back(to);
            }
        }
    }
    None
}
