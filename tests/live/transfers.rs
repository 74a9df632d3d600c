//! Transfers with a server whose responses differ from those of S3.

use serde_json::json;
use tucuxi::transfer::{Source, TransferConfig};

use crate::{Service, unique};

const MIB: usize = 1024 * 1024;

#[test]
fn transfers() {
    Service::each_s3().for_each(|s3| there_and_back(&s3));
}

fn there_and_back(s3: &Service) {
    let (bucket, folder) = (unique("transfers"), tempfile::tempdir().unwrap());
    s3.call("CreateBucket", json!({"Bucket": bucket}));
    let config = TransferConfig::default()
        .part_size(5 * MIB as u64)
        .multipart_threshold(5 * MIB as u64);
    let manager = s3
        .client
        .transfer_with(config.state_folder(folder.path().join("state")))
        .unwrap();
    let content: Vec<u8> = (0..11 * MIB).map(|n| (n / 3 % 251) as u8).collect();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::create_dir_all(from.join("a b")).unwrap();
    std::fs::write(from.join("a b/large"), &content).unwrap();
    std::fs::write(from.join("small"), "fish").unwrap();

    let report = manager.upload_folder(&from, &*bucket, "p").run().unwrap();
    assert_eq!(
        (report.objects, report.bytes),
        (2, content.len() as u64 + 4)
    );
    manager.download_folder(&*bucket, "p", &to).run().unwrap();
    assert!(std::fs::read(to.join("a b/large")).unwrap() == content);
    assert_eq!(std::fs::read(to.join("small")).unwrap(), b"fish");
    assert_eq!(
        manager
            .sync_up(&from, &*bucket, "p")
            .plan()
            .unwrap()
            .changes()
            .count(),
        0
    );

    manager
        .copy((&*bucket, "p/a b/large"), &*bucket, "copy")
        .run()
        .unwrap();
    let mut copied = Vec::new();
    manager
        .download(&*bucket, "copy", &mut copied)
        .run()
        .unwrap();
    assert!(copied == content);
    manager
        .upload(Source::reader(&*content), &*bucket, "stream")
        .run()
        .unwrap();
    manager
        .download_file(&*bucket, "stream", to.join("stream"))
        .run()
        .unwrap();
    assert!(std::fs::read(to.join("stream")).unwrap() == content);

    let missing = manager
        .download_file(&*bucket, "none", to.join("none"))
        .run()
        .unwrap_err();
    assert_eq!(missing.code(), Some("404"), "{missing}");
    assert!(!to.join("none").exists());
    manager.delete_folder(&*bucket, "").job().run().unwrap();
    assert!(s3.call("ListMultipartUploads", json!({"Bucket": bucket}))["Uploads"].is_null());
    s3.call("DeleteBucket", json!({"Bucket": bucket}));
}

#[test]
fn a_bucket_with_versions_is_emptied() {
    Service::each_s3().for_each(|s3| empty_versions(&s3));
}

fn empty_versions(s3: &Service) {
    let bucket = unique("versions");
    s3.call("CreateBucket", json!({"Bucket": bucket}));
    let put = |key: &str| s3.call("PutObject", json!({"Bucket": bucket, "Key": key}));
    // its version is `null`
    put("p/before");
    let enabled = json!({"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}});
    s3.call("PutBucketVersioning", enabled);
    let keys = ["p/a", "p/before", "p/a+b &", "p/ü ", "q/other"];
    for key in keys {
        put(key);
        put(key);
    }
    let manager = s3.client.transfer();
    // a delete marker for each key
    let marked = manager.delete_folder(&*bucket, "p").job().run().unwrap();
    assert_eq!(marked.objects, 4, "{}", s3.server.name);

    let plan = manager
        .delete_folder(&*bucket, "p")
        .versions(true)
        .plan()
        .unwrap();
    assert_eq!(
        plan.entries().count(),
        4 * 3 + 1,
        "{}: {plan}",
        s3.server.name
    );
    let report = plan.job().run().unwrap();
    assert_eq!(report.objects, 4 * 3 + 1, "{}", s3.server.name);
    let rest = manager
        .delete_folder(&*bucket, "")
        .versions(true)
        .plan()
        .unwrap();
    assert!(rest.entries().all(|(key, _)| key == "q/other"), "{rest}");
    rest.job().run().unwrap();
    // which fails if anything is left
    s3.call("DeleteBucket", json!({"Bucket": bucket}));
}
