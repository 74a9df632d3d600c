#![no_main]

use serde_json::Value;
use tucuxi::query::Query;

// an expression, a line break, and a JSON document
libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (expression, document) = text.split_once('\n').unwrap_or((text, "null"));
    let Ok(query) = Query::compile(expression) else {
        return;
    };
    assert_eq!(query.text(), expression);
    let value = serde_json::from_str::<Value>(document).unwrap_or_default();
    let found = query.search(&value);
    let again = query.clone();
    assert_eq!(found, again.search(&value), "a search has one result");
});
