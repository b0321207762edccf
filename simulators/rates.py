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

FALL = 0.0024  # literature
PRESS_AFTER_FALL = 0.2  # literature: the pendant is used after one fall in five
PRESS = 0.015  # assumption; half of them real, by a Dutch study
LEFT_ZONE = 0.003  # assumption, per tracker
LEFT_ZONE_WRONGLY = 0.03  # assumption, per tracker: GPS only thinks so
CAREGIVER_ANSWERS = 0.6  # assumption, at night
PRESSES_AFTER_A_STORM = 0.01  # assumption, of whoever a failure of the network woke up
DOSE_NOT_TAKEN = 0.04  # Dutch dispenser figures, per dose
MOTION_CLEARS = timedelta(seconds=90)  # the usual time-out of a Zigbee motion sensor
