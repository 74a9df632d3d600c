"""Measures rows, and prints them as tables."""

import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import rows
import tools

# what the ratios are ratios to
BASE = rows.OURS


@dataclass
class Sizes:
    """The size of the work: bytes of the large object, number and bytes of the small ones, keys of the list, and how long warm
    clients call."""

    large: int = 1 << 30
    count: int = 2000
    small: int = 16 << 10
    keys: int = 100_000
    seconds: float = 2

    @property
    def file(self):
        return str(tools.TARGET / "data" / f"large-{self.large}")

    @property
    def folder(self):
        return str(tools.TARGET / "data" / f"small-{self.count}-{self.small}")

    @property
    def got(self):
        return str(tools.TARGET / "got")

    @property
    def words(self):
        large = f"{self.large >> 30} GiB" if self.large >> 30 else f"{self.large >> 20} MiB"
        return large, f"{self.count:,} × {self.small >> 10} KiB"

    def write(self):
        """Writes the files that are uploaded."""
        block = os.urandom(1 << 20)
        os.makedirs(self.folder, exist_ok=True)
        if not os.path.exists(self.file):
            with open(self.file, "wb") as file:
                for number in range(self.large >> 20):
                    file.write(number.to_bytes(8, "big") + block[8:])
        for number in range(self.count):
            path = Path(self.folder) / f"part-{number:08}-{self.small}"
            if not path.exists():
                path.write_bytes(os.urandom(self.small))


@contextlib.contextmanager
def server(program):
    """The server, as its two URLs."""
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield [process.stdout.readline().strip() for _ in range(2)]
        process.stdin.close()


@contextlib.contextmanager
def environment():
    """The variables of the peers, with a home folder in which there is nothing."""
    with tempfile.TemporaryDirectory() as home:
        yield {
            "PATH": os.environ["PATH"],
            "HOME": home,
            "LANG": "C.UTF-8",
            "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",
            "AWS_PAGER": "",
        }


def measure(row, measurer, count, variables):
    """Runs each peer once in each round, after a round that does not count. Returns the samples by peer and column."""
    samples = {peer: {column: [] for column in row.columns} for peer in row.peers}
    failed = set()
    for number in range(count + 1):
        for peer, command in row.peers.items():
            if peer in failed:
                continue
            if row.folder:
                shutil.rmtree(row.folder, ignore_errors=True)
                os.makedirs(row.folder)
            found = once(row, measurer, command, variables)
            if found is None:
                failed.add(peer)
                print(f"   left out: {peer} in {row.name}", file=sys.stderr)
            elif number:
                for column, values in samples[peer].items():
                    values.append(found[column])
    if row.folder:
        shutil.rmtree(row.folder, ignore_errors=True)
    return {peer: columns for peer, columns in samples.items() if peer not in failed}


def once(row, measurer, command, variables):
    # a driver of warm calls measures itself
    full = command if row.columns is rows.WARM else [measurer, *command]
    done = subprocess.run(full, env=variables, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    found = {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", done.stdout.partition("RESULT")[2])}
    if done.returncode or not found:
        print(f"   {' '.join(command)[:200]}: {done.stderr[-500:]}", file=sys.stderr)
        return None
    if "cpu_s" in found:
        found["cpu_ms"] = found["cpu_s"] * 1e3
    return found


def table(name, columns, samples):
    """A table of medians, least and greatest values, and ratios of medians."""
    lines = [f"### {name}", ""]
    heads = [f"{title} | min | max | ×" for title in columns.values()]
    lines.append("| peer | " + " | ".join(heads) + " |")
    lines.append("| --- |" + " ---: | ---: | ---: | ---: |" * len(columns))
    for peer, found in samples.items():
        cells = []
        for column in columns:
            values = found[column]
            base = samples.get(BASE, {}).get(column)
            ratio = f"{statistics.median(values) / statistics.median(base):.2f}" if base else ""
            cells += [*map(digits, (statistics.median(values), min(values), max(values))), ratio]
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def digits(value):
    """Three significant digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
