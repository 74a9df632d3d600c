"""boto3 as a peer, with the arguments of src/bin/ours.rs:

boto.py cold  <case> <endpoint>
boto.py calls <case> <endpoint> 1 <seconds>
boto.py xfer  put|get <endpoint> <bucket> <key> <file>
boto.py xfer  putdir|getdir <endpoint> <bucket> <prefix> <folder>
boto.py xfer  list <endpoint> <bucket>
boto.py create all
"""

import os
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

KEY = {"pk": {"S": "customer#00007"}, "sk": {"S": "order#00000007"}}
ITEM = {**KEY, "total": {"N": "12.50"}, "paid": {"BOOL": True}, "note": {"S": "hello"}}
QUERY = {
    "TableName": "orders",
    "KeyConditionExpression": "pk = :p",
    "ExpressionAttributeValues": {":p": {"S": "customer#00007"}},
}
# service, method, parameters, and what is counted in the result
CASES = {
    "GetCallerIdentity": ("sts", "get_caller_identity", {}, lambda result: len(result["Account"]) // 12),
    "ListObjectsV2": ("s3", "list_objects_v2", {"Bucket": "bench"}, lambda result: len(result["Contents"])),
    "DescribeInstances": ("ec2", "describe_instances", {}, lambda result: len(result["Reservations"])),
    "Query": ("dynamodb", "query", QUERY, lambda result: len(result["Items"])),
    "GetItem": ("dynamodb", "get_item", {"TableName": "orders", "Key": KEY}, lambda result: len(result["Item"])),
    "PutItem": ("dynamodb", "put_item", {"TableName": "orders", "Item": ITEM}, lambda _: 1),
    "PutObject4K": ("s3", "put_object", {"Bucket": "bench", "Key": "k4", "Body": b"x" * 4096}, lambda _: 1),
    "GetObject4K": ("s3", "get_object", {"Bucket": "bench", "Key": "size-4096"}, lambda result: len(result["Body"].read())),
}
OBJECTS_AT_A_TIME = 32


def connect(service, url):
    config = Config(s3={"addressing_style": "path"}, max_pool_connections=OBJECTS_AT_A_TIME)
    return boto3.client(
        service,
        endpoint_url=url,
        config=config,
        region_name="us-east-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="secret",
    )


def bind(case, url):
    service, method, params, count = CASES[case]
    call = getattr(connect(service, url), method)
    return lambda: count(call(**params))


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def calls(case, url, _, seconds):
    call = bind(case, url)
    for _ in range(20):
        call()
    start, before, count = time.monotonic(), cpu(), 0
    while time.monotonic() - start < float(seconds):
        call()
        count += 1
    print(f"RESULT cpu_us_per_call={(cpu() - before) * 1e6 / count:.2f}")


def xfer(kind, url, bucket, *rest):
    s3 = connect("s3", url)
    # not the CRT, which is another library
    config = TransferConfig(preferred_transfer_client="classic")
    if kind == "put":
        key, path = rest
        s3.upload_file(path, bucket, key, Config=config)
    elif kind == "get":
        key, path = rest
        s3.download_file(bucket, key, path, Config=config)
    elif kind == "putdir":
        put_all(s3, bucket, *rest)
    elif kind == "getdir":
        get_all(s3, bucket, *rest)
    else:
        print(len(keys(s3, bucket, "")))


def put_all(s3, bucket, prefix, folder):
    def put(name):
        with open(os.path.join(folder, name), "rb") as body:
            s3.put_object(Bucket=bucket, Key=prefix + name, Body=body)

    with ThreadPoolExecutor(OBJECTS_AT_A_TIME) as pool:
        print(len(list(pool.map(put, os.listdir(folder)))))


def get_all(s3, bucket, prefix, folder):
    def get(key):
        with open(os.path.join(folder, key.removeprefix(prefix)), "wb") as file:
            file.write(s3.get_object(Bucket=bucket, Key=key)["Body"].read())

    with ThreadPoolExecutor(OBJECTS_AT_A_TIME) as pool:
        print(len(list(pool.map(get, keys(s3, bucket, prefix)))))


def keys(s3, bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [found["Key"] for page in pages for found in page.get("Contents", ())]


def main(what, *rest):
    if what == "cold":
        print(bind(*rest)())
    elif what == "calls":
        calls(*rest)
    elif what == "xfer":
        xfer(*rest)
    else:
        kept = [connect(service, "http://127.0.0.1:9") for service in boto3.Session().get_available_services()]
        print(len(kept))


if __name__ == "__main__":
    main(*sys.argv[1:])
