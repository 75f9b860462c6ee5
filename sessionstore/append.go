package sessionstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/claude-sessions/claude-sessions/internal/jsonscan"
)

// line is one entry to be, without its line break.
type line struct {
	raw  []byte
	uuid uuidHash // zero: it has none
}

// Append implements Store. White space around a line is not kept, nor is a line
// break inside of it, which JSON allows between its tokens.
func (db *DB) Append(ctx context.Context, a Append) (added int, err error) {
	if a.Source != nil && a.Source.SessionID != a.SessionID {
		return 0, fmt.Errorf("the source of %s does not belong to %s", a.Source.SessionID, a.SessionID)
	}
	lines, size, err := parseLines(a.Lines)
	if err != nil {
		return 0, err
	}
	if len(lines) == 0 && a.Source == nil {
		return 0, ctx.Err()
	}
	err = db.write(ctx, size, func(p *plan) error {
		added, err = p.append(a, lines)
		return err
	})
	if err != nil {
		return 0, err
	}
	return added, nil
}

// parseLines checks all lines, outside of the writer, and sums up their size.
func parseLines(raws []json.RawMessage) (lines []line, size int64, err error) {
	for i, raw := range raws {
		l, err := parseLine(raw)
		if err != nil {
			return nil, 0, fmt.Errorf("line %d of %d: %w", i+1, len(raws), err)
		}
		lines = append(lines, l)
		size += int64(len(l.raw)) + 1
	}
	return lines, size, nil
}

func parseLine(raw []byte) (line, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || raw[0] != '{' {
		return line{}, errors.New("not a JSON object")
	}
	if !jsonscan.Valid(raw) {
		return line{}, errors.New("not a JSON object")
	}
	if bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\r') >= 0 {
		var b bytes.Buffer
		if err := json.Compact(&b, raw); err != nil {
			return line{}, err
		}
		raw = b.Bytes()
	}
	uuid := jsonscan.String(raw, "uuid")
	if uuid == "" {
		return line{raw: raw}, nil // it has none, or something else by that name
	}
	return line{raw: raw, uuid: hashUUID(uuid)}, nil
}

// append plans to add those lines to a transcript that it does not hold yet, or
// all of them if they are a verbatim copy.
func (p *plan) append(a Append, lines []line) (added int, err error) {
	s, err := p.session(a.SessionID)
	if err != nil {
		return 0, err
	}
	if err := p.checkLease(s.num, a.Token); err != nil {
		return 0, err
	}
	if a.Source != nil {
		if err := p.setJSON(numberKey(kindSource, s.num), a.Source); err != nil {
			return 0, err
		}
	}
	t := transcript{s.num, a.Sub}
	known, err := p.seen.of(p.txn, t)
	if err != nil {
		return 0, fmt.Errorf("reading the uuids of a transcript: %w", err)
	}
	if !a.Verbatim {
		lines = known.missing(lines)
	}
	if len(lines) == 0 {
		return 0, nil
	}
	return len(lines), p.extend(t, a, lines)
}

// extend plans an extent of lines at the end of a transcript.
func (p *plan) extend(t transcript, a Append, lines []line) error {
	headKey := subKey(kindHead, t.num, t.sub)
	head, err := planned[TranscriptHead](p, headKey)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	x := extent{count: int64(len(lines)), uuids: uuidsOf(lines)}
	x.place = p.write(sizeOf(lines), func(w io.Writer) error { return writeLines(w, lines) })
	p.set(extentKey(t, head.Entries), x.pack())
	p.learned = append(p.learned, learned{t, x.uuids})

	head.SessionID, head.Sub = a.SessionID, a.Sub
	head.Entries += x.count
	head.Bytes += x.length
	if err := p.setJSON(headKey, head); err != nil {
		return err
	}
	_, err = p.change(Change{SessionID: a.SessionID, Kind: "entries"})
	return err
}

func sizeOf(lines []line) (n int64) {
	for _, l := range lines {
		n += int64(len(l.raw)) + 1
	}
	return n
}

func writeLines(w io.Writer, lines []line) error {
	for _, l := range lines {
		if _, err := w.Write(l.raw); err != nil {
			return err
		}
		if _, err := w.Write([]byte{'\n'}); err != nil {
			return err
		}
	}
	return nil
}
