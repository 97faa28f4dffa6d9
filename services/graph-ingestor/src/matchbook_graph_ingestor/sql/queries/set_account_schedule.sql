UPDATE account SET
    interval_seconds = $1,
    customers_due_at = least(customers_due_at, $2::timestamptz + make_interval(secs => coalesce($1, $3::integer)))
