"""Says how nights went as JUnit XML, for a build server.

`testsuites` with one `testsuite`, as the schema of Jenkins (junit-10.xsd of its xunit plugin) has
it and Surefire's readers take it; no element or attribute beyond that schema.
"""

from collections.abc import Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from hub.rehearsal import report
from hub.rehearsal.account import Account
from hub.rehearsal.chances import Chance, Verdict, chances
from simulators.night_file import NightRefused


def as_junit(accounts: Sequence[Account], refused: Sequence[NightRefused]) -> str:
    """One test case a night and seed, and one an expectation with a chance.

    What broke is a failure, a night that cannot be played an error, and a chance that so many
    seeds neither prove nor disprove is skipped. Times are seconds.
    """
    cases = [
        *map(_of_night, accounts),
        *map(_of_chance, chances(accounts)),
        *map(_of_refused, refused),
    ]
    seconds = f"{sum(one.seconds for one in accounts):.3f}"
    total = {"name": "nights", "tests": str(len(cases)), "time": seconds}
    total |= {"failures": _many(cases, "failure"), "errors": _many(cases, "error")}
    suites = Element("testsuites", total)
    SubElement(suites, "testsuite", total | {"skipped": _many(cases, "skipped")}).extend(cases)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _many(cases: Sequence[Element], what: str) -> str:
    return str(sum(one.find(what) is not None for one in cases))


def _of_night(account: Account) -> Element:
    case = _case(f"{account.night.name} seed {account.seed}", account.seconds)
    if account.broken:
        _because(case, "failure", account.broken[0].promise, "\n".join(report.lines(account)))
    return case


def _of_chance(chance: Chance) -> Element:
    case = _case(f"{chance.night.name} line {chance.expectation.line}")
    told = "\n".join(report.chance_lines([chance]))
    match chance.verdict:
        case Verdict.BROKEN:
            _because(case, "failure", "it is met too seldom", told)
        case Verdict.UNDECIDED:
            _because(case, "skipped", "too few seeds were played to tell", told)
        case Verdict.KEPT:
            pass
    return case


def _of_refused(refused: NightRefused) -> Element:
    case = _case(refused.problems[0].file)
    _because(case, "error", "the night cannot be played", str(refused))
    return case


def _case(name: str, seconds: float = 0.0) -> Element:
    return Element("testcase", {"classname": "night", "name": name, "time": f"{seconds:.3f}"})


def _because(case: Element, how: str, message: str, text: str) -> None:
    SubElement(case, how, {"message": message, "type": "night"}).text = text
