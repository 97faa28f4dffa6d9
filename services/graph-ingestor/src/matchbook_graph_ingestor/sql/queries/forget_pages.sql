DELETE FROM sweep_pages WHERE tenant_id = $1
