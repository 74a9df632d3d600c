//! The compliance cases of JMESPath.

use serde_json::Value;
use tucuxi::Tree;
use tucuxi::query::{Query, QueryError, QueryErrorKind};

use crate::suite::{self, Suite};

#[test]
fn compliance() {
    let Some(folder) = suite::folder("jmespath") else {
        return;
    };
    let mut suite = Suite::new("jmespath");
    for file in suite::files(&folder, ".json") {
        let groups: Value = serde_json::from_str(&suite::text(&file)).unwrap();
        let name = file.file_stem().unwrap().to_string_lossy();
        for group in groups.as_array().unwrap() {
            for case in group["cases"].as_array().unwrap() {
                let id = format!("{name} {}", case["expression"]);
                suite.case(&id, || compare(&group["given"], case).into());
            }
        }
    }
    suite::finish([suite]);
}

fn compare(given: &Value, case: &Value) -> Result<(), String> {
    let query = Query::compile(case["expression"].as_str().unwrap());
    let tree = Tree::from(given);
    let in_tree = query
        .clone()
        .and_then(|query| query.search_tree(tree.root()));
    let in_tree = in_tree.map(|found| found.root().to_value());
    let found = query.and_then(|query| Ok(query.search(given)?.into_owned()));
    if in_tree != found {
        return Err(format!("{in_tree:?} in a tree, {found:?} in a value"));
    }
    match (case.get("result"), case["error"].as_str(), found) {
        (Some(expected), _, Ok(found)) if same(&found, expected) => Ok(()),
        (Some(expected), _, found) => Err(format!("{found:?} instead of {expected}")),
        (None, Some(class), Err(error)) if is_of_class(&error, class) => Ok(()),
        (None, Some(class), found) => Err(format!("{found:?} instead of {class}")),
        // benchmarks have no expectation
        (None, None, found) => found.map(|_| ()).map_err(|e| e.to_string()),
    }
}

/// Compares values; numbers are compared numerically.
fn same(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn is_of_class(error: &QueryError, class: &str) -> bool {
    let expected = match class {
        "invalid-arity" => QueryErrorKind::InvalidArity,
        "invalid-type" => QueryErrorKind::InvalidType,
        "invalid-value" => QueryErrorKind::InvalidValue,
        "syntax" => QueryErrorKind::Syntax,
        "unknown-function" => QueryErrorKind::UnknownFunction,
        _ => return false,
    };
    error.kind == expected
}
