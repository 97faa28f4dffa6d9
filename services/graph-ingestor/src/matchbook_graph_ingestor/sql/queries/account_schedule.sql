SELECT customers_failures AS failures, coalesce(interval_seconds, $1) AS interval_seconds FROM account
