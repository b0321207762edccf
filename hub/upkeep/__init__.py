"""How a hub looks after itself: whether it is fit to serve, a sign of life, old rows dropped."""
