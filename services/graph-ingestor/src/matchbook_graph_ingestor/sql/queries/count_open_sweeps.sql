SELECT count(*) FROM open_sweeps WHERE scope = 'devices'
