//! Actions of resources beyond their definitions, as boto3 has them: each is a row of a table.

use serde_json::{Value, json};

use super::replace::replace;
use super::{Outcome, Resource, s3_transfers};
use crate::client::Client;
use crate::error::Result;
use crate::model::resource::Definitions;
use crate::names;

/// Does something with a resource, with the parameters that the caller gives. What `load` gives are the attributes.
pub(super) type Run = fn(&Resource, Value) -> Result<Outcome>;

struct Injected {
    /// The service's id.
    service: &'static str,
    /// The type of resources.
    on: &'static str,
    /// In snake case.
    name: &'static str,
    run: Run,
}

const fn of(service: &'static str, on: &'static str, name: &'static str, run: Run) -> Injected {
    Injected {
        service,
        on,
        name,
        run,
    }
}

/// An action that a definition has under the same name gives way.
#[rustfmt::skip] // a line each
static TABLE: &[Injected] = &[
    of("EC2", Definitions::SERVICE, "create_tags", create_tags),
    of("EC2", "Instance", "delete_tags", delete_tags),
    of("S3", "Bucket", "copy", s3_transfers::copy),
    of("S3", "Bucket", "download_file", s3_transfers::download_file),
    of("S3", "Bucket", "load", load_bucket),
    of("S3", "Bucket", "upload_file", s3_transfers::upload_file),
    of("S3", "Object", "copy", s3_transfers::copy),
    of("S3", "Object", "download_file", s3_transfers::download_file),
    of("S3", "Object", "upload_file", s3_transfers::upload_file),
    of("S3", "ObjectSummary", "load", load_object_summary),
];

/// The action with this name, in any spelling.
pub(super) fn find(service_id: &str, on: &str, name: &str) -> Option<Run> {
    let mut rows = rows_of(service_id, on).peekable();
    rows.peek()?;
    let name = names::spelled(name);
    rows.find(|row| row.name == name).map(|row| row.run)
}

/// The names of all actions of a type.
pub(super) fn names_of(service_id: &str, on: &str) -> impl Iterator<Item = &'static str> {
    rows_of(service_id, on).map(|row| row.name)
}

fn rows_of(service_id: &str, on: &str) -> impl Iterator<Item = &'static Injected> {
    let is_its = move |row: &&Injected| row.service == service_id && row.on == on;
    TABLE.iter().filter(is_its)
}

/// The client that calls for a service's resources are made with: items of DynamoDB are plain there, as in boto3.
pub(super) fn client_for(client: &Client, service_id: &str) -> Client {
    match service_id {
        "DynamoDB" => client.with_plain_attribute_values(),
        _ => client.clone(),
    }
}

/// Tags of several resources at once: one resource for each tag of each.
fn create_tags(ec2: &Resource, params: Value) -> Result<Outcome> {
    let tagged = params["Resources"].clone();
    let tags = params["Tags"].clone();
    ec2.client().call(ec2.service(), "CreateTags", params)?;
    let mut made = Vec::new();
    for resource in tagged.as_array().into_iter().flatten() {
        for tag in tags.as_array().into_iter().flatten() {
            // a tag without a value has an empty one
            let value = tag["Value"].as_str().unwrap_or_default();
            made.push(ec2.sub("Tag", json!([resource, tag["Key"], value]))?);
        }
    }
    Ok(Outcome::Resources(made))
}

fn delete_tags(instance: &Resource, params: Value) -> Result<Outcome> {
    let known = json!({"Resources": [instance.identifier("id")?]});
    let params = replace(known, params);
    let answer = (instance.client()).call(instance.service(), "DeleteTags", params)?;
    Ok(Outcome::Value(answer))
}

/// What is known of a bucket stands in the list of all. Nothing is known of one that belongs to others, or to whom may not
/// list.
fn load_bucket(bucket: &Resource, params: Value) -> Result<Outcome> {
    let name = bucket.identifier("name")?;
    let pages = (bucket.client()).pages(bucket.service(), "ListBuckets", params)?;
    for page in pages {
        let page = match page {
            Err(error) if error.code() == Some("AccessDenied") => break,
            page => page?,
        };
        let mut buckets = page["Buckets"].as_array().into_iter().flatten();
        if let Some(found) = buckets.find(|found| found["Name"] == *name) {
            return Ok(Outcome::Value(found.clone()));
        }
    }
    Ok(Outcome::Value(json!({})))
}

/// A summary has the members of a listed object, and is asked for as an object is.
fn load_object_summary(summary: &Resource, params: Value) -> Result<Outcome> {
    let (bucket, key) = (
        summary.identifier("bucket_name")?,
        summary.identifier("key")?,
    );
    let params = replace(json!({"Bucket": bucket, "Key": key}), params);
    let mut data = (summary.client()).call(summary.service(), "HeadObject", params)?;
    let members = data.as_object_mut();
    if let Some((members, size)) = members.and_then(|m| m.remove("ContentLength").map(|s| (m, s))) {
        members.insert("Size".into(), size);
    }
    Ok(Outcome::Value(data))
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;
    use crate::model::resource::Category;

    /// A row for a type that is renamed would never be found.
    #[test]
    fn services_and_types_of_the_table_exist() {
        let config = crate::Config::builder().isolated().build().unwrap();
        let client = Client::with_transport(config, crate::transport::Replay::new()).unwrap();
        for row in TABLE {
            let service = client.resource(row.service).unwrap();
            let all = service.definitions();
            assert_eq!(*all.model().metadata().service_id, *row.service);
            let definition = match row.on {
                Definitions::SERVICE => all.service(),
                on => all.get(on),
            };
            let definition = definition.unwrap();
            // an action gives way; nothing else may have the name
            let mut others = definition.categories_of(row.name);
            assert!(
                others.all(|other| other == Category::Action),
                "{}",
                row.name
            );
            assert!(row.name != "load" || definition.load.is_none());
        }
    }
}
