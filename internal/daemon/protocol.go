package daemon

import (
	"encoding/json"
	"io"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// The wire is JSON over HTTP/1.1. A client first posts a greeting to /v1/hello,
// then holds GET /v1/attend open for as long as it lives, and posts calls. All
// answers but that of attend are lines of JSON, each a frame: any number of
// progress, then exactly one result, error or again.
const (
	pathHello     = "/v1/hello"
	pathAttend    = "/v1/attend" // ?caller=<id>
	pathStart     = "/v1/start"
	pathResume    = "/v1/resume"
	pathFork      = "/v1/fork"
	pathList      = "/v1/list"
	pathGet       = "/v1/get"
	pathRead      = "/v1/read"
	pathComplete  = "/v1/complete"
	pathLines     = "/v1/lines"
	pathChanges   = "/v1/changes"
	pathWait      = "/v1/wait"
	pathReply     = "/v1/reply"
	pathInterrupt = "/v1/interrupt"
	pathRequests  = "/v1/requests"
	pathDelete    = "/v1/delete"
	pathUpdate    = "/v1/update"
	pathSearch    = "/v1/search"
	pathReindex   = "/v1/reindex"
	pathPrune     = "/v1/prune"
	pathInfo      = "/v1/info"
	pathCheckup   = "/v1/checkup"
	pathHandover  = "/v1/handover"
)

// The protocols that this binary speaks. A field more needs no new one.
const (
	protocolMin = 1
	protocolMax = 1
)

// maxRequest is the size in bytes of the largest request that is read.
const maxRequest = 16 << 20

// greeting is what a client tells of itself.
type greeting struct {
	ProtocolMin int           `json:"protocol_min"`
	ProtocolMax int           `json:"protocol_max"`
	Version     string        `json:"version"`
	Build       string        `json:"build"`
	PID         int           `json:"pid"`
	Caller      engine.Caller `json:"caller"`
}

// welcome is what an engine answers to a greeting.
type welcome struct {
	Protocol    int    `json:"protocol"` // the newest that both speak; 0: none, and then CallerID is empty
	ProtocolMin int    `json:"protocol_min"`
	ProtocolMax int    `json:"protocol_max"`
	Version     string `json:"version"`
	Build       string `json:"build"`
	PID         int    `json:"pid"`
	Epoch       string `json:"epoch"` // random, another one each time an engine starts
	DataDir     string `json:"data_dir"`
	CallerID    string `json:"caller_id"` // goes with every call; known to this engine only
}

// envelope is a call: who asks, and what for.
type envelope[Req any] struct {
	CallerID string `json:"caller_id,omitempty"` // not needed by info and checkup
	Client   string `json:"client,omitempty"`    // name of the MCP client
	Progress bool   `json:"progress,omitempty"`  // whether to tell progress
	Request  Req    `json:"request"`
}

// succession is a newer binary's wish to take over, and the answer to it.
type succession struct {
	Version string `json:"version"`
	Build   string `json:"build"`
}

type successionAnswer struct {
	Accepted bool `json:"accepted"` // this engine stops now
	Busy     bool `json:"busy"`     // it stops by itself as soon as nothing runs
}

// frame is a line of an answer; one field is set.
type frame struct {
	Progress *engine.Progress `json:"progress,omitempty"`
	Result   any              `json:"result,omitempty"`
	Error    *engine.Error    `json:"error,omitempty"`
	Again    refusal          `json:"again,omitempty"`
}

// answerFrame is a frame as it is read.
type answerFrame[Res any] struct {
	frame
	Result *Res `json:"result"`
}

// refusal says why a call was not carried out though nothing is wrong with it:
// greet the engine that is there now, and ask again.
type refusal string

const (
	refusedUnknown  refusal = "unknown_caller" // this engine never met the caller, or forgot it
	refusedStopping refusal = "stopping"       // this engine is on its way out
)

func (r refusal) Error() string { return "the engine refused the call: " + string(r) }

// encodeTo writes v as a line of JSON. Raw messages, such as inputs of tools, keep
// their bytes, but for white space: json.Marshal would escape <, > and &.
func encodeTo(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// commonProtocol returns the newest protocol that g and this binary speak, 0
// if there is none.
func (g greeting) commonProtocol() int {
	newest := min(g.ProtocolMax, protocolMax)
	if newest < max(g.ProtocolMin, protocolMin) {
		return 0
	}
	return newest
}
