package sessionstore

import (
	"io"
	"io/fs"
	"sync"
)

// memFolder is a folder in memory.
type memFolder struct {
	mu    sync.Mutex
	files map[string]*memFile
}

func newMemFolder() *memFolder { return &memFolder{files: make(map[string]*memFile)} }

func (m *memFolder) open(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return f, nil
}

func (m *memFolder) create(name string) (file, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		m.files[name] = new(memFile)
	}
	return m.files[name], nil
}

func (m *memFolder) rename(from, to string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	f, ok := m.files[from]
	if !ok {
		return fs.ErrNotExist
	}
	delete(m.files, from)
	m.files[to] = f
	return nil
}

func (m *memFolder) remove(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.files[name] == nil {
		return fs.ErrNotExist
	}
	delete(m.files, name)
	return nil
}

func (m *memFolder) names() (names []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.files {
		names = append(names, name)
	}
	return names, nil
}

func (m *memFolder) sync() error { return nil }

// memFile is a file in memory. It stays readable when it is removed.
type memFile struct {
	mu sync.RWMutex
	b  []byte
}

func (f *memFile) ReadAt(p []byte, off int64) (n int, err error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if off < int64(len(f.b)) {
		n = copy(p, f.b[off:])
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}

func (f *memFile) WriteAt(p []byte, off int64) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if end := off + int64(len(p)); end > int64(len(f.b)) {
		f.resize(end)
	}
	return copy(f.b[off:], p), nil
}

func (f *memFile) Truncate(size int64) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resize(size)
	return nil
}

// resize cuts the file or fills it up with zero bytes.
func (f *memFile) resize(size int64) {
	if n := size - int64(len(f.b)); n > 0 {
		f.b = append(f.b, make([]byte, n)...)
	}
	f.b = f.b[:size]
}

func (f *memFile) Size() (int64, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return int64(len(f.b)), nil
}

func (f *memFile) Sync() error  { return nil }
func (f *memFile) Close() error { return nil }
