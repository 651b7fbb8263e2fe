//! Visits every state of a machine, breadth first, and finds the shortest way to whatever is wrong.
//!
//! Three kinds of wrong are looked for. A state that is wrong in itself; a step that is; and a state from which no way leads
//! to an end *by progress alone*, that is, with no more faults: something is stuck there. In a finite machine the last is the
//! same as "under fair scheduling, once the faults stop, everything settles": where an end stays within reach for ever, a
//! scheduler that starves nobody comes to it.

use std::collections::{HashMap, VecDeque};
use std::fmt::Debug;
use std::hash::Hash;

/// Something with states.
pub trait Machine {
    /// Everything that matters at one moment.
    type State: Copy + Eq + Hash + Debug;
    /// Something that happens.
    type Action: Copy + Eq + Debug;
    /// What can be wrong.
    type Fault: Clone + Eq + Debug;

    /// Where it begins.
    fn first(&self) -> Self::State;
    /// What may happen, and what then is. A step that changes nothing is a step.
    fn next(&self, state: &Self::State) -> Vec<(Self::Action, Self::State)>;
    /// What is wrong with a state.
    fn wrong(&self, state: &Self::State) -> Option<Self::Fault>;
    /// What is wrong with a step.
    fn wrong_step(&self, from: &Self::State, to: &Self::State) -> Option<Self::Fault>;
    /// Whether everything is settled.
    fn is_end(&self, state: &Self::State) -> bool;
    /// Whether an action happens by itself when nothing fails.
    fn is_progress(&self, action: Self::Action) -> bool;
    /// The name of "no way leads to an end".
    fn stuck(&self) -> Self::Fault;
}

/// One step: from which state, by what, to which.
pub type Edge<A> = (u32, A, u32);

/// What was found.
#[derive(Debug, Clone)]
pub struct Explored<M: Machine> {
    /// Every state, in the order of their distance from the first.
    pub states: Vec<M::State>,
    /// Every step, those that change nothing included.
    pub steps: Vec<Edge<M::Action>>,
    /// States in which everything is settled.
    pub ends: usize,
    /// Steps on the longest shortest way.
    pub depth: usize,
    /// What is wrong first, with the shortest way to it.
    pub wrong: Option<(M::Fault, Vec<M::Action>)>,
}

/// Explores a machine to its last state, or to the first wrong one. `most` states are visited at most; `None` if there are more.
pub fn explore<M: Machine>(machine: &M, most: usize) -> Option<Explored<M>> {
    let mut known: HashMap<M::State, u32> = HashMap::new();
    let first = machine.first();
    let mut found = Explored {
        states: vec![first],
        steps: Vec::new(),
        ends: 0,
        depth: 0,
        wrong: None,
    };
    let mut came: Vec<Option<(u32, M::Action)>> = vec![None];
    let mut depth = vec![0_usize];
    known.insert(first, 0);
    let mut at = 0;
    while at < found.states.len() {
        let state = found.states[at];
        let from = u32::try_from(at).ok()?;
        found.depth = depth[at];
        found.ends += usize::from(machine.is_end(&state));
        if let Some(wrong) = machine.wrong(&state) {
            found.wrong = Some((wrong, way_to(from, &came)));
            return Some(found);
        }
        for (action, next) in machine.next(&state) {
            let to = *known.entry(next).or_insert_with(|| {
                came.push(Some((from, action)));
                depth.push(depth[at] + 1);
                found.states.push(next);
                u32::try_from(came.len() - 1).unwrap_or(u32::MAX)
            });
            found.steps.push((from, action, to));
            if let Some(wrong) = machine.wrong_step(&state, &next) {
                let mut way = way_to(from, &came);
                way.push(action);
                found.wrong = Some((wrong, way));
                return Some(found);
            }
        }
        if found.states.len() > most {
            return None;
        }
        at += 1;
    }
    if let Some(at) = first_stuck(machine, &found) {
        found.wrong = Some((machine.stuck(), way_to(at, &came)));
    }
    Some(found)
}

/// Backwards from the ends over progress alone; the first state that was not reached.
fn first_stuck<M: Machine>(machine: &M, found: &Explored<M>) -> Option<u32> {
    let count = found.states.len();
    let progress = || {
        let steps = found.steps.iter();
        steps.filter(|(from, action, to)| from != to && machine.is_progress(*action))
    };
    // The predecessors of all states in one list; `begin` says where those of each begin.
    let mut begin = vec![0_usize; count + 1];
    for (_, _, to) in progress() {
        begin[*to as usize + 1] += 1;
    }
    for n in 0..count {
        begin[n + 1] += begin[n];
    }
    let mut free = begin.clone();
    let mut before = vec![0_u32; begin[count]];
    for (from, _, to) in progress() {
        before[free[*to as usize]] = *from;
        free[*to as usize] += 1;
    }
    let mut reaches: Vec<bool> = found.states.iter().map(|s| machine.is_end(s)).collect();
    let mut queue: VecDeque<usize> = (0..count).filter(|n| reaches[*n]).collect();
    while let Some(at) = queue.pop_front() {
        for from in &before[begin[at]..begin[at + 1]] {
            let from = *from as usize;
            if !std::mem::replace(&mut reaches[from], true) {
                queue.push_back(from);
            }
        }
    }
    let stuck = reaches.iter().position(|reaches| !reaches)?;
    u32::try_from(stuck).ok()
}

fn way_to<A: Copy>(mut at: u32, came: &[Option<(u32, A)>]) -> Vec<A> {
    let mut way = Vec::new();
    while let Some((from, action)) = came[at as usize] {
        way.push(action);
        at = from;
    }
    way.reverse();
    way
}
