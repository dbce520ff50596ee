"""One access policy: who may reach which port of which tier.

policy reads and refuses; model is what it says; verdict, nftables and security_groups are three ways to say it again.
"""
