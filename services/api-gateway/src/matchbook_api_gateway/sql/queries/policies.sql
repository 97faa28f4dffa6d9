SELECT version, policies, set_by, set_at FROM policies
