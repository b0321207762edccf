"""The Dutch words that people read: on screens, by telephone, in proofs of plans."""
