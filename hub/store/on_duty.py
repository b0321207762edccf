"""The columns that say who can be called at a moment, beside who is absent.

They belong to the question for people (`care.PEOPLE`), where `f` is who was found, `c` their
contact, and `asked` the moment and for whom. Each is a look into an index; what costs more is
asked only of who agreed on limits.
"""

ON_DUTY = b"""
       EXISTS (SELECT FROM rosters r WHERE r.contact_id = f.id) AS rostered,
       EXISTS (SELECT FROM shifts s WHERE s.contact_id = f.id AND s.during @> asked.at) AS on_shift,
       CASE f.level WHEN 'night_partner' THEN (
           SELECT jsonb_agg(jsonb_build_object('holds', s.valid @> asked.at, 'hours', s.hours))
           FROM service_contracts s
           WHERE s.organisation_id = asked.organisation_id AND s.role = 'partner'
             AND s.served_by_id = c.organisation_id
             AND (s.region_id IS NULL
                  OR s.region_id = (SELECT h.region_id FROM homes h WHERE h.id = asked.home_id))
       ) END AS contracts,
       CASE f.level WHEN 'informal_caregiver' THEN (
           SELECT k.limits FROM client_contacts k JOIN about b USING (client_id)
           WHERE b.n = asked.n AND k.contact_id = f.id AND k.limits IS NOT NULL
           ORDER BY k.client_id LIMIT 1
       ) END AS limits,
       CASE WHEN f.level = 'informal_caregiver' AND EXISTS (
           SELECT FROM client_contacts k WHERE k.contact_id = f.id AND k.limits IS NOT NULL
       ) THEN (
           SELECT jsonb_agg(DISTINCT jsonb_build_array(
               o.alert_id, date_trunc('hour', o.created_at)))
           FROM outbox o
           WHERE o.contact_id = f.id AND o.purpose = 'warn'
             AND o.created_at > asked.at - interval '9 days'
       ) END AS called,
       (
           SELECT jsonb_build_object(
               'id', t.id, 'ways', t.ways, 'sort', t.sort,
               'absent', EXISTS (SELECT FROM absences x
                                 WHERE x.contact_id = t.id AND x.during @> asked.at),
               'rostered', EXISTS (SELECT FROM rosters r WHERE r.contact_id = t.id),
               'on_shift', EXISTS (SELECT FROM shifts s
                                   WHERE s.contact_id = t.id AND s.during @> asked.at))
           FROM diverts d JOIN contacts t ON t.id = d.to_id
           WHERE d.contact_id = f.id AND d.during @> asked.at
           ORDER BY d.id LIMIT 1
       ) AS diverted
"""
