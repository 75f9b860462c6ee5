package corpus

import (
	"bufio"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/claude-sessions/claude-sessions/agent"
)

// Options say what Multiply makes.
type Options struct {
	Copies  int           // how many transcripts
	Folders int           // how many project folders they are spread over; 0: 40
	Seed    uint64        // the same number makes the same words and ids
	Until   time.Time     // when the newest one ended; zero: a minute ago
	Span    time.Duration // how far back the oldest one lies; 0: 25 days
}

func (o *Options) fill() {
	o.Folders = cmp.Or(max(o.Folders, 0), 40)
	o.Span = cmp.Or(max(o.Span, 0), 25*24*time.Hour)
	if o.Until.IsZero() {
		o.Until = time.Now().Add(-time.Minute)
	}
}

// Made is what Multiply has made.
type Made struct {
	Sessions []string // ids, the newest first
	Bytes    int64
}

// Multiply writes copies of the seeds, by turns, into the project folders of a
// config folder.
func Multiply(configDir string, seeds []*Seed, o Options) (Made, error) {
	o.fill()
	made := Made{Sessions: make([]string, o.Copies)}
	work := make(chan int)
	var mu sync.Mutex
	var failed error
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() {
			for i := range work {
				c := newCopy(seeds[i%len(seeds)], o, i)
				n, err := c.store(configDir)
				mu.Lock()
				made.Sessions[i], made.Bytes = c.ids[0], made.Bytes+n
				failed = errors.Join(failed, err)
				mu.Unlock()
			}
		})
	}
	for i := range o.Copies {
		work <- i
	}
	close(work)
	workers.Wait()
	if failed != nil {
		return Made{}, fmt.Errorf("making transcripts: %w", failed)
	}
	return made, nil
}

// duplicate is one copy of a seed.
type duplicate struct {
	seed    *Seed
	speaker speaker
	ids     []string
	shift   time.Duration
	cwd     string
}

func newCopy(seed *Seed, o Options, i int) *duplicate {
	random := rand.New(rand.NewPCG(o.Seed, uint64(i)))
	ends := o.Until.Add(-o.Span * time.Duration(i) / time.Duration(max(o.Copies, 1)))
	c := &duplicate{seed: seed, speaker: newSpeaker(random), shift: ends.Sub(seed.last)}
	for _, old := range seed.ids {
		c.ids = append(c.ids, freshID(old, random))
	}
	n := random.IntN(o.Folders)
	c.cwd = fmt.Sprintf("/home/somebody/projects/%s-%d", words[1000+n], n)
	return c
}

// freshID makes an id of the same kind as another.
func freshID(old string, random *rand.Rand) string {
	kind, tail, named := strings.Cut(old, "_")
	if named {
		b := []byte(kind + "_" + tail)
		for i := len(kind) + 1; i < len(b); i++ {
			b[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[random.IntN(32)]
		}
		return string(b)
	}
	var raw [16]byte
	for i := range raw {
		raw[i] = byte(random.Uint32())
	}
	raw[6], raw[8] = raw[6]&0x0f|0x40, raw[8]&0x3f|0x80
	x := hex.EncodeToString(raw[:])
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// store writes the copy where Claude Code would, last written when it ended.
func (c *duplicate) store(configDir string) (n int64, err error) {
	path := agent.TranscriptPath(configDir, c.cwd, c.ids[0], "")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return 0, err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, err
	}
	err = c.write(file)
	if info, statErr := file.Stat(); err == nil && statErr == nil {
		n = info.Size()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, err
	}
	ended := c.seed.last.Add(c.shift)
	return n, os.Chtimes(path, ended, ended)
}

func (c *duplicate) write(to io.Writer) error {
	w := bufio.NewWriterSize(to, 256<<10) // its error stays and comes with Flush
	for _, p := range c.seed.parts {
		w.Write(p.text)
		switch p.kind {
		case anID:
			w.WriteString(c.ids[p.id])
		case aTime:
			w.Write(p.at.Add(c.shift).UTC().AppendFormat(w.AvailableBuffer(), "2006-01-02T15:04:05.000Z"))
		case aWord:
			w.WriteString(c.speaker.word())
		case aFolder:
			w.WriteString(c.cwd)
		}
	}
	return w.Flush()
}
