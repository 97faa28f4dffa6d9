SELECT serial_key FROM common_serials
