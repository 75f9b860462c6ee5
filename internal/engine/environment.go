package engine

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/claude-sessions/claude-sessions/agent"
)

// depthVar tells a server inside a session how deep it is.
const depthVar = "CLAUDE_SESSIONS_DEPTH"

// environment is what a child process takes from the client that asked for it.
// It is never stored: a turn keeps the fingerprint only, so that it can be told
// later which client has the same login.
type environment struct {
	caller      Caller
	fingerprint string
	configDir   string
	depth       int      // of the sessions that this client starts, less one
	inside      []string // ids of the sessions that this client runs in
}

// environmentOf looks at a caller and keeps its environment for turns that are
// to wait for one like it.
func (e *Engine) environmentOf(c Caller) *environment {
	env := &environment{caller: c, configDir: agent.ConfigDir(c.Env), fingerprint: e.fingerprint(c)}
	env.inside = insideOf(c.Env)
	env.depth, _ = strconv.Atoi(getenv(c.Env, depthVar))
	e.importFrom(env.configDir)
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, j := range e.jobs {
		if j.env == nil && j.turn.Environment == env.fingerprint {
			j.env = env
		}
	}
	e.kick()
	return env
}

// fingerprint identifies a login: the variables that decide whose account and
// which config folder is used. It is keyed, so that no value can be guessed from it.
func (e *Engine) fingerprint(c Caller) string {
	vars := agent.LoginVars(c.Env)
	slices.Sort(vars)
	h := hmac.New(sha256.New, e.store.Secret())
	h.Write([]byte(strings.Join(vars, "\x00")))
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// child is the environment of a process of a session of these settings.
func (env *environment) child(pass []string, dataDir string) []string {
	vars := agent.ChildEnv(env.caller.Env, pass)
	vars = append(vars, depthVar+"="+strconv.Itoa(env.depth+1))
	if len(env.inside) > 0 {
		vars = append(vars, ancestorsVar+"="+strings.Join(env.inside, ","))
	}
	if dataDir != "" {
		vars = append(vars, "CLAUDE_SESSIONS_DATA_DIR="+dataDir)
	}
	return vars
}

func getenv(env []string, name string) string {
	for _, v := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(v, name+"="); ok {
			return value
		}
	}
	return ""
}

// checkDepth refuses callers that run too deep inside sessions.
func (env *environment) checkDepth() error {
	limit := env.caller.Policy.MaxDepth
	if limit <= 0 {
		limit = DefaultMaxDepth
	}
	if env.depth < limit {
		return nil
	}
	return Errorf(PermissionDenied, "Do the work in this session, or ask the operator for a higher --max-depth.",
		"sessions may start sessions %d deep, and this one is at that depth.", limit)
}

// checkFolder refuses folders outside of the operator's roots.
func (p Policy) checkFolder(dir string) error {
	if len(p.Roots) == 0 {
		return nil
	}
	real := realPath(dir)
	for _, root := range p.Roots {
		if within(realPath(root), real) {
			return nil
		}
	}
	return Errorf(PermissionDenied, "Choose a folder below one of them, or ask the operator for another --root.",
		"%s is outside of the folders that the operator allows: %s.", dir, strings.Join(p.Roots, ", "))
}

// realPath follows all links of a path, of which the end may not be there yet.
func realPath(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	path = filepath.Clean(path)
	dir, name := filepath.Split(path)
	if name == "" || dir == "" {
		return path
	}
	return filepath.Join(realPath(dir), name)
}

func within(root, path string) bool {
	rel, err := filepath.Rel(root, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
