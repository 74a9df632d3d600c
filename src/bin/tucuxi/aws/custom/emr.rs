//! EMR: tags as `key=value`, and groups of cluster states.

use serde_json::{Value, json};

use super::{Added, Custom, NONE, Params, first, one, option};
use crate::aws::grammar::Takes;

pub(super) const TABLE: &[Custom] = &[
    Custom {
        service: "emr",
        operation: "add-tags",
        added: &[Added {
            name: "tags",
            takes: Takes::Some,
            required: true,
            put: |params, values| {
                let tags = values.iter().map(|text| {
                    let (key, value) = text.split_once('=').unwrap_or((text, ""));
                    json!({"Key": key, "Value": value})
                });
                params.insert("Tags".into(), tags.collect::<Vec<Value>>().into());
                Ok(())
            },
        }],
        ..NONE
    },
    Custom {
        service: "emr",
        operation: "list-clusters",
        added: &[
            option("cluster-states", Takes::Some, |params, values| {
                states(params, values.into())
            }),
            option("active", Takes::None, |params, _| {
                states(params, ACTIVE.into())
            }),
            option("terminated", Takes::None, |params, _| {
                states(params, ["TERMINATED"].as_slice().into())
            }),
            option("failed", Takes::None, |params, _| {
                states(params, ["TERMINATED_WITH_ERRORS"].as_slice().into())
            }),
            one("created-before", |params, values| {
                params.insert("CreatedBefore".into(), first(values).into());
                Ok(())
            }),
            one("created-after", |params, values| {
                params.insert("CreatedAfter".into(), first(values).into());
                Ok(())
            }),
        ],
        ..NONE
    },
];

const ACTIVE: &[&str] = &[
    "STARTING",
    "BOOTSTRAPPING",
    "RUNNING",
    "WAITING",
    "TERMINATING",
];

fn states(params: &mut Params, states: Value) -> Result<(), String> {
    if params.contains_key("ClusterStates") {
        return Err(
            "only one of --cluster-states, --active, --terminated and --failed may be given".into(),
        );
    }
    params.insert("ClusterStates".into(), states);
    Ok(())
}
