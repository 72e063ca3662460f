// Times internal/trace.Parse of the Go that it is built with: the parser that
// Looptrace's reader is compared with.
//
// It stands for a package of Go's own tree, because no other may import
// internal/trace; bench/support/go_parse.ts says so to the compiler with an
// overlay. Prints one JSON object.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"internal/trace"
	"os"
	"runtime"
	"time"
)

type result struct {
	Go     string  `json:"go"`
	Events int     `json:"events"`
	Ms     float64 `json:"ms"`
	// Most memory that the process had, in bytes; 0 where /proc does not say.
	PeakBytes int `json:"peakBytes"`
}

func main() {
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "Usage: parse FILE")
		os.Exit(2)
	}
	// The file is in memory first, as it is for the other reader.
	data, err := os.ReadFile(flag.Arg(0))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	runtime.GC()
	began := time.Now()
	parsed, err := trace.Parse(bytes.NewReader(data), "")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	took := time.Since(began)
	json.NewEncoder(os.Stdout).Encode(result{
		Go:        runtime.Version(),
		Events:    len(parsed.Events),
		Ms:        took.Seconds() * 1e3,
		PeakBytes: peakBytes(),
	})
}

func peakBytes() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	at := bytes.Index(status, []byte("VmHWM:"))
	if at < 0 {
		return 0
	}
	var kilobytes int
	fmt.Sscan(string(status[at+len("VmHWM:"):]), &kilobytes)
	return kilobytes << 10
}
