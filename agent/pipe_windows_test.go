package agent

import "testing"

func makePipe(t *testing.T, _ string) { t.Skip("there are no such files") }
