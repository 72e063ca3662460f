// What Go's own execution tracer adds to one suspend/resume cycle: the figure that Looptrace is compared with.
//
// Two goroutines hand a value to and fro over two unbuffered channels. One round trip is two cycles, and a
// cycle is three events: one goroutine unblocks the other, blocks, and the other starts. Timed are runs without and
// with runtime/trace, in interleaved pairs whose order changes; the result is the median over the pairs of
// (time with - time without) / cycles. Trace bytes go to a writer that counts and drops them.
//
// Prints one JSON object:
//
//	{"go": "go1.26.8", "pairs": 11, "cycles": 400000, "offNs": 150.1, "onNs": 352.6,
//	 "addedNs": 202.5, "addedLowNs": 199.0, "addedHighNs": 207.1, "addedCpuNs": 210.1,
//	 "bytesPerEvent": 3.3}
//
// offNs, onNs and addedNs are medians for each cycle, addedLowNs and addedHighNs the quartiles; addedCpuNs is the
// median of the same difference in CPU time, user and system, of the whole process.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/trace"
	"sort"
	"sync/atomic"
	"syscall"
	"time"
)

type result struct {
	Go            string  `json:"go"`
	Pairs         int     `json:"pairs"`
	Cycles        int     `json:"cycles"`
	OffNs         float64 `json:"offNs"`
	OnNs          float64 `json:"onNs"`
	AddedNs       float64 `json:"addedNs"`
	AddedLowNs    float64 `json:"addedLowNs"`
	AddedHighNs   float64 `json:"addedHighNs"`
	AddedCpuNs    float64 `json:"addedCpuNs"`
	BytesPerEvent float64 `json:"bytesPerEvent"`
}

// countingWriter is io.Discard that knows how much it was given. The tracer writes from a goroutine of its own.
type countingWriter struct{ bytes int64 }

func (w *countingWriter) Write(p []byte) (int, error) {
	atomic.AddInt64(&w.bytes, int64(len(p)))
	return len(p), nil
}

func main() {
	pairs := flag.Int("pairs", 11, "interleaved pairs of runs")
	roundTrips := flag.Int("roundtrips", 200_000, "round trips in a run")
	procs := flag.Int("procs", 1, "GOMAXPROCS")
	flag.Parse()
	if *pairs < 1 || *roundTrips < 1 || *procs < 1 {
		fmt.Fprintf(os.Stderr, "Cannot measure: pairs is %d, roundtrips is %d, procs is %d, all must be positive\n", *pairs, *roundTrips, *procs)
		os.Exit(2)
	}
	// One P by default, as an event loop has one thread: else the two may run side by side and hardly ever block.
	runtime.GOMAXPROCS(*procs)

	cycles := 2 * *roundTrips
	perCycle := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / float64(cycles) }
	var w countingWriter
	off := func() (wall, cpu float64) {
		before := cpuTime()
		d := pingPong(*roundTrips)
		return perCycle(d), perCycle(cpuTime() - before)
	}
	on := func() (wall, cpu float64) {
		if err := trace.Start(&w); err != nil {
			fmt.Fprintf(os.Stderr, "Cannot start the trace: %v\n", err)
			os.Exit(1)
		}
		before := cpuTime()
		d := pingPong(*roundTrips)
		used := cpuTime() - before
		trace.Stop()
		return perCycle(d), perCycle(used)
	}

	off()
	on()
	atomic.StoreInt64(&w.bytes, 0)
	var offs, ons, added, addedCpu []float64
	for i := 0; i < *pairs; i++ {
		var without, with, cpuWithout, cpuWith float64
		if i%2 == 0 {
			without, cpuWithout = off()
			with, cpuWith = on()
		} else {
			with, cpuWith = on()
			without, cpuWithout = off()
		}
		offs = append(offs, without)
		ons = append(ons, with)
		added = append(added, with-without)
		addedCpu = append(addedCpu, cpuWith-cpuWithout)
	}
	json.NewEncoder(os.Stdout).Encode(result{
		Go:            runtime.Version(),
		Pairs:         *pairs,
		Cycles:        cycles,
		OffNs:         quantile(offs, 0.5),
		OnNs:          quantile(ons, 0.5),
		AddedNs:       quantile(added, 0.5),
		AddedLowNs:    quantile(added, 0.25),
		AddedHighNs:   quantile(added, 0.75),
		AddedCpuNs:    quantile(addedCpu, 0.5),
		BytesPerEvent: float64(w.bytes) / float64(*pairs*cycles*3),
	})
}

// pingPong times n round trips; both goroutines exist before the clock starts and are gone when it returns.
func pingPong(n int) time.Duration {
	ping, pong := make(chan int), make(chan int)
	go func() {
		for v := range ping {
			pong <- v
		}
		close(pong)
	}()
	ping <- 0
	<-pong
	begin := time.Now()
	for i := 0; i < n; i++ {
		ping <- i
		<-pong
	}
	d := time.Since(begin)
	close(ping)
	<-pong
	return d
}

// cpuTime is what the process has used up to now, user and system, all threads.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fmt.Fprintf(os.Stderr, "Cannot ask for the CPU time: %v\n", err)
		os.Exit(1)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// quantile interpolates between the two nearest of values.
func quantile(values []float64, q float64) float64 {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 == len(sorted) {
		return sorted[i]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}
