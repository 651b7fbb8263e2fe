//! From a condition as it is written to a checked one: names looked up, types compared, depth bounded.
//!
//! Collects every problem instead of stopping at the first, each with the key it stands at. Never panics, whatever is
//! written.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::cases::{Case, Cases};
use super::dates::{self, Step, Unit};
use super::facts::{FactKind, Scope, Slot, Vocabulary};
use super::program::{MOST_DEPTH, Rule};
use super::raw::{
    NumberOrWord, OneOrCases, RawAs, RawCase, RawCondition, RawDayOf, RawException, RawExpr,
    RawNode, RawOperand, RawTally, WordOr, YesNo,
};
use super::tree::{About, Base, Check, Expr, Node, NodeKind, Tally, Test};
use super::verdict::Comparison;
use crate::catalogue::words::Words;
use crate::form::Confidence;

/// The most nodes a condition may have once its names are looked up.
const MOST_NODES: usize = 4096;
/// The most nodes all conditions of a procedure may have together.
const MOST_NODES_TOGETHER: usize = 100_000;
/// The most cases a table, and the most exceptions a condition may have.
const MOST_CASES: usize = 64;

/// What is wrong with a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// There is no such fact.
    #[error("there is no fact {id:?}")]
    NoSuchFact {
        /// The id.
        id: String,
    },
    /// A name is neither a condition nor a fact that can stand by itself.
    #[error("{name:?} is neither a named condition nor a yes-or-no fact with a sentence (says)")]
    NoSuchCondition {
        /// The name.
        name: String,
    },
    /// Named conditions rest on one another in a circle.
    #[error("the condition {name:?} rests on itself")]
    Circle {
        /// One of them.
        name: String,
    },
    /// Too much nesting, or too many parts.
    #[error(
        "too deep or too large: at most {MOST_DEPTH} levels, {MOST_NODES} nodes and {MOST_CASES} cases or exceptions"
    )]
    TooLarge,
    /// A node says nothing, or more than one thing.
    #[error("exactly one of all, any, not, always, fact, count or rank is needed")]
    NotOneThing,
    /// A test has no comparison, or more than one.
    #[error("a test has exactly one comparison (eq ne lt le gt ge in between known …)")]
    NotOneComparison,
    /// A value names no fact, literal or count, or more than one.
    #[error("a value has exactly one of fact, value, count and rank")]
    NotOneValue,
    /// The two sides cannot be compared, or not like this.
    #[error("a {left} cannot be compared like this with {right}")]
    Kinds {
        /// The type of the left side.
        left: &'static str,
        /// What stands on the right.
        right: String,
    },
    /// A date word was put to something that is not a day (or month).
    #[error("{word} cannot be said of a {kind}")]
    WordMisfit {
        /// The word.
        word: &'static str,
        /// The type it was said of.
        kind: &'static str,
    },
    /// Two words that exclude one another.
    #[error("{words} exclude one another")]
    WordsExclude {
        /// Which.
        words: &'static str,
    },
    /// A length of time is malformed.
    #[error("{given:?} is not a length such as \"28d\", \"6w\", \"2m\" or \"1y\"")]
    Length {
        /// What stands there.
        given: String,
    },
    /// A literal is not of the type it is compared with.
    #[error("{given:?} is not a {kind}")]
    Literal {
        /// What stands there.
        given: String,
        /// What is needed.
        kind: &'static str,
    },
    /// A choice has no such option.
    #[error("{fact} has no option {given:?}")]
    NoSuchOption {
        /// The fact.
        fact: String,
        /// What stands there.
        given: String,
    },
    /// A test without an id.
    #[error("a test needs an id")]
    NoId,
    /// A test without words.
    #[error("{id} needs a sentence")]
    NoSentence {
        /// The test.
        id: String,
    },
    /// Words are incomplete.
    #[error("{id}: {problem}")]
    Words {
        /// The node.
        id: String,
        /// What is wrong with them.
        problem: String,
    },
    /// One id for two different things.
    #[error("the id {id:?} is given to two different conditions")]
    IdTwice {
        /// The id.
        id: String,
    },
    /// A count inside a count, of the family, or a rank without an order.
    #[error("{problem}")]
    Tally {
        /// What does not fit.
        problem: &'static str,
    },
    /// An exception goes before one that is not there.
    #[error("the exception {id} goes over {over:?}, which is not there")]
    NoSuchException {
        /// The exception.
        id: String,
        /// The missing one.
        over: String,
    },
    /// Exceptions go before one another in a circle.
    #[error("the exceptions go over one another in a circle: {id}")]
    ExceptionCircle {
        /// One of them.
        id: String,
    },
}

/// A problem and the key it stands at.
pub(crate) type Problems = Vec<(String, RuleError)>;

/// Looks names up while the conditions of one procedure are read.
pub(crate) struct Resolver<'a> {
    vocabulary: &'a Arc<Vocabulary>,
    own: BTreeMap<String, &'a RawNode>,
    common: &'a BTreeMap<String, RawNode>,
    ids: BTreeMap<String, RawNode>,
    /// The named conditions that are being looked up, outermost first.
    open: Vec<String>,
    nodes: usize,
    together: usize,
    in_tally: bool,
    pub(crate) problems: Problems,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Ty {
    Bool,
    Int,
    Date,
    Month,
    /// Of this fact.
    Choice(String),
}

impl Ty {
    fn word(&self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "number",
            Self::Date => "date",
            Self::Month => "month",
            Self::Choice(_) => "choice",
        }
    }
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(
        vocabulary: &'a Arc<Vocabulary>,
        own: &'a [RawNode],
        common: &'a BTreeMap<String, RawNode>,
    ) -> Self {
        let mut resolver = Self {
            vocabulary,
            own: BTreeMap::new(),
            common,
            ids: BTreeMap::new(),
            open: Vec::new(),
            nodes: 0,
            together: 0,
            in_tally: false,
            problems: Vec::new(),
        };
        for node in own {
            let id = node.id.clone().unwrap_or_default();
            if id.is_empty() {
                resolver.problem("condition", RuleError::NoId);
            } else if resolver.own.insert(id.clone(), node).is_some() {
                resolver.problem("condition", RuleError::IdTwice { id });
            }
        }
        resolver
    }

    fn problem(&mut self, key: &str, error: RuleError) {
        self.problems.push((key.to_owned(), error));
    }

    /// Checks the procedure's own named conditions, also those nobody uses.
    pub(crate) fn named_ones(&mut self) {
        for (id, node) in self.own.clone() {
            self.shared(&id, node);
        }
    }

    /// Checks one named condition.
    pub(crate) fn shared(&mut self, id: &str, node: &RawNode) {
        self.nodes = 0;
        self.in_tally = false;
        self.open.clear();
        self.open.push(id.to_owned());
        self.node(id, node);
        self.open.clear();
    }

    /// Takes an id that nothing else in the procedure may have.
    pub(crate) fn claim_id(&mut self, key: &str, id: &str) {
        self.claim(key, id, None);
    }

    /// A condition as a rule.
    pub(crate) fn rule(&mut self, key: &str, raw: &RawCondition) -> Option<Rule> {
        let node = self.top(key, raw)?;
        self.compiled(key, node)
    }

    /// A condition with its exceptions as one rule; `None` for the condition: it always holds.
    ///
    /// Also each exception as a rule of its own, for the check that they do not contradict one another.
    pub(crate) fn decision(
        &mut self,
        key: &str,
        when: Option<&RawCondition>,
        exceptions: &[RawException],
    ) -> Option<(Rule, Vec<(usize, Rule)>)> {
        if exceptions.len() > MOST_CASES {
            self.problem(key, RuleError::TooLarge);
            return None;
        }
        let base = match when {
            Some(raw) => self.top(key, raw),
            None => Some(always(key, true)),
        };
        let order = self.order(exceptions);
        let mut single = Vec::new();
        let mut applying = Vec::new();
        for (index, exception) in exceptions.iter().enumerate() {
            let at = format!("exception.{}", exception.id);
            let node = self.top(&format!("{at}.when"), &exception.when)?;
            let about = About {
                id: exception.id.clone(),
                sentence: self.words(&at, &exception.id, exception.sentence.as_ref()),
                article: exception.article.clone(),
                confidence: exception.confidence.unwrap_or_default(),
            };
            if about.sentence.is_none() {
                self.problem(
                    &at,
                    RuleError::NoSentence {
                        id: exception.id.clone(),
                    },
                );
            }
            let node = Node {
                about,
                kind: NodeKind::All(vec![node]),
            };
            single.push((index, self.compiled(&at, node.clone())?));
            applying.push(node);
        }
        let mut decision = base?;
        // The innermost is the weakest.
        for index in order?.into_iter().rev() {
            let (exception, applies) = (exceptions.get(index)?, applying.get(index)?);
            let id = format!("{key}.unless.{}", exception.id);
            let kind = match exception.then {
                YesNo::Yes => NodeKind::Any(vec![applies.clone(), decision]),
                YesNo::No => NodeKind::All(vec![
                    Node {
                        about: silent(format!("{id}.not")),
                        kind: NodeKind::Not(Box::new(applies.clone())),
                    },
                    decision,
                ]),
            };
            decision = Node {
                about: silent(id),
                kind,
            };
        }
        Some((self.compiled(key, decision)?, single))
    }

    /// The exceptions' places, strongest first.
    fn order(&mut self, exceptions: &[RawException]) -> Option<Vec<usize>> {
        let index = |id: &str| exceptions.iter().position(|exception| exception.id == id);
        let mut fine = true;
        for exception in exceptions {
            for over in &exception.over {
                if index(over).is_none() {
                    fine = false;
                    self.problem(
                        &format!("exception.{}.over", exception.id),
                        RuleError::NoSuchException {
                            id: exception.id.clone(),
                            over: over.clone(),
                        },
                    );
                }
            }
        }
        if !fine {
            return None;
        }
        let mut left: Vec<usize> = (0..exceptions.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            // The first that nobody left goes over.
            let free = left.iter().position(|candidate| {
                let id = exceptions.get(*candidate).map(|e| e.id.as_str());
                !left.iter().any(|other| {
                    exceptions.get(*other).is_some_and(|other| {
                        other.over.iter().any(|over| Some(over.as_str()) == id)
                    })
                })
            });
            let Some(at) = free else {
                let first = left.first().and_then(|at| exceptions.get(*at));
                let id = first.map(|e| e.id.clone()).unwrap_or_default();
                self.problem(
                    &format!("exception.{id}.over"),
                    RuleError::ExceptionCircle { id },
                );
                return None;
            };
            order.push(left.remove(at));
        }
        Some(order)
    }

    /// A case table, or one thing always.
    pub(crate) fn cases<T: Clone>(&mut self, key: &str, raw: &OneOrCases<T>) -> Option<Cases<T>> {
        match raw {
            OneOrCases::One(one) => Some(Cases::always(one.clone())),
            OneOrCases::Cases(table) if table.case.len() > MOST_CASES => {
                self.problem(key, RuleError::TooLarge);
                None
            }
            OneOrCases::Cases(table) => {
                let cases: Vec<Option<Case<T>>> =
                    table.case.iter().map(|case| self.case(key, case)).collect();
                Some(Cases {
                    usual: table.usual.clone(),
                    cases: cases.into_iter().collect::<Option<_>>()?,
                    otherwise: table.otherwise.clone(),
                })
            }
        }
    }

    fn case<T: Clone>(&mut self, key: &str, case: &RawCase<T>) -> Option<Case<T>> {
        let at = format!("{key}.case.{}", case.id);
        self.claim(&at, &case.id, None);
        let rule = self.rule(&format!("{at}.when"), &case.when);
        let sentence = self.words(&at, &case.id, case.sentence.as_ref());
        Some(Case {
            id: case.id.clone(),
            rule: rule?,
            then: case.then.clone(),
            sentence,
            article: case.article.clone(),
            confidence: case.confidence.unwrap_or_default(),
        })
    }

    /// A value that must be a day: the end of a window.
    pub(crate) fn day(&mut self, key: &str, raw: &RawExpr) -> Option<super::cases::Day> {
        let (expr, ty) = self.expr(key, raw)?;
        if ty != Ty::Date {
            self.problem(
                key,
                RuleError::Kinds {
                    left: "date",
                    right: format!("a {}", ty.word()),
                },
            );
            return None;
        }
        Some(super::cases::Day { expr })
    }

    /// Whether a fact is there, and of the kind asked for (`None`: any).
    pub(crate) fn has_fact(&mut self, key: &str, id: &str, kind: Option<&'static str>) -> bool {
        let found = self.vocabulary.fact(id).map(|fact| fact.kind.as_str());
        match (found, kind) {
            (None, _) => {
                self.problem(key, RuleError::NoSuchFact { id: id.to_owned() });
                false
            }
            (Some(found), Some(kind)) if found != kind => {
                self.problem(
                    key,
                    RuleError::Kinds {
                        left: kind,
                        right: format!("{id}, a {found}"),
                    },
                );
                false
            }
            _ => true,
        }
    }

    fn top(&mut self, key: &str, raw: &RawCondition) -> Option<Node> {
        self.nodes = 0;
        self.in_tally = false;
        self.open.clear();
        self.condition(key, raw)
    }

    fn compiled(&mut self, key: &str, node: Node) -> Option<Rule> {
        if levels(&node) > MOST_DEPTH {
            self.problem(key, RuleError::TooLarge);
            return None;
        }
        Some(Rule::compile(node, Arc::clone(self.vocabulary)))
    }

    fn condition(&mut self, key: &str, raw: &RawCondition) -> Option<Node> {
        self.nodes += 1;
        self.together += 1;
        let much = self.nodes > MOST_NODES || self.together > MOST_NODES_TOGETHER;
        if much || self.open.len() > MOST_DEPTH {
            // Said once for each condition.
            if self.nodes <= MOST_NODES + 1 {
                self.problem(key, RuleError::TooLarge);
            }
            self.nodes = MOST_NODES + 2;
            return None;
        }
        match raw {
            WordOr::Table(node) => self.node(key, node),
            WordOr::Word(name) => self.named(key, name),
        }
    }

    fn named(&mut self, key: &str, name: &str) -> Option<Node> {
        if self.open.iter().any(|open| open == name) {
            self.problem(
                key,
                RuleError::Circle {
                    name: name.to_owned(),
                },
            );
            return None;
        }
        let common = self.common;
        let found = self.own.get(name).copied().or_else(|| common.get(name));
        if let Some(found) = found {
            self.open.push(name.to_owned());
            let node = self.node(name, found);
            self.open.pop();
            return node;
        }
        let vocabulary = Arc::clone(self.vocabulary);
        let fact = vocabulary.fact(name);
        match fact.and_then(|fact| Some((fact, fact.says.clone()?))) {
            Some((fact, says)) if fact.kind == FactKind::Bool => {
                let slot = vocabulary.slot(name)?;
                Some(Node {
                    about: About {
                        id: name.to_owned(),
                        sentence: Some(says),
                        article: None,
                        confidence: fact.confidence,
                    },
                    kind: NodeKind::Test(Test {
                        left: Expr::of(Base::Slot(slot)),
                        check: Check::Compare(Comparison::Eq, Expr::of(Base::Literal(1))),
                    }),
                })
            }
            _ => {
                self.problem(
                    key,
                    RuleError::NoSuchCondition {
                        name: name.to_owned(),
                    },
                );
                None
            }
        }
    }

    fn node(&mut self, key: &str, raw: &RawNode) -> Option<Node> {
        let branches = [
            raw.all.is_some(),
            raw.any.is_some(),
            raw.not.is_some(),
            raw.always.is_some(),
            raw.fact.is_some() || raw.count.is_some() || raw.rank.is_some(),
        ];
        if branches.into_iter().filter(|said| *said).count() != 1 {
            self.problem(key, RuleError::NotOneThing);
            return None;
        }
        let is_test = branches[4];
        if !is_test && (raw.comparisons().count() > 0 || raw.expr() != RawExpr::default()) {
            self.problem(key, RuleError::NotOneThing);
            return None;
        }
        let id = match &raw.id {
            Some(id) => {
                self.claim(key, id, Some(raw));
                id.clone()
            }
            None => key.to_owned(),
        };
        if is_test && !self.in_tally {
            if raw.id.is_none() {
                self.problem(key, RuleError::NoId);
            }
            if raw.sentence.is_none() {
                self.problem(key, RuleError::NoSentence { id: id.clone() });
            }
        }
        let about = About {
            sentence: self.words(key, &id, raw.sentence.as_ref()),
            id,
            article: raw.article.clone(),
            confidence: raw.confidence.unwrap_or_default(),
        };
        let kind = if let Some(parts) = &raw.all {
            NodeKind::All(self.parts(key, "all", parts)?)
        } else if let Some(parts) = &raw.any {
            NodeKind::Any(self.parts(key, "any", parts)?)
        } else if let Some(part) = &raw.not {
            NodeKind::Not(Box::new(self.condition(&format!("{key}.not"), part)?))
        } else if let Some(holds) = raw.always {
            NodeKind::Constant(holds)
        } else {
            NodeKind::Test(self.test(key, raw)?)
        };
        Some(Node { about, kind })
    }

    fn parts(&mut self, key: &str, word: &str, parts: &[RawCondition]) -> Option<Vec<Node>> {
        let read: Vec<Option<Node>> = parts
            .iter()
            .enumerate()
            .map(|(index, part)| self.condition(&format!("{key}.{word}[{index}]"), part))
            .collect();
        read.into_iter().collect()
    }

    /// Takes an id for a definition; the same definition may be met many times, by its name.
    fn claim(&mut self, key: &str, id: &str, node: Option<&RawNode>) {
        let definition = node.cloned().unwrap_or_default();
        match self.ids.get(id) {
            Some(before) if *before != definition || node.is_none() => {
                self.problem(key, RuleError::IdTwice { id: id.to_owned() });
            }
            Some(_) => {}
            None => {
                self.ids.insert(id.to_owned(), definition);
            }
        }
    }

    fn words(&mut self, key: &str, id: &str, words: Option<&Words>) -> Option<crate::text::Text> {
        let words = words?;
        if let Some(problem) = words.problem() {
            self.problem(
                key,
                RuleError::Words {
                    id: id.to_owned(),
                    problem,
                },
            );
        }
        Some(words.text())
    }

    fn test(&mut self, key: &str, raw: &RawNode) -> Option<Test> {
        let (left, ty) = self.expr(key, &raw.expr())?;
        let mut said = raw.comparisons();
        let (comparison, more) = (said.next(), said.next());
        if more.is_some() {
            self.problem(key, RuleError::NotOneComparison);
            return None;
        }
        let check = match comparison {
            // A yes-or-no fact by itself.
            None if ty == Ty::Bool => Check::Compare(Comparison::Eq, Expr::of(Base::Literal(1))),
            None => {
                self.problem(key, RuleError::NotOneComparison);
                return None;
            }
            Some(Said::Known(wanted)) => Check::Known(wanted),
            Some(Said::In(options)) => {
                let read: Vec<Option<i64>> = options
                    .iter()
                    .map(|option| self.literal(key, option, &ty))
                    .collect();
                Check::OneOf(read.into_iter().collect::<Option<_>>()?)
            }
            Some(Said::Between(ends)) => match ends {
                [low, high] if ordered(&ty) => {
                    Check::Between(self.operand(key, low, &ty)?, self.operand(key, high, &ty)?)
                }
                _ => {
                    self.problem(
                        key,
                        RuleError::Kinds {
                            left: ty.word(),
                            right: "between (two ends are needed)".to_owned(),
                        },
                    );
                    return None;
                }
            },
            Some(Said::Compare { by, right, days }) => {
                let fits = match by {
                    Comparison::Eq | Comparison::Ne => true,
                    _ => ordered(&ty),
                } && (!days || matches!(ty, Ty::Date | Ty::Month));
                if !fits {
                    self.problem(
                        key,
                        RuleError::Kinds {
                            left: ty.word(),
                            right: "an order of days or numbers".to_owned(),
                        },
                    );
                    return None;
                }
                Check::Compare(by, self.operand(key, right, &ty)?)
            }
        };
        Some(Test { left, check })
    }

    fn operand(&mut self, key: &str, raw: &RawOperand, ty: &Ty) -> Option<Expr> {
        let RawOperand::Expr(raw) = raw else {
            let number = self.literal(key, raw, ty)?;
            return Some(Expr::of(Base::Literal(number)));
        };
        let (expr, found) = self.expr(key, raw)?;
        let fits = match (&found, ty) {
            (Ty::Choice(a), Ty::Choice(b)) => self.same_options(a, b),
            (a, b) => a == b,
        };
        if !fits {
            self.problem(
                key,
                RuleError::Kinds {
                    left: ty.word(),
                    right: format!("a {}", found.word()),
                },
            );
            return None;
        }
        Some(expr)
    }

    fn same_options(&self, a: &str, b: &str) -> bool {
        let kind = |id: &str| self.vocabulary.fact(id).map(|fact| &fact.kind);
        match (kind(a), kind(b)) {
            (Some(FactKind::Choice(a)), Some(FactKind::Choice(b))) => a
                .iter()
                .map(|option| &option.id)
                .eq(b.iter().map(|option| &option.id)),
            _ => false,
        }
    }

    fn literal(&mut self, key: &str, raw: &RawOperand, ty: &Ty) -> Option<i64> {
        let found = match (raw, ty) {
            (RawOperand::Bool(value), Ty::Bool) => Some(i64::from(*value)),
            (RawOperand::Number(value), Ty::Int) => Some(*value),
            (RawOperand::Text(text), Ty::Date) => text.parse().ok().map(dates::number),
            (RawOperand::Text(text), Ty::Month) => month(text),
            (RawOperand::Text(text), Ty::Choice(fact)) => {
                let options = match self.vocabulary.fact(fact).map(|fact| &fact.kind) {
                    Some(FactKind::Choice(options)) => options.as_slice(),
                    _ => &[],
                };
                let place = options.iter().position(|option| option.id == *text);
                if place.is_none() {
                    self.problem(
                        key,
                        RuleError::NoSuchOption {
                            fact: fact.clone(),
                            given: text.clone(),
                        },
                    );
                    return None;
                }
                place.and_then(|place| i64::try_from(place).ok())
            }
            _ => None,
        };
        if found.is_none() {
            let given = match raw {
                RawOperand::Bool(value) => value.to_string(),
                RawOperand::Number(value) => value.to_string(),
                RawOperand::Text(text) => text.clone(),
                RawOperand::Expr(_) => "a table".to_owned(),
            };
            self.problem(
                key,
                RuleError::Literal {
                    given,
                    kind: ty.word(),
                },
            );
        }
        found
    }

    fn slot(&mut self, key: &str, id: &str) -> Option<(Slot, Ty)> {
        let Some((slot, fact)) = self.vocabulary.slot(id).zip(self.vocabulary.fact(id)) else {
            self.problem(key, RuleError::NoSuchFact { id: id.to_owned() });
            return None;
        };
        let ty = match fact.kind {
            FactKind::Bool => Ty::Bool,
            FactKind::Number | FactKind::Money => Ty::Int,
            FactKind::Date => Ty::Date,
            FactKind::Month => Ty::Month,
            FactKind::Choice(_) => Ty::Choice(id.to_owned()),
        };
        Some((slot, ty))
    }

    fn expr(&mut self, key: &str, raw: &RawExpr) -> Option<(Expr, Ty)> {
        let (base, mut ty) = self.base(key, raw)?;
        let mut steps = Vec::new();
        for (word, step) in self.steps(key, raw)? {
            let (step, next) = match (step, &ty) {
                (RawStep::Date(step), Ty::Date) => (step, Ty::Date),
                (RawStep::Month(step), Ty::Date) => (step, Ty::Month),
                (RawStep::Number(step), Ty::Date) => (step, Ty::Int),
                (RawStep::Number(Step::MonthOfYear), Ty::Month) => (Step::MonthOfYear, Ty::Int),
                (RawStep::Date(Step::Months(months)), Ty::Month) => {
                    (Step::Add(i64::from(months)), Ty::Month)
                }
                (RawStep::Later(months), Ty::Month) => (Step::Add(months), Ty::Month),
                (RawStep::More(more), Ty::Int) => (Step::Add(more), Ty::Int),
                _ => {
                    self.problem(
                        key,
                        RuleError::WordMisfit {
                            word,
                            kind: ty.word(),
                        },
                    );
                    return None;
                }
            };
            // The number of its month is taken from the month.
            if step == Step::MonthOfYear && ty == Ty::Date {
                steps.push(Step::Month);
            }
            steps.push(step);
            ty = next;
        }
        let since = [
            (Unit::Days, &raw.days_since),
            (Unit::Weeks, &raw.weeks_since),
            (Unit::Months, &raw.months_since),
            (Unit::Years, &raw.years_since),
        ];
        let mut since = since
            .into_iter()
            .filter_map(|(unit, from)| Some((unit, from.clone()?)));
        let (first, second) = (since.next(), since.next());
        if second.is_some() {
            self.problem(
                key,
                RuleError::WordsExclude {
                    words: "days_since, weeks_since, months_since and years_since",
                },
            );
            return None;
        }
        let since = match first {
            None => None,
            Some((unit, id)) => {
                let (from, of) = self.slot(key, &id)?;
                if ty != Ty::Date || of != Ty::Date {
                    self.problem(
                        key,
                        RuleError::WordMisfit {
                            word: "a time since",
                            kind: if ty == Ty::Date { of.word() } else { ty.word() },
                        },
                    );
                    return None;
                }
                ty = Ty::Int;
                Some((unit, from))
            }
        };
        Some((Expr { base, steps, since }, ty))
    }

    fn base(&mut self, key: &str, raw: &RawExpr) -> Option<(Base, Ty)> {
        let said = [
            raw.fact.is_some(),
            raw.value.is_some(),
            raw.count.is_some(),
            raw.rank.is_some(),
        ];
        if said.into_iter().filter(|said| *said).count() != 1 {
            self.problem(key, RuleError::NotOneValue);
            return None;
        }
        if let Some(id) = &raw.fact {
            let (slot, ty) = self.slot(key, id)?;
            return Some((Base::Slot(slot), ty));
        }
        if let Some(value) = &raw.value {
            let found = match value {
                NumberOrWord::Number(number) => Some((*number, Ty::Int)),
                NumberOrWord::Word(word) => word
                    .parse::<Date>()
                    .ok()
                    .map(|day| (dates::number(day), Ty::Date))
                    .or_else(|| month(word).map(|month| (month, Ty::Month))),
            };
            if found.is_none() {
                self.problem(
                    key,
                    RuleError::Literal {
                        given: format!("{value:?}"),
                        kind: "day, month or number",
                    },
                );
            }
            return found.map(|(number, ty)| (Base::Literal(number), ty));
        }
        let tally = match (&raw.count, &raw.rank) {
            (Some(raw), _) => self.tally(key, raw, false)?,
            (_, Some(raw)) => self.tally(key, raw, true)?,
            (None, None) => return None,
        };
        Some((Base::Tally(tally), Ty::Int))
    }

    fn tally(&mut self, key: &str, raw: &RawTally, rank: bool) -> Option<Tally> {
        let misfit = if self.in_tally {
            Some("a count cannot stand in a count")
        } else if raw.of == Scope::Family {
            Some("there is only one family to count")
        } else if rank != raw.by.is_some() {
            Some("a rank needs a fact to go by, and a count has none")
        } else {
            None
        };
        if let Some(problem) = misfit {
            self.problem(key, RuleError::Tally { problem });
            return None;
        }
        let by = match &raw.by {
            None => None,
            Some(id) => {
                let (slot, ty) = self.slot(key, id)?;
                if ty != Ty::Date || slot.scope() != raw.of {
                    self.problem(
                        key,
                        RuleError::Tally {
                            problem: "a rank goes by a date of the members it counts",
                        },
                    );
                    return None;
                }
                Some(slot)
            }
        };
        self.in_tally = true;
        let filter = match &raw.filter {
            None => Some(always(key, true)),
            Some(filter) => self.condition(&format!("{key}.where"), filter),
        };
        self.in_tally = false;
        let filter = filter?;
        if levels(&filter) > MOST_DEPTH {
            self.problem(key, RuleError::TooLarge);
            return None;
        }
        Some(Tally {
            scope: raw.of,
            by,
            filter: Box::new(filter),
        })
    }

    /// The date words in the order in which they are applied.
    fn steps(&mut self, key: &str, raw: &RawExpr) -> Option<Vec<(&'static str, RawStep)>> {
        let mut steps = Vec::new();
        if raw.reaches.is_some() && raw.fiscal_year_end_after_reaching.is_some() {
            self.problem(
                key,
                RuleError::WordsExclude {
                    words: "reaches and fiscal_year_end_after_reaching",
                },
            );
            return None;
        }
        if raw.as_.is_some() && raw.month_after.is_some() {
            self.problem(
                key,
                RuleError::WordsExclude {
                    words: "as and month_after",
                },
            );
            return None;
        }
        if let Some(age) = &raw.reaches {
            let months = match age {
                NumberOrWord::Number(years) => years.checked_mul(12),
                NumberOrWord::Word(word) => match length(word) {
                    Some(RawStep::Date(Step::Months(months))) => Some(i64::from(months)),
                    _ => None,
                },
            };
            let Some(months) = months.and_then(|months| u16::try_from(months).ok()) else {
                self.bad_length(key, age);
                return None;
            };
            steps.push(("reaches", RawStep::Date(Step::Reaches(months))));
        }
        if let Some(years) = raw.fiscal_year_end_after_reaching {
            steps.push((
                "fiscal_year_end_after_reaching",
                RawStep::Date(Step::FiscalYearEnd(years)),
            ));
        }
        match raw.day {
            None => {}
            Some(RawDayOf::FirstOfMonth) => steps.push(("day", RawStep::Date(Step::FirstOfMonth))),
            Some(RawDayOf::LastOfMonth) => steps.push(("day", RawStep::Date(Step::LastOfMonth))),
        }
        for (word, given, sign) in [("plus", &raw.plus, 1), ("minus", &raw.minus, -1)] {
            let Some(given) = given else { continue };
            let step = match given {
                NumberOrWord::Number(more) => more.checked_mul(i64::from(sign)).map(RawStep::More),
                NumberOrWord::Word(text) => length(text).map(|step| match step {
                    RawStep::Date(Step::Days(days)) => RawStep::Date(Step::Days(days * sign)),
                    RawStep::Date(Step::Months(months)) => {
                        RawStep::Date(Step::Months(months * sign))
                    }
                    other => other,
                }),
            };
            let Some(step) = step else {
                self.bad_length(key, given);
                return None;
            };
            steps.push((word, step));
        }
        match raw.as_ {
            None => {}
            Some(RawAs::Month) => steps.push(("as month", RawStep::Month(Step::Month))),
            Some(RawAs::FiscalYear) => {
                steps.push(("as fiscal_year", RawStep::Number(Step::FiscalYear)));
            }
            Some(RawAs::MonthOfYear) => {
                steps.push(("as month_of_year", RawStep::Number(Step::MonthOfYear)));
            }
        }
        if let Some(months) = raw.month_after {
            steps.push(("month_after", RawStep::Month(Step::Month)));
            steps.push(("month_after", RawStep::Later(i64::from(months))));
        }
        Some(steps)
    }

    fn bad_length(&mut self, key: &str, given: &NumberOrWord) {
        let given = match given {
            NumberOrWord::Number(number) => number.to_string(),
            NumberOrWord::Word(word) => word.clone(),
        };
        self.problem(key, RuleError::Length { given });
    }
}

/// A word with what it makes of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RawStep {
    /// Of a day, a day.
    Date(Step),
    /// Of a day, a month.
    Month(Step),
    /// Of a day, a number.
    Number(Step),
    /// Of a month, a month.
    Later(i64),
    /// Of a number, a number.
    More(i64),
}

impl Expr {
    pub(super) fn of(base: Base) -> Self {
        Self {
            base,
            steps: Vec::new(),
            since: None,
        }
    }
}

/// The comparison of a test.
enum Said<'r> {
    Compare {
        by: Comparison,
        right: &'r RawOperand,
        /// Said with a word for days.
        days: bool,
    },
    In(&'r [RawOperand]),
    Between(&'r [RawOperand]),
    Known(bool),
}

impl RawNode {
    fn comparisons(&self) -> impl Iterator<Item = Said<'_>> {
        let plain = [
            (&self.eq, Comparison::Eq, false),
            (&self.ne, Comparison::Ne, false),
            (&self.lt, Comparison::Lt, false),
            (&self.le, Comparison::Le, false),
            (&self.gt, Comparison::Gt, false),
            (&self.ge, Comparison::Ge, false),
            (&self.before, Comparison::Lt, true),
            (&self.after, Comparison::Gt, true),
            (&self.on, Comparison::Eq, true),
            (&self.until, Comparison::Le, true),
            (&self.from, Comparison::Ge, true),
        ];
        plain
            .into_iter()
            .filter_map(|(right, by, days)| {
                right
                    .as_ref()
                    .map(|right| Said::Compare { by, right, days })
            })
            .chain(self.in_.as_deref().map(Said::In))
            .chain(self.between.as_deref().map(Said::Between))
            .chain(self.known.map(Said::Known))
    }
}

fn ordered(ty: &Ty) -> bool {
    matches!(ty, Ty::Int | Ty::Date | Ty::Month)
}

fn always(key: &str, holds: bool) -> Node {
    Node {
        about: silent(key.to_owned()),
        kind: NodeKind::Constant(holds),
    }
}

fn silent(id: String) -> About {
    About {
        id,
        sentence: None,
        article: None,
        confidence: Confidence::Verified,
    }
}

/// How many levels of `all` and `any` stand in one another.
fn levels(node: &Node) -> usize {
    match &node.kind {
        NodeKind::All(parts) | NodeKind::Any(parts) => {
            1 + parts.iter().map(levels).max().unwrap_or(0)
        }
        NodeKind::Not(part) => levels(part),
        NodeKind::Constant(_) | NodeKind::Test(_) => 0,
    }
}

/// A month such as `2026-04`.
fn month(text: &str) -> Option<i64> {
    let day: Date = format!("{text}-01").parse().ok()?;
    (text.len() == 7).then(|| dates::month_number(day.year(), day.month()))
}

/// A length of time such as `28d`, `6w`, `2m`, `1y`: days, or months.
fn length(text: &str) -> Option<RawStep> {
    let unit = text.chars().last()?;
    let count: i32 = text
        .get(..text.len().checked_sub(unit.len_utf8())?)?
        .parse()
        .ok()?;
    if !(0..=100_000).contains(&count) {
        return None;
    }
    Some(RawStep::Date(match unit {
        'd' => Step::Days(count),
        'w' => Step::Days(count * 7),
        'm' => Step::Months(count),
        'y' => Step::Months(count * 12),
        _ => return None,
    }))
}
