"""Starts MiniStack, waits until it is healthy, and says where."""

import os
import sys

from serving import HOST, answers, free_ports, serve

[port] = free_ports(1)
serve(
    [sys.executable, "-m", "hypercorn", "ministack.app:app", "--bind", f"{HOST}:{port}"],
    port,
    lambda: answers(f"http://{HOST}:{port}/_ministack/health")[0] == 200,
    env={**os.environ, "GATEWAY_PORT": str(port)},
)
