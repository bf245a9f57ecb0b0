package main

import (
	"bufio"
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// breach has the fields that are used; the decoder passes over all others.
type breach struct {
	ID         string `json:"breach_id"`
	Revision   int    `json:"revision"`
	Status     string `json:"status"`
	Subject    string `json:"subject"`
	Sequence   int64  `json:"sequence"`
	Commitment string `json:"commitment"`
	Kind       string `json:"kind"`
}

// change is a record of a breach topic, and a line of the journal.
type change struct {
	Topic    string  `json:"topic"`
	Key      string  `json:"key"`
	Breach   *breach `json:"breach"` // nil: a tombstone
	sequence int64
}

// state is every breach at its greatest revision.
type state struct {
	Group    string            `json:"group"`
	breaches map[string]change // by breach_id
	newest   map[string]int64  // greatest sequence, by subject
	journal  *json.Encoder
	sync     func() error // of the journal, to the disk
}

// read decodes records and puts those of each lead in order of sequence.
func read(records []*kgo.Record) []change {
	var changes []change
	newest := map[string]int64{}
	for _, record := range records {
		c := change{Topic: record.Topic, Key: string(record.Key)}
		place := c.Topic + "/" + c.Key
		if record.Value != nil {
			err := json.Unmarshal(record.Value, &c.Breach)
			if err != nil || c.Breach == nil || c.Breach.ID == "" || c.Breach.Revision == 0 {
				log.Printf("skipped %s-%d@%d: not a breach", record.Topic, record.Partition, record.Offset)
				continue
			}
			newest[place] = c.Breach.Sequence
		}
		// A tombstone has no sequence: it stays behind the records that it follows.
		c.sequence = newest[place]
		changes = append(changes, c)
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(a.sequence, b.sequence) })
	return changes
}

// apply applies a change and tells what became different; "" is nothing.
func (s *state) apply(c change) string {
	if c.Breach == nil {
		before := len(s.breaches)
		maps.DeleteFunc(s.breaches, func(_ string, kept change) bool {
			return kept.Breach.Subject == c.Key && kept.Topic == c.Topic
		})
		if len(s.breaches) == before {
			return ""
		}
		return fmt.Sprintf("%s forgotten: %d", c.Key, before-len(s.breaches))
	}
	b, before := c.Breach, "new"
	if kept, known := s.breaches[b.ID]; known {
		if b.Revision <= kept.Breach.Revision {
			return "" // seen before, or overtaken by a later revision
		}
		before = kept.Breach.Status
	}
	s.breaches[b.ID] = c
	line := fmt.Sprintf("%s #%d %s %s: %s -> %s (%s:%d)",
		b.Subject, b.Sequence, b.Commitment, b.Kind, before, b.Status, b.ID, b.Revision)
	// Topics are read at their own pace: of two records of a lead the greater sequence
	// is the newer, even if it was read first.
	if newest := s.newest[b.Subject]; b.Sequence < newest {
		return fmt.Sprintf("%s, overtaken by #%d", line, newest)
	}
	s.newest[b.Subject] = b.Sequence
	return line
}

// open reads the journal, if there is one, and begins a new one with what holds.
func open(path, prefix string) (*state, error) {
	s := &state{Group: prefix + "breach-subscriber-go-" + rand.Text()[:8]}
	s.breaches, s.newest = map[string]change{}, map[string]int64{}
	if old, err := os.Open(path); err == nil {
		defer old.Close()
		lines := json.NewDecoder(bufio.NewReader(old))
		// A crash may have cut the last line: its record was not committed and comes again.
		for err = lines.Decode(s); err == nil; {
			var c change
			if err = lines.Decode(&c); err == nil {
				s.apply(c)
			}
		}
		if err != io.EOF && err != io.ErrUnexpectedEOF {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	fresh, err := os.Create(path + ".new")
	if err != nil {
		return nil, err
	}
	s.journal = json.NewEncoder(fresh)
	err = s.journal.Encode(s)
	for _, kept := range s.breaches {
		err = errors.Join(err, s.journal.Encode(kept))
	}
	s.sync = fresh.Sync
	return s, errors.Join(err, s.sync(), os.Rename(path+".new", path))
}

// take prints and keeps what is new in these records.
func (s *state) take(records []*kgo.Record) (err error) {
	for _, c := range read(records) {
		if line := s.apply(c); line != "" {
			// Printed before it is kept: after a crash a line may come twice, none is lost.
			fmt.Println(line)
			err = errors.Join(err, s.journal.Encode(c))
		}
	}
	return errors.Join(err, s.sync())
}

func (s *state) counts() string {
	counts := map[string]int{}
	for _, kept := range s.breaches {
		counts[kept.Breach.Status]++
	}
	var words []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%s %d", status, counts[status]))
	}
	return strings.Join(words, ", ")
}
