"""What is compared: the rows, and the command line of each peer."""

from dataclasses import dataclass

AWS, BOTO, SDK, UREQ, S5CMD = "aws", "boto3", "aws-sdk-rust", "ureq, no SDK", "s5cmd"
OURS, COMMAND = "tucuxi", "tucuxi command"
TYPED, ITEMS = "tucuxi, typed pages", "tucuxi, items()"


@dataclass
class Row:
    """A task. `columns` are what is measured, the one of the chart first."""

    name: str
    columns: dict
    peers: dict
    # an empty folder for each run
    folder: str = ""


PROCESS = {"cpu_ms": "CPU ms", "peak_mb": "peak MB"}
LONG = {"cpu_s": "CPU s", "s": "s", "peak_mb": "peak MB"}
WARM = {"cpu_us_per_call": "CPU µs"}

QUERY_WORDS = [
    *("dynamodb", "query", "--table-name", "orders", "--key-condition-expression", "pk = :p"),
    *("--expression-attribute-values", '{":p":{"S":"customer#00007"}}'),
]


def rows(tools, large, empty, sizes):
    """The rows, with the programs that were found, the URLs of both servers, and the size of the work."""
    return [*cold(tools, large, empty), *warm(tools, large, sizes), *transfers(tools, large, sizes), *many(tools, large, sizes)]


def drivers(tools, *words, peers=(BOTO, SDK, UREQ, OURS)):
    """The programs of this folder, which all have the same arguments."""
    return {peer: [*tools[peer], *words] for peer in peers if peer in tools}


def tool(tools, peer, *words):
    return {peer: [*tools[peer], *words]} if peer in tools else {}


def cold(tools, large, empty):
    cases = [
        ("sts GetCallerIdentity", "GetCallerIdentity", large, ["sts", "get-caller-identity"]),
        ("ec2 DescribeInstances, no instances", "DescribeInstances", empty, ["ec2", "describe-instances"]),
        ("ec2 DescribeInstances, 300 instances", "DescribeInstances", large, ["ec2", "describe-instances"]),
        ("s3 ListObjectsV2, 1,000 keys", "ListObjectsV2", large, ["s3api", "list-objects-v2", "--bucket", "bench"]),
        ("dynamodb Query, 1,500 items", "Query", large, QUERY_WORDS),
    ]
    for name, case, url, words in cases:
        peers = tool(tools, AWS, *words, "--endpoint-url", url)
        peers |= drivers(tools, "cold", case, url)
        if case == "ListObjectsV2":
            peers |= tool(tools, S5CMD, "--endpoint-url", url, "ls", "s3://bench/*")
        peers |= tool(tools, COMMAND, *words, "--endpoint-url", url)
        yield Row(f"start, {name}", PROCESS, peers)


def warm(tools, url, sizes):
    names = {"PutItem": "PutItem", "GetItem": "GetItem", "PutObject4K": "PutObject, 4 KiB", "GetObject4K": "GetObject, 4 KiB"}
    for case, name in names.items():
        yield Row(f"warm client, {name}", WARM, drivers(tools, "calls", case, url, "1", str(sizes.seconds)))


def transfers(tools, url, sizes):
    key = f"zeros-{sizes.large}"
    prefix = f"keys-{sizes.count}-{sizes.small}/"
    file, folder, got = sizes.file, sizes.folder, sizes.got
    large, small = sizes.words
    aws = ["s3", "--endpoint-url", url, "cp", "--no-progress", "--only-show-errors"]
    s5cmd = ["--endpoint-url", url, "--log", "error", "cp"]
    yield Row(
        f"upload, {large}",
        LONG,
        tool(tools, AWS, *aws, file, f"s3://bench/{key}")
        | drivers(tools, "xfer", "put", url, "bench", key, file)
        | tool(tools, S5CMD, *s5cmd, file, f"s3://bench/{key}"),
    )
    yield Row(
        f"download, {large}",
        LONG,
        tool(tools, AWS, *aws, f"s3://bench/{key}", f"{got}/large")
        | drivers(tools, "xfer", "get", url, "bench", key, f"{got}/large")
        | tool(tools, S5CMD, *s5cmd, f"s3://bench/{key}", f"{got}/large"),
        got,
    )
    sdks = (BOTO, SDK, OURS)
    yield Row(
        f"upload, {small}",
        LONG,
        tool(tools, AWS, *aws, "--recursive", folder, f"s3://bench/{prefix}")
        | drivers(tools, "xfer", "putdir", url, "bench", prefix, folder, peers=sdks)
        | tool(tools, S5CMD, *s5cmd, f"{folder}/", f"s3://bench/{prefix}"),
    )
    yield Row(
        f"download, {small}",
        LONG,
        tool(tools, AWS, *aws, "--recursive", f"s3://bench/{prefix}", got)
        | drivers(tools, "xfer", "getdir", url, "bench", prefix, got, peers=sdks)
        | tool(tools, S5CMD, *s5cmd, f"s3://bench/{prefix}*", f"{got}/"),
        got,
    )


def many(tools, url, sizes):
    bucket = f"keys-{sizes.keys}"
    listing = drivers(tools, "xfer", "list", url, bucket, peers=(BOTO, SDK, OURS))
    listing |= tool(tools, S5CMD, "--endpoint-url", url, "ls", f"s3://{bucket}/*")
    if OURS in tools:
        listing[TYPED] = [*tools[OURS], "xfer", "list-type", url, bucket]
        listing[ITEMS] = [*tools[OURS], "xfer", "list-items", url, bucket]
    yield Row(f"list, {sizes.keys:,} keys", LONG, listing)
    yield Row("a client of every service", PROCESS, drivers(tools, "create", "all", peers=(BOTO, OURS)))
