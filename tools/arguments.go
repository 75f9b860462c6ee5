package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/google/jsonschema-go/jsonschema"
)

// decode checks raw against the schema of a tool and reads it into req, a
// pointer. All that is wrong with the arguments is told at once, in sentences.
// An argument that is null counts as left out: many clients write it so.
func decode(tool string, schema *jsonschema.Schema, raw json.RawMessage, req any) error {
	given, err := object(raw)
	if err != nil {
		return invalid("Send an object with the arguments of the tool.", "the arguments of %s are no JSON object.", tool)
	}
	var faults []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		property := schema.Properties[name]
		if property == nil {
			faults = append(faults, unknownArgument(tool, name, schema.PropertyOrder))
			continue
		}
		if fault := check(name, property, given[name]); fault != "" {
			faults = append(faults, fault)
		}
	}
	faults = append(faults, missing(tool, schema, given)...)
	if len(faults) > 0 {
		return invalid("Correct the arguments and call "+tool+" again; nothing was done.", "%s", strings.Join(faults, " "))
	}
	return json.Unmarshal(plain(given), req)
}

// object reads raw as an object without its nulls. Nothing at all is the
// empty object.
func object(raw json.RawMessage) (map[string]any, error) {
	var given map[string]any
	if len(bytes.TrimSpace(raw)) == 0 {
		return given, nil
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber() // keeps whole numbers apart from others
	if err := d.Decode(&given); err != nil {
		return nil, err
	}
	for name, v := range given {
		if v == nil {
			delete(given, name)
		}
	}
	return given, nil
}

// plain writes checked arguments for encoding/json, which takes 30 for an int
// but not 30.0.
func plain(given map[string]any) json.RawMessage {
	for name, v := range given {
		if n, ok := v.(json.Number); ok {
			if whole, ok := wholeNumber(n); ok {
				given[name] = whole
			}
		}
	}
	return encode(given)
}

// wholeNumber returns n if it is an integer that an int and a float64 hold
// exactly.
func wholeNumber(n json.Number) (int64, bool) {
	f, err := n.Float64()
	if err != nil || f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		return 0, false
	}
	return int64(f), true
}

// missing tells which required arguments are not there or blank.
func missing(tool string, schema *jsonschema.Schema, given map[string]any) []string {
	var faults []string
	for _, name := range schema.Required {
		v, there := given[name]
		text, isText := v.(string)
		switch {
		case !there:
			faults = append(faults, fmt.Sprintf("%s needs %q: %s", tool, name, schema.Properties[name].Description))
		case isText && strings.TrimSpace(text) == "":
			faults = append(faults, fmt.Sprintf("%q must not be empty: %s", name, schema.Properties[name].Description))
		}
	}
	return faults
}
