//! Visits every state of a machine, breadth first, and finds the shortest way to whatever is wrong.
//!
//! Three kinds of wrong are looked for. A state that is wrong in itself; a step that is; and a state from which no way leads
//! to an end *by progress alone*, that is, with no more faults: something is stuck there. In a finite machine the last is the
//! same as "under fair scheduling, once the faults stop, everything settles": where an end stays within reach for ever, a
//! scheduler that starves nobody comes to it.

use std::fmt::Debug;
use std::hash::Hash;

use indexmap::IndexSet;

/// Something with states.
pub trait Machine {
    /// Everything that matters at one moment.
    type State: Copy + Eq + Hash + Debug;
    /// Something that happens.
    type Action: Copy + Eq + Hash + Debug;
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

/// What was found.
#[derive(Debug, Clone)]
pub struct Explored<M: Machine> {
    /// Every state, in the order of their distance from the first. Steps are not kept: of the largest machine there are
    /// hundreds of millions, and [`Machine::next`] knows them.
    pub states: IndexSet<M::State>,
    /// How many steps there are, those that change nothing included.
    pub steps: u64,
    /// States in which everything is settled.
    pub ends: usize,
    /// Steps on the longest shortest way.
    pub depth: usize,
    /// What is wrong first, with the shortest way to it.
    pub wrong: Option<(M::Fault, Vec<M::Action>)>,
}

/// Explores a machine to its last state, or to the first wrong one. `most` states are visited at most; `None` if there are more.
pub fn explore<M: Machine>(machine: &M, most: usize) -> Option<Explored<M>> {
    let mut found = Explored {
        states: IndexSet::from([machine.first()]),
        steps: 0,
        ends: 0,
        depth: 0,
        wrong: None,
    };
    // from which state each was found
    let mut came = vec![0_u32];
    let (mut at, mut end_of_depth) = (0, 1);
    while let Some(&state) = found.states.get_index(at) {
        if at == end_of_depth {
            found.depth += 1;
            end_of_depth = found.states.len();
        }
        found.ends += usize::from(machine.is_end(&state));
        if let Some(wrong) = machine.wrong(&state) {
            found.wrong = Some((wrong, way_to(machine, &found.states, at, &came)));
            return Some(found);
        }
        for (action, next) in machine.next(&state) {
            found.steps += 1;
            if found.states.insert(next) {
                came.push(u32::try_from(at).ok()?);
            }
            if let Some(wrong) = machine.wrong_step(&state, &next) {
                let mut way = way_to(machine, &found.states, at, &came);
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
    if let Some(at) = first_stuck(machine, &found.states) {
        let way = way_to(machine, &found.states, at, &came);
        found.wrong = Some((machine.stuck(), way));
    }
    Some(found)
}

/// The first state from which no end is reached by progress alone. Progress leads away from the first state, so most is known
/// after one pass from the last state to the first; passes are repeated until one finds nothing new.
fn first_stuck<M: Machine>(machine: &M, states: &IndexSet<M::State>) -> Option<usize> {
    let mut reaches: Vec<bool> = states.iter().map(|state| machine.is_end(state)).collect();
    let mut open: Vec<usize> = (0..states.len()).rev().filter(|n| !reaches[*n]).collect();
    loop {
        let before = open.len();
        open.retain(|&at| {
            let state = &states[at];
            let mut steps = machine.next(state).into_iter();
            let found = steps.any(|(action, next)| {
                machine.is_progress(action)
                    && states.get_index_of(&next).is_some_and(|to| reaches[to])
            });
            reaches[at] = found;
            !found
        });
        if open.len() == before {
            return open.last().copied();
        }
    }
}

fn way_to<M: Machine>(
    machine: &M,
    states: &IndexSet<M::State>,
    mut at: usize,
    came: &[u32],
) -> Vec<M::Action> {
    let mut way = Vec::new();
    while at != 0 {
        let from = came[at] as usize;
        let mut steps = machine.next(&states[from]).into_iter();
        way.extend(steps.find_map(|(action, next)| (next == states[at]).then_some(action)));
        at = from;
    }
    way.reverse();
    way
}
