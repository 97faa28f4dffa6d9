INSERT INTO policies AS kept (version, policies, set_by, set_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (single) DO UPDATE SET
    version = excluded.version, policies = excluded.policies, set_by = excluded.set_by, set_at = excluded.set_at
WHERE kept.version < excluded.version
