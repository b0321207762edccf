"""What `nachtwacht serve` is put together from: doors, outside brokers, the web application."""
