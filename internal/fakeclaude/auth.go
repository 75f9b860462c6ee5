package fakeclaude

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// authStatus is the command "auth status", whose exit status is 1 without a login.
func authStatus(s settings) int {
	status := object{
		"loggedIn": !s.loggedOut, "authMethod": "api_key", "apiProvider": "firstParty",
		"projectsDirectory": filepath.Join(s.configDir, "projects"), "configDirectory": s.configDir,
		"loginExpiresAt": nil, "apiKeySource": "ANTHROPIC_API_KEY",
	}
	if s.loginExpires != "" {
		status["loginExpiresAt"], status["authMethod"] = s.loginExpires, "claude.ai"
	}
	code := 0
	if s.loggedOut {
		status["authMethod"] = "none"
		delete(status, "apiKeySource")
		code = 1
	}
	b, err := json.MarshalIndent(status, "", "  ")
	if err != nil {
		panic(err) // strings and booleans only
	}
	fmt.Printf("%s\n", b)
	return code
}
