//! sts, iam.

use serde_json::json;

use crate::{Service, all, text, unique};

#[test]
fn sts() {
    let Some(sts) = Service::on_moto("sts") else {
        return;
    };
    let who = sts.call("GetCallerIdentity", json!({}));
    assert!(text(&who, "/Arn").starts_with("arn:aws:"));
    let role = "arn:aws:iam::123456789012:role/reader";
    let assumed = sts.call(
        "AssumeRole",
        json!({"RoleArn": role, "RoleSessionName": "story"}),
    );
    assert!(text(&assumed, "/Credentials/Expiration").ends_with('Z'));
    assert!(text(&assumed, "/AssumedRoleUser/Arn").ends_with("reader/story"));
    let long = json!({"Name": "xy", "Policy": "p".repeat(3000)});
    assert_eq!(sts.refused("GetFederationToken", long), "ValidationError");
}

#[test]
fn iam() {
    let Some(iam) = Service::on_moto("iam") else {
        return;
    };
    let name = unique("user");
    let tags = json!([{"Key": "team", "Value": "a & b <c>"}]);
    iam.call(
        "CreateUser",
        json!({"UserName": name, "Path": "/staff/", "Tags": tags}),
    );
    let read = iam.call("GetUser", json!({"UserName": name}));
    assert_eq!(read["User"]["Tags"], tags);
    assert!(
        all(
            &iam.call("ListUsers", json!({"PathPrefix": "/staff/"}))["Users"],
            "UserName"
        )
        .contains(&&*name)
    );
    iam.call("DeleteUser", json!({"UserName": name}));
    let error = iam.refusal("GetUser", json!({"UserName": name}));
    let error = error.service_error().unwrap();
    assert_eq!(
        (&*error.code, error.shape.as_deref()),
        ("NoSuchEntity", Some("NoSuchEntityException"))
    );
    assert!(error.message.contains(&name) && error.request_id.is_some());
}
