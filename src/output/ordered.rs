//! Members of a result in the order of the model, whatever the order in the response was.

use crate::model::{Kind, Location, Members, ServiceModel, ShapeId};
use crate::tree::Tree;

/// Sorts the members of a node of a tree, and of those below it: members of headers first, then those of the body, then those that the
/// model does not have.
pub(super) fn sort(tree: &mut Tree, at: usize, shape: ShapeId, model: &ServiceModel) {
    let Ok(shape) = model.shape(shape) else {
        return;
    };
    match &shape.kind {
        Kind::Structure(members) | Kind::Union(members) if tree.at(at).is_map() => {
            let mut previous = None;
            tree.sort_members(at, |name| {
                let found = members.find_name(previous, name);
                previous = found.or(previous);
                rank(members, found)
            });
            tree.for_each_inner(at, |tree, child| {
                if let Some(member) = members.get(tree.name(child)) {
                    sort(tree, child, member.target, model);
                }
            });
        }
        Kind::List(of) if tree.at(at).is_list() => {
            tree.for_each_inner(at, |tree, child| sort(tree, child, of.target, model));
        }
        Kind::Map { value: of, .. } if tree.at(at).is_map() => {
            tree.for_each_inner(at, |tree, child| sort(tree, child, of.target, model));
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
            let mut tree = Tree::from(&serde_json::from_str(text).unwrap());
            sort(&mut tree, 0, output, &model);
            serde_json::to_string(&tree).unwrap()
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
