-- The ignores that end by themselves; few, and looked for every few seconds.
CREATE INDEX device_matches_expiring ON device_matches (tenant_id, device_id)
    WHERE status = 'ignored' AND state ? 'ignored_until';
CREATE INDEX tenant_matches_expiring ON tenant_matches (tenant_id) WHERE status = 'ignored' AND state ? 'ignored_until';
