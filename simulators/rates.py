"""How often things happen to one client in one night (23-07), and where each figure comes from.

Recorded homes are the CASAS (Washington State University) and Ordonez data sets, summarised:
30 nights of one home gave 1 to 2 bed-toilet visits with a median of 4.5 minutes, p90 7.0.
A figure without a published source is an assumption and says so.
"""

from datetime import timedelta

TOILET_TRIPS = 1.8  # recorded home; Poisson
TOILET_DWELL = (timedelta(minutes=4.4), timedelta(minutes=9))  # recorded home: median, p95
AWAY = (timedelta(minutes=98), timedelta(minutes=270))  # recorded home, 74 outings: median, p95
OUTING = 0.5  # assumption: goes out on half of the days

DOSE_NOT_TAKEN = 0.04  # Dutch dispenser figures, per dose
MOTION_CLEARS = timedelta(seconds=90)  # the usual time-out of a Zigbee motion sensor
