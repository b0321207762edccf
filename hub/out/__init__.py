"""What integrators are told of alerts, and how it reaches them."""
