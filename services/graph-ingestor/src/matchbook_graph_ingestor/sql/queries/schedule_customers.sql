UPDATE account SET customers_due_at = CASE WHEN customers_due_at > $1 THEN customers_due_at ELSE $2 END, customers_failures = $3
