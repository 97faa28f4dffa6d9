SELECT topic, partition, next_offset FROM consumer_offsets WHERE consumer_group = $1
