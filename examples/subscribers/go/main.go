// Command subscriber keeps the current state of every breach, and prints one line
// for each change of it.
//
// Its store is a journal, a file of JSON lines: no database has to be had, and a restart
// need not read the topics again. One process to a file.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// follow reads until ctx ends, or nothing has come for as long as patience.
func follow(ctx context.Context, servers, prefix string, s *state, patience time.Duration) error {
	var heard atomic.Int64 // also set by the client, in a goroutine of its own
	listen := func() { heard.Store(time.Now().UnixNano()) }
	listen()
	var topics []string
	for _, clocks := range []string{"speed", "depth", "marketing", "obligation"} {
		topics = append(topics, prefix+clocks+"-breaches")
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(servers, ",")...),
		kgo.ConsumerGroup(s.Group),
		kgo.ConsumeTopics(topics...),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.OnPartitionsAssigned(func(context.Context, *kgo.Client, map[string][]int32) { listen() }),
		kgo.DisableAutoCommit(),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for ctx.Err() == nil && time.Since(time.Unix(0, heard.Load())) < patience {
		polling, cancel := context.WithTimeout(ctx, 200*time.Millisecond)
		fetches := client.PollFetches(polling)
		cancel()
		if err := fetches.Err(); err != nil && !errors.Is(err, polling.Err()) {
			return err
		}
		if fetches.Empty() {
			continue
		}
		listen()
		if err := s.take(fetches.Records()); err != nil {
			return err
		}
		// SIGTERM does not interrupt it.
		if err := client.CommitUncommittedOffsets(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	fmt.Println("now: " + s.counts())
	return nil
}

func main() {
	servers, prefix := os.Getenv("LEADCLOCK_BOOTSTRAP_SERVERS"), os.Getenv("LEADCLOCK_TOPIC_PREFIX")
	if servers == "" {
		fmt.Fprintln(os.Stderr, "LEADCLOCK_BOOTSTRAP_SERVERS is not set: host:port of a broker")
		os.Exit(2)
	}
	patience, err := time.ParseDuration(cmp.Or(os.Getenv("LEADCLOCK_STOP_WHEN_IDLE_SECONDS"), "1000000") + "s")
	if err != nil {
		log.Fatal(err)
	}
	kept, err := open(cmp.Or(os.Getenv("LEADCLOCK_STORE"), prefix+"breach-subscriber-go.jsonl"), prefix)
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := follow(ctx, servers, prefix, kept, patience); err != nil {
		log.Fatal(err)
	}
}
