//! The operations of S3. Each accesses the store under its lock, and never reads a body while it holds the lock.

use std::sync::Arc;

use s3s::dto::*;
use s3s::{S3, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::conditions::{Conditions, read_conditions, source_conditions};
use super::store::Bucket;
use super::watched::{Refusal, Shared};
use super::{listings, multipart, objects};

pub(super) struct Operations(pub(super) Arc<Shared>);

fn ok<T>(output: T) -> S3Result<S3Response<T>> {
    Ok(S3Response::new(output))
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn list_buckets(
        &self,
        req: S3Request<ListBucketsInput>,
    ) -> S3Result<S3Response<ListBucketsOutput>> {
        let prefix = req.input.prefix.unwrap_or_default();
        let store = self.0.store();
        let buckets = store
            .buckets
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix));
        let shown = |(name, bucket): (&String, &Bucket)| s3s::dto::Bucket {
            bucket_region: None,
            creation_date: Some(bucket.created.clone()),
            name: Some(name.clone()),
        };
        ok(ListBucketsOutput {
            buckets: Some(buckets.map(shown).collect()),
            owner: Some(listings::owner()),
            ..ListBucketsOutput::default()
        })
    }

    async fn create_bucket(
        &self,
        req: S3Request<CreateBucketInput>,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let CreateBucketInput {
            bucket: name,
            create_bucket_configuration,
            ..
        } = req.input;
        let mut store = self.0.store();
        if store.buckets.contains_key(&name) {
            return Err(s3_error!(BucketAlreadyOwnedByYou));
        }
        let location = create_bucket_configuration.and_then(|it| it.location_constraint);
        let location = location.map(|location| location.as_str().to_owned());
        store.buckets.insert(name.clone(), Bucket::new(location));
        let location = Some(format!("/{name}"));
        ok(CreateBucketOutput { location })
    }

    async fn head_bucket(
        &self,
        req: S3Request<HeadBucketInput>,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        self.0.store().bucket(&req.input.bucket)?;
        ok(HeadBucketOutput {
            bucket_region: Some("us-east-1".to_owned()),
            ..HeadBucketOutput::default()
        })
    }

    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let location = self.0.store().bucket(&req.input.bucket)?.location.clone();
        ok(GetBucketLocationOutput {
            location_constraint: location.map(BucketLocationConstraint::from),
        })
    }

    async fn delete_bucket(
        &self,
        req: S3Request<DeleteBucketInput>,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        let mut store = self.0.store();
        if !store.bucket(&req.input.bucket)?.objects.is_empty() {
            return Err(s3_error!(BucketNotEmpty));
        }
        store.buckets.remove(&req.input.bucket);
        ok(DeleteBucketOutput::default())
    }

    async fn put_object(
        &self,
        req: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let refusal = Refusal::noted(&req.extensions);
        let (bucket, key) = (req.input.bucket.clone(), req.input.key.clone());
        let (if_match, if_none_match) =
            (req.input.if_match.clone(), req.input.if_none_match.clone());
        let object = objects::put(req).await?;
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
        let conditions = Conditions {
            matches: if_match.as_ref(),
            none_match: if_none_match.as_ref(),
            ..Conditions::default()
        };
        let mut store = self.0.store();
        let bucket = store.bucket_mut(&bucket)?;
        conditions.check_write(bucket.objects.get(&key))?;
        let output = objects::put_output(&object);
        bucket.objects.insert(key, object);
        ok(output)
    }

    async fn get_object(
        &self,
        req: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = req.input;
        let store = self.0.store();
        let object = store.object(&input.bucket, &input.key)?;
        read_conditions!(input).check_read(object, S3ErrorCode::NotModified)?;
        let (range, mode) = (input.range.as_ref(), input.checksum_mode.as_ref());
        let span = objects::span(object, range, input.part_number, mode)?;
        ok(objects::get(object, &span))
    }

    async fn head_object(
        &self,
        req: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = req.input;
        let store = self.0.store();
        let object = store.object(&input.bucket, &input.key)?;
        read_conditions!(input).check_read(object, S3ErrorCode::NotModified)?;
        let (range, mode) = (input.range.as_ref(), input.checksum_mode.as_ref());
        let span = objects::span(object, range, input.part_number, mode)?;
        let mut response = S3Response::new(objects::head(object, &span));
        if span.content_range.is_some() {
            response.status = Some(http::StatusCode::PARTIAL_CONTENT);
        }
        Ok(response)
    }

    async fn delete_object(
        &self,
        req: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let mut store = self.0.store();
        let objects = &mut store.bucket_mut(&req.input.bucket)?.objects;
        objects.remove(&req.input.key);
        let mut response = S3Response::new(DeleteObjectOutput::default());
        response.status = Some(http::StatusCode::NO_CONTENT);
        Ok(response)
    }

    async fn delete_objects(
        &self,
        req: S3Request<DeleteObjectsInput>,
    ) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let DeleteObjectsInput { bucket, delete, .. } = req.input;
        if delete.objects.len() > 1000 {
            return Err(s3_error!(MalformedXML, "more than 1,000 keys"));
        }
        self.0.store().bucket(&bucket)?;
        let (mut deleted, mut errors) = (Vec::new(), Vec::new());
        for ObjectIdentifier { key, .. } in delete.objects {
            if let Some(refusal) = self.0.refusal_of_key(&key) {
                errors.push(refusal.of_key(key));
                continue;
            }
            self.0.store().bucket_mut(&bucket)?.objects.remove(&key);
            deleted.push(DeletedObject {
                key: Some(key),
                ..DeletedObject::default()
            });
        }
        ok(DeleteObjectsOutput {
            deleted: (delete.quiet != Some(true)).then_some(deleted),
            errors: Some(errors),
            request_charged: None,
        })
    }

    async fn copy_object(
        &self,
        req: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = req.input;
        self.0.store().bucket(&input.bucket)?;
        let conditions = source_conditions!(input);
        // the bytes are shared, so they are hashed without the lock
        let source = objects::source(&self.0.store(), &input.copy_source, &conditions)?.clone();
        let object = objects::copied(&source, &input)?;
        let output = objects::copy_output(&object);
        let mut store = self.0.store();
        let objects = &mut store.bucket_mut(&input.bucket)?.objects;
        objects.insert(input.key, object);
        ok(output)
    }

    async fn get_object_attributes(
        &self,
        req: S3Request<GetObjectAttributesInput>,
    ) -> S3Result<S3Response<GetObjectAttributesOutput>> {
        let store = self.0.store();
        let object = store.object(&req.input.bucket, &req.input.key)?;
        ok(objects::attributes(object, &req.input))
    }

    async fn get_object_tagging(
        &self,
        req: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        let store = self.0.store();
        let object = store.object(&req.input.bucket, &req.input.key)?;
        ok(GetObjectTaggingOutput {
            tag_set: objects::tag_set(&object.tags),
            version_id: None,
        })
    }

    async fn put_object_tagging(
        &self,
        req: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<S3Response<PutObjectTaggingOutput>> {
        let input = req.input;
        let mut store = self.0.store();
        let objects = &mut store.bucket_mut(&input.bucket)?.objects;
        let object = objects
            .get_mut(&input.key)
            .ok_or_else(|| s3_error!(NoSuchKey))?;
        object.tags = objects::tags_of_set(input.tagging.tag_set);
        ok(PutObjectTaggingOutput::default())
    }

    async fn delete_object_tagging(
        &self,
        req: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
        let mut store = self.0.store();
        let objects = &mut store.bucket_mut(&req.input.bucket)?.objects;
        let object = objects.get_mut(&req.input.key);
        object.ok_or_else(|| s3_error!(NoSuchKey))?.tags.clear();
        ok(DeleteObjectTaggingOutput::default())
    }

    async fn list_objects(
        &self,
        req: S3Request<ListObjectsInput>,
    ) -> S3Result<S3Response<ListObjectsOutput>> {
        let store = self.0.store();
        ok(listings::objects(
            store.bucket(&req.input.bucket)?,
            req.input,
        )?)
    }

    async fn list_objects_v2(
        &self,
        req: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        let store = self.0.store();
        ok(listings::objects_v2(
            store.bucket(&req.input.bucket)?,
            req.input,
        )?)
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        ok(multipart::create(&mut self.0.store(), req.input)?)
    }

    async fn upload_part(
        &self,
        req: S3Request<UploadPartInput>,
    ) -> S3Result<S3Response<UploadPartOutput>> {
        let refusal = Refusal::noted(&req.extensions);
        let input = &req.input;
        let place = (
            input.bucket.clone(),
            input.key.clone(),
            input.upload_id.clone(),
        );
        let (bucket, key, id) = (&*place.0, &*place.1, &*place.2);
        let number = input.part_number;
        let algorithm = self
            .0
            .store()
            .upload(bucket, key, id)
            .map(|it| it.algorithm);
        // a response before the body was read would close the connection
        let wanted = algorithm.as_ref().ok().copied().flatten();
        let part = multipart::receive_part(req, wanted).await;
        if let Some(refusal) = refusal {
            return Err(refusal.into());
        }
        algorithm?;
        multipart::check_number(number)?;
        let part = part?;
        let output = multipart::part_output(&part);
        let mut store = self.0.store();
        let parts = &mut store.upload_mut(bucket, key, id)?.parts;
        parts.insert(number, part);
        ok(output)
    }

    async fn upload_part_copy(
        &self,
        req: S3Request<UploadPartCopyInput>,
    ) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = req.input;
        let (bucket, key, id) = (&*input.bucket, &*input.key, &*input.upload_id);
        multipart::check_number(input.part_number)?;
        let algorithm = self.0.store().upload(bucket, key, id)?.algorithm;
        let conditions = source_conditions!(input);
        let source = objects::source(&self.0.store(), &input.copy_source, &conditions)?.clone();
        let range = input.copy_source_range.as_deref();
        let part = multipart::copied_part(&source, range, algorithm)?;
        let output = multipart::copied_part_output(&part);
        let mut store = self.0.store();
        let parts = &mut store.upload_mut(bucket, key, id)?.parts;
        parts.insert(input.part_number, part);
        ok(output)
    }

    async fn list_parts(
        &self,
        req: S3Request<ListPartsInput>,
    ) -> S3Result<S3Response<ListPartsOutput>> {
        let input = req.input;
        let store = self.0.store();
        let upload = store.upload(&input.bucket, &input.key, &input.upload_id)?;
        ok(listings::parts(upload, input)?)
    }

    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let store = self.0.store();
        ok(listings::uploads(
            store.bucket(&req.input.bucket)?,
            req.input,
        )?)
    }

    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        ok(multipart::complete(&mut self.0.store(), &req.input)?)
    }

    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = req.input;
        let mut store = self.0.store();
        store.upload(&input.bucket, &input.key, &input.upload_id)?;
        let uploads = &mut store.bucket_mut(&input.bucket)?.uploads;
        uploads.remove(&input.upload_id);
        let mut response = S3Response::new(AbortMultipartUploadOutput::default());
        response.status = Some(http::StatusCode::NO_CONTENT);
        Ok(response)
    }
}
