package tools

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/claude-sessions/claude-sessions/internal/engine"
	"github.com/claude-sessions/claude-sessions/sessionstore"
)

// inputSchema derives the schema of a tool's arguments from the request T,
// with the rules of the arguments put in. One that filters by a yes or no takes
// a choice, one that sets it a boolean, of the same name.
func inputSchema[T any]() *jsonschema.Schema {
	s := schemaOf[T]()
	for name, r := range rules() {
		if p := s.Properties[name]; p != nil && !(r.choices != nil && p.Type == "boolean") {
			r.apply(p)
		}
	}
	for _, name := range s.Required {
		s.Properties[name].MinLength = jsonschema.Ptr(1)
	}
	return s
}

// outputSchema derives the schema of a tool's structured content from the
// result T. An error has another shape: as strict clients check that one too,
// the schema holds both.
func outputSchema[T any]() *jsonschema.Schema {
	s := schemaOf[T]()
	s.Properties["error"] = schemaOf[engine.Error]()
	s.PropertyOrder = append(s.PropertyOrder, "error")
	s.AnyOf = []*jsonschema.Schema{{Required: s.Required}, {Required: []string{"error"}}}
	s.Required = nil
	return s
}

// schemaOf derives a strict schema from T. It panics on a type that has none,
// which is a mistake in this program that every test meets.
func schemaOf[T any]() *jsonschema.Schema {
	s, err := jsonschema.For[T](&jsonschema.ForOptions{TypeSchemas: map[reflect.Type]*jsonschema.Schema{
		reflect.TypeFor[time.Time]():           {Type: "string", Format: "date-time"},
		reflect.TypeFor[json.RawMessage]():     {Type: "object"},
		reflect.TypeFor[sessionstore.Origin](): oneOf(sessionstore.Managed, sessionstore.Imported),
		reflect.TypeFor[sessionstore.Status](): oneOf(sessionstore.Statuses...),
		reflect.TypeFor[engine.Happening](): oneOf(
			engine.HappenedTurnEnd, engine.HappenedIdle, engine.HappenedRequest, engine.HappenedChange, engine.HappenedDeleted, engine.HappenedNothing),
		reflect.TypeFor[sessionstore.TurnStatus](): oneOf(
			sessionstore.TurnQueued, sessionstore.TurnRunning, sessionstore.TurnWaiting,
			sessionstore.TurnCompleted, sessionstore.TurnFailed, sessionstore.TurnInterrupted),
	}})
	if err != nil {
		panic(fmt.Sprintf("tools: schema of %v: %v", reflect.TypeFor[T](), err))
	}
	noNulls(s)
	return s
}

// noNulls takes the null out of "null or T" everywhere in s. The derivation
// adds it for pointers and slices; here they are left out instead, and strict
// clients warn about lists of types.
func noNulls(s *jsonschema.Schema) {
	if s == nil {
		return
	}
	if len(s.Types) == 2 && s.Types[0] == "null" {
		s.Type, s.Types = s.Types[1], nil
	}
	noNulls(s.Items)
	noNulls(s.AdditionalProperties)
	for _, p := range s.Properties {
		noNulls(p)
	}
}

// oneOf is the schema of a string that is one of values.
func oneOf[S ~string](values ...S) *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "string"}
	for _, v := range values {
		s.Enum = append(s.Enum, string(v))
	}
	return s
}

// encode returns v as JSON. v is one of our own schemas or constants, which
// always can be written.
func encode(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("tools: encoding %T: %v", v, err))
	}
	return raw
}
