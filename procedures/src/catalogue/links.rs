//! What must hold between procedures: links lead somewhere, hard dependencies do not run in a circle, private items come
//! last.

use std::collections::{BTreeMap, BTreeSet};

use super::problem::ProblemKind;
use super::procedure::{Domain, Procedure, Sector, Strength};
use crate::ids::ProcedureId;

/// A procedure, a key and what is wrong at it.
pub(super) type LinkProblems = Vec<(ProcedureId, String, ProblemKind)>;

type Procedures = BTreeMap<ProcedureId, Procedure>;

/// `known`: procedures that are there but were left out for problems of their own; links to them are not dead.
pub(super) fn check(all: &Procedures, known: &BTreeSet<ProcedureId>) -> LinkProblems {
    let mut problems = Vec::new();
    for procedure in all.values() {
        let mut report = |key: String, what| problems.push((procedure.id.clone(), key, what));
        fields(procedure, all, known, &mut report);
        for dependency in &procedure.depends {
            if !known.contains(&dependency.on) {
                report(
                    format!("depends.{}", dependency.on),
                    ProblemKind::NoSuchProcedure {
                        id: dependency.on.to_string(),
                    },
                );
            }
        }
    }
    circles(all, &mut problems);
    private_last(all, &mut problems);
    problems
}

fn fields(
    procedure: &Procedure,
    all: &Procedures,
    known: &BTreeSet<ProcedureId>,
    report: &mut impl FnMut(String, ProblemKind),
) {
    let here: BTreeSet<&str> = procedure
        .form
        .fields
        .iter()
        .map(|field| field.path.as_str())
        .collect();
    let mut must = |key: String, path: &str| {
        if !here.contains(path) {
            report(
                key,
                ProblemKind::NoSuchField {
                    path: path.to_owned(),
                },
            );
        }
    };
    for advice in &procedure.advice {
        for path in advice.when.paths() {
            must(format!("advice.{}", advice.id), path);
        }
    }
    for field in &procedure.form.fields {
        let key = || format!("form.{}", field.path);
        for path in field.when.paths() {
            must(key(), path);
        }
        for rule in &field.derive {
            for path in rule.when.paths().into_iter().chain(rule.derive.paths()) {
                must(key(), path);
            }
        }
        for (path, _) in field.shared.iter().flat_map(|share| &share.same) {
            must(key(), path);
        }
    }
    for field in &procedure.form.fields {
        for share in &field.shared {
            let key = format!("form.{}.shared", field.path);
            let Some(other) = all.get(&share.procedure) else {
                if !known.contains(&share.procedure) {
                    let id = share.procedure.to_string();
                    report(key, ProblemKind::NoSuchProcedure { id });
                }
                continue;
            };
            let there = share.when.paths().into_iter().chain([share.path.as_str()]);
            for path in there.chain(share.same.iter().map(|(_, there)| there.as_str())) {
                if other.form.field(path).is_none() {
                    report(
                        key.clone(),
                        ProblemKind::NoSuchField {
                            path: format!("{}.{path}", other.id),
                        },
                    );
                }
            }
        }
    }
}

/// Hard dependencies in a circle, each circle once.
fn circles(all: &Procedures, problems: &mut LinkProblems) {
    let mut done: BTreeSet<&ProcedureId> = BTreeSet::new();
    for start in all.keys() {
        // Depth first without recursion: a path and, for each of its members, what is still to be looked at.
        let mut path: Vec<(&ProcedureId, Vec<&ProcedureId>)> = Vec::new();
        if !done.contains(start) {
            path.push((start, hard(all, start)));
        }
        while let Some((id, left)) = path.last_mut() {
            let Some(next) = left.pop() else {
                done.insert(*id);
                path.pop();
                continue;
            };
            if let Some(from) = path.iter().position(|(id, _)| *id == next) {
                let mut names: Vec<&str> =
                    path.iter().skip(from).map(|(id, _)| id.as_str()).collect();
                names.push(next.as_str());
                problems.push((
                    next.clone(),
                    "depends".to_owned(),
                    ProblemKind::DependencyCircle {
                        path: names.join(" → "),
                    },
                ));
            } else if !done.contains(next) {
                path.push((next, hard(all, next)));
            }
        }
    }
}

fn hard<'a>(all: &'a Procedures, id: &ProcedureId) -> Vec<&'a ProcedureId> {
    let procedure = all.get(id);
    procedure
        .into_iter()
        .flat_map(|procedure| &procedure.depends)
        .filter(|dependency| dependency.strength == Strength::Hard)
        .map(|dependency| &dependency.on)
        .filter(|on| all.contains_key(*on))
        .collect()
}

/// No private item before or among the public ones of its part of life.
fn private_last(all: &Procedures, problems: &mut LinkProblems) {
    let mut last: BTreeMap<Domain, &Procedure> = BTreeMap::new();
    for public in all.values().filter(|p| p.sector == Sector::Public) {
        let last = last.entry(public.domain).or_insert(public);
        if public.order > last.order {
            *last = public;
        }
    }
    for private in all.values().filter(|p| p.sector == Sector::Private) {
        if let Some(public) = last.get(&private.domain)
            && public.order >= private.order
        {
            problems.push((
                private.id.clone(),
                "order".to_owned(),
                ProblemKind::PrivateFirst {
                    statutory: format!("{} ({})", public.id, public.order),
                },
            ));
        }
    }
}
