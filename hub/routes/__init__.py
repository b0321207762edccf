"""What answers a request: one module a page or resource."""
