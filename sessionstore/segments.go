package sessionstore

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// errGone is returned for a segment that was removed: what was needed of it
// lies elsewhere by now.
var errGone = errors.New("the segment is gone")

// errDamaged is returned for a segment that does not hold what was written to it.
var errDamaged = errors.New("the segment is damaged")

// maxOpen is how many segment files are open for reading at once.
const maxOpen = 16

// The ends of the names of segment files.
const (
	plainEnd      = ".jsonl"
	compressedEnd = ".jsonl.zst"
)

// segments are the files that hold the lines. Which parts of them count is
// written in the records; the files know nothing of it.
type segments struct {
	folder  folder
	slots   chan struct{} // one for each file that may be open for reading
	decoder *zstd.Decoder

	// The writer's own.
	tail   file // open for writing; nil before the first append
	tailID uint64
	out    *bufio.Writer
}

func newSegments(f folder) (*segments, error) {
	d, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(64<<20))
	if err != nil {
		return nil, fmt.Errorf("making a decoder: %w", err)
	}
	return &segments{folder: f, slots: make(chan struct{}, maxOpen), decoder: d, out: bufio.NewWriterSize(nil, pieceSize)}, nil
}

func segmentName(id uint64, end string) string { return fmt.Sprintf("%08d%s", id, end) }

// parseSegmentName returns what segmentName was given.
func parseSegmentName(name string) (id uint64, end string, ok bool) {
	digits, rest, _ := strings.Cut(name, ".")
	id, err := strconv.ParseUint(digits, 10, 64)
	end = "." + rest
	return id, end, err == nil && (end == plainEnd || end == compressedEnd)
}

// append writes lines into a segment, one after the other at the place of the
// first, over whatever is there, and returns when they are on disk.
func (s *segments) append(lines []payload) error {
	id, from := lines[0].segment, lines[0].offset
	f, err := s.openTail(id, from)
	if err != nil {
		return fmt.Errorf("opening segment %d: %w", id, err)
	}
	s.out.Reset(io.NewOffsetWriter(f, from))
	for _, l := range lines {
		if err := l.write(s.out); err != nil {
			return fmt.Errorf("writing segment %d: %w", id, err)
		}
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("writing segment %d: %w", id, err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("syncing segment %d: %w", id, err)
	}
	return nil
}

// openTail opens the segment to write to, cut to its committed length.
func (s *segments) openTail(id uint64, length int64) (file, error) {
	if s.tail != nil && s.tailID == id {
		return s.tail, nil
	}
	f, err := s.folder.create(segmentName(id, plainEnd))
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Truncate(length), s.folder.sync()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if err := s.close(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	s.tail, s.tailID = f, id
	return f, nil
}

// close closes the tail. The decoder has nothing to close while it reads no stream.
func (s *segments) close() error {
	if s.tail == nil {
		return nil
	}
	f := s.tail
	s.tail = nil
	return f.Close()
}

// readAt fills p with the bytes of a segment from an offset on. errGone if there
// is no such segment. The frame is kept for the next call.
func (s *segments) readAt(id uint64, p []byte, off int64, kept *frame) error {
	s.slots <- struct{}{}
	defer func() { <-s.slots }()
	f, err := s.folder.open(segmentName(id, plainEnd))
	if errors.Is(err, fs.ErrNotExist) {
		return s.readCompressed(id, p, off, kept)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.ReadFull(io.NewSectionReader(f, off, int64(len(p))), p); err != nil {
		return fmt.Errorf("segment %d at %d: %w", id, off, err)
	}
	return nil
}

// copyOf returns a payload's write for the bytes that lie at another place.
func (s *segments) copyOf(at place) func(io.Writer) error {
	return func(w io.Writer) error {
		var kept frame
		buf := make([]byte, min(pieceSize, at.length))
		for done := int64(0); done < at.length; {
			n := min(int64(len(buf)), at.length-done)
			if err := s.readAt(at.segment, buf[:n], at.offset+done, &kept); err != nil {
				return err
			}
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			done += n
		}
		return nil
	}
}

// removeAll removes the files of a segment.
func (s *segments) removeAll(id uint64) error {
	var errs []error
	for _, end := range []string{plainEnd, compressedEnd} {
		if err := s.folder.remove(segmentName(id, end)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// cut cuts a plain segment to a length, if it is longer, and returns the size
// that it had.
func (s *segments) cut(id uint64, length int64) (size int64, err error) {
	f, err := s.folder.create(segmentName(id, plainEnd))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	if size, err = f.Size(); err != nil || size <= length {
		return size, err
	}
	return size, f.Truncate(length)
}

// tidy removes what a crash left: files of segments that are not known, plain
// files of segments that are compressed, and files that were not finished.
func (s *segments) tidy(known map[uint64]bool) error {
	names, err := s.folder.names()
	if err != nil {
		return err
	}
	for _, name := range names {
		id, end, ok := parseSegmentName(name)
		twice := end == plainEnd && slices.Contains(names, segmentName(id, compressedEnd))
		if ok && known[id] && !twice {
			continue
		}
		if err := s.folder.remove(name); err != nil {
			return err
		}
	}
	return nil
}
