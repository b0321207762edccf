"""Where messages come from: our front door, outside brokers, HTTP. "Yes" after the commit."""
