//! Turns what was explored into scripts that drive real parts.

use std::collections::VecDeque;

use crate::explore::{Explored, Machine};

/// One step: by what, to which state.
type Step<M> = (<M as Machine>::Action, usize);

/// Scripts that take every step of the machine at least once. A script begins at the first state and has about `longest`
/// actions at most.
#[must_use]
pub fn tour<M: Machine>(machine: &M, found: &Explored<M>, longest: usize) -> Vec<Vec<M::Action>> {
    // Steps stand in the order of where they begin.
    let (mut begin, mut all) = (vec![0_usize], Vec::new());
    for state in &found.states {
        let next = machine.next(state).into_iter();
        all.extend(next.filter_map(|(action, to)| Some((action, found.states.get_index_of(&to)?))));
        begin.push(all.len());
    }
    let mut fresh = vec![true; all.len()];
    let mut left: Vec<usize> = begin.windows(2).map(|two| two[1] - two[0]).collect();
    let mut open = all.len();
    let mut scripts = Vec::new();
    let mut script = Vec::new();
    let mut at = 0_usize;
    while open > 0 {
        let way = nearest::<M>(&all, &begin, &left, at).unwrap_or_default();
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
            let (action, to) = all[step];
            script.push(action);
            if std::mem::replace(&mut fresh[step], false) {
                left[at] -= 1;
                open -= 1;
            }
            at = to;
        }
    }
    scripts.push(script);
    scripts
}

/// The steps to the nearest state that has a step left to take; none when this one has.
fn nearest<M: Machine>(
    all: &[Step<M>],
    begin: &[usize],
    left: &[usize],
    from: usize,
) -> Option<Vec<usize>> {
    // by which step, and from where
    let mut came: Vec<Option<(usize, usize)>> = vec![None; left.len()];
    let mut queue = VecDeque::from([from]);
    while let Some(at) = queue.pop_front() {
        if left[at] > 0 {
            let (mut way, mut back) = (Vec::new(), at);
            while back != from {
                let (step, before) = came[back]?;
                way.push(step);
                back = before;
            }
            way.reverse();
            return Some(way);
        }
        let steps = all.iter().enumerate();
        for (step, &(_, to)) in steps.take(begin[at + 1]).skip(begin[at]) {
            if to != from && came[to].is_none() {
                came[to] = Some((step, at));
                queue.push_back(to);
            }
        }
    }
    None
}
