//! CloudSearch: the members of an expression and of an index field as options, and the endpoints of domains.

use serde_json::Value;
use tucuxi::Client;

use super::{Added, Custom, NONE, Params, first, one, structure};
use crate::aws::grammar::Takes;
use crate::failure::Failure;

pub(super) const TABLE: &[Custom] = &[
    Custom {
        service: "cloudsearchdomain",
        operation: "*",
        finish: Some(needs_endpoint),
        ..NONE
    },
    Custom {
        service: "cloudsearch",
        operation: "define-expression",
        removed: &["expression"],
        added: &[
            required("name", |params, values| {
                put(params, "Expression", "ExpressionName", values)
            }),
            required("expression", |params, values| {
                put(params, "Expression", "ExpressionValue", values)
            }),
        ],
        ..NONE
    },
    Custom {
        service: "cloudsearch",
        operation: "define-index-field",
        removed: &["index-field"],
        added: &[
            required("name", |params, values| {
                put(params, "IndexField", "IndexFieldName", values)
            }),
            required("type", |params, values| {
                put(params, "IndexField", "IndexFieldType", values)
            }),
            one("default-value", default_value),
            one("facet-enabled", |params, values| {
                switch(params, "FacetEnabled", values)
            }),
            one("search-enabled", |params, values| {
                switch(params, "SearchEnabled", values)
            }),
            one("return-enabled", |params, values| {
                switch(params, "ReturnEnabled", values)
            }),
            one("sort-enabled", |params, values| {
                switch(params, "SortEnabled", values)
            }),
            one("source-field", |params, values| {
                option(params, "SourceField", first(values).into())
            }),
            one("highlight-enabled", |params, values| {
                switch(params, "HighlightEnabled", values)
            }),
            one("analysis-scheme", |params, values| {
                option(params, "AnalysisScheme", first(values).into())
            }),
        ],
        ..NONE
    },
];

const fn required(
    name: &'static str,
    put: fn(&mut Params, &[String]) -> Result<(), String>,
) -> Added {
    Added {
        name,
        takes: Takes::One,
        required: true,
        put,
    }
}

fn put(params: &mut Params, outer: &str, name: &str, values: &[String]) -> Result<(), String> {
    structure(params, outer)?.insert(name.into(), first(values).into());
    Ok(())
}

/// Each domain has an endpoint of its own.
fn needs_endpoint(_: &mut Params, client: &Client) -> Result<(), Failure> {
    let config = client.config();
    let url = config.endpoint_url("cloudsearch_domain");
    match url.map_err(tucuxi::Error::from)? {
        Some(_) => Ok(()),
        None => Err(Failure::Usage(
            "--endpoint-url is required: the search or document endpoint of the domain".into(),
        )),
    }
}

/// The type of the field in the names of members: `IntArray` for `int-array`.
fn field_type(params: &mut Params) -> Result<String, String> {
    let field = structure(params, "IndexField")?;
    let given = field.get("IndexFieldType").and_then(Value::as_str);
    let given = given.ok_or("--type must be given too")?;
    Ok(match given {
        "latlon" => "LatLon".into(),
        given => given.split('-').map(capitalized).collect(),
    })
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(word.len().min(1));
    first.to_uppercase() + &rest.to_lowercase()
}

/// Sets an option of the field, which depends on its type.
fn option(params: &mut Params, name: &str, value: Value) -> Result<(), String> {
    let options = field_type(params)? + "Options";
    structure(structure(params, "IndexField")?, &options)?.insert(name.into(), value);
    Ok(())
}

fn switch(params: &mut Params, name: &str, values: &[String]) -> Result<(), String> {
    let is_on = !first(values).eq_ignore_ascii_case("false");
    option(params, name, is_on.into())
}

fn default_value(params: &mut Params, values: &[String]) -> Result<(), String> {
    let text = first(values);
    let wrong = || format!("{text:?} is no number");
    let value = match &*field_type(params)? {
        "Int" | "IntArray" => text.parse::<i64>().map_err(|_| wrong())?.into(),
        "Double" | "DoubleArray" => text.parse::<f64>().map_err(|_| wrong())?.into(),
        _ => text.into(),
    };
    option(params, "DefaultValue", value)
}
