"""Records the terminal picture of the README: runs the command against moto and writes what it printed as an SVG.

    python tests/live/terminal.py target/debug/tucuxi src/guide/terminal.svg

It needs an environment with tests/live/requirements.txt.
"""

import html
import os
import subprocess
import sys
import tempfile

from moto.server import ThreadedMotoServer

COLUMNS = 100
LINE = 19
COMMANDS = [
    "tucuxi s3 mb s3://river",
    "echo 'a small fish' > tetra.txt; cp tetra.txt barb.txt",
    "tucuxi s3 sync . s3://river/fish --exclude '*' --include '*.txt'",
    "tucuxi s3 ls s3://river --recursive --human-readable --summarize",
    "tucuxi s3api list-objects --bucket river --query 'Contents[].{Key:Key,Size:Size}' --output table",
    "tucuxi configure set region eu-west-3 --profile delta; tucuxi configure list-profiles",
    "tucuxi sqs create-queue --queue-nmae orders",
    "tucuxi s3api get-bucket-location --bucket sea",
    "tucuxi services | wc -l",
]


def run(command, environment, folder):
    """The lines that a shell prints, each with whether it came from stderr."""
    done = subprocess.run(
        ["sh", "-c", command], env=environment, cwd=folder, capture_output=True, text=True, timeout=60
    )
    shown = [(line, False) for line in done.stdout.splitlines()]
    return shown + [(line, True) for line in done.stderr.splitlines()]


def wrapped(text):
    return [text[start : start + COLUMNS] for start in range(0, len(text), COLUMNS)] or [""]


def record(binary):
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(os.path.abspath(binary), os.path.join(folder, "tucuxi"))
        environment = {
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_ENDPOINT_URL": f"http://{host}:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_SECRET_ACCESS_KEY": "example",
            "HOME": folder,
            "PATH": f"{folder}:{os.environ['PATH']}",
        }
        for command in COMMANDS:
            rows += [("prompt", line) for line in wrapped("$ " + command)]
            for line, failed in run(command, environment, folder):
                rows += [("error" if failed else "output", part) for part in wrapped(line)]
    server.stop()
    return rows


def picture(rows):
    width, height = COLUMNS * 8 + 40, len(rows) * LINE + 56
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        "<title>The tucuxi command on a terminal</title>",
        "<style>text{font:13.3px ui-monospace,Menlo,Consolas,monospace;white-space:pre}"
        ".prompt{fill:#7ee0c3}.output{fill:#dbe2ea}.error{fill:#ff9b8a}</style>",
        f'<rect width="{width}" height="{height}" rx="9" fill="#14202b"/>',
    ]
    parts += [f'<circle cx="{x}" cy="18" r="5.5" fill="{fill}"/>' for x, fill in ((22, "#ff5f57"), (41, "#febc2e"), (60, "#28c840"))]
    for row, (kind, line) in enumerate(rows):
        if line:
            parts.append(f'<text class="{kind}" x="20" y="{50 + row * LINE}" xml:space="preserve">{html.escape(line)}</text>')
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(picture(record(sys.argv[1])))
