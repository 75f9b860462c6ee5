//go:build !linux && !darwin

package daemon

import (
	"errors"
	"net"
)

// peerUID returns errors.ErrUnsupported: Windows does not tell who is at the
// other end of a unix socket. There the folder of the socket alone keeps
// others out.
func peerUID(*net.UnixConn) (int, error) { return 0, errors.ErrUnsupported }
