"""Moments as people read them: clock times in the organisation's own time zone."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("ma", "di", "wo", "do", "vr", "za", "zo")
EVENING, MORNING = 20, 7


def zone(name: str) -> ZoneInfo:
    """Find a time zone; an unknown name is Amsterdam, where the screens are."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("Europe/Amsterdam")


def clock(moment: datetime, local: ZoneInfo) -> str:
    """Write hh:mm."""
    return f"{moment.astimezone(local):%H:%M}"


def seconds_clock(moment: datetime, local: ZoneInfo) -> str:
    """Write hh:mm:ss."""
    return f"{moment.astimezone(local):%H:%M:%S}"


def day_clock(moment: datetime, now: datetime, local: ZoneInfo) -> str:
    """Write hh:mm today, `di 09:00` within six days, else `di 24-11 09:00`."""
    here, today = moment.astimezone(local), now.astimezone(local)
    if here.date() == today.date():
        return f"{here:%H:%M}"
    weekday = WEEKDAYS[here.weekday()]
    if abs((here.date() - today.date()).days) < 6:
        return f"{weekday} {here:%H:%M}"
    return f"{weekday} {here:%d-%m %H:%M}"


def date_clock(moment: datetime, local: ZoneInfo) -> str:
    """Write `24-11-2026 09:00`, for what may be years away; the day alone at midnight."""
    here = moment.astimezone(local)
    return f"{here:%d-%m-%Y}" if f"{here:%H:%M}" == "00:00" else f"{here:%d-%m-%Y %H:%M}"


def length(span: timedelta) -> str:
    """Write mm:ss, h:mm:ss from an hour on, days from two days on; never below zero."""
    whole = max(int(span.total_seconds()), 0)
    if whole >= 48 * 3600:
        return f"{whole // 86400} dagen"
    minutes, seconds = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes:02}:{seconds:02}"
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def in_minutes(span: timedelta) -> str:
    """Write an agreed length as people say it: `20 min`, with seconds where there are any."""
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    return f"{minutes}:{seconds:02} min" if seconds else f"{minutes} min"


def is_night(now: datetime, local: ZoneInfo) -> bool:
    """Say whether the screen is dark by itself: from 20:00 to 07:00."""
    hour = now.astimezone(local).hour
    return hour >= EVENING or hour < MORNING
