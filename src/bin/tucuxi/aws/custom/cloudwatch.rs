//! CloudWatch: `put-metric-data` with the members of one metric as options.

use serde_json::{Number, Value, json};

use super::{Custom, NONE, Params, first, first_of_list, one, pair, whole_number};

pub(super) const TABLE: &[Custom] = &[Custom {
    service: "cloudwatch",
    operation: "put-metric-data",
    optional: &["metric-data"],
    added: &[
        one("metric-name", |params, values| {
            put(params, "MetricName", first(values))
        }),
        one("timestamp", |params, values| {
            put(params, "Timestamp", first(values))
        }),
        one("unit", |params, values| put(params, "Unit", first(values))),
        one("value", |params, values| {
            put(params, "Value", number(first(values))?)
        }),
        one("dimensions", |params, values| {
            let pairs = first(values).split(',').map(|text| {
                let (name, value) = pair(text)?;
                Ok(json!({"Name": name, "Value": value}))
            });
            put(
                params,
                "Dimensions",
                pairs.collect::<Result<Vec<Value>, String>>()?,
            )
        }),
        one("statistic-values", |params, values| {
            let pairs = first(values).split(',').map(|text| {
                let (name, value) = pair(text)?;
                Ok((name.to_owned(), number(value)?))
            });
            put(
                params,
                "StatisticValues",
                pairs.collect::<Result<Params, String>>()?,
            )
        }),
        one("storage-resolution", |params, values| {
            put(params, "StorageResolution", whole_number(first(values))?)
        }),
    ],
    exclusive: &[[
        &["metric-data"],
        &[
            "dimensions",
            "metric-name",
            "statistic-values",
            "timestamp",
            "unit",
            "value",
        ],
    ]],
    ..NONE
}];

fn put(params: &mut Params, name: &str, value: impl Into<Value>) -> Result<(), String> {
    first_of_list(params, "MetricData")?.insert(name.into(), value.into());
    Ok(())
}

fn number(text: &str) -> Result<Value, String> {
    let number = text.trim().parse().ok().and_then(Number::from_f64);
    let number = number.ok_or_else(|| format!("{text:?} is no number"))?;
    Ok(Value::Number(number))
}
