"""The programs that are compared. What is missing is made below target/peers, or left out."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import rows

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TARGET = ROOT / "target" / "peers"


class Tools(dict):
    """Command lines by peer. `server` and `measure` are the programs that measure."""


def find(with_sdk):
    tools = Tools()
    TARGET.mkdir(parents=True, exist_ok=True)
    built = build(HERE, TARGET / "cargo")
    tools.server, tools.measure = str(built / "server"), str(built / "measure")
    tools[rows.UREQ] = [str(built / "bare")]
    tools[rows.OURS] = [str(built / "ours")]
    tools[rows.COMMAND] = [os.environ.get("TUCUXI_PEER_COMMAND") or str(command())]
    python = os.environ.get("TUCUXI_PEER_PYTHON") or environment()
    if python:
        tools[rows.BOTO] = [python, str(HERE / "boto.py")]
        for peer in (rows.AWS, rows.S5CMD):
            program = Path(python).parent / peer
            if program.exists():
                tools[peer] = [str(program)]
    sdk = os.environ.get("TUCUXI_PEER_SDK")
    if not sdk and with_sdk:
        sdk = str(build(HERE / "sdk", TARGET / "sdk") / "peer-sdk")
    if sdk:
        tools[rows.SDK] = [sdk]
    for peer in (rows.AWS, rows.BOTO, rows.SDK, rows.S5CMD):
        if peer not in tools:
            hint = " (--with-sdk builds it, or TUCUXI_PEER_SDK names it)" if peer == rows.SDK else ""
            print(f"left out: {peer}{hint}", file=sys.stderr)
    return tools


def build(folder, target):
    """Builds the programs of a folder with the versions of this project's dependencies, where they share some."""
    if not (folder / "Cargo.lock").exists():
        shutil.copy(ROOT / "Cargo.lock", folder / "Cargo.lock")
    subprocess.run(["cargo", "build", "--quiet", "--release", "--target-dir", target], cwd=folder, check=True)
    return target / "release"


def command():
    """The command, as it is installed: this is the build that takes longest."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--features", "cli"], cwd=ROOT, check=True)
    return ROOT / "target" / "release" / "tucuxi"


def environment():
    """The Python of a virtual environment with the peers that are Python packages."""
    folder = TARGET / "venv"
    python = folder / "bin" / "python"
    wanted = HERE / "requirements.txt"
    installed = folder / "installed"
    if installed.exists() and installed.read_text() == wanted.read_text():
        return str(python)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "-r", wanted]
        subprocess.run(pip, check=True)
    except subprocess.CalledProcessError as error:
        print(f"no Python packages: {error}", file=sys.stderr)
        return None
    shutil.copy(wanted, installed)
    return str(python)


def versions(tools):
    """The versions of the peers, for the caption."""
    said = {}
    if rows.AWS in tools:
        # aws-cli/1.46.3 Python/3.11 …
        said[rows.AWS] = output([*tools[rows.AWS], "--version"]).split()[0].rpartition("/")[2]
    if rows.BOTO in tools:
        said[rows.BOTO] = output([tools[rows.BOTO][0], "-c", "import boto3; print(boto3.__version__)"])
    if rows.S5CMD in tools:
        said[rows.S5CMD] = output([*tools[rows.S5CMD], "version"]).split("-")[0].removeprefix("v")
    if rows.SDK in tools:
        lines = (HERE / "sdk" / "Cargo.toml").read_text().splitlines()
        pins = dict(line.split(" = ", 1) for line in lines if line.startswith("aws-sdk-"))
        said[rows.SDK] = ", ".join(f"{name.removeprefix('aws-sdk-')} {pin[2:-1]}" for name, pin in pins.items())
    said[rows.OURS] = output(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    return said


def output(command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
