package daemon

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// door is where an engine takes connections: a private socket and the record
// of it. It belongs to the holder of engine.lock.
type door struct {
	listener net.Listener
	path     string
	file     os.FileInfo // the socket as it was made
	closed   bool
}

// openDoor binds the first of the paths that can be had, and records it.
func openDoor(dataDir string, paths []string) (*door, error) {
	var errs []error
	for _, path := range paths {
		d, err := bind(path)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if err := writeAddress(dataDir, path); err != nil {
			return nil, errors.Join(err, d.close())
		}
		return d, nil
	}
	return nil, fmt.Errorf("opening the engine's socket: %w", errors.Join(errs...))
}

func bind(path string) (*door, error) {
	if len(path) > maxSocketPath {
		return nil, fmt.Errorf("%s is longer than %d bytes", path, maxSocketPath)
	}
	// The folder is what keeps others out: no moment is open between making
	// the socket and closing it, and no umask of the whole process is needed,
	// which children that start just then would inherit.
	if err := makePrivate(filepath.Dir(path)); err != nil {
		return nil, err
	}
	if err := clearSocket(path); err != nil {
		return nil, err
	}
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	l.SetUnlinkOnClose(false) // Close does, if it is still ours
	d := &door{listener: privateListener{l, os.Geteuid()}, path: path}
	if err = os.Chmod(path, 0o600); err == nil {
		d.file, err = os.Lstat(path)
	}
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return d, nil
}

// gone reports whether the socket can no longer be found, as when the system
// cleaned its temp or runtime folder.
func (d *door) gone() bool {
	now, err := os.Lstat(d.path)
	return err != nil || !os.SameFile(now, d.file)
}

// close stops taking connections and removes the socket. Once closed it does
// nothing: what is at the path then may be the next engine's.
func (d *door) close() error {
	if d.closed {
		return nil
	}
	d.closed = true
	err := d.listener.Close()
	if !d.gone() {
		err = errors.Join(err, os.Remove(d.path))
	}
	return err
}

// privateListener takes connections of one user only.
type privateListener struct {
	*net.UnixListener
	uid int
}

// Accept returns the next connection from uid; others are hung up on.
func (l privateListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.AcceptUnix()
		if err != nil {
			return nil, err
		}
		if isPeer(conn, l.uid) {
			return conn, nil
		}
		conn.Close()
	}
}

// isPeer reports whether uid is at the other end, as far as the platform tells.
func isPeer(conn *net.UnixConn, uid int) bool {
	peer, err := peerUID(conn)
	return errors.Is(err, errors.ErrUnsupported) || err == nil && peer == uid
}
