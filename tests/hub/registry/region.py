# ruff: noqa: E501 - lines of files, as somebody wrote them
"""A small region as files: one provider, a partner, a centre, a couple and their daughter."""

FILES = {
    "organisations.csv": """external_id;name;sort;phone;backup
els;Zorg De Els;provider;;achterwacht
uil;Nachtzorg Uil;partner;;
baken;Centrale Baken;centre;;
""",
    "regions.csv": "external_id;name;members\nplas;De Plas;els | uil\n",
    "contacts.csv": """organisation;external_id;sort;name;level;phone;ways;member_of
els;team;team;Team Els;own_team;;webhook https://els.test/team;
els;ilse;person;Ilse Bakker;own_team;;;team
els;achterwacht;person;Achterwacht;backup;;webhook https://els.test/last;
els;dochter;person;Mies Vos;informal_caregiver;06 12;webhook https://els.test/mies | sms 0612;
uil;nacht;team;Nachtteam;night_partner;;webhook https://uil.test/nacht;
baken;tafel;desk;Werkplek;care_centre;;;
""",
    "homes.csv": """organisation,external_id,region,street,place,living_form,latitude
els,huis,plas,"Plaslaan 1, boven",Plasdorp,spread,"52,1"
""",
    "clients.csv": """organisation;external_id;name;birth_date;home;team;instructions
els;cor;Cor Vos;24-12-1938;huis;team;"Eerst ""hallo"" roepen;
dan pas binnen"
els;rie;Rie Vos;1940-02-01;huis;team;
""",
    "relations.csv": """organisation;client;contact;relation;position;consent;limits
els;cor;dochter;dochter;1;ja;{"wake_ups_a_week": 2}
els;rie;dochter;dochter;1;nee;
""",
    "agreements.csv": """organisation;external_id;client;name;kinds;window;steps;rest;valid_from
els;cor/1;cor;Nacht;lifestyle.* alarm.left_home;23:00-07:00;care_centre 2 > night_partner+own_team 3;;01-01-2026
els;standaard;;Val;alarm.fall;ma-vr 08:00-18:00 never;[{"level": "own_team", "wait": 60, "who": ["team"]}];{"inform": [{"who": "dochter"}]};
""",
    "contracts.csv": """organisation;external_id;served_by;region;role;valid_from;response_target_seconds
els;centrale;baken;;centre;2026-01-01;60
els;nacht;uil;plas;partner;2026-01-01;1800
""",
    "turns.csv": """external_id;region;partner;begins;ends
week-1;plas;uil;2026-01-05 18:00;2026-01-12 18:00
week-2;plas;uil;2026-01-12 18:00;
""",
    "rosters.csv": "organisation;contact;known_until\nels;team;2027-01-01\n",
    "shifts.csv": """organisation;external_id;contact;begins;ends
els;dienst-1;team;05-01-2026 07:00;05-01-2026 15:00
""",
    "absences.csv": """organisation;external_id;contact;begins;ends;reason
els;vakantie;dochter;2026-07-01;2026-08-01;vakantie
""",
    "diverts.csv": """organisation;external_id;contact;to;begins;ends
els;ziek;team;uil/nacht;08-01-2026 07:00;08-01-2026 15:00
""",
    "modes.csv": """organisation;external_id;client;mode;begins_at;ends_at;note
els;opname-1;cor;hospital;2026-01-20 10:00;2026-01-27 12:00;heup
""",
    "holidays.csv": "organisation;day;starts_seconds;name\nels;24-12-2026;64800;Kerstavond\n",
    "gateways.csv": "organisation;external_id;adapters;home\nels;kastje;native | zigbee2mqtt;huis\n",
    "devices.csv": """organisation;external_id;gateway;adapter;key;client;home;name;role;hold_off_seconds
els;hanger;kastje;native;p-1;cor;;Hanger;pendant;
els;rook;kastje;zigbee2mqtt;rook-1;;huis;Rookmelder;smoke;0
""",
}
