//! `match`: gives out nursery places over ranked choices (deferred acceptance), with the reason for every refusal.
//!
//! Facilities, capacities and children are taken in every shape in which such instances are usually written.

use std::collections::BTreeMap;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::loose;
use crate::door::{Context, DoorError, Kind};
use crate::nursery::{
    AgeClass, Allotment, Applicant, Choice, Instance, Place, Refusal, SiblingGroup, SiblingPolicy,
    allot,
};
use crate::text::Text;

pub(crate) struct Match;

/// Places and children.
#[derive(Debug, Deserialize, JsonSchema)]
pub(crate) struct Question {
    /// `[{"id", "capacity", "priority"?: [child, …]}]`, or `{facility: capacity}`. A capacity is a number, or one number for
    /// each age class: `{"0": 6, "1": 12}` or `[6, 12, …]`.
    #[serde(alias = "nurseries", alias = "places")]
    facilities: Value,
    /// `[{"id", "points", "wishes": [facility, …], "ties"?: [number, …], "class"?, "birth"?, "priority"?, "sibling_group"?,
    /// "sibling_policy"?}]`, or the same as a map by id, or `{child: [facility, …]}`. Greater points and greater ties come
    /// first; points may differ by facility (`{facility: points}`). `priority` 0 comes before 1, whatever the points.
    #[serde(alias = "applicants", alias = "students")]
    children: Value,
    /// `{facility: [child, …]}`: who comes first there. Children who are not named come behind, by points.
    #[serde(default)]
    priorities: Option<BTreeMap<String, Vec<Value>>>,
    /// Siblings who apply together: `[{"members": [child, …], "policy"?}]`.
    #[serde(default, alias = "sibling_groups")]
    siblings: Option<Vec<Siblings>>,
    /// For groups without a policy of their own: `same_facility` (all in one facility or none; the default), `any` (all, in
    /// whichever facility, or none), `first` (each for itself).
    #[serde(default)]
    sibling_policy: Option<SiblingPolicy>,
    /// The month of entry, for the age class of children given by their birth. Left out: the day of the law.
    #[serde(default)]
    entry: Option<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(expecting = "siblings, an object with members")]
struct Siblings {
    /// Their ids.
    #[serde(alias = "children")]
    members: Vec<Value>,
    /// What they want.
    #[serde(default)]
    policy: Option<SiblingPolicy>,
}

/// Who got which place.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answer {
    /// For each child the facility, or `null`.
    assigned: BTreeMap<String, Option<Value>>,
    /// For each child the rank of the choice that was given and why better ones were not.
    reasons: BTreeMap<String, Reason>,
    /// Whether nobody can claim anything better. Always so without siblings who must stay together.
    stable: bool,
    /// Who can, and what; empty if `stable`.
    blocking: Vec<Claim>,
    /// Places that stay free, by facility.
    free: BTreeMap<String, u64>,
    /// Whether the search for a better arrangement of siblings was cut short.
    cut_short: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Reason {
    /// The rank of the choice that was given, from 1; `null` without a place.
    rank: Option<usize>,
    /// In words.
    #[schemars(with = "BTreeMap<String, String>")]
    text: Text,
    /// Better choices that were not given.
    refused: Vec<Refused>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Refused {
    /// The facility.
    facility: Value,
    /// `lower_points`, `tie_breaker`, `priority`, `no_places`, `no_class`, `no_facility`, `siblings_not_together`,
    /// `siblings_do_not_all_list_it`.
    why: &'static str,
    /// The points of the child who got the last place; never whose.
    last_points: Option<i64>,
    /// The points of this child.
    points: Option<i64>,
    /// In words.
    #[schemars(with = "BTreeMap<String, String>")]
    text: Text,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Claim {
    /// The child, or all siblings of a group.
    children: Vec<String>,
    /// The facility of each.
    facilities: Vec<Value>,
}

impl Kind for Match {
    const NAME: &'static str = "match";
    const ABOUT: &'static str = "gives out nursery places over ranked choices, with reasons";
    type Question = Question;
    type Answer = Answer;

    fn answer(cx: &Context, question: Question) -> Result<Answer, DoorError> {
        let entry = loose::entry(cx, question.entry.as_deref())?;
        let supply = Supply::read(&question)?;
        let instance = Reader {
            supply: &supply,
            question: &question,
            entry,
        }
        .instance()?;
        let allotment = allot(&instance).map_err(DoorError::impossible)?;
        answer(&supply, &instance, &allotment)
    }
}

fn answer(
    supply: &Supply,
    instance: &Instance,
    allotment: &Allotment,
) -> Result<Answer, DoorError> {
    let mut assigned = BTreeMap::new();
    let mut reasons = BTreeMap::new();
    let mut taken: BTreeMap<&str, u64> = BTreeMap::new();
    for (index, child) in instance.applicants.iter().enumerate() {
        let given = allotment.given.get(index).copied().flatten();
        let facility = given.and_then(|choice| child.choices.get(choice));
        if let Some(facility) = facility {
            *taken.entry(&facility.facility).or_default() += 1;
        }
        assigned.insert(
            child.id.clone(),
            facility.map(|choice| supply.shown(&choice.facility)),
        );
        let mut refused = Vec::new();
        for (choice, why) in allotment.refused.get(index).into_iter().flatten() {
            let Some(choice) = child.choices.get(*choice) else {
                continue;
            };
            let (last_points, points) = match why {
                Refusal::Lower { last, own } => (Some(*last), Some(*own)),
                Refusal::Tie { own } => (Some(*own), Some(*own)),
                _ => (None, None),
            };
            refused.push(Refused {
                facility: supply.shown(&choice.facility),
                why: why.id(),
                last_points,
                points,
                text: why.text(&choice.facility).map_err(DoorError::impossible)?,
            });
        }
        let reason = Reason {
            rank: given.map(|choice| choice + 1),
            text: allotment.summary(index).map_err(DoorError::impossible)?,
            refused,
        };
        reasons.insert(child.id.clone(), reason);
    }
    let claim = |applicants: &[usize], choices: &[usize]| Claim {
        children: applicants
            .iter()
            .filter_map(|index| Some(instance.applicants.get(*index)?.id.clone()))
            .collect(),
        facilities: applicants
            .iter()
            .zip(choices)
            .filter_map(|(index, choice)| {
                let choice = instance.applicants.get(*index)?.choices.get(*choice)?;
                Some(supply.shown(&choice.facility))
            })
            .collect(),
    };
    let mut free = BTreeMap::new();
    for place in &instance.places {
        *free.entry(place.facility.clone()).or_insert(0) += u64::from(place.capacity);
    }
    for (facility, count) in &mut free {
        *count = count.saturating_sub(taken.get(facility.as_str()).copied().unwrap_or(0));
    }
    Ok(Answer {
        assigned,
        reasons,
        stable: allotment.blocking.is_empty(),
        blocking: allotment
            .blocking
            .iter()
            .map(|blocking| claim(&blocking.applicants, &blocking.choices))
            .collect(),
        free,
        cut_short: allotment.cut_short,
    })
}

fn wrong(what: impl std::fmt::Display) -> DoorError {
    DoorError::Shape(what.to_string())
}

/// An id as text; numbers are ids too.
fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn first<'a>(record: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names
        .iter()
        .filter_map(|name| record.get(*name))
        .find(|value| !value.is_null())
}

/// A whole number, also as `12.0` or `true`.
fn whole(value: &Value, what: &str) -> Result<i64, DoorError> {
    let exact = match value {
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64()?;
            #[expect(
                clippy::cast_possible_truncation,
                reason = "checked to be whole and far from the limits"
            )]
            (float.fract() == 0.0 && float.abs() < 1e15).then_some(float as i64)
        }),
        _ => None,
    };
    exact.ok_or_else(|| wrong(format!("{what}: {value} is no whole number")))
}

/// What there is to give out.
struct Supply {
    places: Vec<Place>,
    /// A facility's place for all classes, or for each.
    of_facility: BTreeMap<String, Classes>,
    /// Where each child comes in a facility's own order.
    orders: BTreeMap<String, BTreeMap<String, i64>>,
    /// Facilities whose ids were given as numbers.
    numbers: BTreeMap<String, Value>,
}

/// What a capacity is called.
const CAPACITY: &[&str] = &[
    "capacity",
    "capacities",
    "places",
    "quota",
    "slots",
    "seats",
];

enum Classes {
    One(usize),
    Each(BTreeMap<AgeClass, usize>),
}

impl Supply {
    fn read(question: &Question) -> Result<Self, DoorError> {
        let mut supply = Self {
            places: Vec::new(),
            of_facility: BTreeMap::new(),
            orders: BTreeMap::new(),
            numbers: BTreeMap::new(),
        };
        match &question.facilities {
            Value::Array(list) => {
                for item in list {
                    let (name, record) = match item {
                        Value::Object(record) => {
                            let name =
                                first(record, &["id", "facility", "name"]).ok_or_else(|| {
                                    wrong(format!("a facility without an id: {item}"))
                                })?;
                            (name, Some(record))
                        }
                        other => (other, None),
                    };
                    let text = id(name).ok_or_else(|| wrong(format!("{name} is no facility")))?;
                    if name.is_number() {
                        supply.numbers.insert(text.clone(), name.clone());
                    }
                    match record {
                        Some(record) => supply.record(&text, record)?,
                        None => supply.add(&text, &Value::from(1))?,
                    }
                }
            }
            Value::Object(map) => {
                for (name, item) in map {
                    match item {
                        Value::Object(record) if first(record, CAPACITY).is_some() => {
                            supply.record(name, record)?;
                        }
                        capacity => supply.add(name, capacity)?,
                    }
                }
            }
            other => {
                return Err(wrong(format!(
                    "facilities: a list or a map is needed, not {other}"
                )));
            }
        }
        for (facility, order) in question.priorities.iter().flatten() {
            supply.order(facility, order)?;
        }
        Ok(supply)
    }

    fn record(&mut self, name: &str, record: &Map<String, Value>) -> Result<(), DoorError> {
        let capacity = first(record, CAPACITY)
            .ok_or_else(|| wrong(format!("facility {name:?} has no capacity")))?;
        self.add(name, capacity)?;
        let order = first(
            record,
            &["priority", "priorities", "ranking", "preferences"],
        );
        if let Some(Value::Array(order)) = order {
            self.order(name, order)?;
        }
        Ok(())
    }

    fn add(&mut self, name: &str, capacity: &Value) -> Result<(), DoorError> {
        let what = || format!("capacity of {name:?}");
        let classes = match capacity {
            Value::Object(map) => {
                let mut each = BTreeMap::new();
                for (class, number) in map {
                    let class = class_of(class)
                        .ok_or_else(|| wrong(format!("{}: no age class {class:?}", what())))?;
                    each.insert(class, self.place(name, whole(number, &what())?)?);
                }
                Classes::Each(each)
            }
            Value::Array(list) => {
                let mut each = BTreeMap::new();
                if list.len() > AgeClass::ALL.len() {
                    return Err(wrong(format!("{}: six age classes are the most", what())));
                }
                for (class, number) in AgeClass::ALL.into_iter().zip(list) {
                    let number = if number.is_null() {
                        0
                    } else {
                        whole(number, &what())?
                    };
                    each.insert(class, self.place(name, number)?);
                }
                Classes::Each(each)
            }
            number => Classes::One(self.place(name, whole(number, &what())?)?),
        };
        if self.of_facility.insert(name.to_owned(), classes).is_some() {
            return Err(DoorError::impossible(format!(
                "facility {name:?} appears twice"
            )));
        }
        Ok(())
    }

    fn place(&mut self, facility: &str, capacity: i64) -> Result<usize, DoorError> {
        let capacity = u32::try_from(capacity).map_err(|_| {
            DoorError::impossible(format!("facility {facility:?}: a capacity of {capacity}"))
        })?;
        self.places.push(Place {
            facility: facility.to_owned(),
            capacity,
        });
        Ok(self.places.len() - 1)
    }

    fn order(&mut self, facility: &str, order: &[Value]) -> Result<(), DoorError> {
        let mut places = BTreeMap::new();
        for (place, child) in (0i64..).zip(order) {
            let child = id(child).ok_or_else(|| wrong(format!("{child} is no child's id")))?;
            places.entry(child).or_insert(-place);
        }
        self.orders.insert(facility.to_owned(), places);
        Ok(())
    }

    /// A child's priority at a facility that has an order of its own.
    fn priority(&self, facility: &str, child: &str) -> Option<i64> {
        let order = self.orders.get(facility)?;
        let behind = || {
            i64::try_from(order.len())
                .unwrap_or(i64::MAX)
                .saturating_neg()
        };
        Some(order.get(child).copied().unwrap_or_else(behind))
    }

    fn shown(&self, facility: &str) -> Value {
        self.numbers
            .get(facility)
            .cloned()
            .unwrap_or_else(|| Value::from(facility))
    }
}

fn class_of(text: &str) -> Option<AgeClass> {
    let digits = text.trim().trim_end_matches("歳児").trim_end_matches('歳');
    AgeClass::new(digits.parse().ok()?)
}

struct Reader<'a> {
    supply: &'a Supply,
    question: &'a Question,
    entry: Date,
}

type Groups = BTreeMap<String, (Vec<usize>, Option<SiblingPolicy>)>;

impl Reader<'_> {
    fn instance(&self) -> Result<Instance, DoorError> {
        let empty = Map::new();
        let mut applicants = Vec::new();
        let mut groups = Groups::new();
        let mut add = |name: String, item: &Value| -> Result<(), DoorError> {
            let record = item.as_object().unwrap_or(&empty);
            let wishes = match item {
                Value::Array(_) => Some(item),
                _ => first(record, &["wishes", "choices", "preferences", "prefs"]),
            };
            let applicant = self.child(&name, record, wishes)?;
            if let Some(group) = first(record, &["sibling_group", "siblings_group", "group"]) {
                let key = id(group).ok_or_else(|| wrong(format!("{group} is no group's id")))?;
                let policy = policy(record, &name)?;
                let slot = groups.entry(key).or_default();
                slot.0.push(applicants.len());
                match (slot.1, policy) {
                    (Some(known), Some(new)) if known != new => {
                        return Err(DoorError::impossible(format!(
                            "child {name:?}: its siblings name another policy"
                        )));
                    }
                    (known, new) => slot.1 = known.or(new),
                }
            }
            applicants.push(applicant);
            Ok(())
        };
        match &self.question.children {
            Value::Array(list) => {
                for item in list {
                    let name = item
                        .as_object()
                        .and_then(|record| first(record, &["id", "child", "name"]))
                        .and_then(id)
                        .ok_or_else(|| wrong("a child without an id"))?;
                    add(name, item)?;
                }
            }
            Value::Object(map) => {
                for (name, item) in map {
                    add(name.clone(), item)?;
                }
            }
            other => {
                return Err(wrong(format!(
                    "children: a list or a map is needed, not {other}"
                )));
            }
        }
        let groups = self.groups(&applicants, groups)?;
        Ok(Instance {
            places: self.supply.places.clone(),
            applicants,
            groups,
        })
    }

    fn groups(
        &self,
        applicants: &[Applicant],
        by_child: Groups,
    ) -> Result<Vec<SiblingGroup>, DoorError> {
        let usual = self
            .question
            .sibling_policy
            .unwrap_or(SiblingPolicy::SameFacility);
        let mut groups: Vec<SiblingGroup> = by_child
            .into_values()
            .map(|(members, policy)| SiblingGroup {
                members,
                policy: policy.unwrap_or(usual),
            })
            .collect();
        let index: BTreeMap<&str, usize> = applicants
            .iter()
            .enumerate()
            .map(|(index, own)| (own.id.as_str(), index))
            .collect();
        for siblings in self.question.siblings.iter().flatten() {
            let members: Result<Vec<usize>, DoorError> = siblings
                .members
                .iter()
                .map(|member| {
                    id(member)
                        .and_then(|name| index.get(name.as_str()).copied())
                        .ok_or_else(|| DoorError::impossible(format!("no child {member}")))
                })
                .collect();
            groups.push(SiblingGroup {
                members: members?,
                policy: siblings.policy.unwrap_or(usual),
            });
        }
        // One child alone sets no condition.
        groups.retain(|group| group.members.len() > 1);
        Ok(groups)
    }

    fn child(
        &self,
        name: &str,
        record: &Map<String, Value>,
        wishes: Option<&Value>,
    ) -> Result<Applicant, DoorError> {
        let class = self.class(name, record)?;
        let what = || format!("child {name:?}, points");
        let points = first(record, &["points", "score"]);
        let priority = match first(record, &["priority", "priority_class"]) {
            Some(priority) => {
                whole(priority, &format!("child {name:?}, priority"))?.saturating_neg()
            }
            None => 0,
        };
        let list = match wishes {
            None => &[][..],
            Some(Value::Array(list)) => list,
            Some(other) => {
                return Err(wrong(format!("child {name:?}, wishes: {other} is no list")));
            }
        };
        let mut choices = Vec::with_capacity(list.len());
        for wish in list {
            let own = wish.as_object();
            let facility = own.map_or(Some(wish), |own| first(own, &["facility", "id", "name"]));
            let facility = facility
                .and_then(id)
                .ok_or_else(|| wrong(format!("child {name:?}: {wish} is no facility")))?;
            let points = match own.and_then(|own| first(own, &["points", "score"])) {
                Some(points) => whole(points, &what())?,
                None => match points {
                    None => 0,
                    Some(Value::Object(each)) => {
                        let points = first(each, &[&facility, "*", "default"]);
                        points.map_or(Ok(0), |points| whole(points, &what()))?
                    }
                    Some(points) => whole(points, &what())?,
                },
            };
            choices.push(Choice {
                place: self.place(name, &facility, class)?,
                priority: self.supply.priority(&facility, name).unwrap_or(priority),
                points,
                facility,
            });
        }
        Ok(Applicant {
            id: name.to_owned(),
            choices,
            ties: ties(name, record)?,
        })
    }

    fn place(
        &self,
        child: &str,
        facility: &str,
        class: Option<AgeClass>,
    ) -> Result<Result<usize, Refusal>, DoorError> {
        Ok(match (self.supply.of_facility.get(facility), class) {
            (None, _) => Err(Refusal::NoFacility),
            (Some(Classes::One(place)), _) => Ok(*place),
            (Some(Classes::Each(each)), Some(class)) => {
                each.get(&class).copied().ok_or(Refusal::NoClass)
            }
            (Some(Classes::Each(_)), None) => {
                return Err(DoorError::impossible(format!(
                    "child {child:?} needs a class or a birth: facility {facility:?} has a capacity for each class"
                )));
            }
        })
    }

    fn class(
        &self,
        name: &str,
        record: &Map<String, Value>,
    ) -> Result<Option<AgeClass>, DoorError> {
        if let Some(class) = first(record, &["class", "age_class"]) {
            let read = match class {
                Value::String(text) => class_of(text),
                other => other
                    .as_u64()
                    .and_then(|number| AgeClass::new(u8::try_from(number).ok()?)),
            };
            return match read {
                Some(class) => Ok(Some(class)),
                None => Err(DoorError::impossible(format!(
                    "child {name:?}: there is no age class {class}"
                ))),
            };
        }
        let Some(birth) = first(record, &["birth", "born", "birth_date"]) else {
            return Ok(None);
        };
        let birth: Date = serde_json::from_value(birth.clone())
            .map_err(|error| wrong(format!("child {name:?}, birth: {error}")))?;
        match AgeClass::of(birth, self.entry) {
            Some(class) => Ok(Some(class)),
            None => Err(DoorError::impossible(format!(
                "child {name:?} is of school age on {}",
                self.entry
            ))),
        }
    }
}

fn policy(record: &Map<String, Value>, name: &str) -> Result<Option<SiblingPolicy>, DoorError> {
    let Some(policy) = first(record, &["sibling_policy", "policy"]) else {
        return Ok(None);
    };
    serde_json::from_value(policy.clone())
        .map(Some)
        .map_err(|error| wrong(format!("child {name:?}: {error}")))
}

fn ties(name: &str, record: &Map<String, Value>) -> Result<Vec<i64>, DoorError> {
    let what = format!("child {name:?}, ties");
    match first(record, &["ties", "tie_breakers"]) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => list
            .iter()
            .map(|tie| match tie {
                // Not known: last.
                Value::Null => Ok(i64::MIN),
                tie => whole(tie, &what),
            })
            .collect(),
        Some(one) => Ok(vec![whole(one, &what)?]),
    }
}
