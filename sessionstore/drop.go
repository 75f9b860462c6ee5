package sessionstore

import (
	"context"
	"errors"
	"io/fs"
)

// roomFor is how much of a transaction the deletion of a key takes, in bytes: at
// least its share of the entries that there may be.
func roomFor(key []byte) int { return max(len(key)+entryOverhead, maxBytes/maxEntries) }

// DropEntries implements Store. It is one write for all but the very longest
// transcripts; of those a crash leaves the beginning. The space is freed by
// Maintain.
func (db *DB) DropEntries(ctx context.Context, sessionID string) error {
	for more := true; more; {
		err := db.write(ctx, exempt, func(p *plan) (err error) {
			more, err = p.dropEntries(sessionID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropEntries plans to take away the newest extents of a session's transcripts,
// and tells whether there are more.
func (p *plan) dropEntries(sessionID string) (more bool, err error) {
	s, err := p.session(sessionID)
	if err != nil {
		return false, err
	}
	room := maxBytes
	for item := range each(p.txn, numberKey(kindHead, s.num), nil) {
		head, err := itemJSON[TranscriptHead](item)
		if err != nil {
			return false, err
		}
		if room <= 0 {
			return true, nil
		}
		if room, err = p.dropFrom(transcript{s.num, head.Sub}, head, room); err != nil {
			return false, err
		}
	}
	more = room <= 0
	if room == maxBytes {
		return false, nil // there is nothing to drop
	}
	_, err = p.change(Change{SessionID: sessionID, Kind: "entries"})
	return more, err
}

// dropFrom plans to take as many extents off the end of a transcript as there is
// room for, and returns what is left of the room.
func (p *plan) dropFrom(t transcript, head TranscriptHead, room int) (int, error) {
	p.seen.drop(t)
	headKey := subKey(kindHead, t.num, t.sub)
	room -= roomFor(headKey)
	for item := range back(p.txn, extentPrefix(t), nil) {
		if room <= 0 {
			return room, p.setJSON(headKey, head)
		}
		x, err := readExtent(item)
		if err != nil {
			return 0, err
		}
		key := item.KeyCopy(nil)
		p.del(key)
		p.free(x.segment, x.length)
		head.Entries, head.Bytes, room = x.first, head.Bytes-x.length, room-roomFor(key)
	}
	p.del(headKey)
	return room, nil
}

// Space implements Store. What a segment takes on disk is shared among its
// bytes alike.
func (db *DB) Space(ctx context.Context) (s Space, err error) {
	release, err := db.begin(ctx)
	if err != nil {
		return s, err
	}
	defer release()
	all, err := db.segmentRecords(ctx)
	if err != nil {
		return s, err
	}
	for _, seg := range all {
		size, err := db.segments.size(seg.id)
		if err != nil {
			return s, err
		}
		s.Lines += seg.live
		s.Disk += size
		if seg.length > 0 {
			s.Kept += int64(float64(size) * float64(seg.live) / float64(seg.length))
		}
	}
	return s, nil
}

// size is what the file of a segment takes on disk; 0 if there is none.
func (s *segments) size(id uint64) (int64, error) {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	for _, end := range []string{compressedEnd, plainEnd} {
		f, err := s.folder.open(segmentName(id, end))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return 0, err
		}
		size, err := f.Size()
		return size, errors.Join(err, f.Close())
	}
	return 0, nil
}
