package engine

import (
	"reflect"
	"testing"

	"github.com/claude-sessions/claude-sessions/sessionstore"
)

func TestPatch(t *testing.T) {
	old := sessionstore.Settings{
		Model: "opus", AllowedTools: []string{"Read"}, MaxTurns: 3, MaxBudgetUSD: 2,
		MCPServers: []byte(`{"a":{}}`), PassEnv: []string{"X"},
	}
	with := func(change func(*sessionstore.Settings)) sessionstore.Settings {
		s := old.Clone()
		change(&s)
		return s
	}
	tests := []struct {
		name  string
		patch SettingsPatch
		want  sessionstore.Settings
	}{
		{"nothing", SettingsPatch{}, old},
		{"empty text", SettingsPatch{Model: ptr("")}, with(func(s *sessionstore.Settings) { s.Model = "" })},
		{"empty list", SettingsPatch{AllowedTools: []string{}}, with(func(s *sessionstore.Settings) { s.AllowedTools = []string{} })},
		{"zero", SettingsPatch{MaxTurns: ptr(0), MaxBudgetUSD: ptr(0.0)}, with(func(s *sessionstore.Settings) { s.MaxTurns, s.MaxBudgetUSD = 0, 0 })},
		{"no servers", SettingsPatch{MCPServers: map[string]any{}}, with(func(s *sessionstore.Settings) { s.MCPServers = nil })},
		{"servers", SettingsPatch{MCPServers: map[string]any{"b": map[string]any{}}}, with(func(s *sessionstore.Settings) { s.MCPServers = []byte(`{"b":{}}`) })},
		{"a list replaces", SettingsPatch{PassEnv: []string{"Y"}}, with(func(s *sessionstore.Settings) { s.PassEnv = []string{"Y"} })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.patch.apply(old)
			if err != nil || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

// A patch and the settings that came of it share no memory.
func TestPatchCopies(t *testing.T) {
	patch := SettingsPatch{AllowedTools: []string{"Read"}}
	got, err := patch.apply(sessionstore.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	patch.AllowedTools[0] = "Write"
	if got.AllowedTools[0] != "Read" {
		t.Error("the settings changed with the request")
	}
}

func TestCheckSettings(t *testing.T) {
	tests := []struct {
		name string
		s    sessionstore.Settings
		want Code
	}{
		{"none", sessionstore.Settings{}, ""},
		{"name", sessionstore.Settings{PassEnv: []string{"GH_TOKEN"}}, ""},
		{"value", sessionstore.Settings{PassEnv: []string{"GH_TOKEN=1"}}, InvalidArgument},
		{"turns", sessionstore.Settings{MaxTurns: -1}, InvalidArgument},
		{"budget", sessionstore.Settings{MaxBudgetUSD: -0.1}, InvalidArgument},
		{"mode", sessionstore.Settings{PermissionMode: "yolo"}, InvalidArgument},
		{"effort", sessionstore.Settings{Effort: "some"}, InvalidArgument},
		{"source", sessionstore.Settings{SettingSources: []string{"web"}}, InvalidArgument},
		{"servers", sessionstore.Settings{MCPServers: []byte(`{"a":1}`)}, InvalidArgument},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := code(checkSettings(test.s)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A settings file of the user's may widen what is not named, so the mode always is.
func TestOptionsNameTheMode(t *testing.T) {
	if got := options(sessionstore.Settings{}).PermissionMode; got != "default" {
		t.Errorf("the mode is %q, want default", got)
	}
}
