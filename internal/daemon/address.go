package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

const (
	addressName   = "engine.addr" // in the data folder; holds the path of the socket
	maxSocketPath = 100           // bytes; sockaddr_un has room for 104 to 108
)

// socketPaths returns where the socket of a data folder may be, best first.
// runtimeDir is $XDG_RUNTIME_DIR and may be empty.
func socketPaths(dataDir, runtimeDir, tempDir string) []string {
	sum := sha256.Sum256([]byte(dataDir))
	name := hex.EncodeToString(sum[:4]) + ".sock"
	var paths []string
	if filepath.IsAbs(runtimeDir) {
		paths = append(paths, filepath.Join(runtimeDir, "claude-sessions", name))
	}
	// Users share the temp folder, so each needs a folder of his own there.
	folder := "claude-sessions"
	if uid := os.Getuid(); uid >= 0 {
		folder += "-" + strconv.Itoa(uid)
	}
	return append(paths, filepath.Join(tempDir, folder, name), filepath.Join(dataDir, "engine.sock"))
}

// writeAddress records the socket of the engine. Only the holder of
// engine.lock may do so.
func writeAddress(dataDir, socket string) error {
	path := filepath.Join(dataDir, addressName)
	// A client must never read half a record.
	temp := path + ".new"
	if err := os.WriteFile(temp, []byte(socket+"\n"), 0o600); err != nil {
		return fmt.Errorf("recording the engine's address: %w", err)
	}
	if err := os.Rename(temp, path); err != nil {
		return fmt.Errorf("recording the engine's address: %w", err)
	}
	return nil
}

// dialEngine connects to the engine of a data folder, if there is one.
func dialEngine(ctx context.Context, dataDir string) (net.Conn, error) {
	text, err := os.ReadFile(filepath.Join(dataDir, addressName))
	if err != nil {
		return nil, fmt.Errorf("finding the engine's address: %w", err)
	}
	return dialSocket(ctx, strings.TrimSpace(string(text)), os.Geteuid())
}

// dialSocket connects to path if uid listens there. A client tells secrets, and
// after the system swept its temp folder anybody may have made one in its place.
func dialSocket(ctx context.Context, path string, uid int) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	if !isPeer(conn.(*net.UnixConn), uid) {
		conn.Close()
		return nil, fmt.Errorf("dialing %s: it belongs to another user", path)
	}
	return conn, nil
}

// answers reports whether somebody takes connections at the recorded address.
func answers(ctx context.Context, dataDir string) bool {
	conn, err := dialEngine(ctx, dataDir)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

// clearSocket removes what an engine that died left at path. It refuses to
// touch what is not a socket, or one that is in use.
func clearSocket(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	// Not every Windows tells a socket from other irregular files.
	if mode := info.Mode(); mode.IsRegular() || mode.IsDir() || mode&os.ModeSymlink != 0 {
		return fmt.Errorf("%s is in the way and is not a socket", path)
	}
	// Two data folders can share a name of 8 digits.
	if conn, err := dialSocket(context.Background(), path, os.Geteuid()); err == nil {
		conn.Close()
		return fmt.Errorf("%s is in use by another engine", path)
	}
	return os.Remove(path)
}
