SELECT device_ids, next_link, counts FROM sweep_pages WHERE tenant_id = $1 AND run_id = $2 ORDER BY page
