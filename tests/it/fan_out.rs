//! One call over many regions and accounts, on a loopback server that counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::{Value, json};
use tucuxi::fan_out::{Account, FanOut, Target};
use tucuxi::transport::CancelToken;
use tucuxi::{Client, Config, Credentials, ErrorKind};

use crate::support::client::connect;
use crate::support::loopback::{Answer, Asked, Server};

const REGIONS: [&str; 17] = [
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-north-1",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "sa-east-1",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
];

const NONE: [&str; 0] = [];

fn arn(account: usize) -> String {
    format!("arn:aws:iam::{account:012}:role/audit")
}

fn client(url: &str) -> Client {
    // of all services, also of STS
    let environment = [("AWS_ENDPOINT_URL", url)];
    let config = Config::builder()
        .environment(environment)
        .region("eu-west-1");
    let config = config.credentials(Credentials::new("AKIDOWN", "secret"));
    let config = config
        .operation_timeout(Duration::from_secs(30))
        .max_attempts(1);
    connect(config.build().unwrap()).unwrap()
}

/// The access key and the region that signed a request.
fn signer(asked: &Asked) -> (String, String) {
    let header = asked.header("authorization").unwrap();
    let scope = header.split("Credential=").nth(1).unwrap();
    let mut parts = scope.split('/');
    let key = parts.next().unwrap().to_owned();
    (key, parts.nth(1).unwrap().to_owned())
}

/// STS, whose keys name the account of the role.
fn assumed(asked: &Asked) -> Option<Answer> {
    if !asked.body.contains("Action=AssumeRole") {
        return None;
    }
    let account = asked.body.split("iam%3A%3A").nth(1).unwrap()[..12].to_owned();
    let body = format!(
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::{account}:assumed-role/audit/s</Arn>\
         </AssumedRoleUser><Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    Some(Some((200, body)))
}

fn refused() -> Answer {
    let body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
    Some((403, body.into()))
}

/// Three pages of tables, whose names have the key and the region that signed the request.
fn tables(asked: &Asked) -> Answer {
    let (key, region) = signer(asked);
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let start = body["ExclusiveStartTableName"].as_str();
    let page: usize = start.map_or(0, |start| start["page-".len()..].parse().unwrap());
    let mut result = json!({"TableNames": [format!("{key}/{region}/{page}")]});
    if page < 2 {
        result["LastEvaluatedTableName"] = format!("page-{}", page + 1).into();
    }
    Some((200, result.to_string()))
}

#[test]
fn many_listings_have_all_pages_and_each_role_is_assumed_once() {
    let server = Server::start(|asked| assumed(asked).unwrap_or_else(|| tables(asked)));
    let fan_out = client(&server.url)
        .fan_out()
        .regions(REGIONS)
        .roles((0..20).map(arn));
    let results = fan_out.pages("dynamodb", "ListTables", json!({})).unwrap();
    let mut pages: BTreeMap<Target, Vec<String>> = BTreeMap::new();
    for tagged in results {
        let page = tagged.result.unwrap();
        let name = page["TableNames"][0].as_str().unwrap().to_owned();
        pages.entry(tagged.target).or_default().push(name);
    }
    assert_eq!(pages.len(), 340);
    for (target, names) in pages {
        let (account, region) = (target.account.id().unwrap(), target.region.unwrap());
        let expected = [0, 1, 2].map(|page| format!("ASIA{account}/{region}/{page}"));
        assert_eq!(names, expected);
    }
    let asked = server.asked();
    let roles = asked
        .iter()
        .filter(|asked| asked.body.contains("AssumeRole"));
    assert_eq!(roles.count(), 20);
    assert_eq!(asked.len(), 20 + 340 * 3);
}

#[test]
fn an_account_or_a_target_that_fails_does_not_stop_the_others() {
    let server = Server::start(|asked| {
        if asked.body.contains("AssumeRole") && asked.body.contains("000000000007") {
            return refused();
        }
        match assumed(asked) {
            Some(answer) => answer,
            None if signer(asked).1 == "sa-east-1" => refused(),
            None => tables(asked),
        }
    });
    let fan_out = client(&server.url)
        .fan_out()
        .regions(REGIONS)
        .roles((0..20).map(arn));
    let found = fan_out
        .pages("dynamodb", "ListTables", json!({}))
        .unwrap()
        .collect_all();
    assert_eq!(found.results.len(), 19 * 16 * 3);
    let failed = |region: Option<&str>| {
        let errors = found.errors.iter();
        let errors = errors.filter(move |(target, _)| target.region.as_deref() == region);
        errors
            .map(|(target, _)| target.account.clone())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(failed(None), BTreeSet::from([Account::Role(arn(7))]));
    assert_eq!(failed(Some("sa-east-1")).len(), 19);
    assert_eq!(found.errors.len(), 20);
    let (target, error) = found
        .errors
        .iter()
        .find(|(target, _)| target.region.is_none())
        .unwrap();
    assert_eq!(target.to_string(), arn(7));
    assert_eq!(error.kind(), ErrorKind::Credentials);
    assert!(
        error
            .to_string()
            .contains("000000000007:role/audit: sts.AssumeRole: AccessDenied"),
        "{error}"
    );
}

#[test]
fn profiles_have_their_own_credentials_and_regions() {
    let server = Server::start(tables);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let profiles = "[profile a]\naws_access_key_id = KEYA\naws_secret_access_key = s\nregion = eu-north-1\n\
                    [profile b]\naws_access_key_id = KEYB\naws_secret_access_key = s\n";
    std::fs::write(&file, profiles).unwrap();
    let config = Config::builder().environment([
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
        ("AWS_ACCESS_KEY_ID", "KEYENV"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ]);
    let config = config.endpoint_url(&server.url).max_attempts(1);
    let client = connect(config.build().unwrap()).unwrap();
    let call = |fan_out: FanOut| {
        let found = fan_out
            .call("dynamodb", "ListTables", json!({"Limit": 1}))
            .unwrap()
            .collect_all();
        let names = found
            .results
            .iter()
            .map(|(_, page)| page["TableNames"][0].as_str().unwrap().to_owned());
        let errors = found.errors.iter().map(|(target, _)| target.to_string());
        (
            names.collect::<BTreeSet<_>>(),
            errors.collect::<BTreeSet<_>>(),
        )
    };
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    // the region of the profile
    let (names, errors) = call(client.fan_out().profiles(["a", "b", "a", "missing"]));
    assert_eq!(names, set(&["KEYA/eu-north-1/0"]));
    assert_eq!(errors, set(&["profile b", "profile missing"]));
    let (names, errors) =
        call(
            client
                .fan_out()
                .profiles(["a"])
                .regions(["eu-west-1", "eu-west-1", "us-west-2"]),
        );
    assert_eq!(names, set(&["KEYA/eu-west-1/0", "KEYA/us-west-2/0"]));
    assert!(errors.is_empty());
    // without accounts it is the client's
    let (names, _) = call(client.fan_out().regions(["eu-west-1"]));
    assert_eq!(names, set(&["KEYENV/eu-west-1/0"]));
}

#[test]
fn all_regions_are_those_that_the_account_has_enabled() {
    let enabled = |asked: &Asked| {
        let names = ["eu-west-1", "us-east-1", "xx-unknown-1"];
        let names = names.map(|name| format!("<item><regionName>{name}</regionName></item>"));
        let body = format!(
            "<DescribeRegionsResponse><regionInfo>{}</regionInfo></DescribeRegionsResponse>",
            names.concat()
        );
        asked
            .body
            .contains("DescribeRegions")
            .then_some(Some((200, body)))
    };
    let regions = |answer: fn(&Asked) -> Option<Answer>, service: &str, operation: &str| {
        let answer = move |asked: &Asked| answer(asked).or_else(|| assumed(asked));
        let server =
            Server::start(move |asked| answer(asked).unwrap_or_else(|| Some((200, "{}".into()))));
        let fan_out = client(&server.url)
            .fan_out()
            .all_regions()
            .roles([arn(1), arn(2)]);
        let found = fan_out.call(service, operation, json!({})).unwrap();
        let regions: BTreeSet<String> = found.map(|tagged| tagged.target.region.unwrap()).collect();
        let asked = server.asked();
        let lookups = asked
            .iter()
            .filter(|asked| asked.body.contains("DescribeRegions"));
        (regions, lookups.count())
    };
    let (found, lookups) = regions(enabled, "dynamodb", "ListTables");
    assert_eq!(
        found,
        BTreeSet::from(["eu-west-1".to_owned(), "us-east-1".to_owned()])
    );
    assert_eq!(lookups, 2);
    // an account that may not call it is called in all regions
    let denied = |asked: &Asked| asked.body.contains("DescribeRegions").then(refused);
    let (found, lookups) = regions(denied, "dynamodb", "ListTables");
    assert!(found.len() > 25 && found.contains("sa-east-1"), "{found:?}");
    assert_eq!(lookups, 2);
    // a service without regions is called once for each account
    let (found, lookups) = regions(enabled, "iam", "ListUsers");
    assert_eq!(
        (found, lookups),
        (BTreeSet::from(["eu-west-1".to_owned()]), 0)
    );
}

#[test]
fn an_empty_list_has_no_targets() {
    let server = Server::start(|asked| assumed(asked).unwrap_or_else(|| tables(asked)));
    type Change = fn(FanOut) -> FanOut;
    let cases: [(&str, Change, usize); 9] = [
        ("no lists", |fan_out| fan_out, 1),
        ("no roles", |fan_out| fan_out.roles(NONE), 0),
        ("no profiles", |fan_out| fan_out.profiles(NONE), 0),
        ("no regions", |fan_out| fan_out.regions(NONE), 0),
        (
            "no accounts, but regions",
            |fan_out| fan_out.regions(["eu-west-1"]).roles(NONE),
            0,
        ),
        (
            "no accounts, but all regions",
            |fan_out| fan_out.roles(NONE).all_regions(),
            0,
        ),
        (
            "no regions, but an account",
            |fan_out| fan_out.roles([arn(1)]).regions(NONE),
            0,
        ),
        (
            "no profiles, but a role",
            |fan_out| fan_out.roles([arn(1)]).profiles(NONE),
            1,
        ),
        (
            "no regions, and then one",
            |fan_out| fan_out.regions(NONE).regions(["eu-west-1"]),
            1,
        ),
    ];
    for (what, change, count) in cases {
        let before = server.asked().len();
        let fan_out = change(client(&server.url).fan_out());
        let found = fan_out.call("dynamodb", "ListTables", json!({})).unwrap();
        assert_eq!(found.count(), count, "{what}");
        let requests = server.asked().len() - before;
        assert_eq!(requests > 0, count > 0, "{what}: {requests} requests");
    }
}

#[test]
fn all_regions_are_of_the_partition_of_each_account() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let profile = |name: &str, region: &str| {
        format!(
            "[profile {name}]\naws_access_key_id = {name}\naws_secret_access_key = s\nregion = {region}\n"
        )
    };
    let profiles = [
        profile("default", "eu-west-1"),
        profile("aws", "us-east-1"),
        profile("cn", "cn-north-1"),
        profile("gov", "us-gov-west-1"),
        profile("off", "eu-north-1"),
    ];
    std::fs::write(&file, profiles.concat()).unwrap();
    let server = Server::start(|asked| {
        if !asked.body.contains("DescribeRegions") {
            return Some((200, "{}".into()));
        }
        let (key, region) = signer(asked);
        let enabled = if key == "off" { "xx-other-1" } else { &region };
        let body = format!(
            "<DescribeRegionsResponse><regionInfo><item><regionName>{enabled}</regionName></item></regionInfo></DescribeRegionsResponse>"
        );
        Some((200, body))
    });
    let config = Config::builder().environment([
        ("AWS_CONFIG_FILE", file.to_str().unwrap()),
        ("AWS_ENDPOINT_URL", &*server.url),
    ]);
    let client = connect(config.max_attempts(1).build().unwrap()).unwrap();
    let fan_out = client.fan_out().all_regions();
    let fan_out = fan_out.profiles(["aws", "cn", "gov", "off"]);
    let found = fan_out
        .call("dynamodb", "ListTables", json!({}))
        .unwrap()
        .collect_all();
    let names = found.results.iter().map(|(target, _)| target.to_string());
    let names: BTreeSet<String> = names.collect();
    let expected = [
        "cn-north-1, profile cn",
        "us-east-1, profile aws",
        "us-gov-west-1, profile gov",
    ];
    assert_eq!(names, expected.map(str::to_owned).into());
    // an account is never left out without a word
    let [(target, error)] = &*found.errors else {
        panic!("{:?}", found.errors)
    };
    assert_eq!(target.to_string(), "profile off");
    let text = error.to_string();
    assert!(text.contains("has enabled none of the regions"), "{text}");
}

#[test]
fn a_waiter_waits_for_each_target() {
    let count = AtomicUsize::new(0);
    let server = Server::start(move |asked| {
        let is_late = signer(asked).1 == "us-east-1" && count.fetch_add(1, Ordering::SeqCst) == 0;
        let status = if is_late { "CREATING" } else { "ACTIVE" };
        Some((200, json!({"Table": {"TableStatus": status}}).to_string()))
    });
    let client = client(&server.url)
        .with(|config| config.sleep(|_| ()))
        .unwrap();
    let fan_out = client.fan_out().regions(["eu-west-1", "us-east-1"]);
    let waited = fan_out
        .wait("dynamodb", "TableExists", json!({"TableName": "table"}))
        .unwrap();
    let attempts: BTreeMap<String, u32> = waited
        .map(|tagged| {
            (
                tagged.target.region.unwrap(),
                tagged.result.unwrap().attempts,
            )
        })
        .collect();
    assert_eq!(
        attempts,
        BTreeMap::from([("eu-west-1".to_owned(), 1), ("us-east-1".to_owned(), 2)])
    );
}

#[test]
fn a_wrong_call_is_an_error_before_anything_is_sent() {
    let server = Server::start(tables);
    let fan_out = || client(&server.url).fan_out().regions(REGIONS);
    let kinds = [
        fan_out()
            .call("dynamodb", "ListTable", json!({}))
            .unwrap_err()
            .kind(),
        fan_out()
            .call("dynamodb", "ListTables", json!({"Limit": "x"}))
            .unwrap_err()
            .kind(),
        fan_out()
            .pages("dynamodb", "DescribeTable", json!({"TableName": "table"}))
            .unwrap_err()
            .kind(),
        fan_out()
            .wait("dynamodb", "TableIsThere", json!({}))
            .unwrap_err()
            .kind(),
        fan_out().each("nothing", |_| Ok(())).unwrap_err().kind(),
    ];
    let expected = [
        ErrorKind::Model,
        ErrorKind::Params,
        ErrorKind::Pagination,
        ErrorKind::Model,
        ErrorKind::Model,
    ];
    assert_eq!(kinds, expected);
    assert!(server.lines().is_empty());
}

#[test]
fn cancelling_and_dropping_end_what_has_begun() {
    let (came, begun) = mpsc::channel();
    let server = Server::start(move |_| {
        came.send(()).unwrap();
        None
    });
    let client = client(&server.url);
    let start = |cancel: &CancelToken| {
        let fan_out = client
            .fan_out()
            .regions(REGIONS)
            .threads(3)
            .cancel_with(cancel);
        fan_out.call("dynamodb", "ListTables", json!({})).unwrap()
    };
    let cancel = CancelToken::default();
    let results = start(&cancel);
    for _ in 0..3 {
        begun.recv_timeout(Duration::from_secs(30)).unwrap();
    }
    cancel.cancel();
    let ended: Vec<bool> = results
        .map(|tagged| tagged.result.unwrap_err().is_cancelled())
        .collect();
    assert_eq!(ended, [true; 3]);
    // the token of the program is not cancelled
    let other = CancelToken::default();
    let results = start(&other);
    begun.recv_timeout(Duration::from_secs(30)).unwrap();
    drop(results);
    assert!(!other.is_cancelled());
}

#[test]
fn pages_wait_until_they_are_taken() {
    let server = Server::start(tables);
    let fan_out = client(&server.url).fan_out().regions(REGIONS).threads(4);
    let mut results = fan_out.pages("dynamodb", "ListTables", json!({})).unwrap();
    results.next().unwrap().result.unwrap();
    // one page for each thread, and the one after the first
    assert!(server.lines().len() <= 5);
    assert_eq!(results.count(), 17 * 3 - 1);
}

#[test]
fn a_panic_of_the_program_is_resumed() {
    let server = Server::start(tables);
    let fan_out = client(&server.url).fan_out().regions(REGIONS).threads(2);
    let results = fan_out.each("dynamodb", |client| {
        assert_ne!(
            client.config().region(),
            Some("eu-west-2"),
            "of the program"
        );
        Ok(())
    });
    let taken = std::panic::AssertUnwindSafe(|| results.unwrap().count());
    assert!(std::panic::catch_unwind(taken).is_err());
}
