//go:build unix

package daemon

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestCheckPrivate(t *testing.T) {
	scratch := t.TempDir()
	tests := []struct {
		name string
		make func(path string) error
		want string // "" is private
	}{
		{"private", func(p string) error { return os.Mkdir(p, 0o700) }, ""},
		{"readable by the group", func(p string) error { return os.Mkdir(p, 0o750) }, "run chmod 700"},
		{"open to all", func(p string) error { return mkdirMode(p, 0o777) }, "run chmod 700"},
		{"a link to a private one", func(p string) error { return os.Symlink(filepath.Join(scratch, "private"), p) }, "is not a folder"},
		{"a file", func(p string) error { return os.WriteFile(p, nil, 0o600) }, "is not a folder"},
		{"missing", func(string) error { return nil }, "no such file"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(scratch, tt.name)
			if err := tt.make(path); err != nil {
				t.Fatal(err)
			}
			checkText(t, checkPrivate(path), tt.want)
		})
	}
}

func TestDataDirMustBePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "open")
	if err := mkdirMode(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := DataDir(dir, getenv(nil))
	checkText(t, err, "run chmod 700")
}

func TestCheckPrivateRefusesOtherUsers(t *testing.T) {
	// "/" belongs to root; as root, a folder can be given away.
	dir := "/"
	if os.Geteuid() == 0 {
		dir = filepath.Join(t.TempDir(), "theirs")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(dir, 12345, -1); err != nil {
			t.Skip("this root may not give folders away: ", err)
		}
	}
	checkText(t, checkPrivate(dir), "belongs to another user")
}

func TestSocketAvoidsFoldersThatAreNotPrivate(t *testing.T) {
	h := newHome(t)
	scratch := filepath.Dir(h.dir)
	open, link := filepath.Join(scratch, "open"), filepath.Join(scratch, "link")
	if err := mkdirMode(open, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(h.dir, link); err != nil {
		t.Fatal(err)
	}
	inWay := filepath.Join(scratch, "file")
	if err := os.WriteFile(inWay, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused := []string{filepath.Join(open, "s"), filepath.Join(link, "s"), inWay, filepath.Join(scratch, strings.Repeat("x", maxSocketPath))}
	for _, path := range refused {
		if d, err := bind(path); err == nil {
			d.close()
			t.Errorf("bound %s", path)
		}
	}

	d, err := openDoor(h.dir, append(refused, h.socket))
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	if d.path != h.socket || d.file.Mode().Perm() != 0o600 || !answers(t.Context(), h.dir) {
		t.Errorf("bound %s with mode %v, want %s, 0600 and its address recorded", d.path, d.file.Mode(), h.socket)
	}
	if _, err := openDoor(h.dir, []string{h.socket}); err == nil {
		t.Error("a socket in use was taken over")
	}
}

func TestOnlyTheUserIsLetIn(t *testing.T) {
	h := newHome(t)
	d, err := bind(h.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	me := os.Geteuid()
	if conn, err := dialSocket(t.Context(), h.socket, me+1); err == nil {
		conn.Close()
		t.Error("a client trusted another user's socket")
	}

	conns := []net.Conn{dialRaw(t, h.socket), dialRaw(t, h.socket)}
	l := d.listener.(privateListener)
	l.uid = me + 1
	accepted := make(chan error, 1)
	go func() {
		_, err := l.Accept()
		accepted <- err
	}()
	for _, conn := range conns {
		if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("a connection of another user: got %v, want it to be hung up on", err)
		}
	}
	l.Close()
	if err := receive(t, "the listener ends", accepted); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept: got %v, want %v", err, net.ErrClosed)
	}
}

func TestPeerUID(t *testing.T) {
	h := newHome(t)
	d, err := bind(h.socket)
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	dialRaw(t, h.socket)
	conn, err := d.listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, err := peerUID(conn.(*net.UnixConn))
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("this platform does not tell who is at the other end")
	}
	if err != nil || got != os.Geteuid() {
		t.Errorf("got %d, %v; want %d", got, err, os.Geteuid())
	}
}

// dialRaw connects without looking who listens.
func dialRaw(t *testing.T, path string) net.Conn {
	t.Helper()
	conn, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patient)); err != nil {
		t.Fatal(err)
	}
	return conn
}

// mkdirMode makes a folder with a mode that no umask changes.
func mkdirMode(path string, mode os.FileMode) error {
	if err := os.Mkdir(path, mode); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// checkText checks that err contains want, or is nil if that is empty.
func checkText(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("got %v, want no error", err)
	case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
		t.Errorf("got %v, want it to say %q", err, want)
	}
}
