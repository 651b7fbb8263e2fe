//! Visits every state that can be reached, breadth first, and says what is wrong with any of them.

use std::collections::{HashMap, VecDeque};

use super::{Action, Protocol, State, Wrong};

/// What was found.
#[derive(Debug, Clone)]
pub struct Explored {
    /// Different states.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// States in which everything is filed and held.
    pub ends: usize,
    /// The first thing that is wrong, with the shortest way to it.
    pub wrong: Option<(Wrong, Vec<Action>)>,
}

/// Explores a protocol from its first state.
#[must_use]
pub fn explore(protocol: Protocol, first: &State) -> Explored {
    let mut number: HashMap<State, usize> = HashMap::new();
    let mut states: Vec<State> = Vec::new();
    // By which action from which state each was first reached.
    let mut came: Vec<Option<(usize, Action)>> = Vec::new();
    let mut before: Vec<Vec<usize>> = Vec::new();
    let mut queue = VecDeque::new();
    let mut steps = 0;
    let mut found = None;
    let mut meet = |state: State, from: Option<(usize, Action)>| -> Option<usize> {
        let next = states.len();
        let known = *number.entry(state.clone()).or_insert(next);
        if known == next {
            states.push(state);
            came.push(from);
            before.push(Vec::new());
        }
        if let (Some((from, _)), Some(before)) = (from, before.get_mut(known)) {
            before.push(from);
        }
        (known == next).then_some(next)
    };
    queue.extend(meet(first.clone(), None).map(|at| (at, first.clone())));
    while let Some((at, state)) = queue.pop_front() {
        if let Some(wrong) = state.wrong() {
            found = Some((wrong, at));
            break;
        }
        for (action, next) in state.next(protocol) {
            steps += 1;
            if let Some(fresh) = meet(next.clone(), Some((at, action))) {
                queue.push_back((fresh, next));
            }
        }
    }
    let ends: Vec<usize> = (0..)
        .zip(&states)
        .filter(|(_, s)| s.is_end())
        .map(|(at, _)| at)
        .collect();
    if found.is_none() {
        found = first_stuck(&ends, &before).map(|at| (Wrong::Stuck, at));
    }
    Explored {
        states: states.len(),
        steps,
        ends: ends.len(),
        wrong: found.map(|(wrong, at)| (wrong, way_to(at, &came))),
    }
}

/// The first state from which no end can be reached: backwards from the ends, everything else.
fn first_stuck(ends: &[usize], before: &[Vec<usize>]) -> Option<usize> {
    let mut reaches = vec![false; before.len()];
    let mut queue: VecDeque<usize> = ends.iter().copied().collect();
    while let Some(at) = queue.pop_front() {
        let Some(mark) = reaches.get_mut(at) else {
            continue;
        };
        if !std::mem::replace(mark, true) {
            queue.extend(before.get(at).into_iter().flatten());
        }
    }
    reaches.iter().position(|reaches| !reaches)
}

fn way_to(mut at: usize, came: &[Option<(usize, Action)>]) -> Vec<Action> {
    let mut way = Vec::new();
    while let Some((from, action)) = came.get(at).copied().flatten() {
        way.push(action);
        at = from;
    }
    way.reverse();
    way
}
