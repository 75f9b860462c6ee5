package tools

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"strconv"
	"strings"
	"testing"

	"github.com/claude-sessions/claude-sessions/internal/engine"
)

// TestEveryCode sends each code of the engine through each tool.
func TestEveryCode(t *testing.T) {
	arguments := map[string]string{
		"start_session":  `{"prompt":"p"}`,
		"resume_session": `{"session":"s","prompt":"p"}`,
		"fork_session":   `{"session":"s"}`,
		"list_sessions":  `{}`,
		"get_session":    `{"session":"s"}`,

		"wait_for_session":  `{"sessions":["s"]}`,
		"answer_request":    `{"session":"s","decision":"deny"}`,
		"interrupt_session": `{"session":"s"}`,
		"delete_sessions":   `{"sessions":["s"]}`,
		"update_session":    `{"session":"s"}`,
		"read_transcript":   `{"session":"s"}`,
		"search_sessions":   `{"query":"q"}`,
	}
	f := &fake{}
	c := connect(t, f, Options{}, eras[0])
	for _, code := range codes(t) {
		sent := engine.Errorf(code, "Do that.", "this happened.")
		for _, err := range []error{sent, fmt.Errorf("somewhere: %w", sent)} {
			*f = *failing(err)
			for _, tool := range registry() {
				result := use(t, c, tool.name, arguments[tool.name])
				if got := failureOf(t, result); got.Code != code || got.Message != sent.Message || got.Next != sent.Next {
					t.Errorf("%s sent %+v for %+v", tool.name, got, sent)
				}
				if got, want := text(t, result), string(code)+": this happened. Do that."; got != want {
					t.Errorf("%s has the text %q, want %q", tool.name, got, want)
				}
				conforms(t, tool, result)
			}
		}
	}
}

// codes reads the engine's codes from its source, so that none is forgotten.
func codes(t *testing.T) []engine.Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/engine/errors.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var found []engine.Code
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Code" {
				code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				found = append(found, engine.Code(code))
			}
		}
		return true
	})
	if len(found) < 19 {
		t.Fatalf("found only the codes %v", found)
	}
	return found
}

// TestOtherErrors are those that are no *engine.Error.
func TestOtherErrors(t *testing.T) {
	tests := []struct {
		err  error
		want engine.Code
	}{
		{errors.New("secret inner text"), engine.Internal},
		{fmt.Errorf("waiting: %w", context.Canceled), engine.Interrupted},
		{fmt.Errorf("waiting: %w", context.DeadlineExceeded), engine.Timeout},
	}
	for _, test := range tests {
		var log bytes.Buffer
		c := connect(t, failing(test.err), Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, eras[0])
		e := failureOf(t, use(t, c, "list_sessions", `{}`))
		if e.Code != test.want || e.Next == "" {
			t.Errorf("%v became %+v, want code %s and what to do next", test.err, e, test.want)
		}
		if strings.Contains(e.Error(), "secret") {
			t.Errorf("the error tells what is inside: %v", e)
		}
		if logged := strings.Contains(log.String(), test.err.Error()); logged != (test.want == engine.Internal) {
			t.Errorf("%v: the log is %q", test.err, log.String())
		}
	}
}

// TestPanic holds that the server lives on, and that only the log is told why.
func TestPanic(t *testing.T) {
	var log bytes.Buffer
	f := &fake{list: func() (engine.List, error) { panic("secret inner text") }}
	c := connect(t, f, Options{Log: slog.New(slog.NewTextHandler(&log, nil))}, eras[0])
	result := use(t, c, "list_sessions", `{}`)
	if e := failureOf(t, result); e.Code != engine.Internal || strings.Contains(e.Error(), "secret") {
		t.Errorf("error is %v, want an internal one without the text of the panic", e)
	}
	if got := log.String(); !strings.Contains(got, "secret inner text") || !strings.Contains(got, "TestPanic") {
		t.Errorf("the log has no text or no stack of the panic: %q", got)
	}
	if result := use(t, c, "start_session", `{"prompt":"p"}`); result.IsError {
		t.Errorf("after a panic: %s", text(t, result))
	}
}
