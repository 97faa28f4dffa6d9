UPDATE account SET device_sync = $1
