"""Packets of every type, their bytes written by hand from the MQTT specifications."""

from datetime import timedelta

from hub.sources.mqtt.packets import (
    Auth,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)
from hub.sources.mqtt.properties import Properties, Property
from hub.sources.mqtt.reasons import Reason

OLD, NEW = Version.V311, Version.V5

GOLDEN: list[tuple[str, Version, Packet]] = [
    # CONNECT: name, level, flags, keep alive, [properties], client id, [will], [user], [password]
    ("10 0d 0004 4d515454 04 02 003c 0001 61", OLD, Connect(OLD, "a", True, timedelta(seconds=60))),
    (
        "10 15 0004 4d515454 04 c0 0000 0001 61 0003 6f2f67 0001 70",
        OLD,
        Connect(OLD, "a", False, timedelta(), "o/g", b"p"),
    ),
    (
        "10 14 0004 4d515454 04 2e 000a 0001 61 0001 74 0002 0001",
        OLD,
        Connect(OLD, "a", True, timedelta(seconds=10), will=Will("t", b"\0\1", 1, retain=True)),
    ),
    ("10 0d 0004 4d515454 05 02 003c 00 0000", NEW, Connect(NEW, "", True, timedelta(seconds=60))),
    (
        "10 25 0004 4d515454 05560000 081100000e10210014 000161 051800000005 000174000177 000170",
        NEW,
        Connect(
            NEW,
            "a",
            password=b"p",
            will=Will("t", b"w", 2, properties=Properties({Property.WILL_DELAY_INTERVAL: 5})),
            properties=Properties(
                {Property.SESSION_EXPIRY_INTERVAL: 3600, Property.RECEIVE_MAXIMUM: 20}
            ),
        ),
    ),
    (
        "10 19 0004 4d515454 04 ce 000a 000163 000177 00016d 000175 000170",
        OLD,
        Connect(OLD, "c", True, timedelta(seconds=10), "u", b"p", Will("w", b"m", 1)),
    ),
    (
        (
            "10 32 0004 4d515454 05 02 003c 24 110000000a 210014 2700010000 22000a 1901 1700"
            " 1500016d 1600020102 26000161000162 000161"
        ),
        NEW,
        Connect(
            NEW,
            "a",
            keep_alive=timedelta(seconds=60),
            properties=Properties(
                {
                    Property.SESSION_EXPIRY_INTERVAL: 10,
                    Property.RECEIVE_MAXIMUM: 20,
                    Property.MAXIMUM_PACKET_SIZE: 65536,
                    Property.TOPIC_ALIAS_MAXIMUM: 10,
                    Property.REQUEST_RESPONSE_INFORMATION: 1,
                    Property.REQUEST_PROBLEM_INFORMATION: 0,
                    Property.AUTHENTICATION_METHOD: "m",
                    Property.AUTHENTICATION_DATA: b"\1\2",
                },
                (("a", "b"),),
            ),
        ),
    ),
    (
        (
            "10 34 0004 4d515454 05 2e 000a 00 000161 1f 1800000005 0101 020000000a 0300016a"
            " 08000172 09000101 2600016b000176 000174 000177"
        ),
        NEW,
        Connect(
            NEW,
            "a",
            keep_alive=timedelta(seconds=10),
            will=Will(
                "t",
                b"w",
                1,
                retain=True,
                properties=Properties(
                    {
                        Property.WILL_DELAY_INTERVAL: 5,
                        Property.PAYLOAD_FORMAT_INDICATOR: 1,
                        Property.MESSAGE_EXPIRY_INTERVAL: 10,
                        Property.CONTENT_TYPE: "j",
                        Property.RESPONSE_TOPIC: "r",
                        Property.CORRELATION_DATA: b"\1",
                    },
                    (("k", "v"),),
                ),
            ),
        ),
    ),
    (
        (
            "20 40 00 00 3d 1100000e10 210040 2401 2501 2701000000 12000161 220010 1f00026f6b 2800"
            " 2900 2a00 13003c 1a000172 1c000173 1500016d 16000101 2600016b000176"
        ),
        NEW,
        Connack(
            properties=Properties(
                {
                    Property.SESSION_EXPIRY_INTERVAL: 3600,
                    Property.RECEIVE_MAXIMUM: 64,
                    Property.MAXIMUM_QOS: 1,
                    Property.RETAIN_AVAILABLE: 1,
                    Property.MAXIMUM_PACKET_SIZE: 1 << 24,
                    Property.ASSIGNED_CLIENT_IDENTIFIER: "a",
                    Property.TOPIC_ALIAS_MAXIMUM: 16,
                    Property.REASON_STRING: "ok",
                    Property.WILDCARD_SUBSCRIPTION_AVAILABLE: 0,
                    Property.SUBSCRIPTION_IDENTIFIER_AVAILABLE: 0,
                    Property.SHARED_SUBSCRIPTION_AVAILABLE: 0,
                    Property.SERVER_KEEP_ALIVE: 60,
                    Property.RESPONSE_INFORMATION: "r",
                    Property.SERVER_REFERENCE: "s",
                    Property.AUTHENTICATION_METHOD: "m",
                    Property.AUTHENTICATION_DATA: b"\1",
                },
                (("k", "v"),),
            )
        ),
    ),
    ("32 07 0003612f62 000a", OLD, Publish("a/b", b"", 1, 10)),
    (
        "50 07 0001 87 03 1f0000",
        NEW,
        Pubrec(1, Reason.NOT_AUTHORIZED, Properties({Property.REASON_STRING: ""})),
    ),
    (
        "62 07 0001 92 03 1f0000",
        NEW,
        Pubrel(1, Reason.PACKET_IDENTIFIER_NOT_FOUND, Properties({Property.REASON_STRING: ""})),
    ),
    (
        "70 0b 0001 92 07 2600016b000176",
        NEW,
        Pubcomp(1, Reason.PACKET_IDENTIFIER_NOT_FOUND, Properties(user=(("k", "v"),))),
    ),
    (
        "82 0e 000a 0003612f62 01 0003632f64 02",
        OLD,
        Subscribe(10, (Subscription("a/b", 1), Subscription("c/d", 2))),
    ),
    (
        "90 05 000a 00 02 80",
        OLD,
        Suback(10, (Reason.SUCCESS, Reason.GRANTED_QOS_2, Reason.UNSPECIFIED_ERROR)),
    ),
    (
        "90 0a 0001 06 1f0003616263 00",
        NEW,
        Suback(1, (Reason.SUCCESS,), Properties({Property.REASON_STRING: "abc"})),
    ),
    ("a2 0c 000a 0003612f62 0003632f64", OLD, Unsubscribe(10, ("a/b", "c/d"))),
    (
        "e0 0b 8b 09 1f00026f6b 1c000173",
        NEW,
        Disconnect(
            Reason.SERVER_SHUTTING_DOWN,
            Properties({Property.REASON_STRING: "ok", Property.SERVER_REFERENCE: "s"}),
        ),
    ),
    ("f0 00", NEW, Auth()),
    ("20 02 00 00", OLD, Connack()),
    ("20 02 01 00", OLD, Connack(session_present=True)),
    ("20 02 00 05", OLD, Connack(Reason.NOT_AUTHORIZED)),
    ("20 03 00 86 00", NEW, Connack(Reason.BAD_USER_NAME_OR_PASSWORD)),
    (
        "20 0d 00 00 0a 21 0040 24 01 12 0002 6162",
        NEW,
        Connack(
            properties=Properties(
                {
                    Property.RECEIVE_MAXIMUM: 64,
                    Property.MAXIMUM_QOS: 1,
                    Property.ASSIGNED_CLIENT_IDENTIFIER: "ab",
                }
            )
        ),
    ),
    ("30 06 0003 612f62 68", OLD, Publish("a/b", b"h")),
    ("31 05 0003 612f62", OLD, Publish("a/b", b"", retain=True)),
    ("3a 09 0003 612f62 000a 6869", OLD, Publish("a/b", b"hi", 1, 10, duplicate=True)),
    ("34 07 0003 612f62 ffff", OLD, Publish("a/b", b"", 2, 65535)),
    ("30 07 0003 612f62 00 68", NEW, Publish("a/b", b"h")),
    (
        "32 13 0001 74 0001 0c 03 0001 6a 26 0001 6b 0002 7676 68",
        NEW,
        Publish(
            "t", b"h", 1, 1, properties=Properties({Property.CONTENT_TYPE: "j"}, (("k", "vv"),))
        ),
    ),
    (
        "30 1d 0001 74 18 01 01 02 0000003c 08 0001 72 09 0002 00ff 23 0007 0b 8002 0b 01 78",
        NEW,
        Publish(
            "t",
            b"x",
            properties=Properties(
                {
                    Property.PAYLOAD_FORMAT_INDICATOR: 1,
                    Property.MESSAGE_EXPIRY_INTERVAL: 60,
                    Property.RESPONSE_TOPIC: "r",
                    Property.CORRELATION_DATA: b"\x00\xff",
                    Property.TOPIC_ALIAS: 7,
                },
                subscriptions=(256, 1),
            ),
        ),
    ),
    (
        "30 07 0000 03 23 0001 68",
        NEW,
        Publish("", b"h", properties=Properties({Property.TOPIC_ALIAS: 1})),
    ),
    ("40 02 1234", OLD, Puback(0x1234)),
    ("40 02 1234", NEW, Puback(0x1234)),
    ("40 03 0001 87", NEW, Puback(1, Reason.NOT_AUTHORIZED)),
    (
        "40 08 0001 97 04 1f 0001 78",
        NEW,
        Puback(1, Reason.QUOTA_EXCEEDED, Properties({Property.REASON_STRING: "x"})),
    ),
    ("50 02 0001", OLD, Pubrec(1)),
    ("50 03 0001 10", NEW, Pubrec(1, Reason.NO_MATCHING_SUBSCRIBERS)),
    ("62 02 0001", OLD, Pubrel(1)),
    ("62 03 0001 92", NEW, Pubrel(1, Reason.PACKET_IDENTIFIER_NOT_FOUND)),
    ("70 02 0001", OLD, Pubcomp(1)),
    ("70 02 0001", NEW, Pubcomp(1)),
    (
        "82 0c 0001 0003 612f23 01 0001 62 00",
        OLD,
        Subscribe(1, (Subscription("a/#", 1), Subscription("b"))),
    ),
    (
        "82 09 0001 02 0b 05 0001 62 2d",
        NEW,
        Subscribe(
            1,
            (Subscription("b", 1, no_local=True, retain_as_published=True, retain_handling=2),),
            Properties(subscriptions=(5,)),
        ),
    ),
    ("90 04 0001 01 80", OLD, Suback(1, (Reason.GRANTED_QOS_1, Reason.UNSPECIFIED_ERROR))),
    (
        "90 05 0001 00 02 9e",
        NEW,
        Suback(1, (Reason.GRANTED_QOS_2, Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED)),
    ),
    ("a2 07 0001 0003 612f23", OLD, Unsubscribe(1, ("a/#",))),
    ("a2 09 0001 00 0001 61 0001 62", NEW, Unsubscribe(1, ("a", "b"))),
    ("b0 02 0001", OLD, Unsuback(1)),
    (
        "b0 05 0001 00 00 11",
        NEW,
        Unsuback(1, (Reason.SUCCESS, Reason.NO_SUBSCRIPTION_EXISTED)),
    ),
    ("c0 00", OLD, Pingreq()),
    ("c0 00", NEW, Pingreq()),
    ("d0 00", OLD, Pingresp()),
    ("d0 00", NEW, Pingresp()),
    ("e0 00", OLD, Disconnect()),
    ("e0 00", NEW, Disconnect()),
    ("e0 01 8e", NEW, Disconnect(Reason.SESSION_TAKEN_OVER)),
    (
        "e0 07 00 05 11 00000000",
        NEW,
        Disconnect(properties=Properties({Property.SESSION_EXPIRY_INTERVAL: 0})),
    ),
    (
        "f0 09 18 07 15 0001 6d 16 0000",
        NEW,
        Auth(
            Reason.CONTINUE_AUTHENTICATION,
            Properties({Property.AUTHENTICATION_METHOD: "m", Property.AUTHENTICATION_DATA: b""}),
        ),
    ),
]

REFUSED: list[tuple[str, str, Version, Reason]] = [
    ("reserved type 0", "00 00", OLD, Reason.MALFORMED_PACKET),
    ("AUTH in 3.1.1", "f0 00", OLD, Reason.MALFORMED_PACKET),
    ("PINGREQ with a body", "c0 01 00", OLD, Reason.MALFORMED_PACKET),
    ("PINGREQ with flags", "c1 00", OLD, Reason.MALFORMED_PACKET),
    ("SUBSCRIBE without its flags", "80 06 0001 0001 61 00", OLD, Reason.MALFORMED_PACKET),
    ("PUBREL without its flags", "60 02 0001", OLD, Reason.MALFORMED_PACKET),
    ("packet id 0", "32 05 0001 61 0000", OLD, Reason.MALFORMED_PACKET),
    ("PUBACK of packet id 0", "40 02 0000", OLD, Reason.MALFORMED_PACKET),
    ("QoS 3", "36 05 0001 61 0001", OLD, Reason.MALFORMED_PACKET),
    ("DUP at QoS 0", "38 03 0001 61", OLD, Reason.MALFORMED_PACKET),
    ("empty topic", "30 02 0000", OLD, Reason.MALFORMED_PACKET),
    ("wildcard in a topic", "30 03 0001 23", OLD, Reason.MALFORMED_PACKET),
    ("NUL in a topic", "30 04 0002 6100", OLD, Reason.MALFORMED_PACKET),
    ("surrogate in a topic", "30 05 0003 eda080", OLD, Reason.MALFORMED_PACKET),
    ("overlong UTF-8", "30 04 0002 c0af", OLD, Reason.MALFORMED_PACKET),
    ("topic longer than the packet", "30 03 0009 61", OLD, Reason.MALFORMED_PACKET),
    ("no filter", "82 02 0001", OLD, Reason.MALFORMED_PACKET),
    ("empty filter", "82 05 0001 0000 00", OLD, Reason.MALFORMED_PACKET),
    ("subscription QoS 3", "82 06 0001 0001 61 03", OLD, Reason.MALFORMED_PACKET),
    ("5.0 options in 3.1.1", "82 06 0001 0001 61 04", OLD, Reason.MALFORMED_PACKET),
    ("reserved option bits", "82 07 0001 00 0001 61 40", NEW, Reason.MALFORMED_PACKET),
    ("retain handling 3", "82 07 0001 00 0001 61 30", NEW, Reason.PROTOCOL_ERROR),
    ("no-local, shared", "82 10 0001 00 000a 2473686172652f672f61 04", NEW, Reason.PROTOCOL_ERROR),
    ("subscription number 0", "82 09 0001 02 0b 00 0001 62 00", NEW, Reason.PROTOCOL_ERROR),
    ("two subscription numbers", "82 0b 0001 04 0b01 0b02 0001 62 00", NEW, Reason.PROTOCOL_ERROR),
    ("nothing to unsubscribe", "a2 02 0001", OLD, Reason.MALFORMED_PACKET),
    (
        "CONNECT's reserved flag",
        "10 0d 0004 4d515454 04 03 003c 0001 61",
        OLD,
        Reason.MALFORMED_PACKET,
    ),
    (
        "will QoS without a will",
        "10 0d 0004 4d515454 04 0a 003c 0001 61",
        OLD,
        Reason.MALFORMED_PACKET,
    ),
    (
        "will retain without a will",
        "10 0d 0004 4d515454 04 22 003c 0001 61",
        OLD,
        Reason.MALFORMED_PACKET,
    ),
    (
        "will QoS 3",
        "10 12 0004 4d515454 04 1e 003c 0001 61 0001 74 0000",
        OLD,
        Reason.MALFORMED_PACKET,
    ),
    (
        "password, no user, 3.1.1",
        "10 10 0004 4d515454 04 42 003c 0001 61 0001 70",
        OLD,
        Reason.MALFORMED_PACKET,
    ),
    (
        "bytes after a CONNECT",
        "10 0e 0004 4d515454 04 02 003c 0001 61 00",
        OLD,
        Reason.MALFORMED_PACKET,
    ),
    ("another protocol", "10 0d 0004 68747470 04 02 003c 0001 61", OLD, Reason.PROTOCOL_ERROR),
    (
        "level 3",
        "10 0f 0006 4d5149736470 03 02 003c 0001 61",
        OLD,
        Reason.UNSUPPORTED_PROTOCOL_VERSION,
    ),
    ("level 6", "10 0d 0004 4d515454 06 02 003c 0001 61", OLD, Reason.UNSUPPORTED_PROTOCOL_VERSION),
    (
        "a bridge's level",
        "10 0d 0004 4d515454 84 02 003c 0001 61",
        OLD,
        Reason.UNSUPPORTED_PROTOCOL_VERSION,
    ),
    (
        "data without method",
        "10 11 0004 4d515454 05 02 003c 04 16 0001 61 0000",
        NEW,
        Reason.PROTOCOL_ERROR,
    ),
    (
        "receive maximum 0",
        "10 10 0004 4d515454 05 02 003c 03 21 0000 0000",
        NEW,
        Reason.PROTOCOL_ERROR,
    ),
    (
        "packet size 0",
        "10 12 0004 4d515454 05 02 003c 05 27 00000000 0000",
        NEW,
        Reason.PROTOCOL_ERROR,
    ),
    (
        "property twice",
        "10 13 0004 4d515454 05 02 003c 06 21 0001 21 0001 0000",
        NEW,
        Reason.PROTOCOL_ERROR,
    ),
    (
        "unknown property",
        "10 0f 0004 4d515454 05 02 003c 02 04 00 0000",
        NEW,
        Reason.MALFORMED_PACKET,
    ),
    ("property of another packet", "30 06 0001 74 02 24 01", NEW, Reason.MALFORMED_PACKET),
    ("flag of 2", "30 06 0001 74 02 01 02", NEW, Reason.MALFORMED_PACKET),
    ("properties longer than the packet", "30 05 0001 74 09 01", NEW, Reason.MALFORMED_PACKET),
    ("property cut off", "30 05 0001 74 01 02", NEW, Reason.MALFORMED_PACKET),
    ("padded property length", "30 05 0001 74 8000", NEW, Reason.MALFORMED_PACKET),
    ("five-byte property length", "30 08 0001 74 8080808001", NEW, Reason.MALFORMED_PACKET),
    ("empty topic without alias", "30 03 0000 00", NEW, Reason.PROTOCOL_ERROR),
    ("unknown reason", "40 03 0001 05", NEW, Reason.MALFORMED_PACKET),
    ("reserved return code", "20 02 00 06", OLD, Reason.MALFORMED_PACKET),
    ("session present 2", "20 02 02 00", OLD, Reason.MALFORMED_PACKET),
    ("SUBACK without reasons", "90 02 0001", OLD, Reason.MALFORMED_PACKET),
    ("UNSUBACK without reasons", "b0 03 0001 00", NEW, Reason.MALFORMED_PACKET),
    ("reasons in 3.1.1's UNSUBACK", "b0 03 0001 00", OLD, Reason.MALFORMED_PACKET),
]
