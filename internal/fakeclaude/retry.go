package fakeclaude

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

const (
	maxRetries = 10
	firstDelay = 50 * time.Millisecond // the real CLI begins with half a second
)

// status plays an API that answers with an error, for a number of times or for
// ever.
func (t *turn) status(ctx context.Context, arg string) error {
	code, times, text, err := parseStatus(arg)
	if err != nil {
		return err
	}
	attempts := maxRetries
	if isFinal(code) {
		attempts = 0
	}
	if code == 429 && t.step.headers[limitHeader+"status"] == "rejected" {
		t.tellLimit()
		attempts, text = 0, "You've hit your limit"
	}
	failing := t.step
	t.step = nil // nothing is streamed, so an interrupt has nothing to book
	delay := firstDelay
	if after, err := strconv.Atoi(failing.headers["retry-after"]); err == nil {
		delay = time.Duration(after) * time.Second
	}
	for n := 1; times == 0 || n <= times; n++ {
		if n > attempts {
			return t.apiFailure(code, errorText(code, text))
		}
		t.retrying(n, delay, code, text)
		if err := sleep(ctx, delay); err != nil {
			return err
		}
		delay *= 2
	}
	t.step = failing
	return nil
}

func parseStatus(arg string) (code, times int, text string, err error) {
	fields := strings.Fields(arg)
	if len(fields) == 0 {
		return 0, 0, "", errors.New("a code is missing")
	}
	code, err = strconv.Atoi(fields[0])
	if err != nil || code < 400 || code > 599 {
		return 0, 0, "", errors.New("the code must be from 400 to 599")
	}
	fields = fields[1:]
	if len(fields) > 0 {
		if n, err := strconv.Atoi(strings.TrimPrefix(fields[0], "x")); err == nil && n > 0 {
			times, fields = n, fields[1:]
		}
	}
	if text = strings.Join(fields, " "); text == "" {
		text = fmt.Sprintf("scripted error %d", code)
	}
	return code, times, text, nil
}

// isFinal tells which errors the CLI does not try again.
func isFinal(code int) bool {
	switch code {
	case 400, 403, 404, 413:
		return true
	}
	return false
}

func errorText(code int, text string) string {
	if strings.HasPrefix(text, "You've hit") {
		return text
	}
	s := fmt.Sprintf("API Error: %d %s", code, text)
	if code == 401 || code == 403 {
		return "Failed to authenticate. " + s
	}
	return s
}

// errorKind is the CLI's word for an error.
func errorKind(code int) string {
	switch code {
	case 401, 403:
		return "authentication_failed"
	case 429:
		return "rate_limit"
	case 529:
		return "overloaded"
	}
	return "server_error"
}

func (t *turn) retrying(attempt int, delay time.Duration, code int, text string) {
	p, ms := t.p, delay.Milliseconds()
	p.out.send(object{
		"type": "system", "subtype": "api_retry", "attempt": attempt, "max_retries": maxRetries,
		"retry_delay_ms": ms, "error_status": code, "error": errorKind(code),
		"session_id": p.session.id, "uuid": newUUID(),
	})
	p.session.add("system", newUUID(), object{
		"subtype": "api_error", "level": "error", "retryInMs": ms, "retryAttempt": attempt,
		"maxRetries": maxRetries, "error": object{"status": code, "message": text},
	})
}

// apiFailure tells of an error that the CLI gave up on, in the assistant's name.
func (t *turn) apiFailure(status int, text string) *failure {
	p, uuid, message := t.p, newUUID(), synthetic(text)
	p.out.send(object{
		"type": "assistant", "message": message, "parent_tool_use_id": nil,
		"session_id": p.session.id, "uuid": uuid, "timestamp": now(), "error": "unknown",
		"user_message_uuid": t.prompts[0], "user_message_uuids": t.prompts,
	})
	p.session.add("assistant", uuid, object{
		"message": message, "isApiErrorMessage": true, "error": "unknown", "apiErrorStatus": status,
	})
	t.stop = "stop_sequence"
	return &failure{subtype: "success", reason: "api_error", text: text, status: status}
}
