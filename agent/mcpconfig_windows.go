package agent

import (
	"fmt"
	"os"
	"os/exec"
)

// giveConfig hands an MCP configuration to cmd in a file that only this user
// can read, as it may hold secrets. The file goes when the child has ended.
func giveConfig(cmd *exec.Cmd, config []byte) (started func(), cleanup func(), err error) {
	file, err := os.CreateTemp("", "claude-sessions-mcp-*.json")
	if err != nil {
		return nil, nil, fmt.Errorf("making a file for the MCP configuration: %w", err)
	}
	remove := func() { os.Remove(file.Name()) }
	_, err = file.Write(config)
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		remove()
		return nil, nil, fmt.Errorf("writing the MCP configuration: %w", err)
	}
	cmd.Args = append(cmd.Args, "--mcp-config="+file.Name())
	return func() {}, remove, nil
}
