//! The child allowance of October 2024 as one `zen-expression`, over the same households as our own figures: prints
//! households per second and the sum in yen, which must be ours. Month numbers are prepared by the host, as for our columns.

use std::time::Instant;

use serde_json::{Value, json};
use zen_expression::compile_expression;
use zen_expression::variable::Variable;
use zen_expression::vm::VM;

const ALLOWANCE: &str = "sum(map(children as c, c.from <= month and month <= c.until18 ? \
     (count(children as d, d.order <= c.order and d.from <= month and \
     (month <= d.until18 or (d.supported and month <= d.until22))) >= 3 ? 30000 : \
     (month <= c.until3 ? 15000 : 10000)) : 0))";

/// The households come as JSON Lines on standard input: `{"month", "children": [{"order", "from", "until3", "until18",
/// "until22", "supported"}]}`.
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let households = std::io::stdin()
        .lines()
        .map(|line| Ok(Variable::from(serde_json::from_str::<Value>(&line?)?)))
        .collect::<Result<Vec<_>, Box<dyn std::error::Error>>>()?;
    let expression = compile_expression(ALLOWANCE)?;
    let mut vm = VM::new();
    let mut total = 0_i64;
    let start = Instant::now();
    for household in &households {
        let yen = expression.evaluate_with(household.clone(), &mut vm)?.to_value();
        total += yen.as_i64().ok_or("not a whole number")?;
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = households.len() as f64 / seconds;
    println!("{}", json!({ "households": households.len(), "per_second": rate, "total": total }));
    Ok(())
}
