SELECT tenant_id, revision, display_name, verified_domains, lost FROM tenants WHERE tenant_id = ANY($1::text[])
