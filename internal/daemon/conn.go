package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// conn is a client's acquaintance with one engine process.
type conn struct {
	welcome
	http *http.Client
	// Set by attend.
	leave context.CancelFunc
	lost  chan struct{} // closed when the engine no longer counts us as present
}

// newConn returns a conn that has not met its engine yet.
func newConn(dataDir string) *conn {
	return &conn{http: &http.Client{Transport: &http.Transport{
		DialContext:         func(ctx context.Context, _, _ string) (net.Conn, error) { return dialEngine(ctx, dataDir) },
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     5 * time.Minute,
		DisableCompression:  true,
	}}}
}

// greet says hello to the engine of the data folder. An engine that shares no
// protocol with us, or serves another folder, is no error here.
func greet(ctx context.Context, o ClientOptions) (*conn, error) {
	cn := newConn(o.DataDir)
	in := greeting{
		ProtocolMin: protocolMin, ProtocolMax: protocolMax,
		Version: o.Version, Build: o.Build, PID: os.Getpid(), Caller: o.Caller,
	}
	var err error
	if cn.welcome, err = exchange[welcome](ctx, cn, pathHello, in, nil); err != nil {
		cn.close()
		return nil, fmt.Errorf("greeting the engine: %w", err)
	}
	// A copied data folder still has the address of the first one's engine.
	if cn.DataDir != o.DataDir {
		cn.close()
		return nil, fmt.Errorf("greeting the engine: it serves %s, not %s", cn.DataDir, o.DataDir)
	}
	return cn, nil
}

// attend makes the engine count this client as present until close. It is
// called once.
func (cn *conn) attend(ctx context.Context) error {
	// The presence outlives the call that needed it first.
	presence, leave := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, leave)
	body, err := cn.openAttendance(presence)
	if !stop() && err == nil {
		body.Close()
		err = ctx.Err()
	}
	if err != nil {
		leave()
		return fmt.Errorf("attending the engine: %w", err)
	}
	cn.leave, cn.lost = leave, make(chan struct{})
	go func() {
		defer close(cn.lost)
		defer body.Close()
		io.Copy(io.Discard, body)
	}()
	return nil
}

// openAttendance returns a body that ends when the engine does.
func (cn *conn) openAttendance(ctx context.Context) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine"+pathAttend+"?caller="+cn.CallerID, nil)
	if err != nil {
		return nil, err
	}
	resp, err := cn.http.Do(req)
	if err != nil {
		return nil, err
	}
	// Not to read ahead: nothing but the first frame has come, or will.
	if _, err := readAnswer[struct{}](json.NewDecoder(resp.Body), nil); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp.Body, nil
}

// alive reports whether the engine still counts us as present.
func (cn *conn) alive() bool {
	select {
	case <-cn.lost:
		return false
	default:
		return true
	}
}

// close ends the presence. Calls in flight go on.
func (cn *conn) close() {
	if cn.leave != nil {
		cn.leave()
		<-cn.lost
	}
	cn.http.CloseIdleConnections()
}

// exchange posts in and reads the answer, telling progress, which may be nil, on
// the way. An error that is no *engine.Error means that the engine gave no
// answer.
func exchange[Res any](ctx context.Context, cn *conn, path string, in any, progress func(engine.Progress)) (res Res, err error) {
	var body bytes.Buffer
	if err := encodeTo(&body, in); err != nil {
		return res, fmt.Errorf("encoding request: %w", err)
	}
	if body.Len() > maxRequest {
		return res, engine.Errorf(engine.InvalidArgument, "", "the request is larger than %d MB", maxRequest>>20)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://engine"+path, &body)
	if err != nil {
		return res, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := cn.http.Do(req)
	if err != nil {
		return res, err
	}
	// Read to the end, or the connection is not used again.
	defer resp.Body.Close()
	defer io.Copy(io.Discard, resp.Body)
	return readAnswer[Res](json.NewDecoder(resp.Body), progress)
}

// readAnswer reads frames up to the one that is no progress.
func readAnswer[Res any](lines *json.Decoder, progress func(engine.Progress)) (res Res, err error) {
	for {
		var f answerFrame[Res]
		err := lines.Decode(&f)
		switch {
		case err != nil:
			return res, fmt.Errorf("reading the engine's answer: %w", err)
		case f.Error != nil:
			return res, f.Error
		case f.Again != "":
			return res, f.Again
		case f.Result != nil:
			return *f.Result, nil
		case f.Progress == nil:
			return res, errors.New("reading the engine's answer: a line that says nothing")
		case progress != nil:
			progress(*f.Progress)
		}
	}
}
