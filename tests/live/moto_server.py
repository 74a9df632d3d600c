"""Starts moto's server on a free port of the loopback interface and says where."""

import os
import sys

from moto.server import ThreadedMotoServer

os.setpgid(0, 0)  # it ends as a group, as other servers do
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"serving at http://{host}:{port}", flush=True)
try:
    server._thread.join()
except KeyboardInterrupt:
    sys.exit(0)
