-- Who changes a tenant's devices holds this row: two sweeps of one tenant, of which one belongs to a process that should be
-- dead, and a read by id, take turns.
SELECT FROM tenants WHERE tenant_id = $1 FOR UPDATE
