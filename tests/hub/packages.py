"""Third parties' packages, as Python finds them where they are installed."""

from pathlib import Path


def announce(folder: Path, package: str, name: str, value: str) -> Path:
    """Put a package's announcement of an adapter where Python finds installed packages."""
    about = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[nachtwacht.adapters]\n{name} = {value}\n")
    return folder


def module(folder: Path, name: str, manifest: str, code: str = "") -> None:
    """Write an adapter's module."""
    (folder / name).mkdir(parents=True)
    (folder / name / "manifest.toml").write_text(manifest)
    (folder / name / "__init__.py").write_text(code)
