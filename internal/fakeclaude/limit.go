package fakeclaude

import (
	"strconv"
	"strings"
	"time"
)

// limitHeader begins the headers that tell of an account's limit.
const limitHeader = "anthropic-ratelimit-unified-"

// header takes a header of the step's answer.
func (s *step) header(arg string) {
	name, value, _ := strings.Cut(arg, " ")
	value = strings.TrimSpace(value)
	offset, isTime := strings.CutPrefix(value, "+")
	if in, err := time.ParseDuration(offset); isTime && err == nil {
		value = strconv.FormatInt(time.Now().Add(in).Unix(), 10)
	}
	if s.headers == nil {
		s.headers = map[string]string{}
	}
	s.headers[name] = value
}

// tellLimit tells what the headers say of the account's limit.
func (t *turn) tellLimit() {
	h := t.step.headers
	status := h[limitHeader+"status"]
	if status == "" {
		return
	}
	info := object{"status": status, "isUsingOverage": false}
	if n, err := strconv.ParseInt(h[limitHeader+"reset"], 10, 64); err == nil {
		info["resetsAt"] = n
	}
	if claim := h[limitHeader+"representative-claim"]; claim != "" {
		info["rateLimitType"] = claim
	}
	if used, err := strconv.ParseFloat(h[limitHeader+"5h-utilization"], 64); err == nil {
		info["utilization"] = used
	}
	t.p.out.send(object{"type": "rate_limit_event", "rate_limit_info": info, "uuid": newUUID(), "session_id": t.p.session.id})
}
