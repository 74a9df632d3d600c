//! Baselines: single calls in sequence.

use std::fs::File;

use serde_json::{Value, json};
use tucuxi::Body;

use super::{BUCKET, Bench, Done};

pub(super) fn list(bench: &Bench) -> Done {
    let bucket = json!({"Bucket": Bench::list_bucket(bench.sizes)});
    let mut objects = 0;
    for page in bench.client.pages("s3", "ListObjectsV2", bucket).unwrap() {
        objects += page.unwrap()["Contents"].as_array().unwrap().len() as u64;
    }
    assert_eq!(objects, bench.sizes.keys);
    Done { objects, bytes: 0 }
}

fn at(key: &str) -> Value {
    json!({"Bucket": BUCKET, "Key": key})
}

fn put(bench: &Bench, key: &str, path: &std::path::Path) {
    let request = bench.client.request("s3", "PutObject").params(at(key));
    request.body(Body::file(path).unwrap()).send().unwrap();
}

fn get(bench: &Bench, key: &str) -> u64 {
    let request = bench.client.request("s3", "GetObject").params(at(key));
    let mut body = request.send().unwrap().body.unwrap();
    let name = key.rsplit('/').next().unwrap_or(key);
    let mut file = File::create(bench.target().join(name)).unwrap();
    body.copy_to(&mut file).unwrap()
}

pub(super) fn put_large(bench: &Bench) -> Done {
    put(bench, &bench.large_key(), &bench.large_file());
    let (objects, bytes) = (1, bench.sizes.large);
    Done { objects, bytes }
}

pub(super) fn get_large(bench: &Bench) -> Done {
    let bytes = get(bench, &bench.large_key());
    assert_eq!(bytes, bench.sizes.large);
    Done { objects: 1, bytes }
}

fn small_names(bench: &Bench) -> impl Iterator<Item = String> {
    let size = bench.sizes.small;
    (0..bench.sizes.count).map(move |n| format!("part-{n:08}-{size}"))
}

pub(super) fn put_small(bench: &Bench) -> Done {
    let prefix = bench.small_prefix();
    for name in small_names(bench) {
        put(
            bench,
            &format!("{prefix}{name}"),
            &bench.small_folder().join(name),
        );
    }
    bench.all_small()
}

pub(super) fn get_small(bench: &Bench) -> Done {
    let prefix = bench.small_prefix();
    for name in small_names(bench) {
        assert_eq!(get(bench, &format!("{prefix}{name}")), bench.sizes.small);
    }
    bench.all_small()
}
