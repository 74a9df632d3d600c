"""Makes this folder: python3 tests/data/thin.py FOLDER, which has the whole recordings.

Each file below is a recording that was made for this project: botocore 1.44.5 ran with a fixed clock, fixed keys and no network,
and what it sent, read or refused was written down. Suites of other projects stay where they are. Of a file that is a list of
cases every n-th is kept, so that the whole stays small; n stands beside the file. Packing is deterministic.
"""

import gzip
import json
import pathlib
import sys

# file: one case in so many is kept
FILES = {
    "config/resolution.json": 1,
    "endpoints/client-endpoints.jsonl": 1,
    "eventstream/messages.json": 1,
    "eventstream/operations.json": 1,
    "oracle/sample.jsonl.gz": 1,
    "oracle/full/*.jsonl.gz": 1,
    "pagination/paginators.json": 2,
    "presign/*.json": 1,
    "quirks/service-requests.json": 1,
    "retries/sequences.json": 1,
    "s3/addressing.json": 1,
    "s3/region-redirects.json": 1,
    "s3/requests.json": 1,
    "s3/responses.json": 1,
    "types/aws-chunked.json": 1,
    "types/checksums.json": 1,
    "types/operation-names.json": 1,
    "types/service-ids.json": 1,
    "types/timestamps.json": 1,
    "validation/param-validation.json": 2,
    "waiters/complex-acceptors.json": 1,
    "waiters/waiters.json": 2,
}
MOST = 6_000_000


def thinned(path, step):
    """The bytes of a file with one case in so many."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if step == 1:
        return data
    whole = json.loads(data)
    cases = whole["cases"] if isinstance(whole, dict) else whole
    cases[:] = cases[::step]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def main():
    source, target = pathlib.Path(sys.argv[1]), pathlib.Path(__file__).parent
    for old in target.glob("*/**/*.gz"):
        old.unlink()
    total = 0
    for pattern, step in FILES.items():
        found = sorted(source.glob(pattern))
        if not found:
            sys.exit(f"{source} has no {pattern}")
        for path in found:
            packed = gzip.compress(thinned(path, step), 9, mtime=0)
            name = path.relative_to(source)
            out = target / (name if name.suffix == ".gz" else f"{name}.gz")
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_bytes(packed)
            total += len(packed)
    print(f"{total} bytes")
    if total > MOST:
        sys.exit(f"more than {MOST} bytes: keep fewer cases")


main()
