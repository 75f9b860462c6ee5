package tools

import "testing"

func TestReplyTo(t *testing.T) {
	for line, want := range map[string]any{
		`{"jsonrpc":"2.0","id":1,"result":{"id":2,"method":"x"}}`:          1.0,
		`{"result":{},"id":"1"}`:                                           "1",
		`{"id":3,"error":{"code":-1,"message":"\"method\""}}`:              3.0,
		`{"id":1,"method":"ping"}`:                                         nil,
		`{"method":"notifications/progress","id":1}`:                       nil,
		`{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":""}}`: nil,
	} {
		if got := replyTo([]byte(line)); got != want {
			t.Errorf("%s answers %v, want %v", line, got, want)
		}
	}
}
