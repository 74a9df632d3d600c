"""What the scripts that start servers share: free ports of the loopback interface, and waiting until a server is there.

Each script is a process group of its own, which ends as a whole."""

import os
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


def serve(command, port, is_ready, **how):
    """Runs a server, says where it is when it is ready, and ends with it."""
    os.setpgid(0, 0)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, **how)
    try:
        end = time.monotonic() + PATIENCE
        while not is_ready():
            if server.poll() is not None or time.monotonic() > end:
                sys.exit("the server did not start")
            time.sleep(0.2)
        print(f"serving at http://{HOST}:{port}", flush=True)
        sys.exit(server.wait())
    finally:
        server.kill()
