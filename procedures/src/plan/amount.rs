//! How much, for one family: asks the tables of amounts, and says nothing where something they need is not known.

use jiff::civil::Date;

use super::family::{Family, Whom};
use super::item::{Amount, Deadline};
use super::known;
use super::work::{View, Work};
use crate::amounts::{
    self, Amounts, Childbirth, ChildcareRelief, DisabledChild, GradedChildren, Household,
    MaternityPay, MaternityRelief, MonthNumber, Outcome, Parent, Part, Pregnancy, PregnancySupport,
};
use crate::catalogue::{Procedure, Version};
use crate::rules::FactValue;
use crate::text::Text;

/// How much an item comes to.
pub(super) fn amount<'c>(
    work: &Work<'c, '_>,
    procedure: &'c Procedure,
    version: &'c Version,
    view: View<'_>,
    deadline: Option<&Deadline<'_>>,
) -> Option<Amount<'c>> {
    let table = version.amount.as_ref()?;
    let note = table.note.as_ref();
    let unsaid = Amount {
        yen: None,
        monthly: false,
        months: None,
        first_month: None,
        last_month: None,
        paid_in: None,
        note,
    };
    let computed = Amounts::builtin().ok().and_then(|tables| {
        computed(
            work,
            tables,
            (procedure, &table.table),
            view,
            deadline,
            note,
        )
    });
    Some(computed.unwrap_or(unsaid))
}

fn computed<'c>(
    work: &Work<'c, '_>,
    tables: &'static Amounts,
    (procedure, table): (&Procedure, &str),
    view: View<'_>,
    deadline: Option<&Deadline<'_>>,
    note: Option<&'c Text>,
) -> Option<Amount<'c>> {
    let family = work.family;
    let value = |id: &str| work.value_of(view.known, view.focus, id);
    let number = |id: &str| match value(id)? {
        FactValue::Number(number) => Some(number),
        _ => None,
    };
    let day = |id: &str| match value(id)? {
        FactValue::Date(day) => Some(day),
        _ => None,
    };
    let delivered = day("delivery.date").or_else(|| day("delivery.due_date"));
    let birth = known::delivery_day(family);
    let due = day("delivery.due_date");
    let fetuses = number("delivery.fetuses");
    let pregnancy = family
        .delivery
        .weeks
        .filter(|_| birth.is_some())
        .map(|(weeks, days)| Pregnancy::weeks(weeks, days));
    let maternity = MaternityRelief {
        parent: Parent::Mother,
        birth,
        due,
        filed: None,
        multiple: fetuses.is_some_and(|all| all > 1),
        pregnancy,
        other_category: false,
    };
    match table {
        "jido_teate" => allowance(work, tables, view, deadline, note),
        "shussan_ikuji_ichijikin" => {
            let asked = Childbirth {
                children: fetuses.unwrap_or(1),
                pregnancy,
                in_scheme: value("delivery.facility_in_scheme") != Some(FactValue::Bool(false)),
                insured: true,
                month: MonthNumber::of(delivered?),
            };
            let outcome = tables.benefits.childbirth_lump_sum(&asked).ok()?;
            Some(once(outcome.total?, note))
        }
        "ninpu_shien" => {
            // One entry of the catalogue for each of the two payments; the second goes by the number of fetuses.
            let first = procedure.id.as_str() == "ninpu_shien_1";
            let asked = PregnancySupport {
                fetuses: fetuses.filter(|_| !first),
                first,
                month: MonthNumber::of(delivered.unwrap_or(work.today)),
            };
            if !first {
                fetuses?;
            }
            let outcome = tables.benefits.pregnancy_support(&asked).ok()?;
            Some(once(outcome.total?, note))
        }
        "shussan_teatekin" => {
            let asked = MaternityPay {
                birth,
                due,
                multiple: maternity.multiple,
                pregnancy,
                daily_pay: None,
            };
            let outcome = tables.benefits.childbirth_allowance(&asked).ok()?;
            Some(Amount {
                yen: None,
                ..once(outcome.total.unwrap_or_default(), note)
            })
        }
        "tokuji_teate" | "shogaiji_fukushi_teate" => disability(work, tables, view, table, note),
        "sanzen_sango_nenkin" => months(
            &tables.benefits.pension_maternity_relief(&maternity).ok()?,
            note,
        ),
        "sanzen_sango_kokuho" => months(
            &tables.benefits.nhi_maternity_relief(&maternity).ok()?,
            note,
        ),
        "ikuji_menjo_nenkin" => {
            let asked = ChildcareRelief {
                birth: MaternityRelief {
                    parent: if view.whom == Whom::Father {
                        Parent::Father
                    } else {
                        Parent::Mother
                    },
                    ..maternity
                },
                after_maternity: None,
                care_began: day("parent.care_began_on"),
                no_child: family.all_lost(),
            };
            months(
                &tables.benefits.pension_childcare_relief(&asked).ok()?,
                note,
            )
        }
        _ => None,
    }
}

/// The two allowances for a disabled child, as far as its grade was told; income limits are for the office.
fn disability<'c>(
    work: &Work<'c, '_>,
    tables: &'static Amounts,
    view: View<'_>,
    table: &str,
    note: Option<&'c Text>,
) -> Option<Amount<'c>> {
    let FactValue::Choice(grade) = work.value_of(view.known, view.focus, "child.disability")?
    else {
        return None;
    };
    // Both are paid from the month after the claim.
    let month = MonthNumber::of(work.today).plus(1);
    let outcome = match (table, grade.as_str()) {
        ("shogaiji_fukushi_teate", "severe") => {
            let asked = DisabledChild {
                children: 1,
                month,
                ..DisabledChild::default()
            };
            tables.benefits.disabled_child_welfare_allowance(&asked)
        }
        ("tokuji_teate", grade @ ("grade_1" | "grade_2" | "severe")) => {
            // Constant care in daily life is grade 1 or more.
            let second = grade == "grade_2";
            let asked = GradedChildren {
                grade_1: i64::from(!second),
                grade_2: i64::from(second),
                month,
                ..GradedChildren::default()
            };
            tables.benefits.special_child_rearing_allowance(&asked)
        }
        _ => return None,
    };
    Some(Amount {
        monthly: true,
        first_month: Some(month),
        ..once(outcome.ok()?.total?, note)
    })
}

fn once(yen: i64, note: Option<&Text>) -> Amount<'_> {
    Amount {
        yen: Some(yen),
        monthly: false,
        months: None,
        first_month: None,
        last_month: None,
        paid_in: None,
        note,
    }
}

fn months<'c>(outcome: &Outcome<'_>, note: Option<&'c Text>) -> Option<Amount<'c>> {
    let month = |name: &str| {
        outcome.parts.iter().find_map(|(part, value)| match value {
            Part::Month(month) if *part == name => Some(*month),
            _ => None,
        })
    };
    let count = outcome.total?;
    Some(Amount {
        yen: None,
        monthly: false,
        months: (count > 0).then_some(count),
        first_month: month("first_month"),
        last_month: month("last_month"),
        paid_in: None,
        note,
    })
}

/// The child allowance of the child, for the first month a claim of today reaches.
fn allowance<'c>(
    work: &Work<'c, '_>,
    tables: &'static Amounts,
    view: View<'_>,
    deadline: Option<&Deadline<'_>>,
    note: Option<&'c Text>,
) -> Option<Amount<'c>> {
    let family = work.family;
    let FactValue::Date(birth) = work.value_of(view.known, view.focus, "child.birth")? else {
        return None;
    };
    let claim = work.today.max(birth);
    let limit = deadline.map_or(birth, |deadline| deadline.open_until);
    let counted = if claim <= limit { birth } else { claim };
    let first = MonthNumber::of(counted).plus(1);
    let (children, at) = household(work, family, view, birth);
    let household = Household {
        children,
        ..Household::default()
    };
    let answer = amounts::allowance(&household, first, &tables.allowance).ok()?;
    let own = answer.children.get(at)?;
    Some(Amount {
        yen: Some(i64::from(own.yen)),
        monthly: true,
        months: None,
        first_month: Some(first),
        last_month: None,
        paid_in: tables.allowance.paid_in(first).ok(),
        note,
    })
}

fn household(
    work: &Work<'_, '_>,
    family: &Family,
    view: View<'_>,
    birth: Date,
) -> (Vec<amounts::Child>, usize) {
    let mut children = Vec::new();
    let mut place = 0;
    let mut add = |child: &super::family::Child, whom: Whom| {
        let focus = work.members.focus(family, whom);
        let flag = |id: &str| match work.value_of(&work.now, focus, id) {
            Some(FactValue::Bool(flag)) => Some(flag),
            _ => None,
        };
        if whom == view.whom {
            place = children.len();
        }
        // Past the fiscal year of eighteen only a statement of care and support counts a child: told, never presumed.
        let grown = family.told.iter().any(|told| {
            told.of == whom && told.fact == "child.supported" && told.value == FactValue::Bool(true)
        });
        children.push(amounts::Child {
            custody: flag("child.custody").unwrap_or(true),
            supported: grown,
            birth_minute: child.minute,
            died: child.died,
            ..amounts::Child::born(child.birth)
        });
    };
    for (at, child) in family.delivery.children.iter().enumerate() {
        add(child, Whom::Child(at));
    }
    for (at, child) in family.older.iter().enumerate() {
        add(child, Whom::Older(at));
    }
    if view.whom == Whom::Expected {
        place = children.len();
        children.push(amounts::Child::born(birth));
    }
    (children, place)
}
