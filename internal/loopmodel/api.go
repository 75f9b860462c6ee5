package loopmodel

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
)

// routes is all that the server answers; everything else is 404.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/messages", s.messages)
	mux.HandleFunc("POST /v1/messages/count_tokens", countTokens)
	mux.HandleFunc("GET /loop/requests", s.loopRequests)
	mux.HandleFunc("POST /loop/release", s.loopRelease)
	mux.HandleFunc("GET /loop/held", s.loopHeld)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, r.Method+" "+r.URL.Path+" is not known here")
	})
	return mux
}

// messages is the model.
func (s *Server) messages(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the client went away
	}
	var in wireRequest
	if err := json.Unmarshal(body, &in); err != nil {
		writeError(w, http.StatusBadRequest, "reading the request: "+err.Error())
		return
	}
	c := readConversation(in.Messages)
	record := in.request(r.Header, body)
	record.Prompts = c.prompts
	record.Side = in.side() || c.compact
	s.record(record)
	s.options.Logf("loopmodel: model=%s side=%t messages=%d prompts=%d step=%d",
		in.Model, record.Side, len(in.Messages), len(c.prompts), c.answers+1)
	if err := s.answer(r.Context(), w, &in, c); err != nil {
		s.options.Logf("loopmodel: unfinished answer: %v", err)
		panic(http.ErrAbortHandler) // cut the connection: half an answer must not look whole
	}
}

// answer plays the step that is due. It returns an error only if ctx ended.
func (s *Server) answer(ctx context.Context, w http.ResponseWriter, in *wireRequest, c conversation) error {
	out := &reply{w: w, stream: in.Stream, model: in.Model, usage: usage{in: 1000, out: 100}}
	if in.side() || c.compact {
		out.text(sideAnswer(in, c))
		out.end("end_turn")
		return nil
	}
	due, err := c.due()
	if err != nil {
		out.fail(http.StatusBadRequest, "loopmodel: "+err.Error())
		return nil
	}
	p := player{server: s, prompts: c.prompts, reply: out}
	return p.play(ctx, due)
}

// sideAnswer is harmless: the prompts for a summary, and a title where a schema
// is asked for, as Claude Code asks for nothing else in that form.
func sideAnswer(in *wireRequest, c conversation) string {
	switch {
	case c.compact:
		return "<summary>\n" + recall(c.prompts) + "\n</summary>"
	case in.structured():
		return `{"title":"Scripted session"}`
	}
	return "OK"
}

// countTokens answers with a rough but fixed measure: four bytes a token.
func countTokens(w http.ResponseWriter, r *http.Request) {
	n, err := io.Copy(io.Discard, r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	writeJSON(w, http.StatusOK, object{"input_tokens": n/4 + 1})
}
