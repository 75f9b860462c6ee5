package sessionstore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/zstd"
)

// A compressed segment is a file of the Zstandard seekable format: frames of
// frameSize bytes each (the last may be shorter), which any zstd reads one
// after the other, and a table of their sizes in a frame that zstd skips.
const (
	frameSize      = 256 << 10
	skippableMagic = 0x184D2A5E
	seekableMagic  = 0x8F92EAB1
	footerSize     = 9 // number of frames, descriptor, seekableMagic
)

// frame is the part of a segment that was decompressed last, and the table of
// the segment. The zero frame is none.
type frame struct {
	segment uint64
	offsets []int64 // where each frame begins in the file, and where the last one ends
	index   int
	data    []byte
}

// compress writes the compressed form of a sealed segment and removes the plain
// one. It ends early, with the error of stop, when that has one.
func (s *segments) compress(id uint64, length int64, stop func() error) error {
	const temporary = "compressing"
	if err := s.writeCompressed(temporary, id, length, stop); err != nil {
		_ = s.folder.remove(temporary) // else the next open does
		return fmt.Errorf("compressing segment %d: %w", id, err)
	}
	if err := s.folder.rename(temporary, segmentName(id, compressedEnd)); err != nil {
		return err
	}
	if err := s.folder.sync(); err != nil {
		return err
	}
	return s.folder.remove(segmentName(id, plainEnd))
}

// writeCompressed writes the compressed form of a segment's first length bytes.
func (s *segments) writeCompressed(name string, id uint64, length int64, stop func() error) error {
	plain, err := s.folder.open(segmentName(id, plainEnd))
	if err != nil {
		return err
	}
	defer plain.Close()
	f, err := s.folder.create(name)
	if err != nil {
		return err
	}
	defer f.Close()
	if size, err := plain.Size(); err != nil || size < length {
		return errors.Join(err, errDamaged)
	}
	if err := f.Truncate(0); err != nil {
		return err
	}
	w := io.NewOffsetWriter(f, 0)
	sizes, err := writeFrames(w, io.NewSectionReader(plain, 0, length), stop)
	if err != nil {
		return err
	}
	if _, err := w.Write(seekTable(sizes)); err != nil {
		return err
	}
	return f.Sync()
}

// frameSizes are the sizes of one frame.
type frameSizes struct{ compressed, plain uint32 }

func writeFrames(w io.Writer, plain io.Reader, stop func() error) (sizes []frameSizes, err error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithWindowSize(frameSize))
	if err != nil {
		return nil, err
	}
	defer enc.Close()
	buf, packed := make([]byte, frameSize), []byte(nil)
	for {
		n, err := io.ReadFull(plain, buf)
		if n == 0 && err == io.EOF {
			return sizes, nil
		}
		if err != nil && err != io.ErrUnexpectedEOF {
			return nil, errors.Join(err, errDamaged)
		}
		packed = enc.EncodeAll(buf[:n], packed[:0])
		if _, err := w.Write(packed); err != nil {
			return nil, err
		}
		sizes = append(sizes, frameSizes{uint32(len(packed)), uint32(n)})
		if err := stop(); err != nil {
			return nil, err
		}
	}
}

// seekTable is the last frame of a file.
func seekTable(sizes []frameSizes) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, skippableMagic)
	b = le.AppendUint32(b, uint32(8*len(sizes)+footerSize))
	for _, s := range sizes {
		b = le.AppendUint32(le.AppendUint32(b, s.compressed), s.plain)
	}
	b = le.AppendUint32(b, uint32(len(sizes)))
	b = append(b, 0) // no checksums here: each frame has its own
	return le.AppendUint32(b, seekableMagic)
}

// readSeekTable returns where the frames of a file begin, and where the last
// one ends.
func readSeekTable(f file) (offsets []int64, err error) {
	size, err := f.Size()
	if err != nil {
		return nil, err
	}
	var footer [footerSize]byte
	if _, err := f.ReadAt(footer[:], size-footerSize); err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	n := int64(le.Uint32(footer[:]))
	if le.Uint32(footer[5:]) != seekableMagic || 8*n+footerSize+8 > size {
		return nil, errCorrupt
	}
	table := make([]byte, 8*n)
	if _, err := f.ReadAt(table, size-footerSize-8*n); err != nil {
		return nil, err
	}
	offsets = make([]int64, n+1)
	for i := range n {
		offsets[i+1] = offsets[i] + int64(le.Uint32(table[8*i:]))
	}
	return offsets, nil
}

// readCompressed is readAt for a compressed segment.
func (s *segments) readCompressed(id uint64, p []byte, off int64, kept *frame) error {
	f, err := s.folder.open(segmentName(id, compressedEnd))
	if errors.Is(err, fs.ErrNotExist) {
		return errGone
	}
	if err != nil {
		return err
	}
	defer f.Close()
	for len(p) > 0 {
		if err := s.load(f, id, int(off/frameSize), kept); err != nil {
			return fmt.Errorf("segment %d at %d: %w", id, off, err)
		}
		start := off % frameSize
		if start >= int64(len(kept.data)) {
			return fmt.Errorf("segment %d at %d: %w", id, off, io.ErrUnexpectedEOF)
		}
		n := copy(p, kept.data[start:])
		p, off = p[n:], off+int64(n)
	}
	return nil
}

// load makes kept the frame with an index, unless it is already.
func (s *segments) load(f file, id uint64, index int, kept *frame) error {
	if kept.segment != id || kept.offsets == nil {
		offsets, err := readSeekTable(f)
		if err != nil {
			return err
		}
		*kept = frame{segment: id, offsets: offsets, index: -1, data: kept.data}
	}
	if kept.index == index {
		return nil
	}
	if index+1 >= len(kept.offsets) {
		return io.ErrUnexpectedEOF
	}
	packed := make([]byte, kept.offsets[index+1]-kept.offsets[index])
	if _, err := f.ReadAt(packed, kept.offsets[index]); err != nil {
		return err
	}
	data, err := s.decoder.DecodeAll(packed, kept.data[:0])
	kept.data, kept.index = data, index
	if err != nil {
		kept.index = -1
	}
	return err
}
