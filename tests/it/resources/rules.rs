//! The interpretation of resource definitions.

use std::collections::HashSet;

use serde_json::{Value, json};
use tucuxi::Resource;
use tucuxi::resource::{ActionOutput, Category};

use super::{asked, client};

use crate::support::client::IntoClient;

fn pond(answers: &[Value]) -> (Resource, std::sync::Arc<tucuxi::transport::Replay>) {
    let (client, replay) = client(answers);
    let pond = client
        .resource("pond")
        .unwrap()
        .sub("Pool", "north")
        .unwrap();
    (pond, replay)
}

fn shown(resources: &[Resource]) -> Vec<String> {
    resources.iter().map(|one| format!("{one:?}")).collect()
}

fn fish(name: &str) -> String {
    format!("pond.Fish(pond=\"north\", name=\"{name}\")")
}

#[test]
fn a_resource_can_be_sent_to_another_thread() {
    fn shareable<T: Send + Sync + Clone + 'static>() {}
    shareable::<Resource>();
}

#[test]
fn duplicate_names_get_their_category_as_a_suffix() {
    let (pond, _) = pond(&[]);
    let fish = pond.sub("Fish", "a").unwrap();
    let cases = [
        (Category::Identifier, vec!["pond", "name"]),
        (Category::Action, vec!["feed", "load", "reload"]),
        (Category::Subresource, vec!["Pond"]),
        (Category::Waiter, vec!["wait_until_grown"]),
        (
            Category::Attribute,
            vec![
                "feed_attribute",
                "kind",
                "load_attribute",
                "meta_attribute",
                "number",
                "pond_name",
                "wait_until_grown_attribute",
            ],
        ),
    ];
    for (category, names) in cases {
        assert_eq!(fish.names(category), names);
    }
    assert_eq!(pond.names(Category::Reference), ["eggs", "guest", "keeper"]);
    assert_eq!(pond.names(Category::Collection), ["fishes", "springs"]);
    // a member with the name of an identifier is not an attribute
    assert_eq!(
        pond.names(Category::Attribute),
        [
            "depth",
            "eggs_attribute",
            "guest_attribute",
            "keeper_attribute"
        ]
    );
}

#[test]
fn a_name_with_two_duplicates_is_an_error() {
    let (client, _) = client(&[]);
    let text = json!({"service": {}, "resources": {"X": {
        "identifiers": [{"name": "A"}, {"name": "AAction"}],
        "actions": {"A": {"request": {"operation": "DrainPond"}}},
    }}});
    let service = client.resource_from("pond", &text.to_string()).unwrap();
    let error = service.sub("X", ["1", "2"]).unwrap_err().to_string();
    let expected = "model: pond/resources-1: X: action A: the name a_action is taken too";
    assert_eq!(error, expected);
}

#[test]
fn a_service_has_all_types() {
    let (client, _) = client(&[]);
    let service = client.resource("pond").unwrap();
    // a Pond has a renamed identifier, which does not conflict with its own
    assert_eq!(
        service.names(Category::Subresource),
        ["Fish", "Keeper", "Pool"]
    );
    let pool = service.sub("Pool", "north").unwrap();
    assert_eq!(format!("{pool:?}"), "pond.Pond(name=\"north\")");
    let fish = service.sub("Fish", ["north", "a"]).unwrap();
    assert_eq!(fish.sub("pond", ()).unwrap(), pool);
}

#[test]
fn parameters_are_set_as_defined() {
    let described = json!({"Pond": {"Keeper": "Ana"}});
    let (pond, replay) = pond(&[described, json!({})]);
    pond.action("drain", json!({})).unwrap();
    let params = json!({
        "PondName": "north", "Kinds": ["any", "all"], "Filters": [{}, {"Values": ["north"]}],
        "Deep": {"Inner": "Ana"}, "Count": 3, "Wet": true,
    });
    let expected = [
        ("DescribePond".to_owned(), json!({"PondName": "north"})),
        ("DrainPond".to_owned(), params),
    ];
    assert_eq!(asked(&replay), expected);
}

#[test]
fn parameters_of_the_caller_replace_those_of_the_resource() {
    let (pond, replay) = pond(&[json!({}), json!({})]);
    let given = json!({"PondName": "south", "Kinds": ["none"]});
    pond.action("Fill", given.clone()).unwrap();
    pond.sub("Fish", "a")
        .unwrap()
        .action("feed", json!({"Name": "b"}))
        .unwrap();
    assert_eq!(asked(&replay)[0].1, given);
    assert_eq!(
        asked(&replay)[1].1,
        json!({"PondName": "north", "Name": "b"})
    );
    let error = pond.action("fill", json!([1])).unwrap_err();
    assert!(error.param_errors().is_some(), "{error}");
}

#[test]
fn an_action_can_be_changed_before_it_is_sent() {
    let (pond, replay) = pond(&[json!({"Count": 1}), json!({"Pond": {"Depth": 2}})]);
    let request = pond.request("fill", json!({"Wet": true})).unwrap();
    let output = request.region("eu-west-3").send().unwrap();
    assert_eq!(output.to_value().unwrap(), json!({"Count": 1}));
    assert!(replay.sent()[0].uri.host().unwrap().contains("eu-west-3"));
    assert_eq!(
        asked(&replay)[0].1,
        json!({"PondName": "north", "Wet": true})
    );
    let output = pond.request("Load", json!({})).unwrap().send().unwrap();
    assert_eq!(output.to_value().unwrap(), json!({"Pond": {"Depth": 2}}));
    let s3 = pond.client().resource("s3").unwrap();
    let error = s3
        .sub("Bucket", "b")
        .unwrap()
        .request("load", json!({}))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "resource: s3.Bucket.load is not a single call; use `action`"
    );
}

#[test]
fn attributes_are_cached_until_an_action() {
    let described = |depth: u32| json!({"Pond": {"Name": "north", "Depth": depth}});
    let (pond, replay) = pond(&[described(1), json!({}), described(2), described(3)]);
    assert_eq!(pond.data(), None);
    assert_eq!(pond.attribute("name").unwrap(), "north");
    assert_eq!(pond.attribute("depth").unwrap(), 1);
    assert_eq!(pond.attribute("Depth").unwrap(), 1);
    assert_eq!(pond.attribute("keeper_attribute").unwrap(), Value::Null);
    let same = pond.clone();
    pond.action("fill", json!({})).unwrap();
    assert_eq!(same.data(), None, "clones know the same");
    assert_eq!(same.attribute("depth").unwrap(), 2);
    pond.reload().unwrap();
    assert_eq!(pond.attribute("depth").unwrap(), 3);
    assert_eq!(asked(&replay).len(), 4);
}

#[test]
fn regression_loaded_attributes_survive_a_concurrent_action() {
    const TIMES: usize = 300;
    let (pond, _) = pond(&vec![json!({"Pond": {"Keeper": "Ana"}}); TIMES]);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..TIMES {
                assert_eq!(pond.attribute("keeper_attribute").unwrap(), "Ana");
            }
        });
        while !reader.is_finished() {
            // a call first clears the attributes
            let _ = pond.request("fill", json!({})).unwrap();
        }
    });
}

#[test]
fn an_identifier_has_the_name_of_its_member_too() {
    let (pond, replay) = pond(&[]);
    let fish = pond.sub("Fish", "a").unwrap();
    for name in ["pond", "Pond", "pond_name", "PondName"] {
        assert_eq!(fish.attribute(name).unwrap(), "north", "{name}");
    }
    assert!(replay.sent().is_empty());
}

#[test]
fn missing_attributes_are_explained() {
    let (pond, _) = pond(&[json!({})]);
    let error = pond.attribute("depth").unwrap_err().to_string();
    let expected = "resource: pond.Pond(name=\"north\") is unknown to the service: the response of DescribePond does not contain it";
    assert_eq!(error, expected);
    let keeper = pond
        .client()
        .resource("pond")
        .unwrap()
        .sub("Keeper", "Ana")
        .unwrap();
    let error = keeper.attribute("values").unwrap_err().to_string();
    let expected = "resource: pond.Keeper has no load action: its attributes are known only if a listing or an action returned them";
    assert_eq!(error, expected);
    assert_eq!(keeper.load().unwrap_err().to_string(), expected);
}

#[test]
fn references_follow_the_attributes() {
    let eggs = json!([{"Name": "a", "Kind": "1"}, {"Kind": "2"}, {"Name": "c", "Kind": "3"}]);
    let described = json!({"Pond": {"Keeper": "Ana", "Eggs": eggs}});
    let (pond, replay) = pond(&[described, json!({"Pond": {}})]);
    let keeper = pond.reference("keeper").unwrap().unwrap();
    assert_eq!(format!("{keeper:?}"), "pond.Keeper(name=\"Ana\")");
    assert_eq!(pond.references("keeper").unwrap(), [keeper]);
    assert_eq!(pond.reference("guest").unwrap(), None);
    let eggs = pond.references("eggs").unwrap();
    assert_eq!(shown(&eggs), [fish("a"), fish("c")]);
    // the attributes of an element without a name are not shifted to the next
    assert_eq!(eggs[1].attribute("kind").unwrap(), "3");
    let error = pond.reference("eggs").unwrap_err().to_string();
    assert_eq!(
        error,
        "resource: pond.Pond.eggs refers to multiple resources; use `references`"
    );
    pond.reload().unwrap();
    assert_eq!(pond.references("eggs").unwrap(), []);
    assert_eq!(pond.references("keeper").unwrap(), []);
    assert_eq!(asked(&replay).len(), 2);
}

#[test]
fn an_unknown_resource_refers_to_nothing() {
    let (pond, replay) = pond(&[json!({}), json!({}), json!({})]);
    assert_eq!(
        pond.action("reload", json!({})).unwrap(),
        ActionOutput::Value(Value::Null)
    );
    assert_eq!(pond.reference("keeper").unwrap(), None);
    assert_eq!(pond.references("eggs").unwrap(), []);
    assert_eq!(asked(&replay).len(), 3, "each is one call");
}

#[test]
fn an_action_returns_the_resources_of_its_response() {
    let some = json!([{"Name": "a", "Kind": "big"}, {"Name": "b", "Kind": "small"}, {"Name": "c", "Kind": "big"}]);
    let one = json!({"Name": "a", "Kind": "big"});
    let many = |names: &[&str]| Ok(names.iter().map(|name| fish(name)).collect::<Vec<_>>());
    let cases = [
        ("count", json!({"Count": 3}), Err(json!(3))),
        ("count", json!({}), Err(Value::Null)),
        ("fill", json!({"Count": 3}), Err(json!({"Count": 3}))),
        ("hatch", json!({"Fish": one}), many(&["a"])),
        ("hatch", json!({"Fish": {}}), Err(json!({}))),
        ("hatch", json!({}), Err(json!({}))),
        (
            "hatch_many",
            json!({"Fishes": some}),
            many(&["a", "b", "c"]),
        ),
        ("hatch_many", json!({"Fishes": []}), many(&[])),
        ("hatch_many", json!({}), many(&[])),
        ("hatch_named", json!({"Fishes": some}), many(&["a", "c"])),
        ("hatch_named", json!({}), many(&[])),
        ("hatch_noted", json!({"Notes": {"Name": "a"}}), many(&["a"])),
        ("hatch_noted", json!({}), Err(json!({}))),
        ("hatch_number", json!({}), Err(Value::Null)),
    ];
    for (action, answer, expected) in cases {
        let (pond, _) = pond(std::slice::from_ref(&answer));
        let found = match pond.action(action, json!({})).unwrap() {
            ActionOutput::Value(value) => Err(value),
            other => Ok(shown(&other.resources().unwrap())),
        };
        assert_eq!(found, expected, "{action}: {answer}");
    }
}

#[test]
fn resources_of_a_response_have_its_attributes() {
    let some = json!([{"Name": "a", "Kind": "1"}, {"Kind": "2"}, {"Name": "c", "Kind": "3"}]);
    let named = json!([{"Name": "a", "Kind": "small"}, {"Name": "c", "Kind": "big"}]);
    let answers = [
        json!({"Fish": {"Name": "a", "Kind": "0"}}),
        json!({"Fishes": some}),
        json!({"Fishes": named}),
        json!({}),
    ];
    let (pond, replay) = pond(&answers);
    let one = pond.action("hatch", json!({})).unwrap().resource().unwrap();
    assert_eq!(one.attribute("kind").unwrap(), "0");
    let many = pond
        .action("hatch_many", json!({}))
        .unwrap()
        .resources()
        .unwrap();
    let kinds: Vec<Value> = many
        .iter()
        .map(|fish| fish.attribute("kind").unwrap())
        .collect();
    assert_eq!(kinds, ["1", "3"]);
    let named = pond
        .action("hatch_named", json!({}))
        .unwrap()
        .resources()
        .unwrap();
    assert_eq!(named[0].attribute("kind").unwrap(), "big");
    let service = pond.client().resource("pond").unwrap();
    let dug = service
        .action("dig_pond", json!({"Name": "east"}))
        .unwrap()
        .resource()
        .unwrap();
    assert_eq!(format!("{dug:?}"), "pond.Pond(name=\"east\")");
    assert_eq!(dug.data(), None, "no path, so the answer has nothing of it");
    assert_eq!(asked(&replay).len(), 4);
}

#[test]
fn an_output_of_another_kind_is_an_error() {
    let (pond, _) = pond(&[json!({}), json!({}), json!({"Fish": {"Name": "a"}})]);
    let outcome = |action: &str| pond.action(action, json!({})).unwrap();
    let error = outcome("fill").resource().unwrap_err().to_string();
    assert_eq!(
        error,
        "resource: the action returned a value, not one resource"
    );
    let error = outcome("hatch_many").resource().unwrap_err().to_string();
    assert_eq!(
        error,
        "resource: the action returned a list of resources, not one resource"
    );
    assert!(outcome("hatch").value().is_err());
}

/// Two pages of fish.
fn pages() -> [Value; 2] {
    [
        json!({"Fishes": [{"Name": "a"}, {"Name": "b"}], "Next": "2"}),
        json!({"Fishes": [{"Name": "c", "Kind": "big"}]}),
    ]
}

#[test]
fn a_collection_goes_through_its_pages() {
    let (pond, replay) = pond(&pages());
    let fishes = pond.collection("fishes").unwrap().all();
    assert!(
        replay.sent().is_empty(),
        "nothing is asked before the first"
    );
    let found: Vec<Resource> = fishes.into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(shown(&found), [fish("a"), fish("b"), fish("c")]);
    assert_eq!(found[2].attribute("kind").unwrap(), "big");
    let first = json!({"PondName": "north", "Kinds": ["any"], "Deep": {"Inner": "x"}});
    let mut second = first.clone();
    second["Token"] = "2".into();
    let params: Vec<Value> = asked(&replay)
        .into_iter()
        .map(|(_, params)| params)
        .collect();
    assert_eq!(params, [first, second]);
}

#[test]
fn filters_are_merged() {
    let (pond, replay) = pond(&[json!({}), json!({})]);
    let fishes = pond.collection("fishes").unwrap();
    let some = fishes
        .clone()
        .filter(json!({"Kinds": ["a"], "Deep": {"Values": ["p"]}, "Count": 1}));
    let more = some.filter(json!({"Kinds": ["b"], "Deep": {"Values": ["q"]}, "Count": 2}));
    assert_eq!(more.into_iter().count() + fishes.into_iter().count(), 0);
    let joined = json!({
        "PondName": "north", "Kinds": ["any", "a", "b"], "Deep": {"Inner": "x", "Values": ["q"]}, "Count": 2,
    });
    assert_eq!(asked(&replay)[0].1, joined);
    let alone = json!({"PondName": "north", "Kinds": ["any"], "Deep": {"Inner": "x"}});
    assert_eq!(asked(&replay)[1].1, alone, "a clone goes its own way");
}

#[test]
fn limits_and_page_sizes_are_respected() {
    // (limit, sizes of pages, number of requests)
    let cases = [
        (None, vec![2, 1], 2),
        (Some(0), vec![], 0),
        (Some(1), vec![1], 1),
        (Some(2), vec![2], 1),
        (Some(3), vec![2, 1], 2),
        (Some(9), vec![2, 1], 2),
    ];
    for (limit, sizes, count) in cases {
        let (pond, replay) = pond(&pages());
        let mut fishes = pond.collection("fishes").unwrap().page_size(2);
        if let Some(limit) = limit {
            fishes = fishes.limit(limit);
        }
        let found: Vec<usize> = fishes.pages().map(|page| page.unwrap().len()).collect();
        assert_eq!((found, asked(&replay).len()), (sizes, count), "{limit:?}");
        assert!(
            asked(&replay)
                .iter()
                .all(|(_, params)| params["Size"] == "2")
        );
    }
}

#[test]
fn a_listing_without_pages_is_one_page() {
    let (client, replay) = client(&[json!({"Ponds": ["a", "b"]}), json!({})]);
    let ponds = client
        .resource("pond")
        .unwrap()
        .collection("ponds")
        .unwrap()
        .page_size(1);
    let found: Vec<Resource> = ponds
        .clone()
        .limit(1)
        .into_iter()
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(shown(&found), ["pond.Pond(name=\"a\")"]);
    assert_eq!(
        ponds
            .pages()
            .map(|page| page.unwrap().len())
            .collect::<Vec<_>>(),
        [0]
    );
    assert_eq!(asked(&replay)[0].1, json!({}));
}

#[test]
fn an_error_ends_a_collection() {
    let (pond, _) = pond(&pages()[..1]);
    let mut fishes = pond.collection("fishes").unwrap().into_iter();
    assert!(fishes.next().unwrap().is_ok() && fishes.next().unwrap().is_ok());
    assert!(fishes.next().unwrap().is_err());
    assert!(fishes.next().is_none());
    let fishes = pond.collection("fishes").unwrap().filter(json!("x"));
    let error = fishes.into_iter().next().unwrap().unwrap_err().to_string();
    assert_eq!(error, "pagination: the parameters are not an object");
}

#[test]
fn a_batch_is_one_call_per_page() {
    let none = json!({"Fishes": [], "Next": "1"});
    let [first, second] = pages();
    // the fish of the first page lack their kind
    let kind = |kind: &str| json!({"Fish": {"Kind": kind}});
    let mut first_known = first;
    first_known["Fishes"][0]["Kind"] = "old".into();
    first_known["Fishes"][1] = json!({"Name": "b", "Kind": "new"});
    let answers = [
        none,
        first_known,
        json!({"Count": 2}),
        second,
        json!({"Count": 1}),
        kind("x"),
    ];
    let (pond, replay) = pond(&answers);
    let fishes = pond.collection("fishes").unwrap();
    assert_eq!(fishes.batch_actions().unwrap(), ["catch", "rename"]);
    let outcomes = fishes.batch("catch", json!({"Kinds": ["given"]})).unwrap();
    let counts: Vec<Value> = outcomes
        .into_iter()
        .map(|outcome| outcome.value().unwrap())
        .collect();
    assert_eq!(counts, [json!({"Count": 2}), json!({"Count": 1})]);
    let asked = asked(&replay);
    let called: Vec<&str> = asked.iter().map(|(operation, _)| &**operation).collect();
    assert_eq!(
        called,
        ["ListFish", "ListFish", "CatchFish", "ListFish", "CatchFish"]
    );
    let entries = json!([{"Id": "a", "Note": "old"}, {"Id": "b", "Note": "new"}]);
    assert_eq!(
        asked[2].1,
        json!({"PondName": "north", "Kinds": ["given"], "Entries": entries})
    );
    let entries = json!([{"Id": "c", "Note": "big"}]);
    assert_eq!(
        asked[4].1,
        json!({"PondName": "north", "Kinds": ["given"], "Entries": entries})
    );
}

#[test]
fn a_batch_may_return_resources() {
    let [first, _] = pages();
    let (pond, replay) = pond(&[first, json!({}), json!({})]);
    let fishes = pond.collection("fishes").unwrap().limit(2);
    let outcomes = fishes.batch("Rename", json!({})).unwrap();
    let keeper = outcomes.into_iter().next().unwrap().resource().unwrap();
    assert_eq!(format!("{keeper:?}"), "pond.Keeper(name=\"a\")");
    assert_eq!(asked(&replay)[1].1, json!({"Kinds": ["a", "b"]}));
    let error = fishes.batch("cach", json!({})).unwrap_err().to_string();
    let expected = "resource: pond.Pond(name=\"north\").fishes: unknown action \"cach\"; did you mean catch? its \
                    actions are: catch, rename";
    assert_eq!(error, expected);
}

#[test]
fn waiters_have_the_parameters_of_the_resource() {
    for name in [
        "grown",
        "Grown",
        "wait_until_grown",
        "WaitUntilGrown",
        "wait-until-grown",
    ] {
        let kind = |kind: &str| json!({"Fish": {"Kind": kind}});
        let (pond, replay) = pond(&[kind("small"), kind("big")]);
        let fish = pond.sub("Fish", "a").unwrap();
        assert_eq!(fish.wait(name).unwrap().attempts, 2, "{name}");
        assert_eq!(
            asked(&replay)[0].1,
            json!({"PondName": "north", "Name": "a"})
        );
    }
}

#[test]
fn identifiers_must_match_the_type() {
    let (client, _) = client(&[]);
    let service = client.resource("pond").unwrap();
    let cases = [
        (
            json!(["a"]),
            "pond.Fish: identifier name is missing; its identifiers are: pond, name",
        ),
        (
            json!(["a", null]),
            "pond.Fish: identifier name is missing; its identifiers are: pond, name",
        ),
        (
            json!({"name": "a"}),
            "pond.Fish: identifier pond is missing; its identifiers are: pond, name",
        ),
        (
            json!(["a", "b", "c"]),
            "pond.Fish: too many identifiers (3); its identifiers are: pond, name",
        ),
        (
            json!({"key": "a"}),
            "pond.Fish: unknown identifier \"key\"; its identifiers are: pond, name",
        ),
        (
            json!({"Name": "a", "name": "b"}),
            "pond.Fish: identifier name is given twice",
        ),
    ];
    for (given, expected) in cases {
        let error = service.sub("Fish", given.clone()).unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("resource: {expected}"),
            "{given}"
        );
    }
    let pond = service.sub("Fish", ["a", "b"]).unwrap().sub("Pond", "x");
    let expected = "resource: pond.Pond: too many identifiers (1); its identifiers are: name";
    assert_eq!(pond.unwrap_err().to_string(), expected);
}

#[test]
#[allow(clippy::mutable_key_type, reason = "what may change is not hashed")]
fn resources_are_equal_by_type_and_identifiers() {
    let (pond, _) = pond(&[json!({"Fishes": [{"Name": "a", "Kind": "big"}]})]);
    let listed = pond
        .collection("fishes")
        .unwrap()
        .into_iter()
        .next()
        .unwrap()
        .unwrap();
    let fish = pond.sub("Fish", "a").unwrap();
    assert_eq!(listed, fish, "what is known does not count");
    assert_ne!(fish, pond.sub("Fish", "b").unwrap());
    let service = pond.client().resource("pond").unwrap();
    assert_ne!(service.sub("Keeper", "north").unwrap(), pond);
    let set = HashSet::from([listed, fish.clone(), pond]);
    assert_eq!(set.len(), 2);
    assert_eq!(format!("{fish:?}"), self::fish("a"));
    assert_eq!(format!("{service:?}"), "pond.ServiceResource()");
}

#[test]
fn a_secret_is_not_shown() {
    let (client, _) = client(&[]);
    let iam = client.resource("iam").unwrap();
    let pair = iam
        .sub("AccessKeyPair", ["ana", "AKIDEXAMPLE", "hidden"])
        .unwrap();
    let expected = "iam.AccessKeyPair(user_name=\"ana\", id=\"AKIDEXAMPLE\", secret=***)";
    assert_eq!(format!("{pair:?}"), expected);
    assert_eq!(pair.identifier("secret").unwrap(), "hidden");
}

#[test]
fn misuse_lists_the_valid_names() {
    let (pond, _) = pond(&[]);
    let errors = [
        pond.action("drainn", json!({})).unwrap_err(),
        pond.action("fishes", json!({})).unwrap_err(),
        pond.collection("fish").unwrap_err(),
        pond.sub("Fisch", "a").unwrap_err(),
        pond.waiter("exists", json!({})).unwrap_err(),
        pond.reference("owner").unwrap_err(),
        pond.attribute("colour").unwrap_err(),
        pond.identifier("id").unwrap_err(),
    ];
    let actions = "its actions are: count, drain, fill, hatch, hatch_many, hatch_named, hatch_noted, hatch_number, load, reload";
    let expected = [
        format!("unknown action \"drainn\"; did you mean drain? {actions}"),
        format!("unknown action \"fishes\"; fishes is one of its collections; {actions}"),
        "unknown collection \"fish\"; fish is one of its sub-resources; did you mean fishes? its collections are: fishes, springs".into(),
        "unknown sub-resource \"Fisch\"; did you mean Fish? its sub-resources are: Fish".into(),
        "unknown waiter \"exists\"; it has no waiters".into(),
        "unknown reference \"owner\"; its references are: eggs, guest, keeper".into(),
        "unknown attribute \"colour\"; its attributes are: depth, eggs_attribute, guest_attribute, keeper_attribute".into(),
        "unknown identifier \"id\"; its identifiers are: name".into(),
    ];
    for (error, expected) in errors.iter().zip(expected) {
        assert_eq!(
            error.to_string(),
            format!("resource: pond.Pond: {expected}")
        );
    }
    let error = pond.client().resource("kms").unwrap_err().to_string();
    let expected = "resource: kms has no resources; those that have: cloudformation, cloudwatch, dynamodb, ec2, glacier, \
                    iam, pond, s3, sns, sqs";
    assert_eq!(error, expected);
}

#[test]
fn errors_of_invalid_definitions_name_the_path() {
    let (client, _) = client(&[]);
    let x = |definition: Value| json!({"service": {}, "resources": {"X": definition}}).to_string();
    let call = |params: Value| json!({"actions": {"A": {"request": {"operation": "DrainPond", "params": params}}}});
    let cases = [
        (
            x(json!({"shape": "Nope"})),
            "X: there is no shape Nope in pond",
        ),
        (
            x(json!({"actions": {"A": {}}})),
            "X: missing field `request`",
        ),
        (
            x(call(json!([{"target": "A[", "source": "input"}]))),
            "X: \"A[\" is not a valid target",
        ),
        (
            x(call(json!([{"target": "A", "source": "air"}]))),
            "X: unknown variant `air`",
        ),
        (
            x(
                json!({"load": {"request": {"operation": "DescribePond", "params": [
                    {"target": "Name", "source": "data", "path": "Keeper"}]}}}),
            ),
            "X: load: Name comes from the attributes, which are not loaded before it",
        ),
        (
            x(json!({"hasMany": {"L": {"request": {"operation": "ListFish"}}}})),
            "X: hasMany.L: it has no resource",
        ),
        (
            x(json!({"load": {"request": {"operation": "A"}, "path": "a["}})),
            "X: \"a[\", character",
        ),
    ];
    for (text, expected) in cases {
        let service = client.resource_from("pond", &text).unwrap();
        let error = service.sub("X", ()).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("model: pond/resources-1: {expected}")),
            "{error}"
        );
    }
    let error = client.resource_from("pond", "{}").unwrap_err().to_string();
    assert!(
        error.starts_with("model: pond/resources-1: missing field `service`"),
        "{error}"
    );
    let other = json!({"service": {"has": {"Y": {"resource": {"type": "Y"}}}}}).to_string();
    let service = client.resource_from("pond", &other).unwrap();
    let error = service.sub("Y", ()).unwrap_err().to_string();
    assert_eq!(error, "model: there is no type \"Y\" in pond/resources-1");
}

#[test]
fn definitions_may_be_in_a_folder_without_a_model() {
    let folder = tempfile::tempdir().unwrap();
    let version = folder.path().join("kms/2014-11-01");
    std::fs::create_dir_all(&version).unwrap();
    let keys = json!({"service": {"hasMany": {"Keys": {
        "request": {"operation": "ListKeys"},
        "resource": {"type": "Key", "identifiers": [{"target": "Id", "source": "response", "path": "Keys[].KeyId"}]},
    }}}, "resources": {"Key": {"identifiers": [{"name": "Id"}]}}});
    std::fs::write(version.join("resources-1.json"), keys.to_string()).unwrap();
    let config = tucuxi::Config::builder().region("eu-west-1").unsigned();
    let config = config.environment([("AWS_DATA_PATH", folder.path().to_str().unwrap())]);
    let replay = tucuxi::transport::Replay::new();
    let replay = replay.respond(200, &[], json!({"Keys": [{"KeyId": "k"}]}).to_string());
    let client = config.over(replay);
    assert!(
        client
            .introspect()
            .resources()
            .unwrap()
            .contains(&"kms".into())
    );
    let keys = client.resource("kms").unwrap().collection("keys").unwrap();
    let keys: Vec<Resource> = keys.into_iter().collect::<Result<_, _>>().unwrap();
    assert_eq!(shown(&keys), ["kms.Key(id=\"k\")"]);
}

#[test]
fn definitions_are_read_once() {
    let (client, _) = client(&[]);
    let (one, other) = (
        client.resource("pond").unwrap(),
        client.resource("Pond").unwrap(),
    );
    assert!(std::ptr::eq(one.definitions(), other.definitions()));
    let elsewhere = client.with(|config| config.region("ap-south-1")).unwrap();
    let elsewhere = elsewhere.resource("pond").unwrap();
    assert!(std::ptr::eq(one.definitions(), elsewhere.definitions()));
    assert_eq!(elsewhere.client().config().region(), Some("ap-south-1"));
    let (a, b) = (
        one.sub("Pool", "a").unwrap(),
        elsewhere.sub("Pool", "a").unwrap(),
    );
    assert!(std::ptr::eq(a.definition(), b.definition()));
}
