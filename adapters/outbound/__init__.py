"""One module for each channel: builds a call, judges the answer."""
