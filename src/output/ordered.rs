//! Members of a result in the order of the model, whatever the order in the response was.

use serde_json::{Map, Value};

use crate::model::{Kind, Location, Members, ServiceModel, ShapeId};
use crate::tree::Tree;

/// Sorts the members of a value and of those within it: members of headers first, then those of the body, then those that the model
/// does not have.
pub(super) fn sort(value: &mut Value, shape: ShapeId, model: &ServiceModel) {
    // a shape that cannot be read has no order
    let Ok(shape) = model.shape(shape) else {
        return;
    };
    match (&shape.kind, value) {
        (Kind::Structure(members) | Kind::Union(members), Value::Object(map)) => {
            sort_members(map, members);
            for (name, value) in map {
                if let Some(member) = members.get(name) {
                    sort(value, member.target, model);
                }
            }
        }
        (Kind::List(member), Value::Array(items)) => {
            items
                .iter_mut()
                .for_each(|item| sort(item, member.target, model));
        }
        (Kind::Map { value: of, .. }, Value::Object(map)) => {
            map.values_mut()
                .for_each(|value| sort(value, of.target, model));
        }
        _ => {}
    }
}

/// Sorts the members of a node of a tree, and of those below it.
pub(super) fn sort_tree(tree: &mut Tree, at: usize, shape: ShapeId, model: &ServiceModel) {
    let Ok(shape) = model.shape(shape) else {
        return;
    };
    let node = tree.at(at);
    match &shape.kind {
        Kind::Structure(members) | Kind::Union(members) if node.is_map() => {
            let mut previous = None;
            tree.sort_members(at, |name| {
                let found = members.find_name(previous, name);
                previous = found.or(previous);
                rank(members, found)
            });
            for child in tree.inner(at) {
                if let Some(member) = members.get(tree.name(child)) {
                    sort_tree(tree, child, member.target, model);
                }
            }
        }
        Kind::List(of) if node.is_list() => {
            for child in tree.inner(at) {
                sort_tree(tree, child, of.target, model);
            }
        }
        Kind::Map { value: of, .. } if node.is_map() => {
            for child in tree.inner(at) {
                sort_tree(tree, child, of.target, model);
            }
        }
        _ => {}
    }
}

/// The place of a member: whether it is unknown, whether it is of the body, and its number in the model.
pub(super) type Rank = (bool, bool, Option<usize>);

/// Returns the place of a member that `find_name` found.
pub(super) fn rank(members: &Members, found: Option<usize>) -> Rank {
    let is_header = found.is_some_and(|at| {
        let location = members.at(at).location;
        matches!(
            location,
            Location::Header | Location::Headers | Location::StatusCode
        )
    });
    (found.is_none(), !is_header, found)
}

fn sort_members(map: &mut Map<String, Value>, members: &Members) {
    let rank = |previous: &mut Option<usize>, name: &String| {
        let found = members.find_name(*previous, name);
        *previous = found.or(*previous);
        rank(members, found)
    };
    // most responses have the order of the model
    let mut previous = None;
    if map.keys().map(|name| rank(&mut previous, name)).is_sorted() {
        return;
    }
    let mut previous = None;
    let entries = std::mem::take(map).into_iter();
    let mut entries: Vec<_> = entries
        .map(|(name, value)| (rank(&mut previous, &name), (name, value)))
        .collect();
    entries.sort_by_key(|(rank, _)| *rank);
    map.extend(entries.into_iter().map(|(_, entry)| entry));
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;

    #[test]
    fn members_have_the_order_of_the_model() {
        let config = crate::config::Config::builder().isolated().build().unwrap();
        let replay = crate::transport::Replay::new();
        let client = crate::client::Client::with_transport(config, replay).unwrap();
        let model = client.model("s3").unwrap();
        let output = model.operation("GetBucketLogging").unwrap().output.unwrap();
        let sorted = |text: &str| {
            let mut value = serde_json::from_str(text).unwrap();
            let mut tree = Tree::from(&value);
            sort(&mut value, output, &model);
            sort_tree(&mut tree, 0, output, &model);
            assert_eq!(serde_json::to_string(&tree).unwrap(), value.to_string());
            value.to_string()
        };
        let grants = r#"{"LoggingEnabled":{"TargetPrefix":"p","TargetGrants":[{"X":1,"Permission":"READ","Grantee":{"URI":"u","Type":"Group"}}],"TargetBucket":"b"}}"#;
        assert_eq!(
            sorted(grants),
            r#"{"LoggingEnabled":{"TargetBucket":"b","TargetGrants":[{"Grantee":{"Type":"Group","URI":"u"},"Permission":"READ","X":1}],"TargetPrefix":"p"}}"#
        );
        for same in ["null", "{}", r#"{"LoggingEnabled":[]}"#] {
            assert_eq!(sorted(same), same);
        }
    }
}
