SELECT device_sync, interval_seconds FROM account
