"""Starts SeaweedFS with its S3 gateway, waits until it takes objects, and says where. Arguments: a folder for its data, which
is made anew, and the access key id and secret that it accepts."""

import json
import os
import pathlib
import shutil
import sys

from serving import HOST, answers, free_ports, serve

folder = pathlib.Path(sys.argv[1]).resolve()
shutil.rmtree(folder, ignore_errors=True)
folder.mkdir(parents=True)
identity = {
    "name": "tucuxi",
    "credentials": [{"accessKey": sys.argv[2], "secretKey": sys.argv[3]}],
    "actions": ["Admin"],
}
(folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
names = ["master.port", "master.port.grpc", "volume.port", "volume.port.grpc"]
names += ["filer.port", "filer.port.grpc", "s3.port", "s3.port.grpc"]
ports = dict(zip(names, free_ports(len(names))))


def is_ready():
    """Whether objects find a place, and the gateway is up: it refuses a request without a signature."""
    status, text = answers(f"http://{HOST}:{ports['master.port']}/dir/assign")
    return status == 200 and "fid" in text and answers(f"http://{HOST}:{ports['s3.port']}/")[0] == 403


serve(
    [pathlib.Path(sys.executable).parent / "weed", "server", "-s3", "-s3.config=s3.json", "-s3.iam=false"]
    + [f"-ip={HOST}", f"-ip.bind={HOST}", "-dir=.", "-volume.max=100"]
    + ["-master.telemetry=false", "-master.volumeSizeLimitMB=64"]
    # by default it takes no object when less than 1 % of the disk is free, however much that is
    + ["-volume.minFreeSpace=128MiB"]
    + ["-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock"]
    + ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    + [f"-{name}={port}" for name, port in ports.items()],
    ports["s3.port"],
    is_ready,
    cwd=folder,
    env={"PATH": os.environ["PATH"], "HOME": str(folder)},
)
