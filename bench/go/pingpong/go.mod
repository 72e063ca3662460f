module looptrace/bench/pingpong

go 1.19
