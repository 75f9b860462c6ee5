package agent

import (
	"regexp"
	"strings"
)

// wideModel ends the name that Claude Code gives to a model which it uses with
// the wide context. The API, and so a message, does not know it.
const wideModel = "[1m]"

// The contexts of models, in tokens.
const (
	usualContext = 200_000
	wideContext  = 1_000_000
)

// wideFamilies are models whose context is always the wide one.
var wideFamilies = regexp.MustCompile(`^claude-[a-z]+-([5-9]|[1-9][0-9])\b`)

// ContextWindow is how many tokens the context of a model holds, by its name
// alone: what Claude Code itself tells at the end of a turn is better. It is 0
// for no model.
func ContextWindow(model string) int64 {
	switch {
	case model == "":
		return 0
	case strings.HasSuffix(model, wideModel) || wideFamilies.MatchString(model):
		return wideContext
	}
	return usualContext
}
