package sessionstore

import (
	"io"
	"os"
	"path/filepath"
)

// folder is where segment files lie: a folder of the disk, or memory.
type folder interface {
	open(name string) (file, error)   // to be read; fs.ErrNotExist
	create(name string) (file, error) // to be written, made if need be; what it holds stays
	rename(from, to string) error
	remove(name string) error
	names() ([]string, error)
	sync() error // makes creations and renames last
}

// file is an open file of a folder.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error
}

// diskFolder is the path of a folder.
type diskFolder string

func (d diskFolder) path(name string) string { return filepath.Join(string(d), name) }

func (d diskFolder) open(name string) (file, error) {
	f, err := os.Open(d.path(name))
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (d diskFolder) create(name string) (file, error) {
	f, err := os.OpenFile(d.path(name), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return diskFile{f}, nil
}

func (d diskFolder) rename(from, to string) error { return os.Rename(d.path(from), d.path(to)) }

func (d diskFolder) remove(name string) error { return os.Remove(d.path(name)) }

func (d diskFolder) names() (names []string, err error) {
	entries, err := os.ReadDir(string(d))
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, err
}

func (d diskFolder) sync() error { return syncFolder(string(d)) }

type diskFile struct{ *os.File }

func (f diskFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync brings the file's bytes and its length to disk, but not its times.
func (f diskFile) Sync() error { return syncData(f.File) }
