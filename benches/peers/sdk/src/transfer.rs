//! Transfers, as a program writes them that has no transfer manager.

use std::os::unix::fs::FileExt;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use aws_smithy_types::byte_stream::Length;
use tokio::sync::Semaphore;

use super::Done;

const PART: u64 = 8 << 20;
const PARTS_AT_A_TIME: usize = 10;
const OBJECTS_AT_A_TIME: usize = 32;

/// Runs a transfer, and returns the number of bytes or objects.
pub(crate) async fn run(client: Client, kind: &str, bucket: &str, rest: &[&str]) -> Done<u64> {
    match (kind, rest) {
        ("put", [key, path]) => put(client, bucket, key, path).await,
        ("get", [key, path]) => get(client, bucket, key, path).await,
        ("putdir", [prefix, folder]) => put_all(client, bucket, prefix, folder).await,
        ("getdir", [prefix, folder]) => get_all(client, bucket, prefix, folder).await,
        ("list", []) => Ok(keys(&client, bucket, "").await?.len() as u64),
        _ => Err("see the head of main.rs".into()),
    }
}

async fn put(client: Client, bucket: &str, key: &str, path: &str) -> Done<u64> {
    let size = std::fs::metadata(path)?.len();
    let created = client
        .create_multipart_upload()
        .bucket(bucket)
        .key(key)
        .send()
        .await?;
    let upload = created.upload_id().ok_or("no upload id")?;
    let gate = Arc::new(Semaphore::new(PARTS_AT_A_TIME));
    let mut tasks = Vec::new();
    for number in 0..size.div_ceil(PART) {
        let permit = gate.clone().acquire_owned().await?;
        let (offset, path) = (number * PART, path.to_owned());
        let number = i32::try_from(number + 1)?;
        let request = client
            .upload_part()
            .bucket(bucket)
            .key(key)
            .upload_id(upload)
            .part_number(number);
        tasks.push(tokio::spawn(async move {
            let body = ByteStream::read_from()
                .path(path)
                .offset(offset)
                .buffer_size(256 << 10);
            let body = body
                .length(Length::Exact(PART.min(size - offset)))
                .build()
                .await?;
            let part = request.body(body).send().await?;
            drop(permit);
            let done = CompletedPart::builder()
                .part_number(number)
                .set_e_tag(part.e_tag);
            Done::Ok(done.set_checksum_crc32(part.checksum_crc32).build())
        }));
    }
    let mut parts = Vec::new();
    for task in tasks {
        parts.push(task.await??);
    }
    let parts = CompletedMultipartUpload::builder()
        .set_parts(Some(parts))
        .build();
    let complete = client
        .complete_multipart_upload()
        .bucket(bucket)
        .key(key)
        .upload_id(upload);
    complete.multipart_upload(parts).send().await?;
    Ok(size)
}

async fn get(client: Client, bucket: &str, key: &str, path: &str) -> Done<u64> {
    let head = client.head_object().bucket(bucket).key(key).send().await?;
    let size = u64::try_from(head.content_length().unwrap_or(0))?;
    let file = Arc::new(std::fs::File::create(path)?);
    let gate = Arc::new(Semaphore::new(PARTS_AT_A_TIME));
    let mut tasks = Vec::new();
    for number in 0..size.div_ceil(PART) {
        let permit = gate.clone().acquire_owned().await?;
        let file = file.clone();
        let (from, to) = (number * PART, (number * PART + PART).min(size) - 1);
        let request = client
            .get_object()
            .bucket(bucket)
            .key(key)
            .range(format!("bytes={from}-{to}"));
        tasks.push(tokio::spawn(async move {
            let mut body = request.send().await?.body;
            let mut at = from;
            while let Some(piece) = body.try_next().await? {
                file.write_all_at(&piece, at)?;
                at += piece.len() as u64;
            }
            drop(permit);
            Done::Ok(())
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(size)
}

async fn put_all(client: Client, bucket: &str, prefix: &str, folder: &str) -> Done<u64> {
    let gate = Arc::new(Semaphore::new(OBJECTS_AT_A_TIME));
    let mut tasks = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let (path, permit) = (entry?.path(), gate.clone().acquire_owned().await?);
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let request = client
            .put_object()
            .bucket(bucket)
            .key(format!("{prefix}{name}"));
        tasks.push(tokio::spawn(async move {
            request
                .body(ByteStream::from_path(path).await?)
                .send()
                .await?;
            drop(permit);
            Done::Ok(())
        }));
    }
    let count = tasks.len() as u64;
    for task in tasks {
        task.await??;
    }
    Ok(count)
}

async fn get_all(client: Client, bucket: &str, prefix: &str, folder: &str) -> Done<u64> {
    let gate = Arc::new(Semaphore::new(OBJECTS_AT_A_TIME));
    let mut tasks = Vec::new();
    for key in keys(&client, bucket, prefix).await? {
        let permit = gate.clone().acquire_owned().await?;
        let path = format!("{folder}/{}", &key[prefix.len()..]);
        let request = client.get_object().bucket(bucket).key(key);
        tasks.push(tokio::spawn(async move {
            let bytes = request.send().await?.body.collect().await?.into_bytes();
            std::fs::write(path, bytes)?;
            drop(permit);
            Done::Ok(())
        }));
    }
    let count = tasks.len() as u64;
    for task in tasks {
        task.await??;
    }
    Ok(count)
}

async fn keys(client: &Client, bucket: &str, prefix: &str) -> Done<Vec<String>> {
    let mut pages = client
        .list_objects_v2()
        .bucket(bucket)
        .prefix(prefix)
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.try_next().await? {
        keys.extend(
            page.contents
                .unwrap_or_default()
                .into_iter()
                .filter_map(|object| object.key),
        );
    }
    Ok(keys)
}
