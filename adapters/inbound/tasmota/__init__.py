"""Tasmota over MQTT, by the mapping beside this file; README.md says how to connect one."""

from adapters.mapping.adapter import packaged_mapping

_mapping = packaged_mapping(__name__)
identify, decode = _mapping.identify, _mapping.decode
