//go:build unix

package agent

import (
	"fmt"
	"os"
	"os/exec"
)

// giveConfig hands an MCP configuration to cmd without leaving its secrets in
// an argument or a file: the child reads it from a pipe. The function returned
// is to be called when the child has started, or will not be.
func giveConfig(cmd *exec.Cmd, config []byte) (started func(), cleanup func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, fmt.Errorf("making a pipe for the MCP configuration: %w", err)
	}
	fd := 3 + len(cmd.ExtraFiles)
	cmd.ExtraFiles = append(cmd.ExtraFiles, r)
	cmd.Args = append(cmd.Args, fmt.Sprintf("--mcp-config=/dev/fd/%d", fd))
	go func() {
		defer w.Close()
		_, _ = w.Write(config) // a child that does not read it complains by itself
	}()
	return func() { r.Close() }, func() { w.Close() }, nil
}
