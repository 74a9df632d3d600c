"""Starts SeaweedFS with its S3 gateway on free ports of the loopback interface, waits until it takes objects, says where, and
ends with it. Arguments: a folder for its data, which is made anew, and the access key id and secret that it accepts."""

import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

HOST = "127.0.0.1"
PATIENCE = 180  # seconds, of a machine that is busy


def free_ports(count):
    """Different ports, which are held until all are known."""
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def answers(url):
    """The status and the text of a response, if there is one."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
    except OSError:
        return None, ""


def is_ready(master, s3):
    """Whether objects find a place, and the gateway is up: it refuses a request without a signature."""
    status, text = answers(f"http://{HOST}:{master}/dir/assign")
    return status == 200 and "fid" in text and answers(f"http://{HOST}:{s3}/")[0] == 403


def main():
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
    weed = pathlib.Path(sys.executable).parent / "weed"
    options = [f"-{name}={port}" for name, port in ports.items()]
    server = subprocess.Popen(
        [weed, "server", "-s3", f"-ip={HOST}", f"-ip.bind={HOST}", "-dir=.", "-s3.config=s3.json"]
        + ["-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=100"]
        + ["-filer.localSocket=filer.sock", "-s3.localSocket=s3.sock", "-s3.iam=false"]
        + ["-s3.port.iceberg=0", "-s3.port.lance=0", *options],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )
    try:
        end = time.monotonic() + PATIENCE
        while not is_ready(ports["master.port"], ports["s3.port"]):
            if server.poll() is not None or time.monotonic() > end:
                sys.exit("SeaweedFS did not start")
            time.sleep(0.2)
        print(f"serving at http://{HOST}:{ports['s3.port']}", flush=True)
        sys.exit(server.wait())
    finally:
        server.kill()


main()
