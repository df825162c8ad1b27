"""What every package states, read from Cargo.toml, and the names of each platform in every package format."""

import os
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = tomllib.loads((ROOT / "Cargo.toml").read_text(encoding="utf-8"))["package"]
NAME = PACKAGE["name"]
VERSION = PACKAGE["version"]
DESCRIPTION = PACKAGE["description"]
LICENCE = PACKAGE["license"]
# The one place that names the address of the repository.
REPOSITORY = PACKAGE["repository"].rstrip("/")
RELEASE = f"{REPOSITORY}/releases/download/v{VERSION}"

# Rust's name of a platform, then npm's os and cpu.
PLATFORMS = {
    "x86_64-unknown-linux-musl": ("linux", "x64"),
    "aarch64-unknown-linux-musl": ("linux", "arm64"),
    "x86_64-apple-darwin": ("darwin", "x64"),
    "aarch64-apple-darwin": ("darwin", "arm64"),
    "x86_64-pc-windows-msvc": ("win32", "x64"),
}


def epoch() -> int:
    """The time that files in packages bear, in seconds since 1970, so that the same input makes the same bytes."""
    return int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def program(target: str) -> str:
    """The name of the program's file on a platform."""
    return f"{NAME}.exe" if "windows" in target else NAME


def archive(target: str) -> str:
    """The name of the archive of a release for a platform."""
    return f"{NAME}-{VERSION}-{target}.{'zip' if 'windows' in target else 'tar.gz'}"


def usage(text: str | None) -> None:
    """Ends the script with its own description."""
    sys.exit((text or "").strip())
