SELECT DISTINCT owner FROM open_sweeps WHERE scope = 'devices' AND owner IS NOT NULL
