package loopmodel

import (
	"context"
	"net/http"
)

func (s *Server) loopRequests(w http.ResponseWriter, _ *http.Request) {
	requests := s.Requests()
	if requests == nil {
		requests = []Request{}
	}
	writeJSON(w, http.StatusOK, requests)
}

func (s *Server) loopRelease(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	s.Release(name)
	writeJSON(w, http.StatusOK, object{"released": name})
}

func (s *Server) loopHeld(w http.ResponseWriter, r *http.Request) {
	name := r.FormValue("name")
	ctx, cancel := context.WithTimeout(r.Context(), s.options.HeldTimeout)
	defer cancel()
	if err := s.Held(ctx, name); err != nil {
		writeError(w, http.StatusNotFound, err.Error())
		return
	}
	writeJSON(w, http.StatusOK, object{"held": name})
}
