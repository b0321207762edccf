"""The documents keep up with the code: links, settings, commands, kinds."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from escalation.kinds import RULES
from hub.settings import Settings
from hub.words.kinds import KINDS

ROOT = Path(__file__).parents[1]
LISTED = ("git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.md")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
SETTING = re.compile(r"NACHTWACHT_[A-Z_]+[A-Z]")
OUTSIDE = ("http://", "https://", "mailto:")


def documents() -> list[str]:
    said = subprocess.run(LISTED, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in said.split() if (ROOT / name).exists()]


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def anchors(text: str) -> set[str]:
    """The addresses of headings, as a forge makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).strip().replace(" ", "-") for one in headings}


def rows(text: str) -> list[list[str]]:
    """The cells of every table row that begins with a name in backticks."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


@pytest.mark.parametrize("name", documents())
def test_every_link_leads_somewhere(name: str) -> None:
    for link in LINK.findall(FENCE.sub("", text_of(name))):
        if link.startswith(OUTSIDE):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = (ROOT / name).parent / path if path else ROOT / name
        assert target.exists(), f"{name}: {link}"
        assert target.resolve().is_relative_to(ROOT), f"{name}: {link} leads out of the project"
        if anchor:
            assert anchor in anchors(target.read_text("utf-8")), f"{name}: {link}"


def test_every_document_is_found_from_the_readme() -> None:
    found, ahead = set[Path](), [ROOT / "README.md"]
    while ahead:
        document = ahead.pop()
        if document in found or document.suffix != ".md":
            continue
        found.add(document)
        links = LINK.findall(FENCE.sub("", document.read_text("utf-8")))
        inside = [one.partition("#")[0] for one in links if not one.startswith(OUTSIDE)]
        ahead += [(document.parent / one).resolve() for one in inside if one]
    assert {ROOT / name for name in documents()} - found == set()


def test_every_setting_has_its_row_in_operations_and_every_row_its_setting() -> None:
    settings = {f"NACHTWACHT_{name.upper()}" for name in Settings.model_fields}
    named = [row[0].strip("`") for row in rows(text_of("docs/operations.md"))]
    documented = [one for one in named if SETTING.fullmatch(one)]
    assert sorted(documented) == sorted(settings)


@pytest.mark.parametrize("name", [*documents(), "Dockerfile", "deploy/compose.yaml"])
def test_no_document_names_a_setting_that_is_not_there(name: str) -> None:
    settings = {f"NACHTWACHT_{one.upper()}" for one in Settings.model_fields}
    assert set(SETTING.findall(text_of(name))) <= settings


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_explains_itself_on_the_command_line(field: str) -> None:
    assert Settings.model_fields[field].description


@pytest.mark.parametrize("name", documents())
def test_every_make_command_in_the_documents_exists(name: str) -> None:
    named = set(re.findall(r"(?:^    |`)make ([a-z0-9-]+)", text_of(name), re.MULTILINE))
    targets = set(re.findall(r"^([a-z0-9-]+):", text_of("Makefile"), re.MULTILINE))
    assert named <= targets


def test_the_readme_fits_on_a_screen_and_names_the_two_commands() -> None:
    readme = text_of("README.md")
    assert "    make demo\n" in readme
    assert "    make test\n" in readme
    assert len(readme.splitlines()) < 70


def test_the_glossary_has_every_kind_with_its_word_and_its_default() -> None:
    kinds = {row[0].strip("`"): (row[1], row[2]) for row in rows(text_of("docs/glossary.md"))}
    assert kinds == {kind: (KINDS[kind], rule.priority) for kind, rule in RULES.items()}


def test_the_decisions_are_numbered_without_a_gap_and_listed() -> None:
    folder = ROOT / "docs/decisions"
    names = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"^\d+\. \[.+\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert names == listed
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
