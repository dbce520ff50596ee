"""Who works on the fleet, and what was done: a lease and a journal, both in one folder on the db host."""
