// Command loopmodel serves the scripted stand-in for the Messages API to tests
// that are not written in Go. It prints a line of JSON, its URL and the
// environment for a Claude Code child with the home that it is given, and goes
// when its standard input ends.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/claude-sessions/claude-sessions/internal/loopmodel"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "loopmodel:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("usage: loopmodel HOME")
	}
	model, err := loopmodel.Start(loopmodel.Options{})
	if err != nil {
		return err
	}
	defer model.Close()
	hello := map[string]any{"url": model.URL(), "env": loopmodel.Env(model.URL(), args[0])}
	if err := json.NewEncoder(os.Stdout).Encode(hello); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
