"""Home Assistant's MQTT Statestream, by the mapping beside this file; see README.md."""

from adapters.mapping.adapter import packaged_mapping

_mapping = packaged_mapping(__name__)
identify, decode = _mapping.identify, _mapping.decode
