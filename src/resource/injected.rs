//! Actions that this crate adds to the definitions, as boto3 does.

use serde_json::{Value, json};

use super::replace::replace;
use super::{ActionOutput, Resource, s3_transfers};
use crate::client::Client;
use crate::error::Result;
use crate::model::resource::Definitions;
use crate::names;

/// Runs an action with the caller's parameters. The value of `load` is the attributes.
pub(super) type Run = fn(&Resource, Value) -> Result<ActionOutput>;

struct Injected {
    /// The service id.
    service: &'static str,
    /// The resource type.
    on: &'static str,
    /// The name in snake case.
    name: &'static str,
    run: Run,
}

const fn row(service: &'static str, on: &'static str, name: &'static str, run: Run) -> Injected {
    Injected {
        service,
        on,
        name,
        run,
    }
}

/// The rows replace actions of the same name in definitions.
#[rustfmt::skip] // a row each
static TABLE: &[Injected] = &[
    row("EC2", Definitions::SERVICE, "create_tags", create_tags),
    row("EC2", "Instance", "delete_tags", delete_tags),
    row("S3", "Bucket", "copy", s3_transfers::copy),
    row("S3", "Bucket", "download_file", s3_transfers::download_file),
    row("S3", "Bucket", "load", load_bucket),
    row("S3", "Bucket", "upload_file", s3_transfers::upload_file),
    row("S3", "Object", "copy", s3_transfers::copy),
    row("S3", "Object", "download_file", s3_transfers::download_file),
    row("S3", "Object", "upload_file", s3_transfers::upload_file),
    row("S3", "ObjectSummary", "load", load_object_summary),
];

/// Finds an action by its name, in any spelling.
pub(super) fn find(service_id: &str, on: &str, name: &str) -> Option<Run> {
    let mut rows = rows_of(service_id, on).peekable();
    rows.peek()?;
    let name = names::spelled(name);
    rows.find(|row| row.name == name).map(|row| row.run)
}

/// The names of the actions of a type.
pub(super) fn names_of(service_id: &str, on: &str) -> impl Iterator<Item = &'static str> {
    rows_of(service_id, on).map(|row| row.name)
}

fn rows_of(service_id: &str, on: &str) -> impl Iterator<Item = &'static Injected> {
    let matches = move |row: &&Injected| row.service == service_id && row.on == on;
    TABLE.iter().filter(matches)
}

/// The client for the resources of a service. DynamoDB's attribute values are plain, as in boto3.
pub(super) fn client_for(client: &Client, service_id: &str) -> Client {
    match service_id {
        "DynamoDB" => client.with_plain_attribute_values(),
        _ => client.clone(),
    }
}

/// Tags several resources, and returns one tag resource per resource and tag.
fn create_tags(ec2: &Resource, params: Value) -> Result<ActionOutput> {
    let tagged = params["Resources"].clone();
    let tags = params["Tags"].clone();
    ec2.client().call(ec2.service(), "CreateTags", params)?;
    let mut created = Vec::new();
    for resource in tagged.as_array().into_iter().flatten() {
        for tag in tags.as_array().into_iter().flatten() {
            // a missing value is empty
            let value = tag["Value"].as_str().unwrap_or_default();
            created.push(ec2.sub("Tag", json!([resource, tag["Key"], value]))?);
        }
    }
    Ok(ActionOutput::Resources(created))
}

fn delete_tags(instance: &Resource, params: Value) -> Result<ActionOutput> {
    let known = json!({"Resources": [instance.identifier("id")?]});
    let params = replace(known, params);
    let response = (instance.client()).call(instance.service(), "DeleteTags", params)?;
    Ok(ActionOutput::Value(response))
}

/// Finds the attributes of a bucket in the list of all buckets. A bucket of another account, or one that the caller may not
/// list, has none.
fn load_bucket(bucket: &Resource, params: Value) -> Result<ActionOutput> {
    let name = bucket.identifier("name")?;
    let pages = (bucket.client()).pages(bucket.service(), "ListBuckets", params)?;
    for page in pages {
        let page = match page {
            Err(error) if error.code() == Some("AccessDenied") => break,
            page => page?,
        };
        let mut buckets = page["Buckets"].as_array().into_iter().flatten();
        if let Some(found) = buckets.find(|found| found["Name"] == *name) {
            return Ok(ActionOutput::Value(found.clone()));
        }
    }
    Ok(ActionOutput::Value(json!({})))
}

/// Loads a summary with `HeadObject`, and renames the members to those of a listed object.
fn load_object_summary(summary: &Resource, params: Value) -> Result<ActionOutput> {
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
    Ok(ActionOutput::Value(data))
}

#[cfg(all(test, feature = "embedded"))]
mod tests {
    use super::*;
    use crate::model::resource::Category;

    /// A row for a renamed type would have no effect.
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
            // a row may replace an action only
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
