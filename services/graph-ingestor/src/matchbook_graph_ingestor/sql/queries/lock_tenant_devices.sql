-- Two sweeps of one tenant, of which one belongs to a process that should be dead, take turns here.
SELECT pg_advisory_xact_lock(hashtext('matchbook.devices'), hashtext($1))
