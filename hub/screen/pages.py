"""Renders the pages: one Jinja environment that escapes everything and forgives no hole."""

import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hub.screen.inspector_view import OUTCOMES, TONES, short
from hub.screen.policy import CONTENT_SECURITY_POLICY
from hub.screen.raw_payload import plain
from hub.words import times
from hub.words.advice import advice
from hub.words.kinds import KINDS, MARKS, MODES, PARTS, SERVICES, WAYS, word
from hub.words.texts import DUTCH

HERE = Path(__file__).parent
STATIC = HERE / "static"
THEME_COOKIE = "theme"
THEMES = ("light", "dark")
LIVE = ("board.html", "alert.html", "inspector.html")
POLICY = f"{CONTENT_SECURITY_POLICY}; require-trusted-types-for 'script'; trusted-types nachtwacht"


def render(name: str, **facts: Any) -> str:
    """Render a template to text. Raises UndefinedError when it asks what it was not given."""
    return _environment().get_template(name).render(**facts)


def page(request: Request, name: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """Answer with a whole page, in the theme of the hour or of the visitor's choice.

    Every template may count on `now`, `local`, `theme`, `once`, `form_token`, `path`, `said`,
    `rehearsal`, `fallback_phone` and `time_scale`; what the caller gives goes first.
    """
    parts = request.app.state.web
    now: datetime = facts.get("now") or parts.clock()
    local: ZoneInfo = facts.get("local") or times.zone(parts.time_zone)
    shown = {
        "status": status,
        "theme": _theme(request, now, local),
        "rehearsal": parts.rehearsal,
        "fallback_phone": parts.emergency_phone,
        "time_scale": parts.time_scale,
        "now": now,
        "local": local,
        "once": uuid4(),
        "form_token": "",
        "path": request.url.path,
        "said": "",
    }
    headers = {"Content-Security-Policy": POLICY} if name in LIVE else {}
    return HTMLResponse(render(name, **{**shown, **facts}), status, headers)


def _theme(request: Request, now: datetime, local: ZoneInfo) -> str:
    chosen = request.cookies.get(THEME_COOKIE)
    if chosen in THEMES:
        return chosen
    return "dark" if times.is_night(now, local) else "light"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "t": DUTCH,
        "asset": _asset_names().__getitem__,
        "services": SERVICES.items(),
    }
    environment.filters |= {
        "filled": lambda template, **facts: template.format(**facts),
        "length": times.length,
        "clock": times.clock,
        "seconds_clock": times.seconds_clock,
        "day_clock": times.day_clock,
        "date_clock": times.date_clock,
        "phone": lambda number: "".join(one for one in number if one in "+0123456789"),
        "way_word": lambda way: word(WAYS, way),
        "kind_word": lambda kind: word(KINDS, kind),
        "outcome_word": lambda outcome: word(OUTCOMES, outcome),
        "outcome_tone": lambda outcome: TONES.get(outcome, "warn"),
        "short": short,
        "plain": plain,
        "mark_word": lambda mark: word(MARKS, mark),
        "mode_word": lambda mode: word(MODES, mode),
        "part_word": lambda part: word(PARTS, part),
        "trouble_advice": lambda one: advice(one.outcome, one.reason),
    }
    return environment


def _asset_names() -> dict[str, str]:
    """Give every static file an address that changes with its bytes."""
    return {
        one.name: f"/static/{one.name}?v={hashlib.sha256(one.read_bytes()).hexdigest()[:12]}"
        for one in STATIC.iterdir()
        if one.is_file()
    }
