SELECT customers_due_at <= $1 FROM account
