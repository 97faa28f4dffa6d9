-- An event is 2 to 3 kB of JSON. Compressing it, which starts at 2 kB, costs more than all else of its writing.
ALTER TABLE history SET (toast_tuple_target = 8160);
