package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"time"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// writePatience is how long a client may take to read a frame.
const writePatience = 10 * time.Second

// handler is the table of all that the socket serves.
func (s *server) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, serve := range map[string]http.HandlerFunc{
		"POST " + pathHello:    s.hello,
		"GET " + pathAttend:    s.attend,
		"POST " + pathHandover: s.handover,
		"POST " + pathInfo:     serveUnnamed(s, func(ctx context.Context, _ struct{}) (engine.Info, error) { return s.backend.Info(ctx) }),
		"POST " + pathCheckup: serveUnnamed(s, func(ctx context.Context, req engine.CheckupRequest) (engine.Checkup, error) {
			return s.backend.Checkup(ctx, req)
		}),
		"POST " + pathStart:     serveCall(s, API.Start),
		"POST " + pathResume:    serveCall(s, API.Resume),
		"POST " + pathFork:      serveCall(s, API.Fork),
		"POST " + pathList:      serveCall(s, API.List),
		"POST " + pathGet:       serveCall(s, API.Get),
		"POST " + pathRead:      serveCall(s, API.Read),
		"POST " + pathComplete:  serveCall(s, API.Complete),
		"POST " + pathLines:     serveCall(s, API.Lines),
		"POST " + pathSearch:    serveCall(s, API.Search),
		"POST " + pathReindex:   serveCall(s, API.Reindex),
		"POST " + pathPrune:     serveCall(s, API.Prune),
		"POST " + pathDelete:    serveCall(s, API.Delete),
		"POST " + pathUpdate:    serveCall(s, API.Update),
		"POST " + pathChanges:   serveFollower(s, API.Changes),
		"POST " + pathWait:      serveFollower(s, API.WaitFor),
		"POST " + pathReply:     serveCall(s, API.Reply),
		"POST " + pathInterrupt: serveCall(s, API.Interrupt),
		"POST " + pathRequests:  serveFollower(s, API.Requests),
		"/":                     unknownRoute,
	} {
		mux.HandleFunc(pattern, serve)
	}
	return mux
}

// serveCall serves one method of the API.
func serveCall[Req, Res any](s *server, method func(API, context.Context, engine.Call, Req) (Res, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in envelope[Req]
		if err := readRequest(w, r, &in); err != nil {
			reply(w, frame{Error: err})
			return
		}
		api, end, err := s.registry.begin(in.CallerID)
		if err != nil {
			reply(w, s.answer(nil, err))
			return
		}
		defer end()
		res, err := method(api, r.Context(), callOf(w, in.Client, in.Progress), in.Request)
		reply(w, s.answer(res, err))
	}
}

// serveFollower serves a method that waits for what others do. It keeps no
// engine from going away: its caller asks the next one.
func serveFollower[Req, Res any](s *server, method func(API, context.Context, engine.Call, Req) (Res, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in envelope[Req]
		if err := readRequest(w, r, &in); err != nil {
			reply(w, frame{Error: err})
			return
		}
		api, closed, err := s.registry.follow(in.CallerID)
		if err != nil {
			reply(w, s.answer(nil, err))
			return
		}
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(closed, cancel)()
		res, err := method(api, ctx, callOf(w, in.Client, in.Progress), in.Request)
		reply(w, s.answer(res, err))
	}
}

// callOf is what goes with a call beside its arguments.
func callOf(w http.ResponseWriter, client string, progress bool) engine.Call {
	call := engine.Call{Client: client}
	if progress {
		call.OnProgress = func(p engine.Progress) { replyNow(w, frame{Progress: &p}) }
	}
	return call
}

// serveUnnamed serves what needs to know no caller.
func serveUnnamed[Req, Res any](s *server, method func(context.Context, Req) (Res, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in envelope[Req]
		if err := readRequest(w, r, &in); err != nil {
			reply(w, frame{Error: err})
			return
		}
		end, err := s.registry.beginUnnamed()
		if err != nil {
			reply(w, s.answer(nil, err))
			return
		}
		defer end()
		res, err := method(r.Context(), in.Request)
		reply(w, s.answer(res, err))
	}
}

func (s *server) hello(w http.ResponseWriter, r *http.Request) {
	var in greeting
	if err := readRequest(w, r, &in); err != nil {
		reply(w, frame{Error: err})
		return
	}
	out := welcome{
		Protocol: in.commonProtocol(), ProtocolMin: protocolMin, ProtocolMax: protocolMax,
		Version: s.Version, Build: s.Build, PID: os.Getpid(), Epoch: s.epoch, DataDir: s.DataDir,
	}
	if out.Protocol != 0 {
		var err error
		if out.CallerID, err = s.registry.add(s.backend.For(in.Caller)); err != nil {
			reply(w, s.answer(nil, err))
			return
		}
	}
	// Nothing of in.Caller may be logged: its environment holds secrets.
	s.Log.Info("client said hello", "pid", in.PID, "version", in.Version, "build", in.Build, "protocol", out.Protocol)
	reply(w, frame{Result: out})
}

// attend holds the connection until either side goes away.
func (s *server) attend(w http.ResponseWriter, r *http.Request) {
	leave, err := s.registry.attend(r.URL.Query().Get("caller"))
	if err != nil {
		reply(w, s.answer(nil, err))
		return
	}
	defer leave()
	replyNow(w, frame{Result: struct{}{}})
	<-r.Context().Done()
}

// handover makes room for a newer build: now, or as soon as nothing runs.
func (s *server) handover(w http.ResponseWriter, r *http.Request) {
	var in succession
	if err := readRequest(w, r, &in); err != nil {
		reply(w, frame{Error: err})
		return
	}
	if !newer(in.Build, s.Build) {
		reply(w, frame{Result: successionAnswer{}})
		return
	}
	s.Log.Info("a newer build asks to take over", "version", in.Version, "build", in.Build)
	s.succession.Store(true)
	if !s.registry.closeIfResting(s.backend.Busy) {
		reply(w, frame{Result: successionAnswer{Busy: true}})
		return
	}
	replyNow(w, frame{Result: successionAnswer{Accepted: true}})
	close(s.taken)
}

func unknownRoute(w http.ResponseWriter, r *http.Request) {
	reply(w, frame{Error: engine.Errorf(engine.Unavailable,
		"Restart all clients, so that they use the same version.", "the engine that runs does not know %s %s", r.Method, r.URL.Path)})
}

// answer puts the outcome of a call into a frame. An error that comes when the
// engine is on its way out says nothing of the call; the next engine will tell.
func (s *server) answer(res any, err error) frame {
	var refused refusal
	switch {
	case err == nil:
		return frame{Result: res}
	case errors.As(err, &refused):
		return frame{Again: refused}
	case s.registry.isClosed():
		return frame{Again: refusedStopping}
	}
	e := engine.AsError(err)
	if e.Code == engine.Internal {
		s.Log.Error("call failed", "error", err)
	}
	return frame{Error: e}
}

func readRequest(w http.ResponseWriter, r *http.Request, in any) *engine.Error {
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(in)
	if err != nil {
		return engine.Errorf(engine.InvalidArgument, "", "the request could not be read: %w", err)
	}
	return nil
}

// reply writes a frame. That the client may be gone is no error here.
func reply(w http.ResponseWriter, f frame) {
	rc := http.NewResponseController(w)
	rc.SetWriteDeadline(time.Now().Add(writePatience))
	w.Header().Set("Content-Type", "application/x-ndjson")
	encodeTo(w, f)
}

// replyNow writes a frame and sends it before there is more.
func replyNow(w http.ResponseWriter, f frame) {
	reply(w, f)
	http.NewResponseController(w).Flush()
}
